package core_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// leaked has no shape of a secret, so that it gets in.
const leaked = `correct "horse" battery`

// TestRedact holds that a text goes from everywhere at once, that the log still
// verifies, and that earlier moments are shown without it.
func TestRedact(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx := t.Context()
	p := b.place.Project
	task, err := b.app.Tasks.Add(ctx, b.ada, p, core.NewTask{Title: "Use " + leaked + " twice: " + leaked})
	require.NoError(t, err)
	_, err = b.app.Records.Note(ctx, b.ada, p, project.AddNote{Text: "harmless"})
	require.NoError(t, err)
	proof, err := b.app.Proofs.Submit(ctx, b.ada, b.place, core.Submission{
		Gate: "G2", Type: "prd_review", Name: "review.txt", Content: strings.NewReader("it says " + leaked),
	})
	require.NoError(t, err)
	require.NoError(t, b.app.Sync.PutRendering(ctx, core.Rendering{Project: p, File: "TASKS.md", Version: 2, BodySHA256: make([]byte, 32), Content: []byte("- " + leaked)}))

	target := core.Target{Text: leaked, DropEvidence: true}
	plan, err := b.app.Redactions.Plan(ctx, p, target)
	require.NoError(t, err)
	require.Equal(t, []core.Finding{{Version: 2, Type: event.TaskCreated, Fields: []string{"title"}, Kept: []string{}}}, plan.Events)
	require.Equal(t, []string{"TASKS.md"}, plan.Renderings)
	require.Equal(t, []string{proof.SHA256}, plan.Artifacts)

	done, err := b.app.Redactions.Redact(ctx, b.ada, p, target, "it was "+leaked)
	require.NoError(t, err)
	require.Equal(t, []int64{5, 6}, []int64{done.First, done.Last})
	b.sound(t)
	audit, err := b.app.Log.Verify(ctx, p)
	require.NoError(t, err)
	require.Equal(t, []int64{2}, audit.Redacted)
	for _, at := range []core.At{{}, {Seq: 2}, {Seq: 4}} {
		got, err := b.app.Tasks.Get(ctx, core.View{Project: p, At: at}, task.ID)
		require.NoError(t, err)
		require.Equal(t, "Use [redacted] twice: [redacted]", got.Title)
	}
	events, err := b.app.Log.Events(ctx, p, core.EventQuery{})
	require.NoError(t, err)
	for i := range events {
		require.NotContains(t, string(events[i].Payload), "horse")
	}
	require.Error(t, b.artifacts.Verify(ctx, proof.SHA256))
	shown, err := b.app.Proofs.Get(ctx, core.View{Project: p}, proof.ID)
	require.NoError(t, err)
	require.Equal(t, "its evidence held a secret and was removed: it was [redacted]", shown.Invalidated)

	again, err := b.app.Redactions.Redact(ctx, b.ada, p, target, "again")
	require.NoError(t, err)
	require.True(t, again.Empty())
	require.Zero(t, again.First)
}

// TestRedactFields holds that ids and states stay, whatever is asked for, and
// that a text can go twice.
func TestRedactFields(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx := t.Context()
	p := b.place.Project
	_, err := b.app.Tasks.Add(ctx, b.ada, p, core.NewTask{Title: "one", Description: "two words"})
	require.NoError(t, err)
	for _, target := range []core.Target{{Text: "two words"}, {Seq: 2, Field: "title"}, {Seq: 2}, {Seq: 3}} {
		_, err = b.app.Redactions.Redact(ctx, b.ada, p, target, "why not")
		require.NoError(t, err, target)
		b.sound(t)
	}
	plan, err := b.app.Redactions.Plan(ctx, p, core.Target{Seq: 2, Field: "status"})
	require.NoError(t, err)
	require.True(t, plan.Empty())
	plan, err = b.app.Redactions.Plan(ctx, p, core.Target{Text: "person:ada"})
	require.NoError(t, err)
	require.Equal(t, []string{"actor"}, plan.Events[0].Kept)
	require.True(t, plan.Empty(), "who did it cannot be taken out")
	for code, target := range map[string]core.Target{
		"missing_text": {}, "text_too_short": {Text: "abc"}, "conflicting_flags": {Text: "abcd", Field: "title"}, "event_not_found": {Seq: 99},
	} {
		_, err = b.app.Redactions.Plan(ctx, p, target)
		require.Equal(t, code, fault.CodeOf(err))
	}
}

// TestRedactIsForPeople holds that agents are refused, and nobody without the
// word is obeyed.
func TestRedactIsForPeople(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx := t.Context()
	p := b.place.Project
	_, err := b.app.Tasks.Add(ctx, b.robot, p, core.NewTask{Title: "a secret"})
	require.NoError(t, err)
	unsure := b.ada
	unsure.Presence.Word = "ok"
	away := b.ada
	away.Presence.Terminal = false
	for code, by := range map[string]core.Caller{"person_required": b.robot, "not_an_approval": unsure, "terminal_required": away} {
		_, err = b.app.Redactions.Redact(ctx, by, p, core.Target{Text: "secret"}, "x")
		require.Equal(t, code, fault.CodeOf(err))
	}
	plan, err := b.app.Redactions.Plan(ctx, p, core.Target{Text: "secret"})
	require.NoError(t, err)
	require.Len(t, plan.Events, 1)
	b.sound(t)
}

// TestRedactAmongWriters holds that nothing is lost and nothing left over when
// others write meanwhile.
func TestRedactAmongWriters(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx := t.Context()
	p := b.place.Project
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 10 {
				_, err := b.app.Tasks.Add(ctx, b.robot, p, core.NewTask{Title: "with hunter2 in it"})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 5 {
				if _, err := b.app.Redactions.Redact(ctx, b.ada, p, core.Target{Text: "hunter2"}, "a password"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	_, err := b.app.Redactions.Redact(ctx, b.ada, p, core.Target{Text: "hunter2"}, "a password")
	require.NoError(t, err)
	plan, err := b.app.Redactions.Plan(ctx, p, core.Target{Text: "hunter2"})
	require.NoError(t, err)
	require.True(t, plan.Empty(), "%+v", plan)
	tasks, err := b.app.Tasks.List(ctx, core.View{Project: p}, core.TaskQuery{})
	require.NoError(t, err)
	require.Len(t, tasks, 30)
	b.sound(t)
}
