package mcp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/jobs"
	"github.com/layercake-dev/layercake/mcp"
)

// queues are the real queues of a database.
type queues struct{ db *db.DB }

func (q queues) Stats(ctx context.Context, names []string) ([]mcp.QueueStats, error) {
	list, err := jobs.Stats(ctx, q.db, names)
	out := make([]mcp.QueueStats, len(list))
	for i := range list {
		s := &list[i]
		out[i] = mcp.QueueStats{
			Queue: s.Queue, Paused: s.Paused, Workers: s.Workers, Waiting: s.Waiting, Held: s.Held, Running: s.Running, Retrying: s.Retrying,
			Done: s.Done, Failed: s.Failed, OldestSeconds: s.OldestSeconds,
		}
	}
	return out, err
}

func (q queues) Jobs(ctx context.Context, p uuid.UUID, queue string, over bool) ([]mcp.QueueJob, error) {
	list, err := jobs.List(ctx, q.db, p, jobs.JobQuery{Queue: queue, All: over})
	out := make([]mcp.QueueJob, len(list))
	for i := range list {
		j := &list[i]
		out[i] = mcp.QueueJob{
			Run: j.Run, Role: j.Role, Task: j.Task, Gate: j.Gate, Queue: j.Queue, Priority: j.Priority, State: j.State, Attempt: j.Attempt,
			Reasons: j.Reasons, WaitsFor: j.WaitsFor, Worker: j.Worker, CreatedAt: j.CreatedAt, NextAt: j.NextAt, LastError: j.LastError,
		}
	}
	return out, err
}

func (q queues) Pause(ctx context.Context, names []string, pause bool) error {
	if pause {
		return (&jobs.Queue{}).Pause(ctx, q.db, names)
	}
	return (&jobs.Queue{}).Resume(ctx, q.db, names)
}

// said is a program that says a word and ends as it is told to.
type said struct{ err error }

func (said) Name() string { return "said" }

func (s said) Run(_ context.Context, _ agent.Job, on func(agent.Delta)) (*agent.Outcome, error) {
	on(agent.Delta{Kind: agent.DeltaText, Text: "I look at it. "})
	return &agent.Outcome{Text: "It is as it should be.", Stop: agent.StopEnd, Usage: agent.Usage{Input: 100, Output: 20, CostMicros: 2500, CostKnown: true}}, s.err
}

// worker returns an App that does runs by a program.
func (b *bundle) worker(t *testing.T, program agent.Program) *core.App {
	t.Helper()
	return b.openWith(t, &core.AgentSetup{
		Engine: func(context.Context, string, string, int) (*core.Engine, error) {
			return &core.Engine{Provider: "said", Model: "one", Program: program}, nil
		},
		Place:     func(context.Context, uuid.UUID) (core.Place, bool) { return b.at, true },
		Isolation: core.IsolationNone,
	})
}

