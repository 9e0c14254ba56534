package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// fetched answers from what was read in one round trip. What was not wanted
// cannot be read any more.
type fetched struct {
	*reader

	wants    core.Wants
	head     *core.Head
	project  *project.Project
	workflow *workflow.Workflow
	lists
}

// lists are never nil.
type lists struct {
	gates        []project.Gate
	conditions   []project.Condition
	proofs       []project.Proof
	deliverables []project.Deliverable
	blockers     []project.Blocker
	questions    []project.Question
	risks        []project.Risk
	feedback     []project.Feedback
	conflicts    []project.SyncConflict
	open         []project.Task
	tasks        []project.Task
	ready        []project.Task
	counts       map[project.TaskStatus]int
	// Of the record that is wanted there is one at most, and the ids that begin as
	// its own does.
	tasksByID []project.Task
	decisions []project.Decision
	memories  []project.Memory
	alike     []string
}

var _ core.Reader = (*fetched)(nil)

// errNotWanted is a mistake in the program that reads.
var errNotWanted = errors.New("this was not named among what the read wants")

// unwanted is a database that answers nothing.
type unwanted struct{}

func (unwanted) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errNotWanted
}
func (unwanted) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errNotWanted }
func (unwanted) QueryRow(context.Context, string, ...any) pgx.Row        { return unwanted{} }
func (unwanted) Scan(...any) error                                       { return errNotWanted }

// fetch reads all that is wanted, as of one moment, in one round trip.
func (d *DB) fetch(ctx context.Context, v core.View) (*fetched, error) {
	f := &fetched{reader: &reader{q: dbsqlc.New(unwanted{}), id: v.Project}, wants: *v.Wants}
	var b pgx.Batch
	b.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
	f.queue(&b)
	states := f.queueTasks(&b)
	f.queueRecord(&b)
	b.Queue("COMMIT")
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, translate(fmt.Errorf("connect: %w", err))
	}
	// A connection that is left inside a transaction is closed by the pool.
	defer conn.Release()
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		rollback(ctx, conn.Conn())
		return nil, translate(fmt.Errorf("read: %w", err))
	}
	addWaits(f.tasks, *states)
	return f, nil
}

// fill returns a reader of all rows into a list.
func fill[Row, Record any](into *[]Record, f func(*Row) Record) func(pgx.Rows) error {
	*into = []Record{}
	return each(func(r *Row) { *into = append(*into, f(r)) })
}

func (f *fetched) queue(b *pgx.Batch) {
	id, w := f.id, &f.wants
	if w.Head {
		b.Queue(dbsqlc.GetStream, id).Query(func(rows pgx.Rows) error {
			var bad error
			err := one(func(r *dbsqlc.GetStreamRow) {
				var h event.Hash
				h, bad = event.HashFromBytes(r.Head)
				f.head = &core.Head{Version: r.Version, Hash: h, RecordedAt: r.RecordedAt.UTC()}
			})(rows)
			return errors.Join(err, bad)
		})
	}
	if w.Project {
		b.Queue(dbsqlc.GetProject, id).Query(one(func(r *dbsqlc.Project) { p := toProject(r); f.project = &p }))
	}
	if w.Workflow {
		b.Queue(dbsqlc.GetWorkflow, id).Query(workflowRow(&f.workflow))
	}
	if w.Gates {
		b.Queue(dbsqlc.ListGates, id).Query(fill(&f.gates, toGate))
	}
	if w.Evidence {
		var every *string
		b.Queue(dbsqlc.ListProofs, id, every, every).Query(fill(&f.proofs, toProof))
		b.Queue(dbsqlc.ListDeliverables, id).Query(fill(&f.deliverables, toDeliverable))
		b.Queue(dbsqlc.OpenTasks, id).Query(fill(&f.open, toOpenTask))
	}
	if w.Evidence || w.Waiting {
		b.Queue(dbsqlc.ListConditions, id).Query(fill(&f.conditions, toCondition))
		b.Queue(dbsqlc.ListBlockers, id).Query(fill(&f.blockers, toBlocker))
	}
	if w.Waiting {
		b.Queue(dbsqlc.ListQuestions, id).Query(fill(&f.questions, toQuestion))
		b.Queue(dbsqlc.ListRisks, id).Query(fill(&f.risks, toRisk))
		b.Queue(dbsqlc.ListFeedback, id).Query(fill(&f.feedback, toFeedback))
		b.Queue(dbsqlc.ListSyncConflicts, id, false).Query(fill(&f.conflicts, toSyncConflict))
	}
}

