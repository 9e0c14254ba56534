package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/project"
)

func newCmdProjectConstraint(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "constraint",
		Aliases: []string{"constraints"},
		Short:   "See and set what the project is bound to",
		Long:    "See and set what the project is bound to, such as components that must not change.",
		Example: "  layercake project constraint set change_authority preserve",
	}, newCmdConstraintList(f), newCmdConstraintSet(f))
}

func newCmdConstraintList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the constraints",
		Long:    "List the constraints.",
		Example: "  layercake project constraint list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Constraint{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		list, err := s.Projects.Constraints(ctx, v)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("KEY"), col("VALUE").flex(), col("REASON").flex().ifRoom(), col("SET BY").flex().ifRoom())
			for _, c := range list {
				t.add(bold.of(c.Key), c.Value, c.Reason, c.SetBy)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdConstraintSet(f *Factory) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "set KEY VALUE",
		Short:             "Bind the project, or lift a constraint",
		Long:              "Bind the project to a value. An empty value lifts the constraint.",
		Example:           "  layercake project constraint set locked_components \"billing, auth\" --reason \"audited\"",
		Args:              exactly("KEY", "VALUE"),
		ValidArgsFunction: f.completed(completeConstraints),
	}
	out := addOutput(cmd, f, project.Constraint{})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if err := s.Projects.SetConstraint(ctx, s.by(ctx), s.at.Project, args[0], args[1], reason); err != nil {
			return err
		}
		c := project.Constraint{Key: args[0], Value: f.discreet(args[1]), Reason: f.discreet(reason), SetBy: s.by(ctx).Actor.String(), SetAt: s.Now()}
		return out.written(c.Key, c, func(p *printer) {
			if c.Value == "" {
				p.line("%s is lifted", bold.of(c.Key))
				return
			}
			p.line("%s is set to %s", bold.of(c.Key), c.Value)
		})
	})
	return cmd
}
