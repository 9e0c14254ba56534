package project

import (
	"fmt"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// gateNeeds is what every decision on a gate looks at.
func gateNeeds() Needs {
	return Needs{Workflow: true, Evidence: true, OpenTasks: true, Blockers: true}
}

// PresentGate puts a gate before a person and fixes its candidate.
type PresentGate struct {
	Gate   string
	Checks *Checks
	// Tree is the digest of all of the candidate's files.
	Tree string
	// Brief is the text that the person is shown.
	Brief string
}

// CommandName returns "gate.present".
func (*PresentGate) CommandName() string { return "gate.present" }

// Needs returns what decisions on gates look at.
func (*PresentGate) Needs() Needs { return gateNeeds() }

// Decide refuses to present a gate out of turn, or on files that are not in a
// commit when the gate asks for captured evidence. A gate that is not ready can
// be presented: the brief says what is missing.
func (c *PresentGate) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, err := s.Gate(c.Gate)
	if err != nil {
		return nil, err
	}
	if err := inTurn(s, g, "presented"); err != nil {
		return nil, err
	}
	def, ok := s.Workflow.Gate(g.ID)
	if !ok {
		return nil, fault.Conflict("gate_undefined", "the accepted workflow does not define gate %s", g.ID).
			WithHint("run `layercake trust --dry-run` to see what the workflow says")
	}
	if needsCandidate(&def) {
		cand := &c.Checks.Candidate
		switch {
		case cand.Problem != "" || cand.Commit == "":
			return nil, fault.Conflict("no_candidate", "gate %s is decided on a commit, and there is none: %s", g.ID, orElse(cand.Problem, "nothing is committed yet")).
				WithHint("commit your work, then present again: `git status`")
		case len(cand.Dirty) > 0:
			return nil, fault.Conflict("candidate_dirty", "gate %s is decided on a commit, and these files are not in it: %s", g.ID, few(cand.Dirty)).
				WithHint("commit or set aside the changes, then present again: `git status`").WithDetails(cand.Dirty)
		}
	}
	events := rework(g)
	return append(events, &event.GatePresentedPayload{
		Gate: g.ID, Commit: c.Checks.Candidate.Commit, Tree: c.Tree, Brief: c.Brief,
	}), nil
}

// rework sends a rejected gate back to pending, as the first thing that happens
// to it after the rejection. Evidence from before the rejection stays stale.
func rework(g *Gate) []event.Payload {
	if g.Status != GateRejected {
		return nil
	}
	return []event.Payload{&event.GateReopenedPayload{Gate: g.ID, Reason: "rework after rejection"}}
}

func needsCandidate(g *workflow.Gate) bool {
	for i := range g.Proofs {
		if g.Proofs[i].Grade == workflow.GradeCaptured {
			return true
		}
	}
	return false
}

// inTurn refuses a gate that is passed, or that another one comes before.
func inTurn(s *State, g *Gate, what string) error {
	if g.Status == GateNotApplicable {
		return fault.Conflict("gate_not_applicable", "gate %s does not apply to this project", g.ID).WithHint("run `layercake gate list`")
	}
	if g.Status.Passed() {
		return fault.Conflict("gate_passed", "gate %s is %s already", g.ID, g.Status).WithHint("run `layercake gate show %s`", g.ID)
	}
	if next := s.NextGate(); next.ID != g.ID {
		return fault.NotAllowed("gate_order", "gate %s cannot be %s: gate %s comes first and is %s", g.ID, what, next.ID, human(string(next.Status))).
			WithHint("run `layercake gate check %s`", next.ID)
	}
	return nil
}

// RequestApproval keeps that somebody said yes in a way that does not approve, so
// that a person can confirm it.
type RequestApproval struct {
	Gate string
	// Word is what they answered, and Through the client that asked them.
	Word, Through, Note string
}

// CommandName returns "gate.request".
func (*RequestApproval) CommandName() string { return "gate.request" }

// Needs returns nothing beyond the gates.
func (*RequestApproval) Needs() Needs { return Needs{} }

// Decide keeps a request for a gate that is in review. It decides nothing.
func (c *RequestApproval) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, err := s.Gate(c.Gate)
	if err != nil {
		return nil, err
	}
	if g.Status != GateInReview {
		return nil, fault.Conflict("not_in_review", "gate %s is %s, not in review", g.ID, human(string(g.Status))).
			WithHint("run `layercake gate show %s`", g.ID)
	}
	if err := check(func(k *checker) { k.title("word", &c.Word); k.title("through", &c.Through); k.body("note", &c.Note) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.ApprovalRequestedPayload{Gate: g.ID, Word: c.Word, Through: c.Through, Note: c.Note}}, nil
}

// ApproveGate is a person's yes.
type ApproveGate struct {
	Gate     string
	Presence Presence
	Note     string
	Checks   *Checks
	// Conditions are left to be done before later gates.
	Conditions []event.Condition
	// Next chooses among the phases that may follow; empty takes the default.
	Next workflow.Phase
	// Force approves against the reasons; ForceReason says why.
	Force       bool
	ForceReason string
}

// CommandName returns "gate.approve".
func (*ApproveGate) CommandName() string { return "gate.approve" }

// Needs returns what decisions on gates look at.
func (c *ApproveGate) Needs() Needs { return c.Presence.needs(gateNeeds()) }

