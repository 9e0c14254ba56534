package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// summary is what the command without a name shows: the status with the one
// thing to do next.
type summary struct {
	*core.Status

	Next core.NextAction `json:"next"`
}

// runRoot shows where the project stands; outside of a project it says how to
// begin.
func (f *Factory) runRoot(ctx context.Context, out *output) error {
	s, err := f.session(ctx)
	if fault.CodeOf(err) == "no_project" && !out.structured() {
		return f.emit(func(p *printer) {
			p.line("There is no LayerCake project here yet. To begin:")
			p.blank()
			p.line("  layercake setup    install what is missing, start the database")
			p.line("  layercake init     make this git repository a project")
			p.line("  layercake --help   see the commands")
		})
	}
	if err != nil {
		return err
	}
	st, err := s.Status(ctx, s.at, core.At{})
	if err != nil {
		return err
	}
	sum := summary{st, st.Next()}
	return out.show(sum, func(p *printer) {
		printStanding(p, st)
		printNext(p, sum.Next)
	})
}

func newCmdStatus(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show where the project stands",
		Long:    "Show where the project stands: phase, gates, what stands against the next one, tasks, what waits for a person.",
		Example: "  layercake status\n  layercake status --seq 10\n  layercake status --jq .data.project.phase",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.Status{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		st, err := s.Status(ctx, s.at, at)
		if err != nil {
			return err
		}
		return out.show(st, func(p *printer) {
			printStanding(p, st)
			printGateLine(p, st.Gates)
			printReasons(p, st)
			printDrift(p, st.Drift)
			if st.Readiness != nil {
				printDrift(p, st.Readiness.Drift)
			}
			printWaiting(p, st)
		})
	})
	return cmd
}

// printStanding writes the few lines that matter most.
func printStanding(p *printer, st *core.Status) {
	pr := st.Project
	p.line("%s %s", bold.of(pr.Name), dim.of(fmt.Sprintf("%s, %s, %s", pr.Type, pr.Preset, pr.Tier)))
	if pr.Level == project.LevelDemo {
		p.line("%s", yellow.of("DEMO: decisions here are not made by an authenticated person"))
	}
	p.field("phase", cyan.of(string(pr.Phase)))
	if st.Gate != nil {
		standing := string(st.Gate.Status)
		if st.Readiness != nil && st.Readiness.Ready {
			standing += ", ready"
		} else if st.Readiness != nil {
			standing += ", " + count(len(st.Readiness.Reasons), "reason") + " against it"
		}
		p.field("next gate", st.Gate.ID+" "+st.Gate.Title+" ("+standing+")")
	} else {
		p.field("next gate", "none; all are passed")
	}
	p.field("tasks", countTasks(st.Tasks))
	for i := range st.Ready {
		if i == 0 {
			p.field("ready", st.Ready[i].ShortID+" "+st.Ready[i].Title)
		}
	}
}

func countTasks(counts map[project.TaskStatus]int) string {
	var parts []string
	for _, status := range project.TaskStatuses() {
		if n := counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(status), "_", " ")))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// count names a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func printGateLine(p *printer, gates []project.Gate) {
	p.blank()
	t := newTable(col("GATE"), col("STATUS"), col("TITLE").flex(), col("DECIDED").ifRoom(), col("BY").flex().ifRoom())
	for i := range gates {
		g := &gates[i]
		t.add(bold.of(g.ID), gateStatus(g), g.Title, g.DecidedAt, g.DecidedBy)
	}
	p.table(t)
}

func printReasons(p *printer, st *core.Status) {
	if st.Readiness == nil || len(st.Readiness.Reasons) == 0 {
		return
	}
	p.blank()
	p.line("%s", bold.of("What stands against gate "+st.Readiness.Gate))
	printReasonList(p, st.Readiness.Reasons)
}

func printReasonList(p *printer, reasons []project.Reason) {
	for _, r := range reasons {
		p.line("  %s %s", red.of("✗"), r.Message)
		if r.Hint != "" {
			p.line("      %s", dim.of(r.Hint))
		}
	}
}

// printWaiting lists what waits for somebody.
func printWaiting(p *printer, st *core.Status) {
	p.blank()
	for i := range st.Ready {
		t := &st.Ready[i]
		p.line("%s %s %s", green.of("ready"), t.ShortID, t.Title)
	}
	for i := range st.Conflicts {
		c := &st.Conflicts[i]
		p.line("%s %s %s of %s: %s has something else", yellow.of("conflict"), conflictID(c.ID), human(c.Field), c.Record, c.File)
	}
	for i := range st.Questions {
		p.line("%s %s %s", yellow.of("question"), questionID(st.Questions[i].ID), st.Questions[i].Question)
	}
	for i := range st.Blockers {
		p.line("%s %s %s (%s)", red.of("blocker"), blockerID(st.Blockers[i].ID), st.Blockers[i].Title, st.Blockers[i].Severity)
	}
	for i := range st.Conditions {
		p.line("%s %s %s (blocks %s)", yellow.of("condition"), conditionID(st.Conditions[i].ID), st.Conditions[i].Text, st.Conditions[i].Blocks)
	}
	for i := range st.Feedback {
		p.line("%s %s %s", yellow.of("change"), feedbackID(st.Feedback[i].ID), st.Feedback[i].Text)
	}
	if st.Risks > 0 {
		p.line("%s", count(st.Risks, "open risk"))
	}
}

func newCmdNext(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "next",
		Short:   "Say the one thing to do now",
		Long:    "Say the one thing to do now, why it comes first, and the command that does it.",
		Example: "  layercake next\n  layercake next --jq .data.command",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.NextAction{})
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		st, err := s.Status(ctx, s.at, core.At{})
		if err != nil {
			return err
		}
		next := st.Next()
		return out.show(next, func(p *printer) { printNext(p, next) })
	})
	return cmd
}

func printNext(p *printer, next core.NextAction) {
	p.line("%s %s", green.of("next:"), next.Action)
	if next.Command != "" {
		p.line("  %s", bold.of(next.Command))
	}
	if next.Why != "" {
		p.line("  %s", dim.of("because "+next.Why))
	}
	if next.Person {
		p.line("  %s", dim.of("only a person can do this"))
	}
}
