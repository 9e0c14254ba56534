package project

import (
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// FileText is what people wrote behind one block of a markdown file.
type FileText struct {
	File   string `json:"file"`
	Anchor string `json:"anchor"`
	Body   string `json:"body"`
}

// KeepTexts keeps what people wrote around the records of a file. An empty body
// takes a text away.
type KeepTexts struct {
	File  string
	Texts []FileText
}

// maxFileText bounds what is kept behind one block, in bytes: a file is for
// reading.
const maxFileText = 1 << 20

// CommandName returns "sync.texts".
func (*KeepTexts) CommandName() string { return "sync.texts" }

// Needs returns nothing.
func (*KeepTexts) Needs() Needs { return Needs{NoGates: true} }

// Decide keeps the texts as they are, to the byte.
func (c *KeepTexts) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	p := &event.FileSyncedPayload{File: c.File}
	var k checker
	for _, t := range c.Texts {
		k.text("text", t.Body)
		if k.err == nil && len(t.Body) > maxFileText {
			k.err = fault.Usage("too_long", "a text in %s has %d bytes; at most %d are kept", c.File, len(t.Body), maxFileText).
				WithHint("move it into a document of its own: `layercake doc add --help`")
		}
		p.Texts = append(p.Texts, event.FileText{Anchor: t.Anchor, Text: t.Body})
	}
	if k.err != nil || len(p.Texts) == 0 {
		return nil, k.err
	}
	return []event.Payload{p}, nil
}

// SyncConflict is a place where a file and the database say different things.
type SyncConflict struct {
	ID   string `json:"id"`
	File string `json:"file"`
	// Record is the id that people see, or the anchor of a text; Field what of
	// it.
	Record string `json:"record"`
	Field  string `json:"field"`
	// Base is what both had, Ours what the database has, Theirs what the file
	// said.
	Base   string `json:"base"`
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	// Reason says why the file's word could not be taken, if it was not that
	// both changed.
	Reason string `json:"reason"`
	Status string `json:"status"`
	// Choice is "ours", "theirs" or "edit" once it is resolved.
	Choice  string `json:"choice"`
	FoundBy string `json:"found_by"`
}

// DetectConflict records a conflict.
type DetectConflict struct{ SyncConflict }

// CommandName returns "sync.conflict".
func (*DetectConflict) CommandName() string { return "sync.conflict" }

// Needs returns nothing.
func (*DetectConflict) Needs() Needs { return Needs{NoGates: true} }

// Decide records the conflict: neither side is lost.
func (c *DetectConflict) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	return []event.Payload{&event.SyncConflictDetectedPayload{
		ID: c.ID, File: c.File, Record: c.Record, Field: c.Field, Base: c.Base, Ours: c.Ours, Theirs: c.Theirs, Reason: c.Reason,
	}}, nil
}

// The choices that resolve a conflict.
const (
	ChoiceOurs   = "ours"
	ChoiceTheirs = "theirs"
	ChoiceEdit   = "edit"
)

// ResolveConflict settles a conflict. That the chosen value is in the database
// has been seen to.
type ResolveConflict struct{ ID, Choice, Value string }

// CommandName returns "sync.resolve".
func (*ResolveConflict) CommandName() string { return "sync.resolve" }

// Needs returns the conflict.
func (c *ResolveConflict) Needs() Needs { return Needs{NoGates: true, Conflicts: []string{c.ID}} }

// Decide settles the conflict, once.
func (c *ResolveConflict) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	old, ok := s.Conflicts[c.ID]
	if !ok {
		return nil, fault.NotFound("conflict_not_found", "there is no conflict x-%s", c.ID).WithHint("run `layercake sync status`")
	}
	if old.Status != ConflictOpen {
		return nil, fault.Conflict("conflict_state", "conflict x-%s was resolved before: %s", c.ID, old.Choice).
			WithHint("run `layercake sync status`")
	}
	choices := []string{ChoiceOurs, ChoiceTheirs, ChoiceEdit}
	if !slices.Contains(choices, c.Choice) {
		return nil, fault.Usage("invalid_choice", "a conflict is resolved by one of %s, not %q", strings.Join(choices, ", "), c.Choice).
			WithHint("run `layercake sync resolve --help`")
	}
	return []event.Payload{&event.SyncConflictResolvedPayload{ID: c.ID, Choice: c.Choice, Value: c.Value}}, nil
}
