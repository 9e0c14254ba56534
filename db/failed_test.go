package db_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// TestTwoFailedDependencies holds that a task stays blocked for as long as one of
// the tasks that it depends on has failed, whichever comes to an end first and how.
func TestTwoFailedDependencies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, id := t.Context(), b.project(t, "Failed")
	add := func(title string, after ...string) *project.Task {
		task, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: title, DependsOn: after})
		require.NoError(t, err)
		return task
	}
	step := func(task *project.Task, s project.TaskStep) {
		t.Helper()
		_, err := b.app.Tasks.Step(ctx, b.ada, id, task.ID, s, "because", 0)
		require.NoError(t, err)
	}
	requireBlocked := func(task, by *project.Task) {
		t.Helper()
		now, err := b.app.Tasks.Get(ctx, core.View{Project: id}, task.ID)
		require.NoError(t, err)
		if by == nil {
			require.Equal(t, project.TaskNotStarted, now.Status)
			require.Empty(t, now.BlockedBy)
			return
		}
		require.Equal(t, project.TaskBlocked, now.Status)
		require.Equal(t, by.ID, now.BlockedBy)
		require.Contains(t, now.BlockedReason, by.Title)
	}
	for _, end := range []project.TaskStep{project.StepDone, project.StepCancel} {
		flour, eggs := add("flour"), add("eggs")
		cake := add("cake", flour.ID, eggs.ID)
		step(flour, project.StepFail)
		step(eggs, project.StepFail)
		requireBlocked(cake, flour)
		step(flour, end)
		requireBlocked(cake, eggs)
		step(eggs, end)
		requireBlocked(cake, nil)
	}
	flour, eggs := add("flour"), add("eggs")
	cake := add("cake", flour.ID, eggs.ID)
	step(eggs, project.StepFail)
	step(flour, project.StepFail)
	requireBlocked(cake, eggs)
	_, err := b.app.Tasks.Depend(ctx, b.ada, id, cake.ID, eggs.ID, true)
	require.NoError(t, err)
	requireBlocked(cake, flour)
	_, err = b.app.Tasks.Depend(ctx, b.ada, id, cake.ID, flour.ID, true)
	require.NoError(t, err)
	requireBlocked(cake, nil)
	b.sound(t, id)
}
