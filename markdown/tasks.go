package markdown

import (
	"cmp"
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
	bySection := r.tasksBySection(p.placed)
	paragraphs := []string{introTasks}
	if !slices.ContainsFunc(r.Tasks, func(t project.Task) bool { return !t.Unlisted }) {
		paragraphs = append(paragraphs, noTasks)
	}
	p.title("Tasks", paragraphs...)
	p.place(KeyTop)
	const row = 256 // bytes that a task takes, about
	p.b.Grow(row * len(r.Tasks))
	for _, phase := range append(workflow.Phases(), "") {
		name := taskSection(phase)
		list, listed := bySection[name]
		if !listed && !p.placed.has(prefixSection+name) && !p.placed.has(prefixEnd+name) {
			continue
		}
		p.section(phaseTitle(phase))
		p.place(prefixSection + name)
		for _, t := range list {
			if !t.Unlisted {
				r.taskRow(p, t)
			}
			p.place(r.task(t.ID))
		}
		p.place(prefixEnd + name)
	}
}

// tasksBySection groups the tasks and puts those of a section in their order,
// which does not change when their states do. The project's own phase is there
// even without tasks, so that there is a place to add one. Tasks that are not
// listed come along where something is to stand behind them.
func (r *renderer) tasksBySection(around *placed) map[string][]*project.Task {
	current := r.Project.Phase
	if current == workflow.PhaseBlocked {
		current = r.Project.BlockedFrom
	}
	bySection := map[string][]*project.Task{taskSection(current): nil}
	for i := range r.Tasks {
		t := &r.Tasks[i]
		if !t.Unlisted || around.has(r.task(t.ID)) {
			name := taskSection(t.Phase)
			bySection[name] = append(bySection[name], t)
		}
	}
	for _, list := range bySection {
		slices.SortStableFunc(list, func(a, b *project.Task) int { return cmp.Compare(a.Rank, b.Rank) })
	}
	return bySection
}

type taskCount struct {
	status project.TaskStatus
	n      int
}

// countTasks counts the tasks that are wanted, by state, for every state that
// there are tasks in.
func (r *renderer) countTasks(wanted func(*project.Task) bool) []taskCount {
	n := map[project.TaskStatus]int{}
	for i := range r.Tasks {
		if wanted(&r.Tasks[i]) {
			n[r.Tasks[i].Status]++
		}
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
	p.rowConflicts(indentItem, r.task(t.ID))
	p.quote(indentItem, t.Description)
}

func (r *renderer) taskAttributes(p *page, t *project.Task) {
	a := p.attributes(indentItem)
	a.add("priority", string(t.Priority))
	a.add("status", human(t.Status))
	a.add("type", human(t.Type))
	a.add("owner", t.Owner)
	if taskSection(t.Phase) == SectionNone {
		a.add("phase", human(t.Phase))
	}
	a.add("gate", t.Gate)
	a.list("after", r.taskList(t.DependsOn))
	a.add("parent", r.task(t.Parent))
	a.list("specs", t.SpecRefs)
	a.list("stories", t.StoryRefs)
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
