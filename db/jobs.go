package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Jobs is the queue in which runs of agents are worked. All of it happens in the
// transaction of the events that call for it.
type Jobs interface {
	// Insert adds the job of a run, and returns its id. One that is held waits until
	// it is freed.
	Insert(ctx context.Context, tx pgx.Tx, j RunJob) (int64, error)
	// Free lets jobs go that were held.
	Free(ctx context.Context, tx pgx.Tx, jobs []int64) error
	// Move puts a job that waits into another place.
	Move(ctx context.Context, tx pgx.Tx, job int64, queue string, priority int) error
	// Cancel stops a job, whether it waits or is at work.
	Cancel(ctx context.Context, tx pgx.Tx, job int64) error
	// Finish ends a job whose run has ended. It returns an error when the job is at
	// work, and not by the worker whose context this is.
	Finish(ctx context.Context, tx pgx.Tx, job int64) error
}

// RunJob is the job of a run.
type RunJob struct {
	Project  uuid.UUID
	Run      string
	Queue    string
	Priority int
	Held     bool
}

// moves is what some events mean for the jobs.
type moves struct {
	insert []*event.AgentQueuedPayload
	place  []*event.AgentPrioritizedPayload
	cancel []string
	finish []string
	// tasks and gates are what held runs may have waited for; all says that
	// anything may be different.
	tasks, gates []string
	all          bool
}

// jobMoves says what events mean for the jobs, or nil. held says that there are
// jobs that wait for something.
func jobMoves(events []event.Envelope, held bool) (*moves, error) {
	var m moves
	found := false
	for i := range events {
		e := &events[i]
		if !movesJobs(e.Type, held) {
			continue
		}
		found = true
		p, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Version, err)
		}
		m.add(p)
	}
	if !found {
		return nil, nil //nolint:nilnil // nothing is to be done
	}
	return &m, nil
}

func movesJobs(t event.Type, held bool) bool {
	switch t { //nolint:exhaustive // the others move none
	case event.AgentQueued, event.AgentPrioritized, event.AgentCompleted, event.AgentFailed, event.AgentCancelled:
		return true
	case event.TaskCompleted, event.TaskCancelled, event.TaskUnblocked, event.TaskUpdated, event.TaskReleased, event.TaskReopened,
		event.DependencyRemoved, event.GateApproved, event.GateApprovedWithConditions, event.GateForced, event.GateSkipped,
		event.ProjectUpdated, event.WorkflowChanged, event.ChangeUndone:
		return held
	}
	return false
}

func (m *moves) add(p event.Payload) {
	switch p := p.(type) {
	case *event.AgentQueuedPayload:
		m.insert = append(m.insert, p)
	case *event.AgentPrioritizedPayload:
		m.place = append(m.place, p)
	case *event.AgentCompletedPayload:
		m.finish = append(m.finish, p.ID)
	case *event.AgentFailedPayload:
		if !p.Retry {
			m.finish = append(m.finish, p.ID)
		}
	case *event.AgentCancelledPayload:
		m.cancel = append(m.cancel, p.ID)
	case *event.TaskCompletedPayload:
		m.tasks = append(m.tasks, p.ID)
	case *event.TaskCancelledPayload:
		m.tasks = append(m.tasks, p.ID)
	case *event.TaskUnblockedPayload:
		m.tasks = append(m.tasks, p.ID)
	case *event.TaskUpdatedPayload:
		m.tasks = append(m.tasks, p.ID)
	case *event.TaskReleasedPayload:
		m.tasks = append(m.tasks, p.ID)
	case *event.TaskReopenedPayload:
		m.tasks = append(m.tasks, p.ID)
	case *event.DependencyRemovedPayload:
		m.tasks = append(m.tasks, p.ID)
	case *event.GateApprovedPayload:
		m.gates = append(m.gates, p.Gate)
	case *event.GateApprovedWithConditionsPayload:
		m.gates = append(m.gates, p.Gate)
	case *event.GateForcedPayload:
		m.gates = append(m.gates, p.Gate)
	case *event.GateSkippedPayload:
		m.gates = append(m.gates, p.Gate)
	default:
		m.all = true
	}
}

