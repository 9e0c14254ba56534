package project

import (
	"strings"

	"github.com/google/uuid"
)

// Table describes one projection table. Every table also has the column
// project_id, which comes first in its primary key.
type Table struct {
	// Name is the table's name in the database.
	Name string
	// Keys is how many of Columns, from the first, complete the primary key.
	Keys int
	// Columns are the other columns, in the order of the database.
	Columns []Column

	index map[string]int
}

// Column is one column of a projection table, with the value that a row has
// when nothing else was said.
type Column struct {
	Name    string
	Default any
}

// Index returns the position of a column, or -1.
func (t *Table) Index(column string) int {
	if i, ok := t.index[column]; ok {
		return i
	}
	return -1
}

func table(name string, keys int, columns ...Column) *Table {
	t := &Table{Name: name, Keys: keys, Columns: columns, index: make(map[string]int, len(columns))}
	for i, c := range columns {
		t.index[c.Name] = i
	}
	return t
}

func text(name string) Column     { return Column{name, ""} }
func number(name string) Column   { return Column{name, int64(0)} }
func truth(name string) Column    { return Column{name, false} }
func moment(name string) Column   { return Column{name, nil} }
func texts(name string) Column    { return Column{name, []string{}} }
func document(name string) Column { return Column{name, "{}"} }

