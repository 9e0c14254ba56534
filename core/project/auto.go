package project

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/workflow"
)

// AutoInput is what a plan of agents' work is made from.
type AutoInput struct {
	Gates    []Gate
	Workflow *workflow.Workflow
	// Tasks are all tasks with what they wait for, and Runs all runs, newest first.
	Tasks     []Task
	Runs      []Run
	Questions []Question
	Roles     []AutoRole
	// Landings says, by the ids of runs that left a commit, where it is. One that is
	// not there is from before the gate, and of no concern.
	Landings map[string]Landing
	// Conflicts are the files that kept a run's branch from being merged, by its id.
	Conflicts map[string][]string
	// Parallel is how many runs may be under way at once.
	Parallel int
	Now      time.Time
}

// AutoRole is what a plan has to know of a role.
type AutoRole struct {
	ID     string
	Phases []string
}

// Landing is where the commit of a run is.
type Landing string

// The landings.
const (
	// LandingOpen is on a branch of its own, still to be merged.
	LandingOpen Landing = "open"
	// LandingDone is merged, or was let go of by a person who deleted the branch.
	LandingDone Landing = "done"
	// LandingElsewhere is on another machine.
	LandingElsewhere Landing = "elsewhere"
)

// AutoTries is how often agents try a thing before a person is asked.
const AutoTries = 3

// AutoPlan is what agents are to do next at the gate that comes next. LayerCake makes
// it by rules alone: the same project gives the same plan.
type AutoPlan struct {
	// Gate is the gate that it is about.
	Gate string `json:"gate"`
	// Starts are the runs to start now, most urgent first.
	Starts []AutoStart `json:"starts"`
	// AtWork are the runs that wait in a queue or are under way.
	AtWork []AutoWork `json:"at_work"`
	// Merges are the runs whose branches are to be merged, oldest first.
	Merges []AutoMerge `json:"merges"`
	// Waits are tasks that nothing can be done for yet, and why.
	Waits []AutoWait `json:"waits"`
	// Escalations are to be put to a person.
	Escalations []AutoEscalation `json:"escalations"`
}

// AutoStart is a run to start.
type AutoStart struct {
	// Task is what it works on; Subject is that, also where the run itself is for the
	// gate, to bring in work that is done.
	Task    string `json:"task"`
	Subject string `json:"subject"`
	Title   string `json:"title"`
	Role    string `json:"role"`
	// Queue is where it will wait.
	Queue Queue  `json:"queue"`
	Why   string `json:"why"`
	// Try is which of [AutoTries] it is. RetryOf is the run before it, and Prompt what
	// it is told beside the task.
	Try     int    `json:"try"`
	RetryOf string `json:"retry_of"`
	Prompt  string `json:"prompt"`
	// EstimateMicros is what runs of the role have cost on average, in millionths of a
	// US dollar; null when none has.
	EstimateMicros *int64 `json:"estimate_micros"`
	// Paths are what the task says it is about.
	Paths []string `json:"paths"`
}

// AutoWork is a run that waits in a queue or is under way.
type AutoWork struct {
	Run    string    `json:"run"`
	Task   string    `json:"task"`
	Role   string    `json:"role"`
	Status RunStatus `json:"status"`
}

// AutoMerge is a run whose branch is to be merged.
type AutoMerge struct {
	Run    string `json:"run"`
	Task   string `json:"task"`
	Branch string `json:"branch"`
}

// AutoWait is a task that has to wait.
type AutoWait struct {
	Task  string `json:"task"`
	Title string `json:"title"`
	// Kind is "dependency", "person", "conflict", "place", "blocked" or "elsewhere".
	Kind string `json:"kind"`
	Why  string `json:"why"`
	// Role is who will do it; empty when it is not for agents.
	Role string `json:"role"`
	// EstimateMicros is as of [AutoStart].
	EstimateMicros *int64 `json:"estimate_micros"`
}

