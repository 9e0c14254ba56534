package core

import (
	"strings"

	"github.com/layercake-dev/layercake/core/project"
)

// RecordChange is how a record differs between two moments.
type RecordChange struct {
	// Record is its kind, such as "task", and ID as people see it.
	Record string `json:"record"`
	ID     string `json:"id"`
	// Title names it for people, when it has a name.
	Title string `json:"title"`
	// Change is "added", "removed" or "changed".
	Change string        `json:"change"`
	Fields []FieldChange `json:"fields"`
}

// FieldChange is how a field of a record differs. From is null in a record that
// was not there, To in one that is gone.
type FieldChange struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// recordChanges describes how rows differ.
func recordChanges(rows []project.RowChange) []RecordChange {
	out := make([]RecordChange, 0, len(rows))
	for i := range rows {
		out = append(out, recordChange(&rows[i]))
	}
	return out
}

func recordChange(c *project.RowChange) RecordChange {
	r := RecordChange{Record: recordKind(c.Table), ID: recordID(c.Table, c.Key), Change: "changed", Fields: []FieldChange{}}
	row := c.After
	switch {
	case c.Before == nil:
		r.Change = "added"
	case c.After == nil:
		r.Change, row = "removed", c.Before
	}
	for _, name := range []string{"title", "name", "question", "body", "summary"} {
		if i := c.Table.Index(name); i >= 0 {
			if title, _ := row[i].(string); title != "" {
				r.Title, _, _ = strings.Cut(title, "\n")
				break
			}
		}
	}
	for _, cell := range c.Cells() {
		r.Fields = append(r.Fields, FieldChange{Field: cell.Column, From: cell.Before, To: cell.After})
	}
	return r
}

// recordKind is what a table holds one of in each row.
func recordKind(t *project.Table) string {
	switch t {
	case project.TableConditions:
		return string(KindCondition)
	case project.TableDependencies:
		return "dependency"
	case project.TableMemories:
		return string(KindMemory)
	}
	return strings.ReplaceAll(strings.TrimSuffix(t.Name, "s"), "_", " ")
}

// recordID is the key of a row as people see it.
func recordID(t *project.Table, key []any) string {
	prefix := Kind(recordKind(t)).Prefix()
	if t == project.TableDependencies {
		prefix = KindTask.Prefix()
	}
	parts := make([]string, len(key))
	for i, k := range key {
		part, _ := k.(string)
		parts[i] = prefix + part
	}
	return strings.Join(parts, " ")
}
