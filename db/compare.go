package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// maxDifferences bounds how many differences are reported.
const maxDifferences = 100

// Compare replays a project's log into temporary tables and compares them with
// the projections, column by column, in Postgres: both sides then have gone
// through the same types.
func (d *DB) Compare(ctx context.Context, id uuid.UUID) ([]core.Difference, error) {
	var found []core.Difference
	err := d.tx(ctx, replayLimit, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(ctx context.Context, tx pgx.Tx) (err error) {
		found, err = compare(ctx, tx, id)
		return err
	})
	return found, err
}

// compare is [DB.Compare] in a transaction, to which the temporary tables belong.
func compare(ctx context.Context, tx pgx.Tx, id uuid.UUID) ([]core.Difference, error) {
	found := []core.Difference{}
	head, err := readHead(ctx, dbsqlc.New(tx), id)
	if err != nil && fault.KindOf(err) != fault.KindNotFound {
		return nil, err // without a log there should be no rows
	}
	if _, err := replayUpto(ctx, tx, id, head.Version); err != nil {
		return nil, err
	}
	for _, t := range project.Tables() {
		more, err := compareTable(ctx, tx, id, t)
		if err != nil {
			return nil, err
		}
		if found = append(found, more...); len(found) >= maxDifferences {
			return found[:maxDifferences], nil
		}
	}
	return found, nil
}

func compareTable(ctx context.Context, tx pgx.Tx, id uuid.UUID, t *project.Table) ([]core.Difference, error) {
	rows, err := unplanned{tx}.Query(ctx, compareSQL(t), id, maxDifferences)
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", t.Name, err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (core.Difference, error) {
		diff := core.Difference{Table: t.Name}
		err := row.Scan(&diff.Key, &diff.Column, &diff.Stored, &diff.Derived)
		return diff, err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", t.Name, err)
	}
	return found, nil
}

// compareSQL joins the stored and the derived rows by their keys and lists the
// columns, as text, in which they differ. A missing row differs in "(row)".
func compareSQL(t *project.Table) string {
	keys := []string{"project_id"}
	for _, c := range t.Columns[:t.Keys] {
		keys = append(keys, c.Name)
	}
	var values strings.Builder
	for _, c := range t.Columns[t.Keys:] {
		fmt.Fprintf(&values, ", ('%s', s.%s::text, d.%s::text)", c.Name, c.Name, c.Name)
	}
	key := "coalesce(s.project_id, d.project_id)::text"
	if t.Keys > 0 {
		parts := make([]string, 0, t.Keys)
		for _, c := range t.Columns[:t.Keys] {
			parts = append(parts, fmt.Sprintf("coalesce(s.%s, d.%s)", c.Name, c.Name))
		}
		key = strings.Join(parts, " || '/' || ")
	}
	//nolint:unqueryvet // all columns are compared, and their list is fixed
	return fmt.Sprintf(`
		SELECT %s, v.name, coalesce(v.stored, '(none)'), coalesce(v.derived, '(none)')
		FROM (SELECT * FROM %s.%s WHERE project_id = $1) s
		FULL JOIN (SELECT * FROM pg_temp.%s) d USING (%s)
		CROSS JOIN LATERAL (VALUES ('(row)', (s.project_id IS NOT NULL)::text, (d.project_id IS NOT NULL)::text)%s) AS v (name, stored, derived)
		WHERE v.stored IS DISTINCT FROM v.derived
		ORDER BY 1, 2 LIMIT $2`, key, Schema, t.Name, t.Name, strings.Join(keys, ", "), values.String())
}
