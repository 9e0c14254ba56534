//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/bench/fill"
	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster"
)

// rig is what is measured on: programs built for the run, a private database as
// durable as a user's, and projects of three sizes in git repositories.
type rig struct {
	dir   string
	quick bool
	// load is the load average before anything was done.
	load   string
	log    io.Writer
	env    []string
	binary string
	// cobra, query and peak are the bare programs.
	cobra, query, peak string

	cluster cluster.Config
	url     string
	db      *db.DB
	app     *core.App
	ada     core.Caller

	small, big, huge *subject
}

// subject is a project that is measured.
type subject struct {
	dir   string
	id    uuid.UUID
	tasks int
}

func (s *subject) events() int { return s.tasks * fill.PerTask }

// rounds scales how often something is done.
func (r *rig) rounds(n int) int {
	const less = 5
	if r.quick {
		return max(less, n/less)
	}
	return n
}

func (r *rig) say(format string, args ...any) { _, _ = fmt.Fprintf(r.log, format+"\n", args...) }

const openToServer = 0o711 // the server's user is another one when root measures

func newRig(ctx context.Context, quick bool, log io.Writer) (*rig, error) {
	dir, err := os.MkdirTemp("", "lc-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	r := &rig{
		dir: dir, quick: quick, load: loadAverage(), log: log,
		binary: filepath.Join(dir, "layercake"), cobra: filepath.Join(dir, "cobra"), query: filepath.Join(dir, "query"),
		peak: filepath.Join(dir, "peak"),
		ada:  core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}},
	}
	if err := os.Chmod(dir, openToServer); err != nil {
		return r, fmt.Errorf("open the folder: %w", err)
	}
	data := filepath.Join(dir, "data")
	r.env = environment(dir, data)
	r.say("building")
	for binary, pkg := range map[string]string{
		r.binary: "./cmd/layercake", r.cobra: "./bench/bare/cobra", r.query: "./bench/bare/query", r.peak: "./bench/bare/peak",
	} {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, pkg)
		build.Stderr = log
		if err := build.Run(); err != nil {
			return r, fmt.Errorf("build %s: %w", pkg, err)
		}
	}
	if err := os.Mkdir(data, openToServer); err != nil {
		return r, fmt.Errorf("make the data folder: %w", err)
	}
	r.cluster = cluster.Config{DataDir: data, BinDir: os.Getenv("LAYERCAKE_POSTGRES_BIN"), SupervisorCommand: []string{r.binary, "db", "supervise"}}
	err = r.open(ctx, data)
	return r, err
}

// open starts the database and fills the projects.
func (r *rig) open(ctx context.Context, data string) error {
	info, err := cluster.Ensure(ctx, r.cluster)
	if err != nil {
		return err
	}
	const conns = 10
	r.url = info.ConnString
	if r.db, err = db.Open(ctx, r.url, db.Options{MaxConns: conns, Migrate: true}); err != nil {
		return err
	}
	r.app = core.New(core.Config{Store: r.db, Artifacts: artifact.NewFS(filepath.Join(data, "artifacts"), artifact.FSOptions{})})
	small, ten := 1000, 10
	if r.quick {
		small /= ten
	}
	for _, s := range []struct {
		into  **subject
		name  string
		tasks int
	}{{&r.small, "Small", small}, {&r.big, "Big", small * ten}, {&r.huge, "Huge", small * ten * ten}} {
		r.say("filling a project with %d tasks, %d events", s.tasks, s.tasks*fill.PerTask)
		if *s.into, err = r.newSubject(ctx, s.name, s.tasks); err != nil {
			return err
		}
	}
	// What autovacuum would do in a minute.
	if _, err := r.db.Pool().Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	return nil
}

// environment is that of a person who has nothing configured.
func environment(home, data string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LAYERCAKE_DATA_DIR=" + data,
		"LAYERCAKE_POSTGRES_BIN=" + os.Getenv("LAYERCAKE_POSTGRES_BIN"), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
	}
}

// repoFiles is how many files a measured repository has.
const repoFiles = 500

// newSubject makes a repository, a project in it, and its tasks.
func (r *rig) newSubject(ctx context.Context, name string, tasks int) (*subject, error) {
	s := &subject{dir: filepath.Join(r.dir, strings.ToLower(name)), tasks: tasks}
	for i := range repoFiles {
		const perFolder = 25
		folder := filepath.Join(s.dir, fmt.Sprintf("part%d", i/perFolder))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("make a repository: %w", err)
		}
		text := strings.Repeat(fmt.Sprintf("// layer %d\n", i), perFolder)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("layer%d.go", i)), []byte(text), 0o644); err != nil { //nolint:gosec // as in any repository
			return nil, fmt.Errorf("make a repository: %w", err)
		}
	}
	for _, args := range [][]string{
		{"git", "init", "--quiet"},
		{r.binary, "init", "--yes", "--name", name},
		{"git", "add", "--all"},
		{"git", "commit", "--quiet", "--message", "Begin"},
	} {
		if _, err := r.output(ctx, s.dir, args...); err != nil {
			return nil, err
		}
	}
	id, err := r.output(ctx, s.dir, r.binary, "project", "show", "--jq", ".data.id")
	if err != nil {
		return nil, err
	}
	if s.id, err = uuid.Parse(strings.TrimSpace(id)); err != nil {
		return nil, fmt.Errorf("read the project's id: %w", err)
	}
	return s, fill.Tasks(ctx, r.db, s.id, tasks)
}

// close stops and removes everything.
func (r *rig) close(ctx context.Context) error {
	if r.db != nil {
		r.db.Close()
	}
	const limit = time.Minute
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var stop error
	if r.cluster.DataDir != "" {
		stop = cluster.Stop(ctx, r.cluster)
	}
	return errors.Join(stop, os.RemoveAll(r.dir))
}
