package cluster

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// system is the machine as [Install] sees it; tests bring their own.
type system struct {
	euid  int
	isTTY bool
	in    io.Reader
	// root is where files of the system are read: "/".
	root     string
	lookPath func(name string) (string, error)
	// exec runs a command in dir and returns what it printed.
	exec func(ctx context.Context, dir string, argv []string, stdin io.Reader) (string, error)
	now  func() time.Time
}

func newSystem(euid int, opts InstallOptions) *system {
	return &system{
		euid: euid, isTTY: opts.IsTTY, in: opts.In, root: "/", lookPath: exec.LookPath, now: time.Now,
		exec: func(ctx context.Context, dir string, argv []string, stdin io.Reader) (string, error) {
			var output bytes.Buffer
			cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
			cmd.Dir = dir
			cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &output, &output
			cmd.Env = append(os.Environ(), "LC_ALL=C") // the output is read
			err := cmd.Run()
			return output.String(), err
		},
	}
}

func (s *system) has(program string) bool {
	_, err := s.lookPath(program)
	return err == nil
}

func (s *system) readFile(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.root, path))
}

// ask runs a command that changes nothing, and returns what it printed.
func (s *system) ask(ctx context.Context, argv ...string) (string, error) {
	return s.exec(ctx, "", argv, nil)
}

// asRoot is argv with sudo in front if that is needed.
func (s *system) asRoot(argv []string) []string {
	if s.euid == 0 {
		return argv
	}
	sudo := []string{"sudo"}
	if !s.isTTY {
		sudo = append(sudo, "-n")
	}
	return append(sudo, argv...)
}

// mayBeRoot checks that steps that need root's rights can have them, before
// anything is done.
func (s *system) mayBeRoot(ctx context.Context, plan installPlan) error {
	if s.euid == 0 {
		return nil
	}
	needed := false
	var commands []string
	for _, step := range plan.steps {
		needed = needed || step.root
		if step.root && step.do == nil {
			commands = append(commands, commandLine(step.argv))
		}
	}
	if !needed {
		return nil
	}
	hint := "run 'layercake setup' as root"
	if len(commands) > 0 {
		hint += ", or this and then 'layercake setup' again: " + strings.Join(commands, " && ")
	}
	if !s.has("sudo") {
		return failure(CodeInstallFailed, hint, "installing packages needs root, and there is no sudo")
	}
	if s.isTTY {
		return nil // sudo asks for the password when its turn comes
	}
	if out, err := s.ask(ctx, "sudo", "-n", "true"); err != nil {
		return because(err, CodeInstallFailed, hint, "installing packages needs root, and sudo wants a password: %s", lastLines(out, 1))
	}
	return nil
}

// runStep runs a step; when it fails and there is something that may repair
// it, it is tried once more after that.
func (s *system) runStep(ctx context.Context, step installStep) error {
	if step.do != nil {
		return step.do(ctx, s)
	}
	err := s.run(ctx, step)
	if err == nil || step.repair == nil || ctx.Err() != nil {
		return err
	}
	repair := installStep{what: step.what, argv: step.repair, root: step.root}
	if err := s.run(ctx, repair); err != nil {
		return err
	}
	return s.run(ctx, step)
}

// run runs one command.
func (s *system) run(ctx context.Context, step installStep) error {
	argv := step.argv
	var stdin io.Reader
	if step.root {
		argv = s.asRoot(argv)
		if s.isTTY && s.euid != 0 {
			stdin = s.in
		}
	}
	out, err := s.exec(ctx, step.dir, argv, stdin)
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	if err != nil {
		return because(err, CodeInstallFailed, "run it by hand: "+commandLine(argv),
			"cannot %s: %s", step.what, lastLines(out, tailLines))
	}
	return nil
}

// plan asks the package manager that is there.
func (s *system) plan(ctx context.Context, needs []Need, target Binaries) (installPlan, error) {
	switch {
	case s.has("apt-get"):
		return s.planApt(ctx, target)
	case s.has("dnf"):
		return s.planSimple("dnf", []string{"dnf", "-y", "-q", "--setopt=install_weak_deps=False", "install"},
			packagesFor(needs, []string{"postgresql-server", "postgresql-contrib"}, []string{"pgvector"})), nil
	case s.has("apk"):
		return s.planSimple("apk", []string{"apk", "add", "--no-progress"},
			packagesFor(needs, []string{"postgresql"}, []string{"postgresql-pgvector"})), nil
	case s.has("brew"):
		// Homebrew's pgvector is built for the server versions that it has
		// bottles of; this one is among them.
		plan := s.planSimple("brew", []string{"brew", "install", "--quiet"},
			packagesFor(needs, []string{"postgresql@17"}, []string{"pgvector"}))
		plan.steps[0].root = false // it refuses root
		return plan, nil
	default:
		return installPlan{}, failure(CodeInstallFailed, manualHint,
			"no known package manager (apt-get, dnf, apk, brew) to install %s with", joinNeeds(needs))
	}
}

func packagesFor(needs []Need, server, vector []string) []string {
	var names []string
	for _, need := range needs {
		switch need {
		case NeedServer:
			names = append(names, server...)
		case NeedVector:
			names = append(names, vector...)
		}
	}
	return names
}

func (s *system) planSimple(manager string, install, packages []string) installPlan {
	return installPlan{steps: []installStep{{
		what: "install " + strings.Join(packages, " ") + " with " + manager,
		argv: append(install, packages...),
		root: true,
	}}}
}
