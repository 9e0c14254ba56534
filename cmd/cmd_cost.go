package cmd

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdCost(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "cost",
		Aliases: []string{"costs"},
		Short:   "See and limit what agents spend",
		Long: `See what agents spent, in tokens and in money, and limit it. A budget of action "stop" is
never overrun: before each call of a model, what it may cost at most is set aside.`,
		Example: "  layercake cost show --by day\n  layercake cost budget set --day 5",
	}, newCmdCostShow(f), newCmdCostBudget(f))
}

func newCmdCostShow(f *Factory) *cobra.Command {
	by := "agent"
	var since, until string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show what agents spent",
		Long: `Show what agents spent: tokens, and money where the price of the model is known. Tokens
that the provider had kept from an earlier call cost less, and are listed apart.`,
		Example: "  layercake cost show\n  layercake cost show --by model --since 24h\n  layercake cost show --by gate --json",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.Spending{})
	addChoice(cmd, &by, "by", "add it up by this", core.SpendingBy())
	cmd.Flags().StringVar(&since, "since", "", "only from this `TIME` on: a time, a day, or a duration ago such as 24h")
	cmd.Flags().StringVar(&until, "until", "", "only up to this `TIME`")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if by == "" {
			by = "agent"
		}
		now := f.process.Now()
		from, err := parseTime(since, now)
		if err != nil {
			return err
		}
		to, err := parseTime(until, now)
		if err != nil {
			return err
		}
		list, err := s.Costs.Spending(ctx, s.at.Project, by, from, to)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) { p.table(spendingTable(by, list)) })
	})
	return cmd
}

func spendingTable(by string, list []core.Spending) *table {
	t := newTable(col(strings.ToUpper(by)), col("RUNS").toRight(), col("CALLS").toRight().ifRoom(), col("IN").toRight(), col("OUT").toRight(),
		col("CACHED").toRight().ifRoom(), col("COST").toRight())
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	row := func(c *core.Spending) {
		cost := runCost(&project.Run{CostMicros: c.CostMicros, CostUnknown: c.CostUnknown})
		t.add(bold.of(subjectText(by, c.Subject)), number(c.Runs), number(c.Calls), number(c.InputTokens), number(c.OutputTokens),
			number(c.CachedTokens+c.CacheWriteTokens), cost)
	}
	for i := range list {
		c := &list[i]
		row(c)
	}
	return t
}

// subjectText names what spending is added up by.
func subjectText(by, subject string) string {
	switch {
	case subject == "":
		return "-"
	case by == "task":
		return project.TaskID(subject)
	case by == "run":
		return project.RunID(subject)
	}
	return subject
}

func newCmdCostBudget(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "budget",
		Aliases: []string{"budgets"},
		Short:   "Limit what agents spend",
		Long:    "Limit what agents spend: in the whole project, on each day, for a gate, by a role, on a task or in a run.",
		Example: "  layercake cost budget list\n  layercake cost budget set --project-total 50\n  layercake cost budget set --gate G5=20 --warn",
	}, newCmdBudgetList(f), newCmdBudgetSet(f))
}

func newCmdBudgetList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the budgets, and what is spent of them",
		Long:    "List the budgets with what is spent of them, and what is set aside for calls under way.",
		Example: "  layercake cost budget list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.BudgetState{})
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		list, err := s.Costs.Budgets(ctx, s.at.Project)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) { p.table(budgetTable(list)) })
	})
	return cmd
}

func budgetTable(list []core.BudgetState) *table {
	t := newTable(col("SCOPE"), col("SUBJECT"), col("LIMIT").toRight(), col("SPENT").toRight(), col("SET ASIDE").toRight().ifRoom(),
		col("AT LIMIT"), col("REASON").flex().ifRoom())
	for i := range list {
		b := &list[i]
		at := styled{text: b.Action}
		if b.SpentMicros+b.ReservedMicros >= b.LimitMicros {
			at = red.of(b.Action + ": reached")
		}
		t.add(bold.of(b.Scope), subjectText(b.Scope, b.Subject), core.Dollars(b.LimitMicros), core.Dollars(b.SpentMicros),
			core.Dollars(b.ReservedMicros), at, b.Reason)
	}
	return t
}

func newCmdBudgetSet(f *Factory) *cobra.Command {
	var total, day, gate, role, task, run, reason string
	var warn bool
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Set a budget, or lift it",
		Long: `Set a budget in US dollars, or lift it with 0. One is set at a time. At the limit agents
stop, and what they were at fails with the code "budget"; with --warn it is recorded
and they go on. Only a person can set a budget.`,
		Example: "  layercake cost budget set --day 5\n  layercake cost budget set --role architect=2.50 --reason \"it thinks a lot\"\n" +
			"  layercake cost budget set --task t-7k3f=0",
		Args: exactly(),
	}
	out := addOutput(cmd, f, core.BudgetState{})
	cmd.Flags().StringVar(&total, "project-total", "", "for the whole project, as an `AMOUNT`")
	cmd.Flags().StringVar(&day, "day", "", "for each day, as an `AMOUNT`")
	cmd.Flags().StringVar(&gate, "gate", "", "for a gate, as `GATE=AMOUNT`")
	cmd.Flags().StringVar(&role, "role", "", "for a role, as `ROLE=AMOUNT`")
	cmd.Flags().StringVar(&task, "task", "", "for a task, as `TASK=AMOUNT`")
	cmd.Flags().StringVar(&run, "run", "", "for a run, as `RUN=AMOUNT`")
	cmd.Flags().BoolVar(&warn, "warn", false, "record it when the limit is reached, and go on")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, _ []string) error {
		in := project.SetBudget{Reason: reason, Action: project.ActionStop}
		if warn {
			in.Action = project.ActionWarn
		}
		amount := ""
		given := 0
		for scope, value := range map[string]string{
			project.ScopeProject: total, project.ScopeDay: day, project.ScopeGate: gate, project.ScopeRole: role,
			project.ScopeTask: task, project.ScopeRun: run,
		} {
			if value == "" {
				continue
			}
			given++
			in.Scope, amount = scope, value
			if scope != project.ScopeProject && scope != project.ScopeDay {
				var ok bool
				if in.Subject, amount, ok = strings.Cut(value, "="); !ok {
					return fault.Usage("invalid_budget", "%q does not say how much", value).WithHint("write it as in --%s NAME=2.50", scope)
				}
			}
		}
		if given != 1 {
			return fault.Usage("invalid_budget", "set one budget at a time").WithHint("run `layercake cost budget set --help`")
		}
		var err error
		if in.LimitMicros, err = dollars(amount); err != nil {
			return err
		}
		list, err := s.Costs.SetBudget(ctx, s.by(ctx), s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(in.Scope, list, func(p *printer) {
			if in.LimitMicros == 0 {
				p.line("the budget is lifted")
				return
			}
			p.table(budgetTable(list))
		})
	})
	return cmd
}

// dollars reads an amount of US dollars, as millionths.
func dollars(text string) (int64, error) {
	const million, most = 1_000_000, 1e9
	n, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(text), "$"), 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > most {
		return 0, fault.Usage("invalid_amount", "%q is not an amount of US dollars", text).WithHint("write it as in 2.50")
	}
	return int64(math.Round(n * million)), nil
}
