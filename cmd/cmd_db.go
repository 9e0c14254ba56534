package cmd

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster"
)

func newCmdDB(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "db",
		Short:   "Look after the database",
		Long:    "Look after the database: the private one, or the one that the configuration names.",
		Example: "  layercake db status",
	}, newCmdDBStart(f), newCmdDBStop(f), newCmdDBStatus(f), newCmdDBPsql(f), newCmdDBMigrate(f),
		newCmdDBVerify(f), newCmdDBRebuild(f), newCmdDBBackup(f), newCmdDBRestore(f), newCmdDBSupervise(f))
}

func newCmdDBStart(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Start the private database",
		Long:    "Start the private database. Every command that needs it does so by itself.",
		Example: "  layercake db start",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, dbStatus{})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := f.privateOnly("start")
		if err != nil {
			return err
		}
		if _, err := cluster.Ensure(cmd.Context(), cfg); err != nil {
			return err
		}
		status, err := f.dbStatus(cmd.Context())
		if err != nil {
			return err
		}
		return out.show(status, status.print)
	}
	return cmd
}

func newCmdDBStop(f *Factory) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:     "stop",
		Short:   "Stop the private database",
		Long:    "Stop the private database. Clients are disconnected; everything acknowledged is kept.",
		Example: "  layercake db stop --dry-run\n  layercake db stop",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, dbStatus{})
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say who would be disconnected, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := f.privateOnly("stop")
		if err != nil {
			return err
		}
		if !dryRun {
			if err := cluster.Stop(cmd.Context(), cfg); err != nil {
				return err
			}
		}
		status, err := f.dbStatus(cmd.Context())
		if err != nil {
			return err
		}
		return out.show(status, func(p *printer) {
			switch {
			case !dryRun:
				p.line("the database is stopped")
			case status.State == string(cluster.StateRunning):
				p.line("the database would be stopped; %s now", count(status.Connections, "client"))
			default:
				p.line("nothing would be done; the database is %s", strings.ReplaceAll(status.State, "_", " "))
			}
		})
	}
	return cmd
}

// privateOnly returns the private cluster's configuration, and refuses when
// another database is in use.
func (f *Factory) privateOnly(verb string) (cluster.Config, error) {
	c, err := f.config()
	if err != nil {
		return cluster.Config{}, err
	}
	if c.DatabaseURL != "" {
		return cluster.Config{}, fault.Usage("not_private", "cannot %s the database that %s names; it is not ours", verb, c.origins[keyDatabaseURL]).
			WithHint("run `layercake db status`")
	}
	return f.clusterConfig()
}

func newCmdDBSupervise(f *Factory) *cobra.Command {
	return &cobra.Command{
		Use:    "supervise",
		Short:  "Run the private database; started by LayerCake itself",
		Hidden: true,
		Args:   exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, spawned, err := cluster.SupervisorConfig(f.env.lookup)
			if err != nil {
				return err
			}
			if !spawned {
				return fault.Usage("not_spawned", "this command is started by LayerCake itself").WithHint("run `layercake db start`")
			}
			return cluster.Supervise(cmd.Context(), cfg)
		},
	}
}

func newCmdDBPsql(f *Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "psql [-- ARGUMENT...]",
		Short: "Open psql on the database",
		Long:  "Open PostgreSQL's own shell on the database, or run it with the arguments after --.",
		Example: "  layercake db psql\n" +
			"  layercake db psql -- -c 'SELECT count(*) FROM layercake.events'",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			t, err := f.databaseTarget(ctx)
			if err != nil {
				return err
			}
			shell, err := f.client(ctx, t, programShell, args...)
			if err != nil {
				return err
			}
			// psql handles an interrupt itself.
			run := exec.CommandContext(context.WithoutCancel(ctx), shell.Path, shell.Args...)
			run.Stdin, run.Stdout, run.Stderr = f.IO.In, f.IO.Out, f.IO.Err
			run.Env = append(append([]string{}, f.env.list...), shell.Env...)
			err = run.Run()
			if ended, ok := errors.AsType[*exec.ExitError](err); ok {
				return exitError(max(1, ended.ExitCode()))
			}
			return err
		},
	}
}

// migration says what a migration did or would do.
type migration struct {
	Schema   int  `json:"schema"`
	Pending  bool `json:"pending"`
	Migrated bool `json:"migrated"`
	// VectorsMissing is why code is not found by its meaning, or "".
	VectorsMissing string `json:"vectors_missing"`
}

func newCmdDBMigrate(f *Factory) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Long: `Bring the database's schema up to date. The private database does so by itself;
a shared one is changed by this command only. Where pgvector is installed, it also
makes the tables that finding code by its meaning needs.`,
		Example: "  layercake db migrate --dry-run\n  layercake db migrate",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, migration{})
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		m, err := f.migrate(cmd.Context(), dryRun)
		if err != nil {
			return err
		}
		return out.show(m, func(p *printer) {
			switch {
			case m.Migrated:
				p.line("%s the schema is now version %d", green.of("✓"), m.Schema)
			case m.Pending:
				p.line("the schema would become version %d", m.Schema)
			default:
				p.line("%s the schema is up to date (version %d)", green.of("✓"), m.Schema)
			}
			if m.VectorsMissing != "" {
				p.line("%s code is not found by its meaning: %s", yellow.of("!"), m.VectorsMissing)
			}
		})
	}
	return cmd
}

func (f *Factory) migrate(ctx context.Context, dryRun bool) (*migration, error) {
	t, err := f.databaseTarget(ctx)
	if err != nil {
		return nil, err
	}
	schema, err := db.SchemaVersion()
	if err != nil {
		return nil, err
	}
	m := &migration{Schema: schema}
	t.private = false // so that looking does not migrate
	_, err = f.open(ctx, t)
	if err == nil && !dryRun {
		return m, f.prepareVectors(ctx, m)
	}
	if code := fault.CodeOf(err); code != "schema_missing" && code != "schema_older" {
		return m, err
	}
	m.Pending = true
	if dryRun {
		return m, nil
	}
	t.private = true
	if _, err := f.open(ctx, t); err != nil {
		return nil, err
	}
	m.Pending, m.Migrated = false, true
	return m, f.prepareVectors(ctx, m)
}

// prepareVectors makes the tables that need pgvector, which a database may get at
// any time: they are no part of the schema's version.
func (f *Factory) prepareVectors(ctx context.Context, m *migration) error {
	var err error
	m.VectorsMissing, err = f.database.Search().PrepareVectors(ctx)
	return err
}
