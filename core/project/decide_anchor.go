package project

import (
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// RecordAnchor notes that a person signed where the log ended.
type RecordAnchor struct {
	// Version and Hash are the event up to which the log is anchored.
	Version int64
	Hash    event.Hash
	// TextHash is the sum of the text that was signed.
	TextHash event.Hash
	// Signer is who signed, and Fingerprint their key.
	Signer      string
	Fingerprint string
}

// CommandName returns "anchor.record".
func (*RecordAnchor) CommandName() string { return "anchor.record" }

// Needs returns the place in the log that is anchored.
func (c *RecordAnchor) Needs() Needs { return Needs{Link: c.Version} }

// Decide notes an anchor of this log.
func (c *RecordAnchor) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := personOnly(m, "anchor the log"); err != nil {
		return nil, err
	}
	if s.Links[c.Version] != c.Hash {
		return nil, fault.Conflict("anchor_of_another_log", "event %d of %s is not the one that was anchored", c.Version, s.Project.Slug).
			WithHint("run `layercake audit verify`")
	}
	if err := check(func(k *checker) { k.title("signer", &c.Signer) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.AnchorRecordedPayload{
		Version: c.Version, Hash: c.Hash.String(), TextHash: c.TextHash.String(), Signer: c.Signer, Fingerprint: c.Fingerprint,
	}}, nil
}
