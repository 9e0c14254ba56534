package cluster_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
)

// requireCode checks that err is an error of this package with a way out.
func requireCode(t *testing.T, err error, code string) *cluster.Error {
	t.Helper()
	var known *cluster.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, code, known.Code, known.Error())
	require.NotEmpty(t, known.Message)
	return known
}

func TestALongDataPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	root := cfg.DataDir
	cfg.DataDir = filepath.Join(root, strings.Repeat("long directory, name", 6))
	t.Cleanup(func() { require.NoError(t, cluster.Stop(context.Background(), cfg)) })
	info := ensure(t, cfg)
	require.False(t, strings.HasPrefix(info.SocketDir, root))
	require.Less(t, len(info.SocketDir), 60)
	require.Equal(t, "1", query(t, info.ConnString, "SELECT '1'"))
	require.Equal(t, info.SocketDir, ensure(t, cfg).SocketDir)
	require.NoError(t, cluster.Stop(t.Context(), cfg))
	require.NoDirExists(t, info.SocketDir)
}

func TestADataPathWithOddCharactersWorks(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	cfg.DataDir = filepath.Join(cfg.DataDir, `a b,"c"&%d'ü`)
	t.Cleanup(func() { require.NoError(t, cluster.Stop(context.Background(), cfg)) })
	require.Equal(t, "1", query(t, ensure(t, cfg).ConnString, "SELECT '1'"))
}

func TestAnUnsafeSocketDirIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]func(t *testing.T, dir string){
		"open to others": func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.Mkdir(dir, 0o700))
			require.NoError(t, os.Chmod(dir, 0o755))
			own(t, dir)
		},
		"symlink": func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.Mkdir(dir+"-elsewhere", 0o700))
			require.NoError(t, os.Symlink(dir+"-elsewhere", dir))
		},
		"file": func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.WriteFile(dir, nil, 0o600))
		},
	}
	if os.Getuid() == 0 {
		cases["somebody else's"] = func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.Mkdir(dir, 0o700))
			require.NoError(t, os.Chown(dir, 12345, 12345))
		}
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := newConfig(t)
			info := ensure(t, cfg)
			require.NoError(t, cluster.Stop(t.Context(), cfg))
			spoil(t, info.SocketDir)
			_, err := cluster.Ensure(t.Context(), cfg)
			known := requireCode(t, err, cluster.CodeSocketDirUnsafe)
			require.Contains(t, known.Message, info.SocketDir)
			require.NotEmpty(t, known.Hint)
		})
	}
}

// own gives the file to the user who runs the server.
func own(t *testing.T, path string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	uid, gid := serverUser(t)
	require.NoError(t, os.Chown(path, uid, gid))
}

func TestEnsureGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := cluster.Ensure(ctx, cfg)
	require.Less(t, time.Since(began), 2*time.Second)
	requireCode(t, err, cluster.CodeInterrupted)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	// What was begun is of use to the next one.
	require.Equal(t, "1", query(t, ensure(t, cfg).ConnString, "SELECT '1'"))
}

func TestStopWaitsForAStartThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := cluster.Ensure(ctx, cfg)
	requireCode(t, err, cluster.CodeInterrupted)
	require.NoError(t, cluster.Stop(t.Context(), cfg))
	// Stop waits for the supervisor's locks; the process may live a moment longer.
	require.Eventually(t, func() bool { return len(supervisorsOf(t, cfg)) == 0 }, 5*time.Second, 10*time.Millisecond)
	require.NotEqual(t, cluster.StateRunning, status(t, cfg).State)
}

func TestARemovedSocketIsReplaced(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	cfg.IdleTimeout = 2 * time.Second
	info := ensure(t, cfg)
	require.NoError(t, os.Remove(filepath.Join(info.SocketDir, ".s.PGSQL.5432")))
	require.Equal(t, "1", query(t, ensure(t, cfg).ConnString, "SELECT '1'"))
}

