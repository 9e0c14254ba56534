package jobs_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func TestRunIsWorkedAndRecorded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	task, err := b.app.Tasks.Add(t.Context(), b.ada, b.place.Project, core.NewTask{Title: "Bake", Description: "write a file"})
	require.NoError(t, err)
	run := b.run(t, core.NewRun{Task: task.ID})
	require.Equal(t, project.RunPending, run.Status)
	require.Equal(t, project.QueueHigh, run.Queue, "the gate that comes next waits for it")
	b.work(t)
	done := b.wait(t, run.ID, is(project.RunCompleted))
	require.Equal(t, 1, done.Attempt)
	require.Equal(t, "It is done.", done.Summary)
	require.Equal(t, []string{project.RunID(run.ID) + ".txt"}, done.Files)
	require.Equal(t, "layercake/"+project.RunID(run.ID), done.Branch)
	require.EqualValues(t, 10, done.InputTokens)
	task, err = b.app.Tasks.Get(t.Context(), core.View{Project: b.place.Project}, task.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskComplete, task.Status)
	state, _, _ := b.job(t, run.ID)
	require.Equal(t, "completed", state)

	// What it wrote is on its branch, and nowhere else.
	_, err = os.Stat(filepath.Join(b.place.Root, project.RunID(run.ID)+".txt"))
	require.ErrorIs(t, err, os.ErrNotExist)
	out, err := exec.CommandContext(t.Context(), "git", "-C", b.place.Root, "show", done.Branch+":"+done.Files[0]).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "by "+project.RunID(run.ID)+"\n", string(out))

	var said []string
	_, err = b.app.Agents.Follow(t.Context(), b.place.Project, run.ID, 0, func(p core.OutputPiece) error {
		said = append(said, p.Kind+": "+p.Text)
		return nil
	})
	require.NoError(t, err)
	require.Contains(t, said, "text: I am at it. ")
}

func TestRunWaitsForWhatItsTaskWaitsFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, err := b.app.Tasks.Add(t.Context(), b.ada, b.place.Project, core.NewTask{Title: "Dough"})
	require.NoError(t, err)
	second, err := b.app.Tasks.Add(t.Context(), b.ada, b.place.Project, core.NewTask{Title: "Bake", DependsOn: []string{first.ID}})
	require.NoError(t, err)
	run := b.run(t, core.NewRun{Task: second.ID})
	state, _, _ := b.job(t, run.ID)
	require.Equal(t, "pending", state)
	b.work(t)
	_, err = b.app.Tasks.Step(t.Context(), b.ada, b.place.Project, first.ID, project.StepDone, "", 0)
	require.NoError(t, err)
	// Freed by what was recorded, not by somebody who looks.
	state, _, _ = b.job(t, run.ID)
	require.NotEqual(t, "pending", state)
	b.wait(t, run.ID, is(project.RunCompleted))
}

func TestNobodyDoesTheSameTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	task, err := b.app.Tasks.Add(t.Context(), b.ada, b.place.Project, core.NewTask{Title: "Bake"})
	require.NoError(t, err)
	run := b.run(t, core.NewRun{Task: task.ID})
	_, err = b.app.Agents.Run(t.Context(), b.ada, b.place, core.NewRun{Role: "backend-developer", Task: task.ID})
	require.Equal(t, "run_exists", fault.From(err).Code)
	require.Contains(t, err.Error(), project.RunID(run.ID))
	b.run(t, core.NewRun{Role: "qa-engineer", Task: task.ID})
}

func TestFailureIsTriedAgainAndThenItFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work(t)
	once := b.run(t, core.NewRun{Prompt: "fail once"})
	task, err := b.app.Tasks.Add(t.Context(), b.ada, b.place.Project, core.NewTask{Title: "no key"})
	require.NoError(t, err)
	never := b.run(t, core.NewRun{Task: task.ID})
	failed := b.wait(t, never.ID, is(project.RunFailed))
	require.Equal(t, "auth", failed.Code)
	require.Equal(t, 1, failed.Attempt)
	task, err = b.app.Tasks.Get(t.Context(), core.View{Project: b.place.Project}, task.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskFailed, task.Status)
	state, _, _ := b.job(t, never.ID)
	require.Equal(t, "completed", state, "its job is over")
	done := b.wait(t, once.ID, is(project.RunCompleted))
	require.Equal(t, 2, done.Attempt)
	require.EqualValues(t, 20, done.InputTokens, "both attempts count")
	require.Contains(t, b.notes(t), "was told that the model is ill")

	again, err := b.app.Agents.Retry(t.Context(), b.ada, b.place, never.ID)
	require.NoError(t, err)
	require.Equal(t, never.ID, again.RetryOf)
	b.wait(t, again.ID, is(project.RunFailed))
}

