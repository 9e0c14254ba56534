package project

import (
	"time"

	"github.com/layercake-dev/layercake/core/event"
)

// The states of a conflict between a file and the database.
const (
	ConflictOpen     = "open"
	ConflictResolved = "resolved"
)

// sync applies the events about the markdown files.
func (a applier) sync(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.FileSyncedPayload:
		changes := make([]Change, 0, len(p.Texts))
		for _, t := range p.Texts {
			if t.Text == "" {
				changes = append(changes, remove(TableFileTexts, p.File, t.Anchor))
				continue
			}
			changes = append(changes, put(TableFileTexts, Fields{{"file", p.File}, {"anchor", t.Anchor}, {"body", t.Text}}))
		}
		return changes, true
	case *event.SyncConflictDetectedPayload:
		return []Change{insert(TableSyncConflicts, Fields{
			{"conflict_id", p.ID}, {"file", p.File}, {"record", p.Record}, {"field", p.Field}, {"base", p.Base}, {"ours", p.Ours},
			{"theirs", p.Theirs}, {"reason", p.Reason}, {"status", ConflictOpen}, {"found_by", a.e.Actor}, {"found_at", a.at()},
		})}, true
	case *event.SyncConflictResolvedPayload:
		return []Change{set(TableSyncConflicts, []any{p.ID}, Fields{
			{"status", ConflictResolved}, {"choice", p.Choice}, {"value", p.Value}, {"resolved_by", a.e.Actor}, {"resolved_at", a.at()},
		})}, true
	}
	return nil, false
}

// origin is who recorded something: somebody elsewhere, when it was read from
// the files of another database.
func (a applier) origin(o *event.Origin) string {
	if o == nil || o.By == "" {
		return a.e.Actor
	}
	return o.By
}

// since is when something was recorded, as origin.
func (a applier) since(o *event.Origin) any {
	if o == nil {
		return a.at()
	}
	day, err := time.Parse(time.DateOnly, o.On)
	if err != nil {
		return a.at()
	}
	return day
}

// amended applies the events in which the wording of a record changes.
func (a applier) amended(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.DecisionAmendedPayload:
		fields := given([]textField{
			{"title", p.Title}, {"context", p.Context}, {"decision", p.Decision}, {"rationale", p.Rationale},
			{"consequences", p.Consequences}, {"status", p.Status}, {"gate_id", p.Gate},
		})
		fields = append(fields, givenList("alternatives", p.Alternatives)...)
		return []Change{set(TableDecisions, []any{p.ID}, append(fields, Field{"version", a.e.Version}))}, true
	case *event.MemoryAmendedPayload:
		fields := given([]textField{{"kind", p.Kind}, {"scope", p.Scope}, {"title", p.Title}, {"content", p.Content}})
		if p.Confidence != nil {
			fields = append(fields, Field{"confidence", *p.Confidence})
		}
		fields = append(append(fields, givenList("tags", p.Tags)...), givenList("links", p.Links)...)
		return []Change{set(TableMemories, []any{p.ID}, append(fields, Field{"version", a.e.Version}))}, true
	case *event.NoteAmendedPayload:
		fields := given([]textField{{"body", p.Text}, {"subject", p.Subject}})
		return []Change{set(TableNotes, []any{p.ID}, append(fields, Field{"version", a.e.Version}))}, true
	}
	return nil, false
}

// textField is a column and the value that an event may give it.
type textField struct {
	column string
	value  *string
}

// given returns the columns that have a value.
func given(all []textField) Fields {
	var fields Fields
	for _, f := range all {
		if f.value != nil {
			fields = append(fields, Field{f.column, *f.value})
		}
	}
	return fields
}

func givenList(column string, value *[]string) Fields {
	if value == nil {
		return nil
	}
	return Fields{{column, list(*value)}}
}
