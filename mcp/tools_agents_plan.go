package mcp

import (
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

type spawnIn struct {
	Role   string `json:"role"             min:"1"`
	Task   string `json:"task,omitempty"`
	Gate   string `json:"gate,omitempty"`
	Prompt string `json:"prompt,omitempty"`
}

type spawnOut struct {
	// Allowed says that execute_agent would take it.
	Allowed  bool     `json:"allowed"`
	Problems []string `json:"problems"`
	// WaitsFor is what has to happen before it begins.
	WaitsFor []string `json:"waits_for"`
	Notes    []string `json:"notes"`
	Queue    string   `json:"queue,omitempty"`
	Place    int      `json:"place,omitempty"`
	Reasons  []string `json:"reasons,omitempty"`
}

func validateSpawn(ctx context.Context, w *work, in spawnIn) (*spawnOut, error) {
	c, err := w.Agents.CheckSpawn(ctx, w.by, w.at, core.NewRun{Role: in.Role, Task: in.Task, Gate: in.Gate, Prompt: in.Prompt})
	if err != nil {
		return nil, err
	}
	const most = 20
	lines := func(list []string) []string { return append([]string{}, few(list, most)...) }
	out := &spawnOut{Allowed: len(c.Problems) == 0, Problems: lines(c.Problems), WaitsFor: lines(c.Waits), Notes: lines(c.Notes)}
	if u := c.Urgency; u != nil {
		out.Queue, out.Place, out.Reasons = string(u.Queue), u.Priority, few(u.Reasons, most)
	}
	return out, nil
}

type conflictsIn struct {
	Tasks []string `json:"tasks" max:"50"`
}

type parallelRow struct {
	Tasks []string `json:"tasks"`
	// Kind is order, spec, part or busy.
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

type conflictsOut struct {
	// Parallel says that all of them can be worked on at the same time.
	Parallel  bool          `json:"parallel"`
	Conflicts []parallelRow `json:"conflicts"`
	page
}

func checkConflicts(ctx context.Context, w *work, in conflictsIn) (*conflictsOut, error) {
	list, err := w.Agents.Conflicts(ctx, w.at.Project, in.Tasks)
	if err != nil {
		return nil, err
	}
	out := &conflictsOut{Parallel: len(list) == 0}
	out.Conflicts, out.page, err = paginate(list, paging{Limit: manyFiles}, func(c *project.ParallelConflict) parallelRow {
		return parallelRow{rows(c.Tasks, func(id *string) string { return project.TaskID(*id) }), c.Kind, c.Reason}
	})
	return out, err
}

type parallelOut struct {
	Running []runRow       `json:"running"`
	Waiting []runRow       `json:"waiting"`
	Counts  map[string]int `json:"counts"`
	// Workers is how many worker processes are there.
	Workers int    `json:"workers"`
	Notice  string `json:"notice,omitempty"`
}

func parallelStatus(ctx context.Context, w *work, _ nothing) (*parallelOut, error) {
	const most = 25
	out := &parallelOut{Counts: map[string]int{}}
	for status, rowsOf := range map[project.RunStatus]*[]runRow{project.RunRunning: &out.Running, project.RunPending: &out.Waiting} {
		list, err := w.Agents.List(ctx, w.now(), core.RunQuery{Statuses: []project.RunStatus{status}, Limit: most})
		if err != nil {
			return nil, err
		}
		*rowsOf = rows(list, newRunRow)
	}
	counts, err := w.Agents.Count(ctx, w.now())
	if err != nil {
		return nil, err
	}
	for _, status := range project.RunStatuses() {
		out.Counts[string(status)] = counts[status]
	}
	if counts[project.RunRunning]+counts[project.RunPending] > len(out.Running)+len(out.Waiting) {
		out.Notice = "there are more; get_agent_history lists them all"
	}
	workers, err := w.Agents.Workers(ctx)
	if err != nil {
		return nil, err
	}
	out.Workers = alive(workers)
	return out, nil
}

type estimateIn struct {
	Role string `json:"role" min:"1"`
}

type estimateOut struct {
	Role string `json:"role"`
	// Runs is how many it is made from.
	Runs         int     `json:"runs"`
	InputTokens  int64   `json:"input_tokens"`
	OutputTokens int64   `json:"output_tokens"`
	USD          float64 `json:"cost_usd"`
	MostUSD      float64 `json:"most_cost_usd"`
	CostUnknown  bool    `json:"cost_unknown,omitempty"`
	Seconds      int64   `json:"seconds"`
	// Budgets are those that would limit it.
	Budgets []budgetRow `json:"budgets"`
	Notice  string      `json:"notice,omitempty"`
}

func estimateCost(ctx context.Context, w *work, in estimateIn) (*estimateOut, error) {
	e, err := w.Agents.Estimate(ctx, w.at, in.Role)
	if err != nil {
		return nil, err
	}
	const perSecond = 1000
	out := &estimateOut{
		Role: in.Role, Runs: e.Runs, InputTokens: e.InputTokens, OutputTokens: e.OutputTokens, USD: dollars(e.CostMicros), MostUSD: dollars(e.MostMicros),
		CostUnknown: e.CostUnknown, Seconds: e.DurationMS / perSecond, Budgets: []budgetRow{},
	}
	if e.Runs == 0 {
		out.Notice = "no run of this role has ended well here yet, so nothing is known; max_cost_usd of execute_agent bounds what it may cost"
	}
	budgets, err := w.Costs.Budgets(ctx, w.at.Project)
	if err != nil {
		return nil, err
	}
	const most = 20
	for i := range first(budgets, most) {
		b := &budgets[i]
		if b.Scope == project.ScopeProject || b.Scope == project.ScopeDay || (b.Scope == project.ScopeRole && b.Subject == in.Role) {
			out.Budgets = append(out.Budgets, newBudgetRow(b))
		}
	}
	return out, nil
}
