package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// writeAttempts bounds how often a write is tried when the connection breaks.
// Repeating is safe because every write has a key.
const writeAttempts = 3

// Write carries out a command: all of it or nothing. When the connection breaks
// it asks again with the same key, so that a commit whose answer was lost is
// neither reported as failed nor done twice.
func (d *DB) Write(ctx context.Context, w core.Write) (core.Receipt, error) {
	fresh := w.Key == ""
	if fresh {
		// In the order of time, so that their index grows at its end.
		key, err := uuid.NewV7()
		if err != nil {
			return core.Receipt{}, fmt.Errorf("make a key: %w", err)
		}
		w.Key = key.String()
	}
	request, err := requestHash(w.Command)
	if err != nil {
		return core.Receipt{}, err
	}
	for attempt := 1; ; attempt++ {
		receipt, err := d.writeOnce(ctx, &w, request, fresh && attempt == 1)
		if err == nil {
			return receipt, nil
		}
		if unreachable(err) == nil || attempt == writeAttempts || ctx.Err() != nil {
			return core.Receipt{}, translateWrite(err, w.Command)
		}
	}
}

const (
	// keysKept is for how many days the key of a request is known, so that
	// repeating it finds the answer. It is far longer than anything waits that
	// repeats requests.
	keysKept = 30
	// keysEvery is after how many events of a project older ones are removed.
	keysEvery = 200
)

// requestHash identifies what is asked for.
func requestHash(cmd project.Command) ([]byte, error) {
	text, err := json.Marshal(cmd)
	if err != nil {
		return nil, fmt.Errorf("encode the command %s: %w", cmd.CommandName(), err)
	}
	sum := sha256.New()
	sum.Write([]byte(cmd.CommandName() + "\n"))
	sum.Write(text)
	return sum.Sum(nil), nil
}

// writeOnce makes one attempt in one transaction: one round trip to begin, lock
// and load, one to write and commit. fresh says that the key cannot have been
// used before.
func (d *DB) writeOnce(ctx context.Context, w *core.Write, request []byte, fresh bool) (core.Receipt, error) {
	ctx, cancel := within(ctx, writeLimit)
	defer cancel()
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return core.Receipt{}, fmt.Errorf("connect: %w", err)
	}
	// A connection that is left inside a transaction is closed by the pool.
	defer conn.Release()

	under, err := loadLocked(ctx, conn.Conn(), w, fresh)
	if err != nil {
		rollback(ctx, conn.Conn())
		return core.Receipt{}, err
	}
	if under.done != nil {
		receipt, err := repeated(ctx, conn.Conn(), w, under.done, request)
		rollback(ctx, conn.Conn())
		return receipt, err
	}
	now := event.Truncate(w.Now)
	if now.Before(under.recordedAt) {
		now = under.recordedAt
	}
	meta := project.Meta{Actor: w.Actor, Now: now, Version: under.version, Head: under.head}
	payloads, err := w.Command.Decide(under.state, meta)
	if err != nil {
		rollback(ctx, conn.Conn())
		return core.Receipt{}, err
	}
	if len(payloads) == 0 {
		rollback(ctx, conn.Conn())
		return core.Receipt{First: under.version + 1, Last: under.version}, nil
	}
	events, err := seal(w, under, now, payloads)
	if err != nil {
		rollback(ctx, conn.Conn())
		return core.Receipt{}, err
	}
	if err := d.commit(ctx, conn.Conn(), w, request, events, under.held); err != nil {
		rollback(ctx, conn.Conn())
		return core.Receipt{}, err
	}
	return core.Receipt{First: events[0].Version, Last: events[len(events)-1].Version, Events: events}, nil
}

// rollback ends a transaction that is not to be. Errors do not matter: a
// connection that is not idle afterwards is closed.
func rollback(ctx context.Context, conn *pgx.Conn) {
	const limit = time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	_, _ = conn.Exec(ctx, "ROLLBACK")
}

// seal makes the envelopes of the events, linked to the end of the log.
func seal(w *core.Write, under *locked, now time.Time, payloads []event.Payload) ([]event.Envelope, error) {
	events := make([]event.Envelope, len(payloads))
	prev := under.head
	for i, p := range payloads {
		raw, err := event.Encode(p)
		if err != nil {
			return nil, err
		}
		t := p.EventType()
		events[i] = event.Envelope{
			ProjectID: w.Project, Version: under.version + int64(i) + 1, Type: t, SchemaVersion: event.CurrentVersion(t),
			Payload: raw, Actor: plain(w.Actor.String()), OnBehalfOf: plain(w.Actor.OnBehalfOf), Session: plain(w.Actor.Session),
			CorrelationID: w.CorrelationID, CausationID: w.CausationID, OccurredAt: event.Truncate(w.Now), RecordedAt: now,
		}
		events[i].Seal(prev)
		prev = events[i].Hash
	}
	return events, nil
}

