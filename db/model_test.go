package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/project/projecttest"
)

// TestDatabaseDoesWhatTheModelSays gives random commands to the database, which
// loads only what each of them asks for, and to the model of the rules.
func TestDatabaseDoesWhatTheModelSays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sequences := faulttest.Rounds(25, 1000)
	done := 0
	check := func(rt *rapid.T) {
		if done >= sequences {
			return // rapid asks for a hundred at a time
		}
		done++
		w := projecttest.Workflow()
		model := projecttest.NewModel(w, projecttest.Facts())
		now := time.Now()
		id := uuid.New()
		begin := projecttest.NewProject(w)
		begin.Slug = "any-" + id.String()
		write := func(cmd project.Command, by project.Actor, now time.Time) error {
			_, err := b.db.Write(t.Context(), core.Write{
				Project: id, Command: cmd, Actor: by, Now: now, CorrelationID: uuid.New(), Create: cmd == project.Command(begin),
			})
			return err
		}
		require.NoError(rt, write(begin, projecttest.Actors()[0], now))
		for n := range rapid.IntRange(5, 25).Draw(rt, "commands") {
			cmd := projecttest.Draw(rt, model, projecttest.Fresh(n))
			by := rapid.SampledFrom(projecttest.Actors()).Draw(rt, "actor")
			now = now.Add(projecttest.Pause(rt)).Truncate(time.Microsecond)
			head, err := b.db.Head(t.Context(), id)
			require.NoError(rt, err)
			decided := now
			if decided.Before(head.RecordedAt) {
				decided = head.RecordedAt
			}
			codes := model.Do(cmd, by, decided)
			if err := write(cmd, by, now); err == nil {
				require.Empty(rt, codes, "%s %+v by %s was accepted", cmd.CommandName(), cmd, by)
			} else {
				require.Contains(rt, codes, fault.CodeOf(err), "%s %+v by %s: %v", cmd.CommandName(), cmd, by, err)
			}
			require.Equal(rt, model.Show(decided), seen(t, rt, b, id, decided).Show(), "after %s %+v by %s", cmd.CommandName(), cmd, by)
		}
		audit, err := b.app.Log.Verify(t.Context(), id)
		require.NoError(rt, err)
		require.True(rt, audit.OK, "%+v", audit)
		diffs, err := b.app.Log.Compare(t.Context(), id)
		require.NoError(rt, err)
		require.Empty(rt, diffs)
	}
	for done < sequences {
		rapid.Check(t, check)
	}
}

// seen reads a project by the queries that people's lists are made with.
func seen(t *testing.T, rt *rapid.T, b *bundle, id uuid.UUID, now time.Time) *projecttest.Seen {
	t.Helper()
	all := &projecttest.Seen{Ready: map[string]bool{}}
	err := b.db.Read(t.Context(), core.View{Project: id}, func(ctx context.Context, r core.Reader) error {
		var err error
		if all.Project, err = r.Project(ctx); err != nil {
			return err
		}
		if all.Gates, err = r.Gates(ctx); err != nil {
			return err
		}
		if all.Tasks, err = r.Tasks(ctx, core.TaskQuery{}); err != nil {
			return err
		}
		ready, err := r.ReadyTasks(ctx, now, 0)
		for i := range ready {
			all.Ready[ready[i].ID] = true
		}
		return err
	})
	require.NoError(rt, err)
	return all
}
