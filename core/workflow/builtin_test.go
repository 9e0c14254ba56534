package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/workflow"
)

func resolve(t *testing.T, p workflow.ResolveParams) *workflow.Workflow {
	t.Helper()
	w, err := workflow.Resolve(p)
	require.NoError(t, err)
	return w
}

func TestPresets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		projectType workflow.ProjectType
		preset      workflow.Preset
		want        string
	}{
		{workflow.TypeTraditional, "", "G1 G2 G3 G4 G5 G6 G7 G8 G9"},
		{workflow.TypeAIML, workflow.PresetFull, "G1 G2 G3 G4 G5 G6 G7 G8 G9"},
		{workflow.TypeHybrid, workflow.PresetStandard, "G1 G2 G3 G4 G5 G6"},
		{workflow.TypeTraditional, workflow.PresetSimple, "G1 G3 G6"},
		{workflow.TypeEnhancement, workflow.PresetFull, "E1 E2 E3 G5 G6 G7 G8 G9"},
		{workflow.TypeEnhancement, workflow.PresetStandard, "E1 E2 E3 G5 G6"},
		{workflow.TypeEnhancement, workflow.PresetSimple, "E1 E3 G6"},
	} {
		w := resolve(t, workflow.ResolveParams{Type: tc.projectType, Preset: tc.preset})
		require.Equal(t, tc.want, strings.Join(w.GateIDs(), " "))
	}
}

func TestProofsPerGate(t *testing.T) {
	t.Parallel()
	w := resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional})
	want := map[string]string{
		"G1": "", "G2": "prd_review:attested", "G3": "spec_validation:attested",
		"G4": "design_options:submitted user_selection:attested",
		"G5": "build_output:captured lint_output:captured test_output:captured",
		"G6": "test_output:captured coverage_report:captured",
		"G7": "security_scan:captured",
		"G8": "deployment_log:captured smoke_test:captured",
		"G9": "deployment_log:captured smoke_test:captured manual_verification:attested",
	}
	for _, g := range w.Gates {
		var got []string
		for _, p := range g.Proofs {
			got = append(got, p.Type+":"+string(p.Grade))
		}
		require.Equal(t, want[g.ID], strings.Join(got, " "), g.ID)
	}
	e := resolve(t, workflow.ResolveParams{Type: workflow.TypeEnhancement})
	g, _ := e.Gate("e2")
	require.Equal(t, "assessment_report", g.Proofs[0].Type)
	require.Equal(t, workflow.GradeSubmitted, g.Proofs[0].Grade)
}

func TestTiersSetThresholds(t *testing.T) {
	t.Parallel()
	for tier, want := range map[workflow.Tier]float64{
		workflow.TierMVP: 60, workflow.TierStandard: 80, workflow.TierEnterprise: 90, "": 80,
	} {
		w := resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional, Tier: tier})
		g, _ := w.Gate("G6")
		p, _ := g.Proof(workflow.ProofCoverageReport)
		require.InDelta(t, want, *p.Thresholds.Coverage, 0, "%s", tier)
	}
	// A stricter tier never asks for less.
	tiers := workflow.Tiers()
	for i := 1; i < len(tiers); i++ {
		for _, projectType := range workflow.ProjectTypes() {
			looser := resolve(t, workflow.ResolveParams{Type: projectType, Tier: tiers[i-1]})
			stricter := resolve(t, workflow.ResolveParams{Type: projectType, Tier: tiers[i]})
			require.Empty(t, workflow.Weakens(looser, stricter))
			require.NotEmpty(t, workflow.Weakens(stricter, looser))
		}
	}
}

