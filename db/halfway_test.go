package db_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/db"
)

// cutOff is an App whose connections break where a test wants it.
func (b *bundle) cutOff(t *testing.T, cut *cutter) *core.App {
	t.Helper()
	cut.arm(never, never)
	store, err := db.Open(t.Context(), b.url, db.Options{MaxConns: 1, Configure: func(cfg *pgxpool.Config) { cfg.ConnConfig.DialFunc = cut.dial }})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return core.New(core.Config{Store: store, Artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})})
}

// everywhere breaks what do does at every so many points of it, or at every one where
// time does not matter, in both directions, until it has come through, and calls
// after when it was broken.
func everywhere(t *testing.T, cut *cutter, stride int64, do func() error, after func(point string)) (points int) {
	t.Helper()
	if faulttest.Full() {
		stride = 1 // which takes minutes
	}
	for _, direction := range []string{"write", "read"} {
		for n := 1 + rand.N(stride); ; n += stride {
			if direction == "write" {
				cut.arm(n, never)
			} else {
				cut.arm(never, n)
			}
			err := do()
			came := cut.writes.Load() > 0 && cut.reads.Load() > 0
			cut.arm(never, never)
			if came {
				require.NoError(t, err, "nothing was broken")
				break
			}
			points++
			after(fmt.Sprint(direction, " ", n))
		}
	}
	return points
}

// TestRedactBrokenHalfway breaks a redaction at every point: the text is gone from
// the log and from everything made from it, or it is in all of that.
func TestRedactBrokenHalfway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Leaky")
	var cut cutter
	app := b.cutOff(t, &cut)
	secret := 0
	leak := func() {
		secret++
		for range 2 {
			_, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: fmt.Sprintf("hunter-%03d", secret)})
			require.NoError(t, err)
		}
	}
	leak()
	points := everywhere(t, &cut, 12, func() error {
		_, err := app.Redactions.Redact(t.Context(), b.ada, id, core.Target{Text: fmt.Sprintf("hunter-%03d", secret)}, "a secret")
		return err
	}, func(point string) {
		text := fmt.Sprintf("hunter-%03d", secret)
		var inLog, inTasks int
		require.NoError(t, b.db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM event_payloads WHERE payload::text LIKE '%' || $1 || '%'),
			(SELECT count(*) FROM tasks WHERE title LIKE '%' || $1 || '%')`, text).Scan(&inLog, &inTasks))
		require.Contains(t, []int{0, 2}, inLog, point)
		require.Equal(t, inLog, inTasks, point)
		b.sound(t, id)
		if inLog == 0 {
			leak()
		}
	})
	t.Logf("%d points", points)
	require.Greater(t, points, 5)
}

// TestImportBrokenHalfway does so with an import.
func TestImportBrokenHalfway(t *testing.T) {
	t.Parallel()
	from, id, _ := travelling(t)
	file := from.export(t, id, false)
	b := setup(t)
	var cut cutter
	app := b.cutOff(t, &cut)
	everywhere(t, &cut, 12, func() error {
		_, err := app.Projects.Import(t.Context(), b.ada, bytes.NewReader(file), core.ImportOptions{AcceptUnsigned: true})
		return err
	}, func(point string) {
		streams, err := b.app.Log.Streams(t.Context())
		require.NoError(t, err)
		if len(streams) > 0 {
			require.Equal(t, string(file), string(b.export(t, id, false)), point)
			b.sound(t, id)
		}
	})
	b.sound(t, id)
}

// TestRebuildBrokenHalfway does so with a rebuild.
func TestRebuildBrokenHalfway(t *testing.T) {
	t.Parallel()
	b, id := tampered(t)
	var cut cutter
	app := b.cutOff(t, &cut)
	forge := func() {
		_, err := b.db.Pool().Exec(t.Context(), "UPDATE tasks SET title = 'forged'")
		require.NoError(t, err)
	}
	forge()
	everywhere(t, &cut, 60, func() error { _, err := app.Log.Rebuild(t.Context(), id); return err }, func(point string) {
		var forged int
		require.NoError(t, b.db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM tasks WHERE title = 'forged'").Scan(&forged))
		require.Contains(t, []int{0, 4}, forged, point)
		forge()
	})
	_, err := b.app.Log.Rebuild(t.Context(), id)
	require.NoError(t, err)
	b.sound(t, id)
}

// TestRedactionsAreOfOneTransaction holds that a PayloadRedacted event vouches for a
// replacement in its own transaction only: one that stands in the log, and was not
// followed, lets nobody replace a payload later.
func TestRedactionsAreOfOneTransaction(t *testing.T) {
	t.Parallel()
	for _, together := range []bool{true, false} {
		b, id := tampered(t)
		ctx := t.Context()
		var old []byte
		require.NoError(t, b.db.Pool().QueryRow(ctx, "SELECT payload::text FROM event_payloads WHERE version = 3").Scan(&old))
		fresh := bytes.ReplaceAll(old, []byte("task 2"), []byte("[redacted]"))
		require.NotEqual(t, old, fresh)
		tx, err := b.db.Pool().Begin(ctx)
		require.NoError(t, err)
		vouch(t, tx, id, sha256.Sum256(old), sha256.Sum256(fresh))
		if !together {
			require.NoError(t, tx.Commit(ctx))
			tx, err = b.db.Pool().Begin(ctx)
			require.NoError(t, err)
		}
		_, err = tx.Exec(ctx, "UPDATE event_payloads SET payload = $1 WHERE version = 3", string(fresh))
		if !together {
			require.ErrorContains(t, err, "append-only")
			require.NoError(t, tx.Rollback(ctx))
			continue
		}
		require.NoError(t, err)
		require.NoError(t, tx.Commit(ctx))
		audit, err := b.app.Log.Verify(ctx, id)
		require.NoError(t, err)
		require.Equal(t, []int64{3}, audit.Redacted)
	}
}

// vouch appends the event that records a redaction of event 3, and replaces nothing.
func vouch(t *testing.T, tx pgx.Tx, id uuid.UUID, oldSum, newSum event.Hash) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	payload, err := event.Encode(&event.PayloadRedactedPayload{
		Version: 3, OldHash: oldSum.String(), NewHash: newSum.String(), Reason: "x", Decided: event.Decided{Level: "demo"},
	})
	require.NoError(t, err)
	var head []byte
	require.NoError(t, tx.QueryRow(ctx, "SELECT head FROM streams WHERE project_id = $1", id).Scan(&head))
	prev, err := event.HashFromBytes(head)
	require.NoError(t, err)
	now := event.Truncate(time.Now())
	e := event.Envelope{
		ProjectID: id, Version: 6, Type: event.PayloadRedacted, SchemaVersion: 1, Payload: payload, Actor: "person:eve",
		CorrelationID: uuid.New(), OccurredAt: now, RecordedAt: now,
	}
	e.Seal(prev)
	_, err = tx.Exec(ctx, `INSERT INTO events (project_id, version, type, schema_version, payload_hash, actor, on_behalf_of, session,
		correlation_id, causation_id, occurred_at, recorded_at, prev_hash, hash) VALUES ($1, 6, $2, 1, $3, $4, '', '', $5, $6, $7, $7, $8, $9)`,
		id, string(e.Type), e.PayloadHash[:], e.Actor, e.CorrelationID, e.CausationID, now, e.PrevHash[:], e.Hash[:])
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "INSERT INTO event_payloads VALUES ($1, 6, $2)", id, string(payload))
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE streams SET version = 6, head = $2, recorded_at = $3 WHERE project_id = $1", id, e.Hash[:], now)
	require.NoError(t, err)
}
