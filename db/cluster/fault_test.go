package cluster_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/db/cluster"
)

// client prepares a process of its own that connects once.
func client(t *testing.T, cfg cluster.Config) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), envClient+"="+cfg.DataDir, envClientIdle+"="+cfg.IdleTimeout.String())
	return cmd
}

// starts counts how often the server came up, by its log.
func starts(t *testing.T, cfg cluster.Config) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cfg.DataDir, "pg", "postgres.log"))
	require.NoError(t, err)
	return bytes.Count(text, []byte("database system is ready to accept connections"))
}

func status(t *testing.T, cfg cluster.Config) *cluster.Status {
	t.Helper()
	found, err := cluster.GetStatus(t.Context(), cfg)
	require.NoError(t, err)
	return found
}

// alive tells whether the process exists and is more than a zombie. A killed
// process with threads (l) that have not ended yet still has its locks.
func alive(pid int) bool {
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	stat := strings.TrimSpace(string(out))
	return err == nil && (!strings.HasPrefix(stat, "Z") || strings.Contains(stat, "l"))
}

func kill(t *testing.T, pid int) {
	t.Helper()
	require.NotZero(t, pid)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return !alive(pid) }, 5*time.Second, time.Millisecond)
}

func TestManyProcessesRaceAStoppedCluster(t *testing.T) {
	t.Parallel()
	const racers = 200
	cfg := newConfig(t)
	for _, name := range []string{"never started", "stopped"} {
		before := 0
		if name == "stopped" {
			ensure(t, cfg)
			require.NoError(t, cluster.Stop(t.Context(), cfg))
			before = starts(t, cfg)
		}
		began := time.Now()
		var group sync.WaitGroup
		for range racers {
			cmd := client(t, cfg)
			group.Go(func() {
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: %v: %s", name, err, out)
				}
			})
		}
		group.Wait()
		t.Logf("%s: %d processes served in %v", name, racers, time.Since(began))
		require.Equal(t, 1, starts(t, cfg)-before)
		if name == "never started" {
			require.NoError(t, cluster.Stop(t.Context(), cfg))
		}
	}
}

func TestKilledProcessesAreReplaced(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name                   string
		postmaster, supervisor bool
	}{
		{"postmaster", true, false},
		{"supervisor", false, true},
		{"both", true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := newConfig(t)
			ensure(t, cfg)
			conn := busyClient(t, cfg)
			defer func() { _ = conn.Close(context.Background()) }()
			var slowest time.Duration
			for range faulttest.Rounds(3, 60) {
				was := status(t, cfg)
				if c.supervisor {
					kill(t, was.SupervisorPID)
				}
				if c.postmaster {
					kill(t, was.PID)
				}
				began := time.Now()
				info := ensure(t, cfg)
				slowest = max(slowest, time.Since(began))
				require.Equal(t, "1", query(t, info.ConnString, "SELECT '1'"))
				is := status(t, cfg)
				require.Equal(t, cluster.StateRunning, is.State)
				require.Equal(t, c.postmaster, is.PID != was.PID)
				require.NotZero(t, is.SupervisorPID)
				require.True(t, alive(is.SupervisorPID))
				require.Equal(t, c.supervisor || c.postmaster, is.SupervisorPID != was.SupervisorPID)
			}
			t.Logf("slowest recovery: %v", slowest)
		})
	}
}

// busyClient keeps a backend at work, which outlives the postmaster for a while.
func busyClient(t *testing.T, cfg cluster.Config) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), ensure(t, cfg).ConnString)
	require.NoError(t, err)
	return conn
}

func TestASecondSupervisorDoesNotStartASecondServer(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	ensure(t, cfg)
	was := status(t, cfg)
	require.Error(t, cluster.Supervise(t.Context(), cfg))

	// Without its supervisor the server still holds the lock: the next one adopts.
	kill(t, was.SupervisorPID)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- cluster.Supervise(ctx, cfg) }()
	require.Eventually(t, func() bool { return status(t, cfg).SupervisorPID == os.Getpid() }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, was.PID, status(t, cfg).PID)
	require.Equal(t, 1, starts(t, cfg))

	// An adopted server is stopped like any other.
	cancel()
	require.NoError(t, <-done)
	require.Equal(t, cluster.StateStopped, status(t, cfg).State)
	require.Eventually(t, func() bool { return !alive(was.PID) }, 5*time.Second, time.Millisecond)
	require.NoDirExists(t, was.SocketDir)
}

func TestAKilledFirstStartLeavesNothingHalfMade(t *testing.T) {
	t.Parallel()
	for range faulttest.Rounds(3, 40) {
		cfg := newConfig(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := cluster.Ensure(ctx, cfg)
			done <- err
		}()
		temps := filepath.Join(cfg.DataDir, "pg", "*.new-*")
		require.Eventually(t, func() bool {
			found, err := filepath.Glob(temps)
			return err == nil && len(found) == 1
		}, 10*time.Second, time.Millisecond)
		pause := time.NewTimer(rand.N(400 * time.Millisecond))
		<-pause.C
		cancel()
		<-done
		for _, pid := range supervisorsOf(t, cfg) {
			kill(t, pid)
		}
		info := ensure(t, cfg)
		require.Equal(t, "1", query(t, info.ConnString, "SELECT '1'"))
		left, err := filepath.Glob(temps)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// supervisorsOf finds supervisors that have not written themselves down yet.
func supervisorsOf(t *testing.T, cfg cluster.Config) []int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "axeww", "-o", "pid=,command=").Output()
	require.NoError(t, err)
	var pids []int
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, cluster.EnvSupervisor+`={"data_dir":"`+cfg.DataDir+`"`) {
			pid, err := strconv.Atoi(strings.Fields(line)[0])
			require.NoError(t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestIdleServerStopsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	cfg.IdleTimeout = 300 * time.Millisecond
	info := ensure(t, cfg)
	was := status(t, cfg)
	conn, err := pgx.Connect(t.Context(), info.ConnString)
	require.NoError(t, err)

	// A client that says nothing keeps it.
	require.Never(t, func() bool { return !alive(was.PID) }, 900*time.Millisecond, 50*time.Millisecond)
	require.NoError(t, conn.Close(t.Context()))

	require.Eventually(t, func() bool { return !alive(was.PID) && !alive(was.SupervisorPID) }, 10*time.Second, 10*time.Millisecond)
	require.NoDirExists(t, was.SocketDir)
	require.Equal(t, cluster.StateStopped, status(t, cfg).State)
	out, err := exec.CommandContext(t.Context(), "ps", "-o", "ppid=", "-p", strconv.Itoa(was.SupervisorPID)).Output()
	if err == nil {
		require.NotEqual(t, strconv.Itoa(os.Getpid()), strings.TrimSpace(string(out)), "a zombie of ours")
	}
}

func TestShortClientsNeverMeetAStoppingServer(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	cfg.IdleTimeout = 200 * time.Millisecond
	for range faulttest.Rounds(40, 400) {
		out, err := client(t, cfg).CombinedOutput()
		require.NoError(t, err, string(out))
		pause := time.NewTimer(rand.N(2 * cfg.IdleTimeout))
		<-pause.C
	}
	t.Logf("%d clients, %d starts", faulttest.Rounds(40, 400), starts(t, cfg))
	require.Greater(t, starts(t, cfg), 1)
}
