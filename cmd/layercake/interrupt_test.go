package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/proof"
)

const tick = 5 * time.Millisecond

// url is the shop's database.
func (s *shop) url() string {
	for _, entry := range s.env {
		if url, ok := strings.CutPrefix(entry, "LAYERCAKE_DATABASE_URL="); ok {
			return url
		}
	}
	return ""
}

// running is a command that was started.
type running struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	done           chan struct{}
}

func (s *shop) start(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{cmd: s.command(t, "layercake", args...), done: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	require.NoError(t, r.cmd.Start())
	go func() {
		defer close(r.done)
		_ = r.cmd.Wait() // its state tells
	}()
	return r
}

func (r *running) interrupt(t *testing.T) {
	t.Helper()
	require.NoError(t, r.cmd.Process.Signal(os.Interrupt))
}

// ends waits for the end and returns the exit code, -1 when a signal was the
// cause.
func (r *running) ends(t *testing.T) int {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(wait):
		t.Fatalf("it goes on: %s%s", &r.stdout, &r.stderr)
	}
	return r.cmd.ProcessState.ExitCode()
}

// wasInterrupted checks that a command said so and nothing else.
func (r *running) wasInterrupted(t *testing.T) {
	t.Helper()
	require.Equal(t, 130, r.ends(t), r.stderr.String())
	require.Empty(t, r.stdout.String())
	require.Equal(t, "interrupted\n", r.stderr.String())
}

func (s *shop) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// lockProject holds the project's lock until the returned function is called.
func (s *shop) lockProject(t *testing.T) func() {
	t.Helper()
	tx, err := s.connect(t).Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM layercake.streams FOR UPDATE")
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback(t.Context())) }
}

func TestInterruptWhileAnotherHoldsTheLock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	unlock := s.lockProject(t)
	watch := s.connect(t)
	r := s.start(t, "task", "add", "waits")
	require.Eventually(t, func() bool {
		var waiting int
		err := watch.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&waiting)
		return err == nil && waiting == 1
	}, wait, tick)
	r.interrupt(t)
	r.wasInterrupted(t)
	unlock()
	require.Equal(t, "0\n", s.do(t, "layercake", "task", "list", "--jq", ".data | length"))
	require.Equal(t, "1\n", s.do(t, "layercake", "audit", "verify", "--jq", ".data.events"))
	s.do(t, "layercake", "task", "add", "does not wait")
}

func TestInterruptWhileTheDatabaseIsMute(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mute, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = mute.Close() })
	s.env = append(s.env, "LAYERCAKE_DATABASE_URL=postgres://u@"+mute.Addr().String()+"/x?sslmode=disable")
	r := s.start(t, "status")
	conn, err := mute.Accept()
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	r.interrupt(t)
	r.wasInterrupted(t)
}

// proof starts a proof whose command says that it runs, and returns the id of
// the command's process.
func (s *shop) proof(t *testing.T, script string) (*running, int) {
	t.Helper()
	s.do(t, "git", "add", "-A")
	s.do(t, "git", "commit", "--quiet", "--message", "Work")
	pidFile := filepath.Join(t.TempDir(), "pid")
	r := s.start(t, "proof", "capture", "G1", "test_output", "--", "sh", "-c", "echo $$ >"+pidFile+".new; mv "+pidFile+".new "+pidFile+"; "+script)
	var pid int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(pidFile)
		if err == nil {
			pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err == nil
	}, wait, tick)
	return r, pid
}

// isGone waits until a process has ended.
func isGone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }, wait, tick)
}

func TestInterruptEndsARunningProof(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r, pid := s.proof(t, "exec sleep 600")
	r.interrupt(t)
	r.wasInterrupted(t)
	isGone(t, pid)
	require.Equal(t, "0\n", s.do(t, "layercake", "proof", "list", "--jq", ".data | length"))
	left := strings.Fields(s.do(t, "git", "status", "--porcelain"))
	require.Empty(t, left, "nothing is left in the folder")
}

// TestSecondInterruptEndsAtOnce gives no time to a command that takes it, and
// leaves nothing of it behind.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r, pid := s.proof(t, "trap '' INT TERM; while :; do sleep 1; done")
	began := time.Now()
	r.interrupt(t)
	// Signals that come too close count as one.
	for waiting := true; waiting; {
		select {
		case <-r.done:
			waiting = false
		case <-time.After(100 * time.Millisecond):
			_ = r.cmd.Process.Signal(os.Interrupt) // it may have ended just now
		}
	}
	require.Less(t, time.Since(began), proof.DefaultGrace, "it was not waited for")
	r.wasInterrupted(t)
	isGone(t, pid)
	require.Equal(t, "0\n", s.do(t, "layercake", "proof", "list", "--jq", ".data | length"))
}

// TestTimeoutsEndWith7 lets the database give up on a statement.
func TestTimeoutsEndWith7(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	unlock := s.lockProject(t)
	defer unlock()
	with := "?"
	if strings.Contains(s.url(), "?") {
		with = "&"
	}
	s.env = append(s.env, "LAYERCAKE_DATABASE_URL="+s.url()+with+"statement_timeout=200")
	r := s.start(t, "task", "add", "waits", "--json")
	require.Equal(t, 7, r.ends(t), r.stderr.String())
	require.Empty(t, r.stdout.String())
	require.Regexp(t, `^\{"error":\{"code":"timeout","message":".+","hint":".+layercake.+"\}\}\n$`, r.stderr.String())
}
