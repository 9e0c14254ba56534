//go:build unix

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// patience is how long a command may take on a busy machine before it counts as
// hung.
const patience = 70 * time.Second

const gitConfig = "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"

// user is somebody with a home, a repository and a database of their own.
type user struct {
	program string
	// top is the folder that holds everything of theirs, home and dir are in it.
	top, home, dir string
	data           string
	env            []string
	// wrap is what stands before the program's name, to run it elsewhere or as
	// somebody else.
	wrap []string
	// root stands before paths when the files are seen in another place from
	// here.
	root string
}

// newUser returns a user with a private database that does not run yet. When
// the test ends, it is stopped, and nothing of theirs may be left. What prepares
// the user's folders lives longer than the database.
func newUser(t *testing.T, prepare ...func(u *user)) *user {
	t.Helper()
	// Not t.TempDir, which is closed to the server's user and too long for a
	// socket.
	top, err := os.MkdirTemp("", "lc-f-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(top, enterable))
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	u := userIn(t, top)
	for _, do := range prepare {
		do(u)
	}
	t.Cleanup(func() {
		u.must(t, "db", "stop")
		require.Eventually(t, func() bool { return len(u.processes(t)) == 0 }, patience, 10*time.Millisecond, "%v are left", u.processes(t))
	})
	return u
}

// userIn returns a user whose folders are in top.
func userIn(t *testing.T, top string) *user {
	t.Helper()
	u := &user{
		program: program(t), top: top, home: filepath.Join(top, "home"), dir: filepath.Join(top, "shop"),
		data: filepath.Join(top, "data"),
	}
	for _, dir := range []string{u.home, u.dir} {
		require.NoError(t, os.Mkdir(dir, 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(u.home, ".gitconfig"), []byte(gitConfig), 0o644))
	u.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + u.home, "TMPDIR=" + top, "GIT_CONFIG_NOSYSTEM=1", "LAYERCAKE_DATA_DIR=" + u.data,
	}
	if bin := os.Getenv("LAYERCAKE_POSTGRES_BIN"); bin != "" {
		u.env = append(u.env, "LAYERCAKE_POSTGRES_BIN="+bin)
	}
	return u
}

// newUserOnServer returns a user with a database on the server that all tests
// share.
func newUserOnServer(t *testing.T) (u *user, url string) {
	t.Helper()
	top, err := os.MkdirTemp("", "lc-f-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(top, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	u = userIn(t, top)
	url = clustertest.Clone(t, templateKey(t), func(ctx context.Context, url string) error {
		d, err := db.Open(ctx, url, db.Options{Migrate: true})
		if err == nil {
			d.Close()
		}
		return err
	})
	u.set("LAYERCAKE_DATABASE_URL", url)
	return u, url
}

// templateKey changes with the schema.
func templateKey(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../../db/migrations/*.sql")
	require.NoError(t, err)
	key := "faults"
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		key += string(text)
	}
	return key
}

// set sets a variable of the user's environment; an empty value unsets it.
func (u *user) set(name, value string) {
	kept := make([]string, 0, len(u.env)+1)
	for _, entry := range u.env {
		if !strings.HasPrefix(entry, name+"=") {
			kept = append(kept, entry)
		}
	}
	if value != "" {
		kept = append(kept, name+"="+value)
	}
	u.env = kept
}

// also returns the same user with another environment, which does not change
// the first one's.
func (u *user) also(name, value string) *user {
	v := *u
	v.set(name, value)
	return &v
}

// result is what became of a command.
type result struct {
	args   []string
	code   int
	stdout string
	stderr string
	took   time.Duration
}

func (u *user) command(ctx context.Context, args ...string) *exec.Cmd {
	argv := append(append([]string{}, u.wrap...), u.program)
	argv = append(argv, args...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = u.dir, u.env
	return cmd
}

// run runs the program. A command that hangs is killed, and fails the test.
func (u *user) run(t testing.TB, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return finish(t, u.command(ctx, args...), args)
}

// feed is [user.run] with something on the standard input.
func (u *user) feed(t testing.TB, input string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := u.command(ctx, args...)
	cmd.Stdin = strings.NewReader(input)
	return finish(t, cmd, args)
}

func finish(t testing.TB, cmd *exec.Cmd, args []string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	r := result{args: args, stdout: stdout.String(), stderr: stderr.String(), took: time.Since(began)}
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		r.code = exit.ExitCode() // -1: killed
	default:
		t.Errorf("run %q: %v", args, err)
		r.code = -1
	}
	if r.took >= patience {
		t.Errorf("%q did not end within %v", args, patience)
	}
	return r
}

// must runs a command that has to succeed and returns its output.
func (u *user) must(t testing.TB, args ...string) string {
	t.Helper()
	r := u.run(t, args...)
	require.Zero(t, r.code, "%q: %s%s", args, r.stdout, r.stderr)
	return r.stdout
}

// refusal is an error as programs get it.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// refused holds that the command failed as commands should: with an exit code
// of the list, a coded error that is no bug report, a hint, and nothing on the
// standard output. The command must have been run with --json.
func (r *result) refused(t testing.TB) refusal {
	t.Helper()
	require.Contains(t, []int{1, 2, 3, 4, 5, 6, 7}, r.code, "%q: %s%s", r.args, r.stdout, r.stderr)
	require.Empty(t, r.stdout, "%q", r.args)
	lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
	var body struct {
		Error refusal `json:"error"`
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &body), "%q: %s", r.args, r.stderr)
	require.NotEmpty(t, body.Error.Code, "%q: %s", r.args, r.stderr)
	require.NotEqual(t, "internal", body.Error.Code, "%q: %s", r.args, r.stderr)
	require.NotEmpty(t, body.Error.Message, "%q: %s", r.args, r.stderr)
	require.NotEmpty(t, body.Error.Hint, "%q: %s", r.args, r.stderr)
	require.NotContains(t, r.stderr, "goroutine ", "%q", r.args)
	return body.Error
}

// jsonOf decodes what a command prints in its envelope.
func jsonOf[T any](t testing.TB, text string) T {
	t.Helper()
	var body struct {
		Data T `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &body), text)
	return body.Data
}

// init makes the user's folder a project.
func (u *user) init(t testing.TB, more ...string) {
	t.Helper()
	git := *u
	git.program = "git"
	cmd := git.command(context.Background(), "init", "--quiet", "-b", "main", u.dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	u.must(t, append([]string{"init", "--yes", "--name", "Shop", "--preset", "simple"}, more...)...)
}

// processes lists the processes that have to do with the user's folders.
func (u *user) processes(t testing.TB) []string {
	t.Helper()
	out, err := exec.CommandContext(context.Background(), "ps", "axeww", "-o", "pid=,stat=,command=").Output()
	require.NoError(t, err)
	var found []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, u.top) {
			found = append(found, line[:min(len(line), 200)])
		}
	}
	return found
}
