package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/markdown"
)

func newCmdProject(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "project",
		Aliases: []string{"projects"},
		Short:   "Create, list and change projects",
		Long:    "Create, list and change projects.",
		Example: "  layercake project list\n  layercake project show",
	}, newCmdProjectCreate(f), newCmdProjectList(f), newCmdProjectShow(f), newCmdProjectUpdate(f), newCmdProjectArchive(f),
		newCmdProjectDelete(f), newCmdProjectExport(f), newCmdProjectImport(f), newCmdProjectLevel(f), newCmdProjectConstraint(f), newCmdProjectRender(f))
}

// projectFields are the flags that say what a project is made from.
type projectFields struct{ core.NewProject }

func (n *projectFields) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&n.Slug, "slug", "", "the short name; by default made from the name")
	flags.StringVar(&n.Description, "description", "", "what it is, in a sentence")
	addChoice(cmd, &n.Type, "type", "the kind of project", workflow.ProjectTypes())
	addChoice(cmd, &n.Preset, "preset", "which gates it passes", workflow.Presets())
	addChoice(cmd, &n.Tier, "tier", "the quality that gates ask for", workflow.Tiers())
	addChoice(cmd, &n.Level, "level", "how decisions are made; see \"layercake help approvals\"", project.Levels())
	addChoice(cmd, &n.DeploymentMode, "deployment", "whether it is deployed", workflow.DeploymentModes())
	flags.BoolVar(&n.HasUI, "has-ui", false, "it has a user interface")
	flags.StringVar(&n.DocsDir, "docs-dir", "", "the folder of the markdown files; by default docs")
}

func newCmdProjectCreate(f *Factory) *cobra.Command {
	var in projectFields
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a project without a folder",
		Long: `Create a project that is in no folder. To make a git repository a project, use
"layercake init".`,
		Example: "  layercake project create \"Web shop\" --type traditional --tier mvp",
		Args:    exactly("NAME"),
	}
	out := addOutput(cmd, f, project.Project{})
	in.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		app, err := f.App(cmd.Context())
		if err != nil {
			return err
		}
		in.Name = args[0]
		p, err := app.Projects.Create(cmd.Context(), f.caller(cmd.Context()), in.NewProject)
		if err != nil {
			return err
		}
		return out.written(p.Slug, p, func(pr *printer) { pr.line("%s created: %s", bold.of(p.Slug), p.Name) })
	}
	return cmd
}

func newCmdProjectList(f *Factory) *cobra.Command {
	var archived bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the projects in the database",
		Long:    "List the projects in the database, by their short names.",
		Example: "  layercake project list --archived",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Project{})
	cmd.Flags().BoolVar(&archived, "archived", false, "also those that are put away")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		app, err := f.App(cmd.Context())
		if err != nil {
			return err
		}
		list, err := app.Projects.List(cmd.Context(), archived)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("PROJECT"), col("PHASE"), col("TYPE").ifRoom(), col("NAME").flex(), col("UPDATED").ifRoom())
			for i := range list {
				k := &list[i]
				t.add(bold.of(k.Slug), k.Phase, k.Type, k.Name, k.UpdatedAt)
			}
			p.table(t)
		})
	}
	return cmd
}

// projectView is a project with where it is on this machine.
type projectView struct {
	*project.Project

	Root string `json:"root"`
}

func newCmdProjectShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Show the facts about a project",
		Long:    "Show the facts about the project of this folder, or of the one that --project names.",
		Example: "  layercake project show\n  layercake project show --jq .data.id",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, projectView{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		k, err := s.Projects.Get(ctx, core.View{Project: s.at.Project, At: at})
		if err != nil {
			return err
		}
		return out.show(projectView{k, s.at.Root}, func(p *printer) { printProject(p, k, s.at.Root) })
	})
	return cmd
}

