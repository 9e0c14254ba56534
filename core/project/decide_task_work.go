package project

import (
	"fmt"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// Waits says what keeps a task from being started: dependencies that are not
// done, a gate that is not passed. statuses holds the states of its
// dependencies. Empty means that work could start.
func Waits(t *Task, statuses map[string]TaskStatus, gates []Gate) []string {
	var waits []string
	for _, id := range t.DependsOn {
		if st, ok := statuses[id]; !ok || !st.Satisfies() {
			waits = append(waits, fmt.Sprintf("%s is %s", TaskID(id), human(string(orDefault(st, "unknown")))))
		}
	}
	for i := range gates {
		if t.Gate != "" && strings.EqualFold(gates[i].ID, t.Gate) && !gates[i].Status.Passed() {
			waits = append(waits, fmt.Sprintf("gate %s is %s", gates[i].ID, human(string(gates[i].Status))))
		}
	}
	return waits
}

// WorkTask is one step in the life of a task.
type WorkTask struct {
	ID string
	// Step is what happens.
	Step TaskStep
	// Text is the result, the reason or the release note.
	Text string
	// Unlisted keeps a cancelled task out of TASKS.md, where its line was taken
	// out.
	Unlisted bool
	// Lease is how long a claim holds; 0 means the default.
	Lease time.Duration
}

// TaskStep is a step in the life of a task.
type TaskStep string

// The steps.
const (
	StepClaim   TaskStep = "claim"
	StepRelease TaskStep = "release"
	StepStart   TaskStep = "start"
	StepDone    TaskStep = "done"
	StepFail    TaskStep = "fail"
	StepCancel  TaskStep = "cancel"
	StepBlock   TaskStep = "block"
	StepUnblock TaskStep = "unblock"
	// StepReopen takes up a task that was over: done, given up or skipped.
	StepReopen TaskStep = "reopen"
)

// CommandName returns "task." and the step.
func (c *WorkTask) CommandName() string { return "task." + string(c.Step) }

// Needs returns the task and those that wait for it.
func (c *WorkTask) Needs() Needs {
	n := Needs{Tasks: []string{c.ID}}
	switch c.Step {
	case StepDone, StepCancel:
		n.Dependents, n.Failed = []string{c.ID}, []string{c.ID}
	case StepFail:
		n.Dependents = []string{c.ID}
	case StepClaim, StepRelease, StepStart, StepBlock, StepUnblock, StepReopen:
	}
	return n
}

// Decide takes the step. A lease that has ended is released first.
func (c *WorkTask) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	t, err := s.task(c.ID)
	if err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.body("text", &c.Text) }); err != nil {
		return nil, err
	}
	if err := c.allowed(t, m); err != nil {
		return nil, err
	}
	switch c.Step {
	case StepClaim:
		return c.claim(s, t, m)
	case StepRelease:
		if t.ClaimedBy == "" {
			return nil, c.wrongState(t, "is not claimed")
		}
		return []event.Payload{&event.TaskReleasedPayload{ID: t.ID, Status: released(t), Reason: c.Text}}, nil
	case StepStart:
		return c.start(s, t, m)
	case StepDone:
		return c.done(s, t)
	case StepFail:
		return c.fail(s, t)
	case StepCancel:
		return c.cancel(s, t)
	case StepBlock:
		return c.block(t)
	case StepUnblock:
		if t.Status != TaskBlocked {
			return nil, c.wrongState(t, "is not blocked")
		}
		return []event.Payload{&event.TaskUnblockedPayload{ID: t.ID, Reason: c.Text}}, nil
	case StepReopen:
		return []event.Payload{&event.TaskReopenedPayload{ID: t.ID, Reason: c.Text}}, nil
	}
	return nil, fault.Usage("invalid_step", "%q is not a step", c.Step).
		WithHint("run `layercake task --help` to see the steps")
}

// allowed refuses agents the tasks that somebody else has claimed, and
// everybody the tasks that are over. A person may take any task in hand.
func (c *WorkTask) allowed(t *Task, m Meta) error {
	if t.ClaimedNow(m.Now) && t.ClaimedBy != m.Actor.String() && (c.Step == StepClaim || !m.Actor.IsPerson()) {
		return fault.Conflict("task_claimed", "%s is claimed by %s until %s", TaskID(t.ID), t.ClaimedBy, t.LeaseUntil.UTC().Format(time.RFC3339)).
			WithHint("run `layercake task ready` for one that is free")
	}
	switch {
	case c.Step == StepReopen && t.Status.Open() && t.Status != TaskFailed:
		return c.wrongState(t, "is not over")
	case c.Step != StepReopen && !t.Status.Open():
		return c.wrongState(t, "is "+human(string(t.Status))+" already")
	}
	return nil
}

func (c *WorkTask) wrongState(t *Task, what string) error {
	return fault.Conflict("task_state", "cannot %s %s: it %s", c.Step, TaskID(t.ID), what).WithHint("run `layercake task show %s`", TaskID(t.ID))
}

