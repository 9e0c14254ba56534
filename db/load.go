package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// locked is what a write knows once it holds the project's lock.
type locked struct {
	version    int64
	head       event.Hash
	recordedAt time.Time
	// done is the earlier request with the same key, if there was one.
	done  *dbsqlc.GetCommandRow
	state *project.State
	// held says that runs of agents wait for something.
	held bool
}

// loadLocked begins the transaction, takes the lock and loads what the command
// needs, in one round trip. A fresh key is not looked up. The statements run one after the other, so those
// behind the lock see what the one that held it before has committed.
func loadLocked(ctx context.Context, conn *pgx.Conn, w *core.Write, fresh bool) (*locked, error) {
	l := &locked{state: &project.State{}}
	var b pgx.Batch
	b.Queue("BEGIN")
	if w.Create {
		b.Queue(dbsqlc.CreateStream, w.Project)
	}
	b.Queue(dbsqlc.LockStream, w.Project).QueryRow(l.scanStream)
	if !fresh {
		b.Queue(dbsqlc.GetCommand, w.Project, w.Key).Query(one(func(r *dbsqlc.GetCommandRow) { l.done = r }))
	}
	queueState(&b, w.Project, w.Command.Needs(), l.state)
	b.Queue(dbsqlc.AnyHeld, w.Project).QueryRow(func(row pgx.Row) error { return row.Scan(&l.held) })
	err := conn.SendBatch(ctx, &b).Close()
	switch {
	case errors.Is(err, errNoStream):
		// No lock and nothing to decide on: the command says what it makes of
		// a project that is not there.
		l.state = &project.State{}
		return l, nil
	case err != nil:
		return nil, fmt.Errorf("load: %w", err)
	}
	return l, nil
}

var errNoStream = errors.New("there is no such stream")

func (l *locked) scanStream(row pgx.Row) error {
	var head []byte
	err := row.Scan(&l.version, &head, &l.recordedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoStream
	}
	if err != nil {
		return fmt.Errorf("lock the stream: %w", err)
	}
	l.recordedAt = event.Truncate(l.recordedAt)
	l.head, err = event.HashFromBytes(head)
	return err
}

// scanLink reads the hash of one event; that there is no such event is for the
// decision to say.
func scanLink(row pgx.Row, version int64, links map[int64]event.Hash) error {
	var raw []byte
	err := row.Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the hash of event %d: %w", version, err)
	}
	links[version], err = event.HashFromBytes(raw)
	return err
}

// State reads what a command looks at, without holding on to it, and the end of
// the log that it belongs to.
func (d *DB) State(ctx context.Context, id uuid.UUID, n project.Needs) (*project.State, core.Head, error) {
	s := &project.State{}
	var head core.Head
	opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := d.tx(ctx, readLimit, opts, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if head, err = readHead(ctx, dbsqlc.New(tx), id); err != nil {
			return err
		}
		var b pgx.Batch
		queueState(&b, id, n, s)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("read the state: %w", err)
		}
		return nil
	})
	return s, head, err
}

// one returns a reader of at most one row.
func one[T any](fn func(*T)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		row, err := pgx.CollectOneRow(rows, pgx.RowToAddrOfStructByPos[T])
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a row: %w", err)
		}
		fn(row)
		return nil
	}
}

// each returns a reader of all rows.
func each[T any](fn func(*T)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		if err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		for i := range list {
			fn(&list[i])
		}
		return nil
	}
}

