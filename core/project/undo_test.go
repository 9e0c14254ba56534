package project_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/project/projecttest"
)

// TestUndoRestores gives random commands, and takes random ones of them back. Each
// record that the command had touched is then as it was before it, but for the
// columns that say when it was touched last; nothing else is another, and least of
// all a gate or what it is judged by. What the scan refuses, the decision refuses.
func TestUndoRestores(t *testing.T) {
	t.Parallel()
	done, refused := map[string]int{}, map[string]int{}
	check := func(rt *rapid.T) {
		w := projecttest.Workflow()
		m := projecttest.NewMemory()
		now := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
		require.NoError(rt, m.Do(projecttest.NewProject(w), projecttest.Actors()[0], now))
		for n := range rapid.IntRange(10, 80).Draw(rt, "commands") {
			by := rapid.SampledFrom(projecttest.Actors()).Draw(rt, "actor")
			now = now.Add(time.Second)
			switch rapid.IntRange(0, 9).Draw(rt, "sort of command") {
			case 0, 1, 2, 3:
				_ = m.Do(projecttest.Draw(rt, projecttest.View(m), projecttest.Fresh(n)), by, now) // refused or not
			case 4, 5, 6:
				_ = m.Do(projecttest.DrawRecord(rt, m.State(), projecttest.Fresh(n)), by, now) // as above
			default:
				tryUndo(rt, m, by, now, done, refused)
			}
		}
	}
	for range faulttest.Rounds(20, 400) {
		rapid.Check(t, check) // a hundred sequences
	}
	t.Logf("undone: %v; refused: %v", done, refused)
	require.Greater(t, len(done), 20) // TestEveryTypeIsUndone tries them all
	for _, outcome := range []string{"changed_since", "already_undone", "undo_refused", "undo_not_yours", "person_required"} {
		require.NotZero(t, refused[outcome], outcome)
	}
}

// tryUndo takes one act back, or sees that it is refused.
func tryUndo(rt *rapid.T, m *projecttest.Memory, by project.Actor, now time.Time, done, refused map[string]int) {
	acts := project.Acts(m.Log)
	at := rapid.IntRange(max(0, len(acts)-8), len(acts)-1).Draw(rt, "act") // near the end, where it is not all refused
	act := &acts[at]
	if rapid.Bool().Draw(rt, "by who did it") {
		for _, actor := range projecttest.Actors() {
			if actor.String() == act.Events[0].Actor {
				by = actor
			}
		}
	}
	scan := project.NewUndoScan(by)
	var why *fault.Error
	for i := len(acts) - 1; i >= at; i-- {
		var err error
		why, err = scan.Next(&acts[i])
		require.NoError(rt, err)
	}
	before := fold(rt, m, m.Log[:act.First()-1])
	head := int64(len(m.Log))
	if why != nil {
		head = act.Last() // as if it had been planned at once, and overtaken
	}
	cmd, err := project.PlanUndo(fold(rt, m, m.Log[:act.First()-1]), act, head)
	require.NoError(rt, err)
	was := fold(rt, m, m.Log)
	err = m.Do(cmd, by, now)
	if why != nil {
		require.Error(rt, err, "%v", why)
		require.NotEmpty(rt, why.Hint)
		refused[why.Code]++
		return
	}
	if code := fault.CodeOf(err); code == "dependency_cycle" || code == "undo_names_gone" || code == "undo_nothing" {
		refused[code]++
		return
	}
	require.NoError(rt, err)
	for i := range act.Events {
		done[string(act.Events[i].Type)]++
	}
	requireRestored(rt, act, before, was, m.Rows)
	requireWholeTasks(rt, m.State())
}

// requireRestored compares every row of every table.
func requireRestored(rt *rapid.T, act *project.Act, before, was, is *project.Rows) {
	touched := map[string]bool{}
	for i := range act.Events {
		changes, err := project.Apply(&act.Events[i])
		require.NoError(rt, err)
		for j := range changes {
			touched[changes[j].Table.Name+" "+keyText(changes[j].Key)] = true
		}
	}
	for _, table := range project.Tables() {
		want := byKey(table, was)
		for key, row := range byKey(table, before) {
			if touched[table.Name+" "+key] {
				want[key] = row
			}
		}
		for key := range want {
			if _, existed := byKey(table, before)[key]; touched[table.Name+" "+key] && !existed {
				delete(want, key)
			}
		}
		if table == project.TableProjects { // of which single facts come back
			want[""][table.Index("phase")] = byKey(table, was)[""][table.Index("phase")]
			want[""][table.Index("blocked_from")] = byKey(table, was)[""][table.Index("blocked_from")]
			for _, fact := range []string{"name", "teaching_level"} {
				if !restores(act, fact) {
					want[""][table.Index(fact)] = byKey(table, was)[""][table.Index(fact)]
				}
			}
		}
		got := byKey(table, is)
		require.Equal(rt, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)), table.Name)
		for key := range want {
			require.Equal(rt, untouched(table, want[key]), untouched(table, got[key]), "%s %s after undoing %s", table.Name, key, act.Events[0].Type)
		}
	}
}

// restores reports whether an act changed a fact of the project.
func restores(act *project.Act, fact string) bool {
	for i := range act.Events {
		changes, _ := project.Apply(&act.Events[i]) // looked at above
		for _, c := range changes {
			if c.Table == project.TableProjects && slices.Contains(c.Columns, c.Table.Index(fact)) {
				return true
			}
		}
	}
	return false
}

