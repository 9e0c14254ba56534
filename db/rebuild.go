package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

const (
	// rebuildAttempts bounds how often a rebuild begins anew because of redactions.
	// The last attempt keeps writers away from its beginning.
	rebuildAttempts = 3
	// shortTail is how many events may be left to be applied under the lock, and
	// catchUps how often it is tried to get there while writers go on.
	shortTail = 32
	catchUps  = 100
	// rebuildIdle is how long the transaction may wait for this process, which folds
	// in between.
	rebuildIdle = "SET LOCAL idle_in_transaction_session_timeout = '5min'"
)

// errRedacted says that a payload was replaced while it was folded.
var errRedacted = errors.New("a payload was redacted meanwhile")

// Rebuild makes a project's projections anew from its log beside those that are in
// use, while readers and writers go on. Writers wait only for the end of it: the
// last events are applied under the lock, and the rows that differ are put in place
// of those that are there, all at once.
//
// Of a project without a log all rows go.
func (d *DB) Rebuild(ctx context.Context, id uuid.UUID) (core.Rebuilt, error) {
	for attempt := 1; ; attempt++ {
		var done core.Rebuilt
		err := d.tx(ctx, replayLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, rebuildIdle); err != nil {
				return fmt.Errorf("set a time-out: %w", err)
			}
			r := rebuilding{tx: tx, id: id, done: &done}
			return r.run(ctx, attempt == rebuildAttempts)
		})
		if errors.Is(err, errRedacted) && attempt < rebuildAttempts {
			continue
		}
		if err == nil && done.Repaired > 0 && done.Events > 0 {
			err = d.tell(ctx, id, done.Events)
		}
		return done, err
	}
}

// rebuilding is one attempt, in one transaction.
type rebuilding struct {
	tx   pgx.Tx
	id   uuid.UUID
	done *core.Rebuilt
	// locked is when writers began to wait.
	locked time.Time
}

func (r *rebuilding) run(ctx context.Context, lockFirst bool) error {
	if lockFirst {
		if err := r.lock(ctx); err != nil {
			return err
		}
	}
	head, err := readHead(ctx, dbsqlc.New(r.tx), r.id)
	known := err == nil
	if err != nil && fault.KindOf(err) != fault.KindNotFound {
		return err
	}
	rows, _, err := fold(ctx, r.tx, r.id, head.Version)
	if err != nil {
		return err
	}
	if err := stage(ctx, r.tx, rows); err != nil {
		return err
	}
	at := head.Version
	for range catchUps {
		applied, err := r.apply(ctx, at)
		if err != nil {
			return err
		}
		if at += applied; applied <= shortTail {
			break
		}
	}
	if known {
		if err := r.lock(ctx); err != nil {
			return err
		}
	}
	applied, err := r.apply(ctx, at)
	if err != nil {
		return err
	}
	r.done.Events = at + applied
	for _, t := range project.Tables() {
		if err := r.swap(ctx, t); err != nil {
			return err
		}
	}
	if !r.locked.IsZero() {
		r.done.Locked = time.Since(r.locked)
	}
	return nil
}

// lock keeps writers away until the transaction ends.
func (r *rebuilding) lock(ctx context.Context) error {
	if !r.locked.IsZero() {
		return nil
	}
	_, err := lockStream(ctx, r.tx, r.id)
	r.locked = time.Now()
	return err
}

// apply applies the events after a version to the tables that were staged, and
// returns how many there were. What was folded before a redaction holds what it
// took out.
func (r *rebuilding) apply(ctx context.Context, after int64) (int64, error) {
	var b pgx.Batch
	applied := int64(0)
	err := scanStream(ctx, r.tx, r.id, after, func(e *event.Envelope) error {
		applied++
		if e.Type == event.PayloadRedacted {
			return errRedacted
		}
		changes, err := project.Apply(e)
		if err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		for i := range changes {
			// By their full names: plans kept for the real tables are not used.
			sql, args := changeSQLIn("pg_temp.", e.ProjectID, &changes[i])
			b.Queue(sql, args...)
		}
		return nil
	})
	if err == nil && b.Len() > 0 {
		err = r.tx.SendBatch(ctx, &b).Close()
	}
	if err != nil {
		return applied, fmt.Errorf("apply: %w", err)
	}
	return applied, nil
}

// swap puts the staged rows of a table in place of the real ones. Only rows that
// differ are written, so that readers wait for nothing and the table does not grow.
func (r *rebuilding) swap(ctx context.Context, t *project.Table) error {
	keys := make([]string, 0, t.Keys+1)
	keys = append(keys, "d.project_id = s.project_id")
	for _, c := range t.Columns[:t.Keys] {
		keys = append(keys, "d."+c.Name+" = s."+c.Name)
	}
	same := strings.Join(keys, " AND ")
	run := func(sql string) (int64, error) {
		tag, err := unplanned{r.tx}.Exec(ctx, sql, r.id)
		if err != nil {
			return 0, fmt.Errorf("put the rows of %s in place: %w", t.Name, err)
		}
		return tag.RowsAffected(), nil
	}
	if t.Name == "projects" {
		// Whoever has the slug that the log gives this project has it from elsewhere.
		_, err := run(`UPDATE ` + Schema + `.projects s SET slug = s.project_id::text FROM pg_temp.projects d
			WHERE d.project_id = $1 AND s.slug = d.slug AND s.project_id <> d.project_id`)
		if err != nil {
			return err
		}
	}
	removed, err := run(fmt.Sprintf(`DELETE FROM %s.%s s WHERE s.project_id = $1
		AND NOT EXISTS (SELECT FROM pg_temp.%s d WHERE %s AND d.*::text = s.*::text)`, Schema, t.Name, t.Name, same))
	if err != nil {
		return err
	}
	//nolint:unqueryvet // all columns are copied, and both tables have the same
	added, err := run(fmt.Sprintf(`INSERT INTO %s.%s SELECT d.* FROM pg_temp.%s d WHERE d.project_id = $1
		AND NOT EXISTS (SELECT FROM %s.%s s WHERE %s)`, Schema, t.Name, t.Name, Schema, t.Name, same))
	r.done.Repaired += max(removed, added)
	return err
}
