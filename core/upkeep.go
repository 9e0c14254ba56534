package core

import (
	"context"

	"github.com/google/uuid"
)

// Upkeep is the part of a [Store] that looks after all of it.
type Upkeep interface {
	// Streams lists the logs of the database, each with its end; see [Stream].
	Streams(ctx context.Context) ([]Stream, error)
	// Guards returns what is wrong with what keeps the log from being changed, and
	// how to put it right; none is as it should be.
	Guards(ctx context.Context) ([]Guard, error)
	// Compare replays a project's log and returns where the projections differ
	// from what the log folds to; none is as it should be.
	Compare(ctx context.Context, project uuid.UUID) ([]Difference, error)
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
