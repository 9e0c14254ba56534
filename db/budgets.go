package db

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// account is what is spent and set aside of a project's budgets.
type account struct {
	budgets  []project.Budget
	spent    map[[2]string]int64
	reserved []dbsqlc.ReservedByRow
	day      string
}

// scopesOf lists what a run's spending counts to.
func scopesOf(r *core.RunRef, now time.Time) (scopes, subjects []string) {
	add := func(scope, subject string) {
		scopes, subjects = append(scopes, scope), append(subjects, subject)
	}
	add(project.ScopeProject, "")
	add(project.ScopeDay, dayOf(now))
	add(project.ScopeRole, r.Role)
	add(project.ScopeRun, r.Run)
	if r.Gate != "" {
		add(project.ScopeGate, r.Gate)
	}
	if r.Task != "" {
		add(project.ScopeTask, r.Task)
	}
	return scopes, subjects
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// readAccount reads the account of a project, without what the named run has set
// aside.
func readAccount(ctx context.Context, q *dbsqlc.Queries, p uuid.UUID, run string, now time.Time) (*account, error) {
	a := &account{spent: map[[2]string]int64{}, day: dayOf(now)}
	budgets, err := q.ListBudgets(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("read the budgets: %w", err)
	}
	var scopes, subjects []string
	for i := range budgets {
		b := toBudget(&budgets[i])
		a.budgets = append(a.budgets, b)
		scopes, subjects = append(scopes, b.Scope), append(subjects, a.subject(&b))
	}
	if run != "" {
		scopes, subjects = append(scopes, project.ScopeRun), append(subjects, run)
	}
	spent, err := q.SpentOn(ctx, dbsqlc.SpentOnParams{ProjectID: p, Scopes: scopes, Subjects: subjects})
	if err != nil {
		return nil, fmt.Errorf("read what was spent: %w", err)
	}
	for i := range spent {
		a.spent[[2]string{spent[i].Scope, spent[i].Subject}] = spent[i].Micros
	}
	if a.reserved, err = q.ReservedBy(ctx, dbsqlc.ReservedByParams{ProjectID: p, Run: run}); err != nil {
		return nil, fmt.Errorf("read what is set aside: %w", err)
	}
	return a, nil
}

// subject is what a budget counts: today, for one of each day.
func (a *account) subject(b *project.Budget) string {
	if b.Scope == project.ScopeDay {
		return a.day
	}
	return b.Subject
}

func (a *account) state(b *project.Budget) core.BudgetState {
	s := core.BudgetState{Budget: *b, SpentMicros: a.spent[[2]string{b.Scope, a.subject(b)}]}
	for i := range a.reserved {
		r := &a.reserved[i]
		shared := false
		switch b.Scope {
		case project.ScopeProject, project.ScopeDay:
			shared = true
		case project.ScopeGate:
			shared = r.GateID == b.Subject
		case project.ScopeRole:
			shared = r.Role == b.Subject
		case project.ScopeTask:
			shared = r.TaskID == b.Subject
		case project.ScopeRun:
			shared = r.RunID == b.Subject
		}
		if shared {
			s.ReservedMicros += r.Micros
		}
	}
	return s
}

// of lists the budgets that a run counts to.
func (a *account) of(r *core.RunRef) []core.BudgetState {
	var list []core.BudgetState
	for i := range a.budgets {
		b := &a.budgets[i]
		mine := false
		switch b.Scope {
		case project.ScopeProject, project.ScopeDay:
			mine = true
		case project.ScopeGate:
			mine = b.Subject == r.Gate
		case project.ScopeRole:
			mine = b.Subject == r.Role
		case project.ScopeTask:
			mine = b.Subject == r.Task
		case project.ScopeRun:
			mine = b.Subject == r.Run
		}
		if mine {
			list = append(list, a.state(b))
		}
	}
	if r.MaxCostMicros > 0 {
		list = append(list, core.BudgetState{
			Budget:      project.Budget{Scope: project.ScopeRun, LimitMicros: r.MaxCostMicros, Action: project.ActionStop},
			SpentMicros: a.spent[[2]string{project.ScopeRun, r.Run}],
		})
	}
	return list
}

// Reserve sets money aside for a call of a model. Those who ask at the same time
// ask one after the other, so that they never get more between them than there is.
func (s runs) Reserve(ctx context.Context, r core.RunRef, least, want int64, now time.Time) (int64, *core.BudgetState, error) {
	granted := want
	var over *core.BudgetState
	err := s.d.tx(ctx, writeLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		q := dbsqlc.New(tx)
		if err := q.LockSpend(ctx, r.Project.String()); err != nil {
			return fmt.Errorf("lock the account: %w", err)
		}
		a, err := readAccount(ctx, q, r.Project, r.Run, now)
		if err != nil {
			return err
		}
		for _, b := range a.of(&r) {
			if b.Action != project.ActionStop {
				continue
			}
			left := b.LimitMicros - b.SpentMicros - b.ReservedMicros
			if left < granted {
				granted = left
			}
			if left <= 0 || left < least {
				over, granted = &b, 0
				return nil
			}
		}
		err = q.Reserve(ctx, dbsqlc.ReserveParams{
			ProjectID: r.Project, RunID: r.Run, Role: r.Role, TaskID: r.Task, GateID: r.Gate, Micros: granted,
		})
		if err != nil {
			return fmt.Errorf("set money aside: %w", err)
		}
		return nil
	})
	return granted, over, err
}

