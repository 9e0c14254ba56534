package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/proof"
)

// planted is a secret as it would stand in an environment.
const planted = "planted-secret-0451"

func execute(t *testing.T, spec proof.Spec) (*proof.Run, string) {
	t.Helper()
	var out bytes.Buffer
	if spec.Dir == "" {
		spec.Dir = t.TempDir()
	}
	spec.Output = &out
	run, err := proof.Execute(t.Context(), spec)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, run.Close()) })
	require.Equal(t, int64(out.Len()), run.OutputSize)
	require.Equal(t, hexSHA256(out.Bytes()), run.OutputSHA256)
	return run, out.String()
}

func stdout(t *testing.T, run *proof.Run) string {
	t.Helper()
	b, err := io.ReadAll(run.Stdout())
	require.NoError(t, err)
	return string(b)
}

func sh(script string) []string { return []string{"sh", "-c", script} }

func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, fault.CodeOf(err), err)
}

// requireGone waits until a process is no more, or only a zombie that nobody has
// reaped yet.
func requireGone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		return err == nil && strings.Contains(string(stat), ") Z ")
	}, 5*time.Second, 10*time.Millisecond, "process %d is still there", pid)
}

func readPID(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	require.NoError(t, err)
	return pid
}

func TestExecute(t *testing.T) {
	t.Parallel()

	t.Run("keeps both streams and stdout by itself", func(t *testing.T) {
		t.Parallel()
		var live bytes.Buffer
		run, out := execute(t, proof.Spec{Argv: sh("echo out1; echo noise >&2; echo out2; exit 3"), Live: &live})
		require.Equal(t, 3, run.ExitCode)
		require.Empty(t, run.Signal)
		require.Equal(t, "out1\nout2\n", stdout(t, run))
		require.Equal(t, "out1\nout2\n", stdout(t, run), "it can be read twice")
		require.ElementsMatch(t, []string{"out1", "noise", "out2", ""}, strings.Split(out, "\n"))
		require.Equal(t, out, live.String())
		require.False(t, run.Truncated || run.TimedOut || run.Cancelled)
	})
	t.Run("stdin is empty", func(t *testing.T) {
		t.Parallel()
		run, out := execute(t, proof.Spec{Argv: []string{"cat"}})
		require.Zero(t, run.ExitCode)
		require.Empty(t, out)
	})
	t.Run("no shell", func(t *testing.T) {
		t.Parallel()
		_, out := execute(t, proof.Spec{Argv: []string{"echo", "$HOME; rm -rf x", "*"}})
		require.Equal(t, "$HOME; rm -rf x *\n", out)
	})
	t.Run("redacts", func(t *testing.T) {
		t.Parallel()
		var live bytes.Buffer
		run, out := execute(t, proof.Spec{
			Argv: sh(`printf planted-; printf '%s\n' "noise" >&2; printf 'secret-0451 end\n'; echo "$MY_TOKEN" >&2; : ` + planted),
			Env:  append(os.Environ(), "MY_TOKEN="+planted),
			Live: &live,
		})
		for _, text := range []string{out, live.String(), stdout(t, run), strings.Join(run.Argv, " ")} {
			require.NotContains(t, text, planted)
		}
		require.Equal(t, "[redacted:env] end\n", stdout(t, run))
		require.Contains(t, out, "[redacted:env]\n")
	})
	t.Run("scrubs the environment", func(t *testing.T) {
		t.Parallel()
		_, out := execute(t, proof.Spec{Argv: []string{"env"}, Env: []string{
			"PATH=" + os.Getenv("PATH"), "LAYERCAKE_DATABASE_URL=postgres://a:bcdefghij@h/d", "LAYERCAKE_API_TOKEN=abcdefgh", "LAYERCAKE_PROJECT=shop",
			"GIT_DIR=/nowhere", "GIT_INDEX_FILE=/nowhere/index", "GIT_AUTHOR_NAME=Ada",
		}})
		require.NotContains(t, out, "DATABASE_URL")
		require.NotContains(t, out, "API_TOKEN")
		require.NotContains(t, out, "/nowhere")
		require.Contains(t, out, "LAYERCAKE_PROJECT=shop")
		require.Contains(t, out, "GIT_AUTHOR_NAME=Ada")
	})
	t.Run("truncates", func(t *testing.T) {
		t.Parallel()
		run, out := execute(t, proof.Spec{Argv: sh("i=0; while [ $i -lt 2000 ]; do echo 0123456789; i=$((i+1)); done"), MaxOutput: 1000})
		require.True(t, run.Truncated)
		require.Len(t, out, 1000)
		require.Zero(t, run.ExitCode, "the command is not disturbed")
	})
	t.Run("uses the clock given", func(t *testing.T) {
		t.Parallel()
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		run, _ := execute(t, proof.Spec{Argv: []string{"true"}, Now: func() time.Time {
			now = now.Add(time.Second)
			return now
		}})
		require.Equal(t, time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), run.StartedAt)
		require.Equal(t, time.Second, run.Duration)
	})
	t.Run("signals", func(t *testing.T) {
		t.Parallel()
		run, _ := execute(t, proof.Spec{Argv: sh("kill -SEGV $$")})
		require.Equal(t, -1, run.ExitCode)
		require.Equal(t, "segmentation fault", run.Signal)
	})
}