// The kinds of waits.
const (
	WaitDependency = "dependency"
	WaitPerson     = "person"
	WaitConflict   = "conflict"
	WaitPlace      = "place"
	WaitBlocked    = "blocked"
	WaitElsewhere  = "elsewhere"
)

// AutoEscalation is what agents cannot do, and a person is asked about.
type AutoEscalation struct {
	Subject  string `json:"subject"`
	Question string `json:"question"`
}

// PlanAuto plans the work of agents on the tasks of a gate.
func PlanAuto(in *AutoInput, gate string) *AutoPlan {
	p := &autoPlanner{in: in, gate: gate, plan: &AutoPlan{
		Gate: gate, Starts: []AutoStart{}, AtWork: []AutoWork{}, Merges: []AutoMerge{}, Waits: []AutoWait{}, Escalations: []AutoEscalation{},
	}}
	p.gather()
	for i := range in.Tasks {
		if t := &in.Tasks[i]; in.Workflow.TaskBelongs(gate, t.Phase, t.Gate) && !strings.EqualFold(t.DeferredGate, gate) {
			p.task(t)
		}
	}
	p.ofGate()
	p.choose()
	return p.plan
}

// GateRunPrompt begins what a run is told that mends what keeps a gate shut. It is
// known by that.
func GateRunPrompt(gate string) string { return "Gate " + gate + " is not ready." }

type autoPlanner struct {
	in   *AutoInput
	gate string
	plan *AutoPlan
	// chains are the runs on each task, and on the gate under "", newest first.
	chains map[string][]*Run
	tasks  map[string]*Task
	ready  []candidate
	busy   []busy
}

// candidate is a run that could start now.
type candidate struct {
	AutoStart

	priority int
	created  time.Time
}

// busy is what work under way is about.
type busy struct {
	task  string
	paths []string
}

// gather finds which runs belong to what: those on a task, those that take them up
// again, and those for the gate.
func (p *autoPlanner) gather() {
	p.chains, p.tasks = map[string][]*Run{}, map[string]*Task{}
	for i := range p.in.Tasks {
		p.tasks[p.in.Tasks[i].ID] = &p.in.Tasks[i]
	}
	subject := map[string]string{}
	since := p.since()
	for i := len(p.in.Runs) - 1; i >= 0; i-- { // oldest first: a run comes after the one it takes up
		r := &p.in.Runs[i]
		s, follows := subject[r.RetryOf]
		switch {
		case r.Task != "":
			s = r.Task
		case follows && r.RetryOf != "":
		case r.Gate == p.gate && r.CreatedAt.After(since) && strings.HasPrefix(r.Prompt, GateRunPrompt(p.gate)):
			s = ""
		default:
			continue
		}
		subject[r.ID] = s
		p.chains[s] = append(p.chains[s], r)
	}
	for s := range p.chains {
		slices.Reverse(p.chains[s])
	}
}

// since is when the gate was last sent back; what was done for it before is over.
func (p *autoPlanner) since() time.Time {
	for i := range p.in.Gates {
		if g := &p.in.Gates[i]; g.ID == p.gate && g.DecidedAt != nil {
			return *g.DecidedAt
		}
	}
	return time.Time{}
}

// atWork notes the run under way on a subject.
func (p *autoPlanner) atWork(subject string, paths []string) bool {
	for _, r := range p.chains[subject] {
		if r.Status.Open() {
			p.plan.AtWork = append(p.plan.AtWork, AutoWork{Run: r.ID, Task: subject, Role: r.Role, Status: r.Status})
			p.busy = append(p.busy, busy{subject, paths})
			return true
		}
	}
	return false
}

func (p *autoPlanner) wait(t *Task, kind, format string, args ...any) {
	w := AutoWait{Task: t.ID, Title: t.Title, Kind: kind, Why: fmt.Sprintf(format, args...)}
	if kind == WaitDependency || kind == WaitConflict || kind == WaitPlace {
		w.Role, _ = p.role(t)
	}
	p.plan.Waits = append(p.plan.Waits, w)
}

