package faults

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// box is a mount namespace of its own: what is mounted in it nobody else sees.
type box struct {
	// root is where the files of the namespace can be seen from outside.
	root string
	pid  string
}

// newBox runs a script of mounts, in which $1, $2 … are the arguments, in a new
// namespace, which stays until the test ends.
func newBox(t *testing.T, script string, args ...string) *box {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody mount a file system: %s", out)
	}
	argv := append([]string{"-m", "sh", "-ec", script + "\necho ready\nexec cat", "sh"}, args...)
	keeper := exec.CommandContext(context.Background(), "unshare", argv...) // what is cleaned up still needs it
	keeper.Stderr = os.Stderr
	in, err := keeper.StdinPipe()
	require.NoError(t, err)
	out, err := keeper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, keeper.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = keeper.Wait()
	})
	line, err := bufio.NewReader(io.LimitReader(out, 100)).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	pid := strconv.Itoa(keeper.Process.Pid)
	return &box{root: filepath.Join("/proc", pid, "root"), pid: pid}
}

// move takes a user into the box.
func (b *box) move(u *user) {
	u.root = b.root
	u.wrap = append([]string{"nsenter", "-t", b.pid, "-m", "sh", "-c", `cd "$1" && shift && exec "$@"`, "sh", u.dir}, u.wrap...)
}

// fill writes a file until its disk is full but for some bytes.
func fill(t *testing.T, path string, leave int) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	block := make([]byte, 1<<12)
	var size int64
	for err == nil {
		var n int
		n, err = file.Write(block)
		size += int64(n)
	}
	require.ErrorContains(t, err, "no space left")
	require.NoError(t, file.Truncate(max(0, size-int64(leave))))
	require.NoError(t, file.Close())
}

// tmpfs mounts a small disk on $1, for whom it may concern.
func tmpfs(size string) string {
	return strings.ReplaceAll("mount -t tmpfs -o mode=0755,size=SIZE tmpfs \"$1\"", "SIZE", size)
}
