package project_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/project/projecttest"
)

// everything is a sequence of commands that writes every type that can be undone.
func everything() []project.Command {
	work := func(id string, step project.TaskStep) project.Command {
		return &project.WorkTask{ID: id, Step: step, Text: "because"}
	}
	return []project.Command{
		&project.AddTask{ID: "aaaaaaaa", Title: "a"}, &project.AddTask{ID: "bbbbbbbb", Title: "b", DependsOn: []string{"aaaaaaaa"}},
		&project.AddTask{ID: "cccccccc", Title: "c", Phase: "security_review"}, // promoted
		&project.DependTask{ID: "cccccccc", DependsOn: "aaaaaaaa"}, &project.DependTask{ID: "cccccccc", DependsOn: "aaaaaaaa", Remove: true},
		&project.EditTask{ID: "aaaaaaaa", Title: new("A"), Owner: new("bob"), Parent: new("cccccccc"), SpecRefs: &[]string{"x"}},
		work("aaaaaaaa", project.StepClaim), work("aaaaaaaa", project.StepRelease), work("aaaaaaaa", project.StepStart),
		work("aaaaaaaa", project.StepFail), work("aaaaaaaa", project.StepStart), work("aaaaaaaa", project.StepDone), work("aaaaaaaa", project.StepReopen),
		work("cccccccc", project.StepBlock), work("cccccccc", project.StepUnblock), work("cccccccc", project.StepCancel),
		&project.DeferTask{ID: "bbbbbbbb", Gate: "G1", Reason: "later"},
		&project.PutDocument{ID: "prd", Title: "PRD", SHA256: "1", Size: 1}, &project.PutDocument{ID: "prd", Title: "P", SHA256: "2", Size: 2},
		&project.LockDocument{ID: "prd"}, &project.LockDocument{ID: "prd", Undo: true}, &project.DropDocument{ID: "prd"},
		&project.MakeDecision{ID: "dddddddd", Title: "d", Decision: "<d>"}, &project.MakeDecision{ID: "eeeeeeee", Title: "e", Decision: "e", Supersedes: "dddddddd"},
		&project.AmendDecision{ID: "eeeeeeee", Title: new("E"), Alternatives: &[]string{"a"}}, &project.ReverseDecision{ID: "eeeeeeee", Reason: "no"},
		&project.AddMemory{ID: "ffffffff", Content: "m", Confidence: 0.3, Tags: []string{"t"}}, &project.AmendMemory{ID: "ffffffff", Content: new("M"), Confidence: new(0.5)}, &project.RetractMemory{ID: "ffffffff", Reason: "no"},
		&project.AddNote{ID: "gggggggg", Text: "n"}, &project.AmendNote{ID: "gggggggg", Text: new("N")},
		&project.AddRisk{ID: "hhhhhhhh", Title: "r"}, &project.UpdateRisk{ID: "hhhhhhhh", Impact: new("high"), Note: "n"},
		&project.AddBlocker{ID: "jjjjjjjj", Title: "b"}, &project.ChangeBlocker{ID: "jjjjjjjj", Text: "up"}, &project.ChangeBlocker{ID: "jjjjjjjj", Resolve: true, Text: "done"},
		&project.AskQuestion{ID: "kkkkkkkk", Question: "?"}, &project.AnswerQuestion{ID: "kkkkkkkk", Answer: "!"},
		&project.SetConstraint{Key: "k", Value: "v"}, &project.SetConstraint{Key: "k", Value: "w"}, &project.SetConstraint{Key: "k"},
		&project.SetTeachingLevel{Level: "novice"}, &project.UpdateProject{Name: new("Other"), Description: new("d")},
		&project.ResolveFeedback{ID: "mmmmmmmm", Status: "declined", Resolution: "no"},
	}
}

// TestEveryTypeIsUndone does everything that can be undone, and undoes it from the
// end: at each step the project is what it was. Then all of it is brought back by
// undoing the undoing.
func TestEveryTypeIsUndone(t *testing.T) {
	t.Parallel()
	ada := projecttest.Actors()[0]
	now := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	m := projecttest.NewMemory()
	do := func(cmd project.Command) {
		t.Helper()
		now = now.Add(time.Second)
		require.NoError(t, m.Do(cmd, ada, now), "%s %+v", cmd.CommandName(), cmd)
	}
	do(projecttest.NewProject(projecttest.Workflow()))
	do(&project.PresentGate{Gate: "G1", Brief: "b", Checks: &project.Checks{Candidate: project.Candidate{Commit: "c0ffee"}}})
	do(&project.RejectGate{Gate: "G1", Presence: project.Presence{Terminal: true, Word: "no"}, FeedbackID: "mmmmmmmm", Feedback: "f"})
	start := len(m.Log)

	states := []map[string][]any{state(m.Rows)}
	for _, cmd := range everything() {
		before := len(m.Log)
		do(cmd)
		require.Greater(t, len(m.Log), before, "%s %+v wrote nothing", cmd.CommandName(), cmd)
		states = append(states, state(m.Rows))
	}
	acts := project.Acts(slices.Clone(m.Log[start:]))
	require.Len(t, acts, len(states)-1)
	for i := len(acts) - 1; i >= 0; i-- {
		do(plan(t, m, &acts[i]))
		require.Equal(t, states[i], state(m.Rows), "after undoing %s", acts[i].Events[0].Type)
	}
	undoings := project.Acts(slices.Clone(m.Log[acts[len(acts)-1].Last():]))
	require.Len(t, undoings, len(acts))
	for i := len(undoings) - 1; i >= 0; i-- {
		do(plan(t, m, &undoings[i]))
		require.Equal(t, states[len(undoings)-i], state(m.Rows), "after bringing back %s", acts[len(undoings)-1-i].Events[0].Type)
	}
	tried := map[event.Type]bool{}
	for i := range m.Log {
		tried[m.Log[i].Type] = true
	}
	for _, spec := range event.Catalogue() {
		if project.CanBeUndone(spec.Type) {
			require.True(t, tried[spec.Type], "%s was not tried", spec.Type)
		}
	}
}

// plan makes the command that undoes an act, which nothing speaks against.
func plan(t *testing.T, m *projecttest.Memory, act *project.Act) project.Command {
	t.Helper()
	before := project.NewRows(m.Rows.Project)
	for i := range m.Log[:act.First()-1] {
		require.NoError(t, before.Fold(&m.Log[i]))
	}
	scan := project.NewUndoScan(projecttest.Actors()[0])
	acts := project.Acts(m.Log)
	for i := len(acts) - 1; ; i-- {
		why, err := scan.Next(&acts[i])
		require.NoError(t, err)
		if acts[i].First() == act.First() {
			require.Nil(t, why, "%v", why)
			break
		}
	}
	cmd, err := project.PlanUndo(before, act, int64(len(m.Log)))
	require.NoError(t, err)
	return cmd
}

// state is every row of every table, without what says when it was touched last.
func state(rows *project.Rows) map[string][]any {
	all := map[string][]any{}
	for _, table := range project.Tables() {
		for key, row := range byKey(table, rows) {
			all[table.Name+" "+key] = untouched(table, row)
		}
	}
	return all
}
