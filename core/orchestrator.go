package core

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/proof"
)

// Orchestrator has agents do what the next gate needs, by rules alone: it starts runs,
// merges what they did, captures the evidence itself, presents the gate, and leaves
// the decision to a person.
type Orchestrator struct{ a *App }

// Auto says how far the orchestrator goes.
type Auto struct {
	// Until is the last gate to present. The gates before it are presented, too, and
	// work goes on when a person approved them. Empty is the gate that comes next.
	Until string
	// MaxCostMicros bounds what its runs cost together, in millionths of a US dollar,
	// and MaxRuns how many it starts; 0 is no limit.
	MaxCostMicros int64
	MaxRuns       int
	// Parallel is how many runs are under way at once; 0 is [AutoParallel].
	Parallel int
	// Provider and Model are left to the settings when they are empty.
	Provider, Model string
	// Live is shown the output of the commands of proofs. Optional.
	Live io.Writer
	// Trouble is told when the database does not answer. Optional.
	Trouble func(err error)
}

// AutoParallel is how many runs are under way at once by default.
const AutoParallel = 3

// AutoStatus is how the orchestrator ended.
type AutoStatus string

// How it ends.
const (
	// AutoPlanned is a plan; nothing was done.
	AutoPlanned AutoStatus = "planned"
	// AutoPresented waits for a person to decide on the gate.
	AutoPresented AutoStatus = "presented"
	// AutoPassed says that the gates up to the one named are passed.
	AutoPassed AutoStatus = "passed"
	// AutoStuck says that a person has to do something before agents can go on.
	AutoStuck AutoStatus = "stuck"
	// AutoLimit says that no more may be spent, or started.
	AutoLimit AutoStatus = "limit"
	// AutoInterrupted says that it was told to end.
	AutoInterrupted AutoStatus = "interrupted"
)

// AutoReport is what the orchestrator did, or would do.
type AutoReport struct {
	Gate   string     `json:"gate"`
	Status AutoStatus `json:"status"`
	// Reason says in a sentence why it ended.
	Reason string `json:"reason"`
	// Plan is what was to be done next when it ended.
	Plan *project.AutoPlan `json:"plan"`
	// Steps are what it did, in order.
	Steps []AutoStep `json:"steps"`
	// Runs are those that it started, as they are.
	Runs []project.Run `json:"runs"`
	// Missing is what stands against the gate.
	Missing []project.Reason `json:"missing"`
	// CostMicros is what its runs cost, and EstimateMicros what the plan will, by what
	// earlier runs of the roles did, in millionths of a US dollar. CostUnknown says
	// that some have no known price; EstimateMicros is null when none has run.
	CostMicros     int64  `json:"cost_micros"`
	CostUnknown    bool   `json:"cost_unknown"`
	EstimateMicros *int64 `json:"estimate_micros"`
}

// AutoStep is one thing that the orchestrator did or saw.
type AutoStep struct {
	At time.Time `json:"at"`
	// Kind is "start", "done", "failed", "merge", "conflict", "ask", "submit",
	// "capture", "present" or "note".
	Kind string `json:"kind"`
	Run  string `json:"run"`
	Task string `json:"task"`
	Text string `json:"text"`
}

// orchestration is the orchestrator at work on one project.
type orchestration struct {
	a    *App
	by   Caller
	at   Place
	in   Auto
	on   func(AutoStep)
	repo *git.Repo
	// branch is the branch that was checked out when it began.
	branch string

	report *AutoReport
	// mine are the runs that it started, granted what each may cost, and told those
	// whose end was reported.
	mine    []string
	granted map[string]int64
	told    map[string]bool
	// conflicts are the files by which runs could not be merged, landed the runs of
	// which nothing is left to merge. refused are the tasks that took no run when they
	// were looked at last, and noted what was told of them.
	conflicts map[string][]string
	landed    map[string]bool
	refused   map[string]string
	noted     map[string]string
	// captured is the commit on which each proof was captured last.
	captured map[string]string
	// tight says that a run came to the end of its share of the money, so that the next
	// ones have all that is left, one by one; spent, that this was not enough either.
	// whole are the runs that had it.
	tight bool
	whole map[string]bool
	spent string
	// broken says why whoever does the work cannot be asked.
	broken string
}

