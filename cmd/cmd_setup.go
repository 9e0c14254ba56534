package cmd

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster"
)

// setupResult says what is there after a setup.
type setupResult struct {
	Installed []string `json:"installed"`
	DryRun    bool     `json:"dry_run"`
	Database  string   `json:"database"`
	Version   string   `json:"version"`
	Schema    int      `json:"schema"`
}

func newCmdSetup(f *Factory) *cobra.Command {
	var yes, installOnly, dryRun bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Install what is missing and start the database",
		Long: `Install what is missing (PostgreSQL with pgvector), start the private database
and bring its schema up to date. What is there already is left as it is, so it
can be run again at any time. With a database URL configured nothing is
installed, and its schema is only looked at.`,
		Example: "  layercake setup --dry-run\n  layercake setup\n  layercake setup --yes\n  layercake setup --install-only --yes",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, setupResult{})
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "install without asking")
	cmd.Flags().BoolVar(&installOnly, "install-only", false, "install, and leave the database alone")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if dryRun {
			result, err := f.foretellSetup(cmd.Context(), installOnly)
			if err != nil {
				return err
			}
			return out.show(result, func(p *printer) {
				p.line("would be installed: %s", cmp.Or(strings.Join(result.Installed, ", "), "nothing"))
				p.field("database", result.Database)
			})
		}
		result, err := f.setup(cmd.Context(), yes, installOnly)
		if err != nil {
			return err
		}
		return out.show(result, func(p *printer) {
			if len(result.Installed) > 0 {
				p.line("%s installed: %s", green.of("✓"), strings.Join(result.Installed, ", "))
			} else {
				p.line("%s nothing to install", green.of("✓"))
			}
			if result.Database != "" {
				p.line("%s %s, schema %d", green.of("✓"), result.Database, result.Schema)
				p.line("Next: `layercake init` in a git repository")
			}
		})
	}
	return cmd
}

func (f *Factory) setup(ctx context.Context, yes, installOnly bool) (*setupResult, error) {
	c, err := f.config()
	if err != nil {
		return nil, err
	}
	result := &setupResult{Installed: []string{}}
	if c.DatabaseURL == "" {
		if result.Installed, err = f.install(ctx, yes); err != nil {
			return nil, err
		}
	}
	if installOnly {
		return result, nil
	}
	t, err := f.databaseTarget(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := f.open(ctx, t); err != nil {
		return nil, err
	}
	if result.Schema, err = db.SchemaVersion(); err != nil {
		return nil, err
	}
	result.Database = "the configured database answers"
	if t.private {
		result.Database, result.Version = "PostgreSQL "+t.info.Version+" runs", t.info.Version
	}
	return result, nil
}

// foretellSetup says what a setup would do.
func (f *Factory) foretellSetup(ctx context.Context, installOnly bool) (*setupResult, error) {
	c, err := f.config()
	if err != nil {
		return nil, err
	}
	result := &setupResult{Installed: []string{}, DryRun: true}
	if c.DatabaseURL == "" {
		if result.Installed, err = f.missing(ctx); err != nil {
			return nil, err
		}
	}
	if installOnly {
		return result, nil
	}
	status, err := f.dbStatus(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case status.Kind != "private":
		result.Database = "the configured one; it would only be looked at"
	case status.State == string(cluster.StateRunning):
		result.Database = "runs already; its schema would be brought up to date"
	default:
		result.Database = "would be started, and its schema brought up to date"
	}
	result.Schema, err = db.SchemaVersion()
	return result, err
}

// missing names what the private database needs and is not installed.
func (f *Factory) missing(ctx context.Context) ([]string, error) {
	cfg, err := f.clusterConfig()
	if err != nil {
		return nil, err
	}
	needs, err := cluster.Missing(ctx, cfg)
	return words(needs), err
}

// install installs what the private database needs, and says what that was.
func (f *Factory) install(ctx context.Context, yes bool) ([]string, error) {
	cfg, err := f.clusterConfig()
	if err != nil {
		return nil, err
	}
	installed, err := f.missing(ctx)
	if err != nil || len(installed) == 0 {
		return installed, err
	}
	if !yes && !f.IO.canAsk() {
		return nil, fault.Usage("confirmation_required", "%s would be installed, and there is no terminal to ask at", strings.Join(installed, ", ")).
			WithHint("run `layercake setup --yes`")
	}
	err = cluster.Install(ctx, cfg, cluster.InstallOptions{Yes: yes, Out: f.IO.Err, In: f.IO.In, IsTTY: f.IO.canAsk()})
	return installed, err
}
