package mcp_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/mcp"
)

// scripted is a model that says what it was told to say, turn by turn, and keeps what
// it was sent.
type scripted struct {
	turns []func(req *agent.Request) []agent.Block
	seen  []agent.Request
}

func (*scripted) Name() string { return "scripted" }

func (m *scripted) Turn(_ context.Context, req agent.Request, _ func(agent.Delta)) (*agent.Answer, error) {
	m.seen = append(m.seen, req)
	blocks := m.turns[len(m.seen)-1](&req)
	answer := &agent.Answer{Model: req.Model, Blocks: blocks, Stop: agent.StopEnd, Usage: agent.Usage{Input: 100, Output: 10}}
	for i := range blocks {
		if blocks[i].Type == agent.BlockToolUse {
			answer.Stop = agent.StopToolUse
		}
	}
	return answer, nil
}

func use(id, name, input string) agent.Block {
	return agent.Block{Type: agent.BlockToolUse, ID: id, Name: name, Input: json.RawMessage(input)}
}

// results returns what tools answered last, by the ids of the calls.
func results(req *agent.Request) map[string]agent.Block {
	out := map[string]agent.Block{}
	for _, b := range req.Messages[len(req.Messages)-1].Blocks {
		if b.Type == agent.BlockToolResult {
			out[b.ID] = b
		}
	}
	return out
}

// TestRunUsesTheToolbox has a whole run worked by a model, and looks at what it left
// on disk, on its branch and in the log.
func TestRunUsesTheToolbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	write(t, b.root, ".layercake/workflow.yaml", workflowFile)
	proposal, err := b.app.Workflows.Review(t.Context(), b.at)
	require.NoError(t, err)
	_, err = b.app.Workflows.Accept(t.Context(), b.person, b.at, proposal.Digest)
	require.NoError(t, err)
	write(t, filepath.Dir(b.root), "outside.txt", "not yours\n")
	task, err := b.app.Tasks.Add(t.Context(), b.person, b.at.Project, core.NewTask{Title: "Bake"})
	require.NoError(t, err)
	id := project.TaskID(task.ID)

	m := &scripted{turns: []func(*agent.Request) []agent.Block{
		func(*agent.Request) []agent.Block {
			return []agent.Block{
				use("read", "read_file", `{"path":"README.md"}`),
				use("write", "write_file", `{"path":"bread.txt","content":"rye\n"}`),
				use("outside", "read_file", `{"path":"../outside.txt"}`),
				use("git", "write_file", `{"path":".git","content":"gitdir: /"}`),
			}
		},
		func(*agent.Request) []agent.Block {
			return []agent.Block{
				use("edit", "edit_file", `{"path":"README.md","old":"# Bakery","new":"# The bakery"}`),
				use("task", "create_task", `{"title":"Buy flour"}`),
				use("prove", "capture_command_output", `{"gate":"G5","type":"test_output"}`),
				use("approve", "approve_gate", `{"gate":"G1"}`),
				use("other", "undo_change", `{}`),
				use("wrong", "create_task", `{"titel":"x"}`),
			}
		},
		func(*agent.Request) []agent.Block {
			return []agent.Block{use("done", "complete_task", `{"id":"`+id+`","result":"rye"}`)}
		},
		func(*agent.Request) []agent.Block {
			return []agent.Block{{Type: agent.BlockText, Text: "The bread is baked."}}
		},
	}}
	app := b.openWith(t, &core.AgentSetup{
		Engine: func(context.Context, string, string, int) (*core.Engine, error) {
			return &core.Engine{Provider: "scripted", Model: "one", LLM: m}, nil
		},
		Tools: func(_ context.Context, at core.Place, r *role.Role, by core.Caller) (core.Toolbox, error) {
			return mcp.NewToolbox(b.env(), r, by, at)
		},
		Place:     func(context.Context, uuid.UUID) (core.Place, bool) { return b.at, true },
		Isolation: core.IsolationWorktree, Worktrees: t.TempDir(),
	})
	run, err := app.Agents.Run(t.Context(), b.person, b.at, core.NewRun{Role: "backend-developer", Task: task.ID})
	require.NoError(t, err)
	require.NoError(t, app.Agents.Work(t.Context(), b.at.Project, run.ID, "w-1"))

	require.Len(t, m.seen, 4)
	first, second, third := results(&m.seen[1]), results(&m.seen[2]), results(&m.seen[3])
	require.Contains(t, first["read"].Result, "# Bakery")
	require.False(t, first["write"].IsError, first["write"].Result)
	for _, refused := range []agent.Block{first["outside"], first["git"]} {
		require.True(t, refused.IsError)
		require.Contains(t, refused.Result, "path_outside")
	}
	require.False(t, second["edit"].IsError, second["edit"].Result)
	require.False(t, second["task"].IsError, second["task"].Result)
	require.Contains(t, second["prove"].Result, "all 3 tests pass")
	for _, name := range []string{"approve", "other"} {
		require.True(t, second[name].IsError)
		require.Contains(t, second[name].Result, "There is no tool")
	}
	require.Contains(t, second["wrong"].Result, "invalid_input")
	require.False(t, third["done"].IsError, third["done"].Result)

	run, err = app.Agents.Get(t.Context(), b.at.Project, run.ID)
	require.NoError(t, err)
	require.Equal(t, project.RunCompleted, run.Status, run.Reason)
	require.ElementsMatch(t, []string{"README.md", "bread.txt"}, run.Files)
	require.NoFileExists(t, filepath.Join(b.root, "bread.txt"), "it has a work tree of its own")
	task, err = b.app.Tasks.Get(t.Context(), viewOf(b), task.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskComplete, task.Status)
	require.Equal(t, "rye", task.Result)

	events, err := b.app.Log.Events(t.Context(), b.at.Project, core.EventQuery{Limit: 100})
	require.NoError(t, err)
	byAgent := map[string]bool{}
	for i := range events {
		e := &events[i]
		if strings.HasPrefix(e.Actor, "agent:") {
			require.Equal(t, "agent:layercake/backend-developer", e.Actor)
			require.Equal(t, run.ID, e.Session, e.Type)
			require.Contains(t, e.OnBehalfOf, "ada")
			byAgent[string(e.Type)] = true
		}
	}
	require.Equal(t, map[string]bool{"TaskCreated": true, "TaskCompleted": true, "ProofCaptured": true}, byAgent)
}

