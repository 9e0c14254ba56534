package projecttest

import (
	"maps"
	"slices"
	"time"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

func (m *Model) addTask(c *project.AddTask) []string {
	var r rules
	r.forbid(c.Title == "", "missing_title")
	r.forbid(c.Gate != "" && m.gate(c.Gate) == nil, "gate_not_found")
	for _, d := range c.DependsOn {
		r.forbid(m.Tasks[d] == nil, "task_not_found")
	}
	if len(r) > 0 {
		return r
	}
	t := &ModelTask{Status: project.TaskNotStarted, Priority: c.Priority, Phase: c.Phase, Gate: c.Gate, DependsOn: map[string]bool{}}
	if t.Priority == "" {
		t.Priority = project.PriorityMedium
	}
	if t.Phase == "" {
		t.Phase = m.Phase
		if m.Phase == workflow.PhaseBlocked {
			t.Phase = m.Blocked
		}
	}
	if t.Phase == workflow.PhaseSecurityReview && t.Priority != project.PriorityCritical {
		t.Priority, t.Promoted = project.PriorityCritical, true
	}
	m.Tasks[c.ID] = t
	for _, d := range c.DependsOn {
		if t.DependsOn[d] {
			continue
		}
		t.DependsOn[d] = true
		if m.Tasks[d].Status == project.TaskFailed {
			t.Status, t.BlockedBy = project.TaskBlocked, d
		}
		m.promote(d)
	}
	return nil
}

// promote makes a task more urgent, once, when more than three wait for it.
func (m *Model) promote(id string) {
	t := m.Tasks[id]
	const many = 3
	if over(t) || t.Promoted || t.Priority == project.PriorityCritical || len(m.dependents(id)) <= many {
		return
	}
	t.Promoted = true
	switch t.Priority {
	case project.PriorityLow:
		t.Priority = project.PriorityMedium
	case project.PriorityMedium:
		t.Priority = project.PriorityHigh
	case project.PriorityHigh, project.PriorityCritical:
		t.Priority = project.PriorityCritical
	}
}

func over(t *ModelTask) bool {
	return t.Status == project.TaskComplete || t.Status == project.TaskCancelled || t.Status == project.TaskSkipped
}

func (m *Model) workTask(c *project.WorkTask, by project.Actor, now time.Time) []string {
	t := m.Tasks[c.ID]
	if t == nil {
		return rules{"task_not_found"}
	}
	var r rules
	isOther := t.ClaimedBy != "" && now.Before(t.Until) && t.ClaimedBy != by.String()
	r.forbid(isOther && (c.Step == project.StepClaim || by.Kind != project.ActorPerson), "task_claimed")
	r.forbid(over(t) != (c.Step == project.StepReopen) && (c.Step != project.StepReopen || t.Status != project.TaskFailed), "task_state")
	blocked := t.Status == project.TaskBlocked
	waits := m.Waits(c.ID)
	switch c.Step {
	case project.StepClaim:
		r.forbid(waits, "task_not_ready")
		r.forbid(blocked, "task_state")
		r.forbid(c.Lease != 0 && (c.Lease < time.Minute || c.Lease > 24*time.Hour), "invalid_lease")
	case project.StepStart:
		if t.Status != project.TaskInProgress {
			r.forbid(waits, "task_not_ready")
			r.forbid(blocked, "task_state")
		}
	case project.StepDone:
		r.forbid(waits, "task_not_ready")
		r.forbid(blocked, "task_state")
	case project.StepRelease:
		r.forbid(t.ClaimedBy == "", "task_state")
	case project.StepFail:
		r.forbid(c.Text == "", "missing_reason")
	case project.StepBlock:
		r.forbid(c.Text == "", "missing_reason")
		r.forbid(blocked, "task_state")
	case project.StepUnblock:
		r.forbid(!blocked, "task_state")
	case project.StepCancel, project.StepReopen:
	}
	if len(r) == 0 {
		m.work(c, t, by, now)
	}
	return r
}

func (m *Model) work(c *project.WorkTask, t *ModelTask, by project.Actor, now time.Time) {
	switch c.Step {
	case project.StepClaim:
		if t.ClaimedBy != "" && t.ClaimedBy != by.String() && t.Status == project.TaskInProgress {
			t.Status = project.TaskNotStarted
		}
		lease := c.Lease
		if lease == 0 {
			lease = 30 * time.Minute
		}
		t.ClaimedBy, t.Owner, t.Until = by.String(), by.String(), now.Add(lease)
	case project.StepRelease:
		t.ClaimedBy = ""
		if t.Status == project.TaskInProgress {
			t.Status = project.TaskNotStarted
		}
	case project.StepStart:
		if t.Status == project.TaskInProgress {
			return
		}
		t.Status, t.BlockedBy = project.TaskInProgress, ""
		if t.Owner == "" {
			t.Owner = by.String()
		}
	case project.StepDone:
		m.end(c.ID, project.TaskComplete)
	case project.StepCancel:
		m.end(c.ID, project.TaskCancelled)
	case project.StepFail:
		m.end(c.ID, project.TaskFailed)
	case project.StepBlock:
		t.Status, t.BlockedBy = project.TaskBlocked, ""
	case project.StepUnblock:
		t.Status, t.BlockedBy = project.TaskNotStarted, ""
	case project.StepReopen:
		t.Status = project.TaskNotStarted
	}
}

// end ends a task, and lets go of those that wait for it or holds them up.
func (m *Model) end(id string, as project.TaskStatus) {
	t := m.Tasks[id]
	t.Status, t.ClaimedBy, t.BlockedBy = as, "", ""
	for _, d := range m.dependents(id) {
		other := m.Tasks[d]
		switch {
		case as == project.TaskFailed:
			if other.Status == project.TaskNotStarted || other.Status == project.TaskQueued {
				other.Status, other.BlockedBy = project.TaskBlocked, id
			}
		case other.Status == project.TaskBlocked && other.BlockedBy == id:
			m.letGo(d)
		}
	}
}

// letGo lets a blocked task go on, or has the first of the failed tasks that it
// depends on block it.
func (m *Model) letGo(id string) {
	t := m.Tasks[id]
	t.Status, t.BlockedBy = project.TaskNotStarted, ""
	for _, d := range slices.Sorted(maps.Keys(t.DependsOn)) {
		if m.Tasks[d].Status == project.TaskFailed {
			t.Status, t.BlockedBy = project.TaskBlocked, d
			return
		}
	}
}

func (m *Model) dependTask(c *project.DependTask) []string {
	var r rules
	t, d := m.Tasks[c.ID], m.Tasks[c.DependsOn]
	r.forbid(t == nil || d == nil, "task_not_found")
	if len(r) > 0 {
		return r
	}
	if c.Remove {
		r.forbid(!t.DependsOn[c.DependsOn], "dependency_not_found")
		if len(r) == 0 {
			delete(t.DependsOn, c.DependsOn)
			if t.Status == project.TaskBlocked && t.BlockedBy == c.DependsOn {
				m.letGo(c.ID)
			}
		}
		return r
	}
	if t.DependsOn[c.DependsOn] {
		return nil
	}
	r.forbid(m.leads(c.DependsOn, c.ID), "dependency_cycle")
	if len(r) > 0 {
		return r
	}
	t.DependsOn[c.DependsOn] = true
	if d.Status == project.TaskFailed && t.Status == project.TaskNotStarted {
		t.Status, t.BlockedBy = project.TaskBlocked, c.DependsOn
	}
	m.promote(c.DependsOn)
	return nil
}

func (m *Model) deferTask(c *project.DeferTask, by project.Actor) []string {
	var r rules
	r.forbid(by.Kind != project.ActorPerson, "person_required")
	r.forbid(m.Tasks[c.ID] == nil, "task_not_found")
	r.forbid(m.gate(c.Gate) == nil, "gate_not_found")
	r.forbid(c.Reason == "", "missing_reason")
	if len(r) == 0 {
		m.Tasks[c.ID].Deferred = c.Gate
	}
	return r
}