// Settle records what a call took, and returns the budgets that it came to.
func (s runs) Settle(ctx context.Context, r core.RunRef, c core.Call) ([]core.BudgetState, error) {
	var reached []core.BudgetState
	err := s.d.tx(ctx, writeLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		q := dbsqlc.New(tx)
		if err := q.LockSpend(ctx, r.Project.String()); err != nil {
			return fmt.Errorf("lock the account: %w", err)
		}
		err := q.RecordCall(ctx, dbsqlc.RecordCallParams{
			ProjectID: r.Project, RunID: r.Run, Attempt: int64(r.Attempt), Role: r.Role, TaskID: r.Task, GateID: r.Gate,
			Provider: plain(c.Provider), Model: plain(c.Model), InputTokens: c.InputTokens, OutputTokens: c.OutputTokens,
			CachedTokens: c.CachedTokens, CacheWriteTokens: c.CacheWriteTokens, CostMicros: c.CostMicros, CostUnknown: c.CostUnknown, At: c.At,
		})
		if err != nil {
			return fmt.Errorf("record the call: %w", err)
		}
		scopes, subjects := scopesOf(&r, c.At)
		if err := q.AddSpend(ctx, dbsqlc.AddSpendParams{ProjectID: r.Project, Scopes: scopes, Subjects: subjects, Micros: c.CostMicros}); err != nil {
			return fmt.Errorf("add up what was spent: %w", err)
		}
		if err := q.Unreserve(ctx, dbsqlc.UnreserveParams{ProjectID: r.Project, RunID: r.Run}); err != nil {
			return fmt.Errorf("give back what was set aside: %w", err)
		}
		a, err := readAccount(ctx, q, r.Project, r.Run, c.At)
		if err != nil {
			return err
		}
		for _, b := range a.of(&r) {
			if b.SpentMicros >= b.LimitMicros {
				reached = append(reached, b)
			}
		}
		return nil
	})
	return reached, err
}

// BudgetStates lists the budgets of a project with what is spent of them.
func (s runs) BudgetStates(ctx context.Context, p uuid.UUID, now time.Time) ([]core.BudgetState, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	a, err := readAccount(ctx, s.q(), p, "", now)
	if err != nil {
		return nil, translate(err)
	}
	list := make([]core.BudgetState, len(a.budgets))
	for i := range a.budgets {
		list[i] = a.state(&a.budgets[i])
	}
	return list, nil
}
