package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
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
what it comes to with the tables that commands read. Exit code 1 if they differ;
"layercake db rebuild" then makes them anew from the log.`,
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
	streams, err := f.streams(ctx, app)
	if err != nil {
		return nil, err
	}
	found := []verification{}
	for _, s := range streams {
		differences, err := app.Log.Compare(ctx, s.id)
		if err != nil {
			return nil, err
		}
		found = append(found, verification{s.name, len(differences) == 0, differences})
	}
	return found, nil
}

// stream is a log with the name by which people know its project.
type stream struct {
	id   uuid.UUID
	name string
	head core.Head
}

// streams lists the logs of the database, or the one of the project that --project
// names. A project that is in no list has its id for a name.
func (f *Factory) streams(ctx context.Context, app *core.App) ([]stream, error) {
	all, err := app.Log.Streams(ctx)
	if err != nil {
		return nil, err
	}
	projects, err := app.Projects.List(ctx, true)
	if err != nil {
		return nil, err
	}
	slugs := make(map[uuid.UUID]string, len(projects))
	for i := range projects {
		slugs[projects[i].ID] = projects[i].Slug
	}
	list := []stream{}
	for _, s := range all {
		k := stream{id: s.Project, name: slugs[s.Project], head: s.Head}
		if k.name == "" {
			k.name = s.Project.String()
		}
		if only := f.flags.project; only == "" || only == k.name || only == s.Project.String() {
			list = append(list, k)
		}
	}
	if len(list) == 0 && f.flags.project != "" {
		_, err := app.Projects.Find(ctx, f.flags.project) // says what is near
		return nil, err
	}
	slices.SortFunc(list, func(a, b stream) int { return strings.Compare(a.name, b.name) })
	return list, nil
}