// The projection tables. A test holds them against the migrated database.
//
//nolint:gochecknoglobals // fixed descriptions, never written to
var (
	TableProjects = table("projects", 0,
		text("slug"), text("name"), text("description"), text("type"), text("preset"), text("tier"),
		text("deployment_mode"), truth("has_ui"), text("level"), text("teaching_level"), text("docs_dir"),
		text("phase"), text("blocked_from"), truth("archived"), document("intake"), text("workflow_digest"),
		text("workflow_source"), text("created_by"), moment("created_at"), moment("updated_at"))
	TableWorkflows = table("workflows", 0, document("definition"), text("digest"), text("accepted_by"), moment("accepted_at"))
	TableGates     = table("gates", 1,
		text("gate_id"), number("position"), text("phase"), text("title"), truth("applies"), text("status"),
		number("since_version"), text("commit_id"), text("tree"), text("brief"), text("presented_by"),
		moment("presented_at"), text("decided_by"), moment("decided_at"), text("level"), text("note"),
		truth("forced"), truth("conditional"), number("version"), text("signer"), text("requested_through"),
		moment("requested_at"))
	TableConditions = table("gate_conditions", 1,
		text("condition_id"), text("gate_id"), text("body"), text("blocks"), text("status"), text("resolution"),
		moment("created_at"))
	TableProofs = table("proofs", 1,
		text("proof_id"), text("gate_id"), text("type"), text("grade"), text("result"), text("summary"),
		text("sha256"), number("size"), texts("command"), number("exit_code"), text("parser"), text("tree_before"),
		text("tree_after"), texts("paths"), text("commit_id"), text("env_digest"), number("duration_ms"),
		texts("reasons"), document("report"), text("workflow_digest"), text("statement"), text("level"),
		text("observed_by"), text("invalidated"), moment("created_at"), number("version"))
	TableTasks = table("tasks", 1,
		text("task_id"), text("title"), text("description"), text("type"), text("priority"), text("status"),
		text("owner"), text("phase"), text("gate_id"), text("parent"), texts("spec_refs"), texts("story_refs"),
		text("claimed_by"), moment("lease_until"), text("blocked_reason"), text("blocked_by"), moment("blocked_at"),
		text("promoted_from"), text("deferred_gate"), text("deferred_reason"), text("result"), moment("created_at"),
		moment("updated_at"), moment("finished_at"), number("version"), number("created_version"),
		Column{"rank", float64(0)}, truth("unlisted"))
	TableDependencies = table("task_dependencies", 2, text("task_id"), text("depends_on"))
	TableDocuments    = table("documents", 1,
		text("document_id"), text("title"), text("path"), text("kind"), text("sha256"), number("size"),
		Column{"content_version", int64(1)}, truth("locked"), text("created_by"), moment("created_at"), moment("updated_at"))
	TableDeliverables = table("deliverables", 1,
		text("deliverable_id"), text("gate_id"), text("kind"), text("title"), text("path"), text("role"), text("status"),
		text("sha256"), text("note"), text("decided_by"), moment("updated_at"))
	TableDecisions = table("decisions", 1,
		text("decision_id"), text("title"), text("context"), text("decision"), text("rationale"), texts("alternatives"),
		text("consequences"), text("status"), text("gate_id"), text("superseded_by"), text("reversed_reason"),
		text("created_by"), moment("created_at"), number("version"))
	TableMemories = table("memories", 1,
		text("memory_id"), text("kind"), text("scope"), text("title"), text("content"), Column{"confidence", float64(1)},
		texts("tags"), texts("links"), text("retracted"), text("created_by"), moment("created_at"), number("version"),
		truth("unlisted"))
	TableNotes = table("notes", 1,
		text("note_id"), text("kind"), text("subject"), text("body"), text("created_by"), moment("created_at"), number("version"))
	TableRisks = table("risks", 1,
		text("risk_id"), text("title"), text("description"), text("probability"), text("impact"), text("mitigation"),
		text("status"), text("note"), text("created_by"), moment("created_at"))
	TableBlockers = table("blockers", 1,
		text("blocker_id"), text("title"), text("description"), text("severity"), text("gate_id"), number("level"),
		text("status"), text("resolution"), text("created_by"), moment("created_at"), moment("resolved_at"))
	TableQuestions = table("questions", 1,
		text("question_id"), text("kind"), text("asked_of"), text("question"), texts("options"), truth("blocking"),
		text("status"), text("answer"), text("answered_by"), text("created_by"), moment("created_at"), moment("answered_at"))
	TableFeedback = table("feedback", 1,
		text("feedback_id"), text("gate_id"), text("role"), text("body"), text("status"), text("resolution"),
		text("created_by"), moment("created_at"))
	TableConstraints = table("constraints", 1,
		text("constraint_key"), text("value"), text("reason"), text("set_by"), moment("set_at"))
	TableTrust = table("trust", 1,
		text("subject"), text("digest"), text("level"), text("granted_by"), moment("granted_at"))
	TableSigners = table("signers", 1,
		text("fingerprint"), text("name"), text("kind"), text("public_key"), truth("presence"), texts("gates"),
		text("added_by"), moment("added_at"), moment("removed_at"), number("version"))
	TableFileTexts     = table("file_texts", 2, text("file"), text("anchor"), text("body"))
	TableSyncConflicts = table("sync_conflicts", 1,
		text("conflict_id"), text("file"), text("record"), text("field"), text("base"), text("ours"), text("theirs"),
		text("reason"), text("status"), text("choice"), text("value"), text("found_by"), moment("found_at"),
		text("resolved_by"), moment("resolved_at"))
	TableRuns = table("agent_runs", 1,
		text("run_id"), text("role"), text("task_id"), text("gate_id"), text("prompt"), text("queue"), number("priority"),
		texts("reasons"), truth("chosen"), text("asked_provider"), text("asked_model"), number("max_cost_micros"), text("retry_of"),
		text("status"), number("attempt"), text("worker"), text("provider"), text("model"), text("role_digest"),
		text("context_digest"), text("summary"), texts("files"), number("tool_calls"), text("branch"), text("commit_id"),
		text("output"), text("code"), text("reason"), number("input_tokens"), number("output_tokens"), number("cached_tokens"),
		number("cache_write_tokens"), number("cost_micros"), truth("cost_unknown"), number("duration_ms"), text("created_by"),
		moment("created_at"), moment("started_at"), moment("finished_at"), number("version"))
	TableHandoffs = table("handoffs", 1,
		text("handoff_id"), text("from_role"), text("to_role"), text("phase"), text("task_id"), text("run_id"),
		texts("deliverables"), text("status"), text("notes"), text("created_by"), moment("created_at"), number("version"))
	TableBudgets = table("budgets", 2,
		text("scope"), text("subject"), number("limit_micros"), text("action"), text("reason"), text("set_by"),
		moment("set_at"), moment("exceeded_at"), number("exceeded_micros"))
)

