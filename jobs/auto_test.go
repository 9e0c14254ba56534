package jobs_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// edit is what a task of these tests asks for, on a line of its own: "put FILE TEXT"
// writes a file, "line FILE TEXT" changes its first line, "give up" fails.
func (actor) edit(job agent.Job) error {
	for line := range strings.Lines(asked(job.Prompt)) {
		verb, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "description: "), " ")
		name, text, _ := strings.Cut(rest, " ")
		path := filepath.Join(job.Dir, name)
		switch verb {
		case "put":
			if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
				return err
			}
		case "line":
			old, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			_, tail, _ := strings.Cut(string(old), "\n")
			if err := os.WriteFile(path, []byte(text+"\n"+tail), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolve takes both sides of a conflict, as a careful agent does.
func (actor) resolve(ctx context.Context, job agent.Job) error {
	_, after, _ := strings.Cut(asked(job.Prompt), "git merge ")
	branch, _, _ := strings.Cut(after, "`")
	merge := exec.CommandContext(ctx, "git", "-C", job.Dir, "-c", "user.name=a", "-c", "user.email=a@b", "merge", "-q", branch)
	_ = merge.Run() // which ends in the conflict
	for line := range strings.Lines(must(exec.CommandContext(ctx, "git", "-C", job.Dir, "diff", "--name-only", "--diff-filter=U").Output())) {
		path := filepath.Join(job.Dir, strings.TrimSpace(line))
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var kept []string
		for l := range strings.Lines(string(text)) {
			if !strings.HasPrefix(l, "<<<<<<<") && !strings.HasPrefix(l, "=======") && !strings.HasPrefix(l, ">>>>>>>") {
				kept = append(kept, l)
			}
		}
		if err := os.WriteFile(path, []byte(strings.Join(kept, "")), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func must(out []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(out)
}

// lastGate brings the project to its last gate, which asks for one proof: that the
// command succeeds.
func (b *bundle) lastGate(t *testing.T, command ...string) {
	t.Helper()
	p, err := b.app.Projects.Create(t.Context(), b.ada, core.NewProject{Name: "Auto", Level: "demo", Preset: workflow.PresetSimple})
	require.NoError(t, err)
	b.place.Project = p.ID
	off := []workflow.ProofOverride{{Type: "coverage_report", Off: true}, {Type: "test_output", Command: command, Parser: workflow.ParserExit}}
	gone := []workflow.DeliverableOverride{{ID: "test-plan", Off: true}, {ID: "test-results", Off: true}}
	text, err := workflow.Render(&workflow.Overrides{Gates: []workflow.GateOverride{{ID: "G6", Proofs: off, Deliverables: gone}}})
	require.NoError(t, err)
	b.write(t, ".layercake/workflow.yaml", string(text))
	proposal, err := b.app.Workflows.Review(t.Context(), b.place)
	require.NoError(t, err)
	_, err = b.app.Workflows.Accept(t.Context(), b.ada, b.place, proposal.Digest)
	require.NoError(t, err)
	b.commit(t)
	for _, gate := range []string{"G1", "G3"} {
		_, err := b.app.Gates.Skip(t.Context(), b.ada, b.place.Project, gate, "a test")
		require.NoError(t, err)
	}
}

func (b *bundle) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(b.place.Root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func (b *bundle) git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", b.place.Root, "-c", "user.name=ada", "-c", "user.email=ada@example.org"}, args...)...).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func (b *bundle) commit(t *testing.T) {
	t.Helper()
	b.git(t, "add", "--all")
	b.git(t, "commit", "-q", "-m", "more")
}

func (b *bundle) task(t *testing.T, in core.NewTask) *project.Task {
	t.Helper()
	if in.Owner == "" {
		in.Owner = "backend-developer"
	}
	task, err := b.app.Tasks.Add(t.Context(), b.ada, b.place.Project, in)
	require.NoError(t, err)
	return task
}

// auto has the orchestrator work until it ends.
func (b *bundle) auto(t *testing.T, in core.Auto) *core.AutoReport {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	report, err := b.app.Orchestrator.Run(ctx, b.ada, b.place, in, func(s core.AutoStep) { t.Log(s.Kind, s.Run, s.Task, s.Text) })
	require.NoError(t, err)
	return report
}

func kinds(r *core.AutoReport, kind string) int {
	n := 0
	for i := range r.Steps {
		if r.Steps[i].Kind == kind {
			n++
		}
	}
	return n
}

func TestEightAgentsEditOneRepositoryAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "shared.txt", "first\nsecond\n")
	b.lastGate(t, "true")
	for i := range 6 {
		b.task(t, core.NewTask{Title: fmt.Sprintf("Part %d", i), Description: fmt.Sprintf("put part%d.txt text of %d", i, i)})
	}
	// Two change the same line, and do not say so. They begin at the same commit.
	b.task(t, core.NewTask{Title: "Left", Description: "meet\nline shared.txt from the left"})
	b.task(t, core.NewTask{Title: "Right", Description: "meet\nline shared.txt from the right"})
	b.workQueues(t, map[string]int{"high": 8})
	report := b.auto(t, core.Auto{Parallel: 8})
	require.Equal(t, core.AutoPresented, report.Status, report.Reason)
	require.Equal(t, 1, kinds(report, "conflict"))
	require.Equal(t, 8, kinds(report, "merge"), "seven that fit, and the one that was done again")
	require.Len(t, report.Runs, 9)

	// Nothing is lost: each file is there, and both changes of the one line.
	for i := range 6 {
		text, err := os.ReadFile(filepath.Join(b.place.Root, fmt.Sprintf("part%d.txt", i)))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("text of %d\n", i), string(text))
	}
	text, err := os.ReadFile(filepath.Join(b.place.Root, "shared.txt"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.ElementsMatch(t, []string{"from the left", "from the right", "second"}, lines)
	for i := range report.Runs {
		if branch := report.Runs[i].Branch; branch != "" {
			b.git(t, "merge-base", "--is-ancestor", branch, "HEAD")
		}
	}
	require.Empty(t, b.git(t, "status", "--porcelain"))
}

func TestWhatIsDeclaredIsNotTouchedByTwoAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "shared.txt", "first\nsecond\n")
	b.lastGate(t, "true")
	b.task(t, core.NewTask{Title: "Left", Description: "line shared.txt from the left", SpecRefs: []string{"shared.txt"}})
	b.task(t, core.NewTask{Title: "Right", Description: "line shared.txt from the right", SpecRefs: []string{"shared.txt#first"}})
	plan, err := b.app.Orchestrator.Plan(t.Context(), b.ada, b.place, core.Auto{Parallel: 8})
	require.NoError(t, err)
	require.Len(t, plan.Plan.Starts, 1)
	require.Len(t, plan.Plan.Waits, 1)
	require.Equal(t, project.WaitConflict, plan.Plan.Waits[0].Kind)
	b.work(t)
	report := b.auto(t, core.Auto{Parallel: 8})
	require.Equal(t, core.AutoPresented, report.Status, report.Reason)
	require.Zero(t, kinds(report, "conflict"))
}

func TestWhatKeepsFailingIsPutToAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.lastGate(t, "true")
	task := b.task(t, core.NewTask{Title: "Bake", Description: "leave it half done"})
	next := b.task(t, core.NewTask{Title: "Eat", DependsOn: []string{task.ID}})
	other := b.task(t, core.NewTask{Title: "Clean", Description: "put clean.txt clean"})
	b.work(t)
	report := b.auto(t, core.Auto{})
	require.Equal(t, core.AutoStuck, report.Status)
	require.Len(t, report.Runs, 4, "three tries, and the other task")
	require.Equal(t, 1, kinds(report, "ask"))
	ofTask := slices.DeleteFunc(slices.Clone(report.Runs), func(r project.Run) bool { return r.Task != task.ID })
	last := slices.MaxFunc(ofTask, func(a, b project.Run) int { return a.CreatedAt.Compare(b.CreatedAt) })
	require.Contains(t, last.Prompt, "This is try 3 of 3")
	require.Contains(t, last.Prompt, "I gave up here", "what came of the tries before is told")
	questions, err := b.app.Records.Questions(t.Context(), core.View{Project: b.place.Project}, false)
	require.NoError(t, err)
	require.Len(t, questions, 1)
	require.True(t, questions[0].Blocking)
	require.Equal(t, "person", questions[0].To)
	done, err := b.app.Tasks.Get(t.Context(), core.View{Project: b.place.Project}, other.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskComplete, done.Status, "the rest went on")

	// As long as nobody answers, nobody tries again.
	require.Empty(t, b.auto(t, core.Auto{}).Runs)
	_, err = b.app.Records.Answer(t.Context(), b.ada, b.place.Project, questions[0].ID, "put cake.txt cake")
	require.NoError(t, err)
	_, err = b.app.Tasks.Edit(t.Context(), b.ada, b.place.Project, task.ID, core.TaskChange{Description: new("as was answered")})
	require.NoError(t, err)
	report = b.auto(t, core.Auto{})
	require.Equal(t, core.AutoPresented, report.Status, report.Reason)
	done, err = b.app.Tasks.Get(t.Context(), core.View{Project: b.place.Project}, next.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskComplete, done.Status)
}

