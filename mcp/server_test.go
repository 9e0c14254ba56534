package mcp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/mcp"
)

// TestBothProtocols holds that a client may begin with a handshake or without,
// and that what it does is logged as its own.
func TestBothProtocols(t *testing.T) {
	t.Parallel()
	for _, modern := range []bool{false, true} {
		t.Run(fmt.Sprintf("modern=%t", modern), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c := connect(t, mcp.Config{Env: b.env(), Version: "1.2.3", Session: "s-1", Role: "qa-engineer"})
			c.modern = modern
			var hello struct {
				ServerInfo struct {
					Name    string `json:"name"`
					Version string `json:"version"`
				} `json:"serverInfo"` //nolint:tagliatelle // the protocol's name
				Instructions string         `json:"instructions"`
				Capabilities map[string]any `json:"capabilities"`
			}
			if modern {
				require.NoError(t, json.Unmarshal(c.request("server/discover", nil), &hello))
			} else {
				require.NoError(t, json.Unmarshal(c.initialize(), &hello))
				require.Equal(t, "layercake", hello.ServerInfo.Name)
				require.Equal(t, "1.2.3", hello.ServerInfo.Version)
			}
			require.Contains(t, hello.Instructions, "get_context_summary")
			require.Contains(t, hello.Instructions, "- risks: ")
			require.LessOrEqual(t, len([]rune(hello.Instructions)), 4096)
			require.Contains(t, hello.Capabilities, "tools")
			require.Contains(t, hello.Capabilities, "resources")
			require.NotContains(t, hello.Capabilities, "elicitation")

			var created struct {
				ID string `json:"id"`
			}
			c.must("create_task", map[string]any{"title": "Bake"}, &created)
			require.Regexp(t, `^t-[0-9a-z]{4,}$`, created.ID)
			task, err := b.open(t).Tasks.Get(t.Context(), viewOf(b), created.ID)
			require.NoError(t, err)
			require.Equal(t, "Bake", task.Title)
			events, err := b.open(t).Log.Events(t.Context(), b.at.Project, core.EventQuery{Limit: 1})
			require.NoError(t, err)
			require.Equal(t, "agent:test-client/qa-engineer", events[0].Actor)
			require.Equal(t, "person:ada", events[0].OnBehalfOf)
			require.Equal(t, "s-1", events[0].Session)
			c.close()
		})
	}
}

// TestToolsetsAreEnabled holds that a toolset is hidden until it is enabled,
// that the client is told, and that a session does not change another one.
func TestToolsetsAreEnabled(t *testing.T) {
	t.Parallel()
	const changed = "notifications/tools/list_changed"
	for _, modern := range []bool{false, true} {
		t.Run(fmt.Sprintf("modern=%t", modern), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c := connect(t, mcp.Config{Env: b.env()})
			c.modern = modern
			listen := 0
			if modern {
				listen = c.send("subscriptions/listen", map[string]any{"notifications": map[string]any{"toolsListChanged": true}})
				c.until(func(m *message) bool { return m.Method == "notifications/subscriptions/acknowledged" })
			} else {
				c.initialize()
			}
			require.NotContains(t, string(c.request("tools/list", nil)), `"create_risk"`)
			text := c.fails("create_risk", map[string]any{"title": "Fire"})
			require.Contains(t, text, `enable_toolset {"toolset": "risks"}`)
			var found struct {
				Next string `json:"next"`
			}
			c.must("search_tools", map[string]any{"query": "risk"}, &found)
			require.Contains(t, found.Next, `"risks"`)

			id := c.send("tools/call", map[string]any{"name": "enable_toolset", "arguments": map[string]any{"toolset": "risks"}})
			notice := c.until(func(m *message) bool { return m.Method == changed })
			if modern {
				require.Contains(t, string(notice.Params), fmt.Sprintf(`"io.modelcontextprotocol/subscriptionId":%d`, listen))
			}
			c.await(id)
			require.Contains(t, string(c.request("tools/list", nil)), `"create_risk"`)
			require.False(t, c.call("create_risk", map[string]any{"title": "Fire"}).IsError)
			c.close()
		})
	}
}

// TestNoticesOnlyToThoseWhoListen holds that a client of the protocol without
// handshake gets no notice that it did not ask for.
func TestNoticesOnlyToThoseWhoListen(t *testing.T) {
	t.Parallel()
	c := connect(t, mcp.Config{Env: down()})
	c.modern = true
	c.must("enable_toolset", map[string]any{"toolset": "risks"}, &struct{}{})
	c.must("enable_toolset", map[string]any{"toolset": "history"}, &struct{}{})
	c.request("tools/list", nil)
	require.Empty(t, c.others)
}

