package cluster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// InstallOptions say how [Install] talks to whom.
type InstallOptions struct {
	// Yes installs without asking.
	Yes bool
	// Out receives the plan and the progress. Required.
	Out io.Writer
	// In answers the question, and sudo's. Only read when IsTTY.
	In io.Reader
	// IsTTY tells that a person sits at In and Out. Without one nothing is
	// asked, and sudo must not need a password.
	IsTTY bool
}

// Need is a thing that is missing on this machine.
type Need string

// The needs.
const (
	NeedServer Need = "server"   // PostgreSQL of at least MinMajor
	NeedVector Need = "pgvector" // pgvector of at least MinVector for that server
)

// Missing lists what [Install] would install; it is empty when nothing is
// missing. It takes some milliseconds.
func Missing(ctx context.Context, cfg Config) ([]Need, error) {
	needs, _, err := missing(ctx, cfg)
	return needs, err
}

// missing also returns the server that pgvector is missing for.
func missing(ctx context.Context, cfg Config) ([]Need, Binaries, error) {
	c, err := cfg.withDefaults()
	if err != nil {
		return nil, Binaries{}, err
	}
	found, err := c.chooseBinaries(ctx)
	switch {
	case hasCode(err, CodePostgresNotFound) && c.BinDir == "":
		return []Need{NeedServer, NeedVector}, found, nil
	case err != nil:
		return nil, found, err
	case !found.HasVector():
		return []Need{NeedVector}, found, nil
	default:
		return nil, found, nil
	}
}

// Install installs what is missing with the system's package manager: apt,
// dnf, apk or brew. Where there is a server but no package of pgvector for it,
// pgvector is built from Debian's source package of the next release. It says
// what it is going to do, asks if there is somebody to ask, and does it. When
// nothing is missing it returns at once.
//
// On Debian and Ubuntu the server package would create and start a cluster of
// its own. A file in /etc/postgresql-common/createcluster.d that says not to is
// there during the installation, and is removed afterwards; no existing file
// is changed.
func Install(ctx context.Context, cfg Config, opts InstallOptions) error {
	return install(ctx, cfg, opts, newSystem(os.Geteuid(), opts))
}

func install(ctx context.Context, cfg Config, opts InstallOptions, sys *system) error {
	if err := checkPlatform(); err != nil {
		return err
	}
	needs, target, err := missing(ctx, cfg)
	if err != nil || len(needs) == 0 {
		return err
	}
	plan, err := sys.plan(ctx, needs, target)
	if err != nil {
		return err
	}
	if err := plan.show(opts.Out); err != nil {
		return err
	}
	if opts.IsTTY && !opts.Yes {
		if err := confirm(opts); err != nil {
			return err
		}
	}
	if err := sys.mayBeRoot(ctx, plan); err != nil {
		return err
	}
	if err := plan.run(ctx, sys, opts.Out); err != nil {
		return err
	}
	needs, _, err = missing(ctx, cfg)
	if err != nil {
		return err
	}
	if len(needs) > 0 {
		return failure(CodeInstallFailed, manualHint,
			"everything was installed, and still missing: %s", joinNeeds(needs))
	}
	return nil
}

const manualHint = "install PostgreSQL >= 15 and pgvector >= " + MinVector + " by hand, or set " + envURL + " to a server that has both"

func joinNeeds(needs []Need) string {
	names := make([]string, len(needs))
	for i, need := range needs {
		names[i] = string(need)
	}
	return strings.Join(names, ", ")
}

func confirm(opts InstallOptions) error {
	if _, err := fmt.Fprint(opts.Out, "Go ahead? [Y/n] "); err != nil {
		return because(err, CodeInstallDeclined, "", "cannot ask")
	}
	line, err := bufio.NewReader(opts.In).ReadString('\n')
	if err != nil && line == "" {
		return because(err, CodeInstallDeclined, "add --yes to install without a question", "no answer")
	}
	if answers := []string{"", "y", "yes"}; !slices.Contains(answers, strings.ToLower(strings.TrimSpace(line))) {
		return failure(CodeInstallDeclined, "set "+envURL+" to a server that you have", "nothing was installed")
	}
	return nil
}

// installPlan is what will be done, in order.
type installPlan struct {
	steps []installStep
	// undo runs at the end, whatever happened.
	undo []installStep
}

// installStep is one command.
type installStep struct {
	what string   // for the person, such as "install postgresql-15"
	argv []string // run when do is nil
	dir  string   // where it runs; empty: here
	root bool     // the command needs root's rights
	// repair is run before a second try, when the first one failed.
	repair []string
	// do replaces argv where a step needs more than one command.
	do func(ctx context.Context, sys *system) error
}

func (p installPlan) show(out io.Writer) error {
	text := &strings.Builder{}
	text.WriteString("To be done:\n")
	for _, step := range p.steps {
		fmt.Fprintf(text, "  - %s\n", step.what)
		if step.do == nil {
			fmt.Fprintf(text, "      %s\n", commandLine(step.argv))
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (p installPlan) run(ctx context.Context, sys *system, out io.Writer) (err error) {
	defer func() {
		for _, step := range p.undo {
			// Also after an interruption.
			if undoErr := sys.runStep(context.WithoutCancel(ctx), step); undoErr != nil && err == nil {
				err = undoErr
			}
		}
	}()
	for _, step := range p.steps {
		began := sys.now()
		if _, err := fmt.Fprintf(out, "%s ...", step.what); err != nil {
			return fmt.Errorf("say what is being done: %w", err)
		}
		if err := sys.runStep(ctx, step); err != nil {
			_, _ = fmt.Fprintln(out, " failed") // the error says more
			return err
		}
		if _, err := fmt.Fprintf(out, " done (%.0f s)\n", sys.now().Sub(began).Seconds()); err != nil {
			return fmt.Errorf("say what was done: %w", err)
		}
	}
	return nil
}

// commandLine is argv as a person would type it.
func commandLine(argv []string) string {
	words := make([]string, len(argv))
	for i, word := range argv {
		if strings.ContainsAny(word, " '\"$&|;<>*?()[]{}") {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words[i] = word
	}
	return strings.Join(words, " ")
}
