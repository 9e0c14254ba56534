package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/db"
)

// restored is what came of restoring a backup.
type restored struct {
	*db.Restored

	// Before is the file with what was there, or "".
	Before string `json:"before"`
	// DryRun says that nothing was changed.
	DryRun bool `json:"dry_run"`
}

// restoreFlags are how a backup is restored.
type restoreFlags struct {
	yes, dryRun, acceptUnsigned, noPrivileges bool
}

func newCmdDBRestore(f *Factory) *cobra.Command {
	var flags restoreFlags
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the database",
		Long: `Put a backup that "layercake db backup" wrote in the place of everything that is in
the database. It is first put beside that and checked: that this program knows
its schema, every hash chain, every signature. What commands read is compared
with the log and made anew where it differs. Then it takes the place at once;
until then others go on, and if anything goes wrong all stays as it is.

What was there before is kept in a backup of its own. Decisions that nobody
signed and that are not in the database now are taken over with
--accept-unsigned only, by a person who types that at a terminal. No agent can
restore. A backup is run as statements in the database: restore none that you do
not trust.`,
		Example: "  layercake db restore layercake.dump --dry-run",
		Args:    exactly("FILE"),
	}
	out := addOutput(cmd, f, restored{})
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "check it and say what would be done")
	cmd.Flags().BoolVar(&flags.acceptUnsigned, "accept-unsigned", false, "take over decisions that nobody signed")
	cmd.Flags().BoolVar(&flags.noPrivileges, "no-privileges", false, "leave out who else may read and write the tables")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		done, err := f.restore(cmd.Context(), args[0], flags)
		if err != nil {
			return err
		}
		if done.Leftover != "" {
			f.warn("what was there is still in the schema %s, because somebody reads it; remove it with `layercake db psql -- -c 'DROP SCHEMA %s CASCADE'`",
				done.Leftover, done.Leftover)
		}
		return out.show(done, done.show)
	}
	return cmd
}

