//go:build unix

package faults

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
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
	"github.com/layercake-dev/layercake/db/cluster"
)

// victim is what is killed in a round.
type victim string

const (
	victimCLI        victim = "command line"
	victimMCP        victim = "MCP server"
	victimPostmaster victim = "postmaster"
	victimBackend    victim = "backend"
	victimSupervisor victim = "supervisor"
	victimAll        victim = "all of them"
)

// killing is a user at work whose processes are killed.
type killing struct {
	*user
	agent *agent
	count *tally
	round int
}

// TestKilledAtRandomPoints kills processes with signal 9 at random moments while
// three commands and an MCP client write.
func TestKilledAtRandomPoints(t *testing.T) {
	t.Parallel()
	k := &killing{user: newUser(t)}
	victims := []victim{victimCLI, victimMCP, victimPostmaster, victimBackend, victimSupervisor, victimAll}
	slowest := map[victim]time.Duration{}
	defer func() {
		if k.agent != nil {
			k.agent.close()
		}
	}()
	each := faulttest.Rounds(2, 200)
	// A project of its own for some rounds, so that looking at it stays quick.
	const roundsOfProject = 12
	for k.round = range each * len(victims) {
		if k.round%roundsOfProject == 0 {
			t.Logf("%d rounds", k.round)
			k.begin(t)
		}
		v := victims[k.round%len(victims)]
		slowest[v] = max(slowest[v], k.try(t, v))
		if t.Failed() {
			t.Fatalf("in round %d, %s", k.round, v)
		}
	}
	for _, v := range victims {
		t.Logf("%-12s %3d rounds, next command within %v", v, each, slowest[v].Round(time.Millisecond))
	}
}

// begin makes a project of a new folder.
func (k *killing) begin(t *testing.T) {
	t.Helper()
	if k.agent != nil {
		k.agent.close()
		k.agent = nil
	}
	k.dir = filepath.Join(k.top, "shop"+strconv.Itoa(k.round))
	require.NoError(t, os.Mkdir(k.dir, 0o755))
	k.init(t)
	k.count = newTally()
}

// try makes one round and returns how long the first command after it took.
func (k *killing) try(t *testing.T, v victim) time.Duration {
	t.Helper()
	if k.agent == nil {
		k.agent = k.user.agent(t)
	}
	was, err := cluster.GetStatus(t.Context(), cluster.Config{DataDir: k.data, BinDir: os.Getenv("LAYERCAKE_POSTGRES_BIN")})
	require.NoError(t, err)

	var group sync.WaitGroup
	const writers = 3
	outputs := make([]*written, writers)
	for i := range outputs {
		outputs[i] = k.start(t, fmt.Sprintf("round %d, command %d", k.round, i))
	}
	tools := newTally()
	stop := make(chan struct{})
	group.Go(func() {
		for n := 0; ; n++ {
			if said := k.agent.add(t, tools, fmt.Sprintf("round %d, tool %d", k.round, n)); said.lost {
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	// The point of time is what is random; a command takes some 80 ms.
	pause := time.NewTimer(rand.N(120 * time.Millisecond))
	<-pause.C
	k.kill(t, v, was, outputs)

	for _, o := range outputs {
		o.wait(t, k.count, v)
	}
	began := time.Now()
	title := fmt.Sprintf("round %d, afterwards", k.round)
	k.count.ask(title)
	k.must(t, "task", "add", title)
	k.count.done(title)
	took := time.Since(began)
	close(stop)
	group.Wait()
	k.count.add(tools)
	if v == victimMCP || v == victimAll {
		k.agent.close()
		k.agent = k.user.agent(t)
	}
	// A server that lived through it goes on as if nothing had happened.
	said := k.agent.add(t, k.count, fmt.Sprintf("round %d, tool afterwards", k.round))
	require.Equal(t, answer{text: said.text}, said)
	k.count.check(t, k.sound(t))
	return took
}

// kill kills what the round is about. Processes that have just ended by
// themselves count as killed too late.
func (k *killing) kill(t *testing.T, v victim, was *cluster.Status, outputs []*written) {
	t.Helper()
	var pids []int
	if v == victimCLI || v == victimAll {
		for _, o := range outputs {
			pids = append(pids, o.cmd.Process.Pid)
		}
	}
	if v == victimMCP || v == victimAll {
		pids = append(pids, k.agent.server.Process.Pid)
	}
	if v == victimSupervisor || v == victimAll {
		pids = append(pids, was.SupervisorPID)
	}
	if v == victimPostmaster || v == victimAll {
		pids = append(pids, was.PID)
	}
	if v == victimBackend {
		children := childrenOf(t, was.PID)
		require.NotEmpty(t, children)
		pids = append(pids, children[rand.N(len(children))])
	}
	for _, pid := range pids {
		require.NotZero(t, pid)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			require.ErrorIs(t, err, syscall.ESRCH)
		}
	}
}

// childrenOf lists the processes that a process has started.
func childrenOf(t *testing.T, parent int) []int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "ax", "-o", "ppid=,pid=").Output()
	require.NoError(t, err)
	var pids []int
	for line := range strings.Lines(string(out)) {
		var of, pid int
		_, err := fmt.Sscan(line, &of, &pid)
		require.NoError(t, err)
		if of == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// written is a command that adds a task and may be killed meanwhile.
type written struct {
	title          string
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	cancel         context.CancelFunc
}

func (k *killing) start(t *testing.T, title string) *written {
	t.Helper()
	k.count.ask(title)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w := &written{title: title, cmd: k.command(ctx, "task", "add", title, "--json"), cancel: cancel}
	w.cmd.Stdout, w.cmd.Stderr = &w.stdout, &w.stderr
	require.NoError(t, w.cmd.Start())
	return w
}

// wait waits for the end of the command and keeps account of what it said.
func (w *written) wait(t *testing.T, count *tally, v victim) {
	t.Helper()
	defer w.cancel()
	_ = w.cmd.Wait() // the exit code says it
	r := result{args: w.cmd.Args, code: w.cmd.ProcessState.ExitCode(), stdout: w.stdout.String(), stderr: w.stderr.String()}
	switch r.code {
	case 0:
		made := jsonOf[struct {
			Title string `json:"title"`
		}](t, r.stdout)
		require.Equal(t, w.title, made.Title)
		count.done(w.title)
	case -1:
		require.Contains(t, []victim{victimCLI, victimAll}, v, "killed by nobody, or hung: %s", r.stderr)
	default:
		refused := r.refused(t)
		require.Contains(t, []string{"database_unreachable", "start_failed"}, refused.Code, r.stderr)
	}
}
