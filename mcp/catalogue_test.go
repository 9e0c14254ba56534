package mcp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/mcp"
)

// What the tools may cost: models pay for every byte in every session.
const (
	mostPerTool   = 1500   // bytes of name, description and input schema
	mostCore      = 16_000 // bytes of the core tools, about 4,000 tokens
	bytesPerToken = 4
	mostGrowth    = 1.05
	sizeFile      = "testdata/size.txt"
)

// Flags of the test binary.
var (
	update     = flag.Bool("update", false, "write the snapshots of the tools")
	updateSize = flag.Bool("update-size", false, "accept the total size of the tools")
)

// shown is what a model sees of a tool.
type shown struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Input       json.RawMessage `json:"inputSchema"`  //nolint:tagliatelle // the protocol's name
	Output      json.RawMessage `json:"outputSchema"` //nolint:tagliatelle // the protocol's name
	Annotations map[string]any  `json:"annotations"`
	Meta        map[string]any  `json:"_meta"` //nolint:tagliatelle // the protocol's name
}

func (s *shown) visible() int { return len(s.Name) + len(s.Description) + len(s.Input) }

// down is an environment whose database does not answer.
func down() mcp.Env {
	return mcp.Env{Open: func(context.Context) (*core.App, core.Place, core.Caller, error) {
		return nil, core.Place{}, core.Caller{}, fault.New(fault.KindUnreachable, "database_unreachable", "the database does not answer").
			WithHint("run `layercake doctor`")
	}}
}

