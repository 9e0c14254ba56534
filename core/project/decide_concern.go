package project

import (
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// AskQuestion asks somebody.
type AskQuestion struct {
	ID, Kind, To, Question string
	Options                []string
	Blocking               bool
}

// CommandName returns "question.ask".
func (*AskQuestion) CommandName() string { return "question.ask" }

// Needs returns nothing.
func (*AskQuestion) Needs() Needs { return Needs{} }

// Decide asks.
func (c *AskQuestion) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	c.Kind, c.To = orDefault(c.Kind, "clarification"), orDefault(c.To, "person")
	err := check(func(k *checker) {
		k.required("question", &c.Question)
		k.line("to", &c.To)
		k.lines("options", &c.Options)
	})
	if err != nil {
		return nil, err
	}
	if err := oneOf("kind", c.Kind, QuestionKinds()); err != nil {
		return nil, err
	}
	return []event.Payload{&event.QueryAskedPayload{
		ID: c.ID, Kind: c.Kind, To: c.To, Question: c.Question, Options: c.Options, Blocking: c.Blocking,
	}}, nil
}

// AnswerQuestion answers.
type AnswerQuestion struct{ ID, Answer string }

// CommandName returns "question.answer".
func (*AnswerQuestion) CommandName() string { return "question.answer" }

// Needs returns the question.
func (c *AnswerQuestion) Needs() Needs { return Needs{Questions: []string{c.ID}} }

// Decide records the answer. What was asked of a person, a person answers.
func (c *AnswerQuestion) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	q, ok := s.Questions[c.ID]
	if !ok {
		return nil, fault.NotFound("question_not_found", "there is no question q-%s", c.ID).WithHint("run `layercake question list`")
	}
	if q.Status != statusOpen {
		return nil, fault.Conflict("question_answered", "the question was answered before: %s", firstLine(q.Answer)).
			WithHint("run `layercake question list --all`")
	}
	if q.To == string(ActorPerson) {
		if err := personOnly(m, "answer a question asked of a person"); err != nil {
			return nil, err
		}
	}
	if err := check(func(k *checker) { k.required("answer", &c.Answer) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.QueryAnsweredPayload{ID: c.ID, Answer: c.Answer}}, nil
}

// AddRisk records something that may go wrong.
type AddRisk struct{ ID, Title, Description, Probability, Impact, Mitigation string }

// RiskLevels returns how probable a risk can be, and how bad.
func RiskLevels() []string { return []string{"low", "medium", "high"} }

// CommandName returns "risk.add".
func (*AddRisk) CommandName() string { return "risk.add" }

// Needs returns nothing.
func (*AddRisk) Needs() Needs { return Needs{} }

// Decide records the risk.
func (c *AddRisk) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	c.Probability, c.Impact = orDefault(c.Probability, "medium"), orDefault(c.Impact, "medium")
	err := check(func(k *checker) {
		k.title("title", &c.Title)
		k.body("description", &c.Description)
		k.body("mitigation", &c.Mitigation)
	})
	if err != nil {
		return nil, err
	}
	if err := oneOf("probability", c.Probability, RiskLevels()); err != nil {
		return nil, err
	}
	if err := oneOf("impact", c.Impact, RiskLevels()); err != nil {
		return nil, err
	}
	return []event.Payload{&event.RiskIdentifiedPayload{
		ID: c.ID, Title: c.Title, Description: c.Description, Probability: c.Probability, Impact: c.Impact, Mitigation: c.Mitigation,
	}}, nil
}

// UpdateRisk judges a risk anew.
type UpdateRisk struct {
	ID                                      string
	Status, Probability, Impact, Mitigation *string
	Note                                    string
}

// RiskStatuses returns the states of a risk.
func RiskStatuses() []string { return []string{"open", "mitigated", "accepted", "occurred", "closed"} }

// CommandName returns "risk.update".
func (*UpdateRisk) CommandName() string { return "risk.update" }

// Needs returns the risk.
func (c *UpdateRisk) Needs() Needs { return Needs{Risks: []string{c.ID}} }

// Decide changes what is given.
func (c *UpdateRisk) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	r, ok := s.Risks[c.ID]
	if !ok {
		return nil, fault.NotFound("risk_not_found", "there is no risk k-%s", c.ID).WithHint("run `layercake risk list`")
	}
	for _, f := range []struct {
		name  string
		value *string
		valid []string
	}{{"status", c.Status, RiskStatuses()}, {"probability", c.Probability, RiskLevels()}, {"impact", c.Impact, RiskLevels()}} {
		if f.value != nil {
			if err := oneOf(f.name, *f.value, f.valid); err != nil {
				return nil, err
			}
		}
	}
	err := check(func(k *checker) {
		k.body("note", &c.Note)
		if c.Mitigation != nil {
			k.body("mitigation", c.Mitigation)
		}
	})
	if err != nil {
		return nil, err
	}
	changed := c.Note != "" && c.Note != r.Note
	p := event.RiskUpdatedPayload{ID: c.ID, Note: c.Note}
	p.Status = differs(c.Status, r.Status, &changed)
	p.Probability = differs(c.Probability, r.Probability, &changed)
	p.Impact = differs(c.Impact, r.Impact, &changed)
	p.Mitigation = differs(c.Mitigation, r.Mitigation, &changed)
	if !changed {
		return nil, nil
	}
	return []event.Payload{&p}, nil
}

