//go:build unix

package clustertest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Main(m)) }

func exec(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func count(t *testing.T, url, sql string, args ...any) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func TestDatabasesAreSeparateAndEmpty(t *testing.T) {
	t.Parallel()
	began := time.Now()
	one := clustertest.Database(t)
	t.Logf("database made in %v", time.Since(began))
	two := clustertest.Database(t)
	require.NotEqual(t, one, two)
	exec(t, one, "CREATE TABLE here (id int)")
	require.Equal(t, 1, count(t, one, "SELECT count(*) FROM pg_tables WHERE tablename = 'here'"))
	require.Equal(t, 0, count(t, two, "SELECT count(*) FROM pg_tables WHERE tablename = 'here'"))
}

func TestDatabaseIsDroppedEvenIfConnected(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("user", func(t *testing.T) {
		conn, err := pgx.Connect(t.Context(), clustertest.Database(t))
		require.NoError(t, err)
		name = conn.Config().Database
	})
	require.Equal(t, 0, count(t, clustertest.New(t), "SELECT count(*) FROM pg_database WHERE datname = $1", name))
}

func TestCloneBuildsOnceAndCopies(t *testing.T) {
	t.Parallel()
	built := 0
	build := func(ctx context.Context, url string) error {
		built++
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "CREATE TABLE filled AS SELECT 7 AS id"); err != nil {
			return err
		}
		return conn.Close(ctx)
	}
	key := t.Name() + time.Now().String()
	one := clustertest.Clone(t, key, build)
	began := time.Now()
	two := clustertest.Clone(t, key, build)
	t.Logf("cloned in %v", time.Since(began))
	require.Equal(t, 1, built)
	exec(t, one, "DELETE FROM filled")
	require.Equal(t, 0, count(t, one, "SELECT count(*) FROM filled"))
	require.Equal(t, 1, count(t, two, "SELECT count(*) FROM filled"))
}

func TestOwnClusterIsDurableAndGoesAway(t *testing.T) {
	t.Parallel()
	var dir string
	t.Run("user", func(t *testing.T) {
		cfg := clustertest.Own(t)
		dir = cfg.DataDir
		info, err := cluster.Ensure(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, 1, count(t, info.ConnString, "SELECT count(*) FROM pg_settings WHERE name = 'fsync' AND setting = 'on'"))
	})
	require.NoDirExists(t, dir)
}