// Tables returns every projection table, in the order in which they are filled.
func Tables() []*Table {
	return []*Table{
		TableProjects, TableWorkflows, TableGates, TableConditions, TableProofs, TableTasks, TableDependencies,
		TableDocuments, TableDeliverables, TableDecisions, TableMemories, TableNotes, TableRisks, TableBlockers,
		TableQuestions, TableFeedback, TableConstraints, TableTrust, TableSigners, TableFileTexts, TableSyncConflicts,
		TableRuns, TableHandoffs, TableBudgets,
	}
}

// Op is what a change does to a row.
type Op int

// The operations.
const (
	// OpInsert writes a whole row; that there is one with the same key already
	// is an error.
	OpInsert Op = iota
	// OpPut writes a whole row, replacing one with the same key.
	OpPut
	// OpSet changes some columns of a row that must exist.
	OpSet
	// OpDelete removes the row with the key, or with a nil key all rows of the
	// project.
	OpDelete
)

// Change is one change to one row of a projection.
type Change struct {
	Table *Table
	Op    Op
	// Key holds the values of the key columns, without project_id.
	Key []any
	// Row is the whole row of an OpInsert or OpPut, aligned with Table.Columns.
	Row []any
	// Columns and Values are the columns that an OpSet changes, by position.
	Columns []int
	Values  []any
}

// Fields names columns and their values.
type Fields []Field

// Field is one column's value.
type Field struct {
	Column string
	Value  any
}

// put returns the change that writes a whole row; columns not named get their
// defaults. It panics on an unknown column, which is a mistake in this package.
func put(t *Table, fields Fields) Change {
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		row[i] = c.Default
	}
	for _, f := range fields {
		row[t.must(f.Column)] = storable(f.Value)
	}
	return Change{Table: t, Op: OpPut, Key: row[:t.Keys], Row: row}
}

// insert is put for a row that must not exist yet.
func insert(t *Table, fields Fields) Change {
	c := put(t, fields)
	c.Op = OpInsert
	return c
}

// set returns the change that writes some columns of an existing row.
func set(t *Table, key []any, fields Fields) Change {
	c := Change{Table: t, Op: OpSet, Key: key, Columns: make([]int, 0, len(fields)), Values: make([]any, 0, len(fields))}
	for _, f := range fields {
		c.Columns = append(c.Columns, t.must(f.Column))
		c.Values = append(c.Values, storable(f.Value))
	}
	return c
}

// storable returns a value as Postgres can hold it: text there cannot contain a
// NUL character, which tools do print and file names of reports may hold. What
// people write is refused for it; see checker.
func storable(v any) any {
	const nul, replacement = "\x00", "\uFFFD"
	switch v := v.(type) {
	case string:
		if strings.Contains(v, nul) {
			return strings.ReplaceAll(v, nul, replacement)
		}
	case []string:
		for i, s := range v {
			if strings.Contains(s, nul) {
				v[i] = strings.ReplaceAll(s, nul, replacement)
			}
		}
	}
	return v
}

func remove(t *Table, key ...any) Change { return Change{Table: t, Op: OpDelete, Key: key} }

func (t *Table) must(column string) int {
	i, ok := t.index[column]
	if !ok {
		panic("project: table " + t.Name + " has no column " + column)
	}
	return i
}

// Rows is what a stream folds to: for each table, its rows by key.
type Rows struct {
	Project uuid.UUID
	tables  map[*Table]map[string][]any
}

// NewRows returns the empty state of a project.
func NewRows(project uuid.UUID) *Rows {
	r := &Rows{Project: project, tables: map[*Table]map[string][]any{}}
	for _, t := range Tables() {
		r.tables[t] = map[string][]any{}
	}
	return r
}
