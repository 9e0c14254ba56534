package projecttest

import (
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

func (m *Model) gate(id string) *ModelGate {
	for i := range m.Gates {
		if m.Gates[i].ID == id {
			return &m.Gates[i]
		}
	}
	return nil
}

// inTurn forbids gates that are passed, and those that another one comes before.
func (m *Model) inTurn(r *rules, g *ModelGate) {
	r.forbid(g.Status == project.GateNotApplicable, "gate_not_applicable")
	r.forbid(g.Status == project.GateApproved || g.Status == project.GateSkipped, "gate_passed")
	for i := range m.Gates {
		if m.Gates[i].ID == g.ID {
			return
		}
		r.forbid(!passed(m.Gates[i].Status), "gate_order")
	}
}

// decide forbids what only a person may say.
func (m *Model) decide(gate string, by project.Actor) (*ModelGate, rules) {
	var r rules
	g := m.gate(gate)
	r.forbid(g == nil, "gate_not_found")
	r.forbid(by.Kind != project.ActorPerson, "person_required")
	return g, r
}

func (m *Model) presentGate(c *project.PresentGate) []string {
	g := m.gate(c.Gate)
	if g == nil {
		return rules{"gate_not_found"}
	}
	var r rules
	m.inTurn(&r, g)
	if len(r) == 0 {
		g.Status = project.GateInReview
	}
	return r
}

// ready reports whether nothing but the person keeps a gate shut. The gates of
// the model ask for no evidence.
func (m *Model) ready(g *ModelGate) bool {
	if g.Status != project.GateInReview || m.Phase != g.Phase {
		return false
	}
	for _, t := range m.Tasks {
		if !over(t) && m.workflow.TaskBelongs(g.ID, t.Phase, t.Gate) && t.Deferred != g.ID {
			return false
		}
	}
	return true
}

func (m *Model) approveGate(c *project.ApproveGate, by project.Actor) []string {
	g, r := m.decide(c.Gate, by)
	r.forbid(!workflow.ApprovalWord(c.Presence.Word), "not_an_approval")
	if g == nil {
		return r
	}
	m.inTurn(&r, g)
	ready := m.ready(g)
	r.forbid(!ready && !c.Force, "gate_not_ready")
	r.forbid(!ready && c.Force && c.ForceReason == "", "missing_reason")
	to := m.follows(&r, g)
	if len(r) == 0 {
		g.Status, m.Phase = project.GateApproved, to
	}
	return r
}

// follows returns the phase after a gate.
func (m *Model) follows(r *rules, g *ModelGate) workflow.Phase {
	def, _ := m.workflow.Gate(g.ID)
	to := def.NextPhase(m.facts)
	if m.Phase != g.Phase || to == "" || to == m.Phase {
		return m.Phase
	}
	ok, _ := workflow.CanMove(m.Phase, to, m.facts, m.Blocked)
	r.forbid(!ok, "phase_move_refused")
	return to
}

func (m *Model) rejectGate(c *project.RejectGate, by project.Actor) []string {
	g, r := m.decide(c.Gate, by)
	r.forbid(g != nil && g.Status != project.GateInReview, "not_in_review")
	r.forbid(c.Feedback == "", "missing_feedback")
	if len(r) == 0 {
		g.Status = project.GateRejected
	}
	return r
}

func (m *Model) skipGate(c *project.SkipGate, by project.Actor) []string {
	g, r := m.decide(c.Gate, by)
	r.forbid(c.Reason == "", "missing_reason")
	if g == nil {
		return r
	}
	m.inTurn(&r, g)
	to := m.follows(&r, g)
	if len(r) == 0 {
		g.Status, m.Phase = project.GateSkipped, to
	}
	return r
}

func (m *Model) reopenGate(c *project.ReopenGate, by project.Actor) []string {
	g, r := m.decide(c.Gate, by)
	r.forbid(c.Reason == "", "missing_reason")
	r.forbid(g != nil && g.Status == project.GatePending, "gate_pending")
	r.forbid(g != nil && g.Status == project.GateNotApplicable, "gate_not_applicable")
	if len(r) > 0 {
		return r
	}
	if !passed(g.Status) {
		g.Status = project.GatePending
		return nil
	}
	m.Phase, m.Blocked = g.Phase, ""
	after := false
	for i := range m.Gates {
		after = after || m.Gates[i].ID == g.ID
		if after && m.Gates[i].Status != project.GateNotApplicable {
			m.Gates[i].Status = project.GatePending
		}
	}
	return nil
}

func (m *Model) movePhase(c *project.MovePhase) []string {
	var r rules
	ok, _ := workflow.CanMove(m.Phase, c.To, m.facts, m.Blocked)
	r.forbid(!ok, "phase_move_refused")
	blocks := c.To == workflow.PhaseBlocked
	r.forbid(blocks && c.Reason == "", "missing_reason")
	if !blocks && m.Phase != workflow.PhaseBlocked {
		for _, g := range m.Gates {
			r.forbid(g.Phase == m.Phase && !passed(g.Status), "gate_stands")
		}
	}
	if len(r) > 0 {
		return r
	}
	m.Blocked = ""
	if blocks {
		m.Blocked = m.Phase
	}
	m.Phase = c.To
	return nil
}
