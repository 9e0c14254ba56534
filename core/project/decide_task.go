package project

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// AddTask adds a task.
type AddTask struct {
	ID          string
	Title       string
	Description string
	Type        TaskType
	Priority    Priority
	Phase       workflow.Phase
	Gate        string
	Owner       string
	Parent      string
	DependsOn   []string
	SpecRefs    []string
	StoryRefs   []string
	// Rank is its place among the others; 0 is at the end.
	Rank float64
}

// CommandName returns "task.add".
func (*AddTask) CommandName() string { return "task.add" }

// Needs returns the tasks that the new one refers to.
func (c *AddTask) Needs() Needs {
	n := Needs{NoGates: c.Gate == "", Tasks: c.DependsOn, Dependents: c.DependsOn}
	if c.Parent != "" {
		n.Tasks = append(append([]string{}, c.DependsOn...), c.Parent)
	}
	return n
}

// Decide checks the task and everything it refers to. A new task cannot close a
// cycle, because nothing depends on it yet.
func (c *AddTask) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := c.clean(s); err != nil {
		return nil, err
	}
	events := []event.Payload{&event.TaskCreatedPayload{
		ID: c.ID, Title: c.Title, Description: c.Description, Kind: string(c.Type), Priority: string(c.Priority),
		Phase: string(c.Phase), Gate: c.Gate, Owner: c.Owner, Parent: c.Parent, DependsOn: c.DependsOn,
		SpecRefs: c.SpecRefs, StoryRefs: c.StoryRefs, Rank: c.Rank,
	}}
	if c.Phase == workflow.PhaseSecurityReview && c.Priority != PriorityCritical {
		events = append(events, &event.TaskPromotedPayload{
			ID: c.ID, From: string(c.Priority), To: string(PriorityCritical), Reason: "security work",
		})
	}
	for _, id := range c.DependsOn {
		d, err := s.task(id)
		if err != nil {
			return nil, err
		}
		if d.Status == TaskFailed {
			events = append(events, blockedBy(c.ID, d))
		}
		events = append(events, promoteForDependents(s, d, 1)...)
	}
	return events, nil
}

func (c *AddTask) clean(s *State) error {
	c.Type = orDefault(c.Type, "generation")
	c.Priority = orDefault(c.Priority, PriorityMedium)
	c.Phase = orDefault(c.Phase, s.Project.Phase)
	if c.Phase == workflow.PhaseBlocked {
		c.Phase = s.Project.BlockedFrom
	}
	err := check(func(k *checker) {
		k.title("title", &c.Title)
		k.body("description", &c.Description)
		k.line("owner", &c.Owner)
		k.lines("spec_refs", &c.SpecRefs)
		k.lines("story_refs", &c.StoryRefs)
	})
	if err != nil {
		return err
	}
	if err := oneOf("type", c.Type, TaskTypes()); err != nil {
		return err
	}
	if err := oneOf("priority", c.Priority, Priorities()); err != nil {
		return err
	}
	if err := oneOf("phase", c.Phase, workflow.Phases()); err != nil {
		return err
	}
	if c.Gate != "" {
		g, err := s.Gate(c.Gate)
		if err != nil {
			return err
		}
		c.Gate = g.ID
	}
	if c.Parent != "" {
		if _, err := s.task(c.Parent); err != nil {
			return err
		}
	}
	c.DependsOn = unique(c.DependsOn)
	return nil
}

// promoteForDependents makes a task one level more urgent when more than three
// others come to wait for it. more is how many are about to be added.
func promoteForDependents(s *State, t *Task, more int) []event.Payload {
	if !t.Status.Open() || t.PromotedFrom != "" || t.Priority == PriorityCritical {
		return nil
	}
	waiting := len(s.Dependents[t.ID]) + more
	if waiting <= promoteDependents {
		return nil
	}
	return []event.Payload{&event.TaskPromotedPayload{
		ID: t.ID, From: string(t.Priority), To: string(t.Priority.Up()),
		Reason: fmt.Sprintf("%d tasks wait for it", waiting),
	}}
}

func blockedBy(id string, cause *Task) event.Payload {
	return &event.TaskBlockedPayload{ID: id, By: cause.ID, Reason: fmt.Sprintf("%s failed: %s", TaskID(cause.ID), cause.Title)}
}

