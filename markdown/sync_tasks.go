package markdown

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// takeTasks takes in what TASKS.md says: new tasks, then what they are, what they
// wait for, how they stand, and those that are gone.
func (a *taker) takeTasks(ctx context.Context) error {
	for i := range a.out.changes {
		c := &a.out.changes[i]
		if !c.made {
			continue
		}
		if err := a.newTask(ctx, c); err != nil {
			return err
		}
	}
	for i := range a.out.changes {
		c := &a.out.changes[i]
		if c.removed {
			continue
		}
		if err := a.editTask(ctx, c); err != nil {
			return err
		}
		if err := a.dependencies(ctx, c); err != nil {
			return err
		}
	}
	if err := a.states(ctx); err != nil {
		return err
	}
	for i := range a.out.changes {
		c := &a.out.changes[i]
		if c.removed {
			if err := a.unlist(ctx, c); err != nil {
				return err
			}
		}
	}
	for i := range a.out.changes {
		if c := &a.out.changes[i]; !c.refused {
			a.tookChange(c)
		}
	}
	return nil
}

// unlist takes a task out of the file, giving it up if it is not over.
func (a *taker) unlist(ctx context.Context, c *change) error {
	if over(valueOf(c.cur, fieldStatus)) {
		gone := true
		return a.try(ctx, c, fieldLine, &project.EditTask{ID: c.id, Unlisted: &gone})
	}
	return a.try(ctx, c, fieldLine, &project.WorkTask{
		ID: c.id, Step: project.StepCancel, Text: "its line was taken out of " + a.v.name, Unlisted: true,
	})
}

func over(status string) bool { return !project.TaskStatus(status).Open() }

// newTask adds a task that the database does not list: a new one, one from
// another database, or one whose line was taken out and is back.
func (a *taker) newTask(ctx context.Context, c *change) error {
	f := c.set
	if c.id != "" {
		if t := a.task(c.id); t != nil {
			c.cur = &Record{Kind: c.kind, ID: c.id, Section: string(t.Phase), Fields: map[string]string{fieldStatus: string(t.Status)}}
			back := false
			return a.try(ctx, c, fieldLine, &project.EditTask{ID: c.id, Unlisted: &back})
		}
	} else {
		c.id = a.id(c)
		c.disk.ID = c.id
	}
	cmd := &project.AddTask{
		ID: c.id, Title: f[fieldTitle], Description: f[fieldDescription], Type: project.TaskType(f[fieldType]),
		Priority: project.Priority(f[fieldPriority]), Phase: phaseOf(c), Gate: f[fieldGate], Owner: f[fieldOwner],
		SpecRefs: lines(f[fieldSpecs]), StoryRefs: lines(f[fieldStories]), Rank: rankOf(c),
	}
	before := len(a.out.clashes)
	if err := a.make(ctx, c, cmd); err != nil {
		return err
	}
	if len(a.out.clashes) > before {
		c.refused = true
	}
	c.fresh = true
	return nil
}

// task returns a task as it was when the sync began, or nil.
func (a *taker) task(id string) *project.Task {
	return a.tasks[id]
}

func phaseOf(c *change) workflow.Phase {
	if p := c.set[fieldPhase]; p != "" {
		return workflow.Phase(p)
	}
	if c.disk.Section == SectionNone {
		return ""
	}
	return workflow.Phase(c.disk.Section)
}

func rankOf(c *change) float64 {
	rank, err := strconv.ParseFloat(c.set[fieldRank], 64)
	if err != nil {
		return 0
	}
	return rank
}

