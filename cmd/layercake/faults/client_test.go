//go:build unix

package faults

import (
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"
)

// agent is an MCP client with the server that it spawned.
type agent struct {
	client *client.Client
	server *exec.Cmd
}

// agent starts a server and greets it.
func (u *user) agent(t testing.TB) *agent {
	t.Helper()
	a := &agent{}
	var err error
	a.client, err = client.NewStdioMCPClientWithOptions(u.program, u.env, []string{"mcp"},
		transport.WithCommandFunc(func(ctx context.Context, command string, env []string, args []string) (*exec.Cmd, error) {
			a.server = exec.CommandContext(ctx, command, args...)
			a.server.Dir, a.server.Env = u.dir, env
			return a.server, nil
		}))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "robot", Version: "1"}
	_, err = a.client.Initialize(ctx, hello)
	require.NoError(t, err)
	return a
}

// answer is what a tool said: text when it worked, a code when it was refused,
// and lost when there was no answer because the server is gone.
type answer struct {
	text string
	code string
	lost bool
}

// call calls a tool. Arguments are a map or, as raw JSON, a json.RawMessage.
func (a *agent) call(t testing.TB, tool string, arguments any) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = tool, arguments
	began := time.Now()
	got, err := a.client.CallTool(ctx, request)
	if time.Since(began) >= patience {
		t.Errorf("the tool %s hung", tool)
	}
	if err != nil {
		return answer{lost: true, text: err.Error()}
	}
	var text strings.Builder
	for _, part := range got.Content {
		if said, ok := part.(mcp.TextContent); ok {
			text.WriteString(said.Text)
		}
	}
	said := answer{text: text.String()}
	if got.IsError {
		_, said.code, _ = strings.Cut(said.text, "\nCode: ")
		if said.code == "" || said.code == "internal" {
			t.Errorf("the tool %s failed without a code: %s", tool, said.text)
		}
	}
	return said
}

// add asks for a task and keeps account of it.
func (a *agent) add(t testing.TB, count *tally, title string) answer {
	t.Helper()
	count.ask(title)
	arguments, err := json.Marshal(map[string]string{"title": title})
	require.NoError(t, err)
	said := a.call(t, "create_task", json.RawMessage(arguments))
	if !said.lost && said.code == "" {
		count.done(title)
	}
	return said
}

// close lets the server end, or notices that it has.
func (a *agent) close() { _ = a.client.Close() }