func TestCancelStopsWorkWithinASecond(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work(t)
	run := b.run(t, core.NewRun{Prompt: "hang"})
	b.wait(t, run.ID, is(project.RunRunning))
	waitForNote(t, b, "began "+project.RunID(run.ID), 1)
	asked := time.Now()
	cancelled, err := b.app.Agents.Cancel(t.Context(), b.ada, b.place.Project, run.ID, "changed my mind")
	require.NoError(t, err)
	require.Equal(t, project.RunCancelled, cancelled.Status)
	waitForNote(t, b, "stopped "+project.RunID(run.ID), 1)
	require.Less(t, time.Since(asked), 2*time.Second)

	waiting := b.run(t, core.NewRun{Prompt: "later", Queue: project.QueueLow})
	_, err = b.app.Agents.Cancel(t.Context(), b.ada, b.place.Project, waiting.ID, "")
	if err == nil {
		b.wait(t, waiting.ID, is(project.RunCancelled))
	}
}

// waitForNote waits until the actors have noted something n times.
func waitForNote(t *testing.T, b *bundle, note string, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return count(b.notes(t), note) >= n }, 20*time.Second, 5*time.Millisecond, "no note %q", note)
}

func count(list []string, what string) int {
	n := 0
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

func TestWorkOfAKilledWorkerGoesOnElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	kill := b.spawn(t)
	run := b.run(t, core.NewRun{Prompt: "hold until told"})
	began := "began " + project.RunID(run.ID)
	waitForNote(t, b, began, 1)
	b.spawn(t)
	require.Eventually(t, func() bool {
		list, err := b.app.Agents.Workers(t.Context())
		return err == nil && len(list) == 2
	}, 20*time.Second, 10*time.Millisecond)
	kill()
	died := time.Now()
	waitForNote(t, b, began, 2)
	t.Logf("it began again after %s", time.Since(died))
	require.Less(t, time.Since(died), 6*time.Second, "the goal is 3 s on a machine that does nothing else")
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "go"), nil, 0o600))
	done := b.wait(t, run.ID, is(project.RunCompleted))
	require.Equal(t, 2, done.Attempt)
	events, err := b.app.Log.Events(t.Context(), b.place.Project, core.EventQuery{Types: []string{"AgentCompleted"}})
	require.NoError(t, err)
	require.Len(t, events, 1)
}

func TestStopGivesWorkToOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.work(t)
	run := b.run(t, core.NewRun{Prompt: "hold until told"})
	waitForNote(t, b, "began "+project.RunID(run.ID), 1)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.NoError(t, w.Stop(ctx))
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "go"), nil, 0o600))
	b.work(t)
	b.wait(t, run.ID, is(project.RunCompleted))
	list, err := b.app.Agents.Workers(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestUrgencyIsExplainedAndCanBeChosen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	task, err := b.app.Tasks.Add(t.Context(), b.ada, b.place.Project, core.NewTask{Title: "Bake", Priority: project.PriorityCritical})
	require.NoError(t, err)
	u, err := b.app.Agents.Explain(t.Context(), b.ada, b.place, core.NewRun{Role: "devops-engineer", Task: task.ID})
	require.NoError(t, err)
	require.Equal(t, 1, u.Priority)
	require.True(t, slices.ContainsFunc(u.Reasons, func(s string) bool { return strings.Contains(s, "devops-engineer") }), "%v", u.Reasons)
	run := b.run(t, core.NewRun{Role: "devops-engineer", Task: task.ID})
	moved, err := b.app.Agents.Prioritize(t.Context(), b.ada, b.place, run.ID, project.QueueLow, 0)
	require.NoError(t, err)
	require.Equal(t, project.QueueLow, moved.Queue)
	_, queue, _ := b.job(t, run.ID)
	require.Equal(t, "low", queue)
	robot := core.Caller{Actor: project.Actor{Kind: project.ActorAgent, Name: "robot/agent"}}
	_, err = b.app.Agents.Prioritize(t.Context(), robot, b.place, run.ID, project.QueueCritical, 0)
	require.Equal(t, "person_required", fault.From(err).Code)
}
