package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/markdown"
)

func newCmdSync(f *Factory) *cobra.Command {
	var check, allowDelete, adopt, overwrite, dryRun bool
	cmd := group(&cobra.Command{
		Use:   "sync",
		Short: "Bring the markdown files and the database in step",
		Long: `Read what people changed in TASKS.md, DECISIONS.md and MEMORY.md, take it into the
project, and write the files as the project is then. Every command that changes
the project does the same when a person gives it.

Tick a task, put another title, priority or phase, move a line, add one ("- Write
the tests"), or delete one; write around the records what you like, it is kept.
Where file and database both changed the same thing, both are kept as a conflict
for "layercake sync resolve". STATUS.md and GATES.md are only written: editing them
approves nothing.`,
		Example: "  layercake sync --dry-run\n  layercake sync\n  layercake sync --check",
		Args:    exactly(),
	}, newCmdSyncStatus(f), newCmdSyncResolve(f), newCmdSyncWatch(f))
	out := addOutput(cmd, f, markdown.SyncResult{})
	flags := cmd.Flags()
	flags.BoolVar(&check, "check", false, "change nothing; exit code 5 when files and database are out of step")
	flags.BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	flags.BoolVar(&allowDelete, "allow-delete", false, "take many deleted lines as meant")
	flags.BoolVar(&adopt, "adopt", false, "read files that have no stamp, as if everything in them were new")
	flags.BoolVar(&overwrite, "overwrite", false, "replace what cannot be read; what it held is kept aside")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		if err := s.hasRoot(); err != nil {
			return err
		}
		if adopt && overwrite {
			return fault.Usage("conflicting_flags", "specify only `--adopt` or `--overwrite`").WithHint("run `layercake sync --help`")
		}
		params := s.syncParams(s.by(ctx), false)
		params.AllowDelete, params.Adopt, params.Overwrite, params.DryRun = allowDelete, adopt, overwrite, dryRun || check
		result, err := s.files().Sync(ctx, params)
		if err != nil {
			return err
		}
		if !dryRun && !check {
			f.committed = s.committed(ctx, &result.Result)
		}
		err = out.show(result, func(p *printer) { printSync(p, result, dryRun || check) })
		switch {
		case err != nil:
		case check && !result.InStep, !check && len(result.Refused) > 0:
			return exitError(fault.KindConflict.ExitCode())
		}
		return err
	})
	return cmd
}

// hasRoot refuses what needs the project's folder elsewhere.
func (s *session) hasRoot() error {
	if s.at.Root != "" {
		return nil
	}
	return fault.Usage("no_work_tree", "the folder of %s is not known here", s.slug).WithHint("run it inside the project's folder")
}

// printSync says what a sync did.
func printSync(p *printer, result *markdown.SyncResult, dryRun bool) {
	if result.InStep {
		p.line("%s files and database are in step", green.of("✓"))
		return
	}
	read := "read"
	if dryRun {
		read = "would be read"
	}
	for i := range result.Taken {
		printTaken(p, &result.Taken[i], read)
	}
	for i := range result.Conflicts {
		c := &result.Conflicts[i]
		p.line("%s %s: %s of %s", yellow.of("conflict"), strings.TrimSpace(c.ID+" "+c.File), human(c.Field), c.Record)
		p.line("  here: %s", orDash(c.Ours))
		p.line("  file: %s", orDash(c.Theirs))
		if c.Reason != "" {
			p.line("  %s", c.Reason)
		}
	}
	printFiles(p, &result.Result, dryRun)
	if len(result.Conflicts) > 0 && !dryRun {
		p.line("Next: `layercake sync resolve %s --ours` keeps what is here, --theirs takes what the file said", result.Conflicts[0].ID)
	}
}

// printTaken says what was read, and where.
func printTaken(p *printer, t *markdown.Taken, read string) {
	where := t.File
	if t.Line > 0 {
		where = fmt.Sprintf("%s:%d", t.File, t.Line)
	}
	verb := green.of(read)
	if t.What == "restored" {
		verb = yellow.of("restored")
	}
	p.line("%s %s: %s", verb, where, takenText(t))
}

