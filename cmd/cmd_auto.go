package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdAuto(f *Factory) *cobra.Command {
	var in core.Auto
	var maxCost string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "auto",
		Short: "Have agents work until a gate is before you",
		Long: `Have agents work until the next gate is before you. No model decides what is done: the
rules of the project do. Each task of the gate that is ready gets the role that owns it,
or that is responsible; tasks whose --spec names the same files or folders do not run at
once; what an agent did is merged into the branch that is checked out before another
task builds on it. What cannot be merged goes back to the role that did it. After three
tries that failed a person is asked ("layercake question list"), and the rest goes on.

When no task of the gate is left, LayerCake hands in the deliverables that are there,
runs the pinned commands of the gate's proofs itself, has an agent mend what fails, and
presents the gate. It never approves: that is yours. With --until it waits for you at
each gate, and goes on when you approved it, until it has presented the gate named.

--dry-run says what would be started, what waits and why, and what it may cost by what
earlier runs did, and changes nothing. --max-cost bounds what all of its runs cost
together. If no worker is there ("layercake worker"), the work is done in this process.

Interrupted, it starts nothing more. Runs that a worker has go on; those of this process
go back to their queues. To go on, give the same command again: all that it knows is in
the project.`,
		Example: "  layercake auto --dry-run\n  layercake auto\n  layercake auto --max-cost 5 --parallel 2\n  layercake auto --until G5 --max-runs 20",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.AutoReport{})
	cmd.Flags().StringVar(&in.Until, "until", "", "go on after each approval, until this `GATE` is presented")
	cmd.Flags().StringVar(&maxCost, "max-cost", "", "the most that its runs may cost together, in US `DOLLARS`")
	cmd.Flags().IntVar(&in.MaxRuns, "max-runs", 0, "the most runs to start; 0 is no limit")
	cmd.Flags().IntVar(&in.Parallel, "parallel", core.AutoParallel, "how many runs are under way at once")
	cmd.Flags().StringVar(&in.Provider, "provider", "", "who does the work, instead of agents.provider")
	cmd.Flags().StringVar(&in.Model, "model", "", "the provider's model")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	_ = cmd.RegisterFlagCompletionFunc("until", f.completed(completeGates)) // the flag was defined above
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := checkAuto(&in, maxCost); err != nil {
			return err
		}
		if dryRun {
			return f.reading(func(ctx context.Context, s *session, _ []string) error {
				report, err := s.Orchestrator.Plan(ctx, s.by(ctx), s.at, in)
				if err != nil {
					return err
				}
				return out.show(report, func(p *printer) { printAutoPlan(p, report) })
			})(cmd, args)
		}
		f.conns = 3 * workerConns //nolint:mnd // for the usual number of runs at a time
		return f.changing(func(ctx context.Context, s *session, _ []string) error { return s.auto(ctx, in, out) })(cmd, args)
	}
	return cmd
}

// auto has the orchestrator work, in this process where no worker is there.
func (s *session) auto(ctx context.Context, in core.Auto, out *output) error {
	f := s.f
	alone, err := s.unattended(ctx)
	if err != nil {
		return err
	}
	if alone {
		stop, err := f.workHere(ctx, s)
		if err != nil {
			return err
		}
		defer stop()
		f.say("no worker is there; the work is done in this process")
	}
	in.Trouble = func(err error) { f.warn("the database does not answer: %v", err) }
	report, err := s.Orchestrator.Run(ctx, s.by(ctx), s.at, in, func(step core.AutoStep) {
		if !out.structured() {
			f.sayAuto(&step)
		}
	})
	if err != nil {
		if report != nil && report.Status == core.AutoInterrupted {
			f.say("%s; to go on, give the same command again", report.Reason)
		}
		return err
	}
	if err := out.written(report.Gate, report, func(p *printer) { printAutoEnd(p, report) }); err != nil {
		return err
	}
	if report.Status == core.AutoStuck || report.Status == core.AutoLimit {
		return exitError(fault.KindFailed.ExitCode())
	}
	return nil
}

// sayAuto tells of a step as it is taken.
func (f *Factory) sayAuto(s *core.AutoStep) {
	marks := map[string]styled{
		"start": cyan.of("→"), "done": green.of("✓"), "failed": red.of("✗"), "merge": green.of("⇐"), "conflict": yellow.of("!"),
		"ask": yellow.of("?"), "present": bold.of("◆"),
	}
	mark, ok := marks[s.Kind]
	if !ok {
		mark = dim.of("·")
	}
	about := ""
	if s.Run != "" {
		about = project.RunID(s.Run) + " "
	}
	if s.Task != "" {
		about += project.TaskID(s.Task) + " "
	}
	f.say("%s %s%s", mark, bold.of(about), inertLines(firstLineOf(s.Text)))
}

