package project_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/project/projecttest"
)

// TestRulesAreThoseOfTheModel gives random commands to the rules and to a model of
// them: both refuse and accept the same, for a reason that the model names too,
// and come to the same state.
func TestRulesAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	accepted, refused := map[string]int{}, map[string]int{}
	sequences := 0
	check := func(rt *rapid.T) {
		sequences++
		w := projecttest.Workflow()
		memory, model := projecttest.NewMemory(), projecttest.NewModel(w, projecttest.Facts())
		now := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
		require.NoError(rt, memory.Do(projecttest.NewProject(w), projecttest.Actors()[0], now))
		for n := range rapid.IntRange(5, 40).Draw(rt, "commands") {
			cmd := projecttest.Draw(rt, model, projecttest.Fresh(n))
			by := rapid.SampledFrom(projecttest.Actors()).Draw(rt, "actor")
			now = now.Add(projecttest.Pause(rt))
			decided := later(now, memory.Clock()) // the time of decisions never goes back
			codes := model.Do(cmd, by, decided)
			err := memory.Do(cmd, by, now)
			if err == nil {
				accepted[cmd.CommandName()]++
				require.Empty(rt, codes, "%s %+v by %s was accepted", cmd.CommandName(), cmd, by)
			} else {
				refused[fault.CodeOf(err)]++
				require.Contains(rt, codes, fault.CodeOf(err), "%s %+v by %s: %v", cmd.CommandName(), cmd, by, err)
				require.NotEmpty(rt, fault.From(err).Hint, "%v", err)
			}
			require.Equal(rt, model.Show(decided), seen(memory, decided).Show(), "after %s %+v by %s", cmd.CommandName(), cmd, by)
		}
	}
	for range faulttest.Rounds(10, 200) {
		rapid.Check(t, check) // a hundred sequences
	}
	t.Logf("%d sequences; accepted: %v; refused: %v", sequences, accepted, refused)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// seen reads a project in memory.
func seen(m *projecttest.Memory, now time.Time) *projecttest.Seen {
	s := m.State()
	all := &projecttest.Seen{Project: s.Project, Gates: s.Gates, Ready: map[string]bool{}}
	for id, t := range s.Tasks {
		all.Tasks = append(all.Tasks, *t)
		all.Ready[id] = t.Status == project.TaskNotStarted && len(project.Waits(t, s.TaskStatus, s.Gates)) == 0 && !t.ClaimedNow(now)
	}
	return all
}
