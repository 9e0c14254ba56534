package core

import (
	"context"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/price"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// LoggedUsage is what an agent says that it used, which LayerCake does not run.
type LoggedUsage struct {
	Provider, Model string
	// Role, Task and Gate are what it counts to; they may be empty. Task may be a prefix.
	Role, Task, Gate string
	Usage            agent.Usage
}

// Log books what an agent says that it used. It counts to the budgets, and returns
// those that it came to. What it cost is worked out from the price of the model, unless
// Usage says so.
func (s *Costs) Log(ctx context.Context, by Caller, p uuid.UUID, in LoggedUsage) (cost int64, known bool, reached []BudgetState, err error) {
	u := in.Usage
	if in.Provider == "" || in.Model == "" {
		return 0, false, nil, fault.Usage("missing_model", "whose tokens they are is not said").WithHint("give the provider and the model")
	}
	if u.Input < 0 || u.Output < 0 || u.CacheRead < 0 || u.CacheWrite < 0 || u.CostMicros < 0 || u.Empty() {
		return 0, false, nil, fault.Usage("invalid_usage", "nothing was used, or less than nothing").WithHint("give the tokens of one or more calls of the model")
	}
	if in.Task != "" {
		if in.Task, err = s.a.find(ctx, p, KindTask, in.Task); err != nil {
			return 0, false, nil, err
		}
	}
	if in.Gate != "" {
		g, err := s.a.Gates.Get(ctx, View{Project: p}, in.Gate)
		if err != nil {
			return 0, false, nil, err
		}
		in.Gate = g.ID
	}
	if !u.CostKnown {
		u.CostMicros, u.CostKnown = price.Cost(in.Provider, in.Model, u)
	}
	ref := RunRef{Project: p, Role: in.Role, Task: in.Task, Gate: in.Gate}
	redactor := s.a.cleaner.redactor
	reached, err = s.a.store.Runs().Settle(ctx, ref, Call{
		Provider: redactor.String(in.Provider), Model: redactor.String(in.Model), InputTokens: u.Input, OutputTokens: u.Output,
		CachedTokens: u.CacheRead, CacheWriteTokens: u.CacheWrite + u.CacheWrite1h, CostMicros: u.CostMicros, CostUnknown: !u.CostKnown,
		At: s.a.now(),
	})
	if err != nil {
		return 0, false, nil, err
	}
	for i := range reached {
		b := &reached[i]
		_, err := s.a.write(ctx, by, p, &project.ExceedBudget{
			Scope: b.Scope, Subject: b.Subject, LimitMicros: b.LimitMicros, SpentMicros: b.SpentMicros,
		})
		if err != nil {
			return 0, false, nil, err
		}
	}
	return u.CostMicros, u.CostKnown, reached, nil
}
