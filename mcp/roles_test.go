package mcp_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/mcp"
)

// TestRolesNameRealTools holds the built-in roles to the catalogue: what their
// settings name exists, and what they are told to call they may call.
func TestRolesNameRealTools(t *testing.T) {
	t.Parallel()
	tools, err := mcp.Catalogue()
	require.NoError(t, err)
	set := map[string]string{}
	for i := range tools {
		set[tools[i].Name] = tools[i].Toolset
	}
	named := regexp.MustCompile("`([a-z]+(?:_[a-z]+)+)`")
	roles := role.Builtin()
	require.Len(t, roles, 14)
	for i := range roles {
		r := &roles[i]
		require.Empty(t, mcp.UnknownTools(r.Tools), r.ID)
		told := named.FindAllStringSubmatch(r.Body, -1)
		require.NotEmpty(t, told, r.ID)
		for _, m := range told {
			if workflow.ValidProofType(m[1]) || slices.Contains([]string{"spec_refs", "depends_on"}, m[1]) {
				continue
			}
			if assert.Contains(t, set, m[1], "%s is told to call %s", r.ID, m[1]) {
				may := slices.Contains(r.Tools, m[1]) || slices.Contains(r.Tools, set[m[1]])
				assert.True(t, may && !slices.Contains(r.Tools, "-"+m[1]), "%s is told to call %s and may not", r.ID, m[1])
			}
		}
		for _, tool := range []string{"capture_command_output", "ask_person", "complete_task"} {
			assert.True(t, slices.Contains(r.Tools, set[tool]), "%s may not call %s", r.ID, tool)
		}
		assert.NotContains(t, r.Body, "approve_gate", r.ID)
	}
}

func TestUnknownTools(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"serch_code", "-codes"}, mcp.UnknownTools([]string{"core", "serch_code", "-undo_change", "-codes", "search_code"}))
}

// roles calls the tools that show roles and briefings.
func (s *scenario) roles(t *testing.T, b *bundle, _ *core.App) {
	t.Helper()
	list, _ := s.do("list_agent_roles", nil)["roles"].([]any)
	require.Len(t, list, 14)
	r := s.do("get_agent_role", map[string]any{"role": "qa-engineer"})
	require.Contains(t, r["body"], "## Definition of done")
	require.NotEmpty(t, r["leaves"])
	require.Contains(t, s.fails("get_agent_role", map[string]any{"role": "qa-enginer"}), "id you mean qa-engineer?")
	task := s.id("create_task", map[string]any{"title": "Knead the dough"})
	got := s.do("get_agent_context", map[string]any{"role": "backend-developer", "task": task, "max_tokens": 4000})
	require.Contains(t, got["prompt"], "Knead the dough")
	require.Contains(t, got["system"], "Backend developer")
	require.Less(t, got["tokens"], 4001.0)

	dir := filepath.Join(b.at.Root, role.Dir)
	require.NoError(t, os.MkdirAll(dir, 0o750))
	text := "---\ntitle: Baker\npurpose: Bakes.\ntools: [core, ovens]\n---\nBake.\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "baker.md"), []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken.md"), []byte("Bake"), 0o600))
	list, _ = s.do("list_agent_roles", nil)["roles"].([]any)
	require.Len(t, list, 16)
	require.Contains(t, list[15], "problem")
	require.Equal(t, []any{"ovens"}, s.do("get_agent_role", map[string]any{"role": "baker"})["unknown_tools"])
	require.NoError(t, os.RemoveAll(dir))
}

// TestRolesAsPromptsAndResources holds that each role is a prompt with a task, and
// that its file can be read.
func TestRolesAsPromptsAndResources(t *testing.T) {
	t.Parallel()
	b := setup(t)
	task, err := b.app.Tasks.Add(t.Context(), b.person, b.at.Project, core.NewTask{Title: "Bake"})
	require.NoError(t, err)
	c := connect(t, mcp.Config{Env: b.env()})
	c.initialize()
	var list struct {
		Prompts []struct {
			Name      string `json:"name"`
			Arguments []struct {
				Name     string `json:"name"`
				Required bool   `json:"required"`
			} `json:"arguments"`
		} `json:"prompts"`
	}
	require.NoError(t, json.Unmarshal(c.request("prompts/list", nil), &list))
	require.Len(t, list.Prompts, 14)
	require.Equal(t, "task", list.Prompts[0].Arguments[0].Name)
	told := string(c.request("prompts/get", map[string]any{"name": "qa-engineer", "arguments": map[string]any{"task": task.ShortID}}))
	require.Contains(t, told, "You work as QA engineer")
	require.Contains(t, told, task.ShortID+": Bake")
	require.Contains(t, string(c.request("prompts/get", map[string]any{"name": "architect"})), "for the current gate")
	m := c.await(c.send("prompts/get", map[string]any{"name": "architect", "arguments": map[string]any{"task": "t-zzzz"}}))
	require.NotNil(t, m.Error)
	require.Contains(t, m.Error.Message, "there is no task t-zzzz")
	offered := string(c.request("completion/complete", map[string]any{
		"ref": map[string]any{"type": "ref/prompt", "name": "architect"}, "argument": map[string]any{"name": "task", "value": "t-"},
	}))
	require.Contains(t, offered, task.ShortID)

	var r contents
	for _, id := range []string{"current", "bakery"} {
		require.NoError(t, json.Unmarshal(c.request("resources/read", map[string]any{"uri": "layercake://project/" + id + "/agents/qa-engineer"}), &r))
		raw, _ := role.Raw("qa-engineer")
		require.Equal(t, raw, r.Contents[0].Text)
		require.Equal(t, "text/markdown", r.Contents[0].MIMEType)
	}
	m = c.await(c.send("resources/read", map[string]any{"uri": "layercake://project/current/agents/../../x"}))
	require.NotNil(t, m.Error)
	require.Contains(t, string(c.request("resources/templates/list", nil)), "layercake://project/{id}/agents/{role}")
}
