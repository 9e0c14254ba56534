package mcp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/mcp"
)

// scenario calls tools and remembers which.
type scenario struct {
	*client
	t      *testing.T
	called map[string]bool
	output map[string]json.RawMessage
	writes map[string]bool
}

// maxWrite is how long the reply of a tool that writes may be, in bytes: about
// 200 tokens.
const maxWrite = 800

// do calls a tool that must succeed, holds its reply against its output schema
// and returns it.
func (s *scenario) do(tool string, args map[string]any) map[string]any {
	s.t.Helper()
	r := s.call(tool, args)
	require.False(s.t, r.IsError, "%s: %s", tool, r.text())
	require.JSONEq(s.t, string(r.Structured), r.text(), "structured content and text say the same")
	var out map[string]any
	require.NoError(s.t, json.Unmarshal(r.Structured, &out))
	var schema map[string]any
	require.NoError(s.t, json.Unmarshal(s.output[tool], &schema), tool)
	requireFits(s.t, tool, schema, out)
	if s.writes[tool] && tool != "capture_command_output" {
		require.LessOrEqual(s.t, len(r.Structured), maxWrite, "%s: %s", tool, r.Structured)
	}
	s.called[tool] = true
	return out
}

// id calls a tool and returns the id in its reply.
func (s *scenario) id(tool string, args map[string]any) string {
	s.t.Helper()
	id, ok := s.do(tool, args)["id"].(string)
	require.True(s.t, ok)
	require.NotEmpty(s.t, id)
	return id
}

// requireFits holds a value against a schema of the kind that tools have.
func requireFits(t *testing.T, path string, schema map[string]any, v any) {
	t.Helper()
	switch schema["type"] {
	case "object":
		m, ok := v.(map[string]any)
		require.True(t, ok, "%s is %v", path, v)
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			require.Contains(t, m, name, path)
		}
		for name, value := range m {
			sub, ok := properties[name].(map[string]any)
			if !ok {
				sub, ok = schema["additionalProperties"].(map[string]any)
			}
			require.True(t, ok, "%s.%s is not in the schema", path, name)
			requireFits(t, path+"."+name, sub, value)
		}
	case "array":
		list, ok := v.([]any)
		require.True(t, ok, "%s is %v", path, v)
		for i := range list {
			requireFits(t, fmt.Sprintf("%s[%d]", path, i), schema["items"].(map[string]any), list[i])
		}
	case "string":
		require.IsType(t, "", v, path)
	case "boolean":
		require.IsType(t, true, v, path)
	default:
		require.IsType(t, 1.0, v, path)
	}
}

func newScenario(t *testing.T, b *bundle) *scenario {
	t.Helper()
	s := &scenario{t: t, called: map[string]bool{}, output: map[string]json.RawMessage{}, writes: map[string]bool{}}
	for _, tool := range listed(t, all()) {
		s.output[tool.Name] = tool.Output
		s.writes[tool.Name] = tool.Annotations["readOnlyHint"] != true
	}
	s.client = connect(t, mcp.Config{Env: b.env(), Session: "s-1"})
	s.initialize()
	return s
}

// TestEveryTool calls every tool of the catalogue and looks, as another process
// would, at what it kept.
func TestEveryTool(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := newScenario(t, b)
	for _, set := range mcp.Toolsets() {
		s.do("enable_toolset", map[string]any{"toolset": set.Name})
	}
	other := b.open(t)

	for _, part := range []struct {
		name string
		run  func(t *testing.T, b *bundle, other *core.App)
	}{
		{"tasks", s.tasks}, {"records", s.records}, {"risks", s.risks}, {"questions", s.questions}, {"deliverables", s.deliverables},
		{"gates", s.gates}, {"proofs", s.proofs}, {"summaries", s.summaries}, {"history", s.history}, {"git", s.git}, {"files", s.files}, {"code", s.code}, {"roles", s.roles},
		{"editor", s.editor},
		{"agents", s.agents}, {"queue", s.queue}, {"cost", s.cost},
	} {
		t.Run(part.name, func(t *testing.T) {
			s.t, s.client.t = t, t
			part.run(t, b, other)
		})
	}
	s.t, s.client.t = t, t

	catalogue, err := mcp.Catalogue()
	require.NoError(t, err)
	for _, tool := range catalogue {
		require.True(t, s.called[tool.Name], "no test calls %s", tool.Name)
	}
	s.close()
	require.Positive(t, b.published)
}