// TestDatabaseDown holds that the server is there without its database, says
// what to do, and works once the database is back.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var up atomic.Bool
	env := b.env()
	good, bad := env.Open, down().Open
	env.Open = func(ctx context.Context) (*core.App, core.Place, core.Caller, error) {
		if up.Load() {
			return good(ctx)
		}
		return bad(ctx)
	}
	begun := time.Now()
	c := connect(t, mcp.Config{Env: env, Select: all()})
	c.initialize()
	list := c.request("tools/list", nil)
	require.Less(t, time.Since(begun), 500*time.Millisecond)
	require.Contains(t, string(list), "get_status")
	require.Contains(t, string(c.request("resources/list", nil)), "layercake://project/current/status")
	catalogue, err := mcp.Catalogue()
	require.NoError(t, err)
	for _, tool := range catalogue {
		var args map[string]any
		require.NoError(t, json.Unmarshal(tool.Example, &args))
		r := c.call(tool.Name, args)
		if tool.Name == "search_tools" || tool.Name == "enable_toolset" {
			require.False(t, r.IsError, r.text())
			continue
		}
		require.True(t, r.IsError, tool.Name)
		require.Contains(t, r.text(), "The database does not answer.\nRun `layercake doctor`\nCode: database_unreachable", tool.Name)
	}
	up.Store(true)
	require.False(t, c.call("get_status", nil).IsError)
	c.close()
}

// TestHangingDatabase holds that a database that never answers holds up only
// those who ask for it, and not the end.
func TestHangingDatabase(t *testing.T) {
	t.Parallel()
	env := mcp.Env{Open: func(ctx context.Context) (*core.App, core.Place, core.Caller, error) {
		<-ctx.Done()
		return nil, core.Place{}, core.Caller{}, ctx.Err()
	}}
	c := connect(t, mcp.Config{Env: env})
	for range 20 {
		c.send("tools/call", map[string]any{"name": "get_status", "arguments": map[string]any{}})
	}
	begun := time.Now()
	c.initialize()
	c.request("tools/list", nil)
	require.Less(t, time.Since(begun), 500*time.Millisecond)
	begun = time.Now()
	c.close()
	require.Less(t, time.Since(begun), 2*time.Second)
}

// TestEndOfInput holds that everything that was asked is answered when the
// client closes its end right after.
func TestEndOfInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		c := connect(t, mcp.Config{Env: b.env()})
		const asked = 50
		ids := map[int]bool{}
		for i := range asked {
			ids[c.send("tools/call", map[string]any{"name": "create_task", "arguments": map[string]any{"title": fmt.Sprint("Task ", i)}})] = true
		}
		c.close()
		for line := range c.lines {
			var m message
			require.NoError(t, json.Unmarshal(line, &m))
			if n, ok := m.ID.(float64); ok {
				delete(ids, int(n))
			}
		}
		require.Empty(t, ids)
	}
}

