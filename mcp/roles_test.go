package mcp_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
