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
	n := Needs{NoGates: c.Gate == ""}
	if c.Supersedes != "" {
		n.Decisions = []string{c.Supersedes}
	}
	return n
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
func (c *ReverseDecision) Needs() Needs { return Needs{NoGates: true, Decisions: []string{c.ID}} }

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
func (*AddMemory) Needs() Needs { return Needs{NoGates: true} }

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
		return nil, fault.Usage("invalid_confidence", "confidence is between 0 and 1, not %v", c.Confidence).
			WithHint("write it as in 0.8")
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
type RetractMemory struct {
	ID, Reason string
	// Unlisted keeps it out of MEMORY.md, where its line was taken out.
	Unlisted bool
}

// CommandName returns "memory.retract".
func (*RetractMemory) CommandName() string { return "memory.retract" }

// Needs returns the memory.
func (c *RetractMemory) Needs() Needs { return Needs{NoGates: true, Memories: []string{c.ID}} }

// Decide retracts a memory that stands.
func (c *RetractMemory) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	mem, err := s.memory(c.ID)
	if err != nil {
		return nil, err
	}
	if mem.Retracted != "" {
		return nil, fault.Conflict("memory_state", "the memory was retracted before: %s", mem.Retracted).
			WithHint("run `layercake memory show %s%s`", PrefixMemory, c.ID)
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.MemoryRetractedPayload{ID: c.ID, Reason: c.Reason, Unlisted: c.Unlisted}}, nil
}

// AddNote writes something down.
type AddNote struct{ ID, Kind, Subject, Text string }

// NoteKinds returns the kinds of notes.
func NoteKinds() []string { return []string{"note", "progress"} }

// CommandName returns "note.add".
func (*AddNote) CommandName() string { return "note.add" }

// Needs returns nothing.
func (*AddNote) Needs() Needs { return Needs{NoGates: true} }

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
