package core_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// TestUndoInTheDatabase takes back what two people and an agent did, by default
// and by number, and compares the tables with the log after each.
func TestUndoInTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx, p := t.Context(), b.place.Project
	bob := b.ada
	bob.Actor.Name = "bob"
	task, err := b.app.Tasks.Add(ctx, b.ada, p, core.NewTask{Title: "Bake"})
	require.NoError(t, err)
	other, err := b.app.Tasks.Add(ctx, b.robot, p, core.NewTask{Title: "Sell", DependsOn: []string{task.ID}})
	require.NoError(t, err)
	_, err = b.app.Tasks.Step(ctx, b.ada, p, task.ID, project.StepFail, "no <flour> & \"eggs\"", 0)
	require.NoError(t, err)
	_, err = b.app.Records.Note(ctx, bob, p, project.AddNote{Text: "n"})
	require.NoError(t, err)

	found, err := b.app.History.Undoable(ctx, b.ada, p, true, 0)
	require.NoError(t, err)
	require.Len(t, found, 1, "adding the task is built on")
	require.Equal(t, []string{"TaskFailed", "TaskBlocked"}, found[0].Types)
	plan, err := b.app.History.PlanUndo(ctx, b.ada, p, 0)
	require.NoError(t, err)
	require.Zero(t, plan.Event)
	require.Len(t, plan.Records, 2)
	done, err := b.app.History.Undo(ctx, b.ada, p, 0, "by mistake")
	require.NoError(t, err)
	require.Equal(t, plan.Records, done.Records)
	require.NotZero(t, done.Event)
	b.sound(t)
	for _, id := range []string{task.ID, other.ID} {
		now, err := b.app.Tasks.Get(ctx, core.View{Project: p}, id)
		require.NoError(t, err)
		require.Equal(t, project.TaskNotStarted, now.Status)
		require.Empty(t, now.BlockedBy)
		require.Empty(t, now.Result)
	}

	_, err = b.app.History.Undo(ctx, b.ada, p, 0, "")
	require.Equal(t, "changed_since", fault.CodeOf(err), "%v", err)
	_, err = b.app.History.Undo(ctx, b.robot, p, 2, "")
	require.Equal(t, "undo_not_yours", fault.CodeOf(err), "%v", err)
	_, err = b.app.History.Undo(ctx, b.robot, p, 0, "")
	require.NoError(t, err)
	_, err = b.app.Tasks.Get(ctx, core.View{Project: p}, other.ID)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	b.sound(t)

	_, err = b.app.History.Undo(ctx, b.ada, p, done.Event, "it was right")
	require.Equal(t, "changed_since", fault.CodeOf(err), "%v", err)
	head, err := b.app.Log.Head(ctx, p)
	require.NoError(t, err)
	_, err = b.app.History.Undo(ctx, b.ada, p, head.Version, "bring the task back first")
	require.NoError(t, err)
	_, err = b.app.History.Undo(ctx, b.ada, p, done.Event, "it was right")
	require.NoError(t, err)
	now, err := b.app.Tasks.Get(ctx, core.View{Project: p}, other.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskBlocked, now.Status)
	require.Equal(t, task.ID, now.BlockedBy)
	b.sound(t)
}

// TestUndoOfManyAtOnce has several people take the same change back: it is taken
// back once, and the others are told so.
func TestUndoOfManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx, p := t.Context(), b.place.Project
	_, err := b.app.Records.Note(ctx, b.ada, p, project.AddNote{Text: "n"})
	require.NoError(t, err)
	head, err := b.app.Log.Head(ctx, p)
	require.NoError(t, err)
	const people = 6
	errs := make([]error, people)
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() { _, errs[i] = b.app.History.Undo(context.WithoutCancel(ctx), b.ada, p, head.Version, "") })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, "already_undone", fault.CodeOf(err), "%v", err)
	}
	require.Equal(t, 1, won)
	events, err := b.app.Log.Events(ctx, p, core.EventQuery{Types: []string{string(event.ChangeUndone)}})
	require.NoError(t, err)
	require.Len(t, events, 1)
	b.sound(t)
}
