package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Import appends events that were made and checked elsewhere, with the hashes that
// they have, and makes the projections anew: all in one transaction.
func (d *DB) Import(ctx context.Context, in core.Import) error {
	var last core.Head
	err := d.tx(ctx, replayLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockEnd(ctx, tx, &in); err != nil {
			return err
		}
		var err error
		if last, err = appendEvents(ctx, tx, &in); err != nil {
			return err
		}
		q := dbsqlc.New(tx)
		for _, at := range slices.Sorted(maps.Keys(in.Redacted)) {
			err := q.RedactPayload(ctx, dbsqlc.RedactPayloadParams{Stream: in.Project, At: at, Replacement: in.Redacted[at]})
			if err != nil {
				return fmt.Errorf("take over the redaction of event %d: %w", at, err)
			}
		}
		return rebuild(ctx, tx, in.Project)
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "projects_slug" {
		return fault.Conflict("slug_taken", "there is another project with this slug").WithHint("run `layercake project list --archived`")
	}
	if err != nil {
		return err
	}
	return d.tell(ctx, in.Project, last.Version)
}

// tell gives notice of a change that was made apart from [DB.Write].
func (d *DB) tell(ctx context.Context, id uuid.UUID, version int64) error {
	news := d.notices.due(id, version)
	if len(news) == 0 {
		return nil
	}
	if _, err := d.pool.Exec(ctx, dbsqlc.Notify, news); err != nil {
		return translate(fmt.Errorf("give notice: %w", err))
	}
	return nil
}

// lockEnd locks the log and checks that it ends as the request says.
func lockEnd(ctx context.Context, tx pgx.Tx, in *core.Import) error {
	if in.Before.Version == 0 {
		if _, err := dbsqlc.New(tx).CreateStream(ctx, in.Project); err != nil {
			return fmt.Errorf("begin the log: %w", err)
		}
	}
	under, err := lockStream(ctx, tx, in.Project)
	if err != nil {
		return err
	}
	if under.version != in.Before.Version || under.head != in.Before.Hash {
		return fault.Conflict("log_moved_on", "the project changed while it was imported; nothing was taken over").
			WithHint("try again; `layercake log` shows what changed")
	}
	return nil
}

// appendEvents copies the events into the log and returns its new end.
func appendEvents(ctx context.Context, tx pgx.Tx, in *core.Import) (core.Head, error) {
	last := in.Before
	var events, payloads [][]any
	size := 0
	flush := func() error {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{Schema, "events"}, eventColumns(), pgx.CopyFromRows(events)); err != nil {
			return fmt.Errorf("copy events: %w", err)
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{Schema, "event_payloads"}, []string{"project_id", "version", "payload"}, pgx.CopyFromRows(payloads))
		if err != nil {
			return fmt.Errorf("copy payloads: %w", err)
		}
		events, payloads, size = events[:0], payloads[:0], 0
		return nil
	}
	err := in.Events(func(e *event.Envelope) error {
		if e.Version != last.Version+1 || e.PrevHash != last.Hash || e.ProjectID != in.Project {
			return fmt.Errorf("event %d does not follow event %d", e.Version, last.Version)
		}
		args := eventArgs(e)
		payload := len(args) - 1
		events = append(events, args[:payload])
		payloads = append(payloads, []any{args[0], args[1], args[payload]})
		last = core.Head{Version: e.Version, Hash: e.Hash, RecordedAt: e.RecordedAt}
		if size += len(e.Payload); len(events) < spanLength && size < maxCopied {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return last, err
	}
	_, err = tx.Exec(ctx, "UPDATE streams SET version = $2, head = $3, recorded_at = $4 WHERE project_id = $1",
		[16]byte(in.Project), last.Version, last.Hash[:], last.RecordedAt)
	if err != nil {
		return last, fmt.Errorf("move the end of the log: %w", err)
	}
	return last, nil
}

// maxCopied bounds the payloads that are held before they are copied, in bytes.
const maxCopied = 8 << 20

func eventColumns() []string {
	return []string{
		"project_id", "version", "type", "schema_version", "payload_hash", "actor", "on_behalf_of", "session",
		"correlation_id", "causation_id", "occurred_at", "recorded_at", "prev_hash", "hash",
	}
}
