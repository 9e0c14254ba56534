package markdown_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/markdown"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a rendering with what it was when somebody last read it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func render(t *testing.T, s *core.Snapshot) map[string]string {
	t.Helper()
	files, err := markdown.Render(s)
	require.NoError(t, err)
	byName := make(map[string]string, len(files))
	for _, f := range files {
		require.NotContains(t, byName, f.Name)
		byName[f.Name] = string(f.Content)
	}
	return byName
}

func launched(t *testing.T) *core.Snapshot {
	t.Helper()
	s := sample(t)
	for i := range s.Gates {
		g := &s.Gates[i]
		g.Status, g.DecidedBy, g.DecidedAt, g.Level = project.GateApproved, "person:ada", when(7), project.LevelDemo
	}
	s.Project.Level, s.Project.Phase, s.Project.Archived = project.LevelDemo, workflow.PhaseMaintenance, true
	s.Blockers, s.Questions = nil, nil
	return s
}

func TestRenderGolden(t *testing.T) {
	t.Parallel()
	fresh := &core.Snapshot{Project: sample(t).Project, Workflow: sample(t).Workflow}
	fresh.Project.Phase, fresh.Project.BlockedFrom = workflow.PhaseBlocked, workflow.PhaseIntake
	for name, s := range map[string]*core.Snapshot{"rich": sample(t), "launched": launched(t), "fresh": fresh} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := markdown.Render(s)
			require.NoError(t, err)
			names := make([]string, len(files))
			for i, f := range files {
				names[i] = f.Name
				golden(t, name+"/"+f.Name, f.Content)
			}
			golden(t, name+"/files.txt", []byte(strings.Join(names, "\n")+"\n"))
		})
	}
}

func TestRenderIntakeGolden(t *testing.T) {
	t.Parallel()
	ui := false
	golden(t, "INTAKE.md", markdown.RenderIntake(sample(t).Project, core.IntakeAnswers{
		What: nasty, Done: "People buy cake.", Deployment: "local_only", HasUI: &ui, Risks: []string{"# fire", "Nobody is hungry | or\nrich"},
	}))
	golden(t, "INTAKE_EMPTY.md", markdown.RenderIntake(sample(t).Project, core.IntakeAnswers{}))
}

func TestRenderNeedsAProject(t *testing.T) {
	t.Parallel()
	for _, s := range []*core.Snapshot{nil, {}, {Project: &project.Project{}}} {
		_, err := markdown.Render(s)
		require.Equal(t, "incomplete_snapshot", fault.CodeOf(err))
	}
}

func TestTrackingDocumentsFollowTheirGates(t *testing.T) {
	t.Parallel()
	s := sample(t)
	status := func(id string, to project.GateStatus) {
		for i := range s.Gates {
			if s.Gates[i].ID == id {
				s.Gates[i].Status = to
			}
		}
	}
	for _, step := range []struct {
		g1, g2, g9 project.GateStatus
		want       []string
	}{
		{project.GatePending, project.GatePending, project.GatePending, nil},
		{project.GateInReview, project.GateRejected, project.GatePending, nil},
		{project.GateApproved, project.GatePending, project.GatePending, []string{"FEEDBACK_LOG.md", "COST_LOG.md", "PROJECT_CONTEXT.md"}},
		{project.GateSkipped, project.GateNotApplicable, project.GateNotApplicable, []string{"FEEDBACK_LOG.md", "COST_LOG.md", "PROJECT_CONTEXT.md", "CHANGE_REQUESTS.md"}},
		{project.GateApproved, project.GateApproved, project.GateApproved, []string{"FEEDBACK_LOG.md", "COST_LOG.md", "PROJECT_CONTEXT.md", "CHANGE_REQUESTS.md", "POST_LAUNCH.md"}},
	} {
		status("G1", step.g1)
		status("G2", step.g2)
		status("G9", step.g9)
		files, err := markdown.Render(s)
		require.NoError(t, err)
		var names []string
		for _, f := range files[5:] {
			names = append(names, f.Name)
		}
		require.Equal(t, step.want, names)
	}
}

