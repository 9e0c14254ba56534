package mcp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/search"
)

const shopCode = `package shop

// Oven bakes bread, and keeps trying when the fire is out.
type Oven struct{ tries int }

// Bake waits longer after each failure, so that the fire can be lit again.
func (o *Oven) Bake(light func() error) error {
	for {
		if light() == nil {
			return nil
		}
		o.tries++
		pause(o.tries)
	}
}

func pause(tries int) {}
`

func (s *scenario) code(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	write(t, b.root, "oven/oven.go", shopCode)
	write(t, b.root, "till/till.py", "class Till:\n    def bake(self, loaves):\n        return loaves * 3\n")
	status := s.do("get_index_status", nil)
	require.Equal(t, "none", status["state"])

	// The first search makes the index, which another process then has.
	found := s.do("search_code", map[string]any{"query": "what happens when the fire is out"})
	require.Equal(t, "oven/oven.go", first(t, found, "hits")["path"])
	require.Equal(t, "current", found["index"].(map[string]any)["state"])
	st, err := other.Search.Status(t.Context(), b.at.InSearch())
	require.NoError(t, err)
	require.Equal(t, search.StateCurrent, st.State)
	status = s.do("get_index_status", nil)
	require.Equal(t, "current", status["state"])
	require.EqualValues(t, 1, status["languages"].(map[string]any)["python"])

	hit := first(t, s.do("search_code", map[string]any{"query": "Oven.Bake", "limit": 1}), "hits")
	require.Equal(t, "Oven.Bake", hit["symbol"])
	require.EqualValues(t, 7, hit["line"])
	hit = first(t, s.do("search_code", map[string]any{"query": "bake lang:python", "content": true}), "hits")
	require.Equal(t, "till/till.py", hit["path"])
	require.Contains(t, hit["text"], "class Till:")
	small := s.do("search_code", map[string]any{"query": "bake", "content": true, "max_tokens": 100})
	require.Positive(t, small["left_out"])
	lines := s.do("search_code", map[string]any{"query": `o\.tries\b`, "mode": "regex", "paths": []string{"oven/"}})["hits"].([]any)
	require.Len(t, lines, 2)
	page := s.do("search_code", map[string]any{"query": "o.tries", "mode": "exact", "limit": 1})
	require.Equal(t, "1", page["next_cursor"])
	require.Contains(t, s.fails("search_code", map[string]any{"query": "("}), "no_words")
	require.Contains(t, s.fails("search_code", map[string]any{"query": "bake", "languages": []string{"pyhton"}}), "id you mean python")
	require.Contains(t, s.fails("search_code", map[string]any{"query": "bake kind:methd"}), "id you mean method")
	require.Contains(t, s.fails("search_code", map[string]any{"query": "(", "mode": "regex"}), "invalid_regexp")

	gathered := s.do("search_context", map[string]any{"query": "how is bread baked", "max_tokens": 1000})
	require.Contains(t, fmt.Sprint(gathered["pieces"]), "func (o *Oven) Bake")
	require.LessOrEqual(t, gathered["tokens"], 1000.0)
	seen := map[string]bool{}
	for _, p := range gathered["pieces"].([]any) {
		piece := p.(map[string]any)
		for i := range strings.Split(piece["text"].(string), "\n") {
			line := fmt.Sprint(piece["path"], piece["start_line"].(float64)+float64(i))
			require.False(t, seen[line], "%s comes twice", line)
			seen[line] = true
		}
	}

	symbols := s.do("find_symbol", map[string]any{"name": "bake", "references": true, "kinds": []string{"method"}})
	require.Len(t, symbols["symbols"], 2)
	require.Equal(t, "Till.bake", first(t, symbols, "symbols")["name"])
	used := s.do("find_symbol", map[string]any{"name": "pause", "references": true})
	require.Len(t, used["references"], 1)
	require.EqualValues(t, 13, first(t, used, "references")["line"])
	outline := s.do("get_file_outline", map[string]any{"path": b.root + "/oven/oven.go"})
	require.Equal(t, "Oven", first(t, outline, "symbols")["name"])
	around := s.do("get_code_context", map[string]any{"path": "oven/oven.go", "line": 9})
	require.Equal(t, "Oven.Bake", first(t, around, "in")["name"])
	require.Contains(t, s.fails("get_code_context", map[string]any{"path": "oven/oven.go", "line": 999}), "no line 999")
	require.Contains(t, s.fails("get_file_outline", map[string]any{"path": "../../etc/passwd"}), "outside_of_project")
	s.do("find_similar_code", map[string]any{"path": "oven/oven.go", "line": 7})
	s.do("find_similar_code", map[string]any{"code": "def bake(self, loaves):\n    return loaves"})
	require.Contains(t, s.fails("find_similar_code", map[string]any{"path": "oven/oven.go"}), "ive a path with a line")

	// What changed is read, and force reads all.
	write(t, b.root, "till/coin.py", "class Coin:\n    pass\n")
	done := s.do("index_codebase", nil)
	require.EqualValues(t, 1, done["read"])
	done = s.do("index_codebase", map[string]any{"force": true})
	require.EqualValues(t, 0, done["unchanged"])
}

// first is the first record of a list in a reply.
func first(t *testing.T, reply map[string]any, list string) map[string]any {
	t.Helper()
	all, ok := reply[list].([]any)
	require.True(t, ok, reply)
	require.NotEmpty(t, all, reply)
	return all[0].(map[string]any)
}
