package event

import "encoding/json"

// What a [RestoredRow] does.
const (
	RestoreSet    = "set"
	RestoreRemove = "remove"
	RestoreAdd    = "add"
)

// RestoredRow is a record as it was before a change that is taken back.
type RestoredRow struct {
	// Table is the table of the record, such as "tasks", and Key its id there.
	Table string   `json:"table"`
	Key   []string `json:"key"`
	// Do is "set" when some columns get their old values, "remove" when there
	// was no such record, "add" when it was removed and comes back whole.
	Do string `json:"do"`
	// Values are the old values by column; other columns stay as they are.
	Values map[string]json.RawMessage `json:"values,omitempty"`
}

// ChangeUndone is the type of the events in which an earlier change is taken back.
const ChangeUndone Type = "ChangeUndone"

// ChangeUndonePayload is the payload of [ChangeUndone].
type ChangeUndonePayload struct {
	// First and Last are the events that are taken back: everything that one
	// command wrote.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
	// Types are the types of these events, in their order.
	Types  []string `json:"types"`
	Reason string   `json:"reason,omitempty"`
	// Rows are the records that the change touched, as they were before it.
	Rows []RestoredRow `json:"rows"`
}

// EventType returns [ChangeUndone].
func (*ChangeUndonePayload) EventType() Type { return ChangeUndone }

// useOfRestored returns what a field of a restored record is there for. path is
// where it stands, such as "rows/0/values/title".
func useOfRestored(parts []string) Use {
	const inValues = 4
	if len(parts) < inValues || parts[2] != "values" {
		return UseFixed
	}
	switch parts[3] {
	case "path":
		return UseName
	case "title", "description", "blocked_reason", "deferred_reason", "result", "context", "decision", "rationale", "alternatives",
		"consequences", "reversed_reason", "content", "tags", "links", "retracted", "body", "subject", "question", "options", "answer",
		"mitigation", "note", "resolution", "reason", "value", "name", "spec_refs", "story_refs":
		return UseText
	}
	return UseFixed
}
