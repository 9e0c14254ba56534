package project

import "github.com/layercake-dev/layercake/core/event"

// agent applies the events about runs of agents, what they hand over and what
// they may spend.
func (a applier) agent(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.AgentQueuedPayload:
		return []Change{insert(TableRuns, Fields{
			{"run_id", p.ID}, {"role", p.Role}, {"task_id", p.Task}, {"gate_id", p.Gate}, {"prompt", p.Prompt},
			{"queue", p.Queue}, {"priority", int64(p.Priority)}, {"reasons", list(p.Reasons)}, {"chosen", p.Chosen},
			{"asked_provider", p.Provider}, {"asked_model", p.Model}, {"max_cost_micros", p.MaxCostMicros},
			{"retry_of", p.RetryOf}, {"status", string(RunPending)}, {"created_by", a.e.Actor}, {"created_at", a.at()},
			{"version", a.e.Version},
		})}, true
	case *event.AgentStartedPayload:
		return a.run(p.ID, Fields{
			{"status", string(RunRunning)}, {"attempt", int64(p.Attempt)}, {"worker", p.Worker}, {"provider", p.Provider},
			{"model", p.Model}, {"role_digest", p.RoleDigest}, {"context_digest", p.ContextDigest}, {"started_at", a.at()},
		}), true
	case *event.AgentPrioritizedPayload:
		return a.run(p.ID, Fields{
			{"queue", p.Queue}, {"priority", int64(p.Priority)}, {"reasons", list(p.Reasons)}, {"chosen", p.Chosen},
		}), true
	case *event.AgentCompletedPayload:
		return a.run(p.ID, append(usage(&p.Usage), Fields{
			{"status", string(RunCompleted)}, {"summary", p.Summary}, {"files", list(p.Files)}, {"tool_calls", int64(p.ToolCalls)},
			{"branch", p.Branch}, {"commit_id", p.Commit}, {"output", p.Output}, {"finished_at", a.at()},
		}...)), true
	case *event.AgentFailedPayload:
		fields := append(usage(&p.Usage), Fields{{"code", p.Code}, {"reason", p.Reason}}...)
		if p.Retry {
			return a.run(p.ID, append(fields, Field{"status", string(RunPending)})), true
		}
		return a.run(p.ID, append(fields, Field{"status", string(RunFailed)}, Field{"finished_at", a.at()})), true
	case *event.AgentCancelledPayload:
		return a.run(p.ID, append(usage(&p.Usage), Fields{
			{"status", string(RunCancelled)}, {"code", "cancelled"}, {"reason", p.Reason}, {"finished_at", a.at()},
		}...)), true
	case *event.HandoffRecordedPayload:
		return []Change{insert(TableHandoffs, Fields{
			{"handoff_id", p.ID}, {"from_role", p.From}, {"to_role", p.To}, {"phase", p.Phase}, {"task_id", p.Task},
			{"run_id", p.Run}, {"deliverables", list(p.Deliverables)}, {"status", p.Status}, {"notes", p.Notes},
			{"created_by", a.e.Actor}, {"created_at", a.at()}, {"version", a.e.Version},
		})}, true
	}
	return a.budget(p)
}

func (a applier) run(id string, fields Fields) []Change {
	return []Change{set(TableRuns, []any{id}, append(fields, Field{"version", a.e.Version}))}
}

// usage is what a run took so far. One that was never begun names nobody who did
// the work.
func usage(u *event.Usage) Fields {
	fields := Fields{
		{"input_tokens", u.InputTokens}, {"output_tokens", u.OutputTokens}, {"cached_tokens", u.CachedTokens},
		{"cache_write_tokens", u.CacheWriteTokens}, {"cost_micros", u.CostMicros}, {"cost_unknown", u.CostUnknown},
		{"duration_ms", u.DurationMS},
	}
	if u.Provider != "" {
		fields = append(fields, Field{"provider", u.Provider}, Field{"model", u.Model})
	}
	return fields
}

func (a applier) budget(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.BudgetSetPayload:
		if p.LimitMicros == 0 {
			return []Change{remove(TableBudgets, p.Scope, p.Subject)}, true
		}
		return []Change{put(TableBudgets, Fields{
			{"scope", p.Scope}, {"subject", p.Subject}, {"limit_micros", p.LimitMicros}, {"action", p.Action},
			{"reason", p.Reason}, {"set_by", a.e.Actor}, {"set_at", a.at()},
		})}, true
	case *event.BudgetExceededPayload:
		if p.Scope == ScopeRun && p.Subject == "" {
			return nil, true // the limit of a run, which stands with it
		}
		return []Change{set(TableBudgets, []any{p.Scope, p.Subject}, Fields{
			{"exceeded_at", a.at()}, {"exceeded_micros", p.SpentMicros},
		})}, true
	}
	return nil, false
}
