package project

import "github.com/layercake-dev/layercake/core/event"

// task applies the events about tasks and the order between them.
func (a applier) task(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.TaskCreatedPayload:
		return a.taskCreated(p), true
	case *event.TaskUpdatedPayload:
		return a.taskUpdated(p), true
	case *event.TaskAssignedPayload:
		return a.setTask(p.ID, Field{"owner", p.Owner}), true
	case *event.TaskClaimedPayload:
		return a.setTask(p.ID, Field{"claimed_by", p.By}, Field{"owner", p.By}, Field{"lease_until", p.Until}), true
	case *event.TaskReleasedPayload:
		return a.setTask(p.ID, Field{"claimed_by", ""}, Field{"lease_until", nil}, Field{"status", p.Status}), true
	case *event.TaskStartedPayload:
		return a.setTask(p.ID, Field{"status", string(TaskInProgress)}, Field{"blocked_reason", ""}, Field{"blocked_by", ""},
			Field{"blocked_at", nil}, Field{"finished_at", nil}), true
	case *event.TaskBlockedPayload:
		return a.setTask(p.ID, Field{"status", string(TaskBlocked)}, Field{"blocked_reason", p.Reason},
			Field{"blocked_by", p.By}, Field{"blocked_at", a.at()}), true
	case *event.TaskUnblockedPayload:
		return a.setTask(p.ID, Field{"status", string(TaskNotStarted)}, Field{"blocked_reason", ""}, Field{"blocked_by", ""},
			Field{"blocked_at", nil}), true
	case *event.TaskCompletedPayload:
		return a.finished(p.ID, TaskComplete, p.Result), true
	case *event.TaskFailedPayload:
		return a.finished(p.ID, TaskFailed, p.Reason), true
	case *event.TaskCancelledPayload:
		return append(a.finished(p.ID, TaskCancelled, p.Reason), a.setTask(p.ID, Field{"unlisted", p.Unlisted})...), true
	case *event.TaskReopenedPayload:
		return a.setTask(p.ID, Field{"status", string(TaskNotStarted)}, Field{"result", ""}, Field{"finished_at", nil},
			Field{"unlisted", false}), true
	case *event.TaskPromotedPayload:
		return a.setTask(p.ID, Field{"priority", p.To}, Field{"promoted_from", p.From}), true
	case *event.TaskDeferredPayload:
		return a.setTask(p.ID, Field{"deferred_gate", p.Gate}, Field{"deferred_reason", p.Reason}), true
	case *event.DependencyAddedPayload:
		return []Change{put(TableDependencies, Fields{{"task_id", p.ID}, {"depends_on", p.DependsOn}})}, true
	case *event.DependencyRemovedPayload:
		return []Change{remove(TableDependencies, p.ID, p.DependsOn)}, true
	}
	return nil, false
}

func (a applier) setTask(id string, fields ...Field) []Change {
	return []Change{set(TableTasks, []any{id}, append(fields, Field{"updated_at", a.at()}, Field{"version", a.e.Version}))}
}

func (a applier) finished(id string, status TaskStatus, result string) []Change {
	return a.setTask(id, Field{"status", string(status)}, Field{"result", result}, Field{"claimed_by", ""},
		Field{"lease_until", nil}, Field{"blocked_reason", ""}, Field{"blocked_by", ""}, Field{"blocked_at", nil},
		Field{"finished_at", a.at()})
}

func (a applier) taskCreated(p *event.TaskCreatedPayload) []Change {
	rank := p.Rank
	if rank == 0 {
		rank = float64(a.e.Version)
	}
	changes := []Change{insert(TableTasks, Fields{
		{"task_id", p.ID}, {"title", p.Title}, {"description", p.Description}, {"type", p.Kind}, {"priority", p.Priority},
		{"status", string(TaskNotStarted)}, {"owner", p.Owner}, {"phase", p.Phase}, {"gate_id", p.Gate}, {"parent", p.Parent},
		{"spec_refs", list(p.SpecRefs)}, {"story_refs", list(p.StoryRefs)}, {"created_at", a.at()}, {"updated_at", a.at()},
		{"version", a.e.Version}, {"created_version", a.e.Version}, {"rank", rank},
	})}
	for _, d := range p.DependsOn {
		changes = append(changes, put(TableDependencies, Fields{{"task_id", p.ID}, {"depends_on", d}}))
	}
	return changes
}

func (a applier) taskUpdated(p *event.TaskUpdatedPayload) []Change {
	var fields Fields
	for _, f := range []struct {
		column string
		value  *string
	}{
		{"title", p.Title}, {"description", p.Description}, {"type", p.Kind}, {"priority", p.Priority},
		{"phase", p.Phase}, {"gate_id", p.Gate}, {"parent", p.Parent},
	} {
		if f.value != nil {
			fields = append(fields, Field{f.column, *f.value})
		}
	}
	if p.Rank != nil {
		fields = append(fields, Field{"rank", *p.Rank})
	}
	if p.Unlisted != nil {
		fields = append(fields, Field{"unlisted", *p.Unlisted})
	}
	if p.SpecRefs != nil {
		fields = append(fields, Field{"spec_refs", list(*p.SpecRefs)})
	}
	if p.StoryRefs != nil {
		fields = append(fields, Field{"story_refs", list(*p.StoryRefs)})
	}
	return a.setTask(p.ID, fields...)
}
