package core_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// TestTwoApproversAtOnce holds that of several people who decide at the same
// moment one wins and the others are told so.
func TestTwoApproversAtOnce(t *testing.T) {
	t.Parallel()
	b := atDevelopment(t)
	b.captureAll(t, "G5", "build_output", "lint_output", "test_output")
	_, err := b.app.Gates.Present(t.Context(), b.robot, b.place, "G5")
	require.NoError(t, err)
	const people = 4
	errs := make(chan error, people)
	var wg sync.WaitGroup
	for range people {
		wg.Go(func() {
			_, err := b.app.Gates.Approve(context.WithoutCancel(t.Context()), b.ada, b.place, core.Approval{Gate: "G5"})
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	won := 0
	for err := range errs {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, fault.KindConflict, fault.KindOf(err), err)
	}
	require.Equal(t, 1, won)
	events, err := b.app.Log.Events(t.Context(), b.place.Project, core.EventQuery{Types: []string{string(event.GateApproved)}})
	require.NoError(t, err)
	require.Len(t, events, 1)
	b.sound(t)
}

// TestLeaseEnds holds that a task whose lease ended is free again, and that the
// log says so when the next one takes it.
func TestLeaseEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx := t.Context()
	now := time.Now()
	app := core.New(core.Config{Store: b.db, Artifacts: b.artifacts, Now: func() time.Time { return now }})
	task, err := app.Tasks.Add(ctx, b.ada, b.place.Project, core.NewTask{Title: "taken and forgotten"})
	require.NoError(t, err)
	_, err = app.Tasks.Step(ctx, b.robot, b.place.Project, task.ID, project.StepClaim, "", 5*time.Minute)
	require.NoError(t, err)
	other := core.Caller{Actor: project.Actor{Kind: project.ActorAgent, Name: "other/backend-developer"}}
	_, err = app.Tasks.ClaimNext(ctx, other, b.place.Project, 0)
	require.Equal(t, "no_ready_task", fault.CodeOf(err))

	now = now.Add(6 * time.Minute)
	got, err := app.Tasks.ClaimNext(ctx, other, b.place.Project, 0)
	require.NoError(t, err)
	require.Equal(t, "agent:other/backend-developer", got.ClaimedBy)
	events, err := app.Log.Events(ctx, b.place.Project, core.EventQuery{Types: []string{string(event.TaskReleased)}})
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Contains(t, string(events[0].Payload), `"expired":true`)
	b.sound(t)
}
