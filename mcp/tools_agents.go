package mcp

import (
	"context"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// agentTools have agents work, and see to what comes of it.
func agentTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "execute_agent", Title: "Have an agent work", Toolset: setAgents, Hints: Hints{OpenWorld: true},
			Description: "Queue a run of an agent: a role on a task, for a gate, or on what prompt says. A worker does it in a work tree and on a branch " +
				"of its own. Answers the run's id at once; get_agent_status follows it.",
			SearchHint: "spawn start launch subagent delegate run dispatch enqueue",
		}, executeIn{Role: "backend-developer", Task: "t-7k3f"}, executeAgent),
		onProject(Tool{
			Name: "get_agent_status", Title: "Get a run of an agent", Toolset: setAgents, Hints: readsOnly(),
			Description: "Where a run stands: state, attempt, queue and why there, tokens and cost, branch and files that it changed, summary, or why it failed.",
			SearchHint:  "progress state running finished failed result",
		}, idIn{ID: "r-7k3f"}, getAgentStatus),
		onProject(Tool{
			Name: "get_agent_history", Title: "List the runs of agents", Toolset: setAgents, Hints: readsOnly(),
			Description: "Runs of agents, newest first, by role, task, gate or state.",
			SearchHint:  "past executions list runs who did",
		}, historyIn{Role: "qa-engineer"}, getAgentHistory),
		onProject(Tool{
			Name: "get_agent_output", Title: "Read what an agent said", Toolset: setAgents, Hints: readsOnly(),
			Description: "What a run says and does, piece by piece as it comes, and its answer when it is over. after goes on behind a piece.",
			SearchHint:  "log logs transcript answer stream follow",
		}, outputIn{ID: "r-7k3f"}, getAgentOutput),
		onProject(Tool{
			Name: "cancel_agent", Title: "Stop a run of an agent", Toolset: setAgents, Hints: Hints{Destructive: true},
			Description: "Stop a run, whether it waits or is at work. Its task is given back; what it changed stays on its branch.",
			SearchHint:  "abort kill terminate end",
		}, reasonIn{ID: "r-7k3f", Reason: "the task has changed"}, cancelAgent),
		onProject(Tool{
			Name: "validate_agent_spawn_for_gate", Title: "Check whether an agent can work", Toolset: setAgents, Hints: readsOnly(),
			Description: "Say what would come of execute_agent, without doing it: what refuses it, what it would wait for, " +
				"whether the gate is the role's, and where it would queue.",
			SearchHint: "allowed precondition dry run explain priority",
		}, spawnIn{Role: "qa-engineer", Gate: "G6"}, validateSpawn),
		onProject(Tool{
			Name: "check_parallel_conflicts", Title: "Check tasks for conflicts", Toolset: setAgents, Hints: readsOnly(),
			Description: "What speaks against work on some tasks at the same time: one waits for another, both are about one specification, one is part of the other, " +
				"or an agent is at it.",
			SearchHint: "concurrent simultaneous overlap race lock",
		}, conflictsIn{Tasks: []string{"t-7k3f", "t-9m2p"}}, checkConflicts),
		onProject(Tool{
			Name: "get_parallel_execution_status", Title: "See what agents are doing", Toolset: setAgents, Hints: readsOnly(),
			Description: "The runs that are at work now, those that wait, how many there are in each state, and how many workers there are.",
			SearchHint:  "concurrent active running now agents overview",
		}, nothing{}, parallelStatus),
		onProject(Tool{
			Name: "estimate_agent_cost", Title: "Estimate what a run costs", Toolset: setAgents, Hints: readsOnly(),
			Description: "What a run of a role is likely to take: the median of its runs in this project so far, in tokens, money and time, and what the budgets leave.",
			SearchHint:  "price forecast budget tokens money how much",
		}, estimateIn{Role: "backend-developer"}, estimateCost),
	}
}

type executeIn struct {
	Role     string  `json:"role"                                     min:"1"`
	Task     string  `json:"task,omitempty"`
	Gate     string  `json:"gate,omitempty"`
	Prompt   string  `doc:"What to do, or what else there is to say." json:"prompt,omitempty"`
	Provider string  `doc:"Left out: as set."                         json:"provider,omitempty"`
	Model    string  `json:"model,omitempty"`
	MaxUSD   float64 `doc:"The most that it may cost."                json:"max_cost_usd,omitempty" min:"0"`
}

// microsPerDollar turns US dollars into what money is counted in.
const microsPerDollar = 1_000_000