func TestRolesOfProjectsWithAI(t *testing.T) {
	t.Parallel()
	roles := func(projectType workflow.ProjectType, gate string) string {
		g, ok := resolve(t, workflow.ResolveParams{Type: projectType}).Gate(gate)
		require.True(t, ok)
		return strings.Join(g.Roles, " ")
	}
	for _, projectType := range []workflow.ProjectType{workflow.TypeAIML, workflow.TypeHybrid} {
		require.Equal(t, "frontend-developer backend-developer data-engineer ml-engineer prompt-engineer", roles(projectType, "G5"))
		require.Equal(t, "qa-engineer model-evaluator", roles(projectType, "G6"))
		require.Equal(t, "devops-engineer aiops-engineer", roles(projectType, "G8"))
		require.Equal(t, "devops-engineer aiops-engineer", roles(projectType, "G9"))
		g, _ := resolve(t, workflow.ResolveParams{Type: projectType}).Gate("G6")
		_, ok := g.Proof(workflow.ProofEvalReport)
		require.True(t, ok)
	}
	require.Equal(t, "frontend-developer backend-developer", roles(workflow.TypeTraditional, "G5"))
	require.Equal(t, "qa-engineer", roles(workflow.TypeEnhancement, "G6"))
}

func TestTrackingDocuments(t *testing.T) {
	t.Parallel()
	tracking := func(preset workflow.Preset, gate string) []string {
		g, _ := resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional, Preset: preset}).Gate(gate)
		var ids []string
		for _, d := range g.Deliverables {
			if d.Kind == workflow.KindTracking {
				ids = append(ids, d.ID)
			}
		}
		return ids
	}
	require.Equal(t, []string{"feedback-log", "cost-log", "project-context"}, tracking(workflow.PresetFull, "G2"))
	require.Equal(t, []string{"change-requests"}, tracking(workflow.PresetFull, "G3"))
	require.Empty(t, tracking(workflow.PresetSimple, "G3"), "without G2 nothing starts CHANGE_REQUESTS")
	docs := workflow.TrackingDocuments()
	require.Equal(t, "docs/POST_LAUNCH.md", docs[len(docs)-1].Path)
	require.Equal(t, "G9", docs[len(docs)-1].After)
}

func TestWhereGatesLead(t *testing.T) {
	t.Parallel()
	local, required := workflow.DeployLocalOnly, workflow.DeployRequired
	for _, tc := range []struct {
		projectType workflow.ProjectType
		preset      workflow.Preset
		gate        string
		ui          bool
		mode        workflow.DeploymentMode
		want        workflow.Phase
	}{
		{workflow.TypeTraditional, workflow.PresetFull, "G1", true, required, workflow.PhasePlanning},
		{workflow.TypeTraditional, workflow.PresetFull, "G2", true, required, workflow.PhaseArchitecture},
		{workflow.TypeTraditional, workflow.PresetFull, "G3", true, required, workflow.PhaseDesign},
		{workflow.TypeTraditional, workflow.PresetFull, "G3", false, required, workflow.PhaseDevelopment},
		{workflow.TypeTraditional, workflow.PresetSimple, "G3", true, required, workflow.PhaseDevelopment},
		{workflow.TypeAIML, workflow.PresetFull, "G3", true, required, workflow.PhaseDesign},
		{workflow.TypeAIML, workflow.PresetFull, "G3", false, required, workflow.PhaseMLDevelopment},
		{workflow.TypeHybrid, workflow.PresetFull, "G3", false, required, workflow.PhaseDevelopment},
		{workflow.TypeTraditional, workflow.PresetFull, "G4", true, required, workflow.PhaseDevelopment},
		{workflow.TypeTraditional, workflow.PresetFull, "G5", true, required, workflow.PhaseTesting},
		{workflow.TypeTraditional, workflow.PresetFull, "G6", true, required, workflow.PhaseSecurityReview},
		{workflow.TypeTraditional, workflow.PresetFull, "G7", true, required, workflow.PhaseDeployment},
		{workflow.TypeTraditional, workflow.PresetFull, "G7", true, workflow.DeployUndetermined, workflow.PhaseDeployment},
		{workflow.TypeTraditional, workflow.PresetFull, "G7", true, "", workflow.PhaseDeployment},
		{workflow.TypeTraditional, workflow.PresetFull, "G7", true, local, workflow.PhaseMaintenance},
		{workflow.TypeTraditional, workflow.PresetFull, "G8", true, required, ""},
		{workflow.TypeTraditional, workflow.PresetFull, "G9", true, required, workflow.PhaseMaintenance},
		{workflow.TypeEnhancement, workflow.PresetFull, "E1", true, required, workflow.PhaseAssessment},
		{workflow.TypeEnhancement, workflow.PresetFull, "E2", true, required, workflow.PhasePlanning},
		{workflow.TypeEnhancement, workflow.PresetFull, "E3", true, required, workflow.PhaseDevelopment},
	} {
		g, ok := resolve(t, workflow.ResolveParams{Type: tc.projectType, Preset: tc.preset}).Gate(tc.gate)
		require.True(t, ok)
		facts := workflow.Facts{Type: tc.projectType, HasUI: tc.ui, DeploymentMode: tc.mode}
		require.Equal(t, tc.want, g.NextPhase(facts), "%+v", tc)
	}
	e3, _ := resolve(t, workflow.ResolveParams{Type: workflow.TypeEnhancement}).Gate("E3")
	require.Equal(t, []workflow.Phase{workflow.PhaseDevelopment, workflow.PhaseSecurityReview}, e3.NextPhases(workflow.Facts{Type: workflow.TypeEnhancement}))
}