// listed returns the answer to tools/list of a server with these options.
func listed(t testing.TB, sel mcp.Selection) []shown {
	t.Helper()
	s, err := mcp.New(mcp.Config{Env: down(), Select: sel})
	require.NoError(t, err)
	answer := s.MCP().HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`))
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	var reply struct {
		Result struct {
			Tools      []shown `json:"tools"`
			NextCursor string  `json:"nextCursor"` //nolint:tagliatelle // the protocol's name
		} `json:"result"`
	}
	require.NoError(t, json.Unmarshal(text, &reply))
	require.Empty(t, reply.Result.NextCursor)
	return reply.Result.Tools
}

func all() mcp.Selection { return mcp.Selection{Toolsets: []string{"all"}} }

// TestTools holds what every tool must say of itself.
func TestTools(t *testing.T) {
	t.Parallel()
	catalogue, err := mcp.Catalogue()
	require.NoError(t, err)
	tools := listed(t, all())
	require.Len(t, tools, len(catalogue))
	seen := map[string]bool{}
	for _, tool := range tools {
		require.Regexp(t, `^[a-z][a-z0-9]*(_[a-z0-9]+)*$`, tool.Name)
		require.LessOrEqual(t, len(tool.Name), 40, tool.Name)
		require.False(t, seen[tool.Name], tool.Name)
		seen[tool.Name] = true
		require.NotEmpty(t, tool.Title, tool.Name)
		require.GreaterOrEqual(t, len(tool.Description), 40, tool.Name)
		for _, hint := range []string{"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"} {
			require.IsType(t, true, tool.Annotations[hint], "%s: %s", tool.Name, hint)
		}
		if tool.Annotations["readOnlyHint"] == true {
			require.Equal(t, false, tool.Annotations["destructiveHint"], tool.Name)
		}
		require.LessOrEqual(t, tool.visible(), mostPerTool, tool.Name)
		require.NotEmpty(t, tool.Meta["anthropic/searchHint"], tool.Name)
		requireSchema(t, tool.Name, tool.Input, true)
		requireSchema(t, tool.Name, tool.Output, false)
	}
	for _, tool := range catalogue {
		require.True(t, seen[tool.Name], tool.Name)
		require.NotEmpty(t, tool.Example, tool.Name)
	}
	for _, verb := range []string{"reject", "skip", "reopen", "force", "condition"} {
		for name := range seen {
			require.NotContains(t, name, verb, "what people decide has no tool")
		}
	}
}

// requireSchema holds what clients need of a schema: an object with one type
// for everything, no combinators, nothing empty by accident.
func requireSchema(t *testing.T, name string, raw json.RawMessage, closed bool) {
	t.Helper()
	var s map[string]any
	require.NoError(t, json.Unmarshal(raw, &s), name)
	require.Equal(t, "object", s["type"], name)
	for _, combinator := range []string{"oneOf", "anyOf", "allOf", "$ref"} {
		require.NotContains(t, string(raw), `"`+combinator+`"`, name)
	}
	require.NotContains(t, string(raw), "null", name)
	properties, ok := s["properties"].(map[string]any)
	require.True(t, ok, name)
	if closed {
		require.Equal(t, false, s["additionalProperties"], name)
	} else {
		require.NotEmpty(t, properties, name)
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		m, ok := v.(map[string]any)
		require.True(t, ok, path)
		require.IsType(t, "", m["type"], path)
		if m["type"] == "array" {
			walk(path+"[]", m["items"])
		}
		if p, ok := m["properties"].(map[string]any); ok {
			for k, v := range p {
				walk(path+"."+k, v)
			}
		}
	}
	walk(name, s)
}

// TestEmptyInputsAreMeant lists the tools without arguments, so that a schema
// that lost them is noticed.
func TestEmptyInputsAreMeant(t *testing.T) {
	t.Parallel()
	var none []string
	for _, tool := range listed(t, all()) {
		if strings.Contains(string(tool.Input), `"properties":{}`) {
			none = append(none, tool.Name)
		}
	}
	require.ElementsMatch(t, []string{"get_context_summary", "get_next_action", "get_status", "verify_audit_chain", "get_index_status",
		"get_parallel_execution_status", "get_queue_stats"}, none)
}

// TestCore holds that the core is small, loaded from the start, and complete.
func TestCore(t *testing.T) {
	t.Parallel()
	size := 0
	var names []string
	for _, tool := range listed(t, mcp.Selection{Toolsets: []string{"core"}}) {
		size += tool.visible()
		names = append(names, tool.Name)
		require.Equal(t, true, tool.Meta["anthropic/alwaysLoad"], tool.Name)
	}
	require.ElementsMatch(t, []string{
		"get_context_summary", "get_next_action", "get_status", "get_gates", "get_tasks", "create_task", "claim_task", "complete_task",
		"get_gate_readiness", "capture_command_output", "record_decision", "add_memory", "log_progress", "ask_person", "search_tools", "enable_toolset",
		"search_code", "search_context",
	}, names)
	require.LessOrEqual(t, size, mostCore)
	t.Logf("core: %d tools, %d bytes, about %d tokens", len(names), size, size/bytesPerToken)
	for _, tool := range listed(t, all()) {
		if tool.Meta["anthropic/alwaysLoad"] == nil {
			require.NotContains(t, names, tool.Name)
		}
	}
}

// TestSnapshots holds that what models see changes only on purpose, and does
// not grow unnoticed.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	const dir = "testdata/snapshots"
	tools := listed(t, all())
	total := 0
	known := map[string]bool{}
	for i := range tools {
		tool := &tools[i]
		total += tool.visible()
		known[tool.Name+".json"] = true
		text, err := json.Marshal(tool)
		require.NoError(t, err)
		var pretty bytes.Buffer
		require.NoError(t, json.Indent(&pretty, text, "", "  "))
		pretty.WriteByte('\n')
		file := filepath.Join(dir, tool.Name+".json")
		if *update {
			require.NoError(t, os.MkdirAll(dir, 0o755))
			require.NoError(t, os.WriteFile(file, pretty.Bytes(), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err, "run go test ./mcp -run TestSnapshots -update, and look at what changed")
		require.Equal(t, string(want), pretty.String(), "run go test ./mcp -run TestSnapshots -update, and look at what changed")
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.True(t, known[e.Name()], "%s belongs to no tool", e.Name())
	}
	if *updateSize {
		require.NoError(t, os.WriteFile(sizeFile, []byte(strconv.Itoa(total)+"\n"), 0o644))
	}
	text, err := os.ReadFile(sizeFile)
	require.NoError(t, err)
	accepted, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.LessOrEqual(t, float64(total), float64(accepted)*mostGrowth,
		"the tools grew by more than 5 %% since their size was accepted; run with -update-size if that is meant")
	t.Logf("all: %d tools, %d bytes, about %d tokens", len(tools), total, total/bytesPerToken)
}

// TestReferenceIsFresh holds that the reference is what the tools say.
func TestReferenceIsFresh(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, mcp.WriteReference(&b))
	have, err := os.ReadFile("../docs/reference/mcp-tools.md")
	require.NoError(t, err)
	require.Equal(t, b.String(), string(have), "run go generate ./mcp")
}

// TestSelection holds what the options show and hide.
func TestSelection(t *testing.T) {
	t.Parallel()
	names := func(sel mcp.Selection) []string {
		var out []string
		for _, tool := range listed(t, sel) {
			out = append(out, tool.Name)
		}
		return out
	}
	def := names(mcp.Selection{})
	require.Contains(t, def, "get_gate")
	require.Contains(t, def, "update_task")
	require.NotContains(t, def, "create_risk")
	require.LessOrEqual(t, len(def), 40)
	require.Equal(t, def, names(mcp.Selection{Toolsets: []string{"default"}}))
	require.ElementsMatch(t, []string{"create_risk", "get_task"}, names(mcp.Selection{Tools: []string{"create_risk", "get_task"}}))
	require.NotContains(t, names(mcp.Selection{Toolsets: []string{"all"}, Exclude: []string{"create_risk"}}), "create_risk")
	for _, tool := range listed(t, mcp.Selection{Toolsets: []string{"all"}, ReadOnly: true}) {
		if tool.Name != "enable_toolset" {
			require.Equal(t, true, tool.Annotations["readOnlyHint"], tool.Name)
		}
	}
	for _, bad := range []struct {
		sel  mcp.Selection
		code string
	}{
		{mcp.Selection{Toolsets: []string{"taks"}}, "unknown_toolset"},
		{mcp.Selection{Tools: []string{"create_tsk"}}, "tool_not_found"},
		{mcp.Selection{Exclude: []string{"skip_gate"}}, "tool_not_found"},
	} {
		_, err := mcp.New(mcp.Config{Env: down(), Select: bad.sel})
		require.Equal(t, bad.code, fault.CodeOf(err))
	}
}
