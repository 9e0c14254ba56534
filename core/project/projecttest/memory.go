// Package projecttest serves tests of the rules: a project that lives in memory, a
// model of what the rules are, written apart from them, and random commands.
package projecttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Memory is a project without a database: the events and what they fold to.
type Memory struct {
	Rows *project.Rows
	// Log is everything that happened.
	Log     []event.Envelope
	version int64
	head    event.Hash
	now     time.Time
}

// NewMemory returns a project that does not exist yet.
func NewMemory() *Memory { return &Memory{Rows: project.NewRows(uuid.New())} }

// Do carries a command out, as the database does: it decides on the state and
// folds the events.
func (m *Memory) Do(cmd project.Command, by project.Actor, now time.Time) error {
	if now.Before(m.now) {
		now = m.now
	}
	state := m.State()
	if after := cmd.Needs().After; after > 0 {
		state.Later = m.Log[after:]
	}
	correlation := uuid.New()
	payloads, err := cmd.Decide(state, project.Meta{Actor: by, Now: now, Version: m.version, Head: m.head})
	if err != nil {
		return err
	}
	for _, p := range payloads {
		raw, err := event.Encode(p)
		if err != nil {
			return fmt.Errorf("encode an event: %w", err)
		}
		t := p.EventType()
		e := event.Envelope{
			ProjectID: m.Rows.Project, Version: m.version + 1, Type: t, SchemaVersion: event.CurrentVersion(t), Payload: raw,
			Actor: by.String(), CorrelationID: correlation, OccurredAt: event.Truncate(now), RecordedAt: event.Truncate(now),
		}
		e.Seal(m.head)
		if err := m.Rows.Fold(&e); err != nil {
			return fmt.Errorf("fold an event: %w", err)
		}
		m.Log = append(m.Log, e)
		m.version, m.head, m.now = e.Version, e.Hash, now
	}
	return nil
}

// Clock is the time of the last event, before which nothing is decided any more.
func (m *Memory) Clock() time.Time { return m.now }

// State returns everything that commands about tasks and gates may look at.
func (m *Memory) State() *project.State {
	s := &project.State{
		Tasks: map[string]*project.Task{}, TaskStatus: map[string]project.TaskStatus{}, Dependents: map[string][]project.Task{},
		Reach: map[string][]string{},
	}
	for r := range m.rows(project.TableProjects) {
		s.Project = &project.Project{
			ID: m.Rows.Project, Slug: r.text("slug"), Name: r.text("name"), Description: r.text("description"),
			TeachingLevel: r.text("teaching_level"), Type: workflow.ProjectType(r.text("type")), Tier: workflow.Tier(r.text("tier")),
			DeploymentMode: workflow.DeploymentMode(r.text("deployment_mode")), HasUI: r.get("has_ui").(bool), Level: project.Level(r.text("level")),
			Phase: workflow.Phase(r.text("phase")), BlockedFrom: workflow.Phase(r.text("blocked_from")),
		}
	}
	for r := range m.rows(project.TableWorkflows) {
		s.Workflow = &workflow.Workflow{}
		if err := json.Unmarshal([]byte(r.text("definition")), s.Workflow); err != nil {
			panic(err)
		}
	}
	for r := range m.rows(project.TableGates) {
		s.Gates = append(s.Gates, project.Gate{
			ID: r.text("gate_id"), Position: r.number("position"), Phase: workflow.Phase(r.text("phase")), Applies: r.get("applies").(bool),
			Status: project.GateStatus(r.text("status")),
		})
	}
	slices.SortFunc(s.Gates, func(a, b project.Gate) int { return a.Position - b.Position })
	m.tasks(s)
	m.records(s)
	return s
}

func (m *Memory) tasks(s *project.State) {
	for r := range m.rows(project.TableTasks) {
		t := &project.Task{
			ID: r.text("task_id"), Title: r.text("title"), Description: r.text("description"), Type: project.TaskType(r.text("type")),
			Parent: r.text("parent"), Priority: project.Priority(r.text("priority")), Status: project.TaskStatus(r.text("status")),
			Owner: r.text("owner"), Phase: workflow.Phase(r.text("phase")), Gate: r.text("gate_id"), ClaimedBy: r.text("claimed_by"),
			LeaseUntil: r.moment("lease_until"), BlockedBy: r.text("blocked_by"), BlockedReason: r.text("blocked_reason"),
			PromotedFrom: project.Priority(r.text("promoted_from")), DeferredGate: r.text("deferred_gate"),
		}
		s.Tasks[t.ID], s.TaskStatus[t.ID] = t, t.Status
	}
	for r := range m.rows(project.TableDependencies) {
		id, on := r.text("task_id"), r.text("depends_on")
		s.Tasks[id].DependsOn = append(s.Tasks[id].DependsOn, on)
		s.Reach[id] = append(s.Reach[id], on)
	}
	s.Failed = map[string][]project.Task{}
	for _, id := range slices.Sorted(maps.Keys(s.Tasks)) {
		t := s.Tasks[id]
		for _, on := range slices.Sorted(slices.Values(t.DependsOn)) {
			if s.TaskStatus[on] == project.TaskFailed {
				s.Failed[id] = append(s.Failed[id], *s.Tasks[on])
			}
		}
		if t.Status.Open() {
			s.OpenTasks = append(s.OpenTasks, *t)
		}
		for _, on := range t.DependsOn {
			s.Dependents[on] = append(s.Dependents[on], *t)
		}
	}
}

// row is one row of a table.
type row struct {
	table *project.Table
	cells []any
}

func (m *Memory) rows(t *project.Table) func(func(row) bool) {
	return func(yield func(row) bool) {
		for _, cells := range m.Rows.Table(t) {
			if !yield(row{t, cells}) {
				return
			}
		}
	}
}

func (r row) get(column string) any { return r.cells[r.table.Index(column)] }

func (r row) text(column string) string {
	switch v := r.get(column).(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case json.RawMessage:
		return string(v)
	}
	panic(fmt.Sprintf("%s.%s is a %T", r.table.Name, column, r.get(column)))
}

func (r row) number(column string) int {
	switch v := r.get(column).(type) {
	case int64:
		return int(v)
	case int:
		return v
	}
	panic(fmt.Sprintf("%s.%s is a %T", r.table.Name, column, r.get(column)))
}

func (r row) moment(column string) *time.Time {
	switch v := r.get(column).(type) {
	case nil:
		return nil
	case time.Time:
		return &v
	case *time.Time:
		return v
	}
	panic(fmt.Sprintf("%s.%s is a %T", r.table.Name, column, r.get(column)))
}
