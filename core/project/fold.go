package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
)

// Fold applies one event to the rows. It returns an error if the event cannot
// be read or does not fit the rows; the rows are then unusable.
func (r *Rows) Fold(e *event.Envelope) error {
	changes, err := Apply(e)
	if err != nil {
		return err
	}
	return r.FoldChanges(e, changes)
}

// FoldChanges is [Rows.Fold] with what [Apply] makes of the event, which can be
// worked out for many events at once.
func (r *Rows) FoldChanges(e *event.Envelope, changes []Change) error {
	for i := range changes {
		if err := r.change(&changes[i]); err != nil {
			return fmt.Errorf("event %d (%s): %w", e.Version, e.Type, err)
		}
	}
	return nil
}

func (r *Rows) change(c *Change) error {
	rows := r.tables[c.Table]
	switch c.Op {
	case OpInsert:
		if _, taken := rows[keyOf(c.Key)]; taken {
			return fmt.Errorf("table %s has a row %v already", c.Table.Name, c.Key)
		}
		rows[keyOf(c.Key)] = c.Row
	case OpPut:
		rows[keyOf(c.Key)] = c.Row
	case OpSet:
		row, ok := rows[keyOf(c.Key)]
		if !ok {
			return fmt.Errorf("table %s has no row %v to change", c.Table.Name, c.Key)
		}
		for i, col := range c.Columns {
			row[col] = c.Values[i]
		}
	case OpDelete:
		if c.Key == nil {
			clear(rows)
			return nil
		}
		delete(rows, keyOf(c.Key))
	}
	return nil
}

// Count returns how many rows a table has.
func (r *Rows) Count(t *Table) int { return len(r.tables[t]) }

// Table returns the rows of one table in the order of their keys. The slices
// belong to r.
func (r *Rows) Table(t *Table) [][]any {
	keys := make([]string, 0, len(r.tables[t]))
	for k := range r.tables[t] {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	rows := make([][]any, 0, len(keys))
	for _, k := range keys {
		rows = append(rows, r.tables[t][k])
	}
	return rows
}

// keyOf joins key values; all keys are texts, and none contains a NUL.
func keyOf(key []any) string {
	if len(key) == 1 {
		return key[0].(string) //nolint:forcetypeassert // keys are texts by construction
	}
	parts := make([]string, len(key))
	for i, k := range key {
		parts[i] = k.(string) //nolint:forcetypeassert // keys are texts by construction
	}
	return strings.Join(parts, "\x00")
}
