package faults

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// container is a process namespace, with an init that does nothing.
type container struct {
	keeper *exec.Cmd
	init   int
}

// newContainer returns a container and the user in it, whose folders are the same
// as outside.
func newContainer(t *testing.T, u *user) (*container, *user) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "unshare", "-m", "-p", "-f", "--mount-proc", "true").CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody make namespaces: %s", out)
	}
	c := &container{keeper: exec.CommandContext(t.Context(), "unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c", "echo ready; cat")}
	in, err := c.keeper.StdinPipe()
	require.NoError(t, err)
	out, err := c.keeper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.keeper.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.keeper.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	children := childrenOf(t, c.keeper.Process.Pid)
	require.Len(t, children, 1)
	c.init = children[0]
	inside := *u
	inside.wrap = []string{"nsenter", "-t", strconv.Itoa(c.init), "-m", "-p", "sh", "-c", `cd "$1" && shift && exec "$@"`, "sh", u.dir}
	return c, &inside
}

// kill kills everything in the container at once, as an orchestrator does.
func (c *container) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, syscall.Kill(c.init, syscall.SIGKILL))
	_ = c.keeper.Wait() // it was killed
}

// postmasters counts the servers on the user's data.
func (u *user) postmasters(t *testing.T) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "axww", "-o", "pid=,ppid=,command=").Output()
	require.NoError(t, err)
	servers := map[string]string{} // to their parents
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "postgres -D "+u.data) {
			fields := strings.Fields(line)
			servers[fields[0]] = fields[1]
		}
	}
	n := 0
	for _, parent := range servers {
		// What a server has just forked goes by its name for a moment.
		if _, child := servers[parent]; !child {
			n++
		}
	}
	return n
}

// TestContainersOnOneDataDirectory starts commands in several containers at once,
// which share the folders and do not see each other's processes: there is one
// server for all.
func TestContainersOnOneDataDirectory(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.init(t)
	count := newTally()
	for round := range faulttest.Rounds(1, 10) {
		u.must(t, "db", "stop")
		const containers = 4
		inside := make([]*user, containers)
		made := make([]*container, containers)
		for i := range inside {
			made[i], inside[i] = newContainer(t, u)
		}
		var group sync.WaitGroup
		results := make([]result, containers)
		for i := range inside {
			title := fmt.Sprintf("round %d, container %d", round, i)
			count.ask(title)
			group.Go(func() { results[i] = inside[i].run(t, "task", "add", title, "--json") })
		}
		group.Wait()
		require.Equal(t, 1, u.postmasters(t))
		for i := range results {
			require.Zero(t, results[i].code, results[i].stderr)
			count.done(fmt.Sprintf("round %d, container %d", round, i))
		}
		// The server lives in one of them, and goes with it.
		for i := range made {
			made[i].kill(t)
			count.check(t, u.sound(t))
			require.Equal(t, 1, u.postmasters(t))
		}
	}
}

// TestKilledContainer kills a container with the server in it while commands write.
// The next one starts a server, although what the old one left names a process
// that is somebody else there.
func TestKilledContainer(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.init(t)
	u.must(t, "db", "stop")
	count := newTally()
	for round := range faulttest.Rounds(3, 50) {
		c, inside := newContainer(t, u)
		first := fmt.Sprintf("round %d, first", round)
		count.ask(first)
		inside.must(t, "task", "add", first)
		count.done(first)
		require.Equal(t, 1, u.postmasters(t))

		const writers = 3
		var group sync.WaitGroup
		results := make([]result, writers)
		for i := range writers {
			count.ask(fmt.Sprintf("round %d, writer %d", round, i))
			group.Go(func() {
				results[i] = inside.run(t, "task", "add", fmt.Sprintf("round %d, writer %d", round, i), "--json")
			})
		}
		pause := time.NewTimer(time.Duration(round%7) * 20 * time.Millisecond)
		<-pause.C
		c.kill(t)
		group.Wait()
		for i := range results {
			if results[i].code == 0 {
				count.done(fmt.Sprintf("round %d, writer %d", round, i))
			}
		}
		require.Zero(t, u.postmasters(t))

		// A process of the next container that is not the server has its number.
		pidFile, err := filepath.Glob(filepath.Join(u.data, "pg/*/postmaster.pid"))
		require.NoError(t, err)
		require.Len(t, pidFile, 1, "the server was killed, and left its file")
		text, err := os.ReadFile(pidFile[0])
		require.NoError(t, err)
		number, rest, _ := strings.Cut(string(text), "\n")
		require.NotEmpty(t, number)
		require.NoError(t, os.WriteFile(pidFile[0], []byte("1\n"+rest), 0o600))
		_, next := newContainer(t, u)
		after := fmt.Sprintf("round %d, after", round)
		count.ask(after)
		next.must(t, "task", "add", after)
		count.done(after)
		require.Equal(t, 1, u.postmasters(t))
		count.check(t, u.sound(t))
		u.must(t, "db", "status")
		next.must(t, "db", "stop")
	}
}
