package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// runs implements core.RunStore.
type runs struct{ d *DB }

var _ core.RunStore = runs{}

// Runs returns what is kept of the work on runs beside the log.
func (d *DB) Runs() core.RunStore { return runs{d} }

// WorkerSilence is after how long a worker that is not heard of is taken for dead.
const WorkerSilence = 2 * time.Second

// q runs queries on the pool.
func (s runs) q() *dbsqlc.Queries { return dbsqlc.New(s.d.pool) }

// Workers lists the processes that work the queues.
func (s runs) Workers(ctx context.Context) ([]core.Worker, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := s.q().ListWorkers(ctx, WorkerSilence.Seconds())
	if err != nil {
		return nil, translate(fmt.Errorf("list the workers: %w", err))
	}
	workers := make([]core.Worker, len(rows))
	for i := range rows {
		r := &rows[i]
		workers[i] = core.Worker{
			ID: r.WorkerID, Host: r.Host, PID: int(r.Pid), Program: r.Program, Alive: r.Alive, Draining: r.Draining,
			StartedAt: r.StartedAt.UTC(), SeenAt: r.SeenAt.UTC(),
		}
		if err := json.Unmarshal(r.Queues, &workers[i].Queues); err != nil {
			return nil, fmt.Errorf("read the queues of worker %s: %w", r.WorkerID, err)
		}
	}
	return workers, nil
}

// PutTurn keeps a turn that is complete.
func (s runs) PutTurn(ctx context.Context, r core.RunRef, turn int, content []byte) error {
	ctx, cancel := within(ctx, writeLimit)
	defer cancel()
	err := s.q().PutTurn(ctx, dbsqlc.PutTurnParams{
		ProjectID: r.Project, RunID: r.Run, Turn: int64(turn), Attempt: int64(r.Attempt), Content: content,
	})
	if err != nil {
		return translate(fmt.Errorf("keep turn %d: %w", turn, err))
	}
	return nil
}

// Turns lists the turns that are complete, in order.
func (s runs) Turns(ctx context.Context, p uuid.UUID, run string) ([]core.KeptTurn, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := s.q().ListTurns(ctx, dbsqlc.ListTurnsParams{ProjectID: p, RunID: run})
	if err != nil {
		return nil, translate(fmt.Errorf("list the turns: %w", err))
	}
	turns := make([]core.KeptTurn, len(rows))
	for i := range rows {
		turns[i] = core.KeptTurn{Turn: int(rows[i].Turn), Attempt: int(rows[i].Attempt), Content: rows[i].Content}
	}
	return turns, nil
}

// OutputChannel is where notices of new output are sent: "project:run".
const OutputChannel = "layercake_output"

// AddOutput keeps what a run says, and tells those who follow it.
func (s runs) AddOutput(ctx context.Context, r core.RunRef, pieces []core.OutputPiece) error {
	if len(pieces) == 0 {
		return nil
	}
	ctx, cancel := within(ctx, writeLimit)
	defer cancel()
	p := dbsqlc.AddOutputParams{ProjectID: r.Project, RunID: r.Run, Attempt: int64(r.Attempt)}
	for i := range pieces {
		p.Kinds = append(p.Kinds, pieces[i].Kind)
		p.Bodies = append(p.Bodies, plain(pieces[i].Text))
		p.Ats = append(p.Ats, pieces[i].At)
	}
	if err := s.q().AddOutput(ctx, p); err != nil {
		return translate(fmt.Errorf("keep what the run says: %w", err))
	}
	// After the end of the transaction; see notices.
	if _, err := s.d.pool.Exec(ctx, "SELECT pg_notify($1, $2)", OutputChannel, r.Project.String()+":"+r.Run); err != nil {
		return translate(fmt.Errorf("tell what the run says: %w", err))
	}
	return nil
}