func (s *scenario) tasks(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	first := s.id("create_task", map[string]any{"title": "Bake", "description": "Until it is brown", "priority": "high", "spec_refs": []string{"§1"}})
	second := s.id("create_task", map[string]any{"title": "Sell", "depends_on": []string{first}, "type": "planning"})
	task, err := other.Tasks.Get(t.Context(), viewOf(b), second)
	require.NoError(t, err)
	require.Len(t, task.DependsOn, 1)
	require.False(t, task.Ready)

	require.Contains(t, s.fails("claim_task", map[string]any{"id": second}), "task_not_ready")
	ready := s.do("get_ready_tasks", map[string]any{})
	require.Len(t, ready["tasks"], 1)
	claimed := s.do("claim_task", nil)
	require.Equal(t, first, claimed["id"])
	require.Equal(t, "in_progress", claimed["status"])
	require.Equal(t, "Until it is brown", claimed["description"])
	task, err = other.Tasks.Get(t.Context(), viewOf(b), first)
	require.NoError(t, err)
	require.Equal(t, "agent:test-client/agent", task.ClaimedBy)
	require.Equal(t, project.TaskInProgress, task.Status)

	s.do("release_task", map[string]any{"id": first})
	s.do("claim_task", map[string]any{"id": first, "lease_minutes": 5})
	s.do("update_task", map[string]any{"id": first, "title": "Bake bread", "priority": "low"})
	s.do("update_task", map[string]any{"id": first, "step": "block", "reason": "no flour"})
	require.Contains(t, fmt.Sprint(s.do("get_task", map[string]any{"id": first})["waits"]), "no flour")
	s.do("update_task", map[string]any{"id": first, "step": "unblock"})
	require.Contains(t, s.fails("update_task", map[string]any{"id": first}), "nothing_to_change")
	task, err = other.Tasks.Get(t.Context(), viewOf(b), first)
	require.NoError(t, err)
	require.Equal(t, "Bake bread", task.Title)
	require.Equal(t, project.Priority("low"), task.Priority)

	require.Contains(t, s.fails("add_dependency", map[string]any{"id": first, "depends_on": second}), "circle")
	s.do("remove_dependency", map[string]any{"id": second, "depends_on": first})
	s.do("add_dependency", map[string]any{"id": second, "depends_on": first})
	s.do("complete_task", map[string]any{"id": first, "result": "12 loaves"})
	task, err = other.Tasks.Get(t.Context(), viewOf(b), first)
	require.NoError(t, err)
	require.Equal(t, project.TaskComplete, task.Status)
	require.Equal(t, "12 loaves", task.Result)

	s.do("cancel_task", map[string]any{"id": second, "reason": "sold out"})
	list := s.do("get_tasks", map[string]any{"status": []string{"cancelled", "complete"}})
	require.Len(t, list["tasks"], 2)
	require.Empty(t, s.do("get_tasks", map[string]any{"text": "nothing like it"})["tasks"])
	require.Contains(t, s.fails("claim_task", nil), "get_next_action")
}

func (s *scenario) records(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	d := s.id("record_decision", map[string]any{
		"title": "Sourdough", "decision": "Only sourdough", "context": "One oven", "rationale": "Taste", "alternatives": []string{"yeast"},
		"consequences": "Slow",
	})
	kept, err := other.Records.Decision(t.Context(), viewOf(b), d)
	require.NoError(t, err)
	require.Equal(t, "Only sourdough", kept.Decision)
	require.Equal(t, "agent:test-client/agent", kept.CreatedBy)
	e := s.id("record_decision", map[string]any{"title": "Yeast too", "decision": "Both", "supersedes": d})
	require.Len(t, s.do("get_decisions", map[string]any{"status": "superseded", "text": "oven"})["decisions"], 1)
	adr := s.do("export_adr", map[string]any{"id": d})["markdown"].(string)
	for _, part := range []string{"# Sourdough", "superseded by " + e[:6], "## Context", "One oven", "- yeast", "## Consequences"} {
		require.Contains(t, adr, part)
	}
	s.do("reverse_decision", map[string]any{"id": e, "reason": "too much work"})
	kept, err = other.Records.Decision(t.Context(), viewOf(b), e)
	require.NoError(t, err)
	require.Equal(t, project.DecisionReversed, kept.Status)

	m := s.id("add_memory", map[string]any{"content": "The oven runs hot", "kind": "gotcha", "tags": []string{"oven"}, "confidence": 0.5})
	memory, err := other.Records.Memory(t.Context(), viewOf(b), m)
	require.NoError(t, err)
	require.Equal(t, "The oven runs hot", memory.Content)
	require.InDelta(t, 0.5, memory.Confidence, 0)
	require.Len(t, s.do("get_memories", map[string]any{"tag": "oven", "kind": "gotcha", "text": "HOT"})["memories"], 1)
	s.do("retract_memory", map[string]any{"id": m, "reason": "repaired"})
	require.Empty(t, s.do("get_memories", map[string]any{})["memories"])
	require.Len(t, s.do("get_memories", map[string]any{"retracted": true})["memories"], 1)

	s.do("log_progress", map[string]any{"text": "First bread out", "subject": "G1"})
	require.Len(t, s.do("get_progress_log", map[string]any{"subject": "G1"})["notes"], 1)
	notes, err := other.Records.Notes(t.Context(), viewOf(b), "progress", "", 0)
	require.NoError(t, err)
	require.Equal(t, "First bread out", notes[0].Text)
}