// begin looks at where work is to be done.
func (s *Orchestrator) begin(ctx context.Context, by Caller, at Place, in Auto, on func(AutoStep)) (*orchestration, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	if in.Parallel <= 0 {
		in.Parallel = AutoParallel
	}
	if on == nil {
		on = func(AutoStep) {}
	}
	o := &orchestration{
		a: s.a, at: at, in: in, on: on, granted: map[string]int64{}, told: map[string]bool{}, conflicts: map[string][]string{},
		landed: map[string]bool{}, refused: map[string]string{}, noted: map[string]string{}, whole: map[string]bool{}, captured: map[string]string{},
		report: &AutoReport{Steps: []AutoStep{}, Runs: []project.Run{}, Missing: []project.Reason{}},
	}
	// It acts as an agent, so that no rule takes it for the person who started it.
	o.by = Caller{Actor: AgentActor("orchestrator", "", ""), Correlation: by.Correlation, Cleaned: by.Cleaned}
	if by.Actor.IsPerson() {
		o.by.Actor.OnBehalfOf = by.Actor.String()
	} else {
		o.by.Actor.OnBehalfOf = by.Actor.OnBehalfOf
	}
	if o.by.Correlation == uuid.Nil {
		o.by.Correlation = uuid.New()
	}
	var err error
	if o.repo, err = git.OpenWith(ctx, at.Root, s.a.environ); err != nil {
		return nil, err
	}
	st, err := git.Stand(ctx, at.Root)
	switch {
	case err != nil:
		return nil, err
	case st.Commit == "":
		return nil, fault.Conflict("no_commit", "nothing is committed yet, and agents begin at a commit").WithHint("git -C %q status", at.Root)
	case st.Branch == "":
		return nil, fault.Conflict("no_branch", "no branch is checked out, and what agents do is merged into it").
			WithHint("git -C %q branch --list", at.Root)
	}
	o.branch = st.Branch
	return o, nil
}

// Plan says what would be done now, and changes nothing.
func (s *Orchestrator) Plan(ctx context.Context, by Caller, at Place, in Auto) (*AutoReport, error) {
	o, err := s.begin(ctx, by, at, in, nil)
	if err != nil {
		return nil, err
	}
	sc, err := o.look(ctx)
	if err != nil {
		return nil, err
	}
	if over, err := o.over(sc); over || err != nil {
		return o.report, err
	}
	o.report.Status, o.report.Plan = AutoPlanned, sc.plan
	if err := o.estimate(ctx, sc); err != nil {
		return nil, err
	}
	check, err := s.a.Gates.Check(ctx, at, sc.gate.ID)
	if err != nil {
		return nil, err
	}
	o.report.Missing = check.Reasons
	return o.report, nil
}

var errAutoOver = errors.New("the orchestrator is done")

