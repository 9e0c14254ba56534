package core

import (
	"context"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
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
