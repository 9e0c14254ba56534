package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// answers are what a reader says.
type answers map[string]any

// look asks a reader for everything that can be wanted. What it refuses is left
// out.
func look(ctx context.Context, r core.Reader, now time.Time) answers {
	all := answers{}
	note(all, "head", func() (core.Head, error) { return r.Head(ctx) })
	note(all, "project", func() (any, error) { return r.Project(ctx) })
	note(all, "workflow", func() (any, error) { return r.Workflow(ctx) })
	note(all, "gates", func() (any, error) { return r.Gates(ctx) })
	note(all, "conditions", func() (any, error) { return r.Conditions(ctx) })
	note(all, "proofs", func() (any, error) { return r.Proofs(ctx, "", "") })
	note(all, "deliverables", func() (any, error) { return r.Deliverables(ctx) })
	note(all, "open", func() (any, error) { return r.OpenTasks(ctx) })
	note(all, "blockers", func() (any, error) { return r.Blockers(ctx) })
	note(all, "questions", func() (any, error) { return r.Questions(ctx) })
	note(all, "risks", func() (any, error) { return r.Risks(ctx) })
	note(all, "feedback", func() (any, error) { return r.Feedback(ctx) })
	note(all, "conflicts", func() (any, error) { return r.SyncConflicts(ctx, false) })
	note(all, "counts", func() (any, error) { return r.CountTasks(ctx) })
	note(all, "ready", func() (any, error) { return r.ReadyTasks(ctx, now, 2) })
	note(all, "tasks", func() (any, error) { return r.Tasks(ctx, core.TaskQuery{}) })
	return all
}

func note[T any](all answers, name string, ask func() (T, error)) {
	if answer, err := ask(); err == nil {
		all[name] = answer
	}
}

// TestWants holds that what is fetched at once is what is read one by one, and
// that nothing else can be read.
func TestWants(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	id := b.project(t, "Wants")
	first, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "first", Priority: project.PriorityHigh})
	require.NoError(t, err)
	for _, title := range []string{"second", "third", "fourth"} {
		_, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: title, DependsOn: []string{first.ID}})
		require.NoError(t, err)
	}
	_, err = b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "free"})
	require.NoError(t, err)
	_, err = b.app.Records.AddRisk(ctx, b.ada, id, project.AddRisk{Title: "fire"})
	require.NoError(t, err)
	_, err = b.app.Records.Ask(ctx, b.ada, id, project.AskQuestion{Question: "Chocolate?"})
	require.NoError(t, err)

	now := time.Now()
	read := func(id uuid.UUID, wants *core.Wants) (all answers) {
		t.Helper()
		require.NoError(t, b.db.Read(ctx, core.View{Project: id, Wants: wants}, func(ctx context.Context, r core.Reader) error {
			all = look(ctx, r, now)
			return nil
		}))
		return all
	}
	one := read(id, nil)
	require.Len(t, one, 16)
	everything := core.Wants{
		Head: true, Project: true, Workflow: true, Gates: true, Evidence: true, Waiting: true, Counts: true, Ready: 2, Now: now, Tasks: &core.TaskQuery{},
	}
	require.Equal(t, one, read(id, &everything))

	require.Empty(t, read(id, &core.Wants{}), "nothing is wanted")
	require.Len(t, read(id, &core.Wants{Evidence: true}), 5)
	require.Len(t, read(id, &core.Wants{Waiting: true, Gates: true}), 7)
	other := read(uuid.New(), &everything)
	require.NotContains(t, other, "project")
	require.NotContains(t, other, "head")
	require.Equal(t, []project.Gate{}, other["gates"])

	err = b.db.Read(ctx, core.View{Project: uuid.New(), Wants: &everything}, func(ctx context.Context, r core.Reader) error {
		_, err := r.Project(ctx)
		return err
	})
	require.Equal(t, "project_not_found", fault.CodeOf(err))
	err = b.db.Read(ctx, core.View{Project: id, Wants: &everything}, func(ctx context.Context, r core.Reader) error {
		_, err := r.Memories(ctx)
		return err
	})
	require.ErrorContains(t, err, "not named among what the read wants")
}

// TestWantsRecord holds that a record that was just written is read back as it is
// looked up otherwise.
func TestWantsRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	id := b.project(t, "Records")
	v := core.View{Project: id}
	first, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "first"})
	require.NoError(t, err)
	task, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "second", DependsOn: []string{first.ID}})
	require.NoError(t, err)
	again, err := b.app.Tasks.Get(ctx, v, task.ID)
	require.NoError(t, err)
	require.Equal(t, again, task)

	decision, err := b.app.Records.Decide(ctx, b.ada, id, project.MakeDecision{Title: "Bake", Decision: "bake"})
	require.NoError(t, err)
	sameDecision, err := b.app.Records.Decision(ctx, v, decision.ShortID)
	require.NoError(t, err)
	require.Equal(t, sameDecision, decision)

	memory, err := b.app.Records.Remember(ctx, b.ada, id, project.AddMemory{Title: "Oven", Content: "It runs hot."})
	require.NoError(t, err)
	sameMemory, err := b.app.Records.Memory(ctx, v, memory.ShortID)
	require.NoError(t, err)
	require.Equal(t, sameMemory, memory)

	for _, kind := range []core.Kind{core.KindTask, core.KindDecision, core.KindMemory} {
		err = b.db.Read(ctx, core.View{Project: id, Wants: &core.Wants{Kind: kind, ID: "zzzzzzzz"}}, func(ctx context.Context, r core.Reader) error {
			ids, err := r.IDs(ctx, kind, "zzzzzzzz", 2)
			require.Empty(t, ids)
			return err
		})
		require.NoError(t, err, kind)
	}
}
