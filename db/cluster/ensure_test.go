package cluster_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
)

// newConfig is a cluster of the test's own, stopped when the test ends.
func newConfig(t testing.TB) cluster.Config {
	t.Helper()
	// Not t.TempDir: its parent is closed to the user who runs the server
	// when the tests run as root.
	dir, err := os.MkdirTemp("/tmp", "lc-test-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	self, err := os.Executable()
	require.NoError(t, err)
	cfg := cluster.Config{DataDir: dir, IdleTimeout: time.Minute, SupervisorCommand: []string{self}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := cluster.Stop(ctx, cfg); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			text, _ := os.ReadFile(dir + "/pg/postgres.log")
			t.Logf("log:\n%s", text)
		}
		require.NoError(t, os.RemoveAll(dir))
	})
	return cfg
}

func ensure(t *testing.T, cfg cluster.Config) *cluster.Info {
	t.Helper()
	info, err := cluster.Ensure(t.Context(), cfg)
	require.NoError(t, err)
	return info
}

// query asks for one text value.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	var text string
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&text))
	return text
}

func TestEnsureCreatesStartsAndFinds(t *testing.T) {
	t.Parallel()
	cfg := newConfig(t)

	began := time.Now()
	first := ensure(t, cfg)
	t.Logf("first start ever: %v", time.Since(began))
	require.True(t, first.Started)
	require.Equal(t, "layercake layercake UTF8 on on", query(t, first.ConnString,
		`SELECT current_user || ' ' || current_database() || ' ' || current_setting('server_encoding') || ' ' || current_setting('fsync') || ' ' || current_setting('synchronous_commit')`))

	began = time.Now()
	second := ensure(t, cfg)
	t.Logf("running: %v", time.Since(began))
	require.False(t, second.Started)
	require.Equal(t, first.ConnString, second.ConnString)

	require.NoError(t, cluster.Stop(t.Context(), cfg))
	require.NoDirExists(t, first.SocketDir)
	began = time.Now()
	third := ensure(t, cfg)
	t.Logf("stopped: %v", time.Since(began))
	require.True(t, third.Started)
}
