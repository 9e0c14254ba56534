package mcp

import (
	"context"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// taskTools see to single tasks and to the order between them.
func taskTools() []Tool {
	retires := Hints{Destructive: true}
	return []Tool{
		onProject(Tool{
			Name: "get_task", Title: "Get a task", Toolset: setTasks, Hints: readsOnly(),
			Description: "Everything about one task: description, dependencies, specifications, claim, what it waits for, result.",
			SearchHint:  "show read details describe",
		}, idIn{ID: "t-7k3f"}, getTask),
		onProject(Tool{
			Name: "get_ready_tasks", Title: "List the ready tasks", Toolset: setTasks, Hints: readsOnly(),
			Description: "Tasks that can be started now, most urgent first: every dependency is done, the gate is passed, nobody holds a claim.",
			SearchHint:  "available next unblocked startable queue",
		}, readyIn{}, getReadyTasks),
		onProject(Tool{
			Name: "update_task", Title: "Change a task", Toolset: setTasks, Hints: sets(),
			Description: "Change what a task says, or take a step in its life: start, block (with the reason), unblock, fail (with the reason). " +
				"complete_task ends it well, cancel_task drops it.",
			SearchHint: "edit modify rename reprioritize assign block unblock fail start",
		}, updateTaskIn{ID: "t-7k3f", Step: "block", Reason: "the payment sandbox is down"}, updateTask),
		onProject(Tool{
			Name: "cancel_task", Title: "Cancel a task", Toolset: setTasks, Hints: retires,
			Description: "Drop a task that will not be done. Tasks that waited for it can start.",
			SearchHint:  "delete remove drop abandon skip obsolete",
		}, reasonIn{ID: "t-7k3f", Reason: "the feature is left out"}, cancelTask),
		onProject(Tool{
			Name: "release_task", Title: "Release a task", Toolset: setTasks, Hints: sets(),
			Description: "Give a claimed task back, so that others can take it; work on it begins again.",
			SearchHint:  "unclaim unlock give back return stop",
		}, releaseIn{ID: "t-7k3f"}, releaseTask),
		onProject(Tool{
			Name: "add_dependency", Title: "Make a task wait for another", Toolset: setTasks, Hints: sets(),
			Description: "Make one task wait until another is done. A circle is refused and shown.",
			SearchHint:  "depends blocks order before after prerequisite link",
		}, dependencyIn{ID: "t-7k3f", DependsOn: "t-9m2p"}, addDependency),
		onProject(Tool{
			Name: "remove_dependency", Title: "Let a task no longer wait for another", Toolset: setTasks, Hints: retires,
			Description: "Let a task start without waiting for another one.",
			SearchHint:  "unlink undepend order prerequisite",
		}, dependencyIn{ID: "t-7k3f", DependsOn: "t-9m2p"}, removeDependency),
	}
}

type idIn struct {
	ID string `json:"id" min:"1"`
}

type reasonIn struct {
	ID     string `json:"id"                            min:"1"`
	Reason string `doc:"Why, for those who come later." json:"reason" min:"1"`
}

type taskOut struct {
	taskRow

	Type         string   `json:"type"`
	Description  string   `json:"description,omitempty"`
	Parent       string   `json:"parent,omitempty"`
	Dependencies []string `json:"dependencies,omitempty"`
	SpecRefs     []string `json:"spec_refs,omitempty"`
	StoryRefs    []string `json:"story_refs,omitempty"`
	ClaimedUntil string   `json:"claimed_until,omitempty"`
	Deferred     string   `json:"deferred_past_gate,omitempty"`
	Result       string   `json:"result,omitempty"`
	CreatedAt    string   `json:"created_at"`
	UpdatedAt    string   `json:"updated_at"`
	FinishedAt   string   `json:"finished_at,omitempty"`
	Version      int64    `json:"version"`
}

func getTask(ctx context.Context, w *work, in idIn) (*taskOut, error) {
	t, err := w.Tasks.Get(ctx, w.now(), in.ID)
	if err != nil {
		return nil, err
	}
	const most = 50
	out := &taskOut{
		taskRow: w.taskRow(t), Type: string(t.Type), Description: clip(t.Description, maxText), SpecRefs: few(t.SpecRefs, most),
		StoryRefs: few(t.StoryRefs, most), Deferred: t.DeferredGate, Result: clip(t.Result, maxText), CreatedAt: stamp(t.CreatedAt),
		UpdatedAt: stamp(t.UpdatedAt), FinishedAt: stampOf(t.FinishedAt), Version: t.Version,
	}
	out.Title, out.Waits = t.Title, few(t.Waits, most)
	if t.Status == project.TaskBlocked {
		out.Waits = append(out.Waits, "blocked: "+clip(t.BlockedReason, maxExcerpt))
	}
	if t.Parent != "" {
		out.Parent = project.TaskID(t.Parent)
	}
	for _, d := range first(t.DependsOn, most) {
		out.Dependencies = append(out.Dependencies, project.TaskID(d))
	}
	if t.ClaimedNow(w.Now()) {
		out.ClaimedUntil = stampOf(t.LeaseUntil)
	}
	return out, nil
}

type readyIn struct {
	Limit int `doc:"20 if left out." json:"limit,omitempty" max:"50" min:"1"`
}

type readyOut struct {
	Tasks []taskRow `json:"tasks"`
	Next  string    `json:"next,omitempty"`
}

func getReadyTasks(ctx context.Context, w *work, in readyIn) (*readyOut, error) {
	limit := in.Limit
	if limit == 0 {
		limit = 20
	}
	tasks, err := w.Tasks.Ready(ctx, w.now(), limit)
	if err != nil {
		return nil, err
	}
	out := &readyOut{Tasks: w.taskRows(tasks)}
	if len(tasks) == 0 {
		out.Next = "no task is ready; get_next_action says what is to be done, get_tasks what waits for what"
	}
	return out, nil
}

type updateTaskIn struct {
	ID          string   `json:"id"                                          min:"1"`
	Title       *string  `json:"title,omitempty"`
	Description *string  `json:"description,omitempty"`
	Type        string   `enum:"task_type"                                   json:"type,omitempty"`
	Priority    string   `enum:"priority"                                    json:"priority,omitempty"`
	Phase       string   `enum:"phase"                                       json:"phase,omitempty"`
	Gate        *string  `doc:"The gate that it waits for; empty for none."  json:"gate,omitempty"`
	Owner       *string  `json:"owner,omitempty"`
	Parent      *string  `doc:"The task that it is part of; empty for none." json:"parent,omitempty"`
	SpecRefs    []string `json:"spec_refs,omitempty"`
	Step        string   `enum:"task_step"                                   json:"step,omitempty"`
	Reason      string   `doc:"Why; needed to block or fail."                json:"reason,omitempty"`
}

func updateTask(ctx context.Context, w *work, in updateTaskIn) (*taskChanged, error) {
	change := core.TaskChange{
		Title: in.Title, Description: in.Description, Type: given[project.TaskType](in.Type), Priority: given[project.Priority](in.Priority),
		Phase: given[workflow.Phase](in.Phase), Gate: in.Gate, Owner: in.Owner, Parent: in.Parent,
	}
	if in.SpecRefs != nil {
		change.SpecRefs = &in.SpecRefs
	}
	edits := change != core.TaskChange{}
	if !edits && in.Step == "" {
		return nil, fault.Usage("nothing_to_change", "update_task %s names nothing to change", in.ID).
			WithHint(`give step or one of title, description, type, priority, phase, gate, owner, parent, spec_refs`)
	}
	var out *taskChanged
	if edits {
		t, err := w.Tasks.Edit(ctx, w.by, w.at.Project, in.ID, change)
		if err != nil {
			return nil, err
		}
		out = newTaskChanged(w, t)
	}
	if in.Step == "" {
		return out, nil
	}
	out, err := w.step(ctx, in.ID, project.TaskStep(in.Step), in.Reason)
	if err != nil && edits {
		w.published(ctx)
	}
	return out, err
}

// given returns a value that was given, or nil.
func given[T ~string](s string) *T {
	if s == "" {
		return nil
	}
	v := T(s)
	return &v
}

func cancelTask(ctx context.Context, w *work, in reasonIn) (*taskChanged, error) {
	return w.step(ctx, in.ID, project.StepCancel, in.Reason)
}

type releaseIn struct {
	ID   string `json:"id"              min:"1"`
	Note string `doc:"How far you got." json:"note,omitempty"`
}

func releaseTask(ctx context.Context, w *work, in releaseIn) (*taskChanged, error) {
	return w.step(ctx, in.ID, project.StepRelease, in.Note)
}

type dependencyIn struct {
	ID        string `doc:"The task that waits."       json:"id"         min:"1"`
	DependsOn string `doc:"The task that comes first." json:"depends_on" min:"1"`
}

func addDependency(ctx context.Context, w *work, in dependencyIn) (*taskChanged, error) {
	return w.depend(ctx, in, false)
}

func removeDependency(ctx context.Context, w *work, in dependencyIn) (*taskChanged, error) {
	return w.depend(ctx, in, true)
}

func (w *work) depend(ctx context.Context, in dependencyIn, undo bool) (*taskChanged, error) {
	t, err := w.Tasks.Depend(ctx, w.by, w.at.Project, in.ID, in.DependsOn, undo)
	if err != nil {
		return nil, err
	}
	return newTaskChanged(w, t), nil
}

// contains reports whether a text has all the words of another, whatever their
// case.
func contains(text, words string) bool {
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
