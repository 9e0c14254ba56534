package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Read calls fn with one consistent view of a project. For an earlier moment
// the log is replayed into temporary tables, which the queries then find in the
// place of the real ones.
func (d *DB) Read(ctx context.Context, v core.View, fn func(ctx context.Context, r core.Reader) error) error {
	if v.At.IsNow() && v.Wants != nil {
		ctx, cancel := within(ctx, readLimit)
		defer cancel()
		r, err := d.fetch(ctx, v)
		if err != nil {
			return err
		}
		return fn(ctx, r)
	}
	if v.At.IsNow() {
		opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		return d.tx(ctx, readLimit, opts, func(ctx context.Context, tx pgx.Tx) error {
			return fn(ctx, &reader{q: dbsqlc.New(tx), id: v.Project})
		})
	}
	return d.tx(ctx, replayLimit, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(ctx context.Context, tx pgx.Tx) error {
		head, err := replayInto(ctx, tx, v)
		if err != nil {
			return err
		}
		return fn(ctx, &reader{q: dbsqlc.New(unplanned{tx}), id: v.Project, head: head})
	})
}

// Projects lists the projects.
func (d *DB) Projects(ctx context.Context, archived bool) ([]project.Project, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(d.pool).ListProjects(ctx, archived)
	if err != nil {
		return nil, translate(fmt.Errorf("list projects: %w", err))
	}
	return convert(rows, toProject), nil
}

// ProjectBySlug returns one project.
func (d *DB) ProjectBySlug(ctx context.Context, slug string) (*project.Project, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	row, err := dbsqlc.New(d.pool).GetProjectBySlug(ctx, slug)
	if errors.Is(err, pgx.ErrNoRows) {
		e := fault.NotFound("project_not_found", "there is no project %q", slug)
		all, err := d.Projects(ctx, true)
		if err != nil {
			return nil, err
		}
		slugs := make([]string, len(all))
		for i := range all {
			slugs[i] = all[i].Slug
		}
		return nil, e.WithNearest(slug, slugs, "layercake project list")
	}
	if err != nil {
		return nil, translate(fmt.Errorf("look up the project: %w", err))
	}
	p := toProject(&row)
	return &p, nil
}

// Head returns the end of a project's log.
func (d *DB) Head(ctx context.Context, id uuid.UUID) (core.Head, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	return readHead(ctx, dbsqlc.New(d.pool), id)
}

func readHead(ctx context.Context, q *dbsqlc.Queries, id uuid.UUID) (core.Head, error) {
	row, err := q.GetStream(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return core.Head{}, projectNotFound()
	}
	if err != nil {
		return core.Head{}, translate(fmt.Errorf("read the end of the log: %w", err))
	}
	h, err := event.HashFromBytes(row.Head)
	if err != nil {
		return core.Head{}, fmt.Errorf("read the end of the log: %w", err)
	}
	return core.Head{Version: row.Version, Hash: h, RecordedAt: row.RecordedAt.UTC()}, nil
}

func projectNotFound() error {
	return fault.NotFound("project_not_found", "the project is not in this database").WithHint("run `layercake project list`")
}

// convert maps rows to records; the result is never nil.
func convert[Row, Record any](rows []Row, f func(*Row) Record) []Record {
	out := make([]Record, len(rows))
	for i := range rows {
		out[i] = f(&rows[i])
	}
	return out
}

// reader implements core.Reader on one transaction.
type reader struct {
	q  *dbsqlc.Queries
	id uuid.UUID
	// head is the moment that is looked at, when it is not the present.
	head *core.Head
}