// AddBlocker records something that stands in the way.
type AddBlocker struct{ ID, Title, Description, Severity, Gate string }

// CommandName returns "blocker.add".
func (*AddBlocker) CommandName() string { return "blocker.add" }

// Needs returns nothing beyond the gates.
func (*AddBlocker) Needs() Needs { return Needs{} }

// Decide records the blocker. Anybody may: it only ever shuts gates.
func (c *AddBlocker) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	c.Severity = orDefault(c.Severity, "medium")
	if err := check(func(k *checker) { k.title("title", &c.Title); k.body("description", &c.Description) }); err != nil {
		return nil, err
	}
	if err := oneOf("severity", c.Severity, Severities()); err != nil {
		return nil, err
	}
	if c.Gate != "" {
		g, err := s.Gate(c.Gate)
		if err != nil {
			return nil, err
		}
		c.Gate = g.ID
	}
	return []event.Payload{&event.BlockerCreatedPayload{
		ID: c.ID, Title: c.Title, Description: c.Description, Severity: c.Severity, Gate: c.Gate,
	}}, nil
}

// maxEscalation is the level of a person: L1 agent, L2 orchestrator, L3 person.
const maxEscalation = 3

// ChangeBlocker escalates or resolves a blocker.
type ChangeBlocker struct {
	ID string
	// Resolve ends it; otherwise it goes one level up.
	Resolve bool
	// Text is the resolution or the reason.
	Text string
}

// CommandName returns "blocker.resolve" or "blocker.escalate".
func (c *ChangeBlocker) CommandName() string {
	if c.Resolve {
		return "blocker.resolve"
	}
	return "blocker.escalate"
}

// Needs returns the blocker.
func (c *ChangeBlocker) Needs() Needs { return Needs{BlockerIDs: []string{c.ID}, Blockers: true} }

// Decide changes a blocker that is open. One that was escalated to a person is
// resolved by a person.
func (c *ChangeBlocker) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	b := s.blocker(c.ID)
	if b == nil {
		return nil, fault.NotFound("blocker_not_found", "there is no blocker b-%s", c.ID).WithHint("run `layercake blocker list`")
	}
	if b.Status != statusOpen {
		return nil, fault.Conflict("blocker_resolved", "the blocker is resolved already: %s", firstLine(b.Resolution)).
			WithHint("run `layercake blocker list --all`")
	}
	if err := check(func(k *checker) { k.required("reason", &c.Text) }); err != nil {
		return nil, err
	}
	if !c.Resolve {
		if b.Level >= maxEscalation {
			return nil, fault.Conflict("blocker_level", "the blocker is with a person already").WithHint("run `layercake blocker list`")
		}
		return []event.Payload{&event.BlockerEscalatedPayload{ID: c.ID, Level: b.Level + 1, Reason: c.Text}}, nil
	}
	if b.Level >= maxEscalation {
		if err := personOnly(m, "resolve a blocker that was escalated to a person"); err != nil {
			return nil, err
		}
	}
	return []event.Payload{&event.BlockerResolvedPayload{ID: c.ID, Resolution: c.Text}}, nil
}

func (s *State) blocker(id string) *Blocker {
	for i := range s.Blockers {
		if s.Blockers[i].ID == id {
			return &s.Blockers[i]
		}
	}
	return nil
}

// ResolveFeedback says what became of a change request.
type ResolveFeedback struct {
	ID string
	// Status is "incorporated" or "declined".
	Status, Resolution string
}

// CommandName returns "feedback.resolve".
func (*ResolveFeedback) CommandName() string { return "feedback.resolve" }

// Needs returns the change request.
func (c *ResolveFeedback) Needs() Needs { return Needs{Feedback: []string{c.ID}} }

// Decide ends an open change request. Only a person declines what a person
// asked for.
func (c *ResolveFeedback) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	f, ok := s.Feedback[c.ID]
	if !ok {
		return nil, fault.NotFound("feedback_not_found", "there is no change request f-%s", c.ID).WithHint("run `layercake gate feedback list`")
	}
	if f.Status != statusOpen {
		return nil, fault.Conflict("feedback_resolved", "the change request is %s already", f.Status).WithHint("run `layercake gate feedback list`")
	}
	if err := oneOf("status", c.Status, []string{"incorporated", "declined"}); err != nil {
		return nil, err
	}
	if c.Status == "declined" {
		if err := personOnly(m, "decline a change request"); err != nil {
			return nil, err
		}
	}
	if err := check(func(k *checker) { k.required("resolution", &c.Resolution) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.FeedbackResolvedPayload{ID: c.ID, Status: c.Status, Resolution: c.Resolution}}, nil
}