// Wherever a gate leads, the state machine must agree.
func TestGatesLeadOnlyWhereTheStateMachineGoes(t *testing.T) {
	t.Parallel()
	for _, facts := range allFacts() {
		for _, preset := range workflow.Presets() {
			w := resolve(t, workflow.ResolveParams{Type: facts.Type, Preset: preset})
			for i, g := range w.Gates {
				for _, to := range g.NextPhases(facts) {
					ok, reason := workflow.CanMove(g.Phase, to, facts, "")
					require.True(t, ok, "%s: %s", g.ID, reason)
				}
				if i > 0 {
					require.LessOrEqual(t, workflow.PhaseIndex(w.Gates[i-1].Phase), workflow.PhaseIndex(g.Phase))
				}
			}
		}
	}
}

func TestWhichGatesApply(t *testing.T) {
	t.Parallel()
	w := resolve(t, workflow.ResolveParams{Type: workflow.TypeTraditional})
	ids := func(f workflow.Facts) string {
		var out []string
		for _, g := range w.Applicable(f) {
			out = append(out, g.ID)
		}
		return strings.Join(out, " ")
	}
	require.Equal(t, "G1 G2 G3 G4 G5 G6 G7 G8 G9", ids(workflow.Facts{HasUI: true, DeploymentMode: workflow.DeployOptional}))
	require.Equal(t, "G1 G2 G3 G5 G6 G7", ids(workflow.Facts{DeploymentMode: workflow.DeployLocalOnly}))
	require.Equal(t, "G1 G2 G3 G5 G6 G7 G8 G9", ids(workflow.Facts{DeploymentMode: workflow.DeployUndetermined}))
	require.Equal(t, "G1 G2 G3 G5 G6 G7 G8 G9", ids(workflow.Facts{}), "an unstated mode shuts nothing out")
	require.True(t, workflow.Conditions{"moon": {"full"}}.Hold(workflow.Facts{}), "an unknown fact makes the gate apply")

	next, ok := w.NextGate(workflow.Facts{DeploymentMode: workflow.DeployLocalOnly}, func(id string) bool { return id < "G4" })
	require.True(t, ok)
	require.Equal(t, "G5", next.ID)
	_, ok = w.NextGate(workflow.Facts{}, func(string) bool { return true })
	require.False(t, ok)

	require.Len(t, w.GatesFor(workflow.PhaseDeployment), 2)
	require.Equal(t, 4, w.GateIndex("g5"))
	require.Equal(t, "G5", w.NearestGate("G55"))
}

