package core_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Main(m)) }

// bundle is an App over a database of its own, with a project in a git
// repository of its own.
type bundle struct {
	app       *core.App
	db        *db.DB
	artifacts *artifact.FS
	place     core.Place
	ada       core.Caller
	robot     core.Caller
}

func setup(t *testing.T, in core.NewProject) *bundle {
	t.Helper()
	url := clustertest.Clone(t, "layercake", func(ctx context.Context, url string) error {
		d, err := db.Open(ctx, url, db.Options{Migrate: true})
		if err == nil {
			d.Close()
		}
		return err
	})
	store, err := db.Open(t.Context(), url, db.Options{MaxConns: 4, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	b := &bundle{db: store, artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})}
	b.app = core.New(core.Config{Store: store, Artifacts: b.artifacts, Environ: os.Environ()})
	b.ada = core.Caller{
		Actor:    project.Actor{Kind: project.ActorPerson, Name: "ada"},
		Presence: project.Presence{Terminal: true, Word: "approve"},
	}
	b.robot = core.Caller{
		Actor:    project.Actor{Kind: project.ActorAgent, Name: "robot/qa-engineer", OnBehalfOf: "person:ada"},
		Presence: project.Presence{Terminal: true, Word: "approve"},
	}
	if in.Name == "" {
		in.Name = "Cake"
	}
	p, err := b.app.Projects.Create(t.Context(), b.ada, in)
	require.NoError(t, err)
	b.place = core.Place{Project: p.ID, Root: t.TempDir()}
	b.git(t, "init", "-q", "-b", "main")
	return b
}

func (b *bundle) git(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"}, args...)
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = b.place.Root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, out)
}

func (b *bundle) write(t *testing.T, path, content string) {
	t.Helper()
	full := filepath.Join(b.place.Root, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o750))
	require.NoError(t, os.WriteFile(full, []byte(content), 0o600))
}

func (b *bundle) commit(t *testing.T) {
	t.Helper()
	b.git(t, "add", "-A")
	b.git(t, "commit", "-q", "--allow-empty", "-m", "work")
}

// trust accepts a workflow file.
func (b *bundle) trust(t *testing.T, yaml string) {
	t.Helper()
	b.write(t, core.WorkflowFile, yaml)
	proposal, err := b.app.Workflows.Review(t.Context(), b.place)
	require.NoError(t, err)
	_, err = b.app.Workflows.Accept(t.Context(), b.ada, b.place, proposal.Digest)
	require.NoError(t, err)
}

func (b *bundle) check(t *testing.T, gate string) []string {
	t.Helper()
	r, err := b.app.Gates.Check(t.Context(), b.place, gate)
	require.NoError(t, err)
	codes := make([]string, len(r.Reasons))
	for i := range r.Reasons {
		codes[i] = r.Reasons[i].Code
	}
	return codes
}

// sound checks what must hold after everything.
func (b *bundle) sound(t *testing.T) uuid.UUID {
	t.Helper()
	faulttest.Sound(t, b.app, b.place.Project)
	return b.place.Project
}

// exampleDir returns a scratch folder that the server's user may enter, and the
// configuration of a private Postgres in it.
func exampleDir() (string, cluster.Config) {
	dir, err := os.MkdirTemp("", "lc-example-")
	if err != nil {
		panic(err)
	}
	const enterable = 0o711
	if err := os.Chmod(dir, enterable); err != nil {
		panic(err)
	}
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return dir, cluster.Config{DataDir: dir, SupervisorCommand: []string{self}}
}