// Output lists what a run said after a piece.
func (s runs) Output(ctx context.Context, p uuid.UUID, run string, after int64, limit int) ([]core.OutputPiece, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := s.q().ListOutput(ctx, dbsqlc.ListOutputParams{ProjectID: p, RunID: run, After: after, Most: bound(limit)})
	if err != nil {
		return nil, translate(fmt.Errorf("read what the run said: %w", err))
	}
	pieces := make([]core.OutputPiece, len(rows))
	for i := range rows {
		r := &rows[i]
		pieces[i] = core.OutputPiece{ID: r.Piece, Attempt: int(r.Attempt), Kind: r.Kind, Text: r.Body, At: r.At.UTC()}
	}
	return pieces, nil
}

// Totals is what a run took so far.
func (s runs) Totals(ctx context.Context, p uuid.UUID, run string) (event.Usage, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	r, err := s.q().RunTotals(ctx, dbsqlc.RunTotalsParams{ProjectID: p, RunID: run})
	if err != nil {
		return event.Usage{}, translate(fmt.Errorf("add up what the run took: %w", err))
	}
	return event.Usage{
		InputTokens: r.InputTokens, OutputTokens: r.OutputTokens, CachedTokens: r.CachedTokens, CacheWriteTokens: r.CacheWriteTokens,
		CostMicros: r.CostMicros, CostUnknown: r.CostUnknown,
	}, nil
}

// Spending adds up what calls took.
func (s runs) Spending(ctx context.Context, p uuid.UUID, by string, since, until time.Time) ([]core.Spending, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := s.q().SpendBy(ctx, dbsqlc.SpendByParams{ProjectID: p, By: by, Since: optionalTime(since), Until: optionalTime(until)})
	if err != nil {
		return nil, translate(fmt.Errorf("add up what was spent: %w", err))
	}
	list := make([]core.Spending, len(rows))
	for i := range rows {
		r := &rows[i]
		list[i] = core.Spending{
			Subject: r.Subject, Calls: r.Calls, Runs: r.Runs, InputTokens: r.InputTokens, OutputTokens: r.OutputTokens,
			CachedTokens: r.CachedTokens, CacheWriteTokens: r.CacheWriteTokens, CostMicros: r.CostMicros, CostUnknown: r.CostUnknown,
		}
	}
	return list, nil
}

// Hold puts a run back whose turn has come too early. It looks again under the
// project's lock, so that what frees the run meanwhile is not missed.
func (s runs) Hold(ctx context.Context, p uuid.UUID, run string) (bool, error) {
	held := false
	err := s.d.tx(ctx, writeLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		var l locked
		if err := l.scanStream(tx.QueryRow(ctx, dbsqlc.LockStream, p)); err != nil {
			return err
		}
		q := dbsqlc.New(tx)
		runnable, err := q.RunnableRuns(ctx, dbsqlc.RunnableRunsParams{ProjectID: p, Ids: []string{run}})
		if err != nil {
			return fmt.Errorf("see whether the run has to wait: %w", err)
		}
		if held = len(runnable) == 0; !held {
			return nil
		}
		if err := q.HoldRun(ctx, dbsqlc.HoldRunParams{ProjectID: p, RunID: run, Held: true}); err != nil {
			return fmt.Errorf("hold the run: %w", err)
		}
		// The worker that began it does not count as an attempt.
		_, err = tx.Exec(ctx, `UPDATE `+RiverSchema+`.river_job j SET state = 'pending', attempt = greatest(j.attempt - 1, 0)
			FROM run_jobs r WHERE r.project_id = $1 AND r.run_id = $2 AND j.id = r.job_id AND j.state = 'running'`, p, run)
		if err != nil {
			return fmt.Errorf("put the job back: %w", err)
		}
		return nil
	})
	return held, err
}

// FollowOutput calls fn whenever a run may have said more.
func (s runs) FollowOutput(ctx context.Context, p uuid.UUID, run string, fn func(ctx context.Context) error) error {
	return s.d.watch(ctx, OutputChannel, p.String()+":"+run, fn, func(error) {})
}