// EditTask changes what a task says.
type EditTask struct {
	ID          string
	Title       *string
	Description *string
	Type        *TaskType
	Priority    *Priority
	Phase       *workflow.Phase
	Gate        *string
	Owner       *string
	Parent      *string
	SpecRefs    *[]string
	StoryRefs   *[]string
	Rank        *float64
	// Unlisted takes a task that is over out of TASKS.md, or puts it back.
	Unlisted *bool
}

// CommandName returns "task.edit".
func (*EditTask) CommandName() string { return "task.edit" }

// Needs returns the task and its new parent.
func (c *EditTask) Needs() Needs {
	n := Needs{Tasks: []string{c.ID}}
	if c.Parent != nil && *c.Parent != "" {
		n.Tasks = append(n.Tasks, *c.Parent)
	}
	return n
}

// Decide checks the new values. Values that are as they were make no event.
func (c *EditTask) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	t, err := s.task(c.ID)
	if err != nil {
		return nil, err
	}
	if err := c.clean(s); err != nil {
		return nil, err
	}
	p := event.TaskUpdatedPayload{ID: c.ID, SpecRefs: c.SpecRefs, StoryRefs: c.StoryRefs}
	changed := c.SpecRefs != nil || c.StoryRefs != nil
	p.Title = differs(c.Title, t.Title, &changed)
	p.Description = differs(c.Description, t.Description, &changed)
	p.Kind = differs((*string)(c.Type), string(t.Type), &changed)
	p.Priority = differs((*string)(c.Priority), string(t.Priority), &changed)
	p.Phase = differs((*string)(c.Phase), string(t.Phase), &changed)
	p.Gate = differs(c.Gate, t.Gate, &changed)
	p.Parent = differs(c.Parent, t.Parent, &changed)
	if c.Rank != nil && *c.Rank != t.Rank {
		p.Rank, changed = c.Rank, true
	}
	if c.Unlisted != nil && *c.Unlisted != t.Unlisted {
		p.Unlisted, changed = c.Unlisted, true
	}
	var events []event.Payload
	if changed {
		events = append(events, &p)
	}
	if c.Owner != nil && *c.Owner != t.Owner {
		events = append(events, &event.TaskAssignedPayload{ID: c.ID, Owner: *c.Owner})
	}
	return events, nil
}

func (c *EditTask) clean(s *State) error {
	err := check(func(k *checker) {
		if c.Title != nil {
			k.title("title", c.Title)
		}
		if c.Description != nil {
			k.body("description", c.Description)
		}
		if c.Owner != nil {
			k.line("owner", c.Owner)
		}
		if c.SpecRefs != nil {
			k.lines("spec_refs", c.SpecRefs)
		}
		if c.StoryRefs != nil {
			k.lines("story_refs", c.StoryRefs)
		}
	})
	if err != nil {
		return err
	}
	if c.Type != nil {
		if err := oneOf("type", *c.Type, TaskTypes()); err != nil {
			return err
		}
	}
	if c.Priority != nil {
		if err := oneOf("priority", *c.Priority, Priorities()); err != nil {
			return err
		}
	}
	if c.Phase != nil {
		if err := oneOf("phase", *c.Phase, workflow.Phases()); err != nil {
			return err
		}
	}
	if c.Gate != nil && *c.Gate != "" {
		g, err := s.Gate(*c.Gate)
		if err != nil {
			return err
		}
		c.Gate = &g.ID
	}
	if c.Parent != nil && *c.Parent != "" {
		if *c.Parent == c.ID {
			return fault.Usage("invalid_parent", "a task cannot be its own parent").
				WithHint("run `layercake task graph` to see which task belongs where")
		}
		if _, err := s.task(*c.Parent); err != nil {
			return err
		}
	}
	return nil
}

// differs returns want if it is given and not what is there already.
func differs(want *string, have string, changed *bool) *string {
	if want == nil || *want == have {
		return nil
	}
	*changed = true
	return want
}

// DependTask adds or removes a dependency.
type DependTask struct {
	ID, DependsOn string
	Remove        bool
}

// CommandName returns "task.depend".
func (*DependTask) CommandName() string { return "task.depend" }

