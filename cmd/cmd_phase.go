package cmd

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

func newCmdPhase(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "phase",
		Aliases: []string{"phases"},
		Short:   "See and change the phase",
		Long: `See and change the phase that the project is in. Approving a gate moves it by
itself; a move where a gate stands in between is refused.`,
		Example: "  layercake phase show",
	}, newCmdPhaseShow(f), newCmdPhaseMove(f), newCmdPhaseReopen(f))
}

// phaseView is the phase with where it can go.
type phaseView struct {
	Phase       workflow.Phase   `json:"phase"`
	BlockedFrom workflow.Phase   `json:"blocked_from"`
	Next        []workflow.Phase `json:"next"`
}

func newCmdPhaseShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Show the phase and where it can go",
		Long:    "Show the phase that the project is in and those that can follow.",
		Example: "  layercake phase show",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, phaseView{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		k, err := s.Projects.Get(ctx, v)
		if err != nil {
			return err
		}
		shown := phaseView{k.Phase, k.BlockedFrom, workflow.Targets(k.Phase, k.Facts(), k.BlockedFrom)}
		return out.show(shown, func(p *printer) {
			p.line("%s", bold.of(string(shown.Phase)))
			p.field("blocked from", shown.BlockedFrom)
			p.field("can follow", joinWords(shown.Next))
		})
	})
	return cmd
}

func newCmdPhaseMove(f *Factory) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "move PHASE",
		Short:             "Move the project to another phase",
		Long:              "Move the project forward where no gate stands in between, to blocked, or back from it.",
		Example:           "  layercake phase move blocked --reason \"waiting for the contract\"",
		Args:              exactly("PHASE"),
		ValidArgsFunction: f.completed(completePhases),
	}
	out := addOutput(cmd, f, project.Project{})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		to, err := workflow.ParsePhase(args[0])
		if err != nil {
			return err
		}
		k, err := s.Projects.MovePhase(ctx, s.by(ctx), s.at.Project, to, reason)
		if err != nil {
			return err
		}
		return out.written(string(k.Phase), k, func(p *printer) { p.line("%s is in phase %s", k.Slug, bold.of(string(k.Phase))) })
	})
	return cmd
}

func newCmdPhaseReopen(f *Factory) *cobra.Command {
	var reason string
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:               "reopen PHASE",
		Short:             "Go back to an earlier phase",
		Long:              "Go back to an earlier phase; the gates after it are pending again. Only a person can.",
		Example:           "  layercake phase reopen planning --reason \"the scope changed\"",
		Args:              exactly("PHASE"),
		ValidArgsFunction: f.completed(completePhases),
	}
	out := addOutput(cmd, f, project.Project{})
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say which gates would be pending again, and do nothing")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		to, err := workflow.ParsePhase(args[0])
		if err != nil {
			return err
		}
		if dryRun {
			return s.foretellReopen(ctx, out, to)
		}
		if reason == "" {
			return fault.Usage("missing_flag", "%s needs --reason", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to go back to phase %s.", "reopen", to))
		if err != nil {
			return err
		}
		if err := refused(s, by, "reopen"); err != nil {
			return err
		}
		k, err := s.Projects.ReopenPhase(ctx, by, s.at.Project, to, reason)
		if err != nil {
			return err
		}
		return out.written(string(k.Phase), k, func(p *printer) { p.line("%s is in phase %s", k.Slug, bold.of(string(k.Phase))) })
	})
	return cmd
}

// foretellReopen says what going back to a phase would do.
func (s *session) foretellReopen(ctx context.Context, out *output, to workflow.Phase) error {
	k, err := s.project(ctx)
	if err != nil {
		return err
	}
	if ok, why := workflow.CanReopen(k.Phase, to, k.Facts()); !ok {
		return fault.NotAllowed("phase_move_refused", "cannot reopen %s: %s", to, why).WithHint("run `layercake phase show`")
	}
	gates, err := s.Gates.List(ctx, s.view())
	if err != nil {
		return err
	}
	return out.show(k, func(p *printer) {
		p.line("%s would go back to phase %s", k.Slug, to)
		p.line("pending again: %s", cmp.Or(strings.Join(project.PhaseReopens(gates, to), ", "), "no gate"))
	})
}