func (s *scenario) risks(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	r := s.id("create_risk", map[string]any{"title": "The oven breaks", "impact": "high"})
	s.do("update_risk", map[string]any{"id": r, "status": "mitigated", "mitigation": "a second oven"})
	require.Empty(t, s.do("get_risks", map[string]any{})["risks"])
	require.Len(t, s.do("get_risks", map[string]any{"all": true})["risks"], 1)
	risks, err := other.Records.Risks(t.Context(), viewOf(b), true)
	require.NoError(t, err)
	require.Equal(t, "a second oven", risks[0].Mitigation)

	blocker := s.id("create_blocker", map[string]any{"title": "No flour", "severity": "high", "gate": "G1"})
	require.Len(t, s.do("get_active_blockers", map[string]any{})["blockers"], 1)
	s.do("resolve_blocker", map[string]any{"id": blocker, "resolution": "delivered"})
	stuck := s.id("create_blocker", map[string]any{"title": "No licence", "gate": "G2"})
	s.do("escalate_blocker", map[string]any{"id": stuck, "reason": "the office"})
	require.Contains(t, s.do("escalate_blocker", map[string]any{"id": stuck, "reason": "the office"})["next"], "person")
	text := s.fails("resolve_blocker", map[string]any{"id": stuck, "resolution": "I say so"})
	require.Contains(t, text, "person_required")
	require.Contains(t, text, "ask_person")
	blockers, err := other.Records.Blockers(t.Context(), viewOf(b), false)
	require.NoError(t, err)
	require.Len(t, blockers, 1)
	_, err = other.Records.ChangeBlocker(t.Context(), b.person, b.at.Project, stuck, true, "granted")
	require.NoError(t, err)
}

func (s *scenario) questions(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	q := s.id("ask_person", map[string]any{"question": "Rye too?", "options": []string{"yes", "no"}, "blocking": true})
	require.Contains(t, s.fails("answer_query", map[string]any{"id": q, "answer": "yes"}), "person")
	_, err := other.Records.Answer(t.Context(), b.person, b.at.Project, q, "yes, on Fridays")
	require.NoError(t, err)
	role := s.id("create_query", map[string]any{"to": "architect", "question": "One oven or two?", "kind": "consultation"})
	require.Len(t, s.do("get_pending_queries", map[string]any{"to": "architect"})["questions"], 1)
	s.do("answer_query", map[string]any{"id": role, "answer": "Two"})
	require.Empty(t, s.do("get_pending_queries", map[string]any{})["questions"])
	require.Len(t, s.do("get_pending_queries", map[string]any{"all": true})["questions"], 2)
	list, err := other.Records.Questions(t.Context(), viewOf(b), true)
	require.NoError(t, err)
	require.Len(t, list, 2)
}

