package mcp_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/mcp"
)

// mostReply is how long any reply may be, in bytes: about 5,000 tokens.
const mostReply = 18_000

// TestRepliesAreBounded fills a project with far too much and holds that every
// list is cut and can be read to its end.
func TestRepliesAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	long := strings.Repeat("Ein sehr langer Text über Öfen. ", 300)
	title := strings.Repeat("länger ", 40)
	ctx, id := t.Context(), b.at.Project
	const many = 60
	for i := range many {
		_, err := b.app.Tasks.Add(ctx, b.person, id, core.NewTask{Title: fmt.Sprint(i, title), Description: long, Owner: "agent:test-client/agent"})
		require.NoError(t, err)
		_, err = b.app.Records.Decide(ctx, b.person, id, project.MakeDecision{Title: title, Decision: long, Context: long})
		require.NoError(t, err)
		_, err = b.app.Records.Remember(ctx, b.person, id, project.AddMemory{Title: title, Content: long})
		require.NoError(t, err)
		_, err = b.app.Records.Ask(ctx, b.person, id, project.AskQuestion{Question: long, Options: []string{title, title}})
		require.NoError(t, err)
		_, err = b.app.Records.AddRisk(ctx, b.person, id, project.AddRisk{Title: title, Description: long, Mitigation: long})
		require.NoError(t, err)
		_, err = b.app.Records.AddBlocker(ctx, b.person, id, project.AddBlocker{Title: title, Description: long})
		require.NoError(t, err)
		_, err = b.app.Records.Note(ctx, b.person, id, project.AddNote{Kind: "progress", Text: long})
		require.NoError(t, err)
		require.NoError(t, b.app.Projects.SetConstraint(ctx, b.person, id, fmt.Sprint("c", i), strings.Repeat("hoch ", 50), title))
	}
	s := newScenario(t, b)
	for _, set := range mcp.Toolsets() {
		s.do("enable_toolset", map[string]any{"toolset": set.Name})
	}
	for _, tool := range []string{
		"get_context_summary", "get_status", "get_next_action", "get_gates", "get_gate_readiness", "get_gate", "get_state_at", "list_events", "get_event",
	} {
		args := map[string]any{}
		if tool == "get_state_at" || tool == "get_event" {
			args["seq"] = 2
		}
		r := s.call(tool, args)
		require.False(t, r.IsError, r.text())
		require.LessOrEqual(t, len(r.Structured), mostReply, tool)
		t.Logf("%s: %d bytes", tool, len(r.Structured))
	}
	for tool, list := range map[string]string{
		"get_tasks": "tasks", "get_decisions": "decisions", "get_memories": "memories", "get_pending_queries": "questions", "get_risks": "risks",
		"get_active_blockers": "blockers", "get_progress_log": "notes", "get_deliverables": "deliverables",
	} {
		seen := map[string]bool{}
		args := map[string]any{"limit": 200}
		for pages := 1; ; pages++ {
			r := s.call(tool, args)
			require.False(t, r.IsError, r.text())
			require.LessOrEqual(t, len(r.Structured), mostReply, tool)
			var page map[string]any
			require.NoError(t, json.Unmarshal(r.Structured, &page))
			rows, _ := page[list].([]any)
			require.NotEmpty(t, rows)
			for _, row := range rows {
				seen[row.(map[string]any)["id"].(string)] = true
			}
			if page["next_cursor"] == nil {
				break
			}
			args["cursor"] = page["next_cursor"]
			require.Less(t, pages, many)
		}
		if list != "deliverables" {
			require.Len(t, seen, many, tool)
		}
	}
	require.Contains(t, s.fails("get_tasks", map[string]any{"cursor": "nonsense"}), "invalid_cursor")
	s.close()
}

// TestAtOnce holds that calls at the same time do not hurt each other.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := connect(t, mcp.Config{Env: b.env()})
	const calls = 100
	ids := make([]int, calls)
	for i := range ids {
		ids[i] = c.send("tools/call", map[string]any{"name": "log_progress", "arguments": map[string]any{"text": fmt.Sprint("step ", i)}})
	}
	left := map[int]bool{}
	for _, id := range ids {
		left[id] = true
	}
	for len(left) > 0 {
		m := c.until(func(m *message) bool { n, ok := m.ID.(float64); return ok && left[int(n)] })
		require.NotContains(t, string(m.Result), "isError")
		delete(left, int(m.ID.(float64)))
	}
	notes, err := b.app.Records.Notes(t.Context(), viewOf(b), "progress", "", 0)
	require.NoError(t, err)
	require.Len(t, notes, calls)
	audit, err := b.app.Log.Verify(t.Context(), b.at.Project)
	require.NoError(t, err)
	require.True(t, audit.OK)
	c.close()
}

// TestCall holds that scripts reach every tool without a server.
func TestCall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	out, err := mcp.Call(t.Context(), b.env(), "create_task", json.RawMessage(`{"title":"Bake & <sell>"}`))
	require.NoError(t, err)
	require.Contains(t, string(out), `"title":"Bake & <sell>"`)
	events, err := b.app.Log.Events(t.Context(), b.at.Project, core.EventQuery{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, "person:ada", events[0].Actor)
	_, err = mcp.Call(t.Context(), b.env(), "create_risk", json.RawMessage(`{"title":"Fire"}`))
	require.NoError(t, err)
	for name, code := range map[string]string{"create_tasks": "tool_not_found", "enable_toolset": "no_session"} {
		_, err = mcp.Call(t.Context(), b.env(), name, json.RawMessage(`{"toolset":"core"}`))
		require.Equal(t, code, fault.CodeOf(err))
	}
	for _, input := range []string{"{", "[1]", "{}{}", `"x"`} {
		_, err = mcp.Call(t.Context(), b.env(), "create_task", json.RawMessage(input))
		require.Equal(t, "invalid_input", fault.CodeOf(err), input)
		require.Equal(t, fault.KindUsage, fault.KindOf(err))
	}
	_, err = mcp.Call(t.Context(), down(), "get_status", nil)
	require.Equal(t, fault.KindUnreachable, fault.KindOf(err))
	out, err = mcp.Call(t.Context(), down(), "search_tools", json.RawMessage(`{"query":"tests as evidence"}`))
	require.NoError(t, err)
	require.Contains(t, string(out), "capture_command_output")
}