func (s *scenario) agents(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	first := s.id("create_task", map[string]any{"title": "Knead", "spec_refs": []string{"§7"}})
	second := s.id("create_task", map[string]any{"title": "Proof the dough", "depends_on": []string{first}})
	third := s.id("create_task", map[string]any{"title": "Knead more", "spec_refs": []string{"§7"}})

	spawn := s.do("validate_agent_spawn_for_gate", map[string]any{"role": "backend-developer", "task": second, "gate": "G9"})
	require.Equal(t, true, spawn["allowed"])
	require.Len(t, spawn["waits_for"], 1)
	require.Contains(t, fmt.Sprint(spawn["notes"]), "comes first")
	require.Contains(t, fmt.Sprint(spawn["notes"]), "not among the gates")
	require.NotEmpty(t, spawn["queue"])
	unknown := s.do("validate_agent_spawn_for_gate", map[string]any{"role": "baker", "task": second})
	require.Equal(t, false, unknown["allowed"])
	require.Contains(t, fmt.Sprint(unknown["problems"]), "baker")
	clash := s.do("check_parallel_conflicts", map[string]any{"tasks": []string{first, second, third}})
	require.Equal(t, false, clash["parallel"])
	require.Contains(t, fmt.Sprint(clash["conflicts"]), "waits for "+first)
	require.Contains(t, fmt.Sprint(clash["conflicts"]), "both are about §7")
	require.Equal(t, true, s.do("check_parallel_conflicts", map[string]any{"tasks": []string{second, third}})["parallel"])

	queued := s.do("execute_agent", map[string]any{"role": "backend-developer", "task": first, "max_cost_usd": 0.5})
	run, _ := queued["id"].(string)
	require.Equal(t, "pending", queued["status"])
	require.Contains(t, queued["next"], "no worker is there")
	kept, err := other.Agents.Get(t.Context(), b.at.Project, run)
	require.NoError(t, err)
	require.Equal(t, "agent:test-client/agent", kept.CreatedBy)
	require.EqualValues(t, 500_000, kept.MaxCostMicros)
	require.Contains(t, s.fails("execute_agent", map[string]any{"role": "backend-developer", "task": first}), "run_exists")
	require.Contains(t, s.fails("execute_agent", map[string]any{"role": "backend-developer"}), "missing_task")
	require.Contains(t, fmt.Sprint(s.do("check_parallel_conflicts", map[string]any{"tasks": []string{first}})["conflicts"]), "busy")
	require.Contains(t, s.do("estimate_agent_cost", map[string]any{"role": "backend-developer"})["notice"], "nothing is known")
	now := s.do("get_parallel_execution_status", nil)
	require.Len(t, now["waiting"], 1)
	require.InDelta(t, 1, now["counts"].(map[string]any)["pending"], 0)

	require.NoError(t, b.worker(t, said{}).Agents.Work(t.Context(), b.at.Project, kept.ID, "w-1"))
	status := s.do("get_agent_status", map[string]any{"id": run})
	require.Equal(t, "completed", status["status"], status)
	require.InDelta(t, 0.0025, status["cost_usd"], 1e-9)
	out := s.do("get_agent_output", map[string]any{"id": run})
	require.Equal(t, "It is as it should be.", out["answer"])
	require.Contains(t, fmt.Sprint(out["pieces"]), "I look at it.")
	require.Nil(t, out["next_after"])
	require.Len(t, s.do("get_agent_history", map[string]any{"role": "backend-developer", "status": "completed"})["runs"], 1)
	require.Empty(t, s.do("get_agent_history", map[string]any{"status": "failed"})["runs"])
	estimate := s.do("estimate_agent_cost", map[string]any{"role": "backend-developer"})
	require.InDelta(t, 1, estimate["runs"], 0)
	require.InDelta(t, 100, estimate["input_tokens"], 0)

	other2 := s.do("execute_agent", map[string]any{"role": "qa-engineer", "prompt": "taste it"})
	require.Equal(t, "cancelled", s.do("cancel_agent", map[string]any{"id": other2["id"], "reason": "not hungry"})["status"])
	require.Contains(t, s.fails("cancel_agent", map[string]any{"id": other2["id"], "reason": "x"}), "get_agent_history")
	require.Contains(t, s.fails("get_agent_status", map[string]any{"id": "r-zzzz"}), "get_agent_history")
	s.do("cancel_task", map[string]any{"id": third, "reason": "enough"})

	handed := s.do("record_handoff", map[string]any{"from": "backend-developer", "to": "qa-engineer", "task": first, "status": "partial", "notes": "taste it"})
	require.Equal(t, "partial", handed["status"])
	require.Contains(t, s.fails("record_handoff", map[string]any{"to": "qa-engineer"}), "missing_role")
	list, _ := s.do("get_handoffs", map[string]any{"to": "qa-engineer", "task": first})["handoffs"].([]any)
	require.Len(t, list, 1)
	require.Equal(t, "taste it", list[0].(map[string]any)["notes"])
	require.Empty(t, s.do("get_handoffs", map[string]any{"to": "architect"})["handoffs"])
	handoffs, err := other.Agents.Handoffs(t.Context(), viewOf(b))
	require.NoError(t, err)
	require.Equal(t, "agent:test-client/agent", handoffs[0].CreatedBy)
}

