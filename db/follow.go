package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// lookAgain is how long those who follow a project wait for a notice before
	// they look by themselves.
	lookAgain = time.Second
	// retryLeast and retryMost are how long they wait before they ask for the
	// database again.
	retryLeast = 100 * time.Millisecond
	retryMost  = 2 * time.Second
)

// Watch calls fn at once, and again whenever a project may have new events: when a
// notice comes, once a second, and after the database was away. It ends with what fn
// returns, if that is an error, and with the context. While the database does not
// answer, trouble is told once, and then nothing happens.
func (d *DB) Watch(ctx context.Context, id uuid.UUID, fn func(ctx context.Context) error, trouble func(err error)) error {
	return d.watch(ctx, Channel, id.String()+":", fn, trouble)
}

// watch is [DB.Watch] for the notices of a channel that begin with some text.
func (d *DB) watch(ctx context.Context, channel, prefix string, fn func(ctx context.Context) error, trouble func(err error)) error {
	pause, told := retryLeast, false
	for {
		err := d.watchOnce(ctx, channel, prefix, func(ctx context.Context) error {
			err := fn(ctx)
			if err == nil {
				pause, told = retryLeast, false
			}
			return err
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case unreachable(err) == nil && !errors.Is(err, errConnectionLost):
			return err
		}
		if !told {
			trouble(translate(err))
			told = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, retryMost)
	}
}

// errConnectionLost says that the connection that listened broke.
var errConnectionLost = errors.New("the connection was lost")

// watchOnce watches until a connection breaks.
func (d *DB) watchOnce(ctx context.Context, channel, prefix string, fn func(ctx context.Context) error) error {
	// A connection of its own: the pool's are for reading, and go back to it.
	conn, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("%w: %w", errConnectionLost, err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
		defer cancel()
		_ = conn.Close(ctx) // it is of no use any more
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("%w: listen for news: %w", errConnectionLost, err)
	}
	for {
		// What came before the LISTEN is there to be read; what comes after makes
		// a notice.
		if err := fn(ctx); err != nil {
			return err
		}
		if err := waitForNews(ctx, conn, prefix); err != nil {
			return err
		}
	}
}

// waitForNews returns when there may be news that begin with a text.
func waitForNews(ctx context.Context, conn *pgx.Conn, prefix string) error {
	ctx, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	for {
		notice, err := conn.WaitForNotification(ctx)
		switch {
		case err == nil && !strings.HasPrefix(notice.Payload, prefix):
			continue
		case err == nil, pgconn.Timeout(err) && !conn.IsClosed():
			return nil
		}
		return fmt.Errorf("%w: %w", errConnectionLost, err)
	}
}
