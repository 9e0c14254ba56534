package mcp

import (
	"context"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// costTools keep track of what agents spend.
func costTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "log_token_usage", Title: "Log tokens that were used", Toolset: setCost, Hints: adds(),
			Description: "Book tokens that you used outside of LayerCake's runs; its runs are counted by themselves. The cost follows from the model's price, if " +
				"it is known. Budgets count it.",
			SearchHint: "record track consumption spend tokens",
		}, usageIn{Provider: "anthropic", Model: "claude-sonnet-5", Input: 2, Output: 1}, logUsage),
		onProject(Tool{
			Name: "get_cost_summary", Title: "See what agents spent", Toolset: setCost, Hints: readsOnly(),
			Description: "Tokens and money that agents took, added up by agent, gate, task, run, model, provider or day, and the budgets with what is left of them.",
			SearchHint:  "budget spending report expenses usage dollars",
		}, costIn{By: "model"}, getCostSummary),
		onProject(Tool{
			Name: "set_budget", Title: "Limit what agents spend", Toolset: setCost, Hints: sets(),
			Description: "Set a budget in US dollars, or lift it with 0: for the project, each day, a gate, role, task or run. " +
				"Only a person can; agents ask for it with ask_person.",
			SearchHint: "limit cap maximum cost",
		}, budgetIn{Scope: "day", USD: 2}, setBudget),
	}
}

type usageIn struct {
	Provider   string   `json:"provider"                                         min:"1"`
	Model      string   `json:"model"                                            min:"1"`
	Input      int64    `doc:"Without those from the cache."                     json:"input_tokens"       min:"0"`
	Output     int64    `json:"output_tokens"                                    min:"0"`
	CacheRead  int64    `json:"cache_read_tokens,omitempty"                      min:"0"`
	CacheWrite int64    `json:"cache_write_tokens,omitempty"                     min:"0"`
	USD        *float64 `doc:"What it cost; from the model's price if left out." json:"cost_usd,omitempty" min:"0"`
	Task       string   `json:"task,omitempty"`
	Gate       string   `json:"gate,omitempty"`
}

type usageOut struct {
	Status      string  `json:"status"`
	USD         float64 `json:"cost_usd"`
	CostUnknown bool    `json:"cost_unknown,omitempty"`
	// Reached are budgets that are used up.
	Reached []string `json:"budgets_reached,omitempty"`
}

func logUsage(ctx context.Context, w *work, in usageIn) (*usageOut, error) {
	u := agent.Usage{Input: in.Input, Output: in.Output, CacheRead: in.CacheRead, CacheWrite: in.CacheWrite}
	if in.USD != nil {
		u.CostMicros, u.CostKnown = micros(*in.USD), true
	}
	cost, known, reached, err := w.Costs.Log(ctx, w.by, w.at.Project, core.LoggedUsage{
		Provider: in.Provider, Model: in.Model, Role: w.ownRole(), Task: in.Task, Gate: in.Gate, Usage: u,
	})
	if err != nil {
		return nil, err
	}
	const most = 5
	out := &usageOut{Status: "logged", USD: dollars(cost), CostUnknown: !known}
	for i := range first(reached, most) {
		b := newBudgetRow(&reached[i])
		out.Reached = append(out.Reached, strings.TrimSpace(b.Scope+" "+b.Subject))
	}
	return out, nil
}

type costIn struct {
	By    string `enum:"spending_by"     json:"by,omitempty"`
	Since string `doc:"RFC 3339."        json:"since,omitempty"`
	Until string `json:"until,omitempty"`
	paging
}

type spendingRow struct {
	Subject      string  `json:"subject"`
	Runs         int64   `json:"runs"`
	Calls        int64   `json:"calls"`
	InputTokens  int64   `json:"input_tokens"`
	OutputTokens int64   `json:"output_tokens"`
	CachedTokens int64   `json:"cached_tokens"`
	USD          float64 `json:"cost_usd"`
	CostUnknown  bool    `json:"cost_unknown,omitempty"`
}

type budgetRow struct {
	Scope   string  `json:"scope"`
	Subject string  `json:"subject,omitempty"`
	Limit   float64 `json:"limit_usd"`
	Spent   float64 `json:"spent_usd"`
	Aside   float64 `json:"set_aside_usd,omitempty"`
	Left    float64 `json:"left_usd"`
	Action  string  `json:"action"`
}

