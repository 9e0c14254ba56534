package project

import (
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// StartRun begins an attempt at a run. The attempt that it begins is the token of
// the worker: from now on nothing of an earlier one counts.
type StartRun struct {
	ID string
	// Task is the task of the run.
	Task                      string
	Worker                    string
	Provider, Model           string
	RoleDigest, ContextDigest string
	// Agent is who has the task meanwhile, as actors are written, and Lease for how
	// long.
	Agent string
	Lease time.Duration
}

// CommandName returns "agent.start".
func (*StartRun) CommandName() string { return "agent.start" }

// Needs returns the run and its task.
func (c *StartRun) Needs() Needs { return runNeeds(c.ID, c.Task) }

// Decide begins the attempt, and has the agent take the task.
func (c *StartRun) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	r, err := s.run(c.ID)
	if err != nil {
		return nil, err
	}
	if !r.Status.Open() {
		return nil, superseded(r)
	}
	if r.Attempt >= MaxAttempts {
		// Workers that were killed while at it; it is not to kill a fourth.
		return append([]event.Payload{&event.AgentFailedPayload{
			ID: r.ID, Attempt: r.Attempt, Code: "worker_lost", Reason: "its workers died while they were at it", Usage: r.usage(),
		}}, failTask(s, r, "its workers died while they were at it")...), nil
	}
	started := &event.AgentStartedPayload{
		ID: r.ID, Attempt: r.Attempt + 1, Worker: c.Worker, Provider: c.Provider, Model: c.Model,
		RoleDigest: c.RoleDigest, ContextDigest: c.ContextDigest,
	}
	t, ok := s.Tasks[r.Task]
	if !ok {
		return []event.Payload{started}, nil
	}
	if !t.Status.Open() || t.Status == TaskFailed {
		return append([]event.Payload{}, &event.AgentCancelledPayload{
			ID: r.ID, Reason: TaskID(t.ID) + " is " + human(string(t.Status)) + " already", Usage: r.usage(),
		}), nil
	}
	if waits := Waits(t, s.TaskStatus, s.Gates); len(waits) > 0 {
		return nil, held(r, TaskID(t.ID)+" waits: "+strings.Join(waits, "; "))
	}
	if t.Status == TaskBlocked {
		return nil, held(r, TaskID(t.ID)+" is blocked: "+t.BlockedReason)
	}
	if t.ClaimedNow(m.Now) && t.ClaimedBy != c.Agent {
		return nil, held(r, TaskID(t.ID)+" is claimed by "+t.ClaimedBy)
	}
	events := []event.Payload{started}
	if t.ClaimedBy != "" && t.ClaimedBy != c.Agent {
		events = append(events, &event.TaskReleasedPayload{ID: t.ID, Status: released(t), Expired: true})
	}
	events = append(events, &event.TaskClaimedPayload{ID: t.ID, By: c.Agent, Until: event.Truncate(m.Now.Add(min(c.Lease, MaxLease)))})
	if t.Status != TaskInProgress {
		events = append(events, &event.TaskStartedPayload{ID: t.ID})
	}
	return events, nil
}

// CodeHeld and CodeSuperseded are the codes of the errors with which a worker
// learns that a run cannot begin yet, and that it is not the worker's any more.
const (
	CodeHeld       = "run_held"
	CodeSuperseded = "run_superseded"
)

func held(r *Run, why string) error {
	return fault.Conflict(CodeHeld, "run %s has to wait: %s", RunID(r.ID), why).
		WithHint("see what it waits for: `layercake agent status %s`", RunID(r.ID))
}

func superseded(r *Run) error {
	return fault.Conflict(CodeSuperseded, "run %s is %s, at attempt %d: this worker has nothing more to say about it", RunID(r.ID), r.Status, r.Attempt).
		WithHint("see what became of it: `layercake agent status %s`", RunID(r.ID))
}

// usage is what the run took so far.
func (r *Run) usage() event.Usage {
	return event.Usage{
		Provider: r.Provider, Model: r.Model, InputTokens: r.InputTokens, OutputTokens: r.OutputTokens, CachedTokens: r.CachedTokens,
		CacheWriteTokens: r.CacheWriteTokens, CostMicros: r.CostMicros, CostUnknown: r.CostUnknown, DurationMS: r.DurationMS,
	}
}

// current refuses the report of an attempt that is not under way any more.
func current(s *State, id string, attempt int) (*Run, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	r, err := s.run(id)
	if err != nil {
		return nil, err
	}
	if r.Status != RunRunning || r.Attempt != attempt {
		return nil, superseded(r)
	}
	return r, nil
}