// editTask changes what a task says.
func (a *taker) editTask(ctx context.Context, c *change) error {
	if c.refused {
		return nil
	}
	cmd := &project.EditTask{ID: c.id}
	n := 0
	text := func(field string, into **string) {
		if v, ok := c.set[field]; ok && !c.fresh {
			*into = &v
			n++
		}
	}
	text(fieldTitle, &cmd.Title)
	text(fieldDescription, &cmd.Description)
	text(fieldGate, &cmd.Gate)
	text(fieldOwner, &cmd.Owner)
	n += setName(c, fieldPriority, &cmd.Priority) + setName(c, fieldType, &cmd.Type) + setName(c, fieldPhase, &cmd.Phase)
	if _, ok := c.set[fieldSection]; ok && !c.fresh && cmd.Phase == nil && c.disk.Section != "" && c.disk.Section != SectionNone {
		phase := workflow.Phase(c.disk.Section)
		cmd.Phase = &phase
		n++
	}
	n += setList(c, fieldSpecs, &cmd.SpecRefs) + setList(c, fieldStories, &cmd.StoryRefs)
	if v, ok := c.set[fieldRank]; ok && !c.fresh && v != "" {
		rank := rankOf(c)
		cmd.Rank = &rank
		n++
	}
	if v, ok := c.set[fieldParent]; ok && (v != "" || !c.fresh) {
		parent, err := a.find(ctx, c, fieldParent, v)
		if err != nil {
			return err
		}
		if parent != nil {
			cmd.Parent = &parent[0]
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return a.try(ctx, c, firstOf(c), cmd)
}

// firstOf names a field that a refusal of all of them is shown under.
func firstOf(c *change) string {
	for _, f := range Fields(c.kind) {
		if _, ok := c.set[f]; ok {
			return f
		}
	}
	return fieldLine
}

func setName[T ~string](c *change, field string, into **T) int {
	v, ok := c.set[field]
	if !ok || v == "" || c.fresh {
		return 0
	}
	value := T(v)
	*into = &value
	return 1
}

func setList(c *change, field string, into **[]string) int {
	v, ok := c.set[field]
	if !ok || c.fresh {
		return 0
	}
	list := lines(v)
	if list == nil {
		list = []string{}
	}
	*into = &list
	return 1
}

// find resolves the ids that a field names. It returns nil when one of them is
// none, which is a conflict over the field.
func (a *taker) find(ctx context.Context, c *change, field, value string) ([]string, error) {
	ids := []string{}
	for _, typed := range lines(value) {
		id, err := a.r.w.source.Find(ctx, a.r.p.Project, core.KindTask, typed)
		if err != nil {
			return nil, a.refusal(err, c, field)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 && field == fieldParent {
		return []string{""}, nil
	}
	return ids, nil
}

// dependencies changes what a task waits for.
func (a *taker) dependencies(ctx context.Context, c *change) error {
	value, ok := c.set[fieldAfter]
	if !ok || c.refused || value == "" && c.fresh {
		return nil
	}
	want, err := a.find(ctx, c, fieldAfter, value)
	if err != nil || want == nil {
		return err
	}
	var have []string
	if t := a.task(c.id); t != nil {
		have = t.DependsOn
	}
	for _, id := range have {
		if !slices.Contains(want, id) {
			if err := a.try(ctx, c, fieldAfter, &project.DependTask{ID: c.id, DependsOn: id, Remove: true}); err != nil {
				return err
			}
		}
	}
	for _, id := range want {
		if !slices.Contains(have, id) {
			if err := a.try(ctx, c, fieldAfter, &project.DependTask{ID: c.id, DependsOn: id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// states changes how the tasks stand. Of several that wait for each other the
// first has to be done first, whatever their order in the file: what the rules
// refuse is tried again as long as something else succeeds.
func (a *taker) states(ctx context.Context) error {
	var waiting []*change
	for i := range a.out.changes {
		if c := &a.out.changes[i]; !c.removed && !c.refused && a.changesState(c) {
			waiting = append(waiting, c)
		}
	}
	for len(waiting) > 0 {
		var refused []*change
		var errs []error
		for _, c := range waiting {
			err := a.state(ctx, c)
			coded, ok := errors.AsType[*fault.Error](err)
			switch {
			case err == nil:
			case ok && refusable(coded):
				refused, errs = append(refused, c), append(errs, err)
			default:
				return err
			}
		}
		if len(refused) == len(waiting) {
			for i, c := range refused {
				if err := a.refusal(errs[i], c, fieldStatus); err != nil {
					return err
				}
			}
			return nil
		}
		waiting = refused
	}
	return nil
}

func (a *taker) changesState(c *change) bool {
	for _, f := range []string{fieldStatus, fieldResult, fieldBlockedReason, fieldBlockedBy} {
		if v, ok := c.set[f]; ok && (v != "" || !c.fresh) {
			return true
		}
	}
	return c.made && c.disk.Box == 'x'
}

// state brings a task into the state that the file says.
func (a *taker) state(ctx context.Context, c *change) error {
	want := project.TaskStatus(valueOf(c.disk, fieldStatus))
	have := project.TaskStatus(valueOf(c.cur, fieldStatus))
	if c.cur == nil {
		have = project.TaskNotStarted
	}
	if want == "" {
		want = have
		if c.disk.Box == ' ' && c.made {
			want = project.TaskNotStarted
		}
	}
	text := c.disk.Fields[fieldResult]
	if want == project.TaskBlocked {
		text = c.disk.Fields[fieldBlockedReason]
	}
	if a.v.foreign || want == have || want == project.TaskNotStarted {
		by := strings.TrimPrefix(c.disk.Fields[fieldBlockedBy], project.PrefixTask)
		return a.do(ctx, &project.ReceiveTask{ID: c.id, Status: &want, Text: orElse(text, a.because(want)), BlockedBy: by})
	}
	if !have.Open() || have == project.TaskFailed {
		if err := a.do(ctx, &project.WorkTask{ID: c.id, Step: project.StepReopen}); err != nil {
			return err
		}
	}
	step := map[project.TaskStatus]project.TaskStep{
		project.TaskComplete: project.StepDone, project.TaskInProgress: project.StepStart, project.TaskFailed: project.StepFail,
		project.TaskCancelled: project.StepCancel, project.TaskBlocked: project.StepBlock,
	}[want]
	return a.do(ctx, &project.WorkTask{ID: c.id, Step: step, Text: orElse(text, a.because(want))})
}

// because is the reason for a state that has to have one, when the file gives
// none.
func (a *taker) because(want project.TaskStatus) string {
	switch want {
	case project.TaskFailed, project.TaskBlocked:
		return "marked so in " + a.v.name
	case project.TaskNotStarted, project.TaskQueued, project.TaskInProgress, project.TaskComplete, project.TaskCancelled, project.TaskSkipped:
	}
	return ""
}
