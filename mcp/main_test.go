package mcp_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
	"github.com/layercake-dev/layercake/jobs"
	"github.com/layercake-dev/layercake/mcp"
)

func TestMain(m *testing.M) {
	runChild()
	os.Exit(clustertest.Main(m))
}

// bundle is a project in a git repository, over a database of its own.
type bundle struct {
	app       *core.App
	artifacts artifact.Store
	store     *db.DB
	url       string
	root      string
	person    core.Caller
	at        core.Place
	published int
	mu        sync.Mutex
}

const workflowFile = `version: 1
gates:
  G5:
    proofs:
      test_output:
        command: ["sh", "-c", "echo all 3 tests pass; echo see you"]
        parser: exit
      build_output:
        command: ["sh", "-c", "echo built something of some length; exit 3"]
        parser: exit
`

// setup returns a project of the simple kind whose person is ada.
func setup(t testing.TB) *bundle {
	t.Helper()
	url := clustertest.Clone(t, migrations(t), func(ctx context.Context, url string) error {
		store, err := db.Open(ctx, url, db.Options{Migrate: true})
		if err == nil {
			store.Close()
		}
		return err
	})
	b := &bundle{url: url, root: repository(t), artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})}
	var err error
	b.store, err = db.Open(t.Context(), url, db.Options{MaxConns: 4, Jobs: &jobs.Queue{}})
	require.NoError(t, err)
	t.Cleanup(b.store.Close)
	b.app = b.open(t)
	b.person = core.Caller{
		Actor:    project.Actor{Kind: project.ActorPerson, Name: "ada"},
		Presence: project.Presence{Terminal: true, Word: "approve"},
	}
	p, err := b.app.Projects.Create(t.Context(), b.person, core.NewProject{Name: "Bakery", Description: "Orders for a bakery", HasUI: true})
	require.NoError(t, err)
	b.at = core.Place{Project: p.ID, Root: b.root}
	return b
}

// migrations names the schema by its content, so that a database made from
// another one is not used.
func migrations(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob("../db/migrations/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	sum := sha256.New()
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		sum.Write(text)
	}
	return "mcp-" + hex.EncodeToString(sum.Sum(nil))
}

// open returns another App over the same database, as another process has.
func (b *bundle) open(t testing.TB) *core.App {
	t.Helper()
	return b.openWith(t, nil)
}

// openWith is open, for a process that does what agents are asked to do.
func (b *bundle) openWith(t testing.TB, setup *core.AgentSetup) *core.App {
	t.Helper()
	store, err := db.Open(t.Context(), b.url, db.Options{MaxConns: 4, Jobs: &jobs.Queue{}})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return core.New(core.Config{Store: store, Artifacts: b.artifacts, Environ: []string{"PATH=" + os.Getenv("PATH")}, Agents: setup})
}

// env is what tools work with, for a person.
func (b *bundle) env() mcp.Env {
	return mcp.Env{
		Open:  func(context.Context) (*core.App, core.Place, core.Caller, error) { return b.app, b.at, b.person, nil },
		Files: files{b.app}, Queues: queues{b.store},
		Published: func(context.Context) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.published++
		},
	}
}

func repository(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "README.md", "# Bakery\n")
	git(t, root, "init", "-q")
	git(t, root, "add", ".")
	git(t, root, "commit", "-q", "-m", "begin")
	return root
}

func write(t testing.TB, root, name, content string) {
	t.Helper()
	file := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}

