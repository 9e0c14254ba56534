package event

import "time"

// TaskCreated is the type of the events in which a task is added.
const TaskCreated Type = "TaskCreated"

// TaskCreatedPayload is the payload of [TaskCreated].
type TaskCreatedPayload struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Kind        string `json:"type"`
	Priority    string `json:"priority"`
	Phase       string `json:"phase"`
	// Gate is the gate that must be approved before the task can start.
	Gate      string   `json:"gate,omitempty"`
	Owner     string   `json:"owner,omitempty"`
	Parent    string   `json:"parent,omitempty"`
	DependsOn []string `json:"depends_on,omitempty"`
	SpecRefs  []string `json:"spec_refs,omitempty"`
	StoryRefs []string `json:"story_refs,omitempty"`
	// Rank is its place among the others, as in [TaskUpdatedPayload]; 0 is at the
	// end.
	Rank float64 `json:"rank,omitempty"`
}

// EventType returns [TaskCreated].
func (*TaskCreatedPayload) EventType() Type { return TaskCreated }

// TaskUpdated is the type of the events in which facts about a task change; absent fields stay as they are.
const TaskUpdated Type = "TaskUpdated"

// TaskUpdatedPayload is the payload of [TaskUpdated].
type TaskUpdatedPayload struct {
	ID          string    `json:"id"`
	Title       *string   `json:"title,omitempty"`
	Description *string   `json:"description,omitempty"`
	Kind        *string   `json:"type,omitempty"`
	Priority    *string   `json:"priority,omitempty"`
	Phase       *string   `json:"phase,omitempty"`
	Gate        *string   `json:"gate,omitempty"`
	Parent      *string   `json:"parent,omitempty"`
	SpecRefs    *[]string `json:"spec_refs,omitempty"`
	StoryRefs   *[]string `json:"story_refs,omitempty"`
	// Rank orders the tasks of a list, least first. A new task's is the version
	// of the log that made it, so that a place between any two can be named.
	Rank *float64 `json:"rank,omitempty"`
	// Unlisted is set when its line was taken out of TASKS.md, although it was
	// over already.
	Unlisted *bool `json:"unlisted,omitempty"`
}

// EventType returns [TaskUpdated].
func (*TaskUpdatedPayload) EventType() Type { return TaskUpdated }

// TaskAssigned is the type of the events in which a task gets an owner, or none.
const TaskAssigned Type = "TaskAssigned"

// TaskAssignedPayload is the payload of [TaskAssigned].
type TaskAssignedPayload struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
}

// EventType returns [TaskAssigned].
func (*TaskAssignedPayload) EventType() Type { return TaskAssigned }

// TaskClaimed is the type of the events in which somebody takes a task for a while.
const TaskClaimed Type = "TaskClaimed"

// TaskClaimedPayload is the payload of [TaskClaimed].
type TaskClaimedPayload struct {
	ID string `json:"id"`
	By string `json:"by"`
	// Until is when the lease ends.
	Until time.Time `json:"until"`
}

// EventType returns [TaskClaimed].
func (*TaskClaimedPayload) EventType() Type { return TaskClaimed }

// TaskReleased is the type of the events in which a claimed task is given back, or its lease ended.
const TaskReleased Type = "TaskReleased"

