package cmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// exported says what was written where.
type exported struct {
	*core.Exported

	// File is where it is; "-" is the standard output.
	File string `json:"file"`
}

func newCmdProjectExport(f *Factory) *cobra.Command {
	var file string
	var opts core.ExportOptions
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write a project with its whole log into a file",
		Long: `Write a project with its whole log into a file, from which "layercake project
import" takes it over into another database: JSON lines, one for each event, with
payloads to the byte and the hash chain. The first and the last line say where
the log ends. The same log gives the same file.

Evidence and documents are kept beside the database; --artifacts puts them into
the file as well, and without them nothing can be proved again elsewhere. The
files of the repository, configuration and keys of signers are not in it.`,
		Example: "  layercake project export\n  layercake project export --artifacts -o shop.jsonl",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, exported{})
	cmd.Flags().StringVarP(&file, "output", "o", "", "the `FILE` to write, by default SLUG.jsonl; - is the standard output")
	cmd.Flags().BoolVar(&opts.Artifacts, "artifacts", false, "with evidence and documents")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if file == toStdout && out.structured() {
			return bothOnStdout("the project")
		}
		if file == "" {
			file = s.slug + ".jsonl"
		}
		done := exported{File: file}
		err := f.writeFile(file, func(w io.Writer) (err error) {
			done.Exported, err = s.Projects.Export(ctx, s.at.Project, w, opts)
			return err
		})
		if err != nil {
			return err
		}
		if len(done.LeftOut) > 0 {
			f.warn("%s of evidence or documents %s not in the file: add --artifacts, or nothing can be proved again where it is imported",
				count(len(done.LeftOut), "piece"), isAre(len(done.LeftOut)))
		}
		if len(done.Missing) > 0 {
			f.warn("%s of evidence or documents %s not to be found here either", count(len(done.Missing), "piece"), isAre(len(done.Missing)))
		}
		if file == toStdout {
			return nil
		}
		return out.written(file, done, func(p *printer) {
			p.line("%s %s: %s, %s", green.of("✓"), file, count(int(done.Events), "event"), count(len(done.Artifacts), "artifact"))
			p.field("head", done.Head)
		})
	})
	return cmd
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// writeFile writes a new file, whole or not at all, or the standard output.
func (f *Factory) writeFile(file string, write func(w io.Writer) error) error {
	if file == toStdout {
		return write(f.out())
	}
	path := f.absolute(file)
	if exists(path) {
		return fault.Conflict("file_exists", "%s exists and is not written over", file).WithHint("name another file with -o; `ls -l %s`", file)
	}
	const perm = 0o600 // it holds everything that is known of a project
	w, err := newFile(path, perm)
	if err != nil {
		return notWritten(file, err)
	}
	if err := write(w); err != nil {
		w.abandon()
		return err
	}
	if err := w.keep(); err != nil {
		return notWritten(file, err)
	}
	return nil
}
