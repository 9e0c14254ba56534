package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// turn does what can be done now. It says whether to look again at once; otherwise
// something has to happen first.
func (o *orchestration) turn(ctx context.Context) (again bool, err error) {
	sc, err := o.look(ctx)
	if err != nil {
		return false, err
	}
	over, err := o.over(sc)
	if err != nil {
		return false, err
	}
	o.ended(sc)
	if over {
		return false, errAutoOver
	}
	for _, m := range sc.plan.Merges {
		if err := o.merge(ctx, sc, m); err != nil {
			return false, err
		}
	}
	if len(sc.plan.Merges) > 0 {
		return true, nil
	}
	for _, e := range sc.plan.Escalations {
		if err := o.ask(ctx, e); err != nil {
			return false, err
		}
	}
	if len(sc.plan.Escalations) > 0 {
		return true, nil
	}
	started, limit, err := o.start(ctx, sc)
	if err != nil {
		return false, err
	}
	switch {
	case started > 0 || len(sc.plan.AtWork) > 0:
		return false, nil
	case o.broken != "":
		return false, o.end(AutoStuck, o.broken)
	case limit != "":
		return false, o.end(AutoLimit, limit)
	case len(o.refused) > 0 && len(sc.plan.Starts) > 0:
		return false, o.end(AutoStuck, o.refused[sc.plan.Starts[0].Subject])
	case len(sc.plan.Waits) > 0:
		return false, o.stuck(ctx, sc)
	}
	return o.atGate(ctx, sc)
}

// stuck ends it where every task left waits for a person.
func (o *orchestration) stuck(ctx context.Context, sc *scene) error {
	check, err := o.a.Gates.Check(ctx, o.at, sc.gate.ID)
	if err != nil {
		return err
	}
	o.report.Missing = check.Reasons
	w := &sc.plan.Waits[0]
	reason := fmt.Sprintf("%s waits: %s", project.TaskID(w.Task), w.Why)
	if more := len(sc.plan.Waits) - 1; more > 0 {
		reason += fmt.Sprintf("; and %d more wait", more)
	}
	return o.end(AutoStuck, reason)
}

// ended tells of its runs that are over.
func (o *orchestration) ended(sc *scene) {
	for i := len(sc.in.Runs) - 1; i >= 0; i-- {
		r := &sc.in.Runs[i]
		if r.Status.Open() || o.told[r.ID] || !slices.Contains(o.mine, r.ID) {
			continue
		}
		o.told[r.ID] = true
		switch r.Status {
		case project.RunCompleted:
			o.step("done", r.ID, r.Task, r.Summary)
		case project.RunFailed, project.RunCancelled:
			o.step("failed", r.ID, r.Task, r.Reason)
		case project.RunPending, project.RunRunning:
		}
		if project.BudgetFailed(r) && r.MaxCostMicros > 0 {
			if o.whole[r.ID] {
				o.spent = "what is left of its money is not enough: " + r.Reason
			}
			o.tight = true
		}
		if project.ProviderFailed(r) {
			o.broken = "whoever does the work could not be asked: " + r.Reason
		}
	}
}

// merge brings what a run did into the branch that is checked out.
func (o *orchestration) merge(ctx context.Context, sc *scene, m project.AutoMerge) error {
	if err := o.clean(ctx, sc.state.Project); err != nil {
		return err
	}
	leftover, err := o.repo.Leftover(ctx, m.Branch)
	if err != nil {
		return err
	}
	if len(leftover) > 0 {
		o.conflicts[m.Run] = leftover
		o.step("conflict", m.Run, m.Task, m.Branch+" holds conflict markers: "+strings.Join(leftover, ", "))
		return nil
	}
	message := "Merge the work of run " + project.RunID(m.Run)
	if m.Task != "" {
		message += " on " + project.TaskID(m.Task)
	}
	message += "\n\nLayerCake-Run: " + project.RunID(m.Run) + "\n"
	// Half a merge is in everybody's way.
	files, err := o.repo.Merge(context.WithoutCancel(ctx), m.Branch, message)
	switch {
	case len(files) > 0:
		o.conflicts[m.Run] = files
		o.step("conflict", m.Run, m.Task, m.Branch+" changed what others did, too: "+strings.Join(files, ", "))
	case err != nil:
		return err
	default:
		o.step("merge", m.Run, m.Task, m.Branch+" is merged into "+o.branch)
	}
	return nil
}

// ask puts to a person what agents cannot do.
func (o *orchestration) ask(ctx context.Context, e project.AutoEscalation) error {
	q, err := o.a.Records.Ask(ctx, o.by, o.at.Project, project.AskQuestion{
		Kind: "consultation", To: string(project.ActorPerson), Question: e.Question, Blocking: true,
	})
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(e.Question, "\n")
	o.step("ask", "", e.Subject, "q-"+q.ID+" "+first)
	return nil
}

