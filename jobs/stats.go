package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db"
)

// QueueStats is how a queue stands, over all projects of the database.
type QueueStats struct {
	Queue string `json:"queue"`
	// Paused says that nothing new is begun.
	Paused bool `json:"paused"`
	// Workers is how many jobs can be done at a time, by all workers together.
	Workers int `json:"workers"`
	// Waiting jobs could be begun, held ones wait for a task or a gate, and retrying
	// ones for some time to pass.
	Waiting  int `json:"waiting"`
	Held     int `json:"held"`
	Running  int `json:"running"`
	Retrying int `json:"retrying"`
	// Done and Failed count those that ended within the last hour.
	Done   int `json:"done"`
	Failed int `json:"failed"`
	// OldestSeconds is how long the one has waited that has waited longest.
	OldestSeconds float64 `json:"oldest_seconds"`
}

// Stats says how the queues stand.
func Stats(ctx context.Context, d *db.DB, queues []string) ([]QueueStats, error) {
	rows, err := d.Pool().Query(ctx, `SELECT q.name,
		    coalesce((SELECT paused_at IS NOT NULL FROM `+db.RiverSchema+`.river_queue r WHERE r.name = q.name), false),
		    coalesce((SELECT sum((w.queues ->> q.name)::int) FROM workers w WHERE w.seen_at >= now() - make_interval(secs => $2) AND NOT w.draining), 0)::int,
		    count(*) FILTER (WHERE j.state = 'available')::int, count(*) FILTER (WHERE j.state = 'pending')::int,
		    count(*) FILTER (WHERE j.state = 'running')::int, count(*) FILTER (WHERE j.state IN ('retryable', 'scheduled'))::int,
		    count(*) FILTER (WHERE j.state = 'completed' AND j.finalized_at > now() - interval '1 hour')::int,
		    count(*) FILTER (WHERE j.state IN ('discarded', 'cancelled') AND j.finalized_at > now() - interval '1 hour')::int,
		    coalesce(extract(epoch FROM now() - min(j.scheduled_at) FILTER (WHERE j.state = 'available')), 0)::float8
		FROM unnest($1::text[]) WITH ORDINALITY AS q (name, n)
		LEFT JOIN `+db.RiverSchema+`.river_job j ON j.queue = q.name AND j.kind = '`+KindRun+`'
		GROUP BY q.name, q.n ORDER BY q.n`, queues, db.WorkerSilence.Seconds())
	if err != nil {
		return nil, fmt.Errorf("look at the queues: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (QueueStats, error) {
		var s QueueStats
		err := row.Scan(&s.Queue, &s.Paused, &s.Workers, &s.Waiting, &s.Held, &s.Running, &s.Retrying, &s.Done, &s.Failed, &s.OldestSeconds)
		return s, err //nolint:wrapcheck // the caller says what was read
	})
	if err != nil {
		return nil, fmt.Errorf("look at the queues: %w", err)
	}
	return list, nil
}

// Job is a run as it waits, with what the queue knows of it.
type Job struct {
	Run      string `json:"run"`
	Role     string `json:"role"`
	Task     string `json:"task"`
	Gate     string `json:"gate"`
	Queue    string `json:"queue"`
	Priority int    `json:"priority"`
	// State is "waiting", "held", "running", "retrying", "done", "failed" or "cancelled".
	State   string   `json:"state"`
	Attempt int      `json:"attempt"`
	Reasons []string `json:"reasons"`
	// WaitsFor is what a held run waits for, where that is known.
	WaitsFor  []string  `json:"waits_for"`
	Worker    string    `json:"worker"`
	CreatedAt time.Time `json:"created_at"`
	// NextAt is when a run is tried again, or zero.
	NextAt *time.Time `json:"next_at"`
	// LastError is what the last attempt failed of.
	LastError string `json:"last_error"`
}

// JobQuery selects jobs. Zero values select everything that is not over.
type JobQuery struct {
	Queue string
	// All also selects those that are over.
	All   bool
	Limit int
}