func printProject(p *printer, k *project.Project, root string) {
	p.line("%s", bold.of(k.Name))
	if k.Description != "" {
		p.text("  ", k.Description)
	}
	p.field("slug", k.Slug)
	p.field("id", k.ID.String())
	p.field("folder", root)
	p.field("documents", k.DocsDir)
	p.field("type", k.Type)
	p.field("preset", k.Preset)
	p.field("tier", k.Tier)
	p.field("phase", cyan.of(string(k.Phase)))
	p.field("deployment", k.DeploymentMode)
	p.field("user interface", yesNo(k.HasUI))
	p.field("level", k.Level)
	p.field("teaching", k.TeachingLevel)
	p.field("archived", yesNo(k.Archived))
	p.field("workflow", k.WorkflowDigest)
	p.field("created by", k.CreatedBy)
	p.field("created", k.CreatedAt)
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func newCmdProjectUpdate(f *Factory) *cobra.Command {
	var name, description, teaching string
	var deployment workflow.DeploymentMode
	var hasUI bool
	cmd := &cobra.Command{
		Use:     "update",
		Short:   "Change facts about a project",
		Long:    "Change facts about a project. Gates that no longer apply are marked so.",
		Example: "  layercake project update --deployment local_only --has-ui=false",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Project{})
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "the name")
	flags.StringVar(&description, "description", "", "what it is")
	flags.BoolVar(&hasUI, "has-ui", false, "whether it has a user interface")
	addChoice(cmd, &deployment, "deployment", "whether it is deployed", workflow.DeploymentModes())
	addChoice(cmd, &teaching, "teaching", "how much the output explains", project.TeachingLevels())
	cmd.RunE = f.changing(func(ctx context.Context, s *session, _ []string) error {
		k, err := s.Projects.Update(ctx, s.by(ctx), s.at.Project, project.UpdateProject{
			Name: changed(cmd, "name", name), Description: changed(cmd, "description", description),
			DeploymentMode: changed(cmd, "deployment", deployment), HasUI: changed(cmd, "has-ui", hasUI),
		})
		if err == nil && teaching != "" {
			k, err = s.Projects.SetTeachingLevel(ctx, s.by(ctx), s.at.Project, teaching)
		}
		if err != nil {
			return err
		}
		return out.written(k.Slug, k, func(p *printer) { printProject(p, k, s.at.Root) })
	})
	return cmd
}

func newCmdProjectArchive(f *Factory) *cobra.Command {
	var undo, dryRun bool
	var reason string
	cmd := &cobra.Command{
		Use:     "archive",
		Short:   "Put a project away, or take it out again",
		Long:    "Put a project away: it takes no changes until --undo takes it out again.",
		Example: "  layercake project archive --reason \"shipped\"\n  layercake project archive --undo",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Project{})
	cmd.Flags().BoolVar(&undo, "undo", false, "take it out again")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if dryRun {
			k, err := s.project(ctx)
			if err != nil {
				return err
			}
			return out.show(k, func(p *printer) {
				switch {
				case k.Archived != undo:
					p.line("nothing would be done; %s archived: %s", k.Slug, yesNo(k.Archived))
				case undo:
					p.line("%s would be taken out again", k.Slug)
				default:
					p.line("%s would be put away; it would take no changes", k.Slug)
				}
			})
		}
		k, err := s.Projects.Archive(ctx, s.by(ctx), s.at.Project, undo, reason)
		if err != nil {
			return err
		}
		return out.written(k.Slug, k, func(p *printer) { p.line("%s archived: %s", bold.of(k.Slug), yesNo(k.Archived)) })
	})
	return cmd
}

func newCmdProjectDelete(f *Factory) *cobra.Command {
	var reason string
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:   "delete SLUG",
		Short: "Remove a project from every list",
		Long: `Remove a project from every list. Its log stays in the database. Only a person
can, and has to name it: by SLUG here, and by typing it at the terminal.`,
		Example:           "  layercake project delete web-shop --dry-run",
		Args:              exactly("SLUG"),
		ValidArgsFunction: f.completeProjects,
	}
	out := addOutput(cmd, f, project.Project{})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		app, err := f.App(ctx)
		if err != nil {
			return err
		}
		k, err := app.Projects.Find(ctx, args[0])
		if err != nil {
			return err
		}
		if dryRun {
			return out.show(k, func(p *printer) { p.line("%s (%s) would be deleted; its log would stay", k.Slug, k.Name) })
		}
		s := &session{App: app, f: f, at: core.Place{Project: k.ID}, slug: k.Slug}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to delete the project %s.", k.Slug, k.Name))
		if err != nil {
			return err
		}
		if err := refused(s, by, k.Slug); err != nil {
			return err
		}
		if err := app.Projects.Delete(ctx, by, k.ID, k.Slug, reason); err != nil {
			return err
		}
		return out.written(k.Slug, k, func(p *printer) { p.line("%s is deleted; its log stays", bold.of(k.Slug)) })
	}
	return cmd
}

func newCmdProjectRender(f *Factory) *cobra.Command {
	var overwrite, dryRun bool
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Write the markdown files now",
		Long: `Write the markdown files of the project as it is now. This happens after every
change by itself. A file that somebody edited is left as it is, unless
--overwrite is given; what it held is kept aside then. To have edits read, run
"layercake sync".`,
		Example: "  layercake project render --dry-run\n  layercake project render",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, markdown.Result{})
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "replace edited files, too")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be written, and write nothing")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if err := s.hasRoot(); err != nil {
			return err
		}
		params := s.syncParams(s.by(ctx), true)
		params.Overwrite, params.DryRun = overwrite, dryRun
		result, err := s.files().Sync(ctx, params)
		if err != nil {
			return err
		}
		if !dryRun {
			f.committed = s.committed(ctx, &result.Result)
		}
		return out.show(result.Result, func(p *printer) { printFiles(p, &result.Result, dryRun) })
	})
	return cmd
}
