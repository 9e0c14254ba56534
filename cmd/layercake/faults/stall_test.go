//go:build unix

package faults

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// soon is how long a command may wait for others or for a database that does
// not answer: the time limits of the lock, twice, and some to spare on a busy
// machine.
const soon = 45 * time.Second

// TestStoppedUnderTheLock stops a process (as Ctrl-Z does) that holds the lock of
// the project. The others go on, and when it goes on as well, it has lost
// nothing.
func TestStoppedUnderTheLock(t *testing.T) {
	t.Parallel()
	u, url := newUserOnServer(t)
	u.init(t)
	between := newProxy(t, url, atCommit)
	count := newTally()

	const first = "by the one who was stopped"
	count.ask(first)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	stopped := u.also("LAYERCAKE_DATABASE_URL", between.url).command(ctx, "task", "add", first, "--json")
	stopped.Stdout, stopped.Stderr = &stdout, &stderr
	require.NoError(t, stopped.Start())
	<-between.held
	require.NoError(t, stopped.Process.Signal(syscall.SIGSTOP))

	// Whoever comes while the lock is held waits for a bounded time.
	count.ask("by the one who waits")
	r := u.run(t, "task", "add", "by the one who waits", "--json")
	t.Logf("the next one took %v and ended with %d", r.took, r.code)
	require.Less(t, r.took, soon)
	if r.code == 0 {
		count.done("by the one who waits")
	} else {
		require.Equal(t, "database_busy", r.refused(t).Code)
		require.Equal(t, 7, r.code)
	}
	count.ask("by the one after")
	r = u.run(t, "task", "add", "by the one after", "--json")
	require.Zero(t, r.code, r.stderr)
	require.Less(t, r.took, soon)
	count.done("by the one after")

	// The transaction of the stopped one was ended by the server.
	between.pass()
	require.NoError(t, stopped.Process.Signal(syscall.SIGCONT))
	_ = stopped.Wait() // the exit code says it
	woken := result{args: stopped.Args, code: stopped.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	t.Logf("the one who was stopped ended with %d", woken.code)
	if woken.code == 0 {
		count.done(first)
	} else {
		woken.refused(t)
	}
	count.check(t, u.sound(t))
}

// TestStalledDatabase holds that commands give up on a database that accepts
// connections and answers nothing, or stops to answer at some point.
func TestStalledDatabase(t *testing.T) {
	t.Parallel()
	u, url := newUserOnServer(t)
	u.init(t)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()

	count := newTally()
	cases := []struct {
		name string
		url  string
		args []string
	}{
		{"never answers", "postgres://ada@" + silent.Addr().String() + "/cake", []string{"task", "list"}},
		{"stalls in a read", newProxy(t, url, contains("FROM tasks")).url, []string{"task", "list"}},
		{"stalls under the lock", newProxy(t, url, contains("FOR UPDATE")).url, []string{"task", "add", "under the lock"}},
		{"stalls at the commit", newProxy(t, url, atCommit).url, []string{"task", "add", "at the commit"}},
		{"stalls after the commit", newProxy(t, url, afterCommit()).url, []string{"task", "add", "after the commit"}},
	}
	for _, c := range cases {
		if c.args[1] == "add" {
			count.ask(c.args[2])
		}
	}
	// All at once, for they do nothing but wait.
	results := make([]result, len(cases))
	var group sync.WaitGroup
	for i, c := range cases {
		group.Go(func() { results[i] = u.also("LAYERCAKE_DATABASE_URL", c.url).run(t, append(c.args, "--json")...) })
	}
	group.Wait()
	for i := range results {
		t.Logf("%s: after %v", cases[i].name, results[i].took)
		require.Equal(t, 7, results[i].code, results[i].stderr)
		require.Equal(t, "database_timeout", results[i].refused(t).Code)
		require.Less(t, results[i].took, soon)
	}
	count.check(t, u.sound(t))
}

// contains stalls at a message to the server that contains a text.
func contains(text string) func(toServer bool, message []byte) bool {
	return func(toServer bool, message []byte) bool { return toServer && bytes.Contains(message, []byte(text)) }
}

// afterCommit stalls when the server answers that a transaction is committed.
func afterCommit() func(toServer bool, message []byte) bool {
	return func(toServer bool, message []byte) bool {
		return !toServer && bytes.Contains(message, []byte("COMMIT\x00"))
	}
}

// TestStoppedWhileStarting stops a process that starts the database. The others do
// without it, or give up after a minute; when it goes on, all is well.
func TestStoppedWhileStarting(t *testing.T) {
	t.Parallel()
	rounds := faulttest.Rounds(0, 10)
	if rounds == 0 {
		t.Skip("takes a minute a round; db/cluster tries the same with less patience")
	}
	u := newUser(t)
	u.init(t)
	count := newTally()
	for round := range rounds {
		u.must(t, "db", "stop")
		first := fmt.Sprintf("round %d, stopped", round)
		count.ask(first)
		stopped := u.command(t.Context(), "task", "add", first, "--json")
		var stdout, stderr bytes.Buffer
		stopped.Stdout, stopped.Stderr = &stdout, &stderr
		require.NoError(t, stopped.Start())
		lock, err := os.Open(filepath.Join(u.data, "pg/start.lock"))
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
				return true
			}
			return syscall.Flock(int(lock.Fd()), syscall.LOCK_UN) != nil
		}, soon, 100*time.Microsecond)
		require.NoError(t, lock.Close())
		require.NoError(t, stopped.Process.Signal(syscall.SIGSTOP))

		second := fmt.Sprintf("round %d, another", round)
		count.ask(second)
		r := u.run(t, "task", "add", second, "--json")
		if r.code == 0 {
			count.done(second)
		} else {
			require.Equal(t, "start_failed", r.refused(t).Code)
		}
		require.NoError(t, stopped.Process.Signal(syscall.SIGCONT))
		_ = stopped.Wait() // the exit code says it
		woken := result{args: stopped.Args, code: stopped.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
		if woken.code == 0 {
			count.done(first)
		} else {
			require.Equal(t, "start_failed", woken.refused(t).Code)
		}
		count.check(t, u.sound(t))
	}
}