func (s *scenario) deliverables(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	rows, _ := s.do("get_deliverables", map[string]any{"gate": "g1"})["deliverables"].([]any)
	require.NotEmpty(t, rows)
	d, _ := rows[0].(map[string]any)
	id, path := d["id"].(string), d["path"].(string)
	require.Contains(t, s.fails("update_deliverable", map[string]any{"id": id}), "file_not_found")
	write(t, b.root, path, "# Intake\n\nA bakery that takes orders.\n")
	require.Equal(t, "submitted", s.do("update_deliverable", map[string]any{"id": id, "note": "first draft"})["status"])
	kept, err := other.Deliverables.Get(t.Context(), b.at, id)
	require.NoError(t, err)
	require.Equal(t, project.DeliverableSubmitted, kept.Status)
	require.Equal(t, "first draft", kept.Note)

	write(t, b.root, "docs/api.md", "# API\n")
	require.InDelta(t, 1, s.do("create_document", map[string]any{"path": "docs/api.md", "title": "API"})["version"], 0)
	write(t, b.root, "docs/api.md", "# API 2\n")
	require.InDelta(t, 2, s.do("update_document", map[string]any{"id": "api"})["version"], 0)
	require.Len(t, s.do("get_documents", map[string]any{})["documents"], 1)
	documents, err := other.Documents.List(t.Context(), viewOf(b))
	require.NoError(t, err)
	require.Equal(t, 2, documents[0].Version)
	require.NoError(t, os.Symlink(".git/HEAD", filepath.Join(b.root, "head")))
	require.NoError(t, os.Symlink("../.layercake", filepath.Join(b.root, "docs/own")))
	require.NoError(t, os.Symlink("/etc", filepath.Join(b.root, "etc")))
	require.Contains(t, s.fails("create_document", map[string]any{"path": "etc/passwd", "id": "x"}), "Cannot read etc/passwd")
	require.Contains(t, s.fails("create_document", map[string]any{"path": "docs", "id": "x"}), "not_a_file")
	write(t, b.root, ".layercake/workflow.yaml", workflowFile)
	for _, outside := range []string{
		"../secret", "/etc/passwd", ".git/config", ".GIT/config", ".layercake/project.yaml", "docs/../.git/HEAD", "sub/.git/config", "head",
		"docs/own/workflow.yaml",
	} {
		require.Contains(t, s.fails("create_document", map[string]any{"path": outside, "id": "x"}), "path_outside", outside)
	}
}

func (s *scenario) gates(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	gates, _ := s.do("get_gates", map[string]any{})["gates"].([]any)
	require.Len(t, gates, 9)
	require.Contains(t, fmt.Sprint(s.do("get_gate", map[string]any{"gate": "G2"})), "prd_review")
	ready := s.do("get_gate_readiness", nil)
	require.Equal(t, "G1", ready["gate"])
	require.Equal(t, false, ready["ready"])
	require.NotEmpty(t, ready["reasons"])
	presented := s.do("present_gate", map[string]any{"gate": "G1"})
	require.Equal(t, "in_review", presented["status"])
	g, err := other.Gates.Get(t.Context(), viewOf(b), "G1")
	require.NoError(t, err)
	require.Equal(t, project.GateInReview, g.Status)
	require.Equal(t, "agent:test-client/agent", g.PresentedBy)
	require.Contains(t, s.fails("present_gate", map[string]any{"gate": "G3"}), "get_gates")
	require.Contains(t, s.fails("approve_gate", map[string]any{"gate": "G1"}), "stays shut")
	s.called["approve_gate"] = true // asking_test.go has its answers
	require.Contains(t, s.fails("get_gate", map[string]any{"gate": "G77"}), "G77")
}