// Needs returns both tasks and everything that the other one depends on.
func (c *DependTask) Needs() Needs {
	n := Needs{Tasks: []string{c.ID, c.DependsOn}, Dependents: []string{c.DependsOn}, Reach: []string{c.DependsOn}}
	if c.Remove {
		n.Failed = []string{c.ID}
	}
	return n
}

// Decide refuses a dependency that would close a cycle, showing the cycle.
func (c *DependTask) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	t, err := s.task(c.ID)
	if err != nil {
		return nil, err
	}
	d, err := s.task(c.DependsOn)
	if err != nil {
		return nil, err
	}
	has := slices.Contains(t.DependsOn, c.DependsOn)
	if c.Remove {
		return c.remove(s, t, d, has)
	}
	if has {
		return nil, nil
	}
	if err := noCycle(s, c.ID, c.DependsOn); err != nil {
		return nil, err
	}
	events := []event.Payload{&event.DependencyAddedPayload{ID: c.ID, DependsOn: c.DependsOn}}
	if d.Status == TaskFailed && t.Status == TaskNotStarted {
		events = append(events, blockedBy(c.ID, d))
	}
	return append(events, promoteForDependents(s, d, 1)...), nil
}

// noCycle refuses a dependency that would close a cycle, showing it. The state
// must hold what dependsOn leads to.
func noCycle(s *State, id, dependsOn string) error {
	path := findPath(s.Reach, dependsOn, id)
	if path == nil {
		return nil
	}
	names := make([]string, 0, len(path)+1)
	for _, step := range append([]string{id}, path...) {
		names = append(names, TaskID(step))
	}
	return fault.Conflict("dependency_cycle", "%s cannot wait for %s, because that closes a circle: %s",
		TaskID(id), TaskID(dependsOn), strings.Join(names, " → ")).WithHint("run `layercake task show %s`", TaskID(dependsOn))
}

func (c *DependTask) remove(s *State, t, d *Task, has bool) ([]event.Payload, error) {
	if !has {
		return nil, fault.NotFound("dependency_not_found", "%s does not wait for %s", TaskID(c.ID), TaskID(c.DependsOn)).
			WithHint("run `layercake task show %s`", TaskID(c.ID))
	}
	events := []event.Payload{&event.DependencyRemovedPayload{ID: c.ID, DependsOn: c.DependsOn}}
	if t.Status == TaskBlocked && t.BlockedBy == d.ID {
		events = append(events, letGo(s, t.ID, d.ID, &event.TaskUnblockedPayload{ID: t.ID, Reason: "no longer waits for " + TaskID(d.ID)}))
	}
	return events, nil
}

// findPath returns the ids from start to goal along the edges, or nil.
func findPath(edges map[string][]string, start, goal string) []string {
	if start == goal {
		return []string{start}
	}
	cameFrom := map[string]string{start: ""}
	queue := []string{start}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range edges[at] {
			if _, seen := cameFrom[next]; seen {
				continue
			}
			cameFrom[next] = at
			if next == goal {
				return pathTo(cameFrom, goal)
			}
			queue = append(queue, next)
		}
	}
	return nil
}

func pathTo(cameFrom map[string]string, goal string) []string {
	var reversed []string
	for at := goal; at != ""; at = cameFrom[at] {
		reversed = append(reversed, at)
	}
	slices.Reverse(reversed)
	return reversed
}

// DeferTask lets a gate pass without an open task.
type DeferTask struct {
	ID, Gate, Reason string
}

// CommandName returns "task.defer".
func (*DeferTask) CommandName() string { return "task.defer" }

// Needs returns the task.
func (c *DeferTask) Needs() Needs { return Needs{Tasks: []string{c.ID}} }

// Decide lets only a person defer.
func (c *DeferTask) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := personOnly(m, "defer a task past a gate"); err != nil {
		return nil, err
	}
	if _, err := s.task(c.ID); err != nil {
		return nil, err
	}
	g, err := s.Gate(c.Gate)
	if err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.TaskDeferredPayload{ID: c.ID, Gate: g.ID, Reason: c.Reason}}, nil
}

func orDefault[T ~string](v, otherwise T) T {
	if v == "" {
		return otherwise
	}
	return v
}

// unique drops repeated entries, keeping the order.
func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// Leases of claimed tasks.
const (
	DefaultLease = 30 * time.Minute
	MaxLease     = 24 * time.Hour
)