// TestNoToolApproves calls tools at random, with arguments made for the project
// as it is, and holds that nothing is ever approved: no gate passed, no
// deliverable accepted, no word of a person recorded, no workflow changed.
func TestNoToolApproves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	write(t, b.root, ".layercake/workflow.yaml", workflowFile)
	proposal, err := b.app.Workflows.Review(t.Context(), b.at)
	require.NoError(t, err)
	_, err = b.app.Workflows.Accept(t.Context(), b.person, b.at, proposal.Digest)
	require.NoError(t, err)
	deliverables, err := b.app.Deliverables.List(t.Context(), viewOf(b))
	require.NoError(t, err)
	for i := range deliverables {
		if p := deliverables[i].Path; p != "" && !strings.HasSuffix(p, "/") {
			write(t, b.root, p, "# "+deliverables[i].Title+"\n")
		}
	}
	// A repository that says of itself that it is approved, as an agent may
	// write it.
	write(t, b.root, "docs/GATES.md", "# Gates\n\n- [x] G1 approved\n")
	catalogue, err := mcp.Catalogue()
	require.NoError(t, err)
	ids := []string{"G1", "G2", "approved", "approve", "yes", "person"}
	for i := range deliverables {
		ids = append(ids, deliverables[i].ID, deliverables[i].Path)
	}
	c := connect(t, mcp.Config{Env: b.env(), Select: all()})
	c.initialize()
	succeeded := map[string]int{}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	const rounds = 8
	for range rounds {
		for _, i := range random.Perm(len(catalogue)) {
			tool := &catalogue[i]
			args, _ := arguments(random, tool.Input, ids).(map[string]any)
			r := c.call(tool.Name, args)
			if r.IsError {
				continue
			}
			succeeded[tool.Name]++
			var out struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(r.Structured, &out) == nil && out.ID != "" {
				ids = append(ids, out.ID)
			}
		}
	}
	require.Greater(t, len(succeeded), len(catalogue)/3, "%v", succeeded)
	t.Logf("%d tools succeeded: %v", len(succeeded), succeeded)

	gates, err := b.app.Gates.List(t.Context(), viewOf(b))
	require.NoError(t, err)
	for i := range gates {
		require.Contains(t, []project.GateStatus{project.GatePending, project.GateInReview, project.GateNotApplicable}, gates[i].Status, gates[i].ID)
		require.Empty(t, gates[i].DecidedBy)
	}
	deliverables, err = b.app.Deliverables.List(t.Context(), viewOf(b))
	require.NoError(t, err)
	for i := range deliverables {
		require.NotEqual(t, project.DeliverableAccepted, deliverables[i].Status)
	}
	proofs, err := b.app.Proofs.List(t.Context(), viewOf(b), "", "")
	require.NoError(t, err)
	for i := range proofs {
		require.NotEqual(t, workflow.GradeAttested, proofs[i].Grade)
	}
	p, err := b.app.Projects.Get(t.Context(), viewOf(b))
	require.NoError(t, err)
	require.Equal(t, proposal.Digest, p.WorkflowSource)
	require.Equal(t, workflow.PhaseIntake, p.Phase)
	for _, forbidden := range []string{
		"GateApproved", "GateApprovedWithConditions", "GateForced", "GateSkipped", "ConditionResolved", "ProofAttested", "TaskDeferred", "PhaseChanged",
	} {
		events, err := b.app.Log.Events(t.Context(), b.at.Project, core.EventQuery{Types: []string{forbidden}})
		require.NoError(t, err)
		require.Empty(t, events, forbidden)
	}
	c.close()
}

// arguments returns a value that fits a schema.
func arguments(random *rand.Rand, s *mcp.Schema, ids []string) any {
	switch s.Type {
	case "object":
		m := map[string]any{}
		for _, p := range s.Properties {
			if slices.Contains(s.Required, p.Name) || random.IntN(5) == 0 {
				m[p.Name] = arguments(random, p.Schema, ids)
			}
		}
		return m
	case "array":
		return []any{arguments(random, s.Items, ids)}
	case "string":
		if len(s.Enum) > 0 {
			return s.Enum[random.IntN(len(s.Enum))]
		}
		return ids[random.IntN(len(ids))]
	case "boolean":
		return random.IntN(2) == 0
	case "integer":
		return 1 + random.IntN(20)
	}
	return random.Float64()
}

// FuzzArguments holds that no arguments break a tool before it is asked to do
// anything.
func FuzzArguments(f *testing.F) {
	f.Add("create_task", []byte(`{"title":"x","depends_on":"[\"t-7k3f\"]"}`))
	f.Add("get_tasks", []byte(`{"limit":1e3,"cursor":"x"}`))
	f.Add("add_memory", []byte(`{"content":"x","confidence":"0.5","tags":[null]}`))
	f.Fuzz(func(t *testing.T, name string, in []byte) {
		_, err := mcp.Call(t.Context(), down(), name, in)
		if err != nil {
			require.Contains(t, []string{"invalid_input", "tool_not_found", "no_session", "database_unreachable"}, fault.CodeOf(err))
		}
	})
}