// start starts the runs of the plan, within the limits.
func (o *orchestration) start(ctx context.Context, sc *scene) (started int, limit string, err error) {
	if o.broken != "" {
		return 0, "", nil
	}
	for i := range sc.plan.Starts {
		one := &sc.plan.Starts[i]
		if _, refused := o.refused[one.Subject]; refused {
			continue
		}
		places := o.in.Parallel - len(sc.plan.AtWork) - started
		if o.tight {
			if started+len(sc.plan.AtWork) > 0 {
				break
			}
			places = 1
		}
		most, why := o.allowance(sc, max(1, places))
		if why != "" {
			return started, why, nil
		}
		cmd, err := o.a.Agents.command(ctx, o.at, NewRun{
			Role: one.Role, Task: one.Task, Prompt: one.Prompt, Provider: o.in.Provider, Model: o.in.Model, MaxCostMicros: most,
		})
		if err != nil {
			return started, "", err
		}
		cmd.RetryOf = one.RetryOf
		if one.Task == "" {
			cmd.Gate = sc.gate.ID
		}
		run, err := o.a.Agents.queue(ctx, o.by, o.at.Project, cmd)
		var coded *fault.Error
		if errors.As(err, &coded) && coded.Kind == fault.KindConflict {
			// Somebody was faster, or it is not as it was.
			if o.refused[one.Subject] = coded.Message; o.noted[one.Subject] != coded.Message {
				o.noted[one.Subject] = coded.Message
				o.step("note", "", one.Subject, coded.Message)
			}
			continue
		}
		if err != nil {
			return started, "", err
		}
		started++
		o.mine = append(o.mine, run.ID)
		o.granted[run.ID], o.whole[run.ID] = most, places <= 1 && started == 1 && len(sc.plan.AtWork) == 0
		text := fmt.Sprintf("%s, queue %s: %s", run.Role, run.Queue, one.Title)
		if one.Try > 1 {
			text += fmt.Sprintf(" (try %d of %d)", one.Try, project.AutoTries)
		}
		o.step("start", run.ID, one.Subject, text)
	}
	return started, "", nil
}

// allowance is what the next run may cost when as many are still to start: together
// they can never cost more than all may. why says that no more may start.
func (o *orchestration) allowance(sc *scene, places int) (most int64, why string) {
	if o.in.MaxRuns > 0 && len(o.mine) >= o.in.MaxRuns {
		return 0, fmt.Sprintf("it may start no more than the %d it has started", len(o.mine))
	}
	if o.in.MaxCostMicros == 0 {
		return 0, ""
	}
	if o.spent != "" {
		return 0, o.spent
	}
	left := o.in.MaxCostMicros
	for i := range sc.in.Runs {
		if r := &sc.in.Runs[i]; slices.Contains(o.mine, r.ID) && !r.Status.Open() {
			left -= r.CostMicros
			delete(o.granted, r.ID)
		}
	}
	for _, g := range o.granted {
		left -= g
	}
	most = left / int64(places)
	if most <= 0 {
		return 0, fmt.Sprintf("of the %s that it may cost nothing is left", Dollars(o.in.MaxCostMicros))
	}
	return most, ""
}

// estimate says what the plan will cost, by what earlier runs of the roles did, and in
// which queues its runs will wait.
func (o *orchestration) estimate(ctx context.Context, sc *scene) error {
	sum, n := map[string]int64{}, map[string]int64{}
	for i := range sc.in.Runs {
		if r := &sc.in.Runs[i]; r.Status == project.RunCompleted && !r.CostUnknown {
			sum[r.Role] += r.CostMicros
			n[r.Role]++
		}
	}
	var total int64
	known := false
	average := func(role string) *int64 {
		if n[role] == 0 {
			return nil
		}
		micros := sum[role] / n[role]
		total, known = total+micros, true
		return &micros
	}
	for i := range sc.plan.Starts {
		one := &sc.plan.Starts[i]
		in := NewRun{Role: one.Role, Task: one.Task, Prompt: one.Prompt}
		if in.Task == "" {
			in.Gate = sc.gate.ID
		}
		u, err := o.a.Agents.Explain(ctx, o.by, o.at, in)
		if err != nil {
			return err
		}
		one.Queue, one.EstimateMicros = u.Queue, average(one.Role)
	}
	for i := range sc.plan.Waits {
		if w := &sc.plan.Waits[i]; w.Role != "" {
			w.EstimateMicros = average(w.Role)
		}
	}
	if known {
		o.report.EstimateMicros = &total
	}
	return nil
}
