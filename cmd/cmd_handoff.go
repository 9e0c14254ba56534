package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/project"
)

func newCmdHandoff(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "handoff",
		Aliases: []string{"handoffs"},
		Short:   "Keep what one role hands over to another",
		Long:    "Keep what one role hands over to another: what is done, what is not, and what the next one should know.",
		Example: "  layercake handoff record --from architect --to backend-developer --notes \"The schema is final.\"\n  layercake handoff list",
	}, newCmdHandoffRecord(f), newCmdHandoffList(f))
}

func newCmdHandoffRecord(f *Factory) *cobra.Command {
	var in project.RecordHandoff
	cmd := &cobra.Command{
		Use:     "record",
		Short:   "Record a handoff",
		Long:    "Record that one role hands its work to another.",
		Example: "  layercake handoff record --from architect --to backend-developer --status partial --notes \"Sessions are open.\"",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Handoff{})
	cmd.Flags().StringVar(&in.From, "from", "", "the `ROLE` that hands over")
	cmd.Flags().StringVar(&in.To, "to", "", "the `ROLE` that goes on")
	cmd.Flags().StringVar(&in.Task, "task", "", "the `TASK` that it is about")
	cmd.Flags().StringArrayVar(&in.Deliverables, "deliverable", nil, "the id of a `DELIVERABLE` that is handed over")
	addChoice(cmd, &in.Status, "status", "how complete it is", project.HandoffStatuses())
	cmd.Flags().StringVar(&in.Notes, "notes", "", "what the next one should know")
	for _, name := range []string{"from", "to"} {
		_ = cmd.RegisterFlagCompletionFunc(name, f.completed(completeRoles)) // the flags were defined above
	}
	_ = cmd.RegisterFlagCompletionFunc("task", f.completed(completeTasks(true)))
	cmd.RunE = f.changing(func(ctx context.Context, s *session, _ []string) error {
		h, err := s.Agents.HandOff(ctx, s.by(ctx), s.at, in)
		if err != nil {
			return err
		}
		return out.written(handoffID(h.ID), h, func(p *printer) {
			p.line("%s recorded: %s to %s, %s", bold.of(handoffID(h.ID)), h.From, h.To, h.Status)
		})
	})
	return cmd
}

func handoffID(id string) string { return project.PrefixHandoff + id }

func newCmdHandoffList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the handoffs",
		Long:    "List the handoffs, oldest first.",
		Example: "  layercake handoff list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Handoff{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		view, err := when.view(s)
		if err != nil {
			return err
		}
		list, err := s.Agents.Handoffs(ctx, view)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("STATUS"), col("FROM"), col("TO"), col("TASK"), col("WHEN"), col("NOTES").flex())
			for i := range list {
				h := &list[i]
				t.add(bold.of(handoffID(h.ID)), h.Status, h.From, h.To, subjectText("task", h.Task), h.CreatedAt, firstLineOf(h.Notes))
			}
			p.table(t)
		})
	})
	return cmd
}