// takenText says what was read, in words.
func takenText(t *markdown.Taken) string {
	record := t.Record
	if t.Title != "" {
		record = strings.TrimSpace(record + " " + t.Title)
	}
	switch t.What {
	case "changed":
		fields := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = human(f)
		}
		return record + ": " + strings.Join(fields, ", ")
	case "text":
		return "text at " + t.Record
	case "restored":
		if record == "" {
			return "written by LayerCake alone, so it is as it was"
		}
		return record + " is back: it is not deleted by taking its line out"
	}
	return t.What + " " + record
}

// printFiles says what became of the files.
func printFiles(p *printer, result *markdown.Result, dryRun bool) {
	written := "written"
	if dryRun {
		written = "would be written"
	}
	for _, r := range result.Written {
		p.line("%s %s", green.of(written), r.Path)
		if r.Aside != "" {
			p.line("  what it held is in %s", r.Aside)
		}
	}
	for _, r := range result.Unchanged {
		p.line("%s %s", dim.of("unchanged"), r.Path)
	}
	for _, r := range result.Refused {
		p.line("%s %s: %s", yellow.of("left"), r.Path, r.Message)
		p.line("  %s", r.Hint)
	}
}

// human writes a name of ours as words.
func human(name string) string { return strings.ReplaceAll(name, "_", " ") }

// textOf returns a text that is given as an argument, or - for standard input.
func (f *Factory) textOf(arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	const most = 1 << 20 // more than any field takes
	text, err := io.ReadAll(io.LimitReader(f.IO.In, most))
	if err != nil {
		return "", fault.Failed("stdin_unreadable", "cannot read standard input").WithHint("run `layercake sync resolve --help`").Wrap(err)
	}
	return strings.TrimRight(string(text), "\n"), nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func newCmdSyncStatus(f *Factory) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "List the conflicts between files and database",
		Long:    "List what file and database both changed and nobody has settled yet, or with --all everything that ever was.",
		Example: "  layercake sync status",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.SyncConflict{})
	cmd.Flags().BoolVar(&all, "all", false, "also those that are resolved")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		list, err := s.Sync.Conflicts(ctx, s.view(), all)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("FILE").ifRoom(), col("RECORD"), col("FIELD"), col("HERE").flex(), col("FILE SAID").flex(), col("STATUS").ifRoom())
			for i := range list {
				c := &list[i]
				t.add(bold.of(conflictID(c.ID)), c.File, c.Record, human(c.Field), c.Ours, c.Theirs, c.Status)
			}
			p.table(t)
		})
	})
	return cmd
}

func conflictID(id string) string { return core.KindConflict.Prefix() + id }

func newCmdSyncResolve(f *Factory) *cobra.Command {
	var ours, theirs bool
	var edit string
	cmd := &cobra.Command{
		Use:   "resolve CONFLICT",
		Short: "Settle a conflict",
		Long: `Settle a conflict between file and database: keep what the database has (--ours),
take what the file said (--theirs), or say something else (--edit TEXT).`,
		Example: "  layercake sync resolve x-7k3f --theirs",
		Args:    exactly("CONFLICT"),
	}
	out := addOutput(cmd, f, project.SyncConflict{})
	flags := cmd.Flags()
	flags.BoolVar(&ours, "ours", false, "keep what the database has")
	flags.BoolVar(&theirs, "theirs", false, "take what the file said")
	flags.StringVar(&edit, "edit", "", "what counts instead: a `TEXT`, or - for standard input")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		var choices []string
		for _, choice := range []string{project.ChoiceOurs, project.ChoiceTheirs, project.ChoiceEdit} {
			if cmd.Flags().Changed(choice) {
				choices = append(choices, choice)
			}
		}
		if len(choices) != 1 || !ours && !theirs && choices[0] != project.ChoiceEdit {
			return fault.Usage("conflicting_flags", "specify one of `--ours`, `--theirs` or `--edit`").WithHint("run `layercake sync resolve --help`")
		}
		var err error
		if edit, err = f.textOf(edit); err != nil {
			return err
		}
		c, err := s.files().Resolve(ctx, markdown.ResolveParams{
			Project: s.at.Project, By: s.by(ctx), Conflict: args[0], Choice: choices[0], Value: edit,
		})
		if err != nil {
			return err
		}
		return out.written(conflictID(c.ID), c, func(p *printer) {
			p.line("%s %s resolved: %s", green.of("✓"), bold.of(conflictID(c.ID)), c.Choice)
		})
	})
	return cmd
}
