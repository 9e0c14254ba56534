package mcp_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/mcp"
)

// TestBothProtocols holds that a client may begin with a handshake or without.
func TestBothProtocols(t *testing.T) {
	t.Parallel()
	for _, modern := range []bool{false, true} {
		b := setup(t)
		c := connect(t, mcp.Config{Env: b.env(), Version: "1.2.3", Session: "s-1"})
		c.modern = modern
		var hello struct {
			ServerInfo struct {
				Name    string `json:"name"`
				Version string `json:"version"`
			} `json:"serverInfo"`
			Instructions string `json:"instructions"`
		}
		if modern {
			require.NoError(t, json.Unmarshal(c.request("server/discover", nil), &hello))
		} else {
			require.NoError(t, json.Unmarshal(c.initialize(), &hello))
			require.Equal(t, "layercake", hello.ServerInfo.Name)
			require.Equal(t, "1.2.3", hello.ServerInfo.Version)
		}
		require.Contains(t, hello.Instructions, "get_context_summary")
		require.LessOrEqual(t, len([]rune(hello.Instructions)), 4096)

		var created struct {
			ID string `json:"id"`
		}
		c.must("create_task", map[string]any{"title": "Bake"}, &created)
		require.Regexp(t, `^t-[0-9a-z]{4,}$`, created.ID)
		task, err := b.open(t).Tasks.Get(t.Context(), viewOf(b), created.ID)
		require.NoError(t, err)
		require.Equal(t, "Bake", task.Title)
		events, err := b.open(t).Log.Events(t.Context(), b.at.Project, lastEvent())
		require.NoError(t, err)
		require.Equal(t, "agent:test-client/agent", events[0].Actor)
		require.Equal(t, "ada", events[0].OnBehalfOf)
		require.Equal(t, "s-1", events[0].Session)
		c.close()
	}
}