// TestProgressAndCancellation holds that a long call reports that it is alive,
// before its answer and not after, and ends when it is cancelled.
func TestProgressAndCancellation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	write(t, b.root, ".layercake/workflow.yaml", `version: 1
gates:
  G5:
    proofs:
      test_output:
        command: ["sh", "-c", "echo begun; sleep 2.5; echo some more output"]
        parser: exit
      build_output:
        command: ["sleep", "600"]
        parser: exit
`)
	proposal, err := b.app.Workflows.Review(t.Context(), b.at)
	require.NoError(t, err)
	_, err = b.app.Workflows.Accept(t.Context(), b.person, b.at, proposal.Digest)
	require.NoError(t, err)
	c := connect(t, mcp.Config{Env: b.env()})
	c.initialize()

	id := c.send("tools/call", map[string]any{
		"name": "capture_command_output", "arguments": map[string]any{"gate": "G5", "type": "test_output"}, "_meta": map[string]any{"progressToken": "p1"},
	})
	answer := c.await(id)
	require.Contains(t, string(answer.Result), `"result":"pass"`)
	require.Len(t, c.others, 1)
	require.Equal(t, "notifications/progress", c.others[0].Method)
	require.Contains(t, string(c.others[0].Params), `"progressToken":"p1"`)
	require.Contains(t, string(c.others[0].Params), `begun`)

	id = c.send("tools/call", map[string]any{"name": "capture_command_output", "arguments": map[string]any{"gate": "G5", "type": "build_output"}})
	c.write(map[string]any{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": map[string]any{"requestId": id}})
	begun := time.Now()
	if cancelled := c.await(id); cancelled.Error == nil { // one that had not begun is refused as a whole
		require.Contains(t, string(cancelled.Result), `"isError":true`)
	}
	require.Less(t, time.Since(begun), 5*time.Second)

	// A call that takes longer than clients wait is stopped at the end.
	c.send("tools/call", map[string]any{"name": "capture_command_output", "arguments": map[string]any{"gate": "G5", "type": "build_output"}})
	c.request("tools/list", nil)
	begun = time.Now()
	c.close()
	require.Less(t, time.Since(begun), 2*time.Second)
	list, err := b.app.Proofs.List(t.Context(), viewOf(b), "G5", "build_output")
	require.NoError(t, err)
	require.Empty(t, list)
}

// TestBrokenMessages holds that nonsense is answered and does no harm.
func TestBrokenMessages(t *testing.T) {
	t.Parallel()
	c := connect(t, mcp.Config{Env: down()})
	c.id = 100
	for _, nonsense := range []string{"hello\n", "\n", "[]\n", "42\n", `{"jsonrpc":"2.0"}` + "\n", `{"jsonrpc":"1.0","id":1,"method":"ping"}` + "\n",
		`{"jsonrpc":"2.0","id":7,"method":"no/such"}` + "\n", `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":[]}` + "\n"} {
		_, err := c.in.Write([]byte(nonsense))
		require.NoError(t, err)
	}
	m := c.await(c.send("tools/call", map[string]any{"name": "create_tsk", "arguments": map[string]any{}}))
	require.Contains(t, m.Error.Message, "did you mean create_task?")
	m = c.await(c.send("tools/call", map[string]any{"name": "skip_gate", "arguments": map[string]any{"gate": "G1"}}))
	require.NotNil(t, m.Error)
	c.initialize()
	c.close()
}

// TestInvalidArguments holds what a model is told of arguments that do not fit.
func TestInvalidArguments(t *testing.T) {
	t.Parallel()
	c := connect(t, mcp.Config{Env: down(), Select: all()})
	for _, tt := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"create_task", nil, "title is missing (What is to be done, on one line)"},
		{"create_task", map[string]any{"title": "  "}, "title is empty"},
		{"create_task", map[string]any{"title": 5.5, "titel": "x"}, "titel is not known; did you mean title?"},
		{"create_task", map[string]any{"title": []any{"a"}}, "title is a list; it must be a string"},
		{"create_task", map[string]any{"title": "x", "priority": "urgent"}, `priority is "urgent"; it is one of critical, high, medium, low`},
		{"create_task", map[string]any{"title": "x", "depends_on": []any{map[string]any{}}}, "depends_on[0] is an object; it must be a string"},
		{"enable_toolset", map[string]any{"toolset": ""}, "toolset is missing"},
		{"get_event", map[string]any{"seq": 1e30}, "seq is 1e+30; it must be an integer"},
		{"claim_task", map[string]any{"lease_minutes": 0}, "lease_minutes is 0; the least is 1"},
		{"claim_task", map[string]any{"lease_minutes": "1.5"}, `lease_minutes is "1.5"; it must be an integer`},
		{"get_tasks", map[string]any{"limit": 1000}, "limit is 1000; the most is 200"},
		{"get_status", map[string]any{"verbose": true}, "verbose is not known; this tool takes no arguments"},
		{"ask_person", map[string]any{"question": "?", "blocking": "perhaps"}, `blocking is "perhaps"; it must be true or false`},
		{"add_memory", map[string]any{"content": "x", "confidence": 2}, "confidence is 2; the most is 1"},
	} {
		text := c.fails(tt.tool, tt.args)
		require.Contains(t, text, tt.tool+": "+tt.want)
		require.Contains(t, text, "Valid arguments are, for example, {")
		require.Contains(t, text, "Code: invalid_input")
	}
	// What a model meant is taken as such.
	for tool, args := range map[string]map[string]any{
		"claim_task":  {"lease_minutes": "15", "id": nil},
		"create_task": {"title": "x", "depends_on": `["t-7k3f"]`, "priority": "HIGH"},
		"get_tasks":   {"status": "in_progress", "limit": 5.0},
		"ask_person":  {"question": "?", "blocking": "True"},
	} {
		require.Contains(t, c.fails(tool, args), "database_unreachable", tool)
	}
	c.close()
}
