package project

import (
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// PutDocument registers a document or a new content of one.
type PutDocument struct {
	ID, Title, Path, Kind string
	SHA256                string
	Size                  int64
}

// CommandName returns "document.put".
func (*PutDocument) CommandName() string { return "document.put" }

// Needs returns the document.
func (c *PutDocument) Needs() Needs { return Needs{Documents: []string{c.ID}} }

// Decide registers a new document, or the next version of one that is there.
// The same content again makes no event; a locked document takes no new one.
func (c *PutDocument) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if len(c.ID) > maxSlug || !slugPattern().MatchString(c.ID) {
		return nil, fault.Usage("invalid_id", "%q is not a document id: lower-case letters, digits and single hyphens", c.ID).
			WithHint("write it as in product-requirements; `layercake doc list` shows those that exist")
	}
	if err := check(func(k *checker) { k.line("title", &c.Title); k.line("path", &c.Path); k.line("kind", &c.Kind) }); err != nil {
		return nil, err
	}
	d, ok := s.Documents[c.ID]
	if !ok {
		return []event.Payload{&event.DocumentCreatedPayload{
			ID: c.ID, Title: orElse(c.Title, c.ID), Path: c.Path, Kind: orElse(c.Kind, "document"), SHA256: c.SHA256, Size: c.Size,
		}}, nil
	}
	p := event.DocumentUpdatedPayload{ID: c.ID, Version: d.Version, SHA256: c.SHA256, Size: c.Size}
	changed := c.SHA256 != d.SHA256
	if changed {
		if d.Locked {
			return nil, fault.NotAllowed("document_locked", "document %s is locked at version %d", d.ID, d.Version).
				WithHint("a person can unlock it: `layercake doc lock %s --undo`", d.ID)
		}
		p.Version++
	}
	if c.Title != "" {
		p.Title = differs(&c.Title, d.Title, &changed)
	}
	if c.Path != "" {
		p.Path = differs(&c.Path, d.Path, &changed)
	}
	if !changed {
		return nil, nil
	}
	return []event.Payload{&p}, nil
}

// LockDocument locks or unlocks a document.
type LockDocument struct {
	ID   string
	Undo bool
}

// CommandName returns "document.lock".
func (*LockDocument) CommandName() string { return "document.lock" }

// Needs returns the document.
func (c *LockDocument) Needs() Needs { return Needs{Documents: []string{c.ID}} }

// Decide lets anybody lock and only a person unlock.
func (c *LockDocument) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	d, err := s.document(c.ID)
	if err != nil {
		return nil, err
	}
	if c.Undo {
		if err := personOnly(m, "unlock a document"); err != nil {
			return nil, err
		}
	}
	locked := !c.Undo
	if d.Locked == locked {
		return nil, nil
	}
	return []event.Payload{&event.DocumentUpdatedPayload{ID: d.ID, Version: d.Version, Locked: &locked, SHA256: d.SHA256, Size: d.Size}}, nil
}

// DropDocument ends keeping track of a document.
type DropDocument struct{ ID, Reason string }

// CommandName returns "document.delete".
func (*DropDocument) CommandName() string { return "document.delete" }

// Needs returns the document.
func (c *DropDocument) Needs() Needs { return Needs{Documents: []string{c.ID}} }

// Decide removes a document that is not locked; its contents stay as artifacts.
func (c *DropDocument) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	d, err := s.document(c.ID)
	if err != nil {
		return nil, err
	}
	if d.Locked {
		return nil, fault.NotAllowed("document_locked", "document %s is locked", d.ID).
			WithHint("a person can unlock it: `layercake doc lock %s --undo`", d.ID)
	}
	if err := check(func(k *checker) { k.body("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.DocumentDeletedPayload{ID: c.ID, Reason: c.Reason}}, nil
}

func (s *State) document(id string) (*Document, error) {
	if d, ok := s.Documents[id]; ok {
		return d, nil
	}
	return nil, fault.NotFound("document_not_found", "there is no document %q", id).WithHint("run `layercake doc list`")
}

// ChangeDeliverable hands a deliverable in, accepts it or sends it back.
type ChangeDeliverable struct {
	ID       string
	Status   DeliverableStatus
	Presence Presence
	// SHA256 is the content that was found at the deliverable's path.
	SHA256 string
	// Path moves the deliverable elsewhere, when it is handed in.
	Path string
	Note string
}

// CommandName returns "deliverable." and the new state.
func (c *ChangeDeliverable) CommandName() string { return "deliverable." + string(c.Status) }

// Needs returns the deliverables.
func (c *ChangeDeliverable) Needs() Needs { return c.Presence.needs(Needs{Evidence: true}) }

// Decide lets anybody hand in, and a person accept or send back, under the same
// conditions as an approval: an accepted deliverable helps to open a gate.
func (c *ChangeDeliverable) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	d, err := s.deliverable(c.ID)
	if err != nil {
		return nil, err
	}
	if g, err := s.Gate(d.Gate); err == nil {
		if err := evidenceOpen(g); err != nil {
			return nil, err
		}
	}
	if err := check(func(k *checker) { k.body("note", &c.Note); k.line("path", &c.Path) }); err != nil {
		return nil, err
	}
	p := event.DeliverableUpdatedPayload{ID: d.ID, Status: string(c.Status), SHA256: c.SHA256, Note: c.Note}
	switch c.Status {
	case DeliverableSubmitted:
		if c.Path != "" && c.Path != d.Path {
			p.Path = &c.Path
		}
	case DeliverableAccepted, DeliverableRejected:
		if p.Decided, err = c.judge(s, m, d); err != nil {
			return nil, err
		}
	case DeliverablePending:
		return nil, fault.Usage("invalid_status", "a deliverable is handed in, accepted or rejected").
			WithHint("run `layercake deliverable show %s`", d.ID)
	}
	if c.Status == d.Status && c.SHA256 == d.SHA256 && p.Path == nil && c.Note == d.Note {
		return nil, nil
	}
	return []event.Payload{&p}, nil
}

// judge refuses a judgement that is not a person's, or not about anything.
func (c *ChangeDeliverable) judge(s *State, m Meta, d *Deliverable) (event.Decided, error) {
	how, err := c.Presence.decided(s, m, c, "judge a deliverable")
	if err != nil {
		return how, err
	}
	switch {
	case d.Kind == string(workflow.KindTracking):
		return how, fault.Conflict("deliverable_tracking", "%s is kept by LayerCake and needs no acceptance", d.ID).
			WithHint("run `layercake deliverable list`")
	case c.Status == DeliverableRejected:
		return how, check(func(k *checker) { k.required("note", &c.Note) })
	case d.Path != "" && c.SHA256 == "":
		return how, fault.Conflict("deliverable_missing", "%s is not there, so it cannot be accepted", d.Path).
			WithHint("run `layercake deliverable show %s`", d.ID)
	}
	return how, nil
}

func (s *State) deliverable(id string) (*Deliverable, error) {
	for i := range s.Deliverables {
		if s.Deliverables[i].ID == id {
			return &s.Deliverables[i], nil
		}
	}
	ids := make([]string, len(s.Deliverables))
	for i := range s.Deliverables {
		ids[i] = s.Deliverables[i].ID
	}
	return nil, fault.NotFound("deliverable_not_found", "there is no deliverable %q", id).WithNearest(id, ids, "layercake deliverable list")
}
