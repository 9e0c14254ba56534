package markdown

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// check refuses the file, naming the line, when something in it is no value that
// there is: whoever wrote it is still there to put it right.
func (a *taker) check() error {
	for i := range a.out.changes {
		c := &a.out.changes[i]
		if c.removed {
			continue
		}
		for field, value := range c.set {
			if err := a.checkField(c, field, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *taker) checkField(c *change, field, value string) error {
	if value == "" {
		return nil
	}
	switch field {
	case fieldTitle:
		return nil
	case fieldPriority:
		return a.oneOf(c, field, value, names(project.Priorities()))
	case fieldType:
		return a.oneOf(c, field, value, names(project.TaskTypes()))
	case fieldPhase:
		return a.oneOf(c, field, value, names(workflow.Phases()))
	case fieldScope:
		return a.oneOf(c, field, value, project.MemoryScopes())
	case fieldKind:
		return a.oneOf(c, field, value, project.MemoryKinds())
	case fieldStatus:
		return a.checkStatus(c, value)
	case fieldConfidence:
		if f, err := strconv.ParseFloat(value, 64); err != nil || f <= 0 || f > 1 {
			return a.bad(c, "confidence is between 0 and 1, not %q", value)
		}
	case fieldGate:
		ids := make([]string, len(a.snap.Gates))
		for i := range a.snap.Gates {
			ids[i] = a.snap.Gates[i].ID
		}
		if !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, value) }) {
			return a.bad(c, "there is no gate %q; this project has %s", value, strings.Join(ids, ", "))
		}
	}
	return nil
}

// checkStatus refuses states that nobody can put something into.
func (a *taker) checkStatus(c *change, value string) error {
	switch c.kind {
	case core.KindTask:
		return a.oneOf(c, fieldStatus, value, names(a.taskStatuses()))
	case core.KindDecision:
		return a.oneOf(c, fieldStatus, value, names([]project.DecisionStatus{
			project.DecisionProposed, project.DecisionAccepted, project.DecisionSuperseded, project.DecisionReversed,
		}))
	case core.KindMemory, core.KindNote, core.KindProof, core.KindCondition, core.KindQuestion, core.KindRisk, core.KindBlocker,
		core.KindFeedback, core.KindConflict, core.KindRun, core.KindHandoff:
	}
	return nil
}

// taskStatuses are the states that a task can be put into by a file. Nobody here
// queues or skips a task; another database may say so of one of its own.
func (a *taker) taskStatuses() []project.TaskStatus {
	list := project.TaskStatuses()
	if a.v.foreign {
		return list
	}
	return slices.DeleteFunc(list, func(s project.TaskStatus) bool { return s == project.TaskQueued || s == project.TaskSkipped })
}

func (a *taker) oneOf(c *change, field, value string, valid []string) error {
	if slices.Contains(valid, value) {
		return nil
	}
	shown := make([]string, len(valid))
	for i, v := range valid {
		shown[i] = human(v)
	}
	return a.bad(c, "%s cannot be %q; it is one of %s", field, human(value), strings.Join(shown, ", "))
}

// bad is an error about a line of the file.
func (a *taker) bad(c *change, format string, args ...any) error {
	where := path.Join(a.r.docs.name, a.v.name)
	return fault.Conflict("invalid_edit", "%s:%d: %s", where, c.line(), fmt.Sprintf(format, args...)).
		WithHint("put the line right and run `layercake sync`; nothing was read from the file")
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