func micros(usd float64) int64     { return int64(usd*microsPerDollar + 0.5) } //nolint:mnd // rounds
func dollars(micros int64) float64 { return float64(micros) / microsPerDollar }

type runQueued struct {
	ID      string   `json:"id"`
	Status  string   `json:"status"`
	Role    string   `json:"role"`
	Queue   string   `json:"queue"`
	Place   int      `json:"place"`
	Reasons []string `json:"reasons,omitempty"`
	RetryOf string   `json:"retry_of,omitempty"`
	Next    string   `json:"next,omitempty"`
}

func newRunQueued(ctx context.Context, w *work, r *project.Run) (*runQueued, error) {
	const most = 5
	out := &runQueued{
		ID: project.RunID(r.ID), Status: string(r.Status), Role: r.Role, Queue: string(r.Queue), Place: r.Priority, Reasons: few(r.Reasons, most),
	}
	if r.RetryOf != "" {
		out.RetryOf = project.RunID(r.RetryOf)
	}
	if r.Status != project.RunPending {
		return out, nil
	}
	workers, err := w.Agents.Workers(ctx)
	if err != nil {
		return nil, err
	}
	out.Next = `follow it: get_agent_status {"id": "` + out.ID + `"}`
	if alive(workers) == 0 {
		out.Next = "no worker is there, so nothing begins until a person starts one: layercake worker"
	}
	return out, nil
}

func alive(workers []core.Worker) int {
	n := 0
	for i := range workers {
		if workers[i].Alive && !workers[i].Draining {
			n++
		}
	}
	return n
}

func executeAgent(ctx context.Context, w *work, in executeIn) (*runQueued, error) {
	r, err := w.Agents.Run(ctx, w.by, w.at, core.NewRun{
		Role: in.Role, Task: in.Task, Gate: in.Gate, Prompt: in.Prompt, Provider: in.Provider, Model: in.Model, MaxCostMicros: micros(in.MaxUSD),
	})
	if err != nil {
		return nil, err
	}
	return newRunQueued(ctx, w, r)
}

// runRow is a run in a list.
type runRow struct {
	ID       string  `json:"id"`
	Role     string  `json:"role"`
	Status   string  `json:"status"`
	Task     string  `json:"task,omitempty"`
	Gate     string  `json:"gate,omitempty"`
	Queue    string  `json:"queue"`
	Attempt  int     `json:"attempt,omitempty"`
	Queued   string  `json:"queued_at"`
	Started  string  `json:"started_at,omitempty"`
	Finished string  `json:"finished_at,omitempty"`
	USD      float64 `json:"cost_usd,omitempty"`
	// Text is what it did, or what went wrong.
	Text string `json:"text,omitempty"`
}

func newRunRow(r *project.Run) runRow {
	row := runRow{
		ID: project.RunID(r.ID), Role: r.Role, Status: string(r.Status), Gate: r.Gate, Queue: string(r.Queue), Attempt: r.Attempt, Queued: stamp(r.CreatedAt),
		Started: stampOf(r.StartedAt), Finished: stampOf(r.FinishedAt), USD: dollars(r.CostMicros), Text: line(r.Summary),
	}
	if r.Task != "" {
		row.Task = project.TaskID(r.Task)
	}
	if r.Reason != "" {
		row.Text = line(r.Reason)
	}
	return row
}

type runOut struct {
	runRow

	Prompt       string   `json:"prompt,omitempty"`
	Place        int      `json:"place"`
	Reasons      []string `json:"reasons,omitempty"`
	Provider     string   `json:"provider,omitempty"`
	Model        string   `json:"model,omitempty"`
	Summary      string   `json:"summary,omitempty"`
	Problem      string   `json:"problem,omitempty"`
	Branch       string   `json:"branch,omitempty"`
	Commit       string   `json:"commit,omitempty"`
	Files        []string `json:"files,omitempty"`
	ToolCalls    int      `json:"tool_calls,omitempty"`
	InputTokens  int64    `json:"input_tokens"`
	OutputTokens int64    `json:"output_tokens"`
	CachedTokens int64    `json:"cached_tokens,omitempty"`
	CostUnknown  bool     `json:"cost_unknown,omitempty"`
	RetryOf      string   `json:"retry_of,omitempty"`
	By           string   `json:"queued_by"`
}

