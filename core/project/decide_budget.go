package project

import (
	"time"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// SetBudget limits what agents may spend, or lifts a limit.
type SetBudget struct {
	// Scope is one of [BudgetScopes]; Subject is which gate, role, task or run.
	Scope, Subject string
	// LimitMicros is in millionths of a US dollar; 0 lifts the limit.
	LimitMicros int64
	// Action is "stop", the default, or "warn".
	Action, Reason string
}

// CommandName returns "budget.set".
func (*SetBudget) CommandName() string { return "budget.set" }

// Needs returns the budgets, and what the subject names.
func (c *SetBudget) Needs() Needs {
	n := Needs{Budgets: true}
	switch c.Scope {
	case ScopeTask:
		n.Tasks = []string{c.Subject}
	case ScopeRun:
		n.Runs = []string{c.Subject}
	}
	return n
}

// Decide sets the limit. Only a person can: whoever spends does not say how much.
func (c *SetBudget) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := personOnly(m, "set a budget"); err != nil {
		return nil, err
	}
	c.Action = orDefault(c.Action, ActionStop)
	if err := oneOf("action", c.Action, []string{ActionStop, ActionWarn}); err != nil {
		return nil, err
	}
	if err := c.clean(s); err != nil {
		return nil, err
	}
	set := findBudget(s, c.Scope, c.Subject)
	switch {
	case c.LimitMicros == 0 && set == nil:
		return nil, nil
	case set != nil && set.LimitMicros == c.LimitMicros && set.Action == c.Action && set.ExceededAt == nil:
		return nil, nil
	}
	return []event.Payload{&event.BudgetSetPayload{
		Scope: c.Scope, Subject: c.Subject, LimitMicros: c.LimitMicros, Action: c.Action, Reason: c.Reason,
	}}, nil
}

func (c *SetBudget) clean(s *State) error {
	if err := oneOf("scope", c.Scope, BudgetScopes()); err != nil {
		return err
	}
	err := check(func(k *checker) {
		k.line("subject", &c.Subject)
		k.body("reason", &c.Reason)
	})
	if err != nil {
		return err
	}
	if c.LimitMicros < 0 {
		return fault.Usage("invalid_limit", "a budget cannot be less than nothing").
			WithHint("give an amount in US dollars, or 0 to lift it: `layercake cost budget --help`")
	}
	switch c.Scope {
	case ScopeProject, ScopeDay:
		if c.Subject != "" {
			return fault.Usage("invalid_subject", "a budget of scope %s has no subject", c.Scope).
				WithHint("leave %q out; see `layercake cost budget --help`", c.Subject)
		}
		return nil
	case ScopeGate:
		g, err := s.Gate(c.Subject)
		if err == nil {
			c.Subject = g.ID
		}
		return err
	case ScopeTask:
		_, err := s.task(c.Subject)
		return err
	case ScopeRun:
		_, err := s.run(c.Subject)
		return err
	}
	if c.Subject == "" {
		return fault.Usage("missing_subject", "say which %s the budget is for", c.Scope).
			WithHint("see `layercake cost budget --help`")
	}
	return nil
}

func findBudget(s *State, scope, subject string) *Budget {
	for i := range s.Budgets {
		if s.Budgets[i].Scope == scope && s.Budgets[i].Subject == subject {
			return &s.Budgets[i]
		}
	}
	return nil
}

// ExceedBudget records that agents came to a limit.
type ExceedBudget struct {
	Scope, Subject string
	// LimitMicros is the limit that they came to, and SpentMicros what they had
	// spent then. Run is the one that wanted more.
	LimitMicros, SpentMicros int64
	Run                      string
}

// CommandName returns "budget.exceed".
func (*ExceedBudget) CommandName() string { return "budget.exceed" }

// Needs returns the budgets and the run.
func (c *ExceedBudget) Needs() Needs { return Needs{Budgets: true, Runs: []string{c.Run}} }

// Decide records it once for each limit that is set.
func (c *ExceedBudget) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	p := &event.BudgetExceededPayload{
		Scope: c.Scope, Subject: c.Subject, LimitMicros: c.LimitMicros, SpentMicros: c.SpentMicros, Run: c.Run, Action: ActionStop,
	}
	if c.Scope == ScopeRun && c.Subject == "" {
		return []event.Payload{p}, nil
	}
	set := findBudget(s, c.Scope, c.Subject)
	if set == nil {
		return nil, nil
	}
	p.Action = set.Action
	if set.ExceededAt != nil && (c.Scope != ScopeDay || sameDay(*set.ExceededAt, m.Now)) {
		return nil, nil
	}
	return []event.Payload{p}, nil
}

// sameDay reports whether two moments lie on the same day, in UTC.
func sameDay(a, b time.Time) bool {
	const day = 24 * time.Hour
	return a.UTC().Truncate(day).Equal(b.UTC().Truncate(day))
}