func (s *scenario) proofs(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	require.NoError(t, os.Remove(filepath.Join(b.root, ".layercake/workflow.yaml")))
	require.Contains(t, s.fails("capture_command_output", map[string]any{"gate": "G5", "type": "test_output"}), "no_command")
	refused := s.fails("capture_command_output", map[string]any{"gate": "G5", "type": "test_output", "command": []string{"true"}})
	require.Contains(t, refused, "command_not_pinned")
	require.Contains(t, refused, "layercake trust")

	write(t, b.root, ".layercake/workflow.yaml", workflowFile)
	proposal, err := other.Workflows.Review(t.Context(), b.at)
	require.NoError(t, err)
	require.Contains(t, s.fails("capture_command_output", map[string]any{"gate": "G5", "type": "test_output"}), "no_command",
		"a proposal that no person accepted counts for nothing")
	_, err = other.Workflows.Accept(t.Context(), b.person, b.at, proposal.Digest)
	require.NoError(t, err)

	good := s.do("capture_command_output", map[string]any{"gate": "G5", "type": "test_output"})
	require.Equal(t, "pass", good["result"])
	require.Equal(t, "captured", good["grade"])
	require.Contains(t, good["output_end"], "all 3 tests pass")
	bad := s.do("capture_command_output", map[string]any{"gate": "G5", "type": "build_output"})
	require.Equal(t, "fail", bad["result"])
	require.InDelta(t, 3, bad["exit_code"], 0)
	another := s.do("capture_command_output", map[string]any{
		"gate": "G6", "type": "test_output", "command": []string{"sh", "-c", "echo all 3 tests pass; echo see you"},
	})
	require.Equal(t, "submitted", another["grade"], "pinned elsewhere is not pinned here")

	write(t, b.root, "docs/options.md", "Option A: a shop. Option B: a van.\n")
	handed := s.id("submit_proof_artifact", map[string]any{"gate": "G4", "type": "design_options", "path": "docs/options.md", "summary": "two"})
	list, _ := s.do("list_proofs", map[string]any{"gate": "G5"})["proofs"].([]any)
	require.Len(t, list, 2)
	require.Equal(t, true, s.do("verify_proof_artifact", map[string]any{"id": handed})["ok"])
	s.do("invalidate_proof", map[string]any{"id": good["id"], "reason": "it tests nothing"})
	p, err := other.Proofs.Get(t.Context(), viewOf(b), good["id"].(string))
	require.NoError(t, err)
	require.Equal(t, "it tests nothing", p.Invalidated)
	require.Contains(t, fmt.Sprint(s.do("get_gate", map[string]any{"gate": "G5"})["required_proofs"]), "all 3 tests pass")
}

func (s *scenario) summaries(t *testing.T, _ *bundle, _ *core.App) {
	t.Helper()
	summary := s.do("get_context_summary", nil)
	require.Contains(t, fmt.Sprint(summary["answers"]), "yes, on Fridays")
	require.Contains(t, fmt.Sprint(summary["decisions"]), "Sourdough")
	require.Contains(t, fmt.Sprint(summary["progress"]), "First bread out")
	require.Equal(t, "agent:test-client/agent", summary["you"])
	next := s.do("get_next_action", nil)
	require.NotEmpty(t, next["action"])
	status := s.do("get_status", nil)
	require.Len(t, status["gates"], 9)
	found, _ := s.do("search_tools", map[string]any{"query": "recording a risk"})["tools"].([]any)
	best, _ := found[0].(map[string]any)
	require.Equal(t, "create_risk", best["name"])
}

func (s *scenario) history(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	page := s.do("list_events", map[string]any{"limit": 5})
	events, _ := page["events"].([]any)
	require.Len(t, events, 5)
	before := page["next_before"].(float64)
	older, _ := s.do("list_events", map[string]any{"limit": 5, "before": before})["events"].([]any)
	require.InDelta(t, before-1, older[0].(map[string]any)["seq"], 0)
	begun, _ := s.do("list_events", map[string]any{"types": []string{"ProjectCreated"}})["events"].([]any)
	require.Len(t, begun, 1)
	require.Contains(t, s.fails("list_events", map[string]any{"types": []string{"TaskCreate"}}), "TaskCreated")
	first := s.do("get_event", map[string]any{"seq": 1})
	require.Equal(t, "ProjectCreated", first["type"])
	require.Contains(t, s.fails("get_event", map[string]any{"seq": 1_000_000}), "event_not_found")
	require.Equal(t, "G1", s.do("get_state_at", map[string]any{"seq": 1})["gate"].(map[string]any)["id"])
	require.Contains(t, s.fails("get_state_at", nil), "missing_moment")
	audit := s.do("verify_audit_chain", nil)
	require.Equal(t, true, audit["ok"])
	head, err := other.Log.Head(t.Context(), b.at.Project)
	require.NoError(t, err)
	require.InDelta(t, head.Version, audit["events"], 0)
	task, _ := s.do("get_tasks", map[string]any{"limit": 1})["tasks"].([]any)
	about, _ := s.do("list_events", map[string]any{"subject": task[0].(map[string]any)["id"]})["events"].([]any)
	require.NotEmpty(t, about)
	require.True(t, strings.HasPrefix(fmt.Sprint(about[len(about)-1].(map[string]any)["type"]), "Task"))
	s.changes(t, b, other)
}

