package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdRisk(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "risk",
		Aliases: []string{"risks"},
		Short:   "Keep track of what may go wrong",
		Long:    "Keep track of what may go wrong: how probable it is, how bad, and what is done about it.",
		Example: "  layercake risk add \"The vendor changes its API\" --probability high",
	}, newCmdRiskAdd(f), newCmdRiskList(f), newCmdRiskUpdate(f))
}

func newCmdRiskAdd(f *Factory) *cobra.Command {
	var in project.AddRisk
	cmd := &cobra.Command{
		Use:     "add TITLE",
		Short:   "Record a risk",
		Long:    "Record something that may go wrong.",
		Example: "  layercake risk add \"The vendor changes its API\" --probability high --impact medium --mitigation \"a layer of our own\"",
		Args:    exactly("TITLE"),
	}
	out := addOutput(cmd, f, project.Risk{})
	cmd.Flags().StringVar(&in.Description, "description", "", "what exactly")
	cmd.Flags().StringVar(&in.Mitigation, "mitigation", "", "what is done about it")
	addChoice(cmd, &in.Probability, "probability", "how probable it is", project.RiskLevels())
	addChoice(cmd, &in.Impact, "impact", "how bad it would be", project.RiskLevels())
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		in.Title = args[0]
		r, err := s.Records.AddRisk(ctx, s.by(ctx), s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(riskID(r.ID), r, func(p *printer) { p.line("%s recorded: %s", bold.of(riskID(r.ID)), r.Title) })
	})
	return cmd
}

func newCmdRiskList(f *Factory) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the open risks",
		Long:    "List the open risks, or all.",
		Example: "  layercake risk list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Risk{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that are closed")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Records.Risks(ctx, core.View{Project: s.at.Project, At: at}, all)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("STATUS"), col("PROBABILITY"), col("IMPACT"), col("TITLE").flex(), col("MITIGATION").flex().ifRoom())
			for i := range list {
				r := &list[i]
				t.add(bold.of(riskID(r.ID)), r.Status, r.Probability, r.Impact, r.Title, r.Mitigation)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdRiskUpdate(f *Factory) *cobra.Command {
	var status, probability, impact, mitigation, note string
	cmd := &cobra.Command{
		Use:               "update RISK",
		Short:             "Judge a risk anew",
		Long:              "Judge a risk anew. Only what is named changes.",
		Example:           "  layercake risk update k-7k3f --probability low --note \"the contract is signed\"",
		Args:              exactly("RISK"),
		ValidArgsFunction: f.completed(completeRisks),
	}
	out := addOutput(cmd, f, project.Risk{})
	addChoice(cmd, &status, "status", "where it stands", project.RiskStatuses())
	addChoice(cmd, &probability, "probability", "how probable it is", project.RiskLevels())
	addChoice(cmd, &impact, "impact", "how bad it would be", project.RiskLevels())
	cmd.Flags().StringVar(&mitigation, "mitigation", "", "what is done about it")
	cmd.Flags().StringVar(&note, "note", "", "why")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		r, err := s.Records.UpdateRisk(ctx, s.by(ctx), s.at.Project, project.UpdateRisk{
			ID: args[0], Status: changed(cmd, "status", status), Probability: changed(cmd, "probability", probability),
			Impact: changed(cmd, "impact", impact), Mitigation: changed(cmd, "mitigation", mitigation), Note: note,
		})
		if err != nil {
			return err
		}
		return out.written(riskID(r.ID), r, func(p *printer) {
			p.line("%s %s, probability %s, impact %s: %s", bold.of(riskID(r.ID)), r.Status, r.Probability, r.Impact, r.Title)
		})
	})
	return cmd
}