func notReady(t *Task, waits []string) error {
	return fault.Conflict("task_not_ready", "%s waits: %s", TaskID(t.ID), strings.Join(waits, "; ")).
		WithHint("run `layercake task ready` for one that can be started").WithDetails(waits)
}

func (c *WorkTask) claim(s *State, t *Task, m Meta) ([]event.Payload, error) {
	if waits := Waits(t, s.TaskStatus, s.Gates); len(waits) > 0 {
		return nil, notReady(t, waits)
	}
	if t.Status == TaskBlocked {
		return nil, c.wrongState(t, "is blocked: "+t.BlockedReason)
	}
	lease := c.Lease
	if lease == 0 {
		lease = DefaultLease
	}
	if lease < time.Minute || lease > MaxLease {
		return nil, fault.Usage("invalid_lease", "a lease lasts between 1 minute and %s", MaxLease).
			WithHint("write it as in 30m or 2h; see `layercake task claim --help`")
	}
	var events []event.Payload
	if t.ClaimedBy != "" && t.ClaimedBy != m.Actor.String() {
		events = append(events, &event.TaskReleasedPayload{ID: t.ID, Status: released(t), Expired: true})
	}
	return append(events, &event.TaskClaimedPayload{ID: t.ID, By: m.Actor.String(), Until: event.Truncate(m.Now.Add(lease))}), nil
}

func (c *WorkTask) start(s *State, t *Task, m Meta) ([]event.Payload, error) {
	if t.Status == TaskInProgress {
		return nil, nil
	}
	if t.Status == TaskBlocked {
		return nil, c.wrongState(t, "is blocked: "+t.BlockedReason)
	}
	if waits := Waits(t, s.TaskStatus, s.Gates); len(waits) > 0 {
		return nil, notReady(t, waits)
	}
	events := []event.Payload{&event.TaskStartedPayload{ID: t.ID}}
	if t.Owner == "" {
		events = append(events, &event.TaskAssignedPayload{ID: t.ID, Owner: m.Actor.String()})
	}
	return events, nil
}

func (c *WorkTask) done(s *State, t *Task) ([]event.Payload, error) {
	if t.Status == TaskBlocked {
		return nil, c.wrongState(t, "is blocked: "+t.BlockedReason)
	}
	if waits := Waits(t, s.TaskStatus, s.Gates); len(waits) > 0 {
		return nil, notReady(t, waits)
	}
	events := []event.Payload{&event.TaskCompletedPayload{ID: t.ID, Result: c.Text}}
	return append(events, freed(s, t, "is complete", false)...), nil
}

// freed unblocks the tasks that this one had blocked.
func freed(s *State, t *Task, why string, warning bool) []event.Payload {
	var events []event.Payload
	for i := range s.Dependents[t.ID] {
		d := &s.Dependents[t.ID][i]
		if d.Status == TaskBlocked && d.BlockedBy == t.ID {
			events = append(events, letGo(s, d.ID, t.ID, &event.TaskUnblockedPayload{ID: d.ID, Reason: TaskID(t.ID) + " " + why, Warning: warning}))
		}
	}
	return events
}

// letGo lets a task go on that another one had blocked, unless it depends on a third
// that has failed: then that one blocks it.
func letGo(s *State, id, was string, goesOn event.Payload) event.Payload {
	for i := range s.Failed[id] {
		if other := &s.Failed[id][i]; other.ID != was {
			return blockedBy(id, other)
		}
	}
	return goesOn
}

func (c *WorkTask) fail(s *State, t *Task) ([]event.Payload, error) {
	if err := check(func(k *checker) { k.required("reason", &c.Text) }); err != nil {
		return nil, err
	}
	events := []event.Payload{&event.TaskFailedPayload{ID: t.ID, Reason: c.Text}}
	for i := range s.Dependents[t.ID] {
		if d := &s.Dependents[t.ID][i]; d.Status == TaskNotStarted || d.Status == TaskQueued {
			events = append(events, blockedBy(d.ID, t))
		}
	}
	return events, nil
}

func (c *WorkTask) cancel(s *State, t *Task) ([]event.Payload, error) {
	events := []event.Payload{&event.TaskCancelledPayload{ID: t.ID, Reason: c.Text, Unlisted: c.Unlisted}}
	return append(events, freed(s, t, "was cancelled", true)...), nil
}

func (c *WorkTask) block(t *Task) ([]event.Payload, error) {
	if err := check(func(k *checker) { k.required("reason", &c.Text) }); err != nil {
		return nil, err
	}
	if t.Status == TaskBlocked {
		return nil, c.wrongState(t, "is blocked already")
	}
	return []event.Payload{&event.TaskBlockedPayload{ID: t.ID, Reason: c.Text}}, nil
}

// released is the state of a task after it is given back: work that had begun
// has to begin again.
func released(t *Task) string {
	if t.Status == TaskInProgress {
		return string(TaskNotStarted)
	}
	return string(t.Status)
}
