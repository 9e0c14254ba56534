package cmd

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdDoc(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "doc",
		Aliases: []string{"docs"},
		Short:   "Keep versions of documents",
		Long:    "Keep versions of the project's documents, each by its hash. A locked one takes no new content.",
		Example: "  layercake doc add docs/PRD.md",
	}, newCmdDocAdd(f), newCmdDocList(f), newCmdDocShow(f), newCmdDocLock(f), newCmdDocDelete(f))
}

func newCmdDocAdd(f *Factory) *cobra.Command {
	var in core.NewDocument
	cmd := &cobra.Command{
		Use:     "add FILE",
		Short:   "Keep a file as the next version of a document",
		Long:    "Keep the content of a file as the next version of a document; the first one begins it.",
		Example: "  layercake doc add docs/PRD.md --title \"Product requirements\"",
		Args:    exactly("FILE"),
	}
	out := addOutput(cmd, f, project.Document{})
	cmd.Flags().StringVar(&in.ID, "id", "", "the document's name; by default made from the file's")
	cmd.Flags().StringVar(&in.Title, "title", "", "the title")
	cmd.Flags().StringVar(&in.Kind, "kind", "", "what it is")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		var err error
		if in.Path, err = s.inside(args[0]); err != nil {
			return err
		}
		d, err := s.Documents.Put(ctx, s.by(ctx), s.at, in)
		if err != nil {
			return err
		}
		return out.written(d.ID, d, func(p *printer) { p.line("%s version %d of %s", bold.of(d.ID), d.Version, d.Path) })
	})
	return cmd
}

// inside makes a path, as typed in the working directory, relative to the
// project's root.
func (s *session) inside(path string) (string, error) {
	if s.at.Root == "" {
		return "", fault.Usage("no_work_tree", "the folder of %s is not known here", s.slug).WithHint("run it inside the project's folder")
	}
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(s.f.process.Dir, path)
	}
	rel, err := filepath.Rel(s.at.Root, full)
	if err != nil || !filepath.IsLocal(rel) {
		return "", fault.Usage("path_outside", "%q is not inside of the project", path).WithHint("run `layercake project show` to see its folder")
	}
	return filepath.ToSlash(rel), nil
}

func newCmdDocList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the documents",
		Long:    "List the documents with their newest versions.",
		Example: "  layercake doc list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Document{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Documents.List(ctx, core.View{Project: s.at.Project, At: at})
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("VERSION").toRight(), col("LOCKED"), col("TITLE").flex(), col("PATH").flex().ifRoom(), col("UPDATED").ifRoom())
			for i := range list {
				d := &list[i]
				t.add(bold.of(d.ID), d.Version, yesNo(d.Locked), d.Title, d.Path, d.UpdatedAt)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdDocShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show DOCUMENT",
		Short:             "Show one document's facts",
		Long:              "Show where one document is, its version and its hash.",
		Example:           "  layercake doc show prd",
		Args:              exactly("DOCUMENT"),
		ValidArgsFunction: f.completed(completeDocuments),
	}
	out := addOutput(cmd, f, project.Document{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		d, err := s.Documents.Get(ctx, v, args[0])
		if err != nil {
			return err
		}
		return out.show(d, func(p *printer) {
			p.line("%s %s", bold.of(d.ID), d.Title)
			p.field("path", d.Path)
			p.field("kind", d.Kind)
			p.field("version", d.Version)
			p.field("locked", yesNo(d.Locked))
			p.field("size", fmt.Sprintf("%d bytes", d.Size))
			p.field("sha256", d.SHA256)
			p.field("begun by", d.CreatedBy)
			p.field("updated", d.UpdatedAt)
		})
	})
	return cmd
}

func newCmdDocLock(f *Factory) *cobra.Command {
	var undo bool
	cmd := &cobra.Command{
		Use:               "lock DOCUMENT",
		Short:             "Keep a document from changing",
		Long:              "Keep a document from getting new content. Only a person can unlock it, with --undo.",
		Example:           "  layercake doc lock prd\n  layercake doc lock prd --undo",
		Args:              exactly("DOCUMENT"),
		ValidArgsFunction: f.completed(completeDocuments),
	}
	out := addOutput(cmd, f, project.Document{})
	cmd.Flags().BoolVar(&undo, "undo", false, "unlock it")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		d, err := s.Documents.Lock(ctx, s.by(ctx), s.at.Project, args[0], undo)
		if err != nil {
			return err
		}
		return out.written(d.ID, d, func(p *printer) { p.line("%s locked: %s", bold.of(d.ID), yesNo(d.Locked)) })
	})
	return cmd
}

func newCmdDocDelete(f *Factory) *cobra.Command {
	var reason string
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:               "delete DOCUMENT",
		Short:             "No longer keep track of a document",
		Long:              "No longer keep track of a document. Its file and the kept versions stay.",
		Example:           "  layercake doc delete prd --dry-run\n  layercake doc delete prd --reason \"moved to the wiki\" --yes",
		Args:              exactly("DOCUMENT"),
		ValidArgsFunction: f.completed(completeDocuments),
	}
	out := addOutput(cmd, f, project.Document{})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		d, err := s.Documents.Get(ctx, s.view(), args[0])
		if err != nil {
			return err
		}
		if dryRun {
			return out.show(d, func(p *printer) { p.line("%s (%s) would no longer be kept track of", d.ID, d.Path) })
		}
		if err := f.confirm(ctx, yes, "No longer keep track of "+d.ID+"?"); err != nil {
			return err
		}
		if err := s.Documents.Drop(ctx, s.by(ctx), s.at.Project, args[0], reason); err != nil {
			return err
		}
		return out.written(d.ID, d, func(p *printer) { p.line("%s is no longer kept track of", bold.of(d.ID)) })
	})
	return cmd
}