// moveJobs carries out what the events mean for the jobs.
func (d *DB) moveJobs(ctx context.Context, conn *pgx.Conn, id uuid.UUID, m *moves) error {
	if d.jobs == nil {
		return fault.New(fault.KindFailed, "no_queue", "this program cannot hand work to agents").
			WithHint("use the command line: `layercake agent run --help`")
	}
	tx := openTx{conn}
	q := dbsqlc.New(tx)
	for _, p := range m.insert {
		if err := d.insertJob(ctx, tx, q, id, p); err != nil {
			return err
		}
	}
	for _, p := range m.place {
		if err := ofRun(ctx, q, id, p.ID, func(job int64) error { return d.jobs.Move(ctx, tx, job, p.Queue, p.Priority) }); err != nil {
			return err
		}
	}
	for _, run := range m.cancel {
		if err := ofRun(ctx, q, id, run, func(job int64) error { return d.jobs.Cancel(ctx, tx, job) }); err != nil {
			return err
		}
	}
	for _, run := range m.finish {
		if err := ofRun(ctx, q, id, run, func(job int64) error { return d.jobs.Finish(ctx, tx, job) }); err != nil {
			return err
		}
	}
	return d.freeJobs(ctx, tx, q, id, m)
}

// ofRun calls fn with the job of a run; one that came from elsewhere has none.
func ofRun(ctx context.Context, q *dbsqlc.Queries, id uuid.UUID, run string, fn func(job int64) error) error {
	j, err := q.GetRunJob(ctx, dbsqlc.GetRunJobParams{ProjectID: id, RunID: run})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up the job of a run: %w", err)
	}
	return fn(j.JobID)
}

func (d *DB) insertJob(ctx context.Context, tx pgx.Tx, q *dbsqlc.Queries, id uuid.UUID, p *event.AgentQueuedPayload) error {
	runnable, err := q.RunnableRuns(ctx, dbsqlc.RunnableRunsParams{ProjectID: id, Ids: []string{p.ID}})
	if err != nil {
		return fmt.Errorf("see whether the run has to wait: %w", err)
	}
	held := len(runnable) == 0
	job, err := d.jobs.Insert(ctx, tx, RunJob{Project: id, Run: p.ID, Queue: p.Queue, Priority: p.Priority, Held: held})
	if err != nil {
		return err
	}
	if err := q.PutRunJob(ctx, dbsqlc.PutRunJobParams{ProjectID: id, RunID: p.ID, JobID: job, Held: held}); err != nil {
		return fmt.Errorf("keep the job of the run: %w", err)
	}
	return nil
}

