package projecttest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Actors are those who give commands: two people and two agents.
func Actors() []project.Actor {
	return []project.Actor{
		{Kind: project.ActorPerson, Name: "ada"},
		{Kind: project.ActorPerson, Name: "bob"},
		{Kind: project.ActorAgent, Name: "one/backend-developer", OnBehalfOf: "person:ada"},
		{Kind: project.ActorAgent, Name: "two/qa-engineer", OnBehalfOf: "person:ada"},
	}
}

// Facts are those of the projects that commands are drawn for.
func Facts() workflow.Facts {
	p := NewProject(nil)
	return (&project.Project{Type: p.Type, DeploymentMode: p.DeploymentMode, Tier: p.Tier, HasUI: p.HasUI}).Facts()
}

// NewProject begins such a project.
func NewProject(w *workflow.Workflow) *project.CreateProject {
	return &project.CreateProject{
		Slug: "any", Name: "Any", Type: workflow.TypeTraditional, Preset: workflow.PresetSimple, Tier: workflow.TierMVP,
		DeploymentMode: workflow.DeployUndetermined, Level: project.LevelDemo, DocsDir: "docs", Workflow: w,
	}
}

// Workflow is a workflow whose gates ask for nothing but that the tasks are done,
// so that random commands get through them.
func Workflow() *workflow.Workflow {
	w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional, Preset: workflow.PresetSimple, Tier: workflow.TierMVP})
	if err != nil {
		panic(err)
	}
	for i := range w.Gates {
		w.Gates[i].Proofs, w.Gates[i].Deliverables = nil, nil
	}
	return w
}

// Draw draws a command, sensible or not. fresh is an id that no task has.
func Draw(rt *rapid.T, m *Model, fresh string) project.Command {
	const most = 7 // tasks, so that they meet each other
	ids := slices.Sorted(maps.Keys(m.Tasks))
	if len(ids) == 0 || rapid.IntRange(0, 9).Draw(rt, "unknown task") == 9 {
		ids = append(ids, "zzzzzzzz")
	}
	var gates []string
	for i := range m.Gates {
		// The next one most often, or few get anywhere.
		gates = append(gates, m.Gates[i].ID)
		if !passed(m.Gates[i].Status) && (i == 0 || passed(m.Gates[i-1].Status)) {
			gates = append(gates, m.Gates[i].ID, m.Gates[i].ID, m.Gates[i].ID)
		}
	}
	id := rapid.SampledFrom(ids).Draw(rt, "task")
	other := rapid.SampledFrom(ids).Draw(rt, "other task")
	gate := rapid.SampledFrom(append(gates, "G99")).Draw(rt, "gate")
	text := rapid.SampledFrom([]string{"because", "because", "because", "because", "because", ""}).Draw(rt, "text")
	presence := project.Presence{Terminal: true, Word: rapid.SampledFrom([]string{"approve", "yes", "accept", "ok"}).Draw(rt, "word")}
	checks := &project.Checks{Candidate: project.Candidate{Commit: "c0ffee"}}
	kind := rapid.IntRange(0, 19).Draw(rt, "kind")
	if kind <= 2 && len(m.Tasks) >= most {
		kind = 5
	}
	switch kind {
	case 0, 1, 2:
		c := &project.AddTask{ID: fresh, Title: text, DependsOn: rapid.SliceOfN(rapid.SampledFrom(ids), 0, 2).Draw(rt, "after")}
		if rapid.IntRange(0, 3).Draw(rt, "waits for a gate") == 0 {
			c.Gate = gate
		}
		c.Priority = rapid.SampledFrom(append(project.Priorities(), "")).Draw(rt, "priority")
		return c
	case 3, 4:
		return &project.DependTask{ID: id, DependsOn: other, Remove: rapid.IntRange(0, 2).Draw(rt, "remove") == 0}
	case 5, 6, 7, 8, 9, 10, 11:
		return &project.WorkTask{
			ID: id, Text: text, Step: rapid.SampledFrom(steps()).Draw(rt, "step"),
			Lease: rapid.SampledFrom([]time.Duration{0, 0, 0, time.Minute, time.Hour, time.Second, 25 * time.Hour}).Draw(rt, "lease"),
		}
	case 12:
		return &project.DeferTask{ID: id, Gate: gate, Reason: text}
	case 13, 14:
		return &project.PresentGate{Gate: gate, Checks: checks, Brief: "brief"}
	case 15, 16:
		return &project.ApproveGate{
			Gate: gate, Presence: presence, Checks: checks, Force: rapid.IntRange(0, 4).Draw(rt, "force") == 0, ForceReason: text,
		}
	case 17:
		return &project.RejectGate{Gate: gate, Presence: presence, FeedbackID: "f" + fresh[1:], Feedback: text}
	case 18:
		if rapid.Bool().Draw(rt, "skip") {
			return &project.SkipGate{Gate: gate, Presence: presence, Reason: text}
		}
		return &project.ReopenGate{Gate: gate, Presence: presence, Reason: text}
	}
	to := append(workflow.Phases(), workflow.Targets(m.Phase, m.facts, m.Blocked)...)
	return &project.MovePhase{To: rapid.SampledFrom(to).Draw(rt, "phase"), Reason: text}
}

func steps() []project.TaskStep {
	return []project.TaskStep{
		project.StepClaim, project.StepClaim, project.StepRelease, project.StepStart, project.StepDone, project.StepDone, project.StepFail,
		project.StepCancel, project.StepBlock, project.StepUnblock, project.StepReopen,
	}
}

// Fresh returns the id of the n-th task.
func Fresh(n int) string { return fmt.Sprintf("%08d", n) }

// Pause draws how much time passes between two commands. Sometimes the clock goes
// back.
func Pause(rt *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{time.Second, time.Second, 40 * time.Second, 20 * time.Minute, 45 * time.Minute, -time.Hour}).Draw(rt, "pause")
}
