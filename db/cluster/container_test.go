package cluster_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
)

// contained runs a client in process and mount namespaces of its own, with a
// /tmp of its own, as in a container that shares the data directory.
func contained(t *testing.T, cfg cluster.Config) *exec.Cmd {
	t.Helper()
	cmd := client(t, cfg)
	// The test binary may be below /tmp, which vanishes: it is opened before.
	const script = `exec 9<"$2" && mount --bind "$1" /mnt && mount -t tmpfs tmpfs /tmp && mkdir -p "$1" && mount --bind /mnt "$1" && exec /proc/self/fd/9`
	boxed := exec.CommandContext(t.Context(), "unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc",
		"sh", "-c", script, "sh", cfg.DataDir, cmd.Path)
	boxed.Env = cmd.Env
	return boxed
}

func TestTwoContainersShareOrExcludeEachOther(t *testing.T) {
	t.Parallel()
	asRoot(t)
	if err := exec.CommandContext(t.Context(), "unshare", "-m", "-p", "-f", "true").Run(); err != nil {
		t.Skip("this machine lets nobody make namespaces")
	}
	for name, depth := range map[string]int{"short path, shared socket": 0, "long path, hidden socket": 6} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := newConfig(t)
			cfg.DataDir = filepath.Join(cfg.DataDir, strings.Repeat("a long directory", depth))
			t.Cleanup(func() { require.NoError(t, cluster.Stop(context.Background(), cfg)) })
			ensure(t, cfg)
			was := status(t, cfg)

			began := time.Now()
			out, err := contained(t, cfg).CombinedOutput()
			if depth == 0 {
				require.NoError(t, err, string(out))
			} else {
				require.Error(t, err)
				require.Contains(t, string(out), "cannot be reached from here")
				require.Less(t, time.Since(began), 20*time.Second)
			}
			require.Equal(t, was.PID, status(t, cfg).PID)
			require.Equal(t, 1, starts(t, cfg))
		})
	}
}