// TestToolbox holds what a role's list gives and takes away, and what no role has.
func TestToolbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	by := core.Caller{Actor: core.AgentActor("odd", "abcd2345", "ada")}
	at := core.Place{Project: b.at.Project, Root: t.TempDir()}
	box := func(tools ...string) *mcp.Toolbox {
		x, err := mcp.NewToolbox(b.env(), &role.Role{ID: "odd", Tools: tools}, by, at)
		require.NoError(t, err)
		t.Cleanup(x.Close)
		return x
	}
	names := func(x *mcp.Toolbox) []string {
		var out []string
		for _, tool := range x.Tools() {
			require.NotEmpty(t, tool.Description)
			require.True(t, json.Valid(tool.Schema))
			out = append(out, tool.Name)
		}
		return out
	}
	require.Equal(t, []string{"get_tasks", "read_file"}, names(box("read_file", "get_tasks", "nonsense")))
	files := names(box("files", "-write_file", "-delete_file"))
	require.ElementsMatch(t, []string{"read_file", "edit_file", "list_files", "grep_files"}, files)
	require.Empty(t, names(box("-files", "files")))
	var everything []string
	for _, set := range mcp.Toolsets() {
		everything = append(everything, set.Name)
	}
	whole := names(box(append(everything, "approve_gate", "enable_toolset")...))
	catalogue, err := mcp.Catalogue()
	require.NoError(t, err)
	var left []string
	for _, tool := range catalogue {
		if !strings.Contains(" "+strings.Join(whole, " ")+" ", " "+tool.Name+" ") {
			left = append(left, tool.Name)
		}
	}
	require.ElementsMatch(t, []string{
		"approve_gate", "search_tools", "enable_toolset", "sync_markdown", "resolve_sync_conflict", "pause_queue", "resume_queue",
		"set_job_priority", "set_budget", "log_token_usage",
	}, left)

	// The place and the caller are those that it was given.
	x := box("files", "log_progress")
	require.NoError(t, os.WriteFile(filepath.Join(at.Root, "here.txt"), []byte("here\n"), 0o600))
	r, err := x.Call(t.Context(), "read_file", json.RawMessage(`{"path":"here.txt"}`))
	require.NoError(t, err)
	require.False(t, r.IsError, r.Text)
	require.Contains(t, r.Text, `here\n`)
	r, err = x.Call(t.Context(), "create_task", json.RawMessage(`{"title":"x"}`))
	require.NoError(t, err)
	require.True(t, r.IsError)
	require.Contains(t, r.Text, "tool_not_in_role")
	r, err = x.Call(t.Context(), "log_progress", json.RawMessage(`{"text":"ghp_`+strings.Repeat("a1B2", 9)+`"}`))
	require.NoError(t, err)
	require.Contains(t, r.Text, "looks like a secret")
	notes, err := b.app.Records.Notes(t.Context(), viewOf(b), "progress", "", 0)
	require.NoError(t, err)
	require.Equal(t, "agent:layercake/odd", notes[0].CreatedBy)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = x.Call(gone, "log_progress", json.RawMessage(`{"text":"x"}`))
	require.ErrorIs(t, err, context.Canceled)

	// The schema is what the tool checks, and the whole of it is not dear.
	total := 0
	for _, tool := range box("core", "tasks", "files", "code", "git").Tools() {
		total += len(tool.Name) + len(tool.Description) + len(tool.Schema)
	}
	require.Less(t, total, 26_000)
	t.Logf("a developer's tools: %d bytes", total)
}

// TestBuiltinRolesHaveFiles holds that a model has what it needs to leave work behind.
func TestBuiltinRolesHaveFiles(t *testing.T) {
	t.Parallel()
	for _, r := range role.Builtin() {
		tools := mcp.RoleTools(r.Tools)
		for _, name := range []string{"read_file", "write_file", "edit_file", "capture_command_output", "complete_task"} {
			require.Contains(t, tools, name, r.ID)
		}
	}
}
