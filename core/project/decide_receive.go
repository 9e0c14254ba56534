package project

import (
	"slices"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/workflow"
)

// ReceiveTask brings a task to what the files of another database say of it; nil
// fields stay as they are. The other database had its own rules looked at, so a
// state is taken as it is: what it waits for there is not known here. Nothing of
// it can touch a gate.
type ReceiveTask struct {
	ID string
	// New says that the task is not known here yet.
	New                                     bool
	Title, Description, Owner, Gate, Parent *string
	Type                                    *TaskType
	Priority                                *Priority
	Phase                                   *workflow.Phase
	Status                                  *TaskStatus
	// Text is the result of a complete task, the reason of a failed, cancelled or
	// blocked one. BlockedBy is the task that blocks it.
	Text, BlockedBy     string
	SpecRefs, StoryRefs *[]string
	DependsOn           *[]string
	Rank                *float64
	// Unlisted goes with the state cancelled.
	Unlisted bool
}

// CommandName returns "sync.task".
func (*ReceiveTask) CommandName() string { return "sync.task" }

// Needs returns the task and what it refers to.
func (c *ReceiveTask) Needs() Needs {
	n := Needs{NoGates: c.Gate == nil || *c.Gate == ""}
	if !c.New {
		n.Tasks = []string{c.ID}
	}
	if c.DependsOn != nil {
		n.Tasks, n.Reach = append(n.Tasks, *c.DependsOn...), *c.DependsOn
	}
	if c.Parent != nil && *c.Parent != "" {
		n.Tasks = append(n.Tasks, *c.Parent)
	}
	return n
}

// Decide makes the task, or changes what differs.
func (c *ReceiveTask) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	t, events, err := c.made(s, m)
	if err != nil {
		return nil, err
	}
	if !c.New {
		edit := &EditTask{
			ID: c.ID, Title: c.Title, Description: c.Description, Type: c.Type, Priority: c.Priority, Phase: c.Phase, Gate: c.Gate,
			Owner: c.Owner, Parent: c.Parent, SpecRefs: c.SpecRefs, StoryRefs: c.StoryRefs, Rank: c.Rank,
		}
		if events, err = edit.Decide(s, m); err != nil {
			return nil, err
		}
	}
	order, err := c.order(s, t)
	if err != nil {
		return nil, err
	}
	return append(append(events, order...), c.state(t)...), nil
}

// made returns the task as it is before its state changes, with the event that
// makes it when it is new.
func (c *ReceiveTask) made(s *State, m Meta) (*Task, []event.Payload, error) {
	if !c.New {
		t, err := s.task(c.ID)
		return t, nil, err
	}
	add := &AddTask{
		ID: c.ID, Title: value(c.Title), Description: value(c.Description), Type: value(c.Type), Priority: value(c.Priority),
		Phase: value(c.Phase), Gate: value(c.Gate), Owner: value(c.Owner), Parent: value(c.Parent), Rank: value(c.Rank),
	}
	if c.SpecRefs != nil {
		add.SpecRefs = *c.SpecRefs
	}
	if c.StoryRefs != nil {
		add.StoryRefs = *c.StoryRefs
	}
	events, err := add.Decide(s, m)
	return &Task{ID: c.ID, Status: TaskNotStarted, Owner: add.Owner}, events, err
}

// order returns the changes of what the task waits for. One that would close a
// cycle is refused, showing it.
func (c *ReceiveTask) order(s *State, t *Task) ([]event.Payload, error) {
	if c.DependsOn == nil {
		return nil, nil
	}
	want := unique(*c.DependsOn)
	var events []event.Payload
	for _, d := range t.DependsOn {
		if !slices.Contains(want, d) {
			events = append(events, &event.DependencyRemovedPayload{ID: t.ID, DependsOn: d})
		}
	}
	for _, d := range want {
		if slices.Contains(t.DependsOn, d) {
			continue
		}
		if _, err := s.task(d); err != nil {
			return nil, err
		}
		if err := noCycle(s, t.ID, d); err != nil {
			return nil, err
		}
		events = append(events, &event.DependencyAddedPayload{ID: t.ID, DependsOn: d})
	}
	return events, nil
}

// state returns the events that lead to the state that the task has elsewhere.
func (c *ReceiveTask) state(t *Task) []event.Payload {
	if c.Status == nil {
		return nil
	}
	same := *c.Status == t.Status
	switch *c.Status {
	case TaskComplete:
		if !same || c.Text != t.Result {
			return []event.Payload{&event.TaskCompletedPayload{ID: t.ID, Result: c.Text}}
		}
	case TaskFailed:
		if !same || c.Text != t.Result {
			return []event.Payload{&event.TaskFailedPayload{ID: t.ID, Reason: c.Text}}
		}
	case TaskCancelled, TaskSkipped:
		if !same || c.Text != t.Result || c.Unlisted != t.Unlisted {
			return []event.Payload{&event.TaskCancelledPayload{ID: t.ID, Reason: c.Text, Unlisted: c.Unlisted}}
		}
	case TaskBlocked:
		if !same || c.Text != t.BlockedReason || c.BlockedBy != t.BlockedBy {
			return []event.Payload{&event.TaskBlockedPayload{ID: t.ID, Reason: c.Text, By: c.BlockedBy}}
		}
	case TaskInProgress:
		if !same {
			return []event.Payload{&event.TaskStartedPayload{ID: t.ID}}
		}
	case TaskNotStarted, TaskQueued:
		return notStarted(t)
	}
	return nil
}