// queueState queues what a command needs; reading the batch fills the state.
func queueState(b *pgx.Batch, id uuid.UUID, n project.Needs, s *project.State) {
	b.Queue(dbsqlc.GetProject, id).Query(one(func(r *dbsqlc.Project) { p := toProject(r); s.Project = &p }))
	if !n.NoGates {
		b.Queue(dbsqlc.ListGates, id).Query(each(func(r *dbsqlc.Gate) { s.Gates = append(s.Gates, toGate(r)) }))
	}
	if n.Workflow {
		b.Queue(dbsqlc.GetWorkflow, id).Query(workflowRow(&s.Workflow))
	}
	if n.Evidence {
		var anything *string
		b.Queue(dbsqlc.ListProofs, id, anything, anything).Query(each(func(r *dbsqlc.Proof) { s.Proofs = append(s.Proofs, toProof(r)) }))
		b.Queue(dbsqlc.ListDeliverables, id).Query(each(func(r *dbsqlc.Deliverable) { s.Deliverables = append(s.Deliverables, toDeliverable(r)) }))
		b.Queue(dbsqlc.ListConditions, id).Query(each(func(r *dbsqlc.GateCondition) { s.Conditions = append(s.Conditions, toCondition(r)) }))
	}
	if n.Blockers {
		b.Queue(dbsqlc.ListBlockers, id).Query(each(func(r *dbsqlc.Blocker) { s.Blockers = append(s.Blockers, toBlocker(r)) }))
	}
	if n.OpenTasks {
		b.Queue(dbsqlc.OpenTasks, id).Query(each(func(r *dbsqlc.OpenTasksRow) { s.OpenTasks = append(s.OpenTasks, toOpenTask(r)) }))
	}
	queueTasks(b, id, &n, s)
	queueRecords(b, id, &n, s)
}

func workflowRow(into **workflow.Workflow) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var bad error
		err := one(func(r *dbsqlc.Workflow) { *into, bad = decodeWorkflow(r) })(rows)
		return errors.Join(err, bad)
	}
}

func decodeWorkflow(r *dbsqlc.Workflow) (*workflow.Workflow, error) {
	var w workflow.Workflow
	if err := json.Unmarshal(r.Definition, &w); err != nil {
		return nil, fmt.Errorf("read the workflow: %w", err)
	}
	return &w, nil
}

func queueTasks(b *pgx.Batch, id uuid.UUID, n *project.Needs, s *project.State) {
	if len(n.Tasks) > 0 {
		s.Tasks, s.TaskStatus = map[string]*project.Task{}, map[string]project.TaskStatus{}
		b.Queue(dbsqlc.TasksByID, id, n.Tasks).Query(each(func(r *dbsqlc.TasksByIDRow) {
			t := toTaskWithDeps(r)
			s.Tasks[t.ID] = &t
			for i, d := range r.DependsOn {
				s.TaskStatus[d] = project.TaskStatus(r.DependencyStatuses[i])
			}
		}))
	}
	if len(n.Dependents) > 0 {
		s.Dependents = map[string][]project.Task{}
		b.Queue(dbsqlc.DependentsOf, id, n.Dependents).Query(each(func(r *dbsqlc.DependentsOfRow) {
			s.Dependents[r.WaitsFor] = append(s.Dependents[r.WaitsFor], toDependent(r))
		}))
	}
	if len(n.Failed) > 0 {
		s.Failed = map[string][]project.Task{}
		b.Queue(dbsqlc.FailedDependencies, id, n.Failed).Query(each(func(r *dbsqlc.FailedDependenciesRow) {
			s.Failed[r.Waits] = append(s.Failed[r.Waits], project.Task{ID: r.TaskID, Title: r.Title, Status: project.TaskFailed})
		}))
	}
	if len(n.Reach) > 0 {
		s.Reach = map[string][]string{}
		b.Queue(dbsqlc.DependenciesReachedFrom, id, n.Reach).Query(each(func(r *dbsqlc.DependenciesReachedFromRow) {
			s.Reach[r.TaskID] = append(s.Reach[r.TaskID], r.DependsOn)
		}))
	}
}

