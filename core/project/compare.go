package project

import (
	"bytes"
	"slices"
	"time"
)

// RowChange is how one row of a projection differs between two moments. Before is
// nil when there was no such row, After when there is none any more.
type RowChange struct {
	Table         *Table
	Key           []any
	Before, After []any
}

// CellChange is how one column differs. Its values are nil in a row that is not
// there.
type CellChange struct {
	Column        string
	Before, After any
}

// Cells lists the columns that differ, without the key. Of a row that appears or
// vanishes, these are the columns that have not their default.
func (c *RowChange) Cells() []CellChange {
	var cells []CellChange
	for i := c.Table.Keys; i < len(c.Table.Columns); i++ {
		cell := CellChange{Column: c.Table.Columns[i].Name}
		before, after := c.Table.Columns[i].Default, c.Table.Columns[i].Default
		if c.Before != nil {
			cell.Before, before = c.Before[i], c.Before[i]
		}
		if c.After != nil {
			cell.After, after = c.After[i], c.After[i]
		}
		if !sameCell(before, after) {
			cells = append(cells, cell)
		}
	}
	return cells
}

// Compare lists the rows that differ between two states, table by table, in the
// order of their keys.
func Compare(before, after *Rows) []RowChange {
	var changes []RowChange
	for _, t := range Tables() {
		keys := map[string]bool{}
		for key := range before.tables[t] {
			keys[key] = true
		}
		for key := range after.tables[t] {
			keys[key] = true
		}
		sorted := make([]string, 0, len(keys))
		for key := range keys {
			if !sameRow(before.tables[t][key], after.tables[t][key]) {
				sorted = append(sorted, key)
			}
		}
		slices.Sort(sorted)
		for _, key := range sorted {
			c := RowChange{Table: t, Before: before.tables[t][key], After: after.tables[t][key]}
			c.Key = c.row()[:t.Keys]
			changes = append(changes, c)
		}
	}
	return changes
}

// row is the row as it is, or as it was when it is gone.
func (c *RowChange) row() []any {
	if c.After != nil {
		return c.After
	}
	return c.Before
}

// FoldAct applies an act to the rows and returns which of them are others
// afterwards, in the order in which they were first touched.
func (r *Rows) FoldAct(a *Act) ([]RowChange, error) {
	var touched []RowChange
	seen := map[string]bool{}
	for i := range a.Events {
		changes, err := Apply(&a.Events[i])
		if err != nil {
			return nil, err
		}
		for j := range changes {
			for _, key := range r.keysOf(&changes[j]) {
				t := changes[j].Table
				if name := t.Name + "\x00" + key; !seen[name] {
					seen[name] = true
					touched = append(touched, RowChange{Table: t, Before: slices.Clone(r.tables[t][key]), Key: changes[j].Key})
				}
			}
		}
		if err := r.FoldChanges(&a.Events[i], changes); err != nil {
			return nil, err
		}
	}
	differing := touched[:0]
	for _, c := range touched {
		key := keyOf(c.Key)
		if c.Key == nil {
			c.Key = c.Before[:c.Table.Keys]
			key = keyOf(c.Key)
		}
		if c.After = slices.Clone(r.tables[c.Table][key]); !sameRow(c.Before, c.After) {
			differing = append(differing, c)
		}
	}
	return differing, nil
}

// keysOf are the keys of the rows that a change touches.
func (r *Rows) keysOf(c *Change) []string {
	if c.Op != OpDelete || c.Key != nil {
		return []string{keyOf(c.Key)}
	}
	keys := make([]string, 0, len(r.tables[c.Table]))
	for key := range r.tables[c.Table] {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func sameRow(a, b []any) bool {
	return (a == nil) == (b == nil) && slices.EqualFunc(a, b, sameCell)
}

// sameCell reports whether two values of a column are the same.
func sameCell(a, b any) bool {
	switch a := a.(type) {
	case []string:
		other, ok := b.([]string)
		return ok && slices.Equal(a, other)
	case []byte:
		other, ok := b.([]byte)
		return ok && bytes.Equal(a, other)
	case time.Time:
		other, ok := b.(time.Time)
		return ok && a.Equal(other)
	}
	return a == b
}
