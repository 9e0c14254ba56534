package core

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
)

// Upkeep is the part of a [Store] that looks after all of it.
type Upkeep interface {
	// Streams lists the logs of the database, each with its end; see [Stream].
	Streams(ctx context.Context) ([]Stream, error)
	// FollowAll calls fn with the events of all projects after the cursors, each
	// project's in order, and moves the cursors: an event counts as seen when fn
	// returned without an error. It returns when nothing is left; who follows calls
	// it again, when there is notice of something or after a while.
	FollowAll(ctx context.Context, cursors Cursors, fn func(*event.Envelope) error) error
	// Guards returns what is wrong with what keeps the log from being changed, and
	// how to put it right; none is as it should be.
	Guards(ctx context.Context) ([]Guard, error)
	// Compare replays a project's log and returns where the projections differ
	// from what the log folds to; none is as it should be.
	Compare(ctx context.Context, project uuid.UUID) ([]Difference, error)
	// Rebuild makes a project's projections anew from its log and puts them in the
	// place of those that are there, while readers and writers go on.
	Rebuild(ctx context.Context, project uuid.UUID) (Rebuilt, error)
	// Import appends events that were checked to a project's log, makes the
	// projections and commits: all or nothing. The log has to end, under its lock,
	// as the request says.
	Import(ctx context.Context, in Import) error
}

// Rebuilt is what came of making projections anew.
type Rebuilt struct {
	// Events is up to which event the log was replayed, and Repaired how many rows
	// were not as it says.
	Events   int64
	Repaired int64
	// Locked is how long writers had to wait.
	Locked time.Duration
}

// Cursors say up to which event a reader has seen each project. There is no number
// over all projects that could do so: of two writers the one that got the lower
// number may commit after the other, and would be missed.
type Cursors map[uuid.UUID]int64

// Import is a request to take events over from elsewhere.
type Import struct {
	Project uuid.UUID
	// Before is the end of the log to which the events are appended; version 0
	// begins a log.
	Before Head
	// Events calls fn with the events that follow, in order.
	Events func(fn func(*event.Envelope) error) error
	// Redacted are new payloads of events that the log has already: the events that
	// record that are among those which follow.
	Redacted map[int64]json.RawMessage
}

// Stream is the log of a project and its end. Version 0 is a project that is in the
// tables which commands read, and has no log.
type Stream struct {
	Project uuid.UUID
	Head    Head
}

// Guard is something wrong with what keeps the log from being changed.
type Guard struct {
	// Problem says what is wrong, and Repair is the SQL that puts it right, or "".
	Problem string
	Repair  string
}
