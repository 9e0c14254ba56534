package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdBlocker(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "blocker",
		Aliases: []string{"blockers"},
		Short:   "Keep track of what stands in the way",
		Long:    "Keep track of what stands in the way. An open blocker keeps its gate shut, or all of them.",
		Example: "  layercake blocker add \"No access to production\" --severity high --gate G8",
	}, newCmdBlockerAdd(f), newCmdBlockerList(f), newCmdBlockerResolve(f), newCmdBlockerEscalate(f))
}

func newCmdBlockerAdd(f *Factory) *cobra.Command {
	var in project.AddBlocker
	cmd := &cobra.Command{
		Use:     "add TITLE",
		Short:   "Record a blocker",
		Long:    "Record something that stands in the way of a gate, or without --gate of all.",
		Example: "  layercake blocker add \"No access to production\" --severity high --gate G8",
		Args:    exactly("TITLE"),
	}
	out := addOutput(cmd, f, project.Blocker{})
	cmd.Flags().StringVar(&in.Description, "description", "", "what exactly")
	cmd.Flags().StringVar(&in.Gate, "gate", "", "the `GATE` that it keeps shut; by default every one")
	addChoice(cmd, &in.Severity, "severity", "how bad it is", project.Severities())
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		in.Title = args[0]
		b, err := s.Records.AddBlocker(ctx, s.by(ctx), s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(blockerID(b.ID), b, func(p *printer) { p.line("%s recorded: %s", bold.of(blockerID(b.ID)), b.Title) })
	})
	return cmd
}

func newCmdBlockerList(f *Factory) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the open blockers",
		Long:    "List the open blockers, or all.",
		Example: "  layercake blocker list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Blocker{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that are resolved")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Records.Blockers(ctx, core.View{Project: s.at.Project, At: at}, all)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("SEVERITY"), col("GATE"), col("LEVEL").ifRoom(), col("STATUS"), col("TITLE").flex())
			for i := range list {
				b := &list[i]
				t.add(bold.of(blockerID(b.ID)), b.Severity, b.Gate, b.Level, b.Status, b.Title)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdBlockerResolve(f *Factory) *cobra.Command {
	return newCmdBlockerChange(f, true, &cobra.Command{
		Use:     "resolve BLOCKER",
		Short:   "Say that a blocker is out of the way",
		Long:    "Say that a blocker is out of the way, and how.",
		Example: "  layercake blocker resolve b-7k3f --resolution \"access granted\"",
	}, "resolution", "how it was resolved (required)")
}

func newCmdBlockerEscalate(f *Factory) *cobra.Command {
	return newCmdBlockerChange(f, false, &cobra.Command{
		Use:     "escalate BLOCKER",
		Short:   "Take a blocker one level up",
		Long:    "Take a blocker one level up: from the agent to the orchestrator, from there to a person.",
		Example: "  layercake blocker escalate b-7k3f --reason \"the vendor does not answer\"",
	}, "reason", "why (required)")
}

func newCmdBlockerChange(f *Factory, resolve bool, cmd *cobra.Command, flag, about string) *cobra.Command {
	var text string
	cmd.Args = exactly("BLOCKER")
	cmd.ValidArgsFunction = f.completed(completeBlockers)
	out := addOutput(cmd, f, project.Blocker{})
	cmd.Flags().StringVar(&text, flag, "", about)
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if text == "" {
			return fault.Usage("missing_flag", "%s needs --%s", cmd.CommandPath(), flag).WithHint("%s", usageHint(cmd))
		}
		b, err := s.Records.ChangeBlocker(ctx, s.by(ctx), s.at.Project, args[0], resolve, text)
		if err != nil {
			return err
		}
		return out.written(blockerID(b.ID), b, func(p *printer) {
			p.line("%s %s, level %d: %s", bold.of(blockerID(b.ID)), b.Status, b.Level, b.Title)
		})
	})
	return cmd
}