// plain makes a name storable as text, whatever a client calls itself.
func plain(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// commit writes the events, what they change, and the end of the transaction in
// one round trip. Any failure fails them all. The notice of it comes after the
// end of the transaction: one that is sent within makes all commits of the
// database wait for each other.
//
// Where the events move jobs, the end of the transaction comes in a second round
// trip, after these. held says that there are jobs that wait to be let go.
func (d *DB) commit(ctx context.Context, conn *pgx.Conn, w *core.Write, request []byte, events []event.Envelope, held bool) error {
	var b pgx.Batch
	last := len(events) - 1
	for i := range events {
		e := &events[i]
		if i < last {
			b.Queue(dbsqlc.InsertEvent, eventArgs(e)...)
		} else {
			b.Queue(dbsqlc.InsertLastEvent, append(eventArgs(e), w.Key, w.Command.CommandName(), request, events[0].Version)...)
		}
		if err := queueChanges(&b, e); err != nil {
			return err
		}
	}
	if first := events[0].Version; (first-1)/keysEvery != events[last].Version/keysEvery {
		b.Queue(dbsqlc.ForgetCommands, [16]byte(w.Project), int32(keysKept))
	}
	if moves, err := jobMoves(events, held); err != nil {
		return err
	} else if moves != nil {
		if err := conn.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if err := d.moveJobs(ctx, conn, w.Project, moves); err != nil {
			return err
		}
		b = pgx.Batch{}
	}
	committed := false
	b.Queue("COMMIT").Exec(func(pgconn.CommandTag) error { committed = true; return nil })
	if news := d.notices.due(w.Project, events[last].Version); len(news) > 0 {
		b.Queue(dbsqlc.Notify, news)
	}
	if err := conn.SendBatch(ctx, &b).Close(); err != nil && !committed {
		err = fmt.Errorf("write: %w", err)
		if e := overdue(err); e != nil {
			e.Message += "; whether the change was made is not known"
			return e.WithHint("look before you try again: `layercake log`")
		}
		return err
	}
	return nil
}

// eventArgs are the arguments of [dbsqlc.InsertEvent].
func eventArgs(e *event.Envelope) []any {
	const withCommand = 19
	// Arrays are encoded much faster than the types that wrap them.
	return append(make([]any, 0, withCommand), [16]byte(e.ProjectID), e.Version, string(e.Type),
		int32(e.SchemaVersion), e.PayloadHash[:], e.Actor, e.OnBehalfOf, e.Session, //nolint:gosec // versions are small
		[16]byte(e.CorrelationID), [16]byte(e.CausationID), e.OccurredAt, e.RecordedAt, e.PrevHash[:], e.Hash[:], []byte(e.Payload))
}

func queueChanges(b *pgx.Batch, e *event.Envelope) error {
	changes, err := project.Apply(e)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	for i := range changes {
		sql, args := changeSQL(e.ProjectID, &changes[i])
		b.Queue(sql, args...)
	}
	return nil
}

// repeated answers a request that was carried out before. It reads on the
// connection at hand: asking the pool for another while holding one could wait
// for ever.
func repeated(ctx context.Context, conn *pgx.Conn, w *core.Write, done *dbsqlc.GetCommandRow, request []byte) (core.Receipt, error) {
	if !bytes.Equal(done.RequestHash, request) {
		return core.Receipt{}, fault.Conflict("idempotency_key_reused", "the key %q was used before, for another request (%s)", w.Key, done.Name).
			WithHint("use a new key for a new request")
	}
	receipt := core.Receipt{First: done.FirstVersion, Last: done.LastVersion, Repeated: true}
	rows, err := dbsqlc.New(conn).StreamEvents(ctx, dbsqlc.StreamEventsParams{
		ProjectID: w.Project, After: done.FirstVersion - 1, Upto: done.LastVersion, Most: maxRows,
	})
	if err != nil {
		return core.Receipt{}, fmt.Errorf("read the events of the first answer: %w", err)
	}
	for i := range rows {
		e, err := envelope((*dbsqlc.ListEventsRow)(&rows[i]))
		if err != nil {
			return core.Receipt{}, err
		}
		receipt.Events = append(receipt.Events, e)
	}
	return receipt, nil
}

// translateWrite turns what Postgres says of a write into what it means.
func translateWrite(err error, cmd project.Command) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == codeUniqueViolation {
		if pg.ConstraintName == "projects_slug" {
			return fault.Conflict("slug_taken", "there is another project with this slug").WithHint("run `layercake project list --archived`")
		}
		return fmt.Errorf("%s: %w (%s)", cmd.CommandName(), core.ErrTaken, pg.ConstraintName)
	}
	return translate(err)
}
