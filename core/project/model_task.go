package project

import (
	"time"

	"github.com/layercake-dev/layercake/core/workflow"
)

// TaskStatus is where a task stands.
type TaskStatus string

// The task states.
const (
	TaskNotStarted TaskStatus = "not_started"
	TaskQueued     TaskStatus = "queued"
	TaskInProgress TaskStatus = "in_progress"
	TaskBlocked    TaskStatus = "blocked"
	TaskComplete   TaskStatus = "complete"
	TaskFailed     TaskStatus = "failed"
	TaskCancelled  TaskStatus = "cancelled"
	TaskSkipped    TaskStatus = "skipped"
)

// TaskStatuses returns every task state.
func TaskStatuses() []TaskStatus {
	return []TaskStatus{
		TaskNotStarted, TaskQueued, TaskInProgress, TaskBlocked, TaskComplete, TaskFailed, TaskCancelled, TaskSkipped,
	}
}

// Open reports whether work on the task may still come.
func (s TaskStatus) Open() bool {
	return s != TaskComplete && s != TaskCancelled && s != TaskSkipped
}

// Satisfies reports whether a dependency in this state lets its dependents go
// on. A cancelled one does, with a warning.
func (s TaskStatus) Satisfies() bool {
	return s == TaskComplete || s == TaskSkipped || s == TaskCancelled
}

// TaskType is what kind of work a task is.
type TaskType string

// TaskTypes returns the kinds of tasks.
func TaskTypes() []TaskType {
	return []TaskType{"planning", "generation", "validation", "coordination"}
}

// Priority is how urgent a task is.
type Priority string

// The priorities.
const (
	PriorityCritical Priority = "critical"
	PriorityHigh     Priority = "high"
	PriorityMedium   Priority = "medium"
	PriorityLow      Priority = "low"
)

// Priorities returns the priorities, most urgent first.
func Priorities() []Priority {
	return []Priority{PriorityCritical, PriorityHigh, PriorityMedium, PriorityLow}
}

// Rank returns 0 for critical up to 3 for low.
func (p Priority) Rank() int {
	for i, q := range Priorities() {
		if p == q {
			return i
		}
	}
	return len(Priorities())
}

// Up returns the priority one level more urgent.
func (p Priority) Up() Priority {
	if r := p.Rank(); r > 0 {
		return Priorities()[r-1]
	}
	return p
}

// Task is one piece of work.
type Task struct {
	ID string `json:"id"`
	// ShortID is the shortest prefix, at least four characters, that names the
	// task today, with "t-" before it.
	ShortID     string         `json:"short_id"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Type        TaskType       `json:"type"`
	Priority    Priority       `json:"priority"`
	Status      TaskStatus     `json:"status"`
	Owner       string         `json:"owner"`
	Phase       workflow.Phase `json:"phase"`
	// Gate is the gate that must be passed before the task can start.
	Gate          string     `json:"gate_dependency"`
	Parent        string     `json:"parent"`
	DependsOn     []string   `json:"dependencies"`
	SpecRefs      []string   `json:"spec_refs"`
	StoryRefs     []string   `json:"story_refs"`
	ClaimedBy     string     `json:"locked_by"`
	LeaseUntil    *time.Time `json:"lease_until"`
	BlockedReason string     `json:"blocked_reason"`
	BlockedBy     string     `json:"blocked_by"`
	BlockedAt     *time.Time `json:"blocked_at"`
	PromotedFrom  Priority   `json:"promoted_from"`
	DeferredGate  string     `json:"deferred_gate"`
	DeferReason   string     `json:"deferred_reason"`
	Result        string     `json:"result"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	FinishedAt    *time.Time `json:"finished_at"`
	Version       int64      `json:"version"`
	// Rank orders the tasks of a list, least first.
	Rank float64 `json:"-"`
	// Unlisted says that its line was taken out of TASKS.md.
	Unlisted bool `json:"-"`
	// Ready says whether work could start now; Waits says what for if not.
	Ready bool     `json:"ready"`
	Waits []string `json:"waits"`
}

// ClaimedNow reports whether somebody holds a lease on the task at the time.
func (t *Task) ClaimedNow(now time.Time) bool {
	return t.ClaimedBy != "" && t.LeaseUntil != nil && now.Before(*t.LeaseUntil)
}

// promoteBlockedAfter is how long a task may be blocked before it becomes one
// level more urgent, and promoteDependents how many tasks may wait for it.
const (
	promoteBlockedAfter = 2 * time.Hour
	promoteDependents   = 3
)

// EffectivePriority is the priority that counts at the time: one level up for a
// task that has been blocked for more than two hours. Promotions that do not
// depend on the clock are events and already part of t.Priority.
func (t *Task) EffectivePriority(now time.Time) Priority {
	if t.Status == TaskBlocked && t.BlockedAt != nil && now.Sub(*t.BlockedAt) > promoteBlockedAfter {
		return t.Priority.Up()
	}
	return t.Priority
}