func git(t testing.TB, root string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// client talks to a server over a pair of pipes, one JSON message a line.
type client struct {
	t     testing.TB
	in    io.WriteCloser
	lines chan json.RawMessage
	done  chan error
	id    int
	// modern makes every request one of the protocol without a handshake.
	modern bool
	// capabilities are what the client says that it can do.
	capabilities map[string]any
	// others are messages that were not the answer waited for.
	others []message
}

type message struct {
	ID     any             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// patience is how long tests wait for what must come.
const patience = 30 * time.Second

func connect(t testing.TB, cfg mcp.Config) *client {
	t.Helper()
	s, err := mcp.New(cfg)
	require.NoError(t, err)
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	c := &client{t: t, in: inW, lines: make(chan json.RawMessage, 1000), done: make(chan error, 1)}
	go func() {
		err := s.ServeStdio(t.Context(), inR, outW)
		_ = outW.Close()
		c.done <- err
	}()
	go c.read(outR)
	t.Cleanup(func() { _ = inW.Close() })
	return c
}

func (c *client) read(r io.Reader) {
	defer close(c.lines)
	dec := json.NewDecoder(r)
	for {
		var line json.RawMessage
		if dec.Decode(&line) != nil {
			return
		}
		c.lines <- line
	}
}

// send sends a request and returns its id.
func (c *client) send(method string, params map[string]any) int {
	c.t.Helper()
	if params == nil {
		params = map[string]any{}
	}
	if c.modern {
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion":    "2026-07-28",
			"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "test-client", "version": "1"},
			"io.modelcontextprotocol/clientCapabilities": c.can(),
		}
	}
	c.id++
	c.write(map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method, "params": params})
	return c.id
}

func (c *client) can() map[string]any {
	if c.capabilities == nil {
		return map[string]any{}
	}
	return c.capabilities
}

func (c *client) write(v any) {
	c.t.Helper()
	text, err := json.Marshal(v)
	require.NoError(c.t, err)
	_, err = c.in.Write(append(text, '\n'))
	require.NoError(c.t, err)
}

// await returns the answer to a request.
func (c *client) await(id int) message {
	c.t.Helper()
	return c.until(func(m *message) bool { n, ok := m.ID.(float64); return ok && int(n) == id })
}

func (c *client) until(want func(m *message) bool) message {
	c.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-c.lines:
			require.True(c.t, ok, "the server hung up")
			var m message
			require.NoError(c.t, json.Unmarshal(line, &m))
			if want(&m) {
				return m
			}
			c.others = append(c.others, m)
		case <-timer.C:
			require.FailNow(c.t, "no answer")
		}
	}
}

func (c *client) request(method string, params map[string]any) json.RawMessage {
	c.t.Helper()
	m := c.await(c.send(method, params))
	require.Nil(c.t, m.Error, "%s: %+v", method, m.Error)
	return m.Result
}

// initialize makes the handshake of the older protocol.
func (c *client) initialize() json.RawMessage {
	c.t.Helper()
	result := c.request("initialize", map[string]any{
		"protocolVersion": "2025-11-25", "capabilities": c.can(), "clientInfo": map[string]any{"name": "test-client", "version": "1"},
	})
	c.write(map[string]any{"jsonrpc": "2.0", "method": "notifications/initialized"})
	return result
}

// result is what came of a tool call.
type result struct {
	Content []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"content"`
	Structured json.RawMessage `json:"structuredContent"` //nolint:tagliatelle // the protocol's name
	IsError    bool            `json:"isError"`           //nolint:tagliatelle // the protocol's name
}

func (r *result) text() string {
	var b strings.Builder
	for _, c := range r.Content {
		b.WriteString(c.Text)
	}
	return b.String()
}

func (c *client) call(tool string, args map[string]any) result {
	c.t.Helper()
	var r result
	require.NoError(c.t, json.Unmarshal(c.request("tools/call", map[string]any{"name": tool, "arguments": args}), &r))
	return r
}

// must calls a tool that must succeed and decodes its reply.
func (c *client) must(tool string, args map[string]any, out any) {
	c.t.Helper()
	r := c.call(tool, args)
	require.False(c.t, r.IsError, "%s: %s", tool, r.text())
	require.JSONEq(c.t, string(r.Structured), r.text())
	require.NoError(c.t, json.Unmarshal(r.Structured, out))
}

// fails calls a tool that must fail and returns what it says.
func (c *client) fails(tool string, args map[string]any) string {
	c.t.Helper()
	r := c.call(tool, args)
	require.True(c.t, r.IsError, "%s: %s", tool, r.text())
	require.Empty(c.t, r.Structured)
	return r.text()
}

// close ends the conversation and waits for the server to end.
func (c *client) close() {
	c.t.Helper()
	require.NoError(c.t, c.in.Close())
	select {
	case err := <-c.done:
		require.NoError(c.t, err)
	case <-time.After(patience):
		require.FailNow(c.t, "the server did not end")
	}
}

func viewOf(b *bundle) core.View { return core.View{Project: b.at.Project} }
