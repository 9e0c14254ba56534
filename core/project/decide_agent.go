package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// QueueRun asks for a run of an agent.
type QueueRun struct {
	ID   string
	Role string
	// RoleQueue is where runs of the role belong.
	RoleQueue Queue
	// Task and Gate are what it works on and for; both may be empty.
	Task, Gate string
	Prompt     string
	// Queue is a person's choice, or empty.
	Queue           Queue
	Provider, Model string
	// MaxCostMicros is the most that it may cost; 0 is no limit of its own.
	MaxCostMicros int64
	// RetryOf is the run that this one takes up again.
	RetryOf string
}

// CommandName returns "agent.run".
func (*QueueRun) CommandName() string { return "agent.run" }

// Needs returns the task, those that wait for it, and the runs that do the same.
func (c *QueueRun) Needs() Needs {
	// As it will be recorded; see checker.
	_ = check(func(k *checker) { k.body("prompt", &c.Prompt) }) // Decide says what is wrong with it
	n := Needs{Twins: &Run{Role: c.Role, Task: c.Task, Gate: c.Gate, Prompt: c.Prompt}, Workflow: true}
	if c.Task != "" {
		n.Tasks, n.Dependents = []string{c.Task}, []string{c.Task}
	}
	if c.RetryOf != "" {
		n.Runs = []string{c.RetryOf}
	}
	return n
}

// Decide queues the run. One role does not work twice on the same thing.
func (c *QueueRun) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := c.clean(s, m); err != nil {
		return nil, err
	}
	question := &UrgencyQuestion{
		Role: c.Role, RoleQueue: c.RoleQueue, Gate: c.Gate, Gates: s.Gates, Workflow: s.Workflow,
		Dependents: len(s.Dependents[c.Task]),
	}
	if c.Task != "" {
		t, err := s.task(c.Task)
		if err != nil {
			return nil, err
		}
		if !t.Status.Open() {
			return nil, fault.Conflict("task_state", "%s is %s already", TaskID(t.ID), human(string(t.Status))).
				WithHint("run `layercake task ready` for one that can be worked on")
		}
		question.Task = t
	}
	var events []event.Payload
	if t := question.Task; t != nil && t.Status == TaskFailed {
		events = append(events, &event.TaskReopenedPayload{ID: t.ID, Reason: "an agent takes it up again"})
	}
	if len(s.Twins) > 0 {
		twin := &s.Twins[0]
		return nil, fault.Conflict("run_exists", "%s is at it already: run %s is %s", c.Role, RunID(twin.ID), twin.Status).
			WithHint("follow it: `layercake agent logs %s`", RunID(twin.ID))
	}
	u := UrgencyOf(question)
	if c.Queue != "" {
		u.Queue, u.Reasons = c.Queue, append(u.Reasons, "chosen by "+m.Actor.String()+": "+string(c.Queue))
	}
	return append(events, &event.AgentQueuedPayload{
		ID: c.ID, Role: c.Role, Task: c.Task, Gate: c.Gate, Prompt: c.Prompt, Queue: string(u.Queue), Priority: u.Priority,
		Reasons: u.Reasons, Chosen: c.Queue != "", Provider: c.Provider, Model: c.Model, MaxCostMicros: c.MaxCostMicros,
		RetryOf: c.RetryOf,
	}), nil
}

func (c *QueueRun) clean(s *State, m Meta) error {
	err := check(func(k *checker) {
		k.title("role", &c.Role)
		k.body("prompt", &c.Prompt)
		k.line("provider", &c.Provider)
		k.line("model", &c.Model)
	})
	if err != nil {
		return err
	}
	if c.Queue != "" {
		if err := oneOf("queue", c.Queue, Queues()); err != nil {
			return err
		}
		if err := personOnly(m, "choose the queue of a run"); err != nil {
			return err
		}
	}
	if err := oneOf("queue", c.RoleQueue, Queues()); err != nil {
		return err
	}
	if c.MaxCostMicros < 0 {
		return fault.Usage("invalid_max_cost", "the most that a run may cost cannot be less than nothing").
			WithHint("give an amount in US dollars, as in --max-cost 0.50; see `layercake agent run --help`")
	}
	if c.Gate != "" {
		g, err := s.Gate(c.Gate)
		if err != nil {
			return err
		}
		c.Gate = g.ID
	}
	if c.Task == "" && c.Prompt == "" && c.Gate == "" {
		return fault.Usage("missing_task", "the agent has nothing to do").
			WithHint("name a task, or say what to do: `layercake agent run --help`")
	}
	if c.RetryOf != "" {
		r, err := s.run(c.RetryOf)
		if err != nil {
			return err
		}
		if r.Status.Open() {
			return fault.Conflict("run_open", "run %s is %s", RunID(r.ID), r.Status).
				WithHint("follow it: `layercake agent logs %s`", RunID(r.ID))
		}
	}
	return nil
}

