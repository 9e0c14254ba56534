package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdDecision(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "decision",
		Aliases: []string{"decisions"},
		Short:   "Record decisions and why they were taken",
		Long:    "Record decisions in the form of architecture decision records: context, decision, rationale, alternatives, consequences.",
		Example: "  layercake decision add \"Use Postgres\" --rationale \"one database for everything\"",
	}, newCmdDecisionAdd(f), newCmdDecisionList(f), newCmdDecisionShow(f), newCmdDecisionReverse(f), newCmdDecisionEdit(f))
}

func newCmdDecisionAdd(f *Factory) *cobra.Command {
	var in project.MakeDecision
	cmd := &cobra.Command{
		Use:   "add TITLE",
		Short: "Record a decision",
		Long:  "Record a decision. With --supersedes it replaces an earlier one.",
		Example: "  layercake decision add \"Use Postgres\" --decision \"Everything is kept in Postgres\" --alternative SQLite\n" +
			"  layercake decision add \"Use River\" --supersedes d-7k3f",
		Args: exactly("TITLE"),
	}
	out := addOutput(cmd, f, project.Decision{})
	flags := cmd.Flags()
	flags.StringVar(&in.Context, "context", "", "what led to it")
	flags.StringVar(&in.Decision, "decision", "", "what was decided; by default the title")
	flags.StringVar(&in.Rationale, "rationale", "", "why")
	flags.StringVar(&in.Consequences, "consequences", "", "what follows from it")
	flags.StringArrayVar(&in.Alternatives, "alternative", nil, "what else was looked at; can be repeated")
	flags.StringVar(&in.Gate, "gate", "", "the `GATE` that it belongs to")
	flags.StringVar(&in.Supersedes, "supersedes", "", "the `DECISION` that it replaces")
	addChoice(cmd, &in.Status, "status", "where it stands", []project.DecisionStatus{project.DecisionProposed, project.DecisionAccepted})
	_ = cmd.RegisterFlagCompletionFunc("supersedes", firstArgument(f.completed(completeDecisions))) // the flag was defined above
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		in.Title = args[0]
		if in.Decision == "" {
			in.Decision = in.Title
		}
		d, err := s.Records.Decide(ctx, s.by(ctx), s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(d.ShortID, d, func(p *printer) { p.line("%s recorded: %s", bold.of(d.ShortID), d.Title) })
	})
	return cmd
}

func newCmdDecisionList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the decisions",
		Long:    "List the decisions, oldest first, now or at an earlier moment.",
		Example: "  layercake decision list --json=id,title,status",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Decision{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Records.Decisions(ctx, core.View{Project: s.at.Project, At: at})
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("STATUS"), col("TITLE").flex(), col("BY").flex().ifRoom(), col("MADE").ifRoom())
			for i := range list {
				d := &list[i]
				t.add(bold.of(d.ShortID), d.Status, d.Title, d.CreatedBy, d.CreatedAt)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdDecisionShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show DECISION",
		Short:             "Show one decision",
		Long:              "Show one decision with its reasons.",
		Example:           "  layercake decision show d-7k3f",
		Args:              exactly("DECISION"),
		ValidArgsFunction: f.completed(completeDecisions),
	}
	out := addOutput(cmd, f, project.Decision{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		d, err := s.Records.Decision(ctx, v, args[0])
		if err != nil {
			return err
		}
		return out.show(d, func(p *printer) {
			p.line("%s %s", bold.of(d.ShortID), d.Title)
			p.field("status", d.Status)
			p.field("superseded by", d.SupersededBy)
			p.field("reversed", d.ReversedReason)
			p.field("gate", d.Gate)
			p.field("made by", d.CreatedBy)
			p.field("made", d.CreatedAt)
			for _, part := range []struct{ title, text string }{
				{"Context", d.Context}, {"Decision", d.Decision}, {"Rationale", d.Rationale}, {"Consequences", d.Consequences},
			} {
				if part.text != "" {
					p.blank()
					p.line("%s", bold.of(part.title))
					p.text("  ", part.text)
				}
			}
			if len(d.Alternatives) > 0 {
				p.blank()
				p.line("%s", bold.of("Alternatives"))
				for _, a := range d.Alternatives {
					p.line("  - %s", a)
				}
			}
		})
	})
	return cmd
}

func newCmdDecisionReverse(f *Factory) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "reverse DECISION",
		Short:             "Say that a decision no longer holds",
		Long:              "Say that a decision no longer holds, and why. It stays on record.",
		Example:           "  layercake decision reverse d-7k3f --reason \"it did not scale\"",
		Args:              exactly("DECISION"),
		ValidArgsFunction: f.completed(completeDecisions),
	}
	out := addOutput(cmd, f, project.Decision{})
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if reason == "" {
			return fault.Usage("missing_flag", "%s needs --reason", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		d, err := s.Records.ReverseDecision(ctx, s.by(ctx), s.at.Project, args[0], reason)
		if err != nil {
			return err
		}
		return out.written(d.ShortID, d, func(p *printer) { p.line("%s no longer holds: %s", bold.of(d.ShortID), d.Title) })
	})
	return cmd
}