func keyText(key []any) string {
	text := ""
	for _, k := range key {
		text += k.(string) + "\x00"
	}
	return text
}

func byKey(t *project.Table, rows *project.Rows) map[string][]any {
	out := map[string][]any{}
	for _, row := range rows.Table(t) {
		out[keyText(row[:t.Keys])] = slices.Clone(row)
	}
	return out
}

// untouched is a row without what says when it was touched last.
func untouched(t *project.Table, row []any) []any {
	row = slices.Clone(row)
	for _, name := range []string{"version", "updated_at"} {
		if i := t.Index(name); i >= 0 {
			row[i] = nil
		}
	}
	return row
}

func fold(rt *rapid.T, m *projecttest.Memory, log []event.Envelope) *project.Rows {
	rows := project.NewRows(m.Rows.Project)
	for i := range log {
		require.NoError(rt, rows.Fold(&log[i]))
	}
	return rows
}

// requireWholeTasks holds that no task waits for one that is not there, or for
// itself by others.
func requireWholeTasks(rt *rapid.T, s *project.State) {
	for id, task := range s.Tasks {
		if task.Parent != "" {
			require.Contains(rt, s.Tasks, task.Parent)
		}
		seen := map[string]bool{}
		queue := slices.Clone(task.DependsOn)
		for len(queue) > 0 {
			next := queue[0]
			queue = queue[1:]
			require.Contains(rt, s.Tasks, next, "%s waits for it", id)
			require.NotEqual(rt, id, next, "%s waits for itself", id)
			if !seen[next] {
				seen[next] = true
				queue = append(queue, s.Tasks[next].DependsOn...)
			}
		}
	}
}

// TestUndoNeverReachesAGate holds that the event itself cannot bring back what a
// person decides, whoever writes it.
func TestUndoNeverReachesAGate(t *testing.T) {
	t.Parallel()
	restorable := []string{
		"projects", "tasks", "task_dependencies", "documents", "decisions", "memories", "notes", "risks", "blockers", "questions", "feedback", "constraints",
	}
	for _, table := range project.Tables() {
		row := event.RestoredRow{Table: table.Name, Key: make([]string, table.Keys), Do: event.RestoreSet}
		err := apply(t, row)
		require.Equal(t, slices.Contains(restorable, table.Name), err == nil, "%s: %v", table.Name, err)
	}
	for _, column := range []string{"level", "phase", "workflow_digest", "archived"} {
		row := event.RestoredRow{Table: "projects", Key: []string{}, Do: event.RestoreSet}
		row.Values = map[string]json.RawMessage{column: json.RawMessage(`"demo"`)}
		require.Error(t, apply(t, row), column)
	}
	for _, do := range []string{event.RestoreRemove, event.RestoreAdd, "", "approve"} {
		require.Error(t, apply(t, event.RestoredRow{Table: "projects", Key: []string{}, Do: do}), do)
	}
	require.Error(t, apply(t, event.RestoredRow{Table: "tasks", Key: []string{}, Do: event.RestoreRemove}), "all tasks at once")
}

func apply(t *testing.T, row event.RestoredRow) error {
	t.Helper()
	raw, err := event.Encode(&event.ChangeUndonePayload{First: 1, Last: 1, Rows: []event.RestoredRow{row}})
	require.NoError(t, err)
	_, err = project.Apply(&event.Envelope{Version: 2, Type: event.ChangeUndone, SchemaVersion: 1, Payload: raw})
	return err
}

// TestWhatCannotBeUndoneSaysWhy goes through the catalogue: each type that is
// written can be undone, or is refused with a reason and a way out.
func TestWhatCannotBeUndoneSaysWhy(t *testing.T) {
	t.Parallel()
	ada := project.Actor{Kind: project.ActorPerson, Name: "ada"}
	never := []event.Type{
		event.GateApproved, event.GateForced, event.GateSkipped, event.GateRejected, event.GatePresented, event.ProofCaptured, event.ProofAttested,
		event.PhaseChanged, event.SignerAdded, event.SignerRemoved, event.LevelChanged, event.WorkflowChanged, event.PayloadRedacted,
		event.DeliverableUpdated, event.ProjectCreated, event.ProjectDeleted, event.ConditionResolved, event.DeploymentSucceeded,
	}
	for _, typ := range never {
		require.False(t, project.CanBeUndone(typ), typ)
	}
	for _, spec := range event.Catalogue() {
		raw, err := event.Encode(spec.New())
		require.NoError(t, err)
		act := &project.Act{Events: []event.Envelope{{Version: 7, Type: spec.Type, SchemaVersion: spec.Version, Payload: raw, Actor: ada.String()}}}
		if reflect.ValueOf(spec.New()).Elem().NumField() > 0 && spec.Type == event.ChangeUndone {
			continue // it names nothing here
		}
		why, err := project.NewUndoScan(ada).Next(act)
		require.NoError(t, err)
		if project.CanBeUndone(spec.Type) {
			require.Nil(t, why, spec.Type)
			continue
		}
		require.NotNil(t, why, spec.Type)
		require.Contains(t, why.Message, string(spec.Type))
		require.NotEmpty(t, why.Hint)
	}
}
