package cmd

import (
	"cmp"
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/analysis"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// join makes a project that lives in another database known to the one in use,
// and reads its files.
func (f *Factory) join(ctx context.Context, in *core.NewProject, _ initFlags) (*initResult, error) {
	here, err := f.place()
	if err != nil {
		return nil, err
	}
	if here.root == "" {
		return nil, f.noProject(here)
	}
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	database, err := app.DatabaseID(ctx)
	if err != nil {
		return nil, err
	}
	if here.project.Database == database {
		return nil, fault.Conflict("project_at_home", "project %s lives in this very database", here.project.Slug).
			WithHint("run `layercake status`")
	}
	s := &session{App: app, f: f, at: core.Place{Project: here.project.ID, Root: here.root}, slug: here.project.Slug, guest: true}
	if _, err := app.Projects.Get(ctx, s.view()); err == nil {
		return &initResult{Project: s.slug, ID: here.project.ID.String(), Root: here.root, Written: []string{}, Commands: []analysis.PinnedCommand{}}, nil
	} else if fault.From(err).Kind != fault.KindNotFound {
		return nil, err
	}
	file := &here.project
	p, err := app.Projects.Create(ctx, f.caller(ctx), core.NewProject{
		ID: file.ID, Slug: file.Slug, Name: cmp.Or(in.Name, file.Name, file.Slug), Description: in.Description,
		Type: cmp.Or(in.Type, workflow.ProjectType(file.Type)), Preset: cmp.Or(in.Preset, workflow.Preset(file.Preset)),
		Tier: cmp.Or(in.Tier, workflow.Tier(file.Tier)), DocsDir: cmp.Or(in.DocsDir, file.DocsDir), Level: cmp.Or(in.Level, project.LevelTerminal),
		DeploymentMode: in.DeploymentMode, HasUI: in.HasUI,
	})
	if err != nil {
		return nil, err
	}
	f.committed = s.publish(ctx)
	return &initResult{
		Project: p.Slug, ID: p.ID.String(), Root: here.root, Created: true, Written: []string{}, Commands: []analysis.PinnedCommand{},
	}, nil
}
