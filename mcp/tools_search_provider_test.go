package mcp_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/embed"
	"github.com/layercake-dev/layercake/core/search/embed/embedtest"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/mcp"
)

// TestProviderIsTold holds that replies say whether a provider was heard and why not,
// that only index_codebase has anything paid, and that a provider which hangs holds
// nobody up for long.
func TestProviderIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := embedtest.New()
	defer p.Close()
	store, err := db.Open(t.Context(), b.url, db.Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	b.app = core.New(core.Config{
		Store: store, Artifacts: b.artifacts, Environ: []string{"PATH=" + os.Getenv("PATH")},
		Provider: search.Provider{Config: embed.Config{
			Provider: embed.OpenAI, BaseURL: p.Base(), Transport: p.Client().Transport, Getenv: func(string) string { return embedtest.Key },
		}},
	})
	write(t, b.root, "oven/oven.go", shopCode)
	c := connect(t, mcp.Config{Env: b.env(), Select: mcp.Selection{Toolsets: []string{"all"}}})
	c.initialize()
	defer c.close()
	call := func(tool string, in map[string]any) (out map[string]any) {
		r := c.call(tool, in)
		require.False(t, r.IsError, r.text())
		require.NoError(t, json.Unmarshal(r.Structured, &out))
		return out
	}

	found := call("search_code", map[string]any{"query": "where is the fire lit"})
	require.NotEmpty(t, found["hits"])
	require.Contains(t, found["unheard"], "no chunk has a vector of text-embedding-3-small yet")
	require.LessOrEqual(t, p.Paid(), 1, "no more than the question")
	state := call("get_index_status", nil)["vectors"].(map[string]any)
	require.Zero(t, state["pieces"])
	require.Contains(t, state["missing"], "none yet")
	require.Equal(t, "run `layercake search index`", state["hint"])

	p.Behave(embedtest.Revoked())
	made := call("index_codebase", nil)["vectors"].(map[string]any)
	require.Contains(t, made["missing"], "does not accept the key")
	require.Contains(t, call("get_index_status", nil)["vectors"].(map[string]any)["missing"], "does not accept the key")
	p.Behave(nil)
	made = call("index_codebase", nil)["vectors"].(map[string]any)
	require.Positive(t, made["made"])
	require.NotContains(t, made, "missing")
	require.NotContains(t, made, "cost_usd", "the price at another address is not known")
	require.NotContains(t, call("search_code", map[string]any{"query": "where is the fire lit"}), "unheard")
	require.NotContains(t, call("search_context", map[string]any{"query": "where is the fire lit"}), "unheard")
	require.NotContains(t, call("get_index_status", nil)["vectors"], "missing")

	// One that hangs is waited for once, and not for long.
	p.Behave(embedtest.Hanging())
	began := time.Now()
	found = call("search_code", map[string]any{"query": "who waits after a failure"})
	require.Less(t, time.Since(began), embed.DefaultQueryLimit+3*time.Second)
	require.NotEmpty(t, found["hits"])
	require.Contains(t, found["unheard"], "did not answer within 2s")
	asked := p.Requests()
	gathered := call("search_context", map[string]any{"query": "who waits longer each time"})
	require.NotEmpty(t, gathered["pieces"])
	require.Contains(t, gathered["unheard"], "asked again from")
	require.Equal(t, asked, p.Requests())
}