func queueRecords(b *pgx.Batch, id uuid.UUID, n *project.Needs, s *project.State) {
	queueByID(b, dbsqlc.DecisionsByID, id, n.Decisions, func(r map[string]*project.Decision) { s.Decisions = r }, toDecision,
		func(d *project.Decision) string { return d.ID })
	queueByID(b, dbsqlc.MemoriesByID, id, n.Memories, func(r map[string]*project.Memory) { s.Memories = r }, toMemory,
		func(m *project.Memory) string { return m.ID })
	queueByID(b, dbsqlc.DocumentsByID, id, n.Documents, func(r map[string]*project.Document) { s.Documents = r }, toDocument,
		func(d *project.Document) string { return d.ID })
	queueByID(b, dbsqlc.QuestionsByID, id, n.Questions, func(r map[string]*project.Question) { s.Questions = r }, toQuestion,
		func(q *project.Question) string { return q.ID })
	queueByID(b, dbsqlc.RisksByID, id, n.Risks, func(r map[string]*project.Risk) { s.Risks = r }, toRisk,
		func(r *project.Risk) string { return r.ID })
	queueByID(b, dbsqlc.FeedbackByID, id, n.Feedback, func(r map[string]*project.Feedback) { s.Feedback = r }, toFeedback,
		func(f *project.Feedback) string { return f.ID })
	queueByID(b, dbsqlc.NotesByID, id, n.Notes, func(r map[string]*project.Note) { s.Notes = r }, toNote,
		func(n *project.Note) string { return n.ID })
	queueByID(b, dbsqlc.SyncConflictsByID, id, n.Conflicts, func(r map[string]*project.SyncConflict) { s.Conflicts = r }, toSyncConflict,
		func(c *project.SyncConflict) string { return c.ID })
	queueByID(b, dbsqlc.RunsByID, id, n.Runs, func(r map[string]*project.Run) { s.Runs = r }, toRun,
		func(r *project.Run) string { return r.ID })
	if t := n.Twins; t != nil {
		b.Queue(dbsqlc.TwinRuns, id, t.Task, t.Role, t.Prompt, t.Gate).Query(each(func(r *dbsqlc.AgentRun) { s.Twins = append(s.Twins, toRun(r)) }))
	}
	if n.Budgets {
		b.Queue(dbsqlc.ListBudgets, id).Query(each(func(r *dbsqlc.Budget) { s.Budgets = append(s.Budgets, toBudget(r)) }))
	}
	if n.Signers {
		b.Queue(dbsqlc.ListSigners, id).Query(each(func(r *dbsqlc.Signer) { s.Signers = append(s.Signers, toSigner(r)) }))
	}
	if n.Link != 0 {
		s.Links = map[int64]event.Hash{}
		b.Queue(dbsqlc.EventHash, id, n.Link).QueryRow(func(row pgx.Row) error { return scanLink(row, n.Link, s.Links) })
	}
	if n.After != 0 {
		b.Queue(dbsqlc.StreamEvents, id, n.After, int64(math.MaxInt64), int32(maxRows)).Query(laterRows(&s.Later))
	}
	if n.Trust {
		s.Trust = map[string]*project.Trust{}
		b.Queue(dbsqlc.ListTrust, id).Query(each(func(r *dbsqlc.Trust) { t := toTrust(r); s.Trust[t.Subject] = &t }))
	}
	if n.Constraints {
		s.Constraints = map[string]*project.Constraint{}
		b.Queue(dbsqlc.ListConstraints, id).Query(each(func(r *dbsqlc.Constraint) { c := toConstraint(r); s.Constraints[c.Key] = &c }))
	}
}

func laterRows(into *[]event.Envelope) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var bad error
		err := each(func(r *dbsqlc.ListEventsRow) {
			e, err := envelope(r)
			*into, bad = append(*into, e), errors.Join(bad, err)
		})(rows)
		return errors.Join(err, bad)
	}
}

// queueByID loads single records into a map by their ids.
func queueByID[Row, Record any](
	b *pgx.Batch, sql string, id uuid.UUID, ids []string, into func(map[string]*Record), convert func(*Row) Record, key func(*Record) string,
) {
	if len(ids) == 0 {
		return
	}
	m := map[string]*Record{}
	into(m)
	b.Queue(sql, id, ids).Query(each(func(r *Row) { record := convert(r); m[key(&record)] = &record }))
}