// Root makes the directory and then gives it to the server's user. Whoever
// looks between the two must not take it for a stranger's, nor must the next
// start after a kill between the two.
func TestASocketDirThatWasNotYetGivenAwayIsTaken(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	require.NoError(t, os.MkdirAll(cfg.DataDir, 0o711))
	require.NoError(t, os.Mkdir(filepath.Join(cfg.DataDir, "run"), 0o700))
	info := ensure(t, cfg)
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(info.SocketDir, 0, 0))
		_, err := cluster.Ensure(t.Context(), cfg)
		require.NoError(t, err)
	}
	require.Equal(t, "1", query(t, ensure(t, cfg).ConnString, "SELECT '1'"))
}

func TestASocketDirThatIsOpenedLaterIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	info := ensure(t, cfg)
	require.NoError(t, os.Chmod(info.SocketDir, 0o755))
	_, err := cluster.Ensure(t.Context(), cfg)
	requireCode(t, err, cluster.CodeSocketDirUnsafe)
	require.NoError(t, os.Chmod(info.SocketDir, 0o700))
	require.Equal(t, "1", query(t, ensure(t, cfg).ConnString, "SELECT '1'"))
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	cfg.Settings = map[string]string{"shared_buffers": "plenty"}
	_, err := cluster.Ensure(t.Context(), cfg)
	known := requireCode(t, err, cluster.CodeStartFailed)
	require.Contains(t, known.Message, `invalid value for parameter "shared_buffers"`)
	require.NoDirExists(t, filepath.Join(cfg.DataDir, "run"))
}

func TestASupervisorThatDoesNotSuperviseIsNoticed(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"true", "no such program"} {
		cfg := newConfig(t)
		cfg.SupervisorCommand = []string{command}
		began := time.Now()
		_, err := cluster.Ensure(t.Context(), cfg)
		requireCode(t, err, cluster.CodeStartFailed)
		require.Less(t, time.Since(began), 5*time.Second)
	}
}

func TestDataOfAnotherMajorVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	data := filepath.Join(cfg.DataDir, "pg", "14")
	require.NoError(t, os.MkdirAll(data, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("14\n"), 0o600))
	_, err := cluster.Ensure(t.Context(), cfg)
	known := requireCode(t, err, cluster.CodeVersionMismatch)
	require.Contains(t, known.Hint, "postgresql-14")

	found := status(t, cfg)
	require.Equal(t, cluster.StateBroken, found.State)
	requireCode(t, found.Problem, cluster.CodeVersionMismatch)
}

func TestMissingBinariesAreReported(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	cfg.BinDir = t.TempDir()
	_, err := cluster.Ensure(t.Context(), cfg)
	require.NotEmpty(t, requireCode(t, err, cluster.CodePostgresNotFound).Hint)
}

func TestStatusFollowsTheCluster(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	require.Equal(t, cluster.StateNotInitialised, status(t, cfg).State)
	require.NoDirExists(t, filepath.Join(cfg.DataDir, "pg"), "looking changes nothing")

	info := ensure(t, cfg)
	running := status(t, cfg)
	require.Equal(t, cluster.StateRunning, running.State)
	require.NoError(t, running.Problem)
	require.NotZero(t, running.PID)
	require.NotZero(t, running.SupervisorPID)
	require.Equal(t, info.SocketDir, running.SocketDir)
	require.Equal(t, info.Version, running.Version)
	require.Greater(t, running.SizeBytes, int64(1<<20))
	require.WithinDuration(t, time.Now(), running.StartedAt, time.Minute)

	require.NoError(t, cluster.Stop(t.Context(), cfg))
	stopped := status(t, cfg)
	require.Equal(t, cluster.StateStopped, stopped.State)
	require.Zero(t, stopped.PID)
	require.Zero(t, stopped.SupervisorPID)

	require.NoError(t, os.Remove(filepath.Join(stopped.DataDir, "PG_VERSION")))
	require.Equal(t, cluster.StateBroken, status(t, cfg).State)
}

func TestShellReachesTheCluster(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)
	info := ensure(t, cfg)
	shell, err := cluster.Shell(t.Context(), cfg, info, "-Atc", "SELECT current_database()")
	require.NoError(t, err)
	require.Equal(t, "layercake\n", runShell(t, shell))
}
