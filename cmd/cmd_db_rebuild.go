package cmd

import (
	"context"

	"github.com/spf13/cobra"
)

// rebuilt is what came of making one project's tables anew.
type rebuilt struct {
	Project string `json:"project"`
	// Events is up to which event the log was replayed.
	Events int64 `json:"events"`
	// Repaired is how many rows were, or with --dry-run would be, put right.
	Repaired int64 `json:"repaired"`
	// LockedMS is for how long writers had to wait.
	LockedMS int64 `json:"locked_ms"`
}

func newCmdDBRebuild(f *Factory) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make what commands read anew from the log",
		Long: `Make the tables that commands read anew from the log, for every project or the one
that --project names: beside those in use, while others go on reading and writing.
Then the rows that differ are put in place, all at once for each project; writers
wait for that moment only. A log that does not verify is not used.`,
		Example: "  layercake db rebuild --dry-run\n  layercake db rebuild --project shop",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, rebuilt{})
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		done, err := f.rebuild(cmd.Context(), dryRun)
		if err != nil {
			return err
		}
		return out.show(done, func(p *printer) {
			for _, r := range done {
				switch {
				case r.Repaired == 0:
					p.line("%s %s was as its log says", green.of("✓"), r.Project)
				case dryRun:
					p.line("%s: at least %s would be put right; `layercake db verify` shows where", r.Project, count(int(r.Repaired), "row"))
				default:
					p.line("%s %s: %s put right", green.of("✓"), r.Project, count(int(r.Repaired), "row"))
				}
			}
		})
	}
	return cmd
}

func (f *Factory) rebuild(ctx context.Context, dryRun bool) ([]rebuilt, error) {
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	streams, err := f.streams(ctx, app)
	if err != nil {
		return nil, err
	}
	list := []rebuilt{}
	for _, s := range streams {
		r := rebuilt{Project: s.name, Events: s.head.Version}
		if dryRun {
			differences, err := app.Log.Compare(ctx, s.id)
			if err != nil {
				return nil, err
			}
			rows := map[string]bool{}
			for _, d := range differences {
				rows[d.Table+" "+d.Key] = true
			}
			r.Repaired = int64(len(rows))
		} else {
			done, err := app.Log.Rebuild(ctx, s.id)
			if err != nil {
				return nil, err
			}
			r.Events, r.Repaired, r.LockedMS = done.Events, done.Repaired, done.Locked.Milliseconds()
		}
		list = append(list, r)
	}
	return list, nil
}