func TestEnvironmentDigest(t *testing.T) {
	t.Parallel()
	path := "PATH=" + os.Getenv("PATH")
	one, _ := execute(t, proof.Spec{Argv: []string{"true"}, Env: []string{path, "GOFLAGS=-mod=mod", "HOME=/a", "MY_TOKEN=" + planted}})
	same, _ := execute(t, proof.Spec{Argv: []string{"true"}, Env: []string{"HOME=/b", "GOFLAGS=-mod=mod", path}})
	other, _ := execute(t, proof.Spec{Argv: []string{"true"}, Env: []string{path, "GOFLAGS=-mod=vendor"}})
	require.Equal(t, one.Environment, same.Environment)
	require.NotEqual(t, one.Environment.Digest, other.Environment.Digest)
	require.Contains(t, one.Environment.Lines, "GOFLAGS=-mod=mod")
	require.Equal(t, hexSHA256([]byte(strings.Join(one.Environment.Lines, "\n")+"\n")), one.Environment.Digest)
	encoded, err := json.Marshal(one)
	require.NoError(t, err)
	require.NotContains(t, string(encoded), planted)
}

func TestTimeoutStopsTheGroup(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"kind":     `sleep 1000 & echo $! > child; echo started; wait`,
		"stubborn": `trap '' TERM; (trap '' TERM; echo $$ > ignored; sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 1000; done') & echo started; wait; sleep 1000`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			began := time.Now()
			run, out := execute(t, proof.Spec{Argv: sh(script), Dir: dir, Timeout: 700 * time.Millisecond, Grace: 300 * time.Millisecond})
			require.Less(t, time.Since(began), 10*time.Second)
			require.True(t, run.TimedOut)
			require.NotEmpty(t, run.Signal)
			require.Equal(t, "started\n", out, "what was printed is kept")
			requireGone(t, readPID(t, filepath.Join(dir, "child")))
		})
	}
}

func TestChildrenDoNotOutliveTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	began := time.Now()
	run, out := execute(t, proof.Spec{Argv: sh(`sleep 1000 & echo $! > child; echo done`), Dir: dir})
	require.Less(t, time.Since(began), 10*time.Second, "a child that holds the pipe must not be waited for")
	require.Zero(t, run.ExitCode)
	require.Equal(t, "done\n", out)
	requireGone(t, readPID(t, filepath.Join(dir, "child")))
}

func TestCancel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	live := writerFunc(func(p []byte) (int, error) {
		cancel() // as soon as it is known to run
		return len(p), nil
	})
	run, err := proof.Execute(ctx, proof.Spec{Argv: sh("echo $$ > pid; echo up; exec sleep 1000"), Dir: dir, Live: live})
	require.Equal(t, fault.KindInterrupted, fault.KindOf(err))
	require.True(t, run.Cancelled)
	require.NoError(t, run.Close())
	requireGone(t, readPID(t, filepath.Join(dir, "pid")))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestEvidenceThatCannotBeKept(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	run, err := proof.Execute(t.Context(), proof.Spec{
		Argv:   sh("echo something; exec sleep 1000"),
		Dir:    t.TempDir(),
		Output: writerFunc(func([]byte) (int, error) { return 0, full }),
	})
	requireCode(t, proof.CodeEvidence, err)
	require.ErrorIs(t, err, full)
	require.NoError(t, run.Close())

	// A watcher who goes away is no harm.
	got, _ := execute(t, proof.Spec{Argv: sh("echo a; echo b"), Live: writerFunc(func([]byte) (int, error) { return 0, full })})
	require.Zero(t, got.ExitCode)
}

func TestCommandsThatCannotRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plain"), []byte("#!/bin/sh\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tool"), []byte("#!/bin/sh\necho mine\n"), 0o600))
	require.NoError(t, os.Chmod(filepath.Join(dir, "tool"), 0o700))
	for _, tt := range []struct {
		name, code string
		spec       proof.Spec
	}{
		{"nothing", proof.CodeNoCommand, proof.Spec{Dir: dir}},
		{"unknown", proof.CodeNotFound, proof.Spec{Argv: []string{"no-such-command-here"}, Dir: dir}},
		{"unknown path", proof.CodeNotFound, proof.Spec{Argv: []string{"./missing"}, Dir: dir}},
		{"a directory", proof.CodeNotFound, proof.Spec{Argv: []string{dir}, Dir: dir}},
		{"not executable", proof.CodeNotExecutable, proof.Spec{Argv: []string{"./plain"}, Dir: dir}},
		{"not in this PATH", proof.CodeNotFound, proof.Spec{Argv: []string{"sh"}, Dir: dir, Env: []string{"PATH=/nonexistent"}}},
		{"not in the current directory", proof.CodeNotFound, proof.Spec{Argv: []string{"tool"}, Dir: dir, Env: []string{"PATH=:/nonexistent"}}},
		{"no directory", proof.CodeBadDir, proof.Spec{Argv: []string{"true"}, Dir: filepath.Join(dir, "gone")}},
		{"too long", proof.CodeBadTimeout, proof.Spec{Argv: []string{"true"}, Dir: dir, Timeout: 3 * time.Hour}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			run, err := proof.Execute(t.Context(), tt.spec)
			require.Nil(t, run)
			requireCode(t, tt.code, err)
			require.NotEmpty(t, fault.From(err).Hint)
		})
	}
	_, out := execute(t, proof.Spec{Argv: []string{"./tool"}, Dir: dir})
	require.Equal(t, "mine\n", out)
	_, out = execute(t, proof.Spec{Argv: []string{"tool"}, Dir: dir, Env: []string{"PATH=" + dir + ":/usr/bin:/bin"}})
	require.Equal(t, "mine\n", out)
}
