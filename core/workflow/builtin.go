package workflow

import "slices"

// builtin returns the built-in gates for a type, preset and tier, in order.
func builtin(projectType ProjectType, preset Preset, tier Tier) []Gate {
	ids := presetGates(projectType, preset)
	all := allGates(projectType)
	gates := make([]Gate, 0, len(ids))
	for _, g := range all {
		if !slices.Contains(ids, g.ID) {
			continue
		}
		if g.ID == gateArchitecture {
			g.Next = afterArchitecture(projectType, slices.Contains(ids, gateDesign))
		}
		for i, p := range g.Proofs {
			g.Proofs[i].Thresholds = tierLimits(p.Type, tier)
		}
		// A document that no gate of this preset starts cannot be asked for.
		g.Deliverables = slices.DeleteFunc(g.Deliverables, func(d Deliverable) bool {
			return d.Kind == KindTracking && !slices.Contains(ids, startedAfter(d.ID))
		})
		gates = append(gates, g)
	}
	return gates
}

// presetGates lists the gates of a preset. Phases between two gates of a small
// preset are left by hand, with `phase move`.
func presetGates(projectType ProjectType, preset Preset) []string {
	enhancement := projectType == TypeEnhancement
	switch {
	case enhancement && preset == PresetSimple:
		return []string{gateE1, gateE3, gateTesting}
	case enhancement && preset == PresetStandard:
		return []string{gateE1, gateE2, gateE3, gateDevelopment, gateTesting}
	case enhancement:
		return []string{
			gateE1, gateE2, gateE3, gateDevelopment, gateTesting,
			gateSecurity, gatePreDeployment, gatePostDeployment,
		}
	case preset == PresetSimple:
		return []string{gateScope, gateArchitecture, gateTesting}
	case preset == PresetStandard:
		return []string{gateScope, gatePRD, gateArchitecture, gateDesign, gateDevelopment, gateTesting}
	default:
		return []string{
			gateScope, gatePRD, gateArchitecture, gateDesign, gateDevelopment, gateTesting,
			gateSecurity, gatePreDeployment, gatePostDeployment,
		}
	}
}

// afterArchitecture says where G3 leads. Design comes first where there is
// something to design and a gate that closes it; models can only be worked on
// before development. A hybrid project is an application first, so it goes to
// development unless somebody chooses otherwise.
func afterArchitecture(projectType ProjectType, hasDesignGate bool) []Transition {
	var next []Transition
	if hasDesignGate {
		next = append(next, Transition{To: PhaseDesign, When: Conditions{factHasUI: {"true"}}})
	}
	switch projectType {
	case TypeAIML:
		return append(next, Transition{To: PhaseMLDevelopment}, Transition{To: PhaseDevelopment})
	case TypeHybrid:
		return append(next, Transition{To: PhaseDevelopment}, Transition{To: PhaseMLDevelopment})
	case TypeTraditional, TypeEnhancement:
		return append(next, Transition{To: PhaseDevelopment})
	default:
		return append(next, Transition{To: PhaseDevelopment})
	}
}

// builtinDeliverables lists the deliverables that a built-in gate asks for in
// projects of any type.
func builtinDeliverables(gateID string) []string {
	var ids []string
	for _, projectType := range ProjectTypes() {
		for _, g := range allGates(projectType) {
			for _, d := range g.Deliverables {
				if g.ID == gateID && !slices.Contains(ids, d.ID) {
					ids = append(ids, d.ID)
				}
			}
		}
	}
	return ids
}

// withAI reports whether projects of this type contain models or prompts.
func withAI(projectType ProjectType) bool {
	return projectType == TypeAIML || projectType == TypeHybrid
}

// requires returns the built-in requirement for one type of proof.
func requires(proofType string) Proof {
	p := Proof{Type: proofType}
	if t, ok := LookupProofType(proofType); ok {
		p.Grade = t.Grade
	}
	// A report that agents write is judged by reading it; below these sizes
	// there is nothing to read.
	const fewSentences, onePage = 200, 1000
	switch proofType {
	case ProofDesignOptions:
		p.MinBytes = fewSentences
	case ProofAssessmentReport:
		p.MinBytes = onePage
	}
	return p
}

// requiresAll returns the built-in requirements for several types of proofs.
func requiresAll(proofTypes ...string) []Proof {
	out := make([]Proof, len(proofTypes))
	for i, t := range proofTypes {
		out[i] = requires(t)
	}
	return out
}

// TrackingDocument is a document that LayerCake keeps for a project.
type TrackingDocument struct {
	Deliverable

	// After is the gate whose approval starts the document.
	After string `json:"after"`
	// RequiredBy is the gate that asks for it; empty when none does.
	RequiredBy string `json:"required_by,omitempty"`
}

// TrackingDocuments lists the documents that LayerCake keeps for a project,
// in the order in which they come into being.
func TrackingDocuments() []TrackingDocument {
	tracking := func(id, title, path, role, after, requiredBy string) TrackingDocument {
		return TrackingDocument{
			Deliverable: Deliverable{ID: id, Title: title, Path: path, Role: role, Kind: KindTracking},
			After:       after, RequiredBy: requiredBy,
		}
	}
	return []TrackingDocument{
		tracking("feedback-log", "Feedback log", "docs/FEEDBACK_LOG.md", roleOrchestrator, gateScope, gatePRD),
		tracking("cost-log", "Cost log", "docs/COST_LOG.md", roleOrchestrator, gateScope, gatePRD),
		tracking("project-context", "Project context", "docs/PROJECT_CONTEXT.md", roleOrchestrator, gateScope, gatePRD),
		tracking("change-requests", "Change requests", "docs/CHANGE_REQUESTS.md", roleOrchestrator, gatePRD, gateArchitecture),
		tracking("post-launch", "Post-launch notes", "docs/POST_LAUNCH.md", roleDevOps, gatePostDeployment, ""),
	}
}

// startedAfter returns the gate whose approval starts a tracking document.
func startedAfter(id string) string {
	for _, d := range TrackingDocuments() {
		if d.ID == id {
			return d.After
		}
	}
	return ""
}

// trackingFor lists the tracking documents that a gate asks for.
func trackingFor(gateID string) []Deliverable {
	var out []Deliverable
	for _, d := range TrackingDocuments() {
		if d.RequiredBy == gateID {
			out = append(out, d.Deliverable)
		}
	}
	return out
}
