package project

import (
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Needs says what a command looks at, beyond the project, which is always
// loaded.
type Needs struct {
	// NoGates leaves out the gates, which are loaded otherwise.
	NoGates bool
	// Workflow loads the accepted workflow.
	Workflow bool
	// Evidence loads proofs, deliverables and conditions.
	Evidence bool
	// OpenTasks loads every task on which work may still come: title, status,
	// phase, gate and deferral.
	OpenTasks bool
	// Blockers loads the open blockers.
	Blockers bool
	// Tasks loads these tasks with their dependencies and the states of those.
	Tasks []string
	// Dependents loads the tasks that wait for these.
	Dependents []string
	// Failed loads, for these tasks and those that wait for them, which of what
	// they depend on has failed.
	Failed []string
	// Reach loads, for these tasks, which tasks they lead to by their
	// dependencies, directly or not.
	Reach []string
	// The rest loads single records by id.
	Decisions, Memories, Documents, Questions, Risks, BlockerIDs, Feedback, Notes, Conflicts []string
	// Trust loads the files that a person accepted.
	Trust bool
	// Constraints loads the constraints.
	Constraints bool
	// Signers loads the keys whose signatures count, and those that did.
	Signers bool
	// Runs loads these runs of agents. Twins loads those that wait or are at work and
	// do the same as this one: its role, task and gate, and without a task its prompt.
	Runs  []string
	Twins *Run
	// Budgets loads the limits on what agents may spend.
	Budgets bool
	// Link loads the hash of the event with this version, when it is not 0.
	Link int64
	// After loads the events after the one with this version, when it is not 0.
	After int64
}

// State is what a decision may look at: the parts of a project named by
// [Needs], as they are under the project's lock.
type State struct {
	Project      *Project
	Gates        []Gate
	Workflow     *workflow.Workflow
	Proofs       []Proof
	Deliverables []Deliverable
	Conditions   []Condition
	OpenTasks    []Task
	Blockers     []Blocker
	// Tasks by id, with DependsOn filled in.
	Tasks map[string]*Task
	// TaskStatus holds the states of the dependencies of Tasks.
	TaskStatus map[string]TaskStatus
	// Dependents lists the tasks that wait for a task.
	Dependents map[string][]Task
	// Failed lists the failed tasks, with id and title, that a task depends on, in
	// the order of their ids.
	Failed map[string][]Task
	// Reach maps a task to what it depends on, for all tasks that can be
	// reached from those asked for.
	Reach       map[string][]string
	Decisions   map[string]*Decision
	Memories    map[string]*Memory
	Notes       map[string]*Note
	Conflicts   map[string]*SyncConflict
	Documents   map[string]*Document
	Questions   map[string]*Question
	Risks       map[string]*Risk
	Feedback    map[string]*Feedback
	Trust       map[string]*Trust
	Constraints map[string]*Constraint
	Signers     []Signer
	Runs        map[string]*Run
	Twins       []Run
	Budgets     []Budget
	// Links holds the hashes of single events, by version.
	Links map[int64]event.Hash
	// Later holds the events after the one that was named, in order.
	Later []event.Envelope
}

// Gate returns a gate by its id, whatever its case. A command that asks for one
// must not say NoGates.
func (s *State) Gate(id string) (*Gate, error) {
	for i := range s.Gates {
		if strings.EqualFold(s.Gates[i].ID, id) {
			return &s.Gates[i], nil
		}
	}
	ids := make([]string, len(s.Gates))
	for i := range s.Gates {
		ids[i] = s.Gates[i].ID
	}
	return nil, fault.NotFound("gate_not_found", "there is no gate %q; this project has %s", id, strings.Join(ids, ", ")).
		WithNearest(id, ids, "layercake gate list")
}

// NextGate returns the first gate that is not passed, or nil.
func (s *State) NextGate() *Gate {
	for i := range s.Gates {
		if !s.Gates[i].Status.Passed() {
			return &s.Gates[i]
		}
	}
	return nil
}

func (s *State) task(id string) (*Task, error) {
	if t, ok := s.Tasks[id]; ok {
		return t, nil
	}
	return nil, fault.NotFound("task_not_found", "there is no task %s", TaskID(id)).WithHint("run `layercake task list`")
}
