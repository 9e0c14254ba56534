package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
)

// Queue puts jobs in, moves them and ends them, each time in a transaction of
// somebody else's. It implements db.Jobs. The zero value is ready.
type Queue struct {
	once   sync.Once
	client *river.Client[pgx.Tx]
	err    error
}

var _ db.Jobs = (*Queue)(nil)

// river returns the client, which is made when it is first needed: most commands
// never do.
func (q *Queue) river() (*river.Client[pgx.Tx], error) {
	q.once.Do(func() {
		q.client, q.err = river.NewClient(riverpgxv5.New(nil), &river.Config{
			Schema: db.RiverSchema, FetchCooldown: fetchCooldown, Logger: quiet(),
		})
	})
	if q.err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", q.err)
	}
	return q.client, nil
}

// Insert adds the job of a run.
func (q *Queue) Insert(ctx context.Context, tx pgx.Tx, j db.RunJob) (int64, error) {
	client, err := q.river()
	if err != nil {
		return 0, err
	}
	added, err := client.InsertTx(ctx, tx, RunArgs{Project: j.Project, Run: j.Run}, &river.InsertOpts{
		Queue: j.Queue, Priority: j.Priority, MaxAttempts: project.MaxAttempts, Pending: j.Held,
	})
	if err != nil {
		return 0, fmt.Errorf("queue the run: %w", err)
	}
	return added.Job.ID, nil
}

// Free lets jobs go that were held, and wakes the workers of their queues.
func (q *Queue) Free(ctx context.Context, tx pgx.Tx, jobs []int64) error {
	client, err := q.river()
	if err != nil {
		return err
	}
	queues := map[string]bool{}
	for _, id := range jobs {
		row, err := client.JobRetryTx(ctx, tx, id)
		if errors.Is(err, rivertype.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("let job %d go: %w", id, err)
		}
		queues[row.Queue] = true
	}
	return wake(ctx, tx, queues)
}

// wake tells the workers of some queues to look.
func wake(ctx context.Context, tx pgx.Tx, queues map[string]bool) error {
	for queue := range queues {
		_, err := tx.Exec(ctx, `SELECT pg_notify($1, json_build_object('queue', $2::text)::text)`, db.RiverSchema+".river_insert", queue)
		if err != nil {
			return fmt.Errorf("wake the workers of queue %s: %w", queue, err)
		}
	}
	return nil
}

// Move puts a job that waits into another place.
func (*Queue) Move(ctx context.Context, tx pgx.Tx, job int64, queue string, priority int) error {
	moved, err := tx.Exec(ctx, `UPDATE `+db.RiverSchema+`.river_job SET queue = $2, priority = $3
		WHERE id = $1 AND state IN ('available', 'pending', 'retryable', 'scheduled')`, job, queue, priority)
	if err != nil {
		return fmt.Errorf("move job %d: %w", job, err)
	}
	if moved.RowsAffected() == 0 {
		return nil
	}
	return wake(ctx, tx, map[string]bool{queue: true})
}

// Cancel stops a job.
func (q *Queue) Cancel(ctx context.Context, tx pgx.Tx, job int64) error {
	if mine := jobOf(ctx); mine != nil && mine.ID == job {
		return q.Finish(ctx, tx, job)
	}
	client, err := q.river()
	if err != nil {
		return err
	}
	if _, err := client.JobCancelTx(ctx, tx, job); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
		return fmt.Errorf("cancel job %d: %w", job, err)
	}
	return nil
}

// errNotMine says that a job is worked by somebody else.
var errNotMine = errors.New("the job is worked by somebody else")

// Finish ends a job. The worker whose context this is completes it, if it is still
// at the same attempt; one that waits is cancelled.
func (q *Queue) Finish(ctx context.Context, tx pgx.Tx, job int64) error {
	var state string
	var attempt int
	err := tx.QueryRow(ctx, `SELECT state::text, attempt FROM `+db.RiverSchema+`.river_job WHERE id = $1 FOR UPDATE`, job).Scan(&state, &attempt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at job %d: %w", job, err)
	}
	mine := jobOf(ctx)
	switch {
	case state != string(rivertype.JobStateRunning):
		client, err := q.river()
		if err != nil {
			return err
		}
		if _, err := client.JobCancelTx(ctx, tx, job); err != nil {
			return fmt.Errorf("end job %d: %w", job, err)
		}
		return nil
	case mine == nil || mine.ID != job || mine.Attempt != attempt:
		return fmt.Errorf("job %d: %w", job, errNotMine)
	}
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, mine); err != nil {
		return fmt.Errorf("complete job %d: %w", job, err)
	}
	return nil
}

// retryPolicy waits 2 s before the second attempt, 4 s before the third and so on,
// and up to a quarter more, so that what failed together does not come back
// together.
type retryPolicy struct{}

const (
	firstRetry = 2 * time.Second
	mostRetry  = 5 * time.Minute
)

// NextRetry returns when a job is tried again.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	const doublings, share = 16, 4
	n := min(max(len(job.Errors), 0), doublings)
	wait := min(firstRetry<<n, mostRetry)
	return time.Now().Add(wait + jitter(wait/share))
}
