package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

const (
	// leaseRenewal is how often a worker says that it is there, and reapEvery how
	// often it looks for others that are not.
	leaseRenewal = 500 * time.Millisecond
	reapEvery    = 250 * time.Millisecond
)

var (
	// errLost is the cause with which work ends when the lease has run out: others
	// have begun it anew.
	errLost = errors.New("the worker was taken for dead, and its work was given to others")
	// errStopped is the cause with which work ends that somebody stopped.
	errStopped = errors.New("the run was stopped")
)

// lease is the row that says that a worker is there, and what it is at.
type lease struct {
	d       *db.DB
	id      string
	program string
	queues  map[string]int

	mu       sync.Mutex
	draining bool
	seen     time.Time
	running  map[runKey]context.CancelCauseFunc
}

// runKey names an attempt at a run.
type runKey struct {
	project uuid.UUID
	run     string
}

// begin makes the row.
func (l *lease) begin(ctx context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("ask for the machine's name: %w", err)
	}
	queues, err := json.Marshal(l.queues)
	if err != nil {
		return fmt.Errorf("encode the queues: %w", err)
	}
	err = dbsqlc.New(l.d.Pool()).PutWorker(ctx, dbsqlc.PutWorkerParams{
		WorkerID: l.id, Host: host, Pid: int64(os.Getpid()), Program: l.program, Queues: queues,
	})
	if err != nil {
		return fmt.Errorf("take up work: %w", err)
	}
	l.mu.Lock()
	l.seen = time.Now()
	l.mu.Unlock()
	return nil
}

// keep renews the row until the context ends, and looks for workers that died.
func (l *lease) keep(ctx context.Context) {
	renew, reap := time.NewTicker(leaseRenewal), time.NewTicker(reapEvery+jitter(reapEvery/5)) //nolint:mnd // so that workers do not all look at once
	defer renew.Stop()
	defer reap.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			l.renew(ctx)
		case <-reap.C:
			_ = Reap(ctx, l.d) // tried again in a moment
		}
	}
}

// renew says that the worker is there. Where that cannot be said for too long, or
// others have taken it for dead, it stops what it is at: they have begun it anew.
func (l *lease) renew(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, db.WorkerSilence)
	defer cancel()
	l.mu.Lock()
	draining := l.draining
	l.mu.Unlock()
	asked := time.Now()
	rows, err := dbsqlc.New(l.d.Pool()).SeeWorker(ctx, dbsqlc.SeeWorkerParams{WorkerID: l.id, Draining: draining})
	switch {
	case err == nil && rows > 0:
		l.mu.Lock()
		l.seen = asked
		l.mu.Unlock()
		l.stopEnded(ctx)
		return
	case err == nil:
		l.drop(errLost)
		_ = l.begin(ctx) // tried again in a moment
		return
	}
	l.mu.Lock()
	silent := time.Since(l.seen)
	l.mu.Unlock()
	if silent > db.WorkerSilence {
		l.drop(errLost)
	}
}

// stopEnded stops what was cancelled, or begun anew by others, also where no notice
// of that comes.
func (l *lease) stopEnded(ctx context.Context) {
	l.mu.Lock()
	projects, runs := make([]uuid.UUID, 0, len(l.running)), make([]string, 0, len(l.running))
	for k := range l.running {
		projects, runs = append(projects, k.project), append(runs, k.run)
	}
	l.mu.Unlock()
	if len(runs) == 0 {
		return
	}
	ended, err := dbsqlc.New(l.d.Pool()).EndedRuns(ctx, dbsqlc.EndedRunsParams{Projects: projects, Runs: runs})
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range ended {
		if stop, ok := l.running[runKey{ended[i].ProjectID, ended[i].RunID}]; ok {
			stop(errStopped)
		}
	}
}

// drop stops everything that the worker is at.
func (l *lease) drop(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, stop := range l.running {
		stop(cause)
	}
}

// drain says that nothing new is taken up.
func (l *lease) drain() {
	l.mu.Lock()
	l.draining = true
	l.mu.Unlock()
}

// work returns a context for work on a run that ends when that is stopped, and a
// function to call when it is done.
func (l *lease) work(ctx context.Context, k runKey) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	l.mu.Lock()
	l.running[k] = stop
	l.mu.Unlock()
	return ctx, func() {
		l.mu.Lock()
		delete(l.running, k)
		l.mu.Unlock()
		stop(nil)
	}
}

// end removes the row. What the worker was still at is then taken up by others at
// once.
func (l *lease) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.WorkerSilence)
	defer cancel()
	_ = dbsqlc.New(l.d.Pool()).ForgetWorker(ctx, l.id) // it is found to be silent otherwise
}

// Reap gives the jobs of workers that died to others, and wakes them. It returns
// an error of the database; whoever calls it calls it again.
func Reap(ctx context.Context, d *db.DB) error {
	ctx, cancel := context.WithTimeout(ctx, db.WorkerSilence)
	defer cancel()
	return pgx.BeginFunc(ctx, d.Pool(), func(tx pgx.Tx) error { //nolint:wrapcheck // says what failed
		// A job that was begun a moment ago is left alone: its worker may be about to
		// say that it is there.
		rows, err := tx.Query(ctx, `UPDATE `+db.RiverSchema+`.river_job j
			SET state = 'available', scheduled_at = now(), errors = array_append(coalesce(j.errors, '{}'),
			    jsonb_build_object('at', now(), 'attempt', j.attempt, 'error', 'the worker died', 'trace', ''))
			WHERE j.id IN (
			    SELECT r.id FROM `+db.RiverSchema+`.river_job r
			    LEFT JOIN workers w ON w.worker_id = r.attempted_by[array_upper(r.attempted_by, 1)]
			        AND w.seen_at >= now() - make_interval(secs => $1)
			    WHERE r.state = 'running' AND w.worker_id IS NULL AND r.attempted_at < now() - make_interval(secs => $1)
			    FOR UPDATE OF r SKIP LOCKED)
			RETURNING j.queue`, db.WorkerSilence.Seconds())
		if err != nil {
			return fmt.Errorf("look for workers that died: %w", err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("give the work of those that died to others: %w", err)
		}
		queues := map[string]bool{}
		for _, name := range names {
			queues[name] = true
		}
		return wake(ctx, tx, queues)
	})
}
