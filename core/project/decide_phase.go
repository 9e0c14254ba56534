package project

import (
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// MovePhase moves a project forward where no gate stands in between, or to
// blocked and back.
type MovePhase struct {
	To     workflow.Phase
	Reason string
}

// CommandName returns "phase.move".
func (*MovePhase) CommandName() string { return "phase.move" }

// Needs returns the workflow.
func (*MovePhase) Needs() Needs { return Needs{Workflow: true} }

// Decide moves along the state machine. Leaving a phase takes that every gate
// that closes it is passed.
func (c *MovePhase) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.body("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	from := s.Project.Phase
	if ok, reason := workflow.CanMove(from, c.To, s.Project.Facts(), s.Project.BlockedFrom); !ok {
		return nil, fault.NotAllowed("phase_move_refused", "cannot move to %s: %s", c.To, reason).WithHint("run `layercake phase show`")
	}
	if c.To == workflow.PhaseBlocked && c.Reason == "" {
		return nil, fault.Usage("missing_reason", "say why the project is blocked").WithHint("run `layercake phase move --help`")
	}
	if c.To != workflow.PhaseBlocked && from != workflow.PhaseBlocked {
		for i := range s.Gates {
			if g := &s.Gates[i]; g.Phase == from && !g.Status.Passed() {
				return nil, fault.NotAllowed("gate_stands", "gate %s stands between %s and %s, and it is %s", g.ID, from, c.To, human(string(g.Status))).
					WithHint("run `layercake gate check %s`", g.ID)
			}
		}
	}
	return []event.Payload{&event.PhaseChangedPayload{From: string(from), To: string(c.To), Reason: c.Reason}}, nil
}

// ReopenPhase goes back to an earlier phase.
type ReopenPhase struct {
	To       workflow.Phase
	Presence Presence
	Reason   string
}

// CommandName returns "phase.reopen".
func (*ReopenPhase) CommandName() string { return "phase.reopen" }

// Needs returns nothing beyond the gates.
func (c *ReopenPhase) Needs() Needs { return c.Presence.needs(Needs{}) }

// Decide sends every gate that closes the phase or a later one back to pending.
func (c *ReopenPhase) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "reopen a phase")
	if err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	if ok, reason := workflow.CanReopen(s.Project.Phase, c.To, s.Project.Facts()); !ok {
		return nil, fault.NotAllowed("phase_move_refused", "cannot reopen %s: %s", c.To, reason).WithHint("run `layercake phase show`")
	}
	return reopen(s, firstGateFrom(s.Gates, c.To), string(c.To), c.Reason, how), nil
}
