package projecttest

import (
	"slices"
	"time"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Model is what the rules about tasks and gates are, in the simplest words: maps
// and loops over all of them. It knows nothing of events, rows or the order in
// which rules are looked at.
type Model struct {
	// Phase is where the project stands, Blocked where it came from when it is
	// blocked.
	Phase, Blocked workflow.Phase
	Gates          []ModelGate
	Tasks          map[string]*ModelTask
	workflow       *workflow.Workflow
	facts          workflow.Facts
}

// ModelGate is a gate of the model.
type ModelGate struct {
	ID     string
	Phase  workflow.Phase
	Status project.GateStatus
}

// ModelTask is a task of the model.
type ModelTask struct {
	Status    project.TaskStatus
	Priority  project.Priority
	Promoted  bool
	Phase     workflow.Phase
	Gate      string
	Deferred  string
	Owner     string
	ClaimedBy string
	Until     time.Time
	BlockedBy string
	DependsOn map[string]bool
}

// NewModel returns the model of a project that was just created.
func NewModel(w *workflow.Workflow, facts workflow.Facts) *Model {
	m := &Model{Phase: workflow.PhaseIntake, Tasks: map[string]*ModelTask{}, workflow: w, facts: facts}
	for i := range w.Gates {
		status := project.GatePending
		if !w.Gates[i].AppliesWhen.Hold(facts) {
			status = project.GateNotApplicable
		}
		m.Gates = append(m.Gates, ModelGate{ID: w.Gates[i].ID, Phase: w.Gates[i].Phase, Status: status})
	}
	return m
}

func passed(s project.GateStatus) bool {
	return s == project.GateApproved || s == project.GateSkipped || s == project.GateNotApplicable
}

// Waits reports whether something keeps a task from being worked on: a dependency
// that is not over, or a gate that is not passed.
func (m *Model) Waits(id string) bool {
	t := m.Tasks[id]
	for d := range t.DependsOn {
		switch m.Tasks[d].Status {
		case project.TaskComplete, project.TaskCancelled, project.TaskSkipped:
		default:
			return true
		}
	}
	for _, g := range m.Gates {
		if t.Gate == g.ID && !passed(g.Status) {
			return true
		}
	}
	return false
}

// Ready reports whether anybody may take a task now.
func (m *Model) Ready(id string, now time.Time) bool {
	t := m.Tasks[id]
	return t.Status == project.TaskNotStarted && !m.Waits(id) && (t.ClaimedBy == "" || !now.Before(t.Until))
}

// leads reports whether one task waits for another, directly or not.
func (m *Model) leads(from, to string) bool {
	if from == to {
		return true
	}
	for d := range m.Tasks[from].DependsOn {
		if m.leads(d, to) {
			return true
		}
	}
	return false
}

func (m *Model) dependents(id string) []string {
	var list []string
	for other, t := range m.Tasks {
		if t.DependsOn[id] {
			list = append(list, other)
		}
	}
	return list
}

// Do carries a command out and returns nothing, or the codes of all rules that
// refuse it; then nothing changes.
func (m *Model) Do(cmd project.Command, by project.Actor, now time.Time) []string {
	switch c := cmd.(type) {
	case *project.AddTask:
		return m.addTask(c)
	case *project.WorkTask:
		return m.workTask(c, by, now)
	case *project.DependTask:
		return m.dependTask(c)
	case *project.DeferTask:
		return m.deferTask(c, by)
	case *project.PresentGate:
		return m.presentGate(c)
	case *project.ApproveGate:
		return m.approveGate(c, by)
	case *project.RejectGate:
		return m.rejectGate(c, by)
	case *project.SkipGate:
		return m.skipGate(c, by)
	case *project.ReopenGate:
		return m.reopenGate(c, by)
	case *project.MovePhase:
		return m.movePhase(c)
	}
	panic("the model does not know " + cmd.CommandName())
}

// rules collects the codes of rules that are broken.
type rules []string

func (r *rules) forbid(when bool, code string) {
	if when && !slices.Contains(*r, code) {
		*r = append(*r, code)
	}
}
