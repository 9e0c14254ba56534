package db

import (
	"context"
	"errors"
	"fmt"
	"math"
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

// unplanned runs queries without plans kept from before: those would still
// point at the real tables, which the temporary ones hide.
type unplanned struct{ tx pgx.Tx }

func (u unplanned) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return u.tx.Exec(ctx, sql, append([]any{pgx.QueryExecModeDescribeExec}, args...)...) //nolint:wrapcheck // a pass-through
}

func (u unplanned) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return u.tx.Query(ctx, sql, append([]any{pgx.QueryExecModeDescribeExec}, args...)...) //nolint:wrapcheck // a pass-through
}

func (u unplanned) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return u.tx.QueryRow(ctx, sql, append([]any{pgx.QueryExecModeDescribeExec}, args...)...)
}

// replayInto makes temporary tables that hold the project as it was, and
// returns the moment. They vanish with the transaction.
func replayInto(ctx context.Context, tx pgx.Tx, v core.View) (*core.Head, error) {
	upto, err := versionAt(ctx, tx, v)
	if err != nil {
		return nil, err
	}
	return replayUpto(ctx, tx, v.Project, upto)
}

// replayUpto is [replayInto] for a version of the log; at version 0 the tables are
// empty.
func replayUpto(ctx context.Context, tx pgx.Tx, id uuid.UUID, upto int64) (*core.Head, error) {
	rows, head, err := fold(ctx, tx, id, upto)
	if err != nil {
		return nil, err
	}
	return head, stage(ctx, tx, rows)
}

// stage makes temporary tables that hold the rows. They have the names of the real
// ones, which they hide, and vanish with the transaction.
func stage(ctx context.Context, tx pgx.Tx, rows *project.Rows) error {
	var create strings.Builder
	for _, t := range project.Tables() {
		fmt.Fprintf(&create, "CREATE TEMP TABLE %s (LIKE %s.%s INCLUDING DEFAULTS) ON COMMIT DROP;\n", t.Name, Schema, t.Name)
	}
	if _, err := tx.Exec(ctx, create.String()); err != nil {
		return fmt.Errorf("make temporary tables: %w", err)
	}
	for _, t := range project.Tables() {
		if err := copyRows(ctx, tx, rows, "pg_temp", t); err != nil {
			return err
		}
	}
	return indexRows(ctx, tx, rows)
}

// unstage removes the temporary tables before the transaction ends.
func unstage(ctx context.Context, tx pgx.Tx) error {
	var drop strings.Builder
	for _, t := range project.Tables() {
		drop.WriteString("DROP TABLE pg_temp." + t.Name + ";\n")
	}
	if _, err := tx.Exec(ctx, drop.String()); err != nil {
		return fmt.Errorf("remove temporary tables: %w", err)
	}
	return nil
}

// indexFrom is from how many rows on looking at each of them is slower than making
// an index.
const indexFrom = 200

// indexRows gives the temporary tables what the real ones have: their keys, and
// statistics. Without, queries that join many rows compare each with each.
func indexRows(ctx context.Context, tx pgx.Tx, rows *project.Rows) error {
	var sql strings.Builder
	for _, t := range project.Tables() {
		if rows.Count(t) < indexFrom {
			continue
		}
		keys := []string{"project_id"}
		for _, c := range t.Columns[:t.Keys] {
			keys = append(keys, c.Name)
		}
		fmt.Fprintf(&sql, "CREATE UNIQUE INDEX ON pg_temp.%s (%s); ANALYZE pg_temp.%s;\n", t.Name, strings.Join(keys, ", "), t.Name)
	}
	if sql.Len() == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, sql.String()); err != nil {
		return fmt.Errorf("index the temporary tables: %w", err)
	}
	return nil
}

// versionAt turns the moment asked for into a version of the log.
func versionAt(ctx context.Context, tx pgx.Tx, v core.View) (int64, error) {
	q := dbsqlc.New(tx)
	head, err := readHead(ctx, q, v.Project)
	if err != nil {
		return 0, err
	}
	if v.At.Seq != 0 {
		if v.At.Seq < 1 || v.At.Seq > head.Version {
			return 0, fault.Usage("invalid_seq", "the log has events 1 to %d; there is no event %d", head.Version, v.At.Seq).
				WithHint("run `layercake log`")
		}
		return v.At.Seq, nil
	}
	version, err := q.VersionAt(ctx, dbsqlc.VersionAtParams{ProjectID: v.Project, At: v.At.Time})
	if err != nil {
		return 0, fmt.Errorf("find the moment in the log: %w", err)
	}
	if version == 0 {
		return 0, fault.NotFound("before_project", "the project did not exist at %s", v.At.Time.UTC().Format(time.RFC3339)).
			WithHint("run `layercake log` to see when it began")
	}
	return version, nil
}

