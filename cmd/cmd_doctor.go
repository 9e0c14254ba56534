package cmd

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/db/cluster"
)

// The outcomes of a check.
const (
	checkOK      = "ok"
	checkWarning = "warning"
	checkFail    = "fail"
	checkSkipped = "skipped"
)

// diagnosis is what one check found.
type diagnosis struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

// doctorTimeout bounds each check.
const doctorTimeout = 10 * time.Second

func newCmdDoctor(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything LayerCake needs is there",
		Long: `Check that everything LayerCake needs is there. Nothing is changed or started,
and it works with the database down. Exit code 1 if a check fails.`,
		Example: "  layercake doctor\n  layercake doctor --jq '.data[] | select(.status != \"ok\")'",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, diagnosis{})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		found := []diagnosis{}
		bad := false
		for _, check := range f.checks() {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTimeout)
			d := check.run(ctx)
			cancel()
			d.Name = check.name
			bad = bad || d.Status == checkFail
			found = append(found, d)
		}
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		if err := out.show(found, func(p *printer) { printDiagnoses(p, found) }); err != nil || !bad {
			return err
		}
		return exitError(1)
	}
	return cmd
}

func printDiagnoses(p *printer, found []diagnosis) {
	marks := map[string]styled{
		checkOK: green.of("✓"), checkWarning: yellow.of("!"), checkFail: red.of("✗"), checkSkipped: dim.of("-"),
	}
	const nameWidth = 12
	for _, d := range found {
		p.line("%s %-*s %-8s %s", marks[d.Status], nameWidth, d.Name, d.Status, d.Message)
		if d.Fix != "" {
			p.line("    %s %s", cyan.of("fix:"), d.Fix)
		}
	}
}

type check struct {
	name string
	run  func(ctx context.Context) diagnosis
}

// checks lists what is checked, in the order in which things depend on each
// other.
func (f *Factory) checks() []check {
	return []check{
		{"version", f.checkVersion},
		{"git", f.checkGit},
		{"config", f.checkConfig},
		{"postgres", f.checkPostgres},
		{"database", f.checkDatabase},
		{"schema", f.checkSchema},
		{"log", f.checkLog},
		{"project", f.checkProject},
		{"workflow", f.checkWorkflow},
		{"repository", f.checkRepository},
		{"search", f.checkSearch},
		{"agent", f.checkAgent},
	}
}

func good(format string, args ...any) diagnosis {
	return diagnosis{Status: checkOK, Message: fmt.Sprintf(format, args...)}
}

func skipped(why string) diagnosis { return diagnosis{Status: checkSkipped, Message: why} }

// failed describes an error as a finding.
func failed(err error) diagnosis {
	e := known(err)
	return diagnosis{Status: checkFail, Message: e.Error(), Fix: e.Hint}
}

func (f *Factory) checkVersion(context.Context) diagnosis {
	v, err := f.versionInfo()
	if err != nil {
		return failed(err)
	}
	return good("layercake %s on %s, knows schema %d", v.Version, v.Platform, v.Schema)
}

func (*Factory) checkGit(ctx context.Context) diagnosis {
	out, err := exec.CommandContext(ctx, "git", "--version").Output()
	if err != nil {
		return diagnosis{Status: checkFail, Message: "git does not run: " + err.Error(), Fix: "install git"}
	}
	return good("%s", strings.TrimSpace(string(out)))
}

func (f *Factory) checkConfig(context.Context) diagnosis {
	if _, err := f.config(); err != nil {
		return failed(err)
	}
	return good("read from %s", f.userConfigPath())
}

