package core

import (
	"context"
	"fmt"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/project"
)

// ledger holds the budgets of a run.
type ledger struct {
	a        *App
	by       Caller
	ref      RunRef
	provider string
	model    string
}

var _ agent.Ledger = (*ledger)(nil)

// Reserve sets money aside, or says which budget is used up. That it is used up is
// an event.
func (l *ledger) Reserve(ctx context.Context, least, want int64) (int64, error) {
	granted, over, err := l.a.store.Runs().Reserve(ctx, l.ref, least, want, l.a.now())
	if err != nil {
		return 0, &agent.Error{Kind: agent.KindRecord, Message: "the budgets cannot be looked at", Err: err}
	}
	if over == nil {
		return granted, nil
	}
	l.exceeded(ctx, over)
	return 0, &agent.Error{
		Kind: agent.KindBudget, Budget: budgetName(over),
		Message: fmt.Sprintf("the budget of %s is used up: %s of %s are spent or set aside, and the next step may cost more than is left",
			budgetName(over), Dollars(over.SpentMicros+over.ReservedMicros), Dollars(over.LimitMicros)),
		Hint: "a person can raise it: `layercake cost budget --help`",
	}
}

// Settle books what was used.
func (l *ledger) Settle(ctx context.Context, _ int64, u agent.Usage) error {
	reached, err := l.a.store.Runs().Settle(ctx, l.ref, Call{
		Provider: l.provider, Model: l.model, InputTokens: u.Input, OutputTokens: u.Output, CachedTokens: u.CacheRead,
		CacheWriteTokens: u.CacheWrite + u.CacheWrite1h, CostMicros: u.CostMicros, CostUnknown: !u.CostKnown && !u.Empty(), At: l.a.now(),
	})
	if err != nil {
		return &agent.Error{Kind: agent.KindRecord, Message: "what was used cannot be recorded", Err: err}
	}
	for i := range reached {
		l.exceeded(ctx, &reached[i])
	}
	return nil
}

// exceeded records that a budget is used up. It is not held up by that: the budget
// itself is kept either way.
func (l *ledger) exceeded(ctx context.Context, b *BudgetState) {
	_, _ = l.a.write(ctx, l.by, l.ref.Project, &project.ExceedBudget{
		Scope: b.Scope, Subject: b.Subject, LimitMicros: b.LimitMicros, SpentMicros: b.SpentMicros, Run: l.ref.Run,
	})
}

// budgetName names a budget for people.
func budgetName(b *BudgetState) string {
	switch b.Scope {
	case project.ScopeProject:
		return "the project"
	case project.ScopeDay:
		return "the day"
	case project.ScopeTask:
		return "task " + project.TaskID(b.Subject)
	case project.ScopeRun:
		return "the run"
	}
	return b.Scope + " " + b.Subject
}

// Dollars writes an amount of money for people.
func Dollars(micros int64) string {
	const million, cents = 1_000_000, 10_000
	if micros%cents == 0 {
		return fmt.Sprintf("$%.2f", float64(micros)/million)
	}
	return fmt.Sprintf("$%.6f", float64(micros)/million)
}
