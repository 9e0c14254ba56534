package project

import (
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// MakeDecision records a decision.
type MakeDecision struct {
	ID, Title, Context, Decision, Rationale, Consequences string
	Alternatives                                          []string
	Status                                                DecisionStatus
	Gate                                                  string
	// Supersedes is the id of the decision that this one replaces.
	Supersedes string
}

// CommandName returns "decision.add".
func (*MakeDecision) CommandName() string { return "decision.add" }

// Needs returns the decision that is replaced.
func (c *MakeDecision) Needs() Needs {
	if c.Supersedes == "" {
		return Needs{}
	}
	return Needs{Decisions: []string{c.Supersedes}}
}

// Decide records the decision and retires the one it replaces.
func (c *MakeDecision) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	c.Status = orDefault(c.Status, DecisionAccepted)
	err := check(func(k *checker) {
		k.title("title", &c.Title)
		k.body("context", &c.Context)
		k.required("decision", &c.Decision)
		k.body("rationale", &c.Rationale)
		k.body("consequences", &c.Consequences)
		k.lines("alternatives", &c.Alternatives)
	})
	if err != nil {
		return nil, err
	}
	if err := oneOf("status", c.Status, []DecisionStatus{DecisionProposed, DecisionAccepted}); err != nil {
		return nil, err
	}
	if c.Gate != "" {
		g, err := s.Gate(c.Gate)
		if err != nil {
			return nil, err
		}
		c.Gate = g.ID
	}
	events := []event.Payload{&event.DecisionMadePayload{
		ID: c.ID, Title: c.Title, Context: c.Context, Decision: c.Decision, Rationale: c.Rationale, Alternatives: c.Alternatives,
		Consequences: c.Consequences, Status: string(c.Status), Supersedes: c.Supersedes, Gate: c.Gate,
	}}
	if c.Supersedes != "" {
		old, err := s.decision(c.Supersedes)
		if err != nil {
			return nil, err
		}
		if err := stands(old); err != nil {
			return nil, err
		}
		events = append(events, &event.DecisionSupersededPayload{ID: old.ID, By: c.ID})
	}
	return events, nil
}

func (s *State) decision(id string) (*Decision, error) {
	if d, ok := s.Decisions[id]; ok {
		return d, nil
	}
	return nil, fault.NotFound("decision_not_found", "there is no decision %s%s", PrefixDecision, id).WithHint("run `layercake decision list`")
}

func stands(d *Decision) error {
	if d.Status == DecisionSuperseded || d.Status == DecisionReversed {
		return fault.Conflict("decision_state", "decision %s%s is %s already", PrefixDecision, d.ID, d.Status).
			WithHint("run `layercake decision show %s%s`", PrefixDecision, d.ID)
	}
	return nil
}

// ReverseDecision says that a decision no longer holds.
type ReverseDecision struct{ ID, Reason string }

// CommandName returns "decision.reverse".
func (*ReverseDecision) CommandName() string { return "decision.reverse" }

// Needs returns the decision.
func (c *ReverseDecision) Needs() Needs { return Needs{Decisions: []string{c.ID}} }

// Decide reverses a decision that stands.
func (c *ReverseDecision) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	d, err := s.decision(c.ID)
	if err != nil {
		return nil, err
	}
	if err := stands(d); err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.DecisionReversedPayload{ID: c.ID, Reason: c.Reason}}, nil
}

// AddMemory keeps something learnt.
type AddMemory struct {
	ID, Kind, Scope, Title, Content string
	// Confidence is between 0 and 1; 0 stands for 1.
	Confidence  float64
	Tags, Links []string
}

// CommandName returns "memory.add".
func (*AddMemory) CommandName() string { return "memory.add" }

// Needs returns nothing.
func (*AddMemory) Needs() Needs { return Needs{} }

// Decide keeps the memory.
func (c *AddMemory) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	c.Kind, c.Scope = orDefault(c.Kind, "pattern"), orDefault(c.Scope, "project")
	err := check(func(k *checker) {
		k.line("title", &c.Title)
		k.required("content", &c.Content)
		k.lines("tags", &c.Tags)
		k.lines("links", &c.Links)
	})
	if err != nil {
		return nil, err
	}
	if err := oneOf("kind", c.Kind, MemoryKinds()); err != nil {
		return nil, err
	}
	if err := oneOf("scope", c.Scope, MemoryScopes()); err != nil {
		return nil, err
	}
	if c.Confidence < 0 || c.Confidence > 1 {
		return nil, fault.Usage("invalid_confidence", "confidence is between 0 and 1, not %v", c.Confidence)
	}
	if c.Confidence == 0 {
		c.Confidence = 1
	}
	return []event.Payload{&event.MemoryAddedPayload{
		ID: c.ID, Kind: c.Kind, Scope: c.Scope, Title: c.Title, Content: c.Content, Confidence: c.Confidence,
		Tags: c.Tags, Links: c.Links,
	}}, nil
}

// RetractMemory says that something learnt was wrong.
type RetractMemory struct{ ID, Reason string }

// CommandName returns "memory.retract".
func (*RetractMemory) CommandName() string { return "memory.retract" }

// Needs returns the memory.
func (c *RetractMemory) Needs() Needs { return Needs{Memories: []string{c.ID}} }

// Decide retracts a memory that stands.
func (c *RetractMemory) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	mem, ok := s.Memories[c.ID]
	if !ok {
		return nil, fault.NotFound("memory_not_found", "there is no memory %s%s", PrefixMemory, c.ID).WithHint("run `layercake memory list`")
	}
	if mem.Retracted != "" {
		return nil, fault.Conflict("memory_state", "the memory was retracted before: %s", mem.Retracted).
			WithHint("run `layercake memory show %s%s`", PrefixMemory, c.ID)
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.MemoryRetractedPayload{ID: c.ID, Reason: c.Reason}}, nil
}

// AddNote writes something down.
type AddNote struct{ ID, Kind, Subject, Text string }

// NoteKinds returns the kinds of notes.
func NoteKinds() []string { return []string{"note", "progress"} }

// CommandName returns "note.add".
func (*AddNote) CommandName() string { return "note.add" }

// Needs returns nothing.
func (*AddNote) Needs() Needs { return Needs{} }

// Decide keeps the note.
func (c *AddNote) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	c.Kind = orDefault(c.Kind, "note")
	if err := oneOf("kind", c.Kind, NoteKinds()); err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("text", &c.Text); k.line("subject", &c.Subject) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.NoteAddedPayload{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Text: c.Text}}, nil
}

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