// List lists the jobs of a project in the order in which they come up.
func List(ctx context.Context, d *db.DB, p uuid.UUID, q JobQuery) ([]Job, error) {
	const most = 1000
	if q.Limit <= 0 || q.Limit > most {
		q.Limit = most
	}
	rows, err := d.Pool().Query(ctx, `SELECT r.run_id, r.role, r.task_id, r.gate_id, r.queue, r.priority::int,
		    CASE coalesce(j.state::text, '') WHEN 'available' THEN 'waiting' WHEN 'pending' THEN 'held' WHEN 'running' THEN 'running'
		        WHEN 'retryable' THEN 'retrying' WHEN 'scheduled' THEN 'retrying' ELSE
		        CASE r.status WHEN 'completed' THEN 'done' WHEN 'pending' THEN 'waiting' ELSE r.status END END,
		    r.attempt::int, r.reasons,
		    coalesce((SELECT array_agg('t-' || x.depends_on ORDER BY x.depends_on) FROM task_dependencies x
		        LEFT JOIN tasks y ON y.project_id = x.project_id AND y.task_id = x.depends_on
		        WHERE x.project_id = r.project_id AND x.task_id = r.task_id AND coalesce(y.status, '') NOT IN ('complete', 'cancelled', 'skipped')), '{}') ||
		    coalesce((SELECT array_agg('gate ' || t.gate_id) FROM tasks t JOIN gates g ON g.project_id = t.project_id AND g.gate_id = t.gate_id
		        WHERE t.project_id = r.project_id AND t.task_id = r.task_id AND g.status NOT IN ('approved', 'skipped', 'not_applicable')), '{}'),
		    r.worker, r.created_at, CASE WHEN j.state IN ('retryable', 'scheduled') THEN j.scheduled_at END, r.reason
		FROM agent_runs r
		LEFT JOIN run_jobs k ON k.project_id = r.project_id AND k.run_id = r.run_id
		LEFT JOIN `+db.RiverSchema+`.river_job j ON j.id = k.job_id
		WHERE r.project_id = $1 AND ($2 = '' OR r.queue = $2) AND ($3 OR r.status IN ('pending', 'running'))
		ORDER BY r.status <> 'running', array_position(ARRAY['critical', 'high', 'medium', 'low'], r.queue), r.priority, r.created_at, r.run_id
		LIMIT $4`, p, q.Queue, q.All, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list the jobs: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Job, error) {
		var j Job
		err := row.Scan(&j.Run, &j.Role, &j.Task, &j.Gate, &j.Queue, &j.Priority, &j.State, &j.Attempt, &j.Reasons, &j.WaitsFor,
			&j.Worker, &j.CreatedAt, &j.NextAt, &j.LastError)
		j.CreatedAt = j.CreatedAt.UTC()
		return j, err //nolint:wrapcheck // the caller says what was read
	})
	if err != nil {
		return nil, fmt.Errorf("list the jobs: %w", err)
	}
	if list == nil {
		list = []Job{}
	}
	return list, nil
}

// Pause stops the workers from beginning anything new in some queues; Resume lets
// them go on. What is under way goes on.
func (q *Queue) Pause(ctx context.Context, d *db.DB, queues []string) error {
	return q.control(ctx, d, queues, true)
}

// Resume is the opposite of [Queue.Pause].
func (q *Queue) Resume(ctx context.Context, d *db.DB, queues []string) error {
	return q.control(ctx, d, queues, false)
}

func (q *Queue) control(ctx context.Context, d *db.DB, queues []string, pause bool) error {
	client, err := q.river()
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, d.Pool(), func(tx pgx.Tx) error {
		for _, name := range queues {
			// A queue that no worker has ever worked is not known yet.
			_, err := tx.Exec(ctx, `INSERT INTO `+db.RiverSchema+`.river_queue (name, created_at, updated_at) VALUES ($1, now(), now())
				ON CONFLICT (name) DO NOTHING`, name)
			if err != nil {
				return fmt.Errorf("make queue %s known: %w", name, err)
			}
			if pause {
				err = client.QueuePauseTx(ctx, tx, name, nil)
			} else {
				err = client.QueueResumeTx(ctx, tx, name, nil)
			}
			if err != nil && !errors.Is(err, rivertype.ErrNotFound) {
				return fmt.Errorf("queue %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fault.Failed("queue_control", "the queues cannot be changed: %v", err).WithHint("run `layercake db status`").Wrap(err)
	}
	return nil
}
