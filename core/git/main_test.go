package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// testRepo is a real repository.
type testRepo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T, initArgs ...string) *testRepo {
	t.Helper()
	g := &testRepo{t: t, dir: t.TempDir()}
	g.git(append([]string{"init", "--quiet", "--initial-branch=main"}, initArgs...)...)
	g.git("config", "user.name", "Ada")
	g.git("config", "user.email", "ada@example.com")
	return g
}

// environ is free of the machine's configuration and of the repository that the
// tests themselves may run in.
func environ(t *testing.T) []string {
	t.Helper()
	env := []string{}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GIT_") && !strings.HasPrefix(pair, "EMAIL=") && !strings.HasPrefix(pair, "HOME=") {
			env = append(env, pair)
		}
	}
	return append(env, "HOME="+t.TempDir(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_EDITOR=true", "GIT_OPTIONAL_LOCKS=0")
}

func (g *testRepo) git(args ...string) string {
	g.t.Helper()
	out, err := g.try(args...)
	require.NoError(g.t, err, "git %v: %s", args, out)
	return out
}

func (g *testRepo) try(args ...string) (string, error) {
	g.t.Helper()
	cmd := exec.CommandContext(g.t.Context(), "git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir, cmd.Env = g.dir, environ(g.t)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		out = append(out, stderr.String()...)
	}
	return strings.TrimSpace(string(out)), err
}

// in is the same for another folder.
func (g *testRepo) in(dir string) *testRepo { return &testRepo{t: g.t, dir: dir} }

func (g *testRepo) write(path, content string) {
	g.t.Helper()
	full := filepath.Join(g.dir, path)
	require.NoError(g.t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(g.t, os.WriteFile(full, []byte(content), 0o644))
}

// commit writes files, alternately a path and a content, and commits all.
func (g *testRepo) commit(files ...string) string {
	g.t.Helper()
	for i := 0; i < len(files); i += 2 {
		g.write(files[i], files[i+1])
	}
	g.git("add", "--all")
	g.git("commit", "--quiet", "--allow-empty", "-m", "state")
	return g.git("rev-parse", "HEAD")
}
