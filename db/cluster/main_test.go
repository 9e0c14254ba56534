package cluster_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/db/cluster"
)

// TestMain makes the test binary its own supervisor, as layercake is.
func TestMain(m *testing.M) {
	cfg, spawned, err := cluster.SupervisorConfig(os.LookupEnv)
	if spawned {
		if err == nil {
			err = cluster.Supervise(context.Background(), cfg)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// A race detector's process sleeps for a second before it exits.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		os.Exit(fail(err))
	}
	if dir, ok := os.LookupEnv(envClient); ok {
		os.Exit(runClient(dir))
	}
	os.Exit(m.Run())
}

// envClient makes the test binary a short-lived client of the cluster in the
// data directory that it names.
const envClient = "LAYERCAKE_CLUSTER_TEST_CLIENT"

func runClient(dir string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	idle, err := time.ParseDuration(os.Getenv(envClientIdle))
	if err != nil {
		return fail(err)
	}
	info, err := cluster.Ensure(ctx, cluster.Config{DataDir: dir, IdleTimeout: idle, SupervisorCommand: []string{self}})
	if err != nil {
		return fail(err)
	}
	conn, err := pgx.Connect(ctx, info.ConnString)
	if err != nil {
		return fail(err)
	}
	if _, err := conn.Exec(ctx, "SELECT 1"); err != nil {
		return fail(err)
	}
	if err := conn.Close(ctx); err != nil {
		return fail(err)
	}
	return 0
}

const envClientIdle = "LAYERCAKE_CLUSTER_TEST_IDLE"

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
