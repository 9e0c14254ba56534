package db

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/project"
)

// changeSQL returns the statement that makes one change to a projection. Names
// of tables and columns come from package project, never from outside.
func changeSQL(stream uuid.UUID, c *project.Change) (sql string, args []any) {
	return changeSQLIn("", stream, c)
}

// changeSQLIn is [changeSQL] for the tables of a schema, which is given with a dot.
func changeSQLIn(schema string, stream uuid.UUID, c *project.Change) (sql string, args []any) {
	// pgx encodes the array itself much faster than the type that wraps it.
	id := [16]byte(stream)
	switch c.Op {
	case project.OpInsert:
		return insertSQL(schema, c.Table), append([]any{id}, c.Row...)
	case project.OpPut:
		return putSQL(schema, c.Table), append([]any{id}, c.Row...)
	case project.OpSet:
		return setSQL(schema, c), append(append([]any{id}, c.Key...), c.Values...)
	case project.OpDelete:
	}
	return deleteSQL(schema, c), append([]any{id}, c.Key...)
}

func insertSQL(schema string, t *project.Table) string {
	var columns, values strings.Builder
	for i, c := range t.Columns {
		columns.WriteString(", " + c.Name)
		fmt.Fprintf(&values, ", $%d", i+2)
	}
	return "INSERT INTO " + schema + t.Name + " (project_id" + columns.String() + ") VALUES ($1" + values.String() + ")"
}

func putSQL(schema string, t *project.Table) string {
	var b strings.Builder
	b.WriteString(insertSQL(schema, t))
	b.WriteString(" ON CONFLICT (project_id")
	for _, c := range t.Columns[:t.Keys] {
		b.WriteString(", " + c.Name)
	}
	b.WriteString(") DO ")
	if t.Keys == len(t.Columns) {
		b.WriteString("NOTHING")
		return b.String()
	}
	b.WriteString("UPDATE SET ")
	for i, c := range t.Columns[t.Keys:] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = EXCLUDED.%s", c.Name, c.Name)
	}
	return b.String()
}

// setSQL changes one row and fails when there is none: dividing by the number
// of rows makes Postgres end the transaction, although the statement travels in
// one batch with the commit.
func setSQL(schema string, c *project.Change) string {
	var b strings.Builder
	b.WriteString("WITH changed AS (UPDATE " + schema + c.Table.Name + " SET ")
	first := len(c.Key) + 2
	for i, col := range c.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = $%d", c.Table.Columns[col].Name, first+i)
	}
	b.WriteString(" WHERE project_id = $1")
	for i := range c.Key {
		fmt.Fprintf(&b, " AND %s = $%d", c.Table.Columns[i].Name, i+2)
	}
	b.WriteString(" RETURNING 1) SELECT 1 / count(*) FROM changed")
	return b.String()
}

func deleteSQL(schema string, c *project.Change) string {
	var b strings.Builder
	b.WriteString("DELETE FROM " + schema + c.Table.Name + " WHERE project_id = $1")
	for i := range c.Key {
		fmt.Fprintf(&b, " AND %s = $%d", c.Table.Columns[i].Name, i+2)
	}
	return b.String()
}
