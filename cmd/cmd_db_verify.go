package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// verification is what came of comparing one project with its log.
type verification struct {
	Project     string            `json:"project"`
	OK          bool              `json:"ok"`
	Differences []core.Difference `json:"differences"`
}

func newCmdDBVerify(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare the database with a replay of its log",
		Long: `Replay the log of every project, or of the one that --project names, and compare
what it comes to with the tables that commands read. Exit code 1 if they differ.`,
		Example: "  layercake db verify",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, verification{})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		found, err := f.verify(cmd.Context())
		if err != nil {
			return err
		}
		bad := false
		for i := range found {
			bad = bad || !found[i].OK
		}
		err = out.show(found, func(p *printer) {
			for _, v := range found {
				if v.OK {
					p.line("%s %s is as its log says", green.of("✓"), v.Project)
					continue
				}
				p.line("%s %s differs from its log in %d places", red.of("✗"), v.Project, len(v.Differences))
				for _, d := range v.Differences {
					p.line("  %s %s %s: %s, but the log says %s", d.Table, d.Key, d.Column, d.Stored, d.Derived)
				}
			}
		})
		if err == nil && bad {
			return exitError(1)
		}
		return err
	}
	return cmd
}

func (f *Factory) verify(ctx context.Context) ([]verification, error) {
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	var projects []project.Project
	if f.flags.project != "" {
		p, err := app.Projects.Find(ctx, f.flags.project)
		if err != nil {
			return nil, err
		}
		projects = append(projects, *p)
	} else if projects, err = app.Projects.List(ctx, true); err != nil {
		return nil, err
	}
	found := []verification{}
	for i := range projects {
		differences, err := app.Log.Compare(ctx, projects[i].ID)
		if err != nil {
			return nil, err
		}
		found = append(found, verification{projects[i].Slug, len(differences) == 0, differences})
	}
	return found, nil
}