// queueTasks queues what is wanted of the tasks, and returns where the states of
// their dependencies will be.
func (f *fetched) queueTasks(b *pgx.Batch) *[]dbsqlc.DependencyStatesRow {
	var states []dbsqlc.DependencyStatesRow
	id, w := f.id, &f.wants
	if w.Counts {
		f.counts = map[project.TaskStatus]int{}
		b.Queue(dbsqlc.CountTasks, id).Query(each(func(r *dbsqlc.CountTasksRow) { f.counts[project.TaskStatus(r.Status)] = int(r.Tasks) }))
	}
	if w.Ready > 0 {
		t := at(w.Now)
		b.Queue(dbsqlc.ReadyTasks, id, &t, bound(w.Ready)).Query(fill(&f.ready, func(r *dbsqlc.ReadyTasksRow) project.Task {
			return toTaskAndWaits((*dbsqlc.TasksByIDRow)(r))
		}))
	}
	if w.Tasks != nil {
		p := listParams(id, w.Tasks)
		args := []any{p.ProjectID, p.Statuses, p.Phase, p.Priority, p.Owner, p.Gate, p.Parent, p.Text, p.Skip, p.Most}
		if w.Tasks.Lines {
			b.Queue(dbsqlc.ListTaskLines, args...).Query(fill(&f.tasks, toTaskLine))
		} else {
			b.Queue(dbsqlc.ListTasks, args...).Query(fill(&f.tasks, toTask))
		}
		b.Queue(dbsqlc.DependencyStates, id).Query(each(func(r *dbsqlc.DependencyStatesRow) { states = append(states, *r) }))
	}
	return &states
}

func (f *fetched) Head(context.Context) (core.Head, error) {
	switch {
	case !f.wants.Head:
		return core.Head{}, errNotWanted
	case f.head == nil:
		return core.Head{}, projectNotFound()
	}
	return *f.head, nil
}

func (f *fetched) Project(context.Context) (*project.Project, error) {
	switch {
	case !f.wants.Project:
		return nil, errNotWanted
	case f.project == nil:
		return nil, projectNotFound()
	}
	return f.project, nil
}

func (f *fetched) Workflow(context.Context) (*workflow.Workflow, error) {
	switch {
	case !f.wants.Workflow:
		return nil, errNotWanted
	case f.workflow == nil:
		return nil, projectNotFound()
	}
	return f.workflow, nil
}

// have returns a list, if it was wanted. It is the caller's to change.
func have[T any](list []T) ([]T, error) {
	if list == nil {
		return nil, errNotWanted
	}
	return slices.Clone(list), nil
}

func (f *fetched) Gates(context.Context) ([]project.Gate, error) { return have(f.gates) }

func (f *fetched) Conditions(context.Context) ([]project.Condition, error) { return have(f.conditions) }

func (f *fetched) Deliverables(context.Context) ([]project.Deliverable, error) {
	return have(f.deliverables)
}

func (f *fetched) OpenTasks(context.Context) ([]project.Task, error) { return have(f.open) }

func (f *fetched) Proofs(ctx context.Context, gate, proofType string) ([]project.Proof, error) {
	if gate != "" || proofType != "" {
		return f.reader.Proofs(ctx, gate, proofType)
	}
	return have(f.proofs)
}

func (f *fetched) Blockers(ctx context.Context, ids ...string) ([]project.Blocker, error) {
	if len(ids) > 0 {
		return f.reader.Blockers(ctx, ids...)
	}
	return have(f.blockers)
}

func (f *fetched) Questions(ctx context.Context, ids ...string) ([]project.Question, error) {
	if len(ids) > 0 {
		return f.reader.Questions(ctx, ids...)
	}
	return have(f.questions)
}

func (f *fetched) Risks(ctx context.Context, ids ...string) ([]project.Risk, error) {
	if len(ids) > 0 {
		return f.reader.Risks(ctx, ids...)
	}
	return have(f.risks)
}

func (f *fetched) Feedback(ctx context.Context, ids ...string) ([]project.Feedback, error) {
	if len(ids) > 0 {
		return f.reader.Feedback(ctx, ids...)
	}
	return have(f.feedback)
}

func (f *fetched) CountTasks(context.Context) (map[project.TaskStatus]int, error) {
	if f.counts == nil {
		return nil, errNotWanted
	}
	return f.counts, nil
}

func (f *fetched) ReadyTasks(ctx context.Context, now time.Time, limit int) ([]project.Task, error) {
	if !f.wants.Now.Equal(now) || f.wants.Ready != limit {
		return f.reader.ReadyTasks(ctx, now, limit)
	}
	return have(f.ready)
}

// Tasks returns the tasks that were wanted. There may be many, so they are not
// copied: it is asked once.
func (f *fetched) Tasks(context.Context, core.TaskQuery) ([]project.Task, error) {
	if f.tasks == nil {
		return nil, errNotWanted
	}
	return f.tasks, nil
}

// SyncConflicts lists the open conflicts.
func (f *fetched) SyncConflicts(ctx context.Context, all bool) ([]project.SyncConflict, error) {
	if all {
		return f.reader.SyncConflicts(ctx, all)
	}
	return have(f.conflicts)
}