func (f *Factory) restore(ctx context.Context, file string, flags restoreFlags) (*restored, error) {
	by := f.caller(ctx)
	if !by.Actor.IsPerson() && !flags.dryRun {
		return nil, fault.NotAllowed("person_required", "only a person can restore a backup: it may hold decisions; this is %s", by.Actor).
			WithHint("a person runs the same command in a terminal; --dry-run says what is in it")
	}
	if info, err := os.Stat(f.absolute(file)); err != nil || !info.Mode().IsRegular() {
		return nil, fault.NotFound("file_not_found", "there is no backup %s", file).WithHint("run `ls -l %s`", file)
	}
	t, err := f.databaseTarget(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := f.App(ctx); err != nil {
		return nil, err
	}
	if err := f.onlyOurs(ctx, t, f.absolute(file)); err != nil {
		return nil, err
	}
	done := &restored{DryRun: flags.dryRun}
	done.Restored, err = f.database.Restore(ctx, db.RestoreParams{
		DryRun: flags.dryRun,
		Stage:  func(ctx context.Context) error { return f.stageBackup(ctx, t, f.absolute(file), flags.noPrivileges) },
		Allow: func(r *db.Restored) (err error) {
			if err := f.allowRestore(ctx, by, r, flags); err != nil {
				return err
			}
			if len(r.Lost) > 0 {
				done.Before, err = f.backUpBefore(ctx, "restore")
			}
			return err
		},
	})
	return done, err
}

// allowRestore asks for what a person has to say yes to.
func (f *Factory) allowRestore(ctx context.Context, by core.Caller, r *db.Restored, flags restoreFlags) error {
	if r.Unsigned > 0 && !flags.acceptUnsigned {
		return fault.NotAllowed("unsigned_decisions", "the backup holds %d decisions that nobody signed and that are not in the database now: "+
			"whoever wrote the file may have made them up", r.Unsigned).
			WithHint("if you trust whoever gave it to you, add --accept-unsigned at a terminal; --dry-run says what is in it")
	}
	if r.Unsigned > 0 {
		if !f.IO.canAsk() || len(by.Presence.AgentSigns) > 0 {
			return fault.NotAllowed("terminal_required", "a person at a terminal says that the %d unsigned decisions are to be taken over", r.Unsigned).
				WithHint("run the same command in a terminal; --dry-run says what is in it")
		}
		if err := f.emit((&restored{Restored: r, DryRun: true}).show); err != nil {
			return err
		}
		word, err := f.ask(ctx, fmt.Sprintf(`Type "accept" to restore it with %s that nobody signed.`, count(r.Unsigned, "decision")))
		if err == nil && !workflow.ApprovalWord(word) {
			err = fault.New(fault.KindInterrupted, "declined", "nothing was changed").WithHint("run it again and type \"accept\" to do it")
		}
		return err
	}
	if flags.yes || len(r.Lost) == 0 {
		return nil
	}
	if f.IO.canAsk() {
		if err := f.emit((&restored{Restored: r, DryRun: true}).show); err != nil {
			return err
		}
	}
	return f.confirm(ctx, flags.yes, "Put the backup in the place of what is there?")
}

// contents lists what a backup holds, a line for each thing.
func (f *Factory) contents(ctx context.Context, t target, file string) ([]string, error) {
	client, err := f.client(ctx, t, programRestore, "--list", file)
	if err != nil {
		return nil, err
	}
	run := f.pgCommand(ctx, client)
	var list bytes.Buffer
	run.Stdout = &list
	if err := run.Run(); err != nil {
		if failed := run.failed(ctx, "the backup cannot be read", err); fault.CodeOf(failed) != "postgres_client_failed" {
			return nil, failed
		}
		return nil, fault.Usage("not_a_backup", "%s is not a backup of LayerCake's database: %s", file, lastError(run.said.String())).
			WithHint("a file that `layercake db backup` wrote is one")
	}
	var lines []string
	for line := range strings.Lines(list.String()) {
		if line = strings.TrimSpace(line); line != "" && line[0] != ';' {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// onlyOurs refuses a backup that holds anything but LayerCake's tables.
func (f *Factory) onlyOurs(ctx context.Context, t target, file string) error {
	lines, err := f.contents(ctx, t, file)
	if err != nil {
		return err
	}
	events := false
	for _, line := range lines {
		events = events || strings.Contains(line, " TABLE DATA "+db.Schema+" events ")
		named := line[:strings.LastIndexByte(line, ' ')+1] // without the owner, who may be called so
		if !strings.Contains(named, " "+db.Schema+" ") {
			return fault.Usage("not_a_backup", "%s is not a backup of LayerCake's database: it holds something else (%s)", file, line).
				WithHint("a file that `layercake db backup` wrote is one")
		}
	}
	if !events {
		return fault.Usage("not_a_backup", "%s is not a backup of LayerCake's database: it has no log", file).
			WithHint("a file that `layercake db backup` wrote is one")
	}
	return nil
}

// stageBackup puts a backup beside the tables in use: all of it, or nothing.
func (f *Factory) stageBackup(ctx context.Context, t target, file string, noPrivileges bool) error {
	args := []string{"--no-owner", "--file=-"}
	if noPrivileges {
		args = append(args, "--no-privileges")
	}
	reader, err := f.client(ctx, t, programRestore, append(args, file)...)
	if err != nil {
		return err
	}
	writer, err := f.client(ctx, t, programShell, "--no-psqlrc", "--quiet", "--no-password", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--file=-")
	if err != nil {
		return err
	}
	read, write := f.pgCommand(ctx, reader), f.pgCommand(ctx, writer)
	in, err := write.StdinPipe()
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	read.Stdout = in
	if err := write.Start(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	_, err = io.WriteString(in, db.StageBegin)
	if err == nil {
		err = read.Run()
	}
	if err == nil {
		// Without it the statements are never committed, whatever ends first.
		_, err = io.WriteString(in, db.StageEnd)
	}
	_ = in.Close() // the end of the statements
	if failed := write.Wait(); failed != nil {
		return write.failed(ctx, "the backup cannot be restored", failed)
	}
	if err != nil {
		return read.failed(ctx, "the backup cannot be read", err)
	}
	return nil
}

func (r *restored) show(p *printer) {
	verb := "restored"
	if r.DryRun {
		verb = "would be restored"
	}
	if len(r.Projects) == 0 {
		p.line("%s a database without projects %s", green.of("✓"), verb)
	}
	for i := range r.Projects {
		k := &r.Projects[i]
		name := k.Slug
		if name == "" {
			name = k.ID.String()
		}
		p.line("%s %s %s: %s, an unbroken chain", green.of("✓"), bold.of(name), verb, count(int(k.Events), "event"))
		if k.Repaired > 0 {
			p.line("  what commands read was not as its log says, and is made anew")
		}
	}
	for _, l := range r.Lost {
		p.line("%s %s that %s not in the backup: %s", yellow.of("!"), count(int(l.Events), "event"), isAre(int(l.Events)), l.ID)
	}
	if r.Unsigned > 0 {
		p.line("%s %s that nobody signed, and that %s not in the database now", red.of("!"), count(r.Unsigned, "decision"), isAre(r.Unsigned))
	}
	if r.Before != "" {
		p.line("What was there is in %s", r.Before)
	}
}
