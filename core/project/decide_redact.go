package project

import (
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Redaction says which payload takes the place of another.
type Redaction struct {
	// Version is the event.
	Version int64
	// OldHash and NewHash are the SHA-256 of the payloads.
	OldHash, NewHash event.Hash
	// Fields lists where a text was replaced.
	Fields []string
}

// RedactPayloads records that texts were taken out of the log.
type RedactPayloads struct {
	Presence Presence
	Reason   string
	// Redactions are worked out under the project's lock.
	Redactions []Redaction
	// Dropped are the hashes of artifacts that held the text and are removed;
	// proofs that rest on them are worth nothing any more.
	Dropped []string
}

// CommandName returns "log.redact".
func (*RedactPayloads) CommandName() string { return "log.redact" }

// Needs returns the proofs, whose artifacts may go.
func (c *RedactPayloads) Needs() Needs { return c.Presence.needs(Needs{Evidence: len(c.Dropped) > 0}) }

// Shown returns how the person showed that it is them.
func (c *RedactPayloads) Shown() *Presence { return &c.Presence }

func (c *RedactPayloads) describe(_ *State, st *event.Statement) {
	st.Details = map[string]string{"reason": textSum(c.Reason)}
}

// Decide records each replacement, and that proofs without evidence are void.
func (c *RedactPayloads) Decide(s *State, m Meta) ([]event.Payload, error) {
	if s.Project == nil {
		return nil, exists(s)
	}
	how, err := c.Presence.decided(s, m, c, "redact the log")
	if err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	if !workflow.ApprovalWord(c.Presence.Word) {
		return nil, fault.NotAllowed("not_an_approval", "%q does not say yes to it; nothing was changed", c.Presence.Word).
			WithHint("run `layercake redact --dry-run` to see what it is about")
	}
	var events []event.Payload
	for _, r := range c.Redactions {
		events = append(events, &event.PayloadRedactedPayload{
			Version: r.Version, OldHash: r.OldHash.String(), NewHash: r.NewHash.String(), Fields: r.Fields, Reason: c.Reason, Decided: how,
		})
	}
	for _, sha := range c.Dropped {
		for i := range s.Proofs {
			if p := &s.Proofs[i]; p.SHA256 == sha && p.Invalidated == "" {
				events = append(events, &event.ProofInvalidatedPayload{
					ID: p.ID, Reason: "its evidence held a secret and was removed: " + c.Reason,
				})
			}
		}
	}
	return events, nil
}
