package project

import (
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// RejectGate is a person's no. It opens a change request.
type RejectGate struct {
	Gate     string
	Presence Presence
	// FeedbackID is the id of the change request that the rejection opens.
	FeedbackID string
	Feedback   string
	// Role is the role that the work returns to; empty takes the gate's first.
	Role string
}

// CommandName returns "gate.reject".
func (*RejectGate) CommandName() string { return "gate.reject" }

// Needs returns what decisions on gates look at.
func (c *RejectGate) Needs() Needs { return c.Presence.needs(Needs{Workflow: true}) }

// Decide rejects a gate that is in review.
func (c *RejectGate) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, err := s.Gate(c.Gate)
	if err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "reject a gate")
	if err != nil {
		return nil, err
	}
	if g.Status != GateInReview {
		return nil, fault.Conflict("not_in_review", "gate %s is %s, not in review", g.ID, human(string(g.Status))).
			WithHint("run `layercake gate show %s`", g.ID)
	}
	if err := check(func(k *checker) { k.required("feedback", &c.Feedback); k.line("role", &c.Role) }); err != nil {
		return nil, err
	}
	role := c.Role
	if def, ok := s.Workflow.Gate(g.ID); ok && role == "" && len(def.Roles) > 0 {
		role = def.Roles[0]
	}
	return []event.Payload{
		&event.GateRejectedPayload{Gate: g.ID, Reason: c.Feedback, Decided: how},
		&event.FeedbackGivenPayload{ID: c.FeedbackID, Gate: g.ID, Role: role, Text: c.Feedback},
	}, nil
}

// SkipGate leaves a gate out.
type SkipGate struct {
	Gate     string
	Presence Presence
	Reason   string
}

// CommandName returns "gate.skip".
func (*SkipGate) CommandName() string { return "gate.skip" }

// Needs returns the workflow, for the phase that follows.
func (c *SkipGate) Needs() Needs { return c.Presence.needs(Needs{Workflow: true}) }

// Decide skips the gate that is next.
func (c *SkipGate) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, err := s.Gate(c.Gate)
	if err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "skip a gate")
	if err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	if err := inTurn(s, g, "skipped"); err != nil {
		return nil, err
	}
	return advance(s, g, "", &event.GateSkippedPayload{Gate: g.ID, Reason: c.Reason, Decided: how})
}

// ReopenGate sends a gate back to pending. If it was passed, its phase is
// reopened and every gate from it on goes back too.
type ReopenGate struct {
	Gate     string
	Presence Presence
	Reason   string
}

// CommandName returns "gate.reopen".
func (*ReopenGate) CommandName() string { return "gate.reopen" }

// Needs returns nothing beyond the gates.
func (c *ReopenGate) Needs() Needs { return c.Presence.needs(Needs{}) }

// Decide reopens a gate.
func (c *ReopenGate) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, err := s.Gate(c.Gate)
	if err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "reopen a gate")
	if err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	switch g.Status {
	case GatePending:
		return nil, fault.Conflict("gate_pending", "gate %s is pending already", g.ID).WithHint("run `layercake gate check %s`", g.ID)
	case GateNotApplicable:
		return nil, fault.Conflict("gate_not_applicable", "gate %s does not apply to this project", g.ID).WithHint("run `layercake gate list`")
	case GateInReview, GateRejected:
		return []event.Payload{&event.GateReopenedPayload{Gate: g.ID, Reason: c.Reason, Decided: how}}, nil
	case GateApproved, GateSkipped:
	}
	return reopen(s, g.Position, string(g.Phase), c.Reason, how), nil
}

// GateReopens lists the gates that reopening one sends back to pending.
func GateReopens(gates []Gate, id string) []string {
	for i := range gates {
		g := &gates[i]
		switch {
		case g.ID != id:
		case g.Status == GateInReview, g.Status == GateRejected:
			return []string{g.ID}
		default:
			return reopened(gates, g.Position)
		}
	}
	return nil
}

// PhaseReopens lists the gates that going back to a phase sends back to pending.
func PhaseReopens(gates []Gate, to workflow.Phase) []string {
	return reopened(gates, firstGateFrom(gates, to))
}

// reopened lists the gates from a position on that are to be passed again.
func reopened(gates []Gate, position int) []string {
	var ids []string
	for i := range gates {
		g := &gates[i]
		if g.Position >= position && g.Status != GateNotApplicable && g.Status != GatePending {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

// firstGateFrom is the position of the first gate of a phase or of a later one.
func firstGateFrom(gates []Gate, phase workflow.Phase) int {
	for i := range gates {
		if workflow.PhaseIndex(gates[i].Phase) >= workflow.PhaseIndex(phase) {
			return gates[i].Position
		}
	}
	return len(gates) + 1
}

// reopen goes back to a phase and sends every gate from the position on back to
// pending, apart from those that do not apply.
func reopen(s *State, position int, phase, reason string, how event.Decided) []event.Payload {
	gates := reopened(s.Gates, position)
	return []event.Payload{&event.PhaseReopenedPayload{From: string(s.Project.Phase), To: phase, Reason: reason, Gates: gates, Decided: how}}
}

// ResolveCondition says that a condition of an approval is met.
type ResolveCondition struct {
	ID         string
	Presence   Presence
	Resolution string
}

// CommandName returns "gate.condition.resolve".
func (*ResolveCondition) CommandName() string { return "gate.condition.resolve" }

// Needs returns the conditions.
func (c *ResolveCondition) Needs() Needs { return c.Presence.needs(Needs{Evidence: true}) }

// Decide resolves an open condition; only a person judges that it is met.
func (c *ResolveCondition) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "resolve a condition")
	if err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("resolution", &c.Resolution) }); err != nil {
		return nil, err
	}
	for i := range s.Conditions {
		if s.Conditions[i].ID != c.ID {
			continue
		}
		if s.Conditions[i].Status != statusOpen {
			return nil, fault.Conflict("condition_resolved", "the condition is resolved already").WithHint("run `layercake gate condition list`")
		}
		return []event.Payload{&event.ConditionResolvedPayload{ID: c.ID, Resolution: c.Resolution, Decided: how}}, nil
	}
	return nil, fault.NotFound("condition_not_found", "there is no condition %s", c.ID).WithHint("run `layercake gate condition list`")
}
