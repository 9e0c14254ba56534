package core

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Tasks plans work and keeps track of it.
type Tasks struct{ a *App }

// NewTask is what a new task is made from. Empty fields get their defaults: the
// project's phase, type "generation", priority "medium". Ids may be prefixes.
type NewTask struct {
	Title       string           `json:"title"`
	Description string           `json:"description"`
	Type        project.TaskType `json:"type"`
	Priority    project.Priority `json:"priority"`
	Phase       workflow.Phase   `json:"phase"`
	Gate        string           `json:"gate"`
	Owner       string           `json:"owner"`
	Parent      string           `json:"parent"`
	DependsOn   []string         `json:"depends_on"`
	SpecRefs    []string         `json:"spec_refs"`
	StoryRefs   []string         `json:"story_refs"`
}

// Add adds a task.
func (s *Tasks) Add(ctx context.Context, by Caller, p uuid.UUID, in NewTask) (*project.Task, error) {
	if err := s.resolveAll(ctx, p, &in.Parent, in.DependsOn); err != nil {
		return nil, err
	}
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command {
		return &project.AddTask{
			ID: id, Title: in.Title, Description: in.Description, Type: in.Type, Priority: in.Priority, Phase: in.Phase,
			Gate: in.Gate, Owner: in.Owner, Parent: in.Parent, DependsOn: in.DependsOn, SpecRefs: in.SpecRefs, StoryRefs: in.StoryRefs,
		}
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, written(p, KindTask, id), id)
}