// notStarted returns the event that puts a task back to its beginning.
func notStarted(t *Task) []event.Payload {
	switch t.Status {
	case TaskComplete, TaskFailed, TaskCancelled, TaskSkipped:
		return []event.Payload{&event.TaskReopenedPayload{ID: t.ID}}
	case TaskBlocked:
		return []event.Payload{&event.TaskUnblockedPayload{ID: t.ID}}
	case TaskInProgress:
		return []event.Payload{&event.TaskReleasedPayload{ID: t.ID, Status: string(TaskNotStarted)}}
	case TaskNotStarted, TaskQueued:
	}
	return nil
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// ReceiveDecision keeps a decision that the files of another database hold, with
// the state that it has there.
type ReceiveDecision struct {
	MakeDecision

	Origin event.Origin
	// SupersededBy and Reversed say what became of it there.
	SupersededBy, Reversed string
}

// CommandName returns "sync.decision".
func (*ReceiveDecision) CommandName() string { return "sync.decision" }

// Needs returns what the decision refers to; the one that it replaces is said to
// be replaced by itself.
func (c *ReceiveDecision) Needs() Needs { return Needs{NoGates: c.Gate == ""} }

// Decide keeps the decision.
func (c *ReceiveDecision) Decide(s *State, m Meta) ([]event.Payload, error) {
	supersedes := c.Supersedes
	c.Supersedes = ""
	events, err := c.MakeDecision.Decide(s, m)
	if err != nil {
		return nil, err
	}
	if made, ok := events[0].(*event.DecisionMadePayload); ok {
		made.Origin, made.Supersedes = &c.Origin, supersedes
	}
	switch {
	case c.SupersededBy != "":
		events = append(events, &event.DecisionSupersededPayload{ID: c.ID, By: c.SupersededBy})
	case c.Reversed != "":
		events = append(events, &event.DecisionReversedPayload{ID: c.ID, Reason: c.Reversed})
	}
	return events, nil
}

// ReceiveMemory keeps a memory that the files of another database hold.
type ReceiveMemory struct {
	AddMemory

	Origin event.Origin
	// Retracted says why it was retracted there, if it was.
	Retracted string
}

// CommandName returns "sync.memory".
func (*ReceiveMemory) CommandName() string { return "sync.memory" }

// Decide keeps the memory.
func (c *ReceiveMemory) Decide(s *State, m Meta) ([]event.Payload, error) {
	events, err := c.AddMemory.Decide(s, m)
	if err != nil {
		return nil, err
	}
	if added, ok := events[0].(*event.MemoryAddedPayload); ok {
		added.Origin = &c.Origin
	}
	if c.Retracted != "" {
		events = append(events, &event.MemoryRetractedPayload{ID: c.ID, Reason: c.Retracted})
	}
	return events, nil
}

// ReceiveNote keeps a note that the files of another database hold.
type ReceiveNote struct {
	AddNote

	Origin event.Origin
}

// CommandName returns "sync.note".
func (*ReceiveNote) CommandName() string { return "sync.note" }

// Decide keeps the note.
func (c *ReceiveNote) Decide(s *State, m Meta) ([]event.Payload, error) {
	events, err := c.AddNote.Decide(s, m)
	if err != nil {
		return nil, err
	}
	if added, ok := events[0].(*event.NoteAddedPayload); ok {
		added.Origin = &c.Origin
	}
	return events, nil
}

// ReceiveDecisionState says what became of a decision in another database.
type ReceiveDecisionState struct{ ID, SupersededBy, Reversed string }

// CommandName returns "sync.decision-state".
func (*ReceiveDecisionState) CommandName() string { return "sync.decision-state" }

// Needs returns the decision.
func (c *ReceiveDecisionState) Needs() Needs { return Needs{NoGates: true, Decisions: []string{c.ID}} }

// Decide records it; a decision that does not stand here any more stays as it is.
func (c *ReceiveDecisionState) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	d, err := s.decision(c.ID)
	if err != nil {
		return nil, err
	}
	if err := stands(d); err != nil {
		return nil, err
	}
	if c.SupersededBy != "" {
		return []event.Payload{&event.DecisionSupersededPayload{ID: c.ID, By: c.SupersededBy}}, nil
	}
	return []event.Payload{&event.DecisionReversedPayload{ID: c.ID, Reason: c.Reversed}}, nil
}