func (s *State) run(id string) (*Run, error) {
	if r, ok := s.Runs[id]; ok {
		return r, nil
	}
	return nil, fault.NotFound("run_not_found", "there is no run %s", RunID(id)).WithHint("run `layercake agent runs`")
}

// PrioritizeRun moves a run that waits to another place.
type PrioritizeRun struct {
	ID string
	// Queue is a person's choice, and Priority the place in it, 0 for that of its
	// task. An empty queue works it out anew, from RoleQueue, or, where that is empty,
	// raises it if something speaks for more.
	Queue     Queue
	Priority  int
	RoleQueue Queue
	// Task is the task of the run.
	Task string
}

// CommandName returns "agent.prioritize".
func (*PrioritizeRun) CommandName() string { return "agent.prioritize" }

// Needs returns the run and its task.
func (c *PrioritizeRun) Needs() Needs {
	n := Needs{Runs: []string{c.ID}, Workflow: true}
	if c.Task != "" {
		n.Tasks, n.Dependents = []string{c.Task}, []string{c.Task}
	}
	return n
}

// Decide moves it. What a person chose stays, until a person says otherwise.
func (c *PrioritizeRun) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	r, err := s.run(c.ID)
	if err != nil {
		return nil, err
	}
	if c.Queue == "" && c.Priority == 0 && c.RoleQueue == "" {
		return c.promote(s, r, m)
	}
	chosen := c.Queue != "" || c.Priority != 0
	if chosen || r.Chosen {
		if err := personOnly(m, "choose the place of a run"); err != nil {
			return nil, err
		}
	}
	if r.Status != RunPending {
		return nil, fault.Conflict("run_state", "run %s is %s; only one that waits can be moved", RunID(r.ID), r.Status).
			WithHint("run `layercake queue jobs` to see what waits")
	}
	u := UrgencyOf(&UrgencyQuestion{
		Role: r.Role, RoleQueue: c.RoleQueue, Gate: r.Gate, Task: s.Tasks[c.Task], Dependents: len(s.Dependents[c.Task]),
		Gates: s.Gates, Workflow: s.Workflow, Waiting: m.Now.Sub(r.CreatedAt),
	})
	if c.Queue != "" {
		if err := oneOf("queue", c.Queue, Queues()); err != nil {
			return nil, err
		}
		u.Queue, u.Reasons = c.Queue, append(u.Reasons, "chosen by "+m.Actor.String()+": "+string(c.Queue))
	}
	const lowest = 4
	if c.Priority < 0 || c.Priority > lowest {
		return nil, fault.Usage("invalid_priority", "the place in a queue is 1 to %d", lowest).
			WithHint("1 comes first; see `layercake queue priority --help`")
	}
	if c.Priority != 0 {
		u.Priority, u.Reasons = c.Priority, append(u.Reasons, fmt.Sprintf("place %d chosen by %s", c.Priority, m.Actor))
	}
	if u.Queue == r.Queue && u.Priority == r.Priority && chosen == r.Chosen {
		return nil, nil
	}
	return []event.Payload{&event.AgentPrioritizedPayload{
		ID: r.ID, Queue: string(u.Queue), Priority: u.Priority, Reasons: u.Reasons, Chosen: chosen,
	}}, nil
}

