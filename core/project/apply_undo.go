package project

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/layercake-dev/layercake/core/event"
)

// The columns that say when a row was last touched. Taking a change back touches
// it again: they are all that is not as it was before.
const (
	columnVersion = "version"
	columnUpdated = "updated_at"
)

// restorable returns the tables in which a change can be taken back. There is no
// gate, proof, deliverable, signer or workflow among them: whatever an event says,
// none of these comes back by undoing.
func restorable() []*Table {
	return []*Table{
		TableProjects, TableTasks, TableDependencies, TableDocuments, TableDecisions, TableMemories, TableNotes, TableRisks,
		TableBlockers, TableQuestions, TableFeedback, TableConstraints,
	}
}

// projectColumns are the columns of a project that can be taken back.
func projectColumns() []string { return []string{"name", "description", "teaching_level"} }

// undone applies the event that takes a change back: it holds all that is needed.
func (a applier) undone(p *event.ChangeUndonePayload) ([]Change, error) {
	changes := make([]Change, 0, len(p.Rows))
	for i := range p.Rows {
		c, err := a.restored(&p.Rows[i])
		if err != nil {
			return nil, fmt.Errorf("event %d takes back what cannot be: %w", a.e.Version, err)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func (a applier) restored(r *event.RestoredRow) (Change, error) {
	tables := restorable()
	i := slices.IndexFunc(tables, func(t *Table) bool { return t.Name == r.Table })
	if i < 0 {
		return Change{}, fmt.Errorf("a row of %q", r.Table)
	}
	t := tables[i]
	if len(r.Key) != t.Keys || t.Keys == 0 && r.Do != event.RestoreSet {
		return Change{}, fmt.Errorf("%s %v", r.Table, r.Key)
	}
	key := make([]any, len(r.Key))
	fields := make(Fields, 0, len(r.Values)+len(r.Key)+2)
	for i, part := range r.Key {
		key[i] = part
		if r.Do == event.RestoreAdd {
			fields = append(fields, Field{t.Columns[i].Name, part})
		}
	}
	for i := t.Keys; i < len(t.Columns); i++ {
		raw, ok := r.Values[t.Columns[i].Name]
		if !ok {
			continue
		}
		if t == TableProjects && !slices.Contains(projectColumns(), t.Columns[i].Name) {
			return Change{}, fmt.Errorf("the project's %s", t.Columns[i].Name)
		}
		v, err := cell(&t.Columns[i], raw)
		if err != nil {
			return Change{}, fmt.Errorf("%s %v: %w", r.Table, r.Key, err)
		}
		fields = append(fields, Field{t.Columns[i].Name, v})
	}
	if t.Index(columnUpdated) >= 0 {
		fields = append(fields, Field{columnUpdated, a.at()})
	}
	if t.Index(columnVersion) >= 0 {
		fields = append(fields, Field{columnVersion, a.e.Version})
	}
	switch r.Do {
	case event.RestoreSet:
		return set(t, key, fields), nil
	case event.RestoreRemove:
		return remove(t, key...), nil
	case event.RestoreAdd:
		return insert(t, fields), nil
	}
	return Change{}, fmt.Errorf("%s by %q", r.Table, r.Do)
}

// cell reads a value of a column; its default says of which kind it is.
func cell(c *Column, raw json.RawMessage) (any, error) {
	switch c.Default.(type) {
	case string:
		return decoded[string](raw)
	case int64:
		return decoded[int64](raw)
	case float64:
		return decoded[float64](raw)
	case bool:
		return decoded[bool](raw)
	case []string:
		v, err := decoded[[]string](raw)
		return list(v), err
	}
	v, err := decoded[*time.Time](raw)
	if err != nil || v == nil {
		return nil, err
	}
	return v.UTC(), nil
}

func decoded[T any](raw json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", raw, err)
	}
	return v, nil
}
