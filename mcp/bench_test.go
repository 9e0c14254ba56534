package mcp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/mcp"
)

// BenchmarkNew is the part of a process's start that is ours.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		_, err := mcp.New(mcp.Config{Env: down(), Select: all()})
		require.NoError(b, err)
	}
}

// BenchmarkCalls are whole round trips over a pair of pipes: reading without
// and with a look at the files, and writing.
func BenchmarkCalls(b *testing.B) {
	for _, bb := range []struct {
		name, method string
		params       map[string]any
	}{
		{"tools_list", "tools/list", nil},
		{"get_tasks", "tools/call", map[string]any{"name": "get_tasks", "arguments": map[string]any{}}},
		{"get_context_summary", "tools/call", map[string]any{"name": "get_context_summary", "arguments": map[string]any{}}},
		{"create_task", "tools/call", map[string]any{"name": "create_task", "arguments": map[string]any{"title": "Bake"}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			bakery := setup(b)
			c := connect(b, mcp.Config{Env: bakery.env(), Select: all()})
			c.initialize()
			for b.Loop() {
				c.request(bb.method, bb.params)
			}
			c.close()
		})
	}
}
