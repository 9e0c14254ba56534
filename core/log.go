package core

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

// Log reads and checks the event log.
type Log struct{ a *App }

// Events returns events of a project, newest first.
func (s *Log) Events(ctx context.Context, p uuid.UUID, q EventQuery) ([]event.Envelope, error) {
	return s.a.store.Events(ctx, p, q)
}

// Head returns the end of a project's log.
func (s *Log) Head(ctx context.Context, p uuid.UUID) (Head, error) { return s.a.store.Head(ctx, p) }

// Audit is the outcome of checking a chain.
type Audit struct {
	// OK says that every event has the content and the place that its hash
	// says, and that every signature holds.
	OK     bool  `json:"ok"`
	Events int64 `json:"events"`
	// Signed is how many decisions carry a signature that holds.
	Signed int `json:"signed"`
	// Redacted are the events whose payloads were replaced, as later events say.
	Redacted []int64 `json:"redacted"`
	// Head is the hash of the last good event, in hexadecimal.
	Head string `json:"head"`
	// FaultAt is the first bad position, and Problem what is wrong there.
	FaultAt int64  `json:"fault_at"`
	Problem string `json:"problem"`
}

// Verify recomputes the whole chain of a project, and checks each signature
// with the keys that counted when it was made.
func (s *Log) Verify(ctx context.Context, p uuid.UUID) (*Audit, error) {
	recorded, err := s.a.store.Head(ctx, p)
	if err != nil {
		return nil, err
	}
	v, signatures := event.NewVerifier(p), project.NewAuditor(p.String())
	err = s.a.store.Stream(ctx, p, 0, func(e *event.Envelope) error {
		if err := v.Next(e); err != nil {
			return err
		}
		return signatures.Next(e)
	})
	if err == nil {
		err = v.Done()
	}
	n, head := v.Head()
	audit := &Audit{Events: n, Head: head.String(), Signed: signatures.Signed, Redacted: v.Redacted()}
	var bad *event.ChainError
	switch {
	case errors.As(err, &bad):
		audit.FaultAt, audit.Problem = bad.Version, bad.Problem
	case err != nil:
		return nil, err
	case n == recorded.Version && head != recorded.Hash:
		audit.FaultAt, audit.Problem = n, "the recorded end of the log is another event"
	case n < recorded.Version:
		audit.FaultAt, audit.Problem = n+1, "events at the end of the log are missing"
	default:
		audit.OK = true
	}
	return audit, nil
}

// Compare returns where the projections differ from what the log folds to.
func (s *Log) Compare(ctx context.Context, p uuid.UUID) ([]Difference, error) {
	return s.a.store.Compare(ctx, p)
}