func newBudgetRow(b *core.BudgetState) budgetRow {
	return budgetRow{
		Scope: b.Scope, Subject: subjectOf(b.Scope, b.Subject), Limit: dollars(b.LimitMicros), Spent: dollars(b.SpentMicros),
		Aside: dollars(b.ReservedMicros), Left: dollars(max(0, b.LimitMicros-b.SpentMicros-b.ReservedMicros)), Action: b.Action,
	}
}

// subjectOf names a subject as tools do.
func subjectOf(by, subject string) string {
	switch {
	case subject == "":
		return ""
	case by == project.ScopeTask:
		return project.TaskID(subject)
	case by == project.ScopeRun:
		return project.RunID(subject)
	}
	return subject
}

type costOut struct {
	By       string        `json:"by"`
	Spending []spendingRow `json:"spending"`
	USD      float64       `json:"total_cost_usd"`
	Budgets  []budgetRow   `json:"budgets"`
	page
}

func getCostSummary(ctx context.Context, w *work, in costIn) (*costOut, error) {
	if in.By == "" {
		in.By = "agent"
	}
	var from, to time.Time
	for text, into := range map[string]*time.Time{in.Since: &from, in.Until: &to} {
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fault.Usage("invalid_time", "%q is not a time", clip(text, maxQuoted)).WithHint("write it as in 2026-07-01T00:00:00Z")
		}
		*into = at
	}
	list, err := w.Costs.Spending(ctx, w.at.Project, in.By, from, to)
	if err != nil {
		return nil, err
	}
	budgets, err := w.Costs.Budgets(ctx, w.at.Project)
	if err != nil {
		return nil, err
	}
	const most = 20
	out := &costOut{By: in.By, Budgets: rows(first(budgets, most), newBudgetRow)}
	total := int64(0)
	for i := range list {
		total += list[i].CostMicros
	}
	out.USD = dollars(total)
	out.Spending, out.page, err = paginate(list, in.paging, func(s *core.Spending) spendingRow {
		return spendingRow{
			subjectOf(in.By, s.Subject), s.Runs, s.Calls, s.InputTokens, s.OutputTokens, s.CachedTokens + s.CacheWriteTokens, dollars(s.CostMicros), s.CostUnknown,
		}
	})
	return out, err
}

type budgetIn struct {
	Scope   string  `enum:"budget_scope"                      json:"scope"`
	Subject string  `doc:"Which gate, role, task or run."     json:"subject,omitempty"`
	USD     float64 `doc:"0 lifts it."                        json:"limit_usd"         min:"0"`
	Warn    bool    `doc:"Record it at the limit, and go on." json:"warn,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

type budgetsOut struct {
	Status string    `json:"status"`
	Budget budgetRow `json:"budget"`
}

func setBudget(ctx context.Context, w *work, in budgetIn) (*budgetsOut, error) {
	set := project.SetBudget{Scope: in.Scope, Subject: in.Subject, LimitMicros: micros(in.USD), Action: project.ActionStop, Reason: in.Reason}
	if in.Warn {
		set.Action = project.ActionWarn
	}
	list, err := w.Costs.SetBudget(ctx, w.by, w.at.Project, set)
	if err != nil {
		return nil, err
	}
	out := &budgetsOut{Status: "lifted", Budget: budgetRow{Scope: in.Scope, Subject: in.Subject, Action: set.Action}}
	for i := range list {
		row := newBudgetRow(&list[i])
		if list[i].Scope == in.Scope && (in.Subject == "" || sameSubject(in.Subject, row.Subject)) && in.USD > 0 {
			out.Status, out.Budget = "set", row
		}
	}
	return out, nil
}

// sameSubject reports whether a subject is meant by what was typed, which may be the
// beginning of an id.
func sameSubject(typed, subject string) bool {
	typed, subject = strings.ToLower(typed), strings.ToLower(subject)
	_, bare, _ := strings.Cut(subject, "-")
	return strings.HasPrefix(subject, typed) || (bare != "" && strings.HasPrefix(bare, typed))
}