// Decide approves a gate that was presented and is ready, and moves the project
// to the phase that follows. With Force the reasons are recorded instead of
// obeyed; who may approve, and the order of gates, are never forced.
func (c *ApproveGate) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, err := s.Gate(c.Gate)
	if err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "approve a gate")
	if err != nil {
		return nil, err
	}
	if m.Actor.Kind != ActorCI && !workflow.ApprovalWord(c.Presence.Word) {
		return nil, fault.NotAllowed("not_an_approval", "%q is not an approval; type one of %s", c.Presence.Word, strings.Join(workflow.ApprovalWords(), ", ")).
			WithHint("run `layercake gate show %s` to read the brief again", g.ID)
	}
	if err := inTurn(s, g, "approved"); err != nil {
		return nil, err
	}
	reasons := Readiness(s, g, c.Checks)
	if g.Status != GateInReview {
		reasons = append([]Reason{{
			Code: "not_presented", Subject: g.ID, Hint: "layercake gate present " + g.ID,
			Message: fmt.Sprintf("gate %s has not been presented; it is %s", g.ID, human(string(g.Status))),
		}}, reasons...)
	}
	if len(reasons) > 0 && !c.Force {
		return nil, NotReady(g.ID, reasons)
	}
	approval, err := c.approval(s, g, m, how)
	if err != nil {
		return nil, err
	}
	decided, err := c.decided(s, g, approval, reasons)
	if err != nil {
		return nil, err
	}
	return c.advance(s, g, decided)
}

// NotReady is the refusal of a gate, with all reasons in its details.
func NotReady(gate string, reasons []Reason) error {
	messages := make([]string, len(reasons))
	for i := range reasons {
		messages[i] = reasons[i].Message
	}
	noun := "reasons"
	if len(reasons) == 1 {
		noun = "reason"
	}
	e := fault.NotAllowed("gate_not_ready", "gate %s stays shut for %d %s: %s", gate, len(reasons), noun, strings.Join(messages, "; ")).
		WithHint("run `layercake gate check %s`", gate).
		WithDetails(reasons)
	if hint := reasons[0].Hint; hint != "" {
		return e.WithHint("start with `%s`", hint)
	}
	return e
}

func (c *ApproveGate) approval(s *State, g *Gate, m Meta, how event.Decided) (event.Approval, error) {
	note := c.Note
	if err := check(func(k *checker) { k.body("note", &note) }); err != nil {
		return event.Approval{}, err
	}
	a := event.Approval{
		Gate: g.ID, Decided: how, Word: strings.TrimSpace(c.Presence.Word), Note: note,
		Commit: g.Commit, Tree: g.Tree, WorkflowDigest: s.Project.WorkflowDigest,
		ChainVersion: m.Version, ChainHead: m.Head.String(), Observed: c.Presence.observed(),
	}
	if signed := c.Presence.Signature; how.Signature != nil {
		a.ChainVersion, a.ChainHead = signed.Version, s.Links[signed.Version].String()
	}
	a.Proofs = approvedProofs(s, g, c.Checks)
	return a, nil
}

func (c *ApproveGate) decided(s *State, g *Gate, a event.Approval, reasons []Reason) (event.Payload, error) {
	switch {
	case c.Force && len(reasons) > 0:
		why := c.ForceReason
		if err := check(func(k *checker) { k.required("reason", &why) }); err != nil {
			return nil, err
		}
		if len(c.Conditions) > 0 {
			return nil, fault.Usage("force_with_conditions", "an approval is either forced or has conditions, not both").
				WithHint("leave one of the two out; see `layercake gate approve --help`")
		}
		overridden := make([]string, len(reasons))
		for i := range reasons {
			overridden[i] = reasons[i].Message
		}
		return &event.GateForcedPayload{Approval: a, Reason: why, Overridden: overridden}, nil
	case len(c.Conditions) > 0:
		for i := range c.Conditions {
			if err := check(func(k *checker) { k.title("condition", &c.Conditions[i].Text) }); err != nil {
				return nil, err
			}
			later, err := s.Gate(c.Conditions[i].Blocks)
			if err != nil {
				return nil, err
			}
			if later.Position <= g.Position || later.Status.Passed() {
				return nil, fault.Usage("invalid_condition", "a condition of gate %s has to block a later gate that is still open, and %s is not", g.ID, later.ID).
					WithHint("run `layercake gate list`")
			}
			c.Conditions[i].Blocks = later.ID
		}
		return &event.GateApprovedWithConditionsPayload{Approval: a, Conditions: c.Conditions}, nil
	}
	return &event.GateApprovedPayload{Approval: a}, nil
}

// advance adds the move to the next phase.
func (c *ApproveGate) advance(s *State, g *Gate, decided event.Payload) ([]event.Payload, error) {
	return advance(s, g, c.Next, decided)
}

func advance(s *State, g *Gate, next workflow.Phase, decided event.Payload) ([]event.Payload, error) {
	events := []event.Payload{decided}
	def, ok := s.Workflow.Gate(g.ID)
	if !ok || s.Project.Phase != g.Phase {
		// Forced out of phase: the gate is passed, the phase stays.
		return events, nil
	}
	to := def.NextPhase(s.Project.Facts())
	if next != "" {
		if to == "" {
			return nil, fault.Usage("invalid_next", "gate %s does not move the project to another phase", g.ID).
				WithHint("approve it without naming a phase; `layercake phase show` says where the project stands")
		}
		to = next
	}
	if to == "" || to == s.Project.Phase {
		return events, nil
	}
	if ok, reason := workflow.CanMove(s.Project.Phase, to, s.Project.Facts(), s.Project.BlockedFrom); !ok {
		return nil, fault.NotAllowed("phase_move_refused", "gate %s cannot move the project to %s: %s", g.ID, to, reason).
			WithHint("run `layercake phase show`")
	}
	return append(events, &event.PhaseChangedPayload{From: string(s.Project.Phase), To: string(to), Gate: g.ID}), nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// few joins the first entries of a list.
func few(list []string) string {
	const most = 5
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
