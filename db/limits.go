package db

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/layercake-dev/layercake/core/fault"
)

// How long the database may take before a caller gives up on it. A database that
// accepts connections and then says nothing would be waited for without end.
const (
	// writeLimit is for one attempt to write, connecting and waiting for the lock
	// included, and readLimit for reading the present.
	writeLimit = 20 * time.Second
	readLimit  = 20 * time.Second
	// replayLimit is for reading a log from its beginning, however long it is.
	replayLimit = 30 * time.Minute
	// closeLimit is for saying goodbye.
	closeLimit = 2 * time.Second
)

// within bounds how long the database may take.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, limit)
}

// overdue returns what an error means if it means that the database took too
// long, and nil if it means something else.
func overdue(err error) *fault.Error {
	if !errors.Is(err, context.DeadlineExceeded) && !pgconn.Timeout(err) {
		return nil
	}
	return fault.New(fault.KindTimeout, "database_timeout", "the database did not answer in time").WithHint("run `layercake doctor`").Wrap(err)
}