// freeJobs lets the jobs go whose runs wait for nothing any more.
func (d *DB) freeJobs(ctx context.Context, tx pgx.Tx, q *dbsqlc.Queries, id uuid.UUID, m *moves) error {
	if len(m.tasks) == 0 && len(m.gates) == 0 && !m.all {
		return nil
	}
	jobs := map[string]int64{}
	if m.all {
		rows, err := q.AllHeldRuns(ctx, id)
		if err != nil {
			return fmt.Errorf("look for runs that wait: %w", err)
		}
		for i := range rows {
			jobs[rows[i].RunID] = rows[i].JobID
		}
	} else {
		rows, err := q.HeldRunsNear(ctx, dbsqlc.HeldRunsNearParams{ProjectID: id, Tasks: m.tasks, Gates: m.gates})
		if err != nil {
			return fmt.Errorf("look for runs that wait: %w", err)
		}
		for i := range rows {
			jobs[rows[i].RunID] = rows[i].JobID
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	runs := make([]string, 0, len(jobs))
	for run := range jobs {
		runs = append(runs, run)
	}
	runnable, err := q.RunnableRuns(ctx, dbsqlc.RunnableRunsParams{ProjectID: id, Ids: runs})
	if err != nil {
		return fmt.Errorf("see which runs have to wait: %w", err)
	}
	free := make([]int64, 0, len(runnable))
	for _, run := range runnable {
		if err := q.HoldRun(ctx, dbsqlc.HoldRunParams{ProjectID: id, RunID: run, Held: false}); err != nil {
			return fmt.Errorf("let a run go: %w", err)
		}
		free = append(free, jobs[run])
	}
	if len(free) == 0 {
		return nil
	}
	return d.jobs.Free(ctx, tx, free)
}

// openTx is a connection in the middle of a transaction that is begun and ended
// elsewhere.
type openTx struct{ conn *pgx.Conn }

var _ pgx.Tx = openTx{}

var errNotHere = errors.New("the transaction is begun and ended elsewhere")

func (openTx) Begin(context.Context) (pgx.Tx, error) { return nil, errNotHere }
func (openTx) Commit(context.Context) error          { return errNotHere }
func (openTx) Rollback(context.Context) error        { return errNotHere }
func (openTx) LargeObjects() pgx.LargeObjects        { return pgx.LargeObjects{} }
func (t openTx) Conn() *pgx.Conn                     { return t.conn }

//nolint:wrapcheck // pass-throughs
func (t openTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	return t.conn.CopyFrom(ctx, table, columns, src)
}
func (t openTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.conn.SendBatch(ctx, b)
}

//nolint:wrapcheck // a pass-through
func (t openTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return t.conn.Prepare(ctx, name, sql)
}

//nolint:wrapcheck // a pass-through
func (t openTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return t.conn.Exec(ctx, sql, args...)
}

//nolint:wrapcheck // a pass-through
func (t openTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.conn.Query(ctx, sql, args...)
}

func (t openTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return t.conn.QueryRow(ctx, sql, args...)
}

// AdoptRuns gives a job to each run that is open and has none: one that came with an
// import or a backup. It returns how many there were.
func (d *DB) AdoptRuns(ctx context.Context) (int, error) {
	q := dbsqlc.New(d.pool)
	open, err := q.OpenJobs(ctx)
	if err != nil {
		return 0, translate(fmt.Errorf("list the jobs of runs: %w", err))
	}
	rows, err := d.pool.Query(ctx, `SELECT id FROM `+RiverSchema+`.river_job
		WHERE id = ANY($1::bigint[]) AND state NOT IN ('completed', 'cancelled', 'discarded')`, open)
	if err != nil {
		return 0, translate(fmt.Errorf("look for the jobs of runs: %w", err))
	}
	living, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, translate(fmt.Errorf("look for the jobs of runs: %w", err))
	}
	if living == nil {
		living = []int64{}
	}
	orphans, err := q.OrphanRuns(ctx, living)
	if err != nil {
		return 0, translate(fmt.Errorf("look for runs without a job: %w", err))
	}
	adopted := 0
	for i := range orphans {
		ok, err := d.adopt(ctx, &orphans[i])
		if err != nil {
			return adopted, err
		}
		if ok {
			adopted++
		}
	}
	return adopted, nil
}

// adopt gives a run a job, under the project's lock, if it still has none.
func (d *DB) adopt(ctx context.Context, r *dbsqlc.OrphanRunsRow) (adopted bool, err error) {
	err = d.tx(ctx, writeLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		var l locked
		if err := l.scanStream(tx.QueryRow(ctx, dbsqlc.LockStream, r.ProjectID)); err != nil {
			return err
		}
		q := dbsqlc.New(tx)
		now, err := q.RunsByID(ctx, dbsqlc.RunsByIDParams{ProjectID: r.ProjectID, Ids: []string{r.RunID}})
		if err != nil || len(now) == 0 || (now[0].Status != "pending" && now[0].Status != "running") {
			return err
		}
		var alive bool
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM run_jobs r JOIN `+RiverSchema+`.river_job j ON j.id = r.job_id
			WHERE r.project_id = $1 AND r.run_id = $2 AND j.state NOT IN ('completed', 'cancelled', 'discarded'))`, r.ProjectID, r.RunID).Scan(&alive)
		if err != nil || alive {
			return err //nolint:wrapcheck // says what failed
		}
		adopted = true
		return d.insertJob(ctx, tx, q, r.ProjectID, &event.AgentQueuedPayload{ID: r.RunID, Queue: r.Queue, Priority: int(r.Priority)})
	})
	return adopted, err
}