func list[Row, Record any](what string, rows []Row, err error, f func(*Row) Record) ([]Record, error) {
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	return convert(rows, f), nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (r *reader) Head(ctx context.Context) (core.Head, error) {
	if r.head != nil {
		return *r.head, nil
	}
	return readHead(ctx, r.q, r.id)
}

func (r *reader) Project(ctx context.Context) (*project.Project, error) {
	row, err := r.q.GetProject(ctx, r.id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, projectNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read the project: %w", err)
	}
	p := toProject(&row)
	return &p, nil
}

func (r *reader) Workflow(ctx context.Context) (*workflow.Workflow, error) {
	row, err := r.q.GetWorkflow(ctx, r.id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, projectNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read the workflow: %w", err)
	}
	return decodeWorkflow(&row)
}

func (r *reader) Gates(ctx context.Context) ([]project.Gate, error) {
	rows, err := r.q.ListGates(ctx, r.id)
	return list("gates", rows, err, toGate)
}

func (r *reader) Conditions(ctx context.Context) ([]project.Condition, error) {
	rows, err := r.q.ListConditions(ctx, r.id)
	return list("conditions", rows, err, toCondition)
}

func (r *reader) Proofs(ctx context.Context, gate, proofType string) ([]project.Proof, error) {
	rows, err := r.q.ListProofs(ctx, dbsqlc.ListProofsParams{ProjectID: r.id, Gate: optional(gate), Type: optional(proofType)})
	return list("proofs", rows, err, toProof)
}

func (r *reader) Deliverables(ctx context.Context) ([]project.Deliverable, error) {
	rows, err := r.q.ListDeliverables(ctx, r.id)
	return list("deliverables", rows, err, toDeliverable)
}

func (r *reader) Decisions(ctx context.Context, ids ...string) ([]project.Decision, error) {
	if len(ids) > 0 {
		rows, err := r.q.DecisionsByID(ctx, dbsqlc.DecisionsByIDParams{ProjectID: r.id, Ids: ids})
		return list("decisions", rows, err, toDecision)
	}
	rows, err := r.q.ListDecisions(ctx, r.id)
	return list("decisions", rows, err, toDecision)
}

func (r *reader) Memories(ctx context.Context, ids ...string) ([]project.Memory, error) {
	if len(ids) > 0 {
		rows, err := r.q.MemoriesByID(ctx, dbsqlc.MemoriesByIDParams{ProjectID: r.id, Ids: ids})
		return list("memories", rows, err, toMemory)
	}
	rows, err := r.q.ListMemories(ctx, r.id)
	return list("memories", rows, err, toMemory)
}

func (r *reader) Notes(ctx context.Context, kind, subject string, limit int) ([]project.Note, error) {
	rows, err := r.q.ListNotes(ctx, dbsqlc.ListNotesParams{
		ProjectID: r.id, Kind: optional(kind), Subject: optional(subject), Most: bound(limit),
	})
	return list("notes", rows, err, toNote)
}

func (r *reader) NoteByID(ctx context.Context, id string) (*project.Note, error) {
	row, err := r.q.GetNote(ctx, dbsqlc.GetNoteParams{ProjectID: r.id, NoteID: id})
	if err != nil {
		return nil, single("note", id, err)
	}
	n := toNote(&row)
	return &n, nil
}

func (r *reader) ProofByID(ctx context.Context, id string) (*project.Proof, error) {
	row, err := r.q.GetProof(ctx, dbsqlc.GetProofParams{ProjectID: r.id, ProofID: id})
	if err != nil {
		return nil, single("proof", id, err)
	}
	p := toProof(&row)
	return &p, nil
}

// single says what it means that one record could not be read.
func single(kind, id string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFound(kind+"_not_found", "there is no %s %s", kind, id).WithHint("run `layercake %s list`", kind)
	}
	return fmt.Errorf("read the %s: %w", kind, err)
}

func (r *reader) Documents(ctx context.Context, ids ...string) ([]project.Document, error) {
	if len(ids) > 0 {
		rows, err := r.q.DocumentsByID(ctx, dbsqlc.DocumentsByIDParams{ProjectID: r.id, Ids: ids})
		return list("documents", rows, err, toDocument)
	}
	rows, err := r.q.ListDocuments(ctx, r.id)
	return list("documents", rows, err, toDocument)
}

func (r *reader) Questions(ctx context.Context, ids ...string) ([]project.Question, error) {
	if len(ids) > 0 {
		rows, err := r.q.QuestionsByID(ctx, dbsqlc.QuestionsByIDParams{ProjectID: r.id, Ids: ids})
		return list("questions", rows, err, toQuestion)
	}
	rows, err := r.q.ListQuestions(ctx, r.id)
	return list("questions", rows, err, toQuestion)
}

func (r *reader) Risks(ctx context.Context, ids ...string) ([]project.Risk, error) {
	if len(ids) > 0 {
		rows, err := r.q.RisksByID(ctx, dbsqlc.RisksByIDParams{ProjectID: r.id, Ids: ids})
		return list("risks", rows, err, toRisk)
	}
	rows, err := r.q.ListRisks(ctx, r.id)
	return list("risks", rows, err, toRisk)
}

func (r *reader) Blockers(ctx context.Context, ids ...string) ([]project.Blocker, error) {
	if len(ids) > 0 {
		rows, err := r.q.BlockersByID(ctx, dbsqlc.BlockersByIDParams{ProjectID: r.id, Ids: ids})
		return list("blockers", rows, err, toBlocker)
	}
	rows, err := r.q.ListBlockers(ctx, r.id)
	return list("blockers", rows, err, toBlocker)
}

func (r *reader) Feedback(ctx context.Context, ids ...string) ([]project.Feedback, error) {
	if len(ids) > 0 {
		rows, err := r.q.FeedbackByID(ctx, dbsqlc.FeedbackByIDParams{ProjectID: r.id, Ids: ids})
		return list("change requests", rows, err, toFeedback)
	}
	rows, err := r.q.ListFeedback(ctx, r.id)
	return list("change requests", rows, err, toFeedback)
}

func (r *reader) Constraints(ctx context.Context) ([]project.Constraint, error) {
	rows, err := r.q.ListConstraints(ctx, r.id)
	return list("constraints", rows, err, toConstraint)
}

func (r *reader) Signers(ctx context.Context) ([]project.Signer, error) {
	rows, err := r.q.ListSigners(ctx, r.id)
	return list("signers", rows, err, toSigner)
}

func (r *reader) Trust(ctx context.Context) ([]project.Trust, error) {
	rows, err := r.q.ListTrust(ctx, r.id)
	return list("trusted files", rows, err, toTrust)
}

// maxRows stands for "no limit".
const maxRows = 1<<31 - 1

func bound(limit int) int32 {
	if limit <= 0 || limit > maxRows {
		return maxRows
	}
	return int32(limit)
}

// at returns the time for queries about leases.
func at(now time.Time) time.Time { return event.Truncate(now) }
