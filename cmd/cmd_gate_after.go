package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdGateCondition(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "condition",
		Aliases: []string{"conditions"},
		Short:   "See and resolve what approvals left to be done",
		Long:    "See and resolve the conditions that approvals left. An open one keeps a later gate shut.",
		Example: "  layercake gate condition list",
	}, newCmdConditionList(f), newCmdConditionResolve(f))
}

func newCmdConditionList(f *Factory) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the open conditions",
		Long:    "List the open conditions, or all.",
		Example: "  layercake gate condition list --all",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Condition{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that are resolved")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		list, err := s.Gates.Conditions(ctx, v, all)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("GATE"), col("BLOCKS"), col("STATUS"), col("CONDITION").flex())
			for i := range list {
				c := &list[i]
				t.add(bold.of(conditionID(c.ID)), c.Gate, c.Blocks, c.Status, c.Text)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdConditionResolve(f *Factory) *cobra.Command {
	var resolution string
	var yes bool
	cmd := &cobra.Command{
		Use:               "resolve CONDITION",
		Short:             "Say that a condition is met",
		Long:              "Say that a condition is met, and how. Only a person can.",
		Example:           "  layercake gate condition resolve c-7k3f --resolution \"specified in docs/API.md\"",
		Args:              exactly("CONDITION"),
		ValidArgsFunction: f.completed(completeConditions),
	}
	out := addOutput(cmd, f, project.Condition{})
	cmd.Flags().StringVar(&resolution, "resolution", "", "how it was met (required)")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if resolution == "" {
			return fault.Usage("missing_flag", "%s needs --resolution", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to resolve condition %s.", "resolve", args[0]))
		if err != nil {
			return err
		}
		if err := refused(s, by, "resolve"); err != nil {
			return err
		}
		c, err := s.Gates.ResolveCondition(ctx, by, s.at.Project, args[0], resolution)
		if err != nil {
			return err
		}
		return out.written(conditionID(c.ID), c, func(p *printer) { p.line("%s resolved: %s", bold.of(conditionID(c.ID)), c.Text) })
	})
	return cmd
}

func newCmdGateFeedback(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "feedback",
		Short:   "See and resolve what rejections asked for",
		Long:    "See and resolve the change requests that rejections opened.",
		Example: "  layercake gate feedback list",
	}, newCmdFeedbackList(f), newCmdFeedbackResolve(f))
}

func newCmdFeedbackList(f *Factory) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the open change requests",
		Long:    "List the open change requests, or all.",
		Example: "  layercake gate feedback list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Feedback{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that are resolved")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		list, err := s.Records.Feedback(ctx, v, all)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("GATE"), col("STATUS"), col("ROLE").ifRoom(), col("CHANGE").flex())
			for i := range list {
				k := &list[i]
				t.add(bold.of(feedbackID(k.ID)), k.Gate, k.Status, k.Role, k.Text)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdFeedbackResolve(f *Factory) *cobra.Command {
	var resolution string
	var declined bool
	cmd := &cobra.Command{
		Use:   "resolve CHANGE",
		Short: "Say what became of a change request",
		Long:  "Say that a change request was incorporated, or with --declined that it was not, and why.",
		Example: "  layercake gate feedback resolve f-7k3f --resolution \"section 4 of the PRD\"\n" +
			"  layercake gate feedback resolve f-7k3f --declined --resolution \"out of scope\"",
		Args:              exactly("CHANGE"),
		ValidArgsFunction: f.completed(completeFeedback),
	}
	out := addOutput(cmd, f, project.Feedback{})
	cmd.Flags().StringVar(&resolution, "resolution", "", "what was done, or why not (required)")
	cmd.Flags().BoolVar(&declined, "declined", false, "it was not incorporated")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if resolution == "" {
			return fault.Usage("missing_flag", "%s needs --resolution", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		status := "incorporated"
		if declined {
			status = "declined"
		}
		k, err := s.Records.ResolveFeedback(ctx, s.by(ctx), s.at.Project, args[0], status, resolution)
		if err != nil {
			return err
		}
		return out.written(feedbackID(k.ID), k, func(p *printer) { p.line("%s %s: %s", bold.of(feedbackID(k.ID)), k.Status, k.Text) })
	})
	return cmd
}