// Fold replays a project's whole log in memory and returns what it folds to, and
// its end.
func (d *DB) Fold(ctx context.Context, id uuid.UUID) (*project.Rows, core.Head, error) {
	var rows *project.Rows
	var head *core.Head
	err := d.tx(ctx, replayLimit, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		rows, head, err = fold(ctx, tx, id, math.MaxInt64)
		return err
	})
	if err != nil {
		return nil, core.Head{}, err
	}
	return rows, *head, nil
}

// FoldAt replays a project's log in memory up to a moment, and returns what it
// folds to, and the moment.
func (d *DB) FoldAt(ctx context.Context, v core.View) (*project.Rows, core.Head, error) {
	var rows *project.Rows
	var head *core.Head
	opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := d.tx(ctx, replayLimit, opts, func(ctx context.Context, tx pgx.Tx) error {
		now, err := readHead(ctx, dbsqlc.New(tx), v.Project)
		if err != nil {
			return err
		}
		upto := now.Version
		if !v.At.IsNow() {
			if upto, err = versionAt(ctx, tx, v); err != nil {
				return err
			}
		}
		rows, head, err = fold(ctx, tx, v.Project, upto)
		return err
	})
	if err != nil {
		return nil, core.Head{}, err
	}
	return rows, *head, nil
}

// copyRows fills a table of a schema that has no rows of the project.
func copyRows(ctx context.Context, tx pgx.Tx, rows *project.Rows, schema string, t *project.Table) error {
	all := rows.Table(t)
	if len(all) == 0 {
		return nil
	}
	columns := make([]string, 0, len(t.Columns)+1)
	columns = append(columns, "project_id")
	for _, c := range t.Columns {
		columns = append(columns, c.Name)
	}
	id := [16]byte(rows.Project) // encoded much faster than the type that wraps it
	row := make([]any, 1, len(columns))
	row[0] = id
	source := pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
		return append(row[:1], all[i]...), nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{schema, t.Name}, columns, source); err != nil {
		return fmt.Errorf("fill the table %s: %w", t.Name, err)
	}
	return nil
}

// querier is what can run a query.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// scanStream calls fn with the events of a stream after a version, in order. The envelope is good until fn returns.
func scanStream(ctx context.Context, q querier, id uuid.UUID, after int64, fn func(*event.Envelope) error) error {
	rows, err := q.Query(ctx, dbsqlc.StreamEvents, id, after, int64(math.MaxInt64), int32(maxRows))
	if err != nil {
		return translate(fmt.Errorf("read the log: %w", err))
	}
	defer rows.Close()
	var r dbsqlc.ListEventsRow
	// pgx reads arrays itself, and much faster than the type that wraps them.
	var stream, correlation, causation [16]byte
	for rows.Next() {
		err := rows.Scan(&stream, &r.Version, &r.Type, &r.SchemaVersion, &r.PayloadHash, &r.Actor, &r.OnBehalfOf, &r.Session,
			&correlation, &causation, &r.OccurredAt, &r.RecordedAt, &r.PrevHash, &r.Hash, &r.Payload)
		if err != nil {
			return fmt.Errorf("read an event: %w", err)
		}
		r.ProjectID, r.CorrelationID, r.CausationID = stream, correlation, causation
		e, err := envelope(&r)
		if err != nil {
			return err
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

// envelope converts a row of the log.
func envelope(r *dbsqlc.ListEventsRow) (event.Envelope, error) {
	e := event.Envelope{
		ProjectID: r.ProjectID, Version: r.Version, Type: event.Type(r.Type), SchemaVersion: int(r.SchemaVersion), Payload: r.Payload,
		Actor: r.Actor, OnBehalfOf: r.OnBehalfOf, Session: r.Session, CorrelationID: r.CorrelationID, CausationID: r.CausationID,
		OccurredAt: r.OccurredAt.UTC(), RecordedAt: r.RecordedAt.UTC(),
	}
	var errs [3]error
	e.PayloadHash, errs[0] = event.HashFromBytes(r.PayloadHash)
	e.PrevHash, errs[1] = event.HashFromBytes(r.PrevHash)
	e.Hash, errs[2] = event.HashFromBytes(r.Hash)
	if err := errors.Join(errs[:]...); err != nil {
		return e, fmt.Errorf("event %d: %w", r.Version, err)
	}
	return e, nil
}
