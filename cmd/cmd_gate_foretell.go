package cmd

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/project"
)

// withForetoldReopening gives the command that reopens a gate its --dry-run.
func withForetoldReopening(f *Factory, cmd *cobra.Command) *cobra.Command {
	var dryRun bool
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say which gates would be pending again, and do nothing")
	reopen := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !dryRun {
			return reopen(cmd, args)
		}
		s, err := f.session(cmd.Context())
		if err != nil {
			return err
		}
		g, err := s.Gates.Get(cmd.Context(), s.view(), args[0])
		if err != nil {
			return err
		}
		gates, err := s.Gates.List(cmd.Context(), s.view())
		if err != nil {
			return err
		}
		return f.outputs[cmd].show(g, func(p *printer) {
			p.line("gate %s is %s", g.ID, gateStatus(&g.Gate))
			p.line("pending again: %s", cmp.Or(strings.Join(project.GateReopens(gates, g.ID), ", "), "no gate"))
		})
	}
	return cmd
}