// task plans for one task.
func (p *autoPlanner) task(t *Task) {
	paths := Paths(t)
	if p.atWork(t.ID, paths) {
		return
	}
	if t.Status == TaskComplete {
		p.complete(t)
		return
	}
	if !t.Status.Open() {
		return
	}
	h := p.history(t.ID)
	role, why := p.role(t)
	switch newest := h.newest(); {
	case h.asked != nil:
		p.wait(t, WaitPerson, "question q-%s waits for a person's answer", h.asked.ID)
		return
	case role == "":
		p.wait(t, WaitPerson, "%s", why)
		return
	case t.ClaimedNow(p.in.Now):
		p.wait(t, WaitPerson, "it is claimed by %s", t.ClaimedBy)
		return
	case newest != nil && newest.Status == RunCancelled:
		p.wait(t, WaitPerson, "run %s was cancelled; take it up again: `layercake agent retry %s`", RunID(newest.ID), RunID(newest.ID))
		return
	case t.Status == TaskBlocked && t.BlockedBy != "":
		p.wait(t, WaitDependency, "%s has failed", TaskID(t.BlockedBy))
		return
	case t.Status == TaskBlocked:
		p.wait(t, WaitBlocked, "it is blocked: %s", t.BlockedReason)
		return
	case t.Status == TaskFailed && newest == nil && h.answer == nil:
		p.wait(t, WaitPerson, "somebody gave it up: `layercake agent run %s --task %s` takes it up again", role, TaskID(t.ID))
		return
	case len(t.Waits) > 0:
		p.wait(t, WaitDependency, "%s", strings.Join(t.Waits, "; "))
		return
	}
	if open := p.unmerged(t); open != "" {
		p.wait(t, WaitDependency, "what was done for %s is not merged yet", TaskID(open))
		return
	}
	if h.tries >= AutoTries {
		p.escalate(t.ID, fmt.Sprintf("agents could not do %q in %d tries", t.Title, AutoTries), h)
		return
	}
	start := AutoStart{
		Task: t.ID, Subject: t.ID, Title: t.Title, Role: role, Why: why, Try: h.tries + 1, Prompt: h.prompt(p.in.Conflicts), Paths: paths,
	}
	if chain := p.chains[t.ID]; len(chain) > 0 {
		start.RetryOf = chain[0].ID
	}
	p.ready = append(p.ready, candidate{start, t.EffectivePriority(p.in.Now).Rank(), t.CreatedAt})
}

// complete plans for a task that is done: what was done has to be merged.
func (p *autoPlanner) complete(t *Task) {
	r := p.toMerge(t.ID)
	if r == nil {
		return
	}
	if p.in.Landings[r.ID] == LandingElsewhere {
		p.wait(t, WaitElsewhere, "its branch %s is on the machine of worker %s; push it from there and fetch it", r.Branch, r.Worker)
		return
	}
	files, failed := p.in.Conflicts[r.ID]
	if !failed {
		p.plan.Merges = append(p.plan.Merges, AutoMerge{Run: r.ID, Task: t.ID, Branch: r.Branch})
		return
	}
	h := p.history(t.ID)
	switch {
	case h.asked != nil:
		p.wait(t, WaitPerson, "question q-%s waits for a person's answer", h.asked.ID)
	case h.tries >= AutoTries:
		p.escalate(t.ID, fmt.Sprintf("branch %s with %q cannot be merged: %s", r.Branch, t.Title, conflictText(files)), h)
	default:
		start := p.resolving(r, h, t.ID, t.Title, files)
		start.Paths = Paths(t)
		p.ready = append(p.ready, candidate{start, -1, t.CreatedAt}) // others wait for it
	}
}