func getAgentStatus(ctx context.Context, w *work, in idIn) (*runOut, error) {
	r, err := w.Agents.Get(ctx, w.at.Project, in.ID)
	if err != nil {
		return nil, err
	}
	const most = 50
	out := &runOut{
		runRow: newRunRow(r), Prompt: clip(r.Prompt, maxExcerpt), Place: r.Priority, Reasons: few(r.Reasons, most), Provider: r.Provider, Model: r.Model,
		Summary: clip(r.Summary, maxText), Problem: strings.TrimSpace(r.Code + " " + clip(r.Reason, maxText)), Branch: r.Branch, Commit: r.Commit,
		Files: few(r.Files, most), ToolCalls: r.ToolCalls, InputTokens: r.InputTokens, OutputTokens: r.OutputTokens,
		CachedTokens: r.CachedTokens + r.CacheWriteTokens, CostUnknown: r.CostUnknown, By: r.CreatedBy,
	}
	if r.RetryOf != "" {
		out.RetryOf = project.RunID(r.RetryOf)
	}
	out.Text = ""
	return out, nil
}

type historyIn struct {
	Role   string `json:"role,omitempty"`
	Task   string `json:"task,omitempty"`
	Gate   string `json:"gate,omitempty"`
	Status string `enum:"run_status"     json:"status,omitempty"`
	paging
}

type runsOut struct {
	Runs []runRow `json:"runs"`
	page
}

func getAgentHistory(ctx context.Context, w *work, in historyIn) (*runsOut, error) {
	start, err := in.offset()
	if err != nil {
		return nil, err
	}
	q := core.RunQuery{Role: in.Role, Task: in.Task, Gate: strings.ToUpper(in.Gate), Limit: in.limit() + 1, Offset: start}
	if in.Status != "" {
		q.Statuses = []project.RunStatus{project.RunStatus(in.Status)}
	}
	list, err := w.Agents.List(ctx, w.now(), q)
	if err != nil {
		return nil, err
	}
	out := &runsOut{}
	out.Runs, out.page, err = fill(list, start, unknownTotal, in.limit(), newRunRow)
	return out, err
}

type outputIn struct {
	ID    string `json:"id"                             min:"1"`
	After int64  `doc:"next_after of the reply before." json:"after,omitempty" min:"0"`
}

type pieceRow struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	At   string `json:"at"`
}

type outputOut struct {
	ID     string     `json:"id"`
	Status string     `json:"status"`
	Pieces []pieceRow `json:"pieces"`
	// NextAfter is for the next call; left out at the end.
	NextAfter int64 `json:"next_after,omitempty"`
	// Answer is the answer at the end, when there are no more pieces.
	Answer string `json:"answer,omitempty"`
	Notice string `json:"notice,omitempty"`
}

const (
	// outputPieces is how many pieces are read at a time, outputBytes how much of them
	// is shown, and answerBytes how much of the answer.
	outputPieces = 200
	outputBytes  = 9_000
	answerBytes  = 6_000
)

func getAgentOutput(ctx context.Context, w *work, in outputIn) (*outputOut, error) {
	r, err := w.Agents.Get(ctx, w.at.Project, in.ID)
	if err != nil {
		return nil, err
	}
	pieces, err := w.Agents.Output(ctx, w.at.Project, r.ID, in.After, outputPieces)
	if err != nil {
		return nil, err
	}
	out := &outputOut{ID: project.RunID(r.ID), Status: string(r.Status), Pieces: []pieceRow{}}
	size, last := 0, in.After
	for i := range pieces {
		text := clip(pieces[i].Text, maxText)
		if size += len(text) + len(`{"kind":"thinking","text":"","at":"2026-01-01T00:00:00Z"},`); size > outputBytes && i > 0 {
			break
		}
		out.Pieces = append(out.Pieces, pieceRow{pieces[i].Kind, text, stamp(pieces[i].At)})
		last = pieces[i].ID
	}
	rest := len(out.Pieces) < len(pieces) || len(pieces) == outputPieces
	if rest || r.Status.Open() {
		out.NextAfter = last
	}
	if rest || r.Status != project.RunCompleted {
		return out, nil
	}
	answer, whole, err := w.Agents.Answer(ctx, r, answerBytes)
	if err != nil {
		return nil, err
	}
	if out.Answer = answer; !whole {
		out.Notice = "the answer is longer; a person sees all of it with layercake agent logs " + out.ID
	}
	return out, nil
}

type runChanged struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

func cancelAgent(ctx context.Context, w *work, in reasonIn) (*runChanged, error) {
	r, err := w.Agents.Cancel(ctx, w.by, w.at.Project, in.ID, in.Reason)
	if err != nil {
		return nil, err
	}
	return &runChanged{project.RunID(r.ID), string(r.Status), line(r.Reason)}, nil
}