func (f *Factory) checkPostgres(ctx context.Context) diagnosis {
	c, err := f.config()
	if err != nil {
		return skipped("the configuration cannot be read")
	}
	if c.DatabaseURL != "" {
		return skipped("a database is configured, so none is needed here")
	}
	cfg, err := f.clusterConfig()
	if err != nil {
		return failed(err)
	}
	needs, err := cluster.Missing(ctx, cfg)
	if err != nil {
		return failed(err)
	}
	if slices.Contains(needs, cluster.NeedServer) {
		return diagnosis{Status: checkFail, Message: "PostgreSQL is not installed", Fix: "run `layercake setup`"}
	}
	if len(needs) > 0 {
		return diagnosis{Status: checkWarning, Message: "pgvector is not installed; search needs it", Fix: "run `layercake setup`"}
	}
	return good("PostgreSQL and pgvector are installed")
}

func (f *Factory) checkDatabase(ctx context.Context) diagnosis {
	status, err := f.dbStatus(ctx)
	if err != nil {
		return failed(err)
	}
	switch cluster.State(status.State) {
	case cluster.StateRunning:
		return good("%s database, running", status.Kind)
	case cluster.StateStopped:
		return good("private database, stopped; it starts when it is needed")
	case cluster.StateNotInitialised:
		return diagnosis{Status: checkWarning, Message: "the private database does not exist yet", Fix: "run `layercake setup`"}
	case cluster.StateBroken:
	}
	return diagnosis{Status: checkFail, Message: status.Problem, Fix: "run `layercake db status`"}
}

// running reports whether the database can be asked without starting it.
func (f *Factory) running(ctx context.Context) bool {
	status, err := f.dbStatus(ctx)
	return err == nil && status.State == string(cluster.StateRunning)
}

func (f *Factory) checkSchema(ctx context.Context) diagnosis {
	if !f.running(ctx) {
		return skipped("the database does not run")
	}
	if f.app == nil {
		t, err := f.databaseTarget(ctx)
		if err != nil {
			return failed(err)
		}
		t.private = false // looking changes nothing
		if _, err := f.open(ctx, t); err != nil {
			return failed(err)
		}
	}
	id, err := f.app.DatabaseID(ctx)
	if err != nil {
		return failed(err)
	}
	return good("up to date; database %s", id)
}

// checkLog says how well the log is guarded against those who may log in.
func (f *Factory) checkLog(ctx context.Context) diagnosis {
	if f.database == nil {
		return skipped("the database does not run")
	}
	owner, err := f.database.OwnsLog(ctx)
	if err != nil {
		return failed(err)
	}
	if owner {
		return good("append-only, guarded by triggers only: this role owns the tables and could switch them off")
	}
	return good("append-only, guarded by triggers and by rights")
}

func (f *Factory) checkProject(ctx context.Context) diagnosis {
	here, err := f.place()
	if err != nil {
		return failed(err)
	}
	if here.root == "" {
		return skipped("this folder is not in a project")
	}
	if f.app == nil {
		return skipped("the database cannot be asked")
	}
	s, err := f.session(ctx)
	if err != nil {
		return failed(err)
	}
	p, err := s.project(ctx)
	if err != nil {
		return failed(err)
	}
	return good("%s in %s", p.Slug, here.root)
}

func (f *Factory) checkWorkflow(ctx context.Context) diagnosis {
	here, err := f.place()
	if err != nil || here.root == "" || f.app == nil {
		return skipped("there is no project to look at")
	}
	s, err := f.session(ctx)
	if err != nil {
		return skipped("there is no project to look at")
	}
	proposal, err := s.Workflows.Review(ctx, s.at)
	if err != nil {
		return failed(err)
	}
	if len(proposal.Changes) > 0 {
		return diagnosis{
			Status: checkWarning, Message: fmt.Sprintf("%s proposes %d changes that nobody accepted", proposal.File, len(proposal.Changes)),
			Fix: "a person runs `layercake trust`",
		}
	}
	return good("the workflow in force is the one in the repository")
}

func (f *Factory) checkAgent(ctx context.Context) diagnosis {
	by := f.caller(ctx)
	if len(by.Presence.AgentSigns) > 0 {
		return good("commands here are those of %s, on behalf of %s (%s)", by.Actor, by.Actor.OnBehalfOf, strings.Join(by.Presence.AgentSigns, ", "))
	}
	return good("commands here are those of %s", by.Actor)
}
