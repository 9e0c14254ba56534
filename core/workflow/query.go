package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Gate returns the gate with the given id. Case does not matter, because
// people type "g5".
func (w *Workflow) Gate(id string) (Gate, bool) {
	i := w.GateIndex(id)
	if i < 0 {
		return Gate{}, false
	}
	return w.Gates[i], true
}

// GateIndex returns the place of a gate in the order of gates, or -1.
func (w *Workflow) GateIndex(id string) int {
	return slices.IndexFunc(w.Gates, func(g Gate) bool { return strings.EqualFold(g.ID, id) })
}

// GateIDs lists the ids of all gates in order.
func (w *Workflow) GateIDs() []string {
	ids := make([]string, len(w.Gates))
	for i, g := range w.Gates {
		ids[i] = g.ID
	}
	return ids
}

// NearestGate returns the id of the gate that was probably meant, or "".
func (w *Workflow) NearestGate(id string) string { return fault.Nearest(id, w.GateIDs()) }

// Applicable lists the gates that apply to the facts, in order.
func (w *Workflow) Applicable(facts Facts) []Gate {
	var out []Gate
	for _, g := range w.Gates {
		if g.AppliesWhen.Hold(facts) {
			out = append(out, g)
		}
	}
	return out
}

// GatesFor lists the gates that close a phase, in order.
func (w *Workflow) GatesFor(p Phase) []Gate {
	var out []Gate
	for _, g := range w.Gates {
		if g.Phase == p {
			out = append(out, g)
		}
	}
	return out
}

// NextGate returns the first gate that applies and that passed does not report
// as passed. It returns false when all are.
func (w *Workflow) NextGate(facts Facts, passed func(gateID string) bool) (Gate, bool) {
	for _, g := range w.Applicable(facts) {
		if !passed(g.ID) {
			return g, true
		}
	}
	return Gate{}, false
}

// TaskBelongs reports whether a task must be done, or deferred by a person,
// before the gate can be approved. It must when its phase is at or before the
// gate's, unless it waits for that gate or a later one: such a task cannot
// start before the approval, and counting it would shut the gate for ever.
// A task without a phase belongs to no gate; one with an unknown phase, to
// every gate.
func (w *Workflow) TaskBelongs(gateID string, taskPhase Phase, waitsFor string) bool {
	gate, ok := w.Gate(gateID)
	if !ok || taskPhase == "" {
		return false
	}
	if waitsFor != "" && w.GateIndex(waitsFor) >= w.GateIndex(gateID) {
		return false
	}
	return PhaseIndex(taskPhase) <= PhaseIndex(gate.Phase)
}

// ProofRef names one proof of one gate.
type ProofRef struct {
	Gate string `json:"gate"`
	Type string `json:"type"`
}

// Unpinned lists the proofs that must be captured but have no command yet.
// Their gates stay shut until somebody pins one.
func (w *Workflow) Unpinned() []ProofRef {
	var out []ProofRef
	for _, g := range w.Gates {
		for _, p := range g.Proofs {
			if p.Grade == GradeCaptured && len(p.Command) == 0 {
				out = append(out, ProofRef{Gate: g.ID, Type: p.Type})
			}
		}
	}
	return out
}

// Digest returns the SHA-256 of the workflow's canonical JSON, in hexadecimal.
// Workflows that were resolved from the same input have the same digest on
// every machine. It is empty, and so equal to no real digest, for a workflow
// with numbers that JSON cannot write; [Resolve] returns none such.
func (w *Workflow) Digest() string {
	data, err := json.Marshal(w)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Proof returns the gate's requirement for a type of proof.
func (g Gate) Proof(proofType string) (Proof, bool) {
	i := slices.IndexFunc(g.Proofs, func(p Proof) bool { return p.Type == proofType })
	if i < 0 {
		return Proof{}, false
	}
	return g.Proofs[i], true
}

// Deliverable returns the gate's requirement for a deliverable.
func (g Gate) Deliverable(id string) (Deliverable, bool) {
	i := slices.IndexFunc(g.Deliverables, func(d Deliverable) bool { return d.ID == id })
	if i < 0 {
		return Deliverable{}, false
	}
	return g.Deliverables[i], true
}

// NextPhase returns the phase that approval advances to by default, or "" when
// approval leaves the phase as it is. It is meant for a project that stands in
// the gate's own phase; [CanMove] has the last word.
func (g Gate) NextPhase(facts Facts) Phase {
	if next := g.NextPhases(facts); len(next) > 0 {
		return next[0]
	}
	return ""
}

// NextPhases lists the phases that approval may advance to, the default first.
func (g Gate) NextPhases(facts Facts) []Phase {
	var out []Phase
	for _, t := range g.Next {
		if t.When.Hold(facts) {
			out = append(out, t.To)
		}
	}
	return out
}
