package cluster_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
)

// TestAStarterThatWasStoppedIsNotWaitedForWithoutEnd holds the lock of those who
// start the server, as a process does that Ctrl-Z stopped in the middle of it.
func TestAStarterThatWasStoppedIsNotWaitedForWithoutEnd(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	ensure(t, cfg)
	lock, err := os.OpenFile(filepath.Join(cfg.DataDir, "pg", "start.lock"), os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { _ = lock.Close() }()
	require.Eventually(t, func() bool { return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil },
		5*time.Second, time.Millisecond)

	// Whoever needs no start is not in its way.
	require.Equal(t, "1", query(t, ensure(t, cfg).ConnString, "SELECT '1'"))

	was := status(t, cfg)
	kill(t, was.PID)
	kill(t, was.SupervisorPID)
	impatient := cfg
	impatient.StartTimeout = time.Second
	began := time.Now()
	_, err = cluster.Ensure(t.Context(), impatient)
	var coded *cluster.Error
	require.ErrorAs(t, err, &coded)
	require.Equal(t, cluster.CodeStartFailed, coded.Code)
	require.NotEmpty(t, coded.Hint)
	require.Less(t, time.Since(began), 15*time.Second)

	coded = nil
	require.ErrorAs(t, cluster.Stop(t.Context(), impatient), &coded)
	require.Equal(t, cluster.CodeStopFailed, coded.Code)
	require.NotEmpty(t, coded.Hint)

	require.NoError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_UN))
	require.Equal(t, "1", query(t, ensure(t, cfg).ConnString, "SELECT '1'"))
}
