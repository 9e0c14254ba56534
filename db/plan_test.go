package db_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/project"
)

// TestKeysFindRows holds that one row is found by its primary key also in a
// database that has no statistics yet. With another index every row of the project
// would be looked at.
func TestKeysFindRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, table := range project.Tables() {
		where := []string{"project_id = $1"}
		for _, c := range table.Columns[:table.Keys] {
			where = append(where, c.Name+" = 'a'")
		}
		last := table.Columns[len(table.Columns)-1].Name
		rows, err := b.db.Pool().Query(t.Context(),
			"EXPLAIN UPDATE "+table.Name+" SET "+last+" = DEFAULT WHERE "+strings.Join(where, " AND "), uuid.New())
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Contains(t, strings.Join(plan, "\n"), table.Name+"_pkey")
	}
}