// Run has agents work on until the gate is before a person, or nothing more can be
// done without one. on is told of each step. When the context ends it starts nothing
// more and returns; the runs under way go on with their workers.
func (s *Orchestrator) Run(ctx context.Context, by Caller, at Place, in Auto, on func(AutoStep)) (*AutoReport, error) {
	o, err := s.begin(ctx, by, at, in, on)
	if err != nil {
		return nil, err
	}
	release, taken, err := o.repo.TryLock(ctx, "layercake-auto")
	if err != nil {
		return nil, err
	}
	if !taken {
		return nil, fault.Conflict("auto_running", "the orchestrator is at work in %s already", at.Root).
			WithHint("see what it does: `layercake agent runs`")
	}
	defer release()
	p, err := s.a.Projects.Get(ctx, View{Project: at.Project})
	if err != nil {
		return nil, err
	}
	if err := o.clean(ctx, p); err != nil {
		return nil, err
	}
	trouble := in.Trouble
	if trouble == nil {
		trouble = func(error) {}
	}
	// Whatever happens in the project is a reason to look again: a run that ends, an
	// answer, an approval.
	err = s.a.store.Watch(ctx, at.Project, func(ctx context.Context) error {
		clear(o.refused)
		for {
			again, err := o.turn(ctx)
			if err != nil || !again {
				return err
			}
		}
	}, trouble)
	ended := context.WithoutCancel(ctx)
	switch {
	case errors.Is(err, errAutoOver):
		err = nil
	case ctx.Err() != nil:
		o.report.Status, o.report.Reason = AutoInterrupted, "it was interrupted; runs under way go on with their workers"
		err = fault.From(ctx.Err())
	case err != nil:
		return nil, err
	}
	if lerr := o.account(ended); lerr != nil {
		return nil, errors.Join(err, lerr)
	}
	return o.report, err
}

// end ends it.
func (o *orchestration) end(status AutoStatus, reason string) error {
	o.report.Status, o.report.Reason = status, reason
	return errAutoOver
}

// step tells of a step.
func (o *orchestration) step(kind, run, task, text string) {
	s := AutoStep{At: o.a.now(), Kind: kind, Run: run, Task: task, Text: text}
	o.report.Steps = append(o.report.Steps, s)
	o.on(s)
}

// scene is how things stand.
type scene struct {
	state *project.State
	in    *project.AutoInput
	gate  *project.Gate
	plan  *project.AutoPlan
	head  string
	// feedback are the open requests for changes at the gate.
	feedback []project.Feedback
}