func (s *scenario) queue(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	first := s.id("execute_agent", map[string]any{"role": "architect", "prompt": "draw the oven"})
	second := s.id("execute_agent", map[string]any{"role": "architect", "prompt": "draw the door"})
	third := s.id("execute_agent", map[string]any{"role": "architect", "prompt": "draw the floor"})
	waiting := func() float64 {
		n := 0.0
		for _, q := range s.do("get_queue_stats", nil)["queues"].([]any) {
			n += q.(map[string]any)["waiting"].(float64)
		}
		return n
	}
	require.InDelta(t, 3, waiting(), 0)
	list, _ := s.do("list_jobs", nil)["jobs"].([]any)
	require.Len(t, list, 3)
	require.Equal(t, "waiting", list[0].(map[string]any)["state"])

	for tool, args := range map[string]map[string]any{
		"pause_queue": {"queue": "low"}, "resume_queue": {}, "set_job_priority": {"id": first, "queue": "critical"},
		"set_budget": {"scope": "day", "limit_usd": 5},
	} {
		text := s.fails(tool, args)
		require.Contains(t, text, "person_required", tool)
		require.Contains(t, text, "ask_person", tool)
	}
	require.Contains(t, s.fails("set_job_priority", map[string]any{"id": first}), "missing_place")
	s.do("set_job_priority", map[string]any{"id": first, "auto": true})
	// A person can, by the same tools.
	for _, call := range []struct{ tool, args, has string }{
		{"pause_queue", `{"queue":"low"}`, `"paused":true`},
		{"resume_queue", `{"queue":"low"}`, `{"queue":"low","workers"`},
		{"set_job_priority", `{"id":"` + first + `","queue":"critical","place":1}`, `"queue":"critical","place":1`},
		{"set_budget", `{"scope":"day","limit_usd":0.01}`, `"limit_usd":0.01`},
	} {
		out, err := mcp.Call(t.Context(), b.env(), call.tool, []byte(call.args))
		require.NoError(t, err, call.tool)
		require.Contains(t, string(out), call.has)
		s.called[call.tool] = true
	}
	moved, err := other.Agents.Get(t.Context(), b.at.Project, first)
	require.NoError(t, err)
	require.Equal(t, project.QueueCritical, moved.Queue)

	gone := s.do("cancel_job", map[string]any{"ids": []string{second, third}, "reason": "no floor"})
	require.Len(t, gone["cancelled"], 2)
	require.Len(t, s.do("cancel_job", map[string]any{"ids": []string{second}, "reason": "again"})["left"], 1)
	ill := &agent.Error{Kind: agent.KindAuth, Message: "the key is wrong"}
	_ = b.worker(t, said{ill}).Agents.Work(t.Context(), b.at.Project, moved.ID, "w-1") // that it fails is in the record
	failed := s.do("get_agent_status", map[string]any{"id": first})
	require.Equal(t, "failed", failed["status"], failed)
	require.Contains(t, failed["problem"], "the key is wrong")
	again := s.do("retry_job", map[string]any{"id": first})
	require.Equal(t, first, again["retry_of"])

	require.Empty(t, s.do("get_available_workers", map[string]any{"all": true})["workers"])
	w, err := jobs.Start(t.Context(), jobs.Config{DB: b.store, Runner: idle{}, Program: "test"})
	require.NoError(t, err)
	workers, _ := s.do("get_available_workers", nil)["workers"].([]any)
	require.Len(t, workers, 1)
	require.NotEmpty(t, workers[0].(map[string]any)["queues"])
	require.NoError(t, w.Stop(t.Context()))
}

// idle does nothing, for workers that are only to be there.
type idle struct{}

var errIdle = errors.New("idle")

func (idle) Work(context.Context, uuid.UUID, string, string) error { return errIdle }

func (s *scenario) cost(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	booked := s.do("log_token_usage", map[string]any{
		"provider": "anthropic", "model": "claude-sonnet-4-5", "input_tokens": 1000, "output_tokens": 1000, "gate": "g5", "cost_usd": 0.02,
	})
	require.InDelta(t, 0.02, booked["cost_usd"], 1e-9)
	require.Equal(t, []any{"day"}, booked["budgets_reached"])
	nobody := s.do("log_token_usage", map[string]any{"provider": "me", "model": "mine", "input_tokens": 5, "output_tokens": 1})
	require.Equal(t, true, nobody["cost_unknown"])
	require.Contains(t, s.fails("log_token_usage", map[string]any{"provider": "me", "model": "mine", "input_tokens": 0, "output_tokens": 0}), "invalid_usage")
	sum := s.do("get_cost_summary", map[string]any{"by": "model"})
	require.Contains(t, fmt.Sprint(sum["spending"]), "claude-sonnet-4-5")
	require.Len(t, sum["budgets"], 1)
	require.InDelta(t, 0, sum["budgets"].([]any)[0].(map[string]any)["left_usd"], 0)
	require.Contains(t, s.fails("get_cost_summary", map[string]any{"since": "yesterday"}), "invalid_time")
	require.Empty(t, s.do("get_cost_summary", map[string]any{"since": "2199-01-01T00:00:00Z"})["spending"])
	spending, err := other.Costs.Spending(t.Context(), b.at.Project, "gate", time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(spending), "G5")
	events, err := other.Log.Events(t.Context(), b.at.Project, core.EventQuery{Types: []string{"BudgetExceeded"}})
	require.NoError(t, err)
	require.Len(t, events, 1)
}
