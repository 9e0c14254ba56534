package markdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

const (
	indentItem = "  "
	boxOpen    = "- [ ] "
	boxDone    = "- [x] "
	// boxNone begins the row of a task that ended without being done: there is
	// nothing to tick.
	boxNone = "- "
)

// tasks writes TASKS.md.
func (r *renderer) tasks(p *page) {
	p.title("Tasks",
		"LayerCake writes this file anew; change tasks with `layercake task`. An edit made here is not read, and the file "+
			"is then left as it is until you say otherwise.",
		r.taskSummary())
	const row = 256 // bytes that a task takes, about
	p.b.Grow(row * len(r.Tasks))
	phases, byPhase := r.tasksByPhase()
	for _, phase := range phases {
		p.section(inline(phaseTitle(phase), inHeading))
		for _, t := range byPhase[phase] {
			r.taskRow(p, t)
		}
	}
}

// tasksByPhase groups the tasks. The project's own phase is there even without
// tasks, so that there is a place to add one.
func (r *renderer) tasksByPhase() ([]workflow.Phase, map[workflow.Phase][]*project.Task) {
	byPhase := map[workflow.Phase][]*project.Task{r.Project.Phase: nil}
	if r.Project.Phase == workflow.PhaseBlocked {
		byPhase = map[workflow.Phase][]*project.Task{r.Project.BlockedFrom: nil}
	}
	for i := range r.Tasks {
		t := &r.Tasks[i]
		byPhase[t.Phase] = append(byPhase[t.Phase], t)
	}
	var phases, others []workflow.Phase
	for _, phase := range workflow.Phases() {
		if _, ok := byPhase[phase]; ok {
			phases = append(phases, phase)
		}
	}
	for phase := range byPhase {
		if !slices.Contains(phases, phase) {
			others = append(others, phase)
		}
	}
	slices.Sort(others)
	return append(phases, others...), byPhase
}

// taskSummary counts the tasks by state, in the order of the states.
func (r *renderer) taskSummary() string {
	if len(r.Tasks) == 0 {
		return "There are no tasks yet."
	}
	var parts []string
	for _, c := range r.countTasks() {
		parts = append(parts, fmt.Sprintf("%d %s", c.n, human(c.status)))
	}
	return count(len(r.Tasks), "task", "tasks") + ": " + strings.Join(parts, ", ") + "."
}

type taskCount struct {
	status project.TaskStatus
	n      int
}

// countTasks counts the tasks of every state that there are tasks in.
func (r *renderer) countTasks() []taskCount {
	n := map[project.TaskStatus]int{}
	for i := range r.Tasks {
		n[r.Tasks[i].Status]++
	}
	var counts []taskCount
	for _, status := range project.TaskStatuses() {
		if n[status] > 0 {
			counts = append(counts, taskCount{status, n[status]})
		}
	}
	return counts
}

// taskRow writes one task: its row, its attributes, what was said about its
// state, and its description.
func (r *renderer) taskRow(p *page, t *project.Task) {
	p.line(box(t.Status), "**", r.task(t.ID), "** ", inline(t.Title, inLine))
	r.taskAttributes(p, t)
	switch t.Status {
	case project.TaskBlocked:
		label := "**blocked**"
		if t.BlockedBy != "" {
			label = "**blocked by " + inline(r.task(t.BlockedBy), inAttribute) + "**"
		}
		if strings.TrimSpace(t.BlockedReason) == "" {
			p.line(indentItem, "- ", label)
		}
		p.text(indentItem, label, t.BlockedReason)
	case project.TaskComplete:
		p.text(indentItem, "result", t.Result)
	default:
		p.text(indentItem, "reason", t.Result)
	}
	if t.DeferredGate != "" {
		p.text(indentItem, "deferred past "+inline(t.DeferredGate, inLine), orElse(t.DeferReason, "no reason given"))
	}
	p.quote(indentItem, t.Description)
}

func (r *renderer) taskAttributes(p *page, t *project.Task) {
	a := p.attributes(indentItem)
	priority := string(t.Priority)
	if t.PromotedFrom != "" {
		priority += " (was " + string(t.PromotedFrom) + ")"
	}
	a.add("priority", priority)
	a.add("status", human(t.Status))
	a.add("type", human(t.Type))
	a.add("owner", t.Owner)
	if t.ClaimedBy != "" {
		claim := t.ClaimedBy
		if t.LeaseUntil != nil {
			claim += " until " + momentOf(t.LeaseUntil)
		}
		a.add("claimed", claim)
	}
	a.add("gate", t.Gate)
	a.list("after", r.taskList(t.DependsOn))
	a.add("parent", r.task(t.Parent))
	a.list("specs", t.SpecRefs)
	a.list("stories", t.StoryRefs)
	if t.FinishedAt != nil && !t.Status.Open() {
		a.add("finished", day(*t.FinishedAt))
	}
	a.end()
}

func box(s project.TaskStatus) string {
	switch s {
	case project.TaskComplete:
		return boxDone
	case project.TaskCancelled, project.TaskSkipped:
		return boxNone
	case project.TaskNotStarted, project.TaskQueued, project.TaskInProgress, project.TaskBlocked, project.TaskFailed:
	}
	return boxOpen
}

func orElse(s, otherwise string) string {
	if strings.TrimSpace(s) == "" {
		return otherwise
	}
	return s
}
