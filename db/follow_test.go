package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

var errEnough = errors.New("enough")

// TestFollowMissesNothing follows a project while several people write and the
// connections of the one who follows are cut again and again: every event comes,
// once, in its order.
func TestFollowMissesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "News")
	const writers, each, cuts = 4, 25, 10
	const want = writers*each + 1
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	admin, err := pgx.Connect(ctx, b.url)
	require.NoError(t, err)
	defer func() { _ = admin.Close(context.WithoutCancel(ctx)) }()

	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				_, err := b.app.Records.Note(context.WithoutCancel(ctx), b.ada, id, project.AddNote{Text: fmt.Sprintf("%d of %d", n, w)})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	var got []int64
	cut, lost := 0, 0
	err = b.app.Log.Follow(ctx, id, core.EventQuery{}, func(events []event.Envelope) error {
		for i := range events {
			got = append(got, events[i].Version)
		}
		if cut < cuts {
			cut++
			if _, err := admin.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND query LIKE 'LISTEN%'`); err != nil {
				return fmt.Errorf("cut: %w", err)
			}
		}
		if len(got) >= want {
			return errEnough
		}
		return nil
	}, func(error) { lost++ })
	wg.Wait()
	require.ErrorIs(t, err, errEnough)
	require.Len(t, got, want)
	for i, version := range got {
		require.EqualValues(t, i+1, version)
	}
	require.Positive(t, lost, "no connection was cut")
	t.Logf("%d events, %d cuts, %d of them noticed", len(got), cut, lost)

	// What is there, then what comes; only what fits.
	var types []event.Type
	err = b.app.Log.Follow(ctx, id, core.EventQuery{Limit: 2, Types: []string{"NoteAdded", "TaskCreated"}}, func(events []event.Envelope) error {
		for i := range events {
			types = append(types, events[i].Type)
		}
		switch len(types) {
		case 2:
			_, err := b.app.Records.Decide(ctx, b.ada, id, project.MakeDecision{Title: "D", Decision: "d"})
			require.NoError(t, err)
			_, err = b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "T"})
			require.NoError(t, err)
		case 3:
			return errEnough
		}
		return nil
	}, func(error) {})
	require.ErrorIs(t, err, errEnough)
	require.Equal(t, []event.Type{"NoteAdded", "NoteAdded", "TaskCreated"}, types)
}

// TestEventsAreFound looks for events by each thing that can be asked for.
func TestEventsAreFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, id := t.Context(), b.project(t, "Find")
	first, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "One"})
	require.NoError(t, err)
	robot := b.ada
	robot.Actor = project.Actor{Kind: project.ActorAgent, Name: "robot/qa", OnBehalfOf: "person:Ada"}
	second, err := b.app.Tasks.Add(ctx, robot, id, core.NewTask{Title: "Two"})
	require.NoError(t, err)
	_, err = b.app.Tasks.Depend(ctx, b.ada, id, second.ID, first.ID, false)
	require.NoError(t, err)
	_, err = b.app.Tasks.Step(ctx, b.ada, id, first.ID, project.StepFail, "r", 0)
	require.NoError(t, err)
	undone, err := b.app.History.Undo(ctx, b.ada, id, 0, "")
	require.NoError(t, err)

	find := func(q core.EventQuery) []string {
		t.Helper()
		events, err := b.app.Log.Events(ctx, id, q)
		require.NoError(t, err)
		stats, err := b.app.Log.Stats(ctx, id, q)
		require.NoError(t, err)
		require.EqualValues(t, len(events), stats.Events)
		types := make([]string, len(events))
		for i := range events {
			types[i] = string(events[i].Type)
		}
		return types
	}
	subject, err := b.app.Log.Subject(ctx, id, first.ShortID)
	require.NoError(t, err)
	require.Equal(t, first.ID, subject)
	require.Equal(t, []string{"ChangeUndone", "TaskBlocked", "TaskFailed", "DependencyAdded", "TaskCreated"}, find(core.EventQuery{Subject: subject}))
	gate, err := b.app.Log.Subject(ctx, id, "g1")
	require.NoError(t, err)
	require.Equal(t, "G1", gate)
	_, err = b.app.Log.Subject(ctx, id, "t-zzzz")
	require.ErrorContains(t, err, "there is no task")
	require.Equal(t, []string{"TaskCreated"}, find(core.EventQuery{Actor: "ROBOT"}))
	events, err := b.app.Log.Events(ctx, id, core.EventQuery{Types: []string{"TaskFailed"}})
	require.NoError(t, err)
	require.Equal(t, []string{"TaskBlocked", "TaskFailed"}, find(core.EventQuery{Correlation: events[0].CorrelationID}))
	require.Equal(t, []string{"ChangeUndone"}, find(core.EventQuery{After: undone.Event - 1}))

	// A record that is gone is found by its whole id.
	note, err := b.app.Records.Note(ctx, b.ada, id, project.AddNote{Text: "n"})
	require.NoError(t, err)
	_, err = b.app.History.Undo(ctx, b.ada, id, 0, "")
	require.NoError(t, err)
	subject, err = b.app.Log.Subject(ctx, id, "n-"+note.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"ChangeUndone", "NoteAdded"}, find(core.EventQuery{Subject: subject}))

	// The differences and the steps between two moments.
	d, err := b.app.History.Diff(ctx, id, core.At{Seq: 1}, core.At{})
	require.NoError(t, err)
	require.Len(t, d.Records, 3, "two tasks and a dependency")
	var steps []string
	err = b.app.History.Replay(ctx, id, core.At{Seq: 4}, core.At{Seq: 6}, func(s core.Step) error {
		for _, r := range s.Changes {
			for _, f := range r.Fields {
				if f.Field == "status" || r.Change == "added" {
					steps = append(steps, fmt.Sprintf("%s %s %s %v %v", s.Event.Type, r.ID, r.Change, f.From, f.To))
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{
		"TaskFailed t-" + first.ID + " changed not_started failed", "TaskBlocked t-" + second.ID + " changed not_started blocked",
	}, steps)
}
