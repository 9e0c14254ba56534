package db_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
)

// TestFollowingMissesNothing holds that a reader which follows all projects by a
// cursor for each sees every event once and in order, while eight writers write.
func TestFollowingMissesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const writers, each, projects = 8, 60, 3
	ids := make([]uuid.UUID, projects)
	for i := range ids {
		ids[i] = b.project(t, fmt.Sprint("Followed ", i))
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if _, err := b.app.Tasks.Add(t.Context(), b.ada, ids[(w+i)%projects], core.NewTask{Title: fmt.Sprint(w, " ", i)}); err != nil {
					t.Errorf("add: %v", err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	cursors, seen := core.Cursors{}, 0
	for running := true; running; {
		select {
		case <-done:
			running = false // and once more, for what came last
		default:
		}
		require.NoError(t, b.db.FollowAll(t.Context(), cursors, func(e *event.Envelope) error {
			require.Equal(t, cursors[e.ProjectID]+1, e.Version, "each event once, and in order")
			seen++
			return nil
		}))
	}
	require.Equal(t, projects+writers*each, seen)
}

// TestOneSequenceOverAllMissesEvents shows why there is no number over all projects
// by which readers could follow: whoever took the lower one may commit later, and a
// reader that has seen the higher one never looks back. The order of commits is
// fixed here, so that it happens every time.
func TestOneSequenceOverAllMissesEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	_, err := b.db.Pool().Exec(ctx, "CREATE TABLE naive (position bigserial PRIMARY KEY, writer text NOT NULL)")
	require.NoError(t, err)
	begin := func(writer string) pgx.Tx {
		tx, err := b.db.Pool().Begin(ctx)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, "INSERT INTO naive (writer) VALUES ($1)", writer)
		require.NoError(t, err)
		return tx
	}
	last, seen := int64(0), []string{}
	poll := func() {
		rows, err := b.db.Pool().Query(ctx, "SELECT position, writer FROM naive WHERE position > $1 ORDER BY position", last)
		require.NoError(t, err)
		var writer string
		_, err = pgx.ForEachRow(rows, []any{&last, &writer}, func() error { seen = append(seen, writer); return nil })
		require.NoError(t, err)
	}
	slow, quick := begin("slow"), begin("quick")
	require.NoError(t, quick.Commit(ctx))
	poll()
	require.NoError(t, slow.Commit(ctx))
	poll()
	require.Equal(t, []string{"quick"}, seen, "the event of the slow writer is lost to the reader")
	var stored int
	require.NoError(t, b.db.Pool().QueryRow(ctx, "SELECT count(*) FROM naive").Scan(&stored))
	require.Equal(t, 2, stored)

	// The same with two projects, and with a cursor for each.
	one, two := b.project(t, "One"), b.project(t, "Two")
	cursors, events := core.Cursors{}, 0
	count := func(*event.Envelope) error { events++; return nil }
	require.NoError(t, b.db.FollowAll(ctx, cursors, count))
	waiting, err := b.db.Pool().Begin(ctx)
	require.NoError(t, err)
	_, err = waiting.Exec(ctx, "SELECT FROM streams WHERE project_id = $1 FOR UPDATE", one)
	require.NoError(t, err)
	var wg sync.WaitGroup
	wg.Go(func() { b.add(t, one) }) // waits for the lock
	b.add(t, two)
	require.NoError(t, b.db.FollowAll(ctx, cursors, count))
	require.NoError(t, waiting.Rollback(ctx))
	wg.Wait()
	require.NoError(t, b.db.FollowAll(ctx, cursors, count))
	require.Equal(t, 4, events)
}

// TestFollowFromCursors holds that a reader goes on from where it was, also after an
// error of its own, and sees projects that begin later.
func TestFollowFromCursors(t *testing.T) {
	t.Parallel()
	b, id := tampered(t)
	cursors := core.Cursors{id: 3}
	var seen []int64
	stop := fmt.Errorf("enough")
	err := b.db.FollowAll(t.Context(), cursors, func(e *event.Envelope) error { seen = append(seen, e.Version); return stop })
	require.ErrorIs(t, err, stop)
	require.Equal(t, int64(3), cursors[id], "what failed is seen again")
	other := b.project(t, "Later")
	require.NoError(t, b.db.FollowAll(t.Context(), cursors, func(e *event.Envelope) error { seen = append(seen, e.Version); return nil }))
	require.Equal(t, []int64{4}, seen[:1])
	require.ElementsMatch(t, []int64{4, 4, 5, 1}, seen)
	require.Equal(t, core.Cursors{id: 5, other: 1}, cursors)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, b.db.FollowAll(ctx, core.Cursors{}, func(*event.Envelope) error { return nil }))
}