// resolveAll replaces what people typed by stored ids.
func (s *Tasks) resolveAll(ctx context.Context, p uuid.UUID, parent *string, others []string) error {
	if *parent == "" && len(others) == 0 {
		return nil
	}
	return s.a.store.Read(ctx, View{Project: p}, func(ctx context.Context, r Reader) error {
		var err error
		if *parent != "" {
			if *parent, err = resolve(ctx, r, KindTask, *parent); err != nil {
				return err
			}
		}
		for i := range others {
			if others[i], err = resolve(ctx, r, KindTask, others[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// TaskChange changes what a task says; nil fields stay as they are.
type TaskChange struct {
	Title       *string
	Description *string
	Type        *project.TaskType
	Priority    *project.Priority
	Phase       *workflow.Phase
	// Gate and Parent may be set to "" to remove them.
	Gate      *string
	Owner     *string
	Parent    *string
	SpecRefs  *[]string
	StoryRefs *[]string
}

// Edit changes what a task says.
func (s *Tasks) Edit(ctx context.Context, by Caller, p uuid.UUID, typed string, in TaskChange) (*project.Task, error) {
	id, err := s.a.find(ctx, p, KindTask, typed)
	if err != nil {
		return nil, err
	}
	if in.Parent != nil && *in.Parent != "" {
		parent, err := s.a.find(ctx, p, KindTask, *in.Parent)
		if err != nil {
			return nil, err
		}
		in.Parent = &parent
	}
	_, err = s.a.write(ctx, by, p, &project.EditTask{
		ID: id, Title: in.Title, Description: in.Description, Type: in.Type, Priority: in.Priority, Phase: in.Phase,
		Gate: in.Gate, Owner: in.Owner, Parent: in.Parent, SpecRefs: in.SpecRefs, StoryRefs: in.StoryRefs,
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, written(p, KindTask, id), id)
}

// Step takes a step in the life of a task: text is the result, the reason or a
// note; lease is how long a claim holds, 0 for the default.
func (s *Tasks) Step(
	ctx context.Context, by Caller, p uuid.UUID, typed string, step project.TaskStep, text string, lease time.Duration,
) (*project.Task, error) {
	id, err := s.a.find(ctx, p, KindTask, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.WorkTask{ID: id, Step: step, Text: text, Lease: lease}); err != nil {
		return nil, err
	}
	return s.Get(ctx, written(p, KindTask, id), id)
}

// claimTries bounds how many ready tasks are tried when others take them first.
const claimTries = 20

// ClaimNext claims the most urgent task that is ready. It returns an error of
// kind not_found when there is none.
func (s *Tasks) ClaimNext(ctx context.Context, by Caller, p uuid.UUID, lease time.Duration) (*project.Task, error) {
	ready, err := s.Ready(ctx, View{Project: p}, claimTries)
	if err != nil {
		return nil, err
	}
	for i := range ready {
		t, err := s.Step(ctx, by, p, ready[i].ID, project.StepClaim, "", lease)
		var coded *fault.Error
		if errors.As(err, &coded) && coded.Kind == fault.KindConflict {
			continue // somebody else was faster
		}
		return t, err
	}
	return nil, fault.NotFound("no_ready_task", "no task is ready").WithHint("run `layercake task list --open` to see what waits for what")
}

// Depend makes one task wait for another, or no longer.
func (s *Tasks) Depend(ctx context.Context, by Caller, p uuid.UUID, typed, dependsOn string, undo bool) (*project.Task, error) {
	ids := []string{typed, dependsOn}
	none := ""
	if err := s.resolveAll(ctx, p, &none, ids); err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.DependTask{ID: ids[0], DependsOn: ids[1], Remove: undo}); err != nil {
		return nil, err
	}
	return s.Get(ctx, written(p, KindTask, ids[0]), ids[0])
}

// Defer lets a gate pass without an open task; only a person can.
func (s *Tasks) Defer(ctx context.Context, by Caller, p uuid.UUID, typed, gate, reason string) (*project.Task, error) {
	id, err := s.a.find(ctx, p, KindTask, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.DeferTask{ID: id, Gate: gate, Reason: reason}); err != nil {
		return nil, err
	}
	return s.Get(ctx, written(p, KindTask, id), id)
}

// Get returns one task.
func (s *Tasks) Get(ctx context.Context, v View, typed string) (*project.Task, error) {
	var task project.Task
	err := s.a.store.Read(ctx, v, func(ctx context.Context, r Reader) error {
		id, err := resolve(ctx, r, KindTask, typed)
		if err != nil {
			return err
		}
		tasks, err := r.TasksByID(ctx, []string{id})
		if err != nil {
			return err
		}
		gates, err := r.Gates(ctx)
		if err != nil {
			return err
		}
		if err := s.a.complete(ctx, r, tasks, gates, false); err != nil {
			return err
		}
		task = tasks[0]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &task, nil
}

// List returns the tasks selected, in the order in which they were created.
func (s *Tasks) List(ctx context.Context, v View, q TaskQuery) ([]project.Task, error) {
	if q.all() {
		v.Wants = &Wants{Gates: true, Tasks: &q}
	}
	var tasks []project.Task
	err := s.a.store.Read(ctx, v, func(ctx context.Context, r Reader) error {
		gates, err := r.Gates(ctx)
		if err != nil {
			return err
		}
		tasks, err = s.a.tasks(ctx, r, q, gates)
		return err
	})
	return tasks, err
}

// Ready returns the tasks that could be started now, most urgent first.
func (s *Tasks) Ready(ctx context.Context, v View, limit int) ([]project.Task, error) {
	var tasks []project.Task
	err := s.a.store.Read(ctx, v, func(ctx context.Context, r Reader) error {
		gates, err := r.Gates(ctx)
		if err != nil {
			return err
		}
		if tasks, err = r.ReadyTasks(ctx, s.a.now(), limit); err != nil {
			return err
		}
		return s.a.complete(ctx, r, tasks, gates, false)
	})
	return tasks, err
}

// Count returns how many tasks there are in each state.
func (s *Tasks) Count(ctx context.Context, v View) (map[project.TaskStatus]int, error) {
	var counts map[project.TaskStatus]int
	err := s.a.store.Read(ctx, v, func(ctx context.Context, r Reader) error {
		var err error
		counts, err = r.CountTasks(ctx)
		return err
	})
	return counts, err
}

// tasks lists tasks with everything filled in.
func (a *App) tasks(ctx context.Context, r Reader, q TaskQuery, gates []project.Gate) ([]project.Task, error) {
	tasks, err := r.Tasks(ctx, q)
	if err != nil {
		return nil, err
	}
	return tasks, a.complete(ctx, r, tasks, gates, q.all())
}

// all reports whether the query selects every task.
func (q *TaskQuery) all() bool {
	return q.Limit == 0 && q.Offset == 0 && q.Statuses == nil && q.Phase == "" && q.Priority == "" && q.Owner == "" &&
		q.Gate == "" && q.Parent == "" && q.Text == ""
}

// complete fills in what is derived: short ids, what a task waits for, whether
// it is ready. all says that tasks are all the project has, so that neighbours
// need not be looked up.
func (a *App) complete(ctx context.Context, r Reader, tasks []project.Task, gates []project.Gate, all bool) error {
	ids := make([]string, len(tasks))
	for i := range tasks {
		t := &tasks[i]
		ids[i] = t.ID
		if t.Gate != "" {
			t.Waits = append(t.Waits, project.Waits(&project.Task{Gate: t.Gate}, nil, gates)...)
		}
		if t.Waits == nil {
			t.Waits = []string{}
		}
		t.Ready = t.Status == project.TaskNotStarted && len(t.Waits) == 0
	}
	if all {
		short := shortIDs(ids)
		for i := range tasks {
			tasks[i].ShortID = project.PrefixTask + short[tasks[i].ID]
		}
		return nil
	}
	if len(ids) == 0 {
		return nil
	}
	if !slices.ContainsFunc(tasks, func(t project.Task) bool { return t.ShortID == "" }) {
		return nil
	}
	neighbours, err := r.Neighbours(ctx, ids)
	if err != nil {
		return err
	}
	for i := range tasks {
		n := neighbours[tasks[i].ID]
		tasks[i].ShortID = project.PrefixTask + project.ShortID(tasks[i].ID, n[0], n[1])
	}
	return nil
}

// shortIDs returns the shortest unique prefix of each id.
func shortIDs(ids []string) map[string]string {
	sorted := slices.Sorted(slices.Values(ids))
	short := make(map[string]string, len(sorted))
	for i, id := range sorted {
		var before, after string
		if i > 0 {
			before = sorted[i-1]
		}
		if i < len(sorted)-1 {
			after = sorted[i+1]
		}
		short[id] = project.ShortID(id, before, after)
	}
	return short
}

// shortenRecords fills in the short ids of decisions and memories.
func shortenRecords(decisions []project.Decision, memories []project.Memory) {
	ids := make([]string, len(decisions))
	for i := range decisions {
		ids[i] = decisions[i].ID
	}
	short := shortIDs(ids)
	for i := range decisions {
		decisions[i].ShortID = project.PrefixDecision + short[decisions[i].ID]
	}
	ids = make([]string, len(memories))
	for i := range memories {
		ids[i] = memories[i].ID
	}
	short = shortIDs(ids)
	for i := range memories {
		memories[i].ShortID = project.PrefixMemory + short[memories[i].ID]
	}
}