// TaskReleasedPayload is the payload of [TaskReleased].
type TaskReleasedPayload struct {
	ID string `json:"id"`
	// Status is the state that the task has afterwards.
	Status  string `json:"status"`
	Expired bool   `json:"expired,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// EventType returns [TaskReleased].
func (*TaskReleasedPayload) EventType() Type { return TaskReleased }

// TaskStarted is the type of the events in which work on a task begins.
const TaskStarted Type = "TaskStarted"

// TaskStartedPayload is the payload of [TaskStarted].
type TaskStartedPayload struct {
	ID string `json:"id"`
}

// EventType returns [TaskStarted].
func (*TaskStartedPayload) EventType() Type { return TaskStarted }

// TaskBlocked is the type of the events in which a task cannot go on.
const TaskBlocked Type = "TaskBlocked"

// TaskBlockedPayload is the payload of [TaskBlocked].
type TaskBlockedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	// By is the task that blocks it, if one does.
	By string `json:"by,omitempty"`
}

// EventType returns [TaskBlocked].
func (*TaskBlockedPayload) EventType() Type { return TaskBlocked }

// TaskUnblocked is the type of the events in which a task can go on.
const TaskUnblocked Type = "TaskUnblocked"

// TaskUnblockedPayload is the payload of [TaskUnblocked].
type TaskUnblockedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	// Warning is set when the task it waited for was cancelled.
	Warning bool `json:"warning,omitempty"`
}

// EventType returns [TaskUnblocked].
func (*TaskUnblockedPayload) EventType() Type { return TaskUnblocked }

// TaskCompleted is the type of the events in which a task is done.
const TaskCompleted Type = "TaskCompleted"

// TaskCompletedPayload is the payload of [TaskCompleted].
type TaskCompletedPayload struct {
	ID     string `json:"id"`
	Result string `json:"result,omitempty"`
}

// EventType returns [TaskCompleted].
func (*TaskCompletedPayload) EventType() Type { return TaskCompleted }

// TaskFailed is the type of the events in which a task failed.
const TaskFailed Type = "TaskFailed"

// TaskFailedPayload is the payload of [TaskFailed].
type TaskFailedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// EventType returns [TaskFailed].
func (*TaskFailedPayload) EventType() Type { return TaskFailed }

// TaskCancelled is the type of the events in which a task is given up.
const TaskCancelled Type = "TaskCancelled"

// TaskCancelledPayload is the payload of [TaskCancelled].
type TaskCancelledPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	// Unlisted is set when its line was taken out of TASKS.md: it does not come
	// back there.
	Unlisted bool `json:"unlisted,omitempty"`
}

// EventType returns [TaskCancelled].
func (*TaskCancelledPayload) EventType() Type { return TaskCancelled }

// TaskReopened is the type of the events in which a task that was over is to be
// done after all.
const TaskReopened Type = "TaskReopened"

// TaskReopenedPayload is the payload of [TaskReopened].
type TaskReopenedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
}

// EventType returns [TaskReopened].
func (*TaskReopenedPayload) EventType() Type { return TaskReopened }

// TaskPromoted is the type of the events in which a task becomes more urgent by rule.
const TaskPromoted Type = "TaskPromoted"

// TaskPromotedPayload is the payload of [TaskPromoted].
type TaskPromotedPayload struct {
	ID     string `json:"id"`
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason"`
}

// EventType returns [TaskPromoted].
func (*TaskPromotedPayload) EventType() Type { return TaskPromoted }

// TaskDeferred is the type of the events in which a person lets a gate pass without this task.
const TaskDeferred Type = "TaskDeferred"

// TaskDeferredPayload is the payload of [TaskDeferred].
type TaskDeferredPayload struct {
	ID     string `json:"id"`
	Gate   string `json:"gate"`
	Reason string `json:"reason"`
}

// EventType returns [TaskDeferred].
func (*TaskDeferredPayload) EventType() Type { return TaskDeferred }

// DependencyAdded is the type of the events in which a task comes to wait for another.
const DependencyAdded Type = "DependencyAdded"

// DependencyAddedPayload is the payload of [DependencyAdded].
type DependencyAddedPayload struct {
	ID        string `json:"id"`
	DependsOn string `json:"depends_on"`
}

// EventType returns [DependencyAdded].
func (*DependencyAddedPayload) EventType() Type { return DependencyAdded }

// DependencyRemoved is the type of the events in which a task no longer waits for another.
const DependencyRemoved Type = "DependencyRemoved"

// DependencyRemovedPayload is the payload of [DependencyRemoved].
type DependencyRemovedPayload struct {
	ID        string `json:"id"`
	DependsOn string `json:"depends_on"`
}

// EventType returns [DependencyRemoved].
func (*DependencyRemovedPayload) EventType() Type { return DependencyRemoved }