func printAutoEnd(p *printer, r *core.AutoReport) {
	mark := green.of("✓")
	if r.Status == core.AutoStuck || r.Status == core.AutoLimit {
		mark = yellow.of("!")
	}
	p.line("%s %s", mark, r.Reason)
	p.field("runs", fmt.Sprintf("%d started", len(r.Runs)))
	p.field("cost", runCost(&project.Run{CostMicros: r.CostMicros, CostUnknown: r.CostUnknown}))
	if r.Status != core.AutoPassed {
		printAutoMissing(p, r)
	}
	printAutoWaits(p, r.Plan)
}

func printAutoMissing(p *printer, r *core.AutoReport) {
	if len(r.Missing) == 0 {
		return
	}
	p.blank()
	p.line("%s", bold.of("What stands against gate "+r.Gate))
	printReasonList(p, r.Missing)
}

func printAutoWaits(p *printer, plan *project.AutoPlan) {
	if plan == nil || len(plan.Waits) == 0 {
		return
	}
	p.blank()
	p.line("%s", bold.of("What waits"))
	t := newTable(col("TASK"), col("WHY").flex(), col("TITLE").flex().ifRoom(), col("ROLE").ifRoom())
	for i := range plan.Waits {
		w := &plan.Waits[i]
		t.add(autoSubject(w.Task), w.Why, w.Title, w.Role)
	}
	p.table(t)
}

func autoSubject(task string) string {
	if task == "" {
		return "gate"
	}
	return project.TaskID(task)
}

func printAutoPlan(p *printer, r *core.AutoReport) {
	if r.Plan == nil {
		p.line("%s", r.Reason)
		return
	}
	plan := r.Plan
	p.line("gate %s; nothing was done", bold.of(plan.Gate))
	if len(plan.Starts)+len(plan.AtWork)+len(plan.Merges)+len(plan.Waits) == 0 {
		p.line("no task of it is left: its proofs would be captured, and it would be presented")
		printAutoMissing(p, r)
		return
	}
	if len(plan.Starts) > 0 {
		p.blank()
		p.line("%s", bold.of("What would start"))
		t := newTable(col("TASK"), col("ROLE"), col("QUEUE"), col("COST"), col("WHY").flex(), col("TITLE").flex().ifRoom())
		for i := range plan.Starts {
			one := &plan.Starts[i]
			why := one.Why
			if one.Try > 1 {
				why += fmt.Sprintf("; try %d of %d", one.Try, project.AutoTries)
			}
			t.add(autoSubject(one.Subject), one.Role, string(one.Queue), estimateText(one.EstimateMicros), why, one.Title)
		}
		p.table(t)
	}
	for i := range plan.AtWork {
		w := &plan.AtWork[i]
		p.line("%s is %s: %s on %s", bold.of(project.RunID(w.Run)), w.Status, w.Role, autoSubject(w.Task))
	}
	for i := range plan.Merges {
		p.line("%s would be merged", bold.of(plan.Merges[i].Branch))
	}
	for i := range plan.Escalations {
		p.line("a person would be asked: %s", firstLineOf(plan.Escalations[i].Question))
	}
	printAutoWaits(p, plan)
	p.blank()
	if r.EstimateMicros == nil {
		p.field("cost", "unknown: no run of these roles has ended yet")
		return
	}
	p.field("cost", core.Dollars(*r.EstimateMicros)+" by what earlier runs of these roles took")
}

func estimateText(micros *int64) string {
	if micros == nil {
		return "unknown"
	}
	return core.Dollars(*micros)
}

// checkAuto reads the limits.
func checkAuto(in *core.Auto, maxCost string) (err error) {
	if in.Parallel < 1 || in.MaxRuns < 0 {
		return fault.Usage("invalid_limit", "--parallel is 1 or more, and --max-runs not less than 0").WithHint("see `layercake auto --help`")
	}
	if maxCost == "" {
		return nil
	}
	if in.MaxCostMicros, err = dollars(maxCost); err == nil && in.MaxCostMicros == 0 {
		err = fault.Usage("invalid_amount", "nothing can be done for nothing").WithHint("leave --max-cost out for no limit; see `layercake auto --help`")
	}
	return err
}
