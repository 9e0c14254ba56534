package core

import (
	"context"
	"fmt"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
)

// Status says where a project stands, in one page.
type Status struct {
	Project *project.Project `json:"project"`
	// Version is the end of the log that this is about.
	Version int64          `json:"version"`
	Gates   []project.Gate `json:"gates"`
	// Gate is the gate that is next, or nil when all are passed.
	Gate *project.Gate `json:"gate"`
	// Readiness is what stands against that gate. It is nil for an earlier
	// moment, whose files are gone.
	Readiness *Readiness                 `json:"readiness"`
	Tasks     map[project.TaskStatus]int `json:"tasks"`
	// Ready are the most urgent tasks that could be started.
	Ready      []project.Task      `json:"ready"`
	Questions  []project.Question  `json:"questions"`
	Blockers   []project.Blocker   `json:"blockers"`
	Conditions []project.Condition `json:"conditions"`
	Feedback   []project.Feedback  `json:"feedback"`
	Risks      int                 `json:"risks"`
	// Drift is what was committed since the last approved gate, in files that its
	// proofs cover; nil when nothing was.
	Drift *Drift `json:"drift"`
	// Conflicts are what file and database both changed.
	Conflicts []project.SyncConflict `json:"conflicts"`
}

// readyShown is how many ready tasks a status lists.
const readyShown = 5

// Status says where a project stands, now or at an earlier moment.
func (a *App) Status(ctx context.Context, at Place, when At) (*Status, error) {
	var st Status
	var state *project.State
	now := a.now()
	view := View{Project: at.Project, At: when, Wants: evidenceWants()}
	view.Wants.Head, view.Wants.Waiting, view.Wants.Counts, view.Wants.Ready, view.Wants.Now = true, true, true, readyShown, now
	err := a.store.Read(ctx, view, func(ctx context.Context, r Reader) error {
		var err error
		if st.Project, err = r.Project(ctx); err != nil {
			return err
		}
		head, err := r.Head(ctx)
		if err != nil {
			return err
		}
		st.Version = head.Version
		if st.Gates, err = r.Gates(ctx); err != nil {
			return err
		}
		if !when.IsNow() {
			now = head.RecordedAt
		} else if state, err = evidence(ctx, r); err != nil {
			return err
		}
		if st.Ready, err = r.ReadyTasks(ctx, now, readyShown); err != nil {
			return err
		}
		if err := a.complete(ctx, r, st.Ready, st.Gates, false); err != nil {
			return err
		}
		return st.rest(ctx, r)
	})
	if err != nil {
		return nil, err
	}
	for i := range st.Gates {
		st.Gates[i].Brief = "" // long, and `gate show` has it
		if g := &st.Gates[i]; st.Gate == nil && !g.Status.Passed() {
			st.Gate = g
		}
	}
	if when.IsNow() {
		st.Drift = a.Gates.lastDrift(ctx, at, state)
	}
	if st.Gate != nil && when.IsNow() {
		if st.Readiness, err = a.Gates.check(ctx, at, state, st.Gate.ID); err != nil {
			return nil, err
		}
	}
	return &st, nil
}

func (st *Status) rest(ctx context.Context, r Reader) error {
	var err error
	if st.Tasks, err = r.CountTasks(ctx); err != nil {
		return err
	}
	questions, err := r.Questions(ctx)
	if st.Questions, err = open(questions, err, false, func(q *project.Question) string { return q.Status }); err != nil {
		return err
	}
	blockers, err := r.Blockers(ctx)
	if st.Blockers, err = open(blockers, err, false, func(b *project.Blocker) string { return b.Status }); err != nil {
		return err
	}
	conditions, err := r.Conditions(ctx)
	if st.Conditions, err = open(conditions, err, false, func(c *project.Condition) string { return c.Status }); err != nil {
		return err
	}
	feedback, err := r.Feedback(ctx)
	if st.Feedback, err = open(feedback, err, false, func(f *project.Feedback) string { return f.Status }); err != nil {
		return err
	}
	risks, err := r.Risks(ctx)
	risks, err = open(risks, err, false, func(k *project.Risk) string { return k.Status })
	st.Risks = len(risks)
	if err != nil {
		return err
	}
	st.Conflicts, err = r.SyncConflicts(ctx, false)
	return err
}

