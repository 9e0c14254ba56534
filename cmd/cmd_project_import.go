package cmd

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// imported is what came of importing.
type imported struct {
	*core.Imported

	// DryRun says that nothing was changed.
	DryRun bool `json:"dry_run"`
	// Adopted is the folder whose project has its home in this database now.
	Adopted string `json:"adopted"`
}

func newCmdProjectImport(f *Factory) *cobra.Command {
	var opts core.ImportOptions
	var signers string
	var adopt bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take a project over from a file",
		Long: `Take a project over from a file that "layercake project export" wrote; - reads the
standard input. All of it is checked before anything is written: that the file is
whole, the hash chain, every signature, and that this program knows every event.
It is taken over whole or not at all, with the same ids and hashes.

If the project is here already with a beginning of that log, --update takes over
the rest. A different log is a conflict and is refused.

Decisions that nobody signed could have been written by whoever made the file.
They are taken over with --accept-unsigned only, by a person who types that at a
terminal. --signers names a file of keys, as "audit verify" reads it; the log may
know no others. --dry-run says all this and changes nothing. No agent can import.

--adopt makes this database the home of the project in this folder, as after
cloning its repository on another machine.`,
		Example: "  layercake project import shop.jsonl --dry-run\n  layercake project import shop.jsonl --adopt",
		Args:    exactly("FILE"),
	}
	out := addOutput(cmd, f, imported{})
	flags := cmd.Flags()
	flags.BoolVar(&opts.Update, "update", false, "continue the log that is here")
	flags.BoolVar(&opts.AcceptUnsigned, "accept-unsigned", false, "take over decisions that nobody signed")
	flags.StringVar(&signers, "signers", "", "the `FILE` with the keys that may have signed")
	flags.BoolVar(&adopt, "adopt", false, "make this database the home of the project in this folder")
	flags.BoolVar(&opts.DryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var err error
		if opts.Signers, err = f.readSigners(signers); err != nil {
			return err
		}
		file, err := f.seekable(args[0])
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // read only
		done, err := f.importProject(cmd.Context(), file, opts, adopt)
		if err != nil {
			return err
		}
		if opts.DryRun {
			return out.show(done, done.show)
		}
		return out.written(done.Slug, done, done.show)
	}
	return cmd
}

func (f *Factory) importProject(ctx context.Context, file io.ReadSeeker, opts core.ImportOptions, adopt bool) (*imported, error) {
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	by := f.caller(ctx)
	done := &imported{DryRun: opts.DryRun}
	if opts.DryRun { // which anybody may
		done.Imported, err = app.Projects.Inspect(ctx, file, opts)
		return done, err
	}
	if opts.AcceptUnsigned && f.IO.canAsk() && by.Actor.IsPerson() {
		look, err := app.Projects.Inspect(ctx, file, opts)
		if err != nil {
			return nil, err
		}
		if len(look.Unsigned) > 0 {
			if err := f.emit((&imported{Imported: look, DryRun: true}).show); err != nil {
				return nil, err
			}
			question := fmt.Sprintf(`Type "accept" to take over %s that nobody signed.`, count(len(look.Unsigned), "decision"))
			if by.Presence.Word, err = f.ask(ctx, question); err != nil {
				return nil, err
			}
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read the file again: %w", err)
		}
	}
	if done.Imported, err = app.Projects.Import(ctx, by, file, opts); err != nil {
		return nil, err
	}
	here, err := f.place()
	if err != nil {
		return done, err
	}
	database, err := app.DatabaseID(ctx)
	if err != nil || here.root == "" || here.project.ID != done.Project || here.project.Database == database {
		return done, err
	}
	if !adopt {
		f.warn("the project in this folder still has its home in another database; --adopt changes that")
		return done, nil
	}
	changed := here.project
	changed.Database = database
	done.Adopted = here.root
	return done, writeProjectFile(here.root, changed)
}

// seekable opens a file that is read more than once; the standard input is kept in
// a temporary file meanwhile.
func (f *Factory) seekable(name string) (*os.File, error) {
	if name != toStdout {
		if info, err := os.Stat(f.absolute(name)); err == nil && !info.Mode().IsRegular() {
			// Opening a pipe would wait for who writes to it.
			return nil, fault.Usage("not_a_file", "%s is no regular file", name).WithHint("write it to the standard input, and name it -")
		}
		file, err := f.input(name)
		if err != nil {
			return nil, err
		}
		if seekable, ok := file.(*os.File); ok {
			return seekable, nil
		}
		return nil, fmt.Errorf("%s is no file", name)
	}
	tmp, err := os.CreateTemp("", "layercake-import-")
	if err != nil {
		return nil, fmt.Errorf("keep the standard input: %w", err)
	}
	_ = os.Remove(tmp.Name()) // it is gone when it is closed
	if _, err := io.Copy(tmp, f.IO.In); err != nil {
		_ = tmp.Close() // it is gone
		return nil, fmt.Errorf("keep the standard input: %w", err)
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		_ = tmp.Close() // it is gone
		return nil, fmt.Errorf("keep the standard input: %w", err)
	}
	return tmp, nil
}

func (in *imported) show(p *printer) {
	what := map[string]string{
		core.ImportedNew: "imported", core.ImportedMore: "continued", core.ImportedNothing: "is here already, nothing was to be done",
	}[in.Outcome]
	if in.DryRun && in.Outcome != core.ImportedNothing {
		what = "would be " + what
	}
	p.line("%s %s (%s) %s", green.of("✓"), bold.of(in.Slug), in.Name, what)
	p.field("events", fmt.Sprintf("%d, of which %d are new", in.Events, in.Added))
	p.field("head", in.Head)
	p.field("level", in.Level)
	if in.Signed > 0 {
		p.field("signatures that hold", in.Signed)
	}
	for i := range in.Signers {
		p.line("  %s %s", in.Signers[i].Fingerprint, in.Signers[i].Name)
	}
	if len(in.Signers) > 0 {
		p.line("  Compare these keys with those you know: whoever made the file could have made them up.")
	}
	if len(in.Unsigned) > 0 {
		p.line("%s %s that nobody signed: events %s", red.of("!"), count(len(in.Unsigned), "decision"), joinNumbers(in.Unsigned))
	}
	if in.Artifacts > 0 {
		p.field("evidence", count(in.Artifacts, "piece"))
	}
	if len(in.Missing) > 0 {
		p.line("%s %s of evidence or documents %s neither in the file nor here: proofs that rest on them cannot be verified",
			yellow.of("warning:"), count(len(in.Missing), "piece"), isAre(len(in.Missing)))
	}
	if in.Adopted != "" {
		p.line("this database is the home of the project in %s now", in.Adopted)
	}
}
