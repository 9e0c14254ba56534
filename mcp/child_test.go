//go:build unix

package mcp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/mcp"
)

// What a child process is told by its environment.
const (
	childURL     = "LAYERCAKE_TEST_MCP_URL"
	childProject = "LAYERCAKE_TEST_MCP_PROJECT"
	childRoot    = "LAYERCAKE_TEST_MCP_ROOT"
)

// runChild is a server as a client spawns it: a process with two pipes.
func runChild() {
	url := os.Getenv(childURL)
	if url == "" {
		return
	}
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	open := sync.OnceValues(func() (*db.DB, error) { return db.Open(ctx, url, db.Options{MaxConns: 4}) })
	at := core.Place{Project: uuid.MustParse(os.Getenv(childProject)), Root: os.Getenv(childRoot)}
	s, err := mcp.New(mcp.Config{Env: mcp.Env{Open: func(context.Context) (*core.App, core.Place, core.Caller, error) {
		store, err := open()
		if err != nil {
			return nil, core.Place{}, core.Caller{}, err
		}
		app := core.New(core.Config{Store: store, Artifacts: artifact.NewFS(at.Root+"/../artifacts", artifact.FSOptions{}), Environ: os.Environ()})
		return app, at, core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}}, nil
	}}})
	if err == nil {
		err = s.ServeStdio(ctx, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is such a process.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func spawn(t *testing.T, b *bundle) *child {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childURL+"="+b.url, childProject+"="+b.at.Project.String(), childRoot+"="+b.root,
		"GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &child{cmd: cmd, in: in, out: bufio.NewReader(out)}
}

func (c *child) send(t *testing.T, id int, method string, params map[string]any) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	require.NoError(t, err)
	_, err = c.in.Write(append(text, '\n'))
	require.NoError(t, err)
}

// wait waits for the process to end and returns how long that took.
func (c *child) wait(t *testing.T) time.Duration {
	t.Helper()
	begun := time.Now()
	done := make(chan error, 1)
	go func() { done <- c.cmd.Wait() }()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(patience):
		require.FailNow(t, "the server did not end")
	}
	return time.Since(begun)
}

// TestProcess holds how a server behaves that a client has spawned: it answers
// in both protocols, ends with its input, ends when told to, and leaves no
// command behind that it started.
func TestProcess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	write(t, b.root, ".layercake/workflow.yaml", `version: 1
gates:
  G5:
    proofs:
      test_output:
        command: ["sh", "-c", "echo $$ > ../pid; exec sleep 1000"]
        parser: exit
`)
	proposal, err := b.app.Workflows.Review(t.Context(), b.at)
	require.NoError(t, err)
	_, err = b.app.Workflows.Accept(t.Context(), b.person, b.at, proposal.Digest)
	require.NoError(t, err)
	meta := map[string]any{
		"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": map[string]any{},
		"io.modelcontextprotocol/clientInfo": map[string]any{"name": "spawner", "version": "1"},
	}
	capture := map[string]any{"name": "capture_command_output", "arguments": map[string]any{"gate": "G5", "type": "test_output"}, "_meta": meta}

	t.Run("all is answered before the end", func(t *testing.T) {
		c := spawn(t, b)
		const calls = 30
		for i := range calls {
			c.send(t, i+1, "tools/call", map[string]any{"name": "log_progress", "arguments": map[string]any{"text": "x"}, "_meta": meta})
		}
		require.NoError(t, c.in.Close())
		answers := 0
		for {
			line, err := c.out.ReadString('\n')
			if err != nil {
				break
			}
			require.Contains(t, line, `\"status\":\"logged\"`)
			answers++
		}
		require.Equal(t, calls, answers)
		require.Less(t, c.wait(t), 2*time.Second)
	})
	t.Run("a command ends with the input", func(t *testing.T) {
		c := spawn(t, b)
		c.send(t, 1, "tools/call", capture)
		pid := awaitPID(t, b)
		require.NoError(t, c.in.Close())
		require.Less(t, c.wait(t), 2*time.Second)
		require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	})
	t.Run("a command ends with the process", func(t *testing.T) {
		c := spawn(t, b)
		c.send(t, 1, "tools/call", capture)
		pid := awaitPID(t, b)
		require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
		require.Less(t, c.wait(t), 2*time.Second)
		require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	})
	t.Run("nobody reads", func(t *testing.T) {
		c := spawn(t, b)
		for i := range 20 { // more than a pipe holds
			c.send(t, i+1, "tools/list", map[string]any{"_meta": meta})
		}
		require.NoError(t, c.in.Close())
		require.Less(t, c.wait(t), 3*time.Second)
	})
}

// awaitPID returns the id of the process that the captured command has become.
func awaitPID(t *testing.T, b *bundle) int {
	t.Helper()
	file := b.root + "/../pid"
	var pid int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasSuffix(string(text), "\n") {
			return false
		}
		_, err = fmt.Sscan(string(text), &pid)
		return err == nil
	}, patience, 5*time.Millisecond)
	require.NoError(t, os.Remove(file))
	return pid
}