// CompleteRun records what came of a run.
type CompleteRun struct {
	ID      string
	Attempt int
	// Task is the task of the run.
	Task    string
	Summary string
	Files   []string
	// ToolCalls is how often it used a tool.
	ToolCalls      int
	Branch, Commit string
	// Output is the SHA-256 of the artifact with what it answered.
	Output string
	Usage  event.Usage
	// Outcome is "complete", "partial", "blocked" or "failed", as the agent says.
	Outcome string
	// Handoff is what it hands over, or nil.
	Handoff *RecordHandoff
}

// CommandName returns "agent.complete".
func (*CompleteRun) CommandName() string { return "agent.complete" }

// Needs returns the run and its task.
func (c *CompleteRun) Needs() Needs { return runNeeds(c.ID, c.Task) }

// Decide records it, and what that means for the task. It opens no gate: what an
// agent says is no evidence.
func (c *CompleteRun) Decide(s *State, _ Meta) ([]event.Payload, error) {
	r, err := current(s, c.ID, c.Attempt)
	if err != nil {
		return nil, err
	}
	c.Outcome = orDefault(c.Outcome, "complete")
	if err := oneOf("outcome", c.Outcome, HandoffStatuses()); err != nil {
		return nil, err
	}
	events := []event.Payload{&event.AgentCompletedPayload{
		ID: r.ID, Attempt: r.Attempt, Summary: c.Summary, Files: c.Files, ToolCalls: c.ToolCalls, Branch: c.Branch, Commit: c.Commit,
		Output: c.Output, Usage: c.Usage,
	}}
	if h := c.Handoff; h != nil {
		events = append(events, &event.HandoffRecordedPayload{
			ID: h.ID, From: r.Role, To: h.To, Phase: string(s.Project.Phase), Task: r.Task, Run: r.ID,
			Deliverables: h.Deliverables, Status: c.Outcome, Notes: h.Notes,
		})
	}
	return append(events, c.task(s, r)...), nil
}

func (c *CompleteRun) task(s *State, r *Run) []event.Payload {
	t, ok := s.Tasks[r.Task]
	if !ok || !t.Status.Open() || t.Status == TaskFailed {
		return nil
	}
	switch c.Outcome {
	case "complete":
		events := []event.Payload{&event.TaskCompletedPayload{ID: t.ID, Result: c.Summary}}
		return append(events, freed(s, t, "is complete", false)...)
	case "blocked":
		events := givenBack(s, r, "the agent cannot go on")
		return append(events, &event.TaskBlockedPayload{ID: t.ID, Reason: orDefault(c.Summary, "the agent cannot go on")})
	case "failed":
		return failTask(s, r, orDefault(c.Summary, "the agent gave up"))
	}
	return givenBack(s, r, "the agent did a part of it")
}

// FailRun records that an attempt broke off.
type FailRun struct {
	ID      string
	Attempt int
	// Task is the task of the run.
	Task         string
	Code, Reason string
	// Retry says that it is worth another attempt, if there is one left.
	Retry bool
	Usage event.Usage
}

// CommandName returns "agent.fail".
func (*FailRun) CommandName() string { return "agent.fail" }

// Needs returns the run and its task.
func (c *FailRun) Needs() Needs { return runNeeds(c.ID, c.Task) }

// Decide records it. After the last attempt its task has failed.
func (c *FailRun) Decide(s *State, _ Meta) ([]event.Payload, error) {
	r, err := current(s, c.ID, c.Attempt)
	if err != nil {
		return nil, err
	}
	again := c.Retry && r.Attempt < MaxAttempts
	events := []event.Payload{&event.AgentFailedPayload{
		ID: r.ID, Attempt: r.Attempt, Code: c.Code, Reason: c.Reason, Retry: again, Usage: c.Usage,
	}}
	if again {
		return events, nil
	}
	return append(events, failTask(s, r, c.Reason)...), nil
}

// failTask fails the task of a run that has failed, and blocks what waits for it.
func failTask(s *State, r *Run, reason string) []event.Payload {
	t, ok := s.Tasks[r.Task]
	if !ok || !t.Status.Open() || t.Status == TaskFailed {
		return nil
	}
	events, err := (&WorkTask{ID: t.ID, Step: StepFail, Text: "run " + RunID(r.ID) + ": " + reason}).fail(s, t)
	if err != nil {
		return nil // a reason is always given
	}
	return events
}
