package markdown

import (
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// status writes STATUS.md.
func (r *renderer) status(p *page) {
	p.title("Status of "+r.Project.Name,
		"Where the project stands. This file is only to be read: LayerCake writes it anew, and an edit changes nothing, except below Notes at "+
			"its end. Tasks, decisions and memories can be edited in "+fileTasks+", "+fileDecisions+" and "+fileMemory+".")
	r.demo(p)
	if r.Project.Archived {
		p.gap()
		p.line("**This project is archived.**")
	}
	p.gap()
	r.facts(p)
	p.quoteSection("What it is", r.Project.Description)
	reasons := r.recordedReasons()
	r.next(p, reasons)
	r.conflictSection(p)
	r.readiness(p, reasons)
	p.section("Gates")
	r.gateTable(p)
	r.taskStatus(p)
	r.waiting(p)
}

// facts writes what sort of project it is and where it stands.
func (r *renderer) facts(p *page) {
	pr := r.Project
	p.line("- project: ", code(pr.Slug))
	phase := "- phase: **" + human(pr.Phase) + "**"
	if pr.Phase == workflow.PhaseBlocked && pr.BlockedFrom != "" {
		phase += ", came from " + human(pr.BlockedFrom)
	}
	p.line(phase)
	if g := r.CurrentGate(); g != nil {
		p.line("- gate: **", gateName(g, inLine), "**, ", human(g.Status))
	} else {
		p.line("- gate: none is left to pass")
	}
	if loud := r.wentAround(); loud != "" {
		p.line("- **passed against the rules or without being decided: ", loud, "**")
	}
	p.projectType(pr, pr.HasUI)
	p.line("- approvals: ", levelWords(pr.Level))
}

// wentAround lists the gates that were forced or skipped; that stays for ever.
func (r *renderer) wentAround() string {
	var list []string
	for i := range r.Gates {
		g := &r.Gates[i]
		switch {
		case g.Status == project.GateSkipped:
			list = append(list, inline(g.ID, inList)+" SKIPPED")
		case g.Forced:
			list = append(list, inline(g.ID, inList)+" FORCED")
		}
	}
	return strings.Join(list, ", ")
}

// readiness says what the records know to keep the current gate shut.
func (r *renderer) readiness(p *page, reasons []project.Reason) {
	g := r.CurrentGate()
	if g == nil {
		return
	}
	p.section("What keeps " + inline(g.ID, inHeading) + " shut")
	check := code("layercake gate check " + g.ID)
	if len(reasons) == 0 {
		p.line("Nothing on record. Whether the files still are what was recorded, ", check, " finds out.")
		return
	}
	p.line("By what is on record, ", count(len(reasons), "thing", "things"), "; ", check, " looks at the files as well.")
	p.gap()
	for i := range reasons {
		p.line("- ", inline(reasons[i].Message, atStart))
	}
}

// taskStatus counts the tasks and lists those that can be started.
func (r *renderer) taskStatus(p *page) {
	p.section("Tasks")
	counts := r.countTasks(func(*project.Task) bool { return true })
	if len(counts) == 0 {
		p.line("There are no tasks yet.")
		return
	}
	rows := make([][]string, 0, len(counts)+1)
	for _, c := range counts {
		rows = append(rows, []string{human(c.status), strconv.Itoa(c.n)})
	}
	p.table([]string{"state", "tasks"}, append(rows, []string{"all", strconv.Itoa(len(r.Tasks))}))
	r.taskPart(p, "In progress", func(t *project.Task) bool { return t.Status == project.TaskInProgress })
	r.taskPart(p, "Ready to start", func(t *project.Task) bool { return t.Ready && t.Status != project.TaskInProgress })
	r.taskPart(p, "Blocked or failed", func(t *project.Task) bool {
		return t.Status == project.TaskBlocked || t.Status == project.TaskFailed
	})
}

// taskPart lists the most urgent of the tasks that are wanted.
func (r *renderer) taskPart(p *page, title string, wanted func(*project.Task) bool) {
	var list []*project.Task
	for i := range r.Tasks {
		if wanted(&r.Tasks[i]) {
			list = append(list, &r.Tasks[i])
		}
	}
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b *project.Task) int { return a.Priority.Rank() - b.Priority.Rank() })
	p.part(title)
	const most = 10
	for _, t := range list[:min(most, len(list))] {
		p.line("- **", r.task(t.ID), "** (", inline(urgency(t), inLine), ") ", inline(t.Title, inLine), claim(t))
	}
	if len(list) > most {
		p.line("- and ", strconv.Itoa(len(list)-most), " more in ", fileTasks)
	}
}

// urgency writes a task's priority, and what it was before it was raised.
func urgency(t *project.Task) string {
	if t.PromotedFrom == "" {
		return string(t.Priority)
	}
	return string(t.Priority) + ", was " + string(t.PromotedFrom)
}

// claim says who works on a task.
func claim(t *project.Task) string {
	switch {
	case t.ClaimedBy == "" || t.Status != project.TaskInProgress:
		return ""
	case t.LeaseUntil == nil:
		return ", claimed by " + inline(t.ClaimedBy, inLine)
	}
	return ", claimed by " + inline(t.ClaimedBy, inLine) + " until " + momentOf(t.LeaseUntil)
}

// quoteSection writes a section that is one text; an empty one is left out.
func (p *page) quoteSection(title, body string) {
	if strings.TrimSpace(body) == "" {
		return
	}
	p.section(title)
	p.quote("", body)
}
