package project

import (
	"fmt"
	"time"

	"github.com/layercake-dev/layercake/core/workflow"
)

// promoteWaitingAfter is how long a run may wait before it moves up a queue.
const promoteWaitingAfter = 2 * time.Hour

// Parts of reasons by which a run is raised once only.
const (
	waitedReason     = "it has waited"
	dependentsReason = "tasks wait for it"
)

// Urgency is where a run belongs, and why.
type Urgency struct {
	Queue    Queue    `json:"queue"`
	Priority int      `json:"priority"`
	Reasons  []string `json:"reasons"`
}

// UrgencyQuestion is what decides how urgent a run is.
type UrgencyQuestion struct {
	Role string
	// RoleQueue is where runs of the role belong when nothing speaks for more.
	RoleQueue Queue
	// Gate is the gate that the run works for, or empty.
	Gate string
	// Task is the task that it works on, or nil; Dependents is how many open tasks
	// wait for it.
	Task       *Task
	Dependents int
	Gates      []Gate
	Workflow   *workflow.Workflow
	// Waiting is how long the run has waited.
	Waiting time.Duration
}

// UrgencyOf says in which queue a run waits, and where in it: by its role, by the
// gate that it holds up, by its task, and by how long it has waited.
func UrgencyOf(q *UrgencyQuestion) Urgency {
	u := Urgency{Queue: q.RoleQueue, Priority: PriorityMedium.Rank() + 1}
	u.Reasons = append(u.Reasons, fmt.Sprintf("runs of %s wait in %s", q.Role, q.RoleQueue))
	u.atGate(q)
	if q.Task != nil {
		u.onTask(q.Task, q.Dependents)
	}
	if q.Waiting > promoteWaitingAfter && u.Queue != QueueCritical {
		u.raise(u.Queue.Up(), fmt.Sprintf("%s for more than %d hours", waitedReason, int(promoteWaitingAfter.Hours())))
	}
	return u
}

func (u *Urgency) raise(to Queue, why string) {
	if to = u.Queue.atLeast(to); to != u.Queue {
		u.Queue = to
		u.Reasons = append(u.Reasons, why+": "+string(to))
	}
}

// atGate looks at the gate that comes next.
func (u *Urgency) atGate(q *UrgencyQuestion) {
	var next *Gate
	for i := range q.Gates {
		if !q.Gates[i].Status.Passed() {
			next = &q.Gates[i]
			break
		}
	}
	if next == nil {
		return
	}
	forIt := q.Gate == next.ID ||
		q.Gate == "" && q.Task != nil && q.Workflow != nil && q.Workflow.TaskBelongs(next.ID, q.Task.Phase, q.Task.Gate)
	switch {
	case !forIt:
	case q.Gate == next.ID && next.Status == GateInReview:
		u.raise(QueueCritical, "a person waits for it at gate "+next.ID)
	default:
		u.raise(QueueHigh, "gate "+next.ID+" cannot be passed before it is done")
	}
}

func (u *Urgency) onTask(t *Task, dependents int) {
	u.Priority = min(t.Priority.Rank(), PriorityLow.Rank()) + 1
	u.Reasons = append(u.Reasons, fmt.Sprintf("its task has priority %s: place %d in the queue", t.Priority, u.Priority))
	if t.Phase == workflow.PhaseSecurityReview {
		u.raise(QueueCritical, "it is security work")
	}
	if dependents > promoteDependents && u.Queue != QueueCritical {
		u.raise(u.Queue.Up(), fmt.Sprintf("%d %s", dependents, dependentsReason))
	}
}
