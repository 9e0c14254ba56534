package cmd

import (
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
	Database  string   `json:"database"`
	Version   string   `json:"version"`
	Schema    int      `json:"schema"`
}

func newCmdSetup(f *Factory) *cobra.Command {
	var yes, installOnly bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Install what is missing and start the database",
		Long: `Install what is missing (PostgreSQL with pgvector), start the private database
and bring its schema up to date. What is there already is left as it is, so it
can be run again at any time. With a database URL configured nothing is
installed, and its schema is only looked at.`,
		Example: "  layercake setup\n  layercake setup --yes\n  layercake setup --install-only --yes",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, setupResult{})
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "install without asking")
	cmd.Flags().BoolVar(&installOnly, "install-only", false, "install, and leave the database alone")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
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

// install installs what the private database needs, and says what that was.
func (f *Factory) install(ctx context.Context, yes bool) ([]string, error) {
	cfg, err := f.clusterConfig()
	if err != nil {
		return nil, err
	}
	needs, err := cluster.Missing(ctx, cfg)
	if err != nil {
		return nil, err
	}
	installed := []string{}
	for _, need := range needs {
		installed = append(installed, string(need))
	}
	if len(needs) == 0 {
		return installed, nil
	}
	if !yes && !f.IO.canAsk() {
		return nil, fault.Usage("confirmation_required", "%s would be installed, and there is no terminal to ask at", strings.Join(installed, ", ")).
			WithHint("run `layercake setup --yes`")
	}
	err = cluster.Install(ctx, cfg, cluster.InstallOptions{Yes: yes, Out: f.IO.Err, In: f.IO.In, IsTTY: f.IO.canAsk()})
	return installed, err
}