func TestTasksOfAGate(t *testing.T) {
	t.Parallel()
	w := resolve(t, workflow.ResolveParams{Type: workflow.TypeAIML})
	require.True(t, w.TaskBelongs("G5", workflow.PhaseDevelopment, ""))
	require.True(t, w.TaskBelongs("G5", workflow.PhaseMLDevelopment, "G4"))
	require.True(t, w.TaskBelongs("G5", workflow.PhaseIntake, ""))
	require.False(t, w.TaskBelongs("G5", workflow.PhaseTesting, ""))
	require.False(t, w.TaskBelongs("G8", workflow.PhaseDeployment, "G8"), "it cannot start before G8 is approved")
	require.True(t, w.TaskBelongs("G9", workflow.PhaseDeployment, "G8"))
	require.True(t, w.TaskBelongs("G1", "no such phase", ""))
	require.False(t, w.TaskBelongs("G1", "", ""))
}

// The digest binds approvals to a workflow: it must not depend on the run, nor
// on having been stored, and no two workflows may share one.
func TestDigestsAreStable(t *testing.T) {
	t.Parallel()
	a := resolve(t, workflow.ResolveParams{Type: workflow.TypeHybrid, Tier: workflow.TierMVP})
	b := resolve(t, workflow.ResolveParams{Type: workflow.TypeHybrid, Tier: workflow.TierMVP})
	require.Equal(t, a.Digest(), b.Digest())
	require.Len(t, a.Digest(), 64)

	data, err := json.Marshal(a)
	require.NoError(t, err)
	var stored workflow.Workflow
	require.NoError(t, json.Unmarshal(data, &stored))
	require.Equal(t, a.Digest(), stored.Digest(), "a stored workflow keeps its digest")

	seen := map[string]bool{}
	for _, projectType := range workflow.ProjectTypes() {
		for _, preset := range workflow.Presets() {
			for _, tier := range workflow.Tiers() {
				digest := resolve(t, workflow.ResolveParams{Type: projectType, Preset: preset, Tier: tier}).Digest()
				require.False(t, seen[digest])
				seen[digest] = true
			}
		}
	}
}

func TestProofTypes(t *testing.T) {
	t.Parallel()
	named := `prd_review spec_validation design_options user_selection build_output lint_output test_output
		unit_test_output integration_test_output e2e_test_output performance_test_output coverage_report security_scan
		accessibility_scan lighthouse_report preview_startup deployment_log smoke_test deployment_verification screenshot
		manual_verification assessment_report eval_report`
	require.Len(t, workflow.ProofTypes(), len(strings.Fields(named)))
	for name := range strings.FieldsSeq(named) {
		require.True(t, workflow.ValidProofType(name), name)
		kind, _ := workflow.LookupProofType(name)
		require.NotEmpty(t, kind.Description)
		require.Equal(t, kind.PersonOnly, kind.PersonOnly && kind.Grade == workflow.GradeAttested)
		if kind.Grade == workflow.GradeCaptured {
			require.NotEmpty(t, kind.Parsers, name)
		}
		for _, p := range kind.Parsers {
			require.True(t, workflow.ValidParser(p))
		}
	}
	require.False(t, workflow.ValidProofType("vibes"))
	require.Equal(t, "test_output", workflow.NearestProofType("tests_output"))
}

func TestUnknownParameters(t *testing.T) {
	t.Parallel()
	_, err := workflow.Resolve(workflow.ResolveParams{Type: "tradtional"})
	require.EqualError(t, err, `unknown project type "tradtional"; did you mean "traditional"?`)
	_, err = workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeAIML, Preset: "fulll"})
	require.EqualError(t, err, `unknown preset "fulll"; did you mean "full"?`)
	_, err = workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeAIML, Tier: "x"})
	require.EqualError(t, err, `unknown quality tier "x"; known are mvp, standard, enterprise`)
}
