package cluster_test

import (
	"context"
	"fmt"
	"os"
	"testing"

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
	os.Exit(m.Run())
}
