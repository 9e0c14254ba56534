package mcp

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/role"
)

// roleTools show what agents are asked to be, and what they are told.
func roleTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "list_agent_roles", Title: "List the agent roles", Toolset: setAgents, Hints: readsOnly(),
			Description: "The roles that agents can play in this project, built in, its own and from collections: purpose, gates, kind of model, queue. " +
				"Use it to choose who does a task.",
			SearchHint: "who agents team orchestrator developer architect qa",
		}, paging{}, listAgentRoles),
		onProject(Tool{
			Name: "get_agent_role", Title: "Get an agent role", Toolset: setAgents, Hints: readsOnly(),
			Description: "One role: its method, what it reads and leaves behind by path and gate, its definition of done and proofs, tools, " +
				"when it asks a person, to whom it hands off.",
			SearchHint: "instructions persona definition of done handoff deliverables",
		}, agentRoleIn{Role: "qa-engineer"}, getAgentRole),
		onProject(Tool{
			Name: "get_agent_context", Title: "Get what an agent would be told", Toolset: setAgents, Hints: readsOnly(),
			Description: "What an agent of a role would be told about a task, word for word within max_tokens: rules and role, task, gate, constraints, " +
				"specifications, decisions, memories, code. Give it to a subagent as its prompt.",
			SearchHint: "briefing system prompt subagent delegate spawn",
		}, agentContextIn{Role: "backend-developer", Task: "t-7k3f"}, getAgentContext),
	}
}

type agentRoleRow struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Purpose string   `json:"purpose"`
	Gates   []string `json:"gates"`
	Model   string   `json:"model"`
	Queue   string   `json:"queue"`
	// From is builtin, project, or the collection.
	From string `json:"from"`
	// Problem says why it cannot be played.
	Problem string `json:"problem,omitempty"`
}

func newAgentRoleRow(r *role.Role) agentRoleRow {
	return agentRoleRow{
		ID: r.ID, Title: line(r.Title), Purpose: clip(r.Purpose, maxExcerpt), Gates: append([]string{}, r.Gates...), Model: role.TierName(r.Tier),
		Queue: r.Queue, From: r.Source.String(),
	}
}

type agentRolesOut struct {
	Roles []agentRoleRow `json:"roles"`
	page
}

func listAgentRoles(_ context.Context, w *work, in paging) (*agentRolesOut, error) {
	set, err := w.Roles.List(w.at.Root)
	if err != nil {
		return nil, err
	}
	list := rows(set.Roles, newAgentRoleRow)
	for i := range set.Broken {
		b := &set.Broken[i]
		list = append(list, agentRoleRow{ID: b.ID, From: b.Path, Gates: []string{}, Problem: clip(b.Err.Error(), maxExcerpt)})
	}
	out := &agentRolesOut{}
	out.Roles, out.page, err = paginate(list, in, func(r *agentRoleRow) agentRoleRow { return *r })
	return out, err
}

type agentRoleIn struct {
	Role string `doc:"As in list_agent_roles." json:"role" min:"1"`
}

type agentRoleOutput struct {
	Path        string `json:"path,omitempty"`
	Shape       string `json:"shape"`
	Gate        string `json:"gate,omitempty"`
	Deliverable string `json:"deliverable,omitempty"`
}

type agentRoleOut struct {
	agentRoleRow

	Phases       []string          `json:"phases"`
	Reads        []agentRoleOutput `json:"reads"`
	Leaves       []agentRoleOutput `json:"leaves"`
	DependsOn    []string          `json:"depends_on"`
	HandsOffTo   []string          `json:"hands_off_to"`
	Tools        []string          `json:"tools"`
	UnknownTools []string          `json:"unknown_tools,omitempty"`
	Proofs       []string          `json:"proofs"`
	TimeLimit    string            `json:"time_limit"`
	SHA256       string            `json:"sha256"`
	Body         string            `json:"body"`
}

func getAgentRole(_ context.Context, w *work, in agentRoleIn) (*agentRoleOut, error) {
	r, err := w.Roles.Get(w.at.Root, in.Role)
	if err != nil {
		return nil, err
	}
	outputs := func(list []role.Output) []agentRoleOutput {
		const most = 12
		return rows(first(list, most), func(o *role.Output) agentRoleOutput {
			return agentRoleOutput{Path: o.Path, Shape: clip(o.Shape, maxExcerpt), Gate: o.Gate, Deliverable: o.Deliverable}
		})
	}
	all := func(list []string) []string { return append([]string{}, list...) }
	return &agentRoleOut{
		agentRoleRow: newAgentRoleRow(r), Phases: all(r.Phases), Reads: outputs(r.Inputs), Leaves: outputs(r.Outputs), DependsOn: all(r.DependsOn),
		HandsOffTo: all(r.HandsOffTo), Tools: all(r.Tools), UnknownTools: UnknownTools(r.Tools), Proofs: all(r.Proofs),
		TimeLimit: fmt.Sprintf("%d min", int(r.Time/time.Minute)), SHA256: hex.EncodeToString(r.Digest[:]), Body: clip(r.Body, maxText),
	}, nil
}

type agentContextIn struct {
	Role         string `json:"role"                     min:"1"`
	Task         string `json:"task,omitempty"`
	Instructions string `doc:"What to add."              json:"instructions,omitempty"`
	MaxTokens    int    `doc:"Of all; 5000 if left out." json:"max_tokens,omitempty"   max:"5000" min:"1000"`
}

type agentContextOut struct {
	Role   string `json:"role"`
	Task   string `json:"task,omitempty"`
	System string `json:"system"`
	Prompt string `json:"prompt"`
	Tokens int    `json:"tokens"`
	// LeftOut names the parts of which not all is told.
	LeftOut []string `json:"left_out"`
}

func getAgentContext(ctx context.Context, w *work, in agentContextIn) (*agentContextOut, error) {
	if in.MaxTokens == 0 {
		const many = 5000
		in.MaxTokens = many
	}
	b, err := w.Briefing.Assemble(ctx, w.at, core.BriefingParams{
		Role: in.Role, Task: in.Task, Instructions: in.Instructions, Budget: in.MaxTokens,
	})
	if err != nil {
		return nil, err
	}
	out := &agentContextOut{Role: b.Role.ID, System: b.System, Prompt: b.Prompt, Tokens: b.Tokens, LeftOut: []string{}}
	if b.Task != nil {
		out.Task = b.Task.ShortID
	}
	for i := range b.Parts {
		if p := &b.Parts[i]; p.LeftOut > 0 || p.Shortened {
			out.LeftOut = append(out.LeftOut, p.Name)
		}
	}
	return out, nil
}