// look reads how things stand, and plans.
func (o *orchestration) look(ctx context.Context) (*scene, error) {
	set, err := o.a.Roles.List(o.at.Root)
	if err != nil {
		return nil, err
	}
	sc := &scene{in: &project.AutoInput{Conflicts: o.conflicts, Parallel: o.in.Parallel, Now: o.a.now()}}
	for i := range set.Roles {
		sc.in.Roles = append(sc.in.Roles, project.AutoRole{ID: set.Roles[i].ID, Phases: set.Roles[i].Phases})
	}
	var feedback []project.Feedback
	err = o.a.store.Read(ctx, View{Project: o.at.Project}, func(ctx context.Context, r Reader) error {
		var err error
		if sc.state, err = evidence(ctx, r); err != nil {
			return err
		}
		if sc.in.Tasks, err = o.a.tasks(ctx, r, TaskQuery{}, sc.state.Gates); err != nil {
			return err
		}
		if sc.in.Runs, err = r.Runs(ctx, RunQuery{}); err != nil {
			return err
		}
		if feedback, err = r.Feedback(ctx); err != nil {
			return err
		}
		sc.in.Questions, err = r.Questions(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	sc.in.Gates, sc.in.Workflow = sc.state.Gates, sc.state.Workflow
	if sc.head, err = o.repo.Commit(ctx, "HEAD"); err != nil {
		return nil, err
	}
	var since time.Time
	for i := range sc.state.Gates {
		g := &sc.state.Gates[i]
		if !g.Status.Passed() {
			sc.gate = g
			break
		}
		if g.DecidedAt != nil {
			since = *g.DecidedAt
		}
	}
	if sc.gate == nil {
		return sc, nil
	}
	for i := range feedback {
		if f := &feedback[i]; f.Status == "open" && f.Gate == sc.gate.ID {
			sc.feedback = append(sc.feedback, *f)
		}
	}
	if sc.in.Landings, err = o.landings(ctx, sc, since); err != nil {
		return nil, err
	}
	sc.plan = project.PlanAuto(sc.in, sc.gate.ID)
	o.report.Gate, o.report.Plan = sc.gate.ID, sc.plan
	return sc, nil
}

// over reports whether the last gate that was asked for is passed.
func (o *orchestration) over(sc *scene) (bool, error) {
	if o.in.Until != "" {
		until, err := sc.state.Gate(o.in.Until)
		if err != nil {
			return false, err
		}
		o.in.Until = until.ID
		if until.Status.Passed() {
			o.report.Gate, o.report.Status, o.report.Reason = until.ID, AutoPassed, "gate "+until.ID+" is "+string(until.Status)
			return true, nil
		}
	}
	if sc.gate == nil {
		o.report.Status, o.report.Reason = AutoPassed, "all gates are passed"
		return true, nil
	}
	return false, nil
}

// landings finds where the commits of runs are that ended since the last gate was
// passed.
func (o *orchestration) landings(ctx context.Context, sc *scene, since time.Time) (map[string]project.Landing, error) {
	found := map[string]project.Landing{}
	for i := range sc.in.Runs {
		r := &sc.in.Runs[i]
		if r.Status != project.RunCompleted || r.Commit == "" || r.FinishedAt == nil || r.FinishedAt.Before(since) {
			continue
		}
		if !o.landed[r.ID] {
			where, err := o.landing(ctx, sc.head, r)
			if err != nil {
				return nil, err
			}
			found[r.ID] = where
			o.landed[r.ID] = where == project.LandingDone
			continue
		}
		found[r.ID] = project.LandingDone
	}
	return found, nil
}

func (o *orchestration) landing(ctx context.Context, head string, r *project.Run) (project.Landing, error) {
	missing := func(name string) (bool, error) {
		_, err := o.repo.Commit(ctx, name)
		if fault.CodeOf(err) == git.CodeNoCommit {
			return true, nil
		}
		return false, err
	}
	if gone, err := missing(r.Commit); err != nil || gone {
		return project.LandingElsewhere, err
	}
	merged, err := o.repo.Holds(ctx, head, r.Commit)
	if err != nil || merged {
		return project.LandingDone, err
	}
	if gone, err := missing("refs/heads/" + r.Branch); err != nil || gone {
		return project.LandingDone, err
	}
	return project.LandingOpen, nil
}

// clean refuses to merge into files that differ from what is committed, or into
// another branch than the one that was checked out at first.
func (o *orchestration) clean(ctx context.Context, p *project.Project) error {
	st, err := git.Stand(ctx, o.at.Root)
	if err != nil {
		return err
	}
	if st.Branch != o.branch {
		return fault.Conflict("branch_changed", "branch %s was checked out, and now it is %s", o.branch, st.Branch).
			WithHint("git -C %q status", o.at.Root)
	}
	files, err := proof.Stand(ctx, o.at.Root, treeOptions(p, nil))
	if err != nil {
		return err
	}
	if len(files.Dirty) > 0 {
		const shown = 5
		list := strings.Join(files.Dirty[:min(shown, len(files.Dirty))], ", ")
		return fault.Conflict("work_tree_dirty", "what agents did cannot be merged while files differ from what is committed: %s", list).
			WithHint("commit them or set them aside, then go on with `layercake auto`").WithDetails(files.Dirty)
	}
	return nil
}

// account adds up what its runs cost.
func (o *orchestration) account(ctx context.Context) error {
	if len(o.mine) == 0 {
		return nil
	}
	runs, err := read(ctx, o.a, View{Project: o.at.Project}, func(ctx context.Context, r Reader) ([]project.Run, error) {
		return r.RunsByID(ctx, o.mine)
	})
	if err != nil {
		return err
	}
	o.report.Runs, o.report.CostMicros, o.report.CostUnknown = runs, 0, false
	for i := range runs {
		used := event.Usage{CostMicros: runs[i].CostMicros, CostUnknown: runs[i].CostUnknown}
		o.report.CostMicros += used.CostMicros
		o.report.CostUnknown = o.report.CostUnknown || used.CostUnknown
	}
	return nil
}
