package core

import (
	"context"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// Log reads and checks the event log.
type Log struct{ a *App }

// Events returns events of a project, newest first.
func (s *Log) Events(ctx context.Context, p uuid.UUID, q EventQuery) ([]event.Envelope, error) {
	return s.a.store.Events(ctx, p, q)
}

// Head returns the end of a project's log.
func (s *Log) Head(ctx context.Context, p uuid.UUID) (Head, error) { return s.a.store.Head(ctx, p) }

// Streams lists the logs of the database; see [Stream].
func (s *Log) Streams(ctx context.Context) ([]Stream, error) { return s.a.store.Streams(ctx) }

// Compare returns where the projections differ from what the log folds to.
func (s *Log) Compare(ctx context.Context, p uuid.UUID) ([]Difference, error) {
	return s.a.store.Compare(ctx, p)
}

// Rebuild makes the projections of a project anew from its log, while readers and
// writers go on. A log that does not verify is not made from: what commands read
// would then say the same as it.
func (s *Log) Rebuild(ctx context.Context, p uuid.UUID) (Rebuilt, error) {
	if _, known, err := endOf(ctx, s.a.store, p); err != nil || !known {
		if err != nil {
			return Rebuilt{}, err
		}
		return s.a.store.Rebuild(ctx, p) // rows that no log accounts for go
	}
	audit, err := s.Verify(ctx, p)
	if err != nil {
		return Rebuilt{}, err
	}
	if !audit.OK && audit.FaultAt != 0 {
		return Rebuilt{}, fault.Conflict("log_broken", "the log of project %s does not verify, so nothing is made from it: %s", p, audit.Summary()).
			WithHint("run `layercake audit verify --project %s`", p)
	}
	return s.a.store.Rebuild(ctx, p)
}

// FollowAll calls fn with the events of all projects after the cursors, and moves them.
// It returns when nothing is left.
func (s *Log) FollowAll(ctx context.Context, cursors Cursors, fn func(*event.Envelope) error) error {
	return s.a.store.FollowAll(ctx, cursors, fn)
}
