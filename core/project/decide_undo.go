package project

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// UndoAct takes an act back.
type UndoAct struct {
	// First is the first event of the act.
	First  int64
	Reason string

	act *Act
	// head is the end of the log on which the plan was made, rows what it
	// restores.
	head    int64
	rows    []event.RestoredRow
	changes []RowChange
}

// PlanUndo returns the command that takes an act back. before is what the log
// folds to before the act, and is folded further by it; head is the end of the
// log up to which nothing speaks against it.
func PlanUndo(before *Rows, act *Act, head int64) (*UndoAct, error) {
	c := &UndoAct{First: act.First(), act: act, head: head}
	changes, err := before.FoldAct(act)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		made := &changes[i]
		r, err := restore(made.Table, made.Key, made.Before, made.After)
		if err != nil {
			return nil, err
		}
		if r.Do != event.RestoreSet || len(r.Values) > 0 {
			c.rows = append(c.rows, *r)
			c.changes = append(c.changes, RowChange{Table: made.Table, Key: made.Key, Before: made.After, After: made.Before})
		}
	}
	return c, nil
}

// restore says how a row becomes again what it was.
func restore(t *Table, key, was, is []any) (*event.RestoredRow, error) {
	r := &event.RestoredRow{Table: t.Name, Key: make([]string, len(key)), Values: map[string]json.RawMessage{}}
	for i, k := range key {
		r.Key[i] = k.(string) //nolint:forcetypeassert // keys are texts by construction
	}
	switch {
	case was == nil:
		r.Do = event.RestoreRemove
		return r, nil
	case is == nil:
		r.Do = event.RestoreAdd
	default:
		r.Do = event.RestoreSet
	}
	for i := t.Keys; i < len(t.Columns); i++ {
		name := t.Columns[i].Name
		if name == columnVersion || name == columnUpdated || r.Do == event.RestoreSet && sameCell(was[i], is[i]) {
			continue
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(was[i]); err != nil {
			return nil, fmt.Errorf("encode %s.%s: %w", t.Name, name, err)
		}
		r.Values[name] = bytes.TrimRight(b.Bytes(), "\n")
	}
	return r, nil
}

// CommandName returns "log.undo".
func (*UndoAct) CommandName() string { return "log.undo" }

// Needs returns what happened since the plan was made, the records that come to be
// named again, and where the dependencies lead that come back.
func (c *UndoAct) Needs() Needs {
	n := Needs{NoGates: true, After: c.head, Tasks: c.named(TableTasks), Decisions: c.named(TableDecisions)}
	for _, d := range c.dependencies() {
		n.Reach = append(n.Reach, d[1])
	}
	return n
}

// named are the records of a table that those which come back name, but for those
// that come back themselves.
func (c *UndoAct) named(t *Table) []string {
	var ids []string
	add := func(id string) {
		back := func(r event.RestoredRow) bool { return r.Table == t.Name && r.Do == event.RestoreAdd && r.Key[0] == id }
		if id != "" && !slices.ContainsFunc(c.rows, back) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for i := range c.rows {
		for _, column := range []string{"parent", "blocked_by", "superseded_by"} {
			var id string
			if raw, ok := c.rows[i].Values[column]; ok && namedTable(column) == t && json.Unmarshal(raw, &id) == nil {
				add(id)
			}
		}
	}
	if t == TableTasks {
		for _, d := range c.dependencies() {
			add(d[0])
			add(d[1])
		}
	}
	return ids
}

// dependencies are those that come back, each as the task and what it waits for.
func (c *UndoAct) dependencies() [][]string {
	var back [][]string
	for i := range c.rows {
		if r := &c.rows[i]; r.Table == TableDependencies.Name && r.Do != event.RestoreRemove {
			back = append(back, r.Key)
		}
	}
	return back
}

// Changes are what taking the act back changes, from what it had led to.
func (c *UndoAct) Changes() []RowChange { return c.changes }

// Act is what is taken back.
func (c *UndoAct) Act() *Act { return c.act }

// Types are the types of the events that are taken back.
func (c *UndoAct) Types() []string {
	types := make([]string, len(c.act.Events))
	for i := range c.act.Events {
		types[i] = string(c.act.Events[i].Type)
	}
	return types
}

// Decide looks once more at whether the act can be taken back, and at what came
// since the plan was made.
func (c *UndoAct) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.body("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	if err := c.since(s.Later, m); err != nil {
		return nil, err
	}
	if len(c.rows) == 0 {
		return nil, fault.Conflict("undo_nothing", "event %d changed nothing, so there is nothing to undo", c.First).
			WithHint("run `layercake undo --list` to see what can be undone")
	}
	if err := c.stillThere(s); err != nil {
		return nil, err
	}
	for _, d := range c.dependencies() {
		if path := findPath(s.Reach, d[1], d[0]); path != nil {
			return nil, fault.Conflict("dependency_cycle", "event %d cannot be undone: %s would wait for %s again, and that closes a circle now",
				c.First, TaskID(d[0]), TaskID(d[1])).WithHint("run `layercake task show %s`", TaskID(d[1]))
		}
	}
	return []event.Payload{&event.ChangeUndonePayload{
		First: c.act.First(), Last: c.act.Last(), Types: c.Types(), Reason: c.Reason, Rows: c.rows,
	}}, nil
}

// stillThere refuses to bring back what names a record that is gone.
func (c *UndoAct) stillThere(s *State) error {
	gone := ""
	for _, id := range c.named(TableTasks) {
		if s.Tasks[id] == nil {
			gone = TaskID(id)
		}
	}
	for _, id := range c.named(TableDecisions) {
		if s.Decisions[id] == nil {
			gone = PrefixDecision + id
		}
	}
	if gone == "" {
		return nil
	}
	return fault.Conflict("undo_names_gone", "event %d cannot be undone: what comes back names %s, which was undone since", c.First, gone).
		WithHint("bring that back first: `layercake log --type ChangeUndone` shows what was undone")
}

// since refuses what cannot be taken back, or was touched after the plan was made,
// if only by an undo: what came before it may count again.
func (c *UndoAct) since(later []event.Envelope, m Meta) error {
	why, err := undoable(c.act, m.Actor)
	if err != nil {
		return err
	}
	if why != nil {
		return why
	}
	owned, _, err := footprint(c.act)
	if err != nil {
		return err
	}
	for i := range later {
		_, named, err := footprint(&Act{Events: later[i : i+1]})
		if err != nil {
			return err
		}
		for _, record := range named {
			if slices.Contains(owned, record) {
				return touchedSince(c.act, record, &later[i])
			}
		}
	}
	return nil
}