func TestGateThatCannotBeMendedIsNotPresented(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.lastGate(t, "sh", "-c", "echo the oven is cold; exit 1")
	b.work(t)
	report := b.auto(t, core.Auto{})
	require.Equal(t, core.AutoStuck, report.Status)
	require.Len(t, report.Runs, 3)
	for i := range report.Runs {
		require.Contains(t, report.Runs[i].Prompt, "the oven is cold", "it is told what failed")
	}
	require.Contains(t, report.Reason, "test_output")
	require.Zero(t, kinds(report, "present"))
	require.Equal(t, 1, kinds(report, "ask"))
}

func TestRunsTogetherNeverCostMoreThanTheyMay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.lastGate(t, "true")
	for i := range 6 {
		b.task(t, core.NewTask{Title: fmt.Sprintf("Dear %d", i), Description: "costs 300"})
	}
	b.work(t)
	report := b.auto(t, core.Auto{MaxCostMicros: 1000, Parallel: 2})
	require.Equal(t, core.AutoLimit, report.Status, report.Reason)
	require.LessOrEqual(t, report.CostMicros, int64(1000))
	require.NotEmpty(t, report.Runs)
	for i := range report.Runs {
		require.Positive(t, report.Runs[i].MaxCostMicros)
	}
}

func TestInterruptedOrchestratorGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.lastGate(t, "true")
	b.task(t, core.NewTask{Title: "Bake", Description: "hold until told\nput cake.txt cake"})
	b.work(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	report, err := b.app.Orchestrator.Run(ctx, b.ada, b.place, core.Auto{}, func(s core.AutoStep) {
		if s.Kind == "start" {
			cancel()
		}
	})
	require.Error(t, err)
	require.Equal(t, core.AutoInterrupted, report.Status)
	require.Len(t, report.Runs, 1)
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "go"), nil, 0o600))
	// It starts nothing anew: the run goes on, and what it did is merged.
	report = b.auto(t, core.Auto{})
	require.Equal(t, core.AutoPresented, report.Status, report.Reason)
	require.Empty(t, report.Runs)
	_, err = os.Stat(filepath.Join(b.place.Root, "cake.txt"))
	require.NoError(t, err)
}

func TestRejectedGateIsWorkedOnAndPresentedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.lastGate(t, "true")
	b.work(t)
	require.Equal(t, core.AutoPresented, b.auto(t, core.Auto{}).Status)
	_, err := b.app.Gates.Reject(t.Context(), b.ada, b.place.Project, "G6", "put icing.txt icing", "")
	require.NoError(t, err)
	report := b.auto(t, core.Auto{})
	require.Equal(t, core.AutoPresented, report.Status, report.Reason)
	require.Len(t, report.Runs, 1)
	require.Contains(t, report.Runs[0].Prompt, "put icing.txt icing")
	gate, err := b.app.Gates.Get(t.Context(), core.View{Project: b.place.Project}, "G6")
	require.NoError(t, err)
	require.Equal(t, project.GateInReview, gate.Status)
}