// promote raises a run that has waited for long, or holds up more than it did.
func (c *PrioritizeRun) promote(s *State, r *Run, m Meta) ([]event.Payload, error) {
	if r.Status != RunPending || r.Chosen {
		return nil, nil
	}
	q := &UrgencyQuestion{
		Role: r.Role, RoleQueue: r.Queue, Gate: r.Gate, Task: s.Tasks[c.Task], Dependents: len(s.Dependents[c.Task]),
		Gates: s.Gates, Workflow: s.Workflow, Waiting: m.Now.Sub(r.CreatedAt),
	}
	for _, reason := range r.Reasons {
		if strings.HasPrefix(reason, waitedReason) {
			q.Waiting = 0 // once
		}
		if strings.Contains(reason, dependentsReason) {
			q.Dependents = 0
		}
	}
	u := UrgencyOf(q)
	if u.Queue == r.Queue {
		return nil, nil
	}
	reasons := slices.Clone(r.Reasons)
	for _, reason := range u.Reasons[1:] { // the first is where it began
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return []event.Payload{&event.AgentPrioritizedPayload{ID: r.ID, Queue: string(u.Queue), Priority: u.Priority, Reasons: reasons}}, nil
}

// CancelRun stops a run, whether it waits or is at work.
type CancelRun struct {
	ID, Reason string
	// Task is the task of the run, and Usage what it took so far.
	Task  string
	Usage event.Usage
}

// CommandName returns "agent.cancel".
func (*CancelRun) CommandName() string { return "agent.cancel" }

// Needs returns the run and its task.
func (c *CancelRun) Needs() Needs { return runNeeds(c.ID, c.Task) }

// Decide stops it, and gives its task back.
func (c *CancelRun) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.body("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	r, err := s.run(c.ID)
	if err != nil {
		return nil, err
	}
	if !r.Status.Open() {
		return nil, fault.Conflict("run_state", "run %s is %s already", RunID(r.ID), r.Status).
			WithHint("run `layercake agent runs --open` to see those that can be stopped")
	}
	events := []event.Payload{&event.AgentCancelledPayload{ID: r.ID, Reason: c.Reason, Usage: c.Usage}}
	return append(events, givenBack(s, r, "the run was cancelled")...), nil
}

func runNeeds(id, task string) Needs {
	n := Needs{Runs: []string{id}}
	if task != "" {
		n.Tasks, n.Dependents, n.Failed = []string{task}, []string{task}, []string{task}
	}
	return n
}

// givenBack releases the task of a run that had it.
func givenBack(s *State, r *Run, reason string) []event.Payload {
	t, ok := s.Tasks[r.Task]
	if !ok || !t.Status.Open() || !strings.HasSuffix(t.ClaimedBy, "/"+r.Role) {
		return nil
	}
	return []event.Payload{&event.TaskReleasedPayload{ID: t.ID, Status: released(t), Reason: reason}}
}

// RecordHandoff records that one role hands its work to another.
type RecordHandoff struct {
	ID, From, To, Task, Run, Status, Notes string
	Deliverables                           []string
}

// CommandName returns "handoff.record".
func (*RecordHandoff) CommandName() string { return "handoff.record" }

// Needs returns nothing.
func (c *RecordHandoff) Needs() Needs {
	n := Needs{}
	if c.Task != "" {
		n.Tasks = []string{c.Task}
	}
	if len(c.Deliverables) > 0 {
		n.Evidence = true
	}
	return n
}

// Decide records it.
func (c *RecordHandoff) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	c.Status = orDefault(c.Status, "complete")
	err := check(func(k *checker) {
		k.title("from", &c.From)
		k.title("to", &c.To)
		k.lines("deliverables", &c.Deliverables)
		k.body("notes", &c.Notes)
	})
	if err != nil {
		return nil, err
	}
	if err := oneOf("status", c.Status, HandoffStatuses()); err != nil {
		return nil, err
	}
	if c.Task != "" {
		if _, err := s.task(c.Task); err != nil {
			return nil, err
		}
	}
	for _, id := range c.Deliverables {
		known := slices.ContainsFunc(s.Deliverables, func(d Deliverable) bool { return d.ID == id })
		if !known {
			return nil, fault.NotFound("deliverable_not_found", "there is no deliverable %q", id).WithHint("run `layercake deliverable list`")
		}
	}
	return []event.Payload{&event.HandoffRecordedPayload{
		ID: c.ID, From: c.From, To: c.To, Phase: string(s.Project.Phase), Task: c.Task, Run: c.Run,
		Deliverables: c.Deliverables, Status: c.Status, Notes: c.Notes,
	}}, nil
}