// resolving is a run that brings in what is done and cannot be merged.
func (p *autoPlanner) resolving(r *Run, h *autoHistory, subject, title string, files []string) AutoStart {
	prompt := "What was done on branch " + r.Branch + " (" + title + ") cannot be merged into today's state: " + conflictText(files) + ".\n" +
		"You are in a work tree of today's state. Bring that work into it: take what both sides did, by `git merge " + r.Branch + "` with its\n" +
		"conflicts resolved, or by doing it again. Leave no conflict markers.\n"
	if text := h.prompt(p.in.Conflicts); text != "" {
		prompt += "\n" + text
	}
	return AutoStart{
		Subject: subject, Title: "merge: " + title, Role: r.Role, Why: "who did it resolves the conflict in " + few(files),
		Try: h.tries + 1, RetryOf: p.chains[subject][0].ID, Prompt: prompt, Paths: []string{},
	}
}

func conflictText(files []string) string {
	if len(files) == 0 {
		return "git refuses it"
	}
	return "both changed " + few(files)
}

// toMerge returns the run whose commit holds what was done for a subject, or nil when
// that is merged, or there is none.
func (p *autoPlanner) toMerge(subject string) *Run {
	for _, r := range p.chains[subject] {
		landing, known := p.in.Landings[r.ID]
		switch {
		case r.Status != RunCompleted || r.Commit == "":
		case !known || landing == LandingDone:
			return nil
		default:
			return r
		}
	}
	return nil
}

// unmerged returns a task that this one builds on and whose work is not merged.
func (p *autoPlanner) unmerged(t *Task) string {
	for _, id := range t.DependsOn {
		if d := p.tasks[id]; d != nil && d.Status == TaskComplete && (p.toMerge(id) != nil || p.under(id)) {
			return id
		}
	}
	return ""
}

// under reports whether a run on a subject is under way.
func (p *autoPlanner) under(subject string) bool {
	return slices.ContainsFunc(p.chains[subject], func(r *Run) bool { return r.Status.Open() })
}

// ofGate plans for what runs did for the gate itself.
func (p *autoPlanner) ofGate() {
	if p.atWork("", nil) {
		return
	}
	r := p.toMerge("")
	if r == nil || p.in.Landings[r.ID] == LandingElsewhere {
		return
	}
	files, failed := p.in.Conflicts[r.ID]
	h := p.history("")
	switch {
	case !failed:
		p.plan.Merges = append(p.plan.Merges, AutoMerge{Run: r.ID, Branch: r.Branch})
	case h.asked == nil && h.tries >= AutoTries:
		p.escalate("", "branch "+r.Branch+" cannot be merged: "+conflictText(files), h)
	case h.asked == nil:
		p.ready = append(p.ready, candidate{p.resolving(r, h, "", "what gate "+p.gate+" needs", files), -1, r.CreatedAt})
	}
}

// choose says which of the runs that could start do so now.
func (p *autoPlanner) choose() {
	slices.SortStableFunc(p.ready, func(a, b candidate) int {
		if a.priority != b.priority {
			return a.priority - b.priority
		}
		return a.created.Compare(b.created)
	})
	free := p.in.Parallel - len(p.plan.AtWork)
	for i := range p.ready {
		c := &p.ready[i]
		w := AutoWait{Task: c.Subject, Title: c.Title, Role: c.Role, Kind: WaitConflict}
		if other, what := p.inTheWay(c); what != "" {
			w.Why = fmt.Sprintf("%s is at %s, too", TaskID(other), what)
			p.plan.Waits = append(p.plan.Waits, w)
			continue
		}
		if free <= 0 {
			w.Kind, w.Why = WaitPlace, fmt.Sprintf("%d runs are under way at a time", p.in.Parallel)
			p.plan.Waits = append(p.plan.Waits, w)
			continue
		}
		free--
		p.busy = append(p.busy, busy{c.Subject, c.Paths})
		p.plan.Starts = append(p.plan.Starts, c.AutoStart)
	}
}

// inTheWay returns a task under way that touches the same as a candidate.
func (p *autoPlanner) inTheWay(c *candidate) (task, what string) {
	for i := range p.busy {
		for _, mine := range c.Paths {
			for _, other := range p.busy[i].paths {
				if overlap(mine, other) {
					return p.busy[i].task, mine
				}
			}
		}
	}
	return "", ""
}