// NextAction is the one thing to do now.
type NextAction struct {
	// Action says it in a sentence.
	Action string `json:"action"`
	// Command is what to type, or empty.
	Command string `json:"command"`
	// Why says why this comes first.
	Why string `json:"why"`
	// Person says that only a person can do it.
	Person bool `json:"person"`
}

// Next returns the one thing to do now. It follows from the status alone.
func (st *Status) Next() NextAction {
	switch {
	case st.Project.Archived:
		return NextAction{Action: "nothing: the project is archived", Why: "an archived project takes no changes"}
	case st.Project.Phase == "blocked":
		return NextAction{
			Action: "remove what blocks the project, then go on", Command: fmt.Sprintf("layercake phase move %s", st.Project.BlockedFrom),
			Why: "the project is blocked",
		}
	case st.Project.Phase == "intake" && string(st.Project.Intake) == "{}":
		return NextAction{Action: "answer the intake questions", Command: "layercake intake", Why: "everything else follows from them"}
	}
	for i := range st.Questions {
		if q := &st.Questions[i]; q.Blocking && q.To == string(project.ActorPerson) {
			return NextAction{
				Action: "answer: " + q.Question, Command: fmt.Sprintf("layercake question answer q-%s \"…\"", q.ID),
				Why: q.CreatedBy + " waits for it", Person: true,
			}
		}
	}
	if len(st.Conflicts) > 0 {
		c := &st.Conflicts[0]
		id := KindConflict.Prefix() + c.ID
		return NextAction{
			Action:  fmt.Sprintf("settle conflict %s: %s of %s in %s", id, strings.ReplaceAll(c.Field, "_", " "), c.Record, c.File),
			Command: fmt.Sprintf("layercake sync resolve %s --ours", id),
			Why:     "the file said something else than the database; --theirs takes that", Person: true,
		}
	}
	return st.nextAtGate()
}

func (st *Status) nextAtGate() NextAction {
	g := st.Gate
	switch {
	case g == nil && len(st.Ready) > 0:
		return st.nextTask()
	case g == nil:
		return NextAction{Action: "nothing: every gate is passed and no task is ready", Command: "layercake task list --open"}
	case st.Readiness == nil:
		return NextAction{Action: "see what gate " + g.ID + " waits for", Command: "layercake gate check " + g.ID}
	case st.Readiness.Ready && st.Readiness.Presented:
		return NextAction{
			Action: "decide on gate " + g.ID + ": " + g.Title, Command: "layercake gate approve " + g.ID,
			Why: "it is presented and nothing stands against it", Person: true,
		}
	case st.Readiness.Ready:
		return NextAction{
			Action: "present gate " + g.ID + ": " + g.Title, Command: "layercake gate present " + g.ID, Why: "everything it asks for is there",
		}
	}
	// Work comes before paperwork: open tasks first, then what else is missing.
	for _, r := range st.Readiness.Reasons {
		if r.Code == "task_open" && len(st.Ready) > 0 {
			return st.nextTask()
		}
	}
	first := st.Readiness.Reasons[0]
	return NextAction{Action: first.Message, Command: first.Hint, Why: fmt.Sprintf("it keeps gate %s shut", g.ID)}
}

func (st *Status) nextTask() NextAction {
	t := &st.Ready[0]
	return NextAction{
		Action: "work on " + t.ShortID + ": " + t.Title, Command: "layercake task start " + t.ShortID,
		Why: fmt.Sprintf("it is the most urgent task that is ready (%s)", t.Priority),
	}
}