// changes compares moments, replays, and takes back what the agent did.
func (s *scenario) changes(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	made := s.id("create_task", map[string]any{"title": "By mistake"})
	head, err := other.Log.Head(t.Context(), b.at.Project)
	require.NoError(t, err)
	event := s.do("get_event", map[string]any{"seq": head.Version})
	one, _ := s.do("list_events", map[string]any{"correlation_id": event["correlation_id"]})["events"].([]any)
	require.Len(t, one, 1)
	require.Contains(t, s.fails("list_events", map[string]any{"correlation_id": "x"}), "not a correlation id")

	diff := s.do("diff_state", map[string]any{"from_seq": head.Version - 1})
	records, _ := diff["records"].([]any)
	require.Len(t, records, 1)
	require.Equal(t, "added", records[0].(map[string]any)["change"])
	require.Contains(t, fmt.Sprint(records), "By mistake")
	require.Contains(t, s.fails("diff_state", nil), "missing_moment")
	steps := s.do("replay_events", map[string]any{"from_seq": head.Version})
	require.Contains(t, fmt.Sprint(steps["steps"]), "By mistake")
	first := s.do("replay_events", map[string]any{"limit": 1})
	require.InDelta(t, 2, first["next_from"], 0)

	require.InDelta(t, 0, s.do("undo_change", map[string]any{"dry_run": true})["event"], 0)
	_, err = other.Tasks.Get(t.Context(), viewOf(b), made)
	require.NoError(t, err)
	require.Contains(t, s.fails("undo_change", map[string]any{"seq": 1}), "undo_not_yours")
	done := s.do("undo_change", map[string]any{"seq": head.Version, "reason": "no"})
	require.InDelta(t, head.Version+1, done["event"], 0)
	_, err = other.Tasks.Get(t.Context(), viewOf(b), made)
	require.Error(t, err)
}

func (s *scenario) git(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	status := s.do("git_status", nil)
	require.Len(t, status["head"], 40)
	before, _ := status["files"].([]any)
	write(t, b.at.Root, "notes.txt", "first\n")
	after, _ := s.do("git_status", nil)["files"].([]any)
	require.Len(t, after, len(before)+1)
	require.Contains(t, after, map[string]any{"path": "notes.txt", "staged": "", "unstaged": "?"})

	commits, _ := s.do("git_log", map[string]any{"limit": 1})["commits"].([]any)
	require.Len(t, commits, 1)
	require.Equal(t, status["head"], commits[0].(map[string]any)["commit"])
	require.Contains(t, s.fails("git_log", map[string]any{"from": "--all"}), "git_commit_not_found")
	write(t, b.at.Root, "README.md", "# Bakery\ntoken = ghp_"+strings.Repeat("a1B2", 9)+"\n")
	diff := fmt.Sprint(s.do("git_diff", map[string]any{"paths": []string{"README.md"}})["diff"])
	require.Contains(t, diff, "+token = ")
	require.NotContains(t, diff, strings.Repeat("a1B2", 9))
	require.Contains(t, s.do("git_diff", map[string]any{"names": true})["diff"], "README.md")

	made := s.do("checkpoint_commit", map[string]any{"text": "before the rewrite"})
	require.InDelta(t, 1, made["id"], 0)
	write(t, b.at.Root, "notes.txt", "second\n")
	write(t, b.at.Root, "later.txt", "later\n")
	dry := s.do("restore_checkpoint", map[string]any{"id": 1, "dry_run": true})
	require.Contains(t, dry["files"], map[string]any{"path": "notes.txt", "effect": "changed"})
	require.Contains(t, dry["files"], map[string]any{"path": "later.txt", "effect": "extra"})
	done := s.do("restore_checkpoint", map[string]any{"id": 1})
	require.InDelta(t, 2, done["before"], 0)
	content, err := os.ReadFile(filepath.Join(b.at.Root, "notes.txt"))
	require.NoError(t, err)
	require.Equal(t, "first\n", string(content))
	require.FileExists(t, filepath.Join(b.at.Root, "later.txt"))
	require.Len(t, s.do("restore_checkpoint", nil)["checkpoints"], 2)
	require.Contains(t, s.fails("restore_checkpoint", map[string]any{"id": 9}), "checkpoint_not_found")
	notes, err := other.Records.Notes(t.Context(), core.View{Project: b.at.Project}, "", "checkpoint", 0)
	require.NoError(t, err)
	require.Len(t, notes, 2)
}
