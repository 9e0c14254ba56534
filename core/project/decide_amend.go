package project

import (
	"slices"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// AmendDecision changes the wording of a decision, or accepts a proposed one;
// nil fields stay as they are. What a decision says may be put better; that it no
// longer holds is for another decision, or for [ReverseDecision].
type AmendDecision struct {
	ID                                                string
	Title, Context, Decision, Rationale, Consequences *string
	Alternatives                                      *[]string
	Status                                            *DecisionStatus
	Gate                                              *string
}

// CommandName returns "decision.edit".
func (*AmendDecision) CommandName() string { return "decision.edit" }

// Needs returns the decision.
func (c *AmendDecision) Needs() Needs {
	return Needs{NoGates: c.Gate == nil || *c.Gate == "", Decisions: []string{c.ID}}
}

// Decide checks the new texts. Values that are as they were make no event.
func (c *AmendDecision) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	d, err := s.decision(c.ID)
	if err != nil {
		return nil, err
	}
	if err := c.clean(s, d); err != nil {
		return nil, err
	}
	changed := false
	p := &event.DecisionAmendedPayload{
		ID: c.ID, Title: differs(c.Title, d.Title, &changed), Context: differs(c.Context, d.Context, &changed),
		Decision: differs(c.Decision, d.Decision, &changed), Rationale: differs(c.Rationale, d.Rationale, &changed),
		Alternatives: differsList(c.Alternatives, d.Alternatives, &changed), Consequences: differs(c.Consequences, d.Consequences, &changed),
		Status: differs((*string)(c.Status), string(d.Status), &changed), Gate: differs(c.Gate, d.Gate, &changed),
	}
	if !changed {
		return nil, nil
	}
	return []event.Payload{p}, nil
}

func (c *AmendDecision) clean(s *State, d *Decision) error {
	err := check(func(k *checker) {
		k.optional("title", c.Title, k.title)
		k.optional("context", c.Context, k.body)
		k.optional("decision", c.Decision, k.required)
		k.optional("rationale", c.Rationale, k.body)
		k.optional("consequences", c.Consequences, k.body)
		if c.Alternatives != nil {
			k.lines("alternatives", c.Alternatives)
		}
	})
	if err != nil {
		return err
	}
	if c.Status != nil && *c.Status != d.Status {
		if d.Status != DecisionProposed || *c.Status != DecisionAccepted {
			return fault.Conflict("decision_state", "decision %s%s is %s; only a proposed one can become accepted", PrefixDecision, d.ID, d.Status).
				WithHint("run `layercake decision reverse --help` to take one back, or `layercake decision add --help` to replace it")
		}
	}
	if c.Gate != nil && *c.Gate != "" {
		g, err := s.Gate(*c.Gate)
		if err != nil {
			return err
		}
		c.Gate = &g.ID
	}
	return nil
}

// optional checks a text that may be absent.
func (c *checker) optional(field string, s *string, as func(string, *string)) {
	if s != nil {
		as(field, s)
	}
}

// differsList is differs for lists.
func differsList(want *[]string, have []string, changed *bool) *[]string {
	if want == nil || slices.Equal(*want, have) {
		return nil
	}
	*changed = true
	return want
}

// AmendMemory changes the wording of a memory; nil fields stay as they are.
type AmendMemory struct {
	ID                          string
	Kind, Scope, Title, Content *string
	Confidence                  *float64
	Tags, Links                 *[]string
}

// CommandName returns "memory.edit".
func (*AmendMemory) CommandName() string { return "memory.edit" }

// Needs returns the memory.
func (c *AmendMemory) Needs() Needs { return Needs{NoGates: true, Memories: []string{c.ID}} }

// Decide checks the new texts. Values that are as they were make no event.
func (c *AmendMemory) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	m, err := s.memory(c.ID)
	if err != nil {
		return nil, err
	}
	if err := c.clean(); err != nil {
		return nil, err
	}
	changed := false
	p := &event.MemoryAmendedPayload{
		ID: c.ID, Kind: differs(c.Kind, m.Kind, &changed), Scope: differs(c.Scope, m.Scope, &changed),
		Title: differs(c.Title, m.Title, &changed), Content: differs(c.Content, m.Content, &changed),
		Tags: differsList(c.Tags, m.Tags, &changed), Links: differsList(c.Links, m.Links, &changed),
	}
	if c.Confidence != nil && *c.Confidence != m.Confidence {
		p.Confidence, changed = c.Confidence, true
	}
	if !changed {
		return nil, nil
	}
	return []event.Payload{p}, nil
}

func (c *AmendMemory) clean() error {
	err := check(func(k *checker) {
		k.optional("title", c.Title, k.line)
		k.optional("content", c.Content, k.required)
		if c.Tags != nil {
			k.lines("tags", c.Tags)
		}
		if c.Links != nil {
			k.lines("links", c.Links)
		}
	})
	if err != nil {
		return err
	}
	if c.Kind != nil {
		if err := oneOf("kind", *c.Kind, MemoryKinds()); err != nil {
			return err
		}
	}
	if c.Scope != nil {
		if err := oneOf("scope", *c.Scope, MemoryScopes()); err != nil {
			return err
		}
	}
	if c.Confidence != nil && (*c.Confidence <= 0 || *c.Confidence > 1) {
		return fault.Usage("invalid_confidence", "confidence is between 0 and 1, not %v", *c.Confidence).
			WithHint("write it as in 0.8")
	}
	return nil
}

func (s *State) memory(id string) (*Memory, error) {
	if m, ok := s.Memories[id]; ok {
		return m, nil
	}
	return nil, fault.NotFound("memory_not_found", "there is no memory %s%s", PrefixMemory, id).WithHint("run `layercake memory list`")
}

// AmendNote changes the wording of a note; nil fields stay as they are.
type AmendNote struct {
	ID            string
	Text, Subject *string
}

// CommandName returns "note.edit".
func (*AmendNote) CommandName() string { return "note.edit" }

// Needs returns the note.
func (c *AmendNote) Needs() Needs { return Needs{NoGates: true, Notes: []string{c.ID}} }

// Decide checks the new text. A progress log is not rewritten.
func (c *AmendNote) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	n, ok := s.Notes[c.ID]
	if !ok {
		return nil, fault.NotFound("note_not_found", "there is no note n-%s", c.ID).WithHint("run `layercake note list`")
	}
	if n.Kind != "note" {
		return nil, fault.Conflict("note_state", "n-%s belongs to the %s log, which is not rewritten", c.ID, n.Kind).
			WithHint("run `layercake note add --help` to add to it")
	}
	if err := check(func(k *checker) { k.optional("text", c.Text, k.required); k.optional("subject", c.Subject, k.line) }); err != nil {
		return nil, err
	}
	changed := false
	p := &event.NoteAmendedPayload{ID: c.ID, Text: differs(c.Text, n.Text, &changed), Subject: differs(c.Subject, n.Subject, &changed)}
	if !changed {
		return nil, nil
	}
	return []event.Payload{p}, nil
}