// Two projects under the same gates must say the same things loudly.
func TestRenderIsLoudAboutWhatWentAroundTheRules(t *testing.T) {
	t.Parallel()
	files := render(t, sample(t))
	require.Contains(t, files["STATUS.md"], "**passed against the rules or without being decided: G3 FORCED, G4 SKIPPED**")
	require.Contains(t, files["GATES.md"], "- **FORCED: a person approved this gate against the reasons that kept it shut.**")
	require.Contains(t, files["GATES.md"], "- **SKIPPED: a person let the project pass without this gate.**")
	require.Contains(t, files["GATES.md"], "**Editing this file approves nothing.**")
	require.NotContains(t, files["STATUS.md"], "DEMO PROJECT")
	demo := render(t, launched(t))
	for _, name := range []string{"STATUS.md", "GATES.md", "FEEDBACK_LOG.md", "PROJECT_CONTEXT.md"} {
		require.Contains(t, demo[name], "**DEMO PROJECT", name)
	}
}

// An event that a file does not show changes its stamp only.
func TestOnlyTheFilesThatShowAChangeChange(t *testing.T) {
	t.Parallel()
	s := sample(t)
	before := render(t, s)
	s.Head.Version++
	s.Memories[0].Content = "something else"
	for name, content := range render(t, s) {
		body := regexp.MustCompile(`\n<!-- layercake: .*\n$`).Split(content, 2)[0]
		was := regexp.MustCompile(`\n<!-- layercake: .*\n$`).Split(before[name], 2)[0]
		require.Equal(t, name != "MEMORY.md", body == was, name)
	}
}

// A change of one task is a change of its rows, wherever it goes.
func TestCompletingATaskKeepsItsPlace(t *testing.T) {
	t.Parallel()
	s := sample(t)
	before := strings.Split(render(t, s)["TASKS.md"], "\n")
	s.Tasks[7].Status = project.TaskComplete
	after := strings.Split(render(t, s)["TASKS.md"], "\n")
	require.Len(t, after, len(before))
	var changed []string
	for i := range before {
		if before[i] != after[i] {
			changed = append(changed, after[i])
		}
	}
	require.Len(t, changed, 3) // two lines of the task, the stamp
	require.Contains(t, changed, "- [x] **t-ek3f9m2p** Queue")
}

func TestNextStep(t *testing.T) {
	t.Parallel()
	next := func(s *core.Snapshot) string {
		_, rest, _ := strings.Cut(render(t, s)["STATUS.md"], "## Next\n\n")
		lines := strings.SplitN(rest, "\n", 4)
		return strings.TrimSpace(lines[2])
	}
	s := sample(t)
	require.Equal(t, "layercake question answer q-que00001", next(s))
	s.Questions = nil
	require.Equal(t, "layercake blocker resolve b-block002", next(s))
	s.Blockers = nil
	require.Equal(t, "layercake gate show G5", next(s))
	s.Gates[4].Status = project.GatePending
	require.Equal(t, "layercake task start t-fk3f9m2p", next(s))
	s.Tasks = nil
	require.Equal(t, `layercake proof capture G5 build_output`, next(s))
	for i := range s.Gates {
		if s.Gates[i].ID == "G5" {
			s.Workflow.Gates[i].Proofs, s.Deliverables = nil, nil
		}
	}
	require.Equal(t, "layercake gate present G5", next(s))
	require.Equal(t, "layercake phase show", next(func() *core.Snapshot { l := launched(t); return l }()))
}

func manyTasks(t testing.TB, n int) *core.Snapshot {
	t.Helper()
	w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional})
	require.NoError(t, err)
	s := &core.Snapshot{Project: &project.Project{Name: "Many", Slug: "many", Phase: workflow.PhaseDevelopment}, Workflow: w}
	for i, g := range w.Gates {
		s.Gates = append(s.Gates, project.Gate{ID: g.ID, Position: i, Phase: g.Phase, Title: g.Title, Status: project.GatePending})
	}
	statuses := project.TaskStatuses()
	for i := range n {
		id := fmt.Sprintf("%08d", i)
		task := project.Task{
			ID: id, ShortID: "t-" + id, Title: fmt.Sprintf("Task %d: build the `Part<%d>` & test it", i, i), Type: "generation",
			Description: "It has to be there.\n\n- first, `code<T>`\n- second: <not a tag\n", Priority: project.PriorityMedium, Status: statuses[i%len(statuses)],
			Phase: workflow.Phases()[i%5], Owner: "backend-developer", Ready: i%8 == 0,
		}
		if i > 1 {
			task.DependsOn = []string{s.Tasks[i-1].ID, s.Tasks[i/2].ID}
		}
		s.Tasks = append(s.Tasks, task)
	}
	return s
}

func BenchmarkRender(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("tasks=%d", n), func(b *testing.B) {
			s := manyTasks(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := markdown.Render(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
