package markdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
)

// next says the one thing to do now, by what is on record.
func (r *renderer) next(p *page, reasons []project.Reason) {
	p.section("Next")
	what, how := r.nextStep(reasons)
	p.line(what, ":")
	p.gap()
	p.line("    ", how)
	p.gap()
	p.line("`layercake next` says it anew at any time.")
}

// nextStep returns what to do and the command for it. Only ids that the
// workflow allows come into a command.
func (r *renderer) nextStep(reasons []project.Reason) (what, how string) {
	g := r.CurrentGate()
	if i := slices.IndexFunc(r.Questions, func(q project.Question) bool { return q.Status == statusOpen && q.Blocking }); i >= 0 {
		return "Answer the question that work waits for", "layercake question answer " + prefixQuestion + r.Questions[i].ID
	}
	if b := r.openBlockers(); len(b) > 0 {
		return "Remove what blocks the project", "layercake blocker resolve " + prefixBlocker + b[0].ID
	}
	if g == nil {
		return "Every gate is passed; see which phase follows", "layercake phase show"
	}
	if g.Status == project.GateInReview {
		return fmt.Sprintf("Gate %s waits for a person's decision", inline(g.ID, inLine)), "layercake gate show " + oneWord(g.ID)
	}
	if t := r.mostUrgent(); t != nil {
		return "Work on the most urgent task that can be started", "layercake task start " + oneWord(r.task(t.ID))
	}
	for _, reason := range reasons {
		if reason.Hint != "" && !strings.ContainsAny(reason.Hint, "\n\r") {
			return capital(inline(reason.Message, atStart)), visible(reason.Hint, false)
		}
	}
	return fmt.Sprintf("Put gate %s before a person", inline(g.ID, inLine)), "layercake gate present " + oneWord(g.ID)
}

// mostUrgent returns the most urgent task that can be started and that nobody
// has claimed, or nil.
func (r *renderer) mostUrgent() *project.Task {
	var best *project.Task
	for i := range r.Tasks {
		t := &r.Tasks[i]
		if t.Ready && t.ClaimedBy == "" && t.Status != project.TaskInProgress && (best == nil || t.Priority.Rank() < best.Priority.Rank()) {
			best = t
		}
	}
	return best
}

// oneWord keeps a line break in a name from ending a command.
func oneWord(s string) string {
	return strings.ReplaceAll(visible(s, false), "\n", " ")
}

// recordedReasons lists what the records know to keep the current gate shut.
// Files, artifacts and commits are taken to be as they were recorded: looking
// at them is for `gate check`, which is what decides.
func (r *renderer) recordedReasons() []project.Reason {
	g := r.CurrentGate()
	if g == nil {
		return nil
	}
	s := project.State{
		Project: r.Project, Gates: r.Gates, Workflow: r.Workflow, Proofs: r.Proofs,
		Deliverables: r.Deliverables, Conditions: r.Conditions,
	}
	for i := range r.Tasks {
		if t := &r.Tasks[i]; t.Status.Open() && r.Workflow.TaskBelongs(g.ID, t.Phase, t.Gate) {
			s.OpenTasks = append(s.OpenTasks, *t)
		}
	}
	for _, b := range r.openBlockers() {
		s.Blockers = append(s.Blockers, *b)
	}
	return slices.DeleteFunc(project.Readiness(&s, g, r.asRecorded(g)), func(reason project.Reason) bool {
		return reason.Code == "proof_unchecked" || reason.Code == "no_candidate"
	})
}

// asRecorded returns what checks would find if nothing had changed since.
func (r *renderer) asRecorded(g *project.Gate) *project.Checks {
	c := &project.Checks{
		Candidate: project.Candidate{Commit: g.Commit},
		Artifacts: make(map[string]string, len(r.Proofs)),
		Trees:     map[string]string{},
		Files:     make(map[string]project.FileCheck, len(r.Deliverables)),
	}
	if g.Status == project.GateInReview {
		c.Trees[project.PathsKey(nil)] = g.Tree
	}
	for i := range r.Proofs {
		c.Artifacts[r.Proofs[i].ID] = ""
	}
	for i := range r.Deliverables {
		d := &r.Deliverables[i]
		c.Files[d.ID] = project.FileCheck{Exists: true, SHA256: d.SHA256}
	}
	return c
}
