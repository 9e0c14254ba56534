package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
)

func newCmdLogStats(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "stats",
		Short:   "Count the events by type, actor and day",
		Long:    "Count the events of the project, or those that the flags select, by type, by actor and by day (UTC).",
		Example: "  layercake log stats\n  layercake log stats --since 168h --actor agent:",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.LogStats{})
	selected := addLogFlags(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		q, err := selected.query(ctx, s)
		if err != nil {
			return err
		}
		stats, err := s.Log.Stats(ctx, s.at.Project, q)
		if err != nil {
			return err
		}
		return out.show(stats, func(p *printer) {
			if p.tty {
				p.line("%s", count(int(stats.Events), "event"))
			}
			t := newTable(col("EVENTS").toRight(), col("BY"), col("").flex())
			for _, part := range []struct {
				name  string
				tally []core.Tally
			}{{"type", stats.Types}, {"actor", stats.Actors}, {"day", stats.Days}} {
				for _, n := range part.tally {
					t.add(n.Events, part.name, n.Name)
				}
			}
			p.table(t)
		})
	})
	return cmd
}
