package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/db"
)

// backup is a file that holds the database.
type backup struct {
	// File is where it is; "-" is the standard output.
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
	// Projects and Events are what was in the database when it began.
	Projects int   `json:"projects"`
	Events   int64 `json:"events"`
	// Artifacts is the folder of the evidence, which is not in it.
	Artifacts string `json:"artifacts"`
}

func newCmdDBBackup(f *Factory) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Write the whole database into a file",
		Long: `Write everything that LayerCake has in the database into a file, as it is at one
moment, while others go on working. It is a file of pg_dump in its custom format,
which "layercake db restore" takes back, and which pg_restore reads.

The index that code search uses is left out: it is made again from the files.
Evidence and documents are kept as files beside the database and are not in it:
copy their folder as well, which never changes a file.`,
		Example: "  layercake db backup\n  layercake db backup -o /mnt/backups/layercake.dump",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, backup{})
	cmd.Flags().StringVarP(&file, "output", "o", "", "the `FILE` to write, by default layercake-TIME.dump; - is the standard output")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if file == toStdout && out.structured() {
			return bothOnStdout("the backup")
		}
		if file == "" {
			file = "layercake-" + f.stamp() + ".dump"
		}
		done, err := f.backup(cmd.Context(), file)
		if err != nil || file == toStdout {
			return err
		}
		return out.written(done.File, done, func(p *printer) {
			p.line("%s %s: %s, %s, %s", green.of("✓"), done.File, count(done.Projects, "project"), count(int(done.Events), "event"), sizeOf(done.Bytes))
			p.line("Evidence is not in it; it is in %s", done.Artifacts)
		})
	}
	return cmd
}

// stamp is the time as part of a file's name.
func (f *Factory) stamp() string { return f.process.Now().UTC().Format("20060102-150405") }

func sizeOf(bytes int64) string {
	const kibi = 1 << 10
	if bytes < kibi*kibi {
		return fmt.Sprintf("%d KiB", (bytes+kibi-1)/kibi)
	}
	return fmt.Sprintf("%d MiB", bytes/(kibi*kibi))
}

// backup writes the database into a file.
func (f *Factory) backup(ctx context.Context, file string) (*backup, error) {
	t, err := f.databaseTarget(ctx)
	if err != nil {
		return nil, err
	}
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	streams, err := app.Log.Streams(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := f.dataDir()
	if err != nil {
		return nil, err
	}
	done := &backup{File: file, Artifacts: filepath.Join(dir, "artifacts")}
	for _, s := range streams {
		if s.Head.Version > 0 {
			done.Projects, done.Events = done.Projects+1, done.Events+s.Head.Version
		}
	}
	return done, f.writeFile(file, func(w io.Writer) error {
		counted := &counter{w: w}
		if err := f.dump(ctx, t, counted); err != nil {
			return err
		}
		done.Bytes = counted.n
		if fresh, ok := w.(*freshFile); ok {
			_, err := f.contents(ctx, t, fresh.Name()) // reads it as a restore does
			return err
		}
		return nil
	})
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// dump writes the database in pg_dump's custom format.
func (f *Factory) dump(ctx context.Context, t target, w io.Writer) error {
	// What is searched in can be made again from the files, and its vectors need a
	// pgvector that another server may not have.
	client, err := f.client(ctx, t, programDump, "--format=custom", "--schema="+db.Schema, "--no-password",
		"--exclude-table-data="+db.Schema+".search_*", "--exclude-table="+db.Schema+".search_vectors*")
	if err != nil {
		return err
	}
	run := f.pgCommand(ctx, client)
	run.Stdout = w
	if err := run.Run(); err != nil {
		return run.failed(ctx, "the backup failed", err)
	}
	return nil
}

// backUpBefore keeps what is in the database in a file of its own, and returns its
// name.
func (f *Factory) backUpBefore(ctx context.Context, what string) (string, error) {
	dir, err := f.dataDir()
	if err != nil {
		return "", err
	}
	const perm = 0o700
	file := filepath.Join(dir, "backups", "before-"+what+"-"+f.stamp()+".dump")
	if err := os.MkdirAll(filepath.Dir(file), perm); err != nil {
		return "", notWritten(file, err)
	}
	_, err = f.backup(ctx, file)
	return file, err
}
