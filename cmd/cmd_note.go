package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdNote(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "note",
		Aliases: []string{"notes"},
		Short:   "Write notes and the progress log",
		Long:    "Write notes. Those of kind progress make up the progress log.",
		Example: "  layercake note add \"the importer works\" --kind progress",
	}, newCmdNoteAdd(f), newCmdNoteList(f), newCmdNoteEdit(f))
}

func newCmdNoteAdd(f *Factory) *cobra.Command {
	var in project.AddNote
	cmd := &cobra.Command{
		Use:     "add TEXT",
		Short:   "Write a note",
		Long:    "Write a note, about the project or with --subject about a task, a gate and so on.",
		Example: "  layercake note add \"the importer works\" --kind progress --subject t-7k3f",
		Args:    exactly("TEXT"),
	}
	out := addOutput(cmd, f, project.Note{})
	addChoice(cmd, &in.Kind, "kind", "what it is", project.NoteKinds())
	cmd.Flags().StringVar(&in.Subject, "subject", "", "what it is about")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		in.Text = args[0]
		n, err := s.Records.Note(ctx, s.by(ctx), s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(noteID(n.ID), n, func(p *printer) { p.line("%s written", bold.of(noteID(n.ID))) })
	})
	return cmd
}

func newCmdNoteList(f *Factory) *cobra.Command {
	var kind, subject string
	var limit int
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List notes",
		Long:    "List notes, newest first.",
		Example: "  layercake note list --kind progress --limit 10",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Note{})
	when := addMoment(cmd)
	const many = 50
	addChoice(cmd, &kind, "kind", "only those of this kind", project.NoteKinds())
	cmd.Flags().StringVar(&subject, "subject", "", "only those about this")
	addNumber(cmd, &limit, "limit", many, "at most so many; 0 for all")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Records.Notes(ctx, core.View{Project: s.at.Project, At: at}, kind, subject, limit)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("WHEN"), col("KIND").ifRoom(), col("BY").flex().ifRoom(), col("SUBJECT").ifRoom(), col("TEXT").flex())
			for i := range list {
				n := &list[i]
				t.add(bold.of(noteID(n.ID)), n.CreatedAt, n.Kind, n.CreatedBy, n.Subject, n.Text)
			}
			p.table(t)
		})
	})
	return cmd
}
