package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/db"
)

// Runner does the work of a run. core.Agents implements it.
type Runner interface {
	// Work makes an attempt at a run, and records what came of it; the context
	// carries the job, so that the record ends it. It returns nil when the run is
	// over, or not the worker's any more. Errors are [core.ErrHeld] for a run that has to
	// wait, [core.ErrElsewhere] for one that this machine cannot do, and anything else for
	// an attempt that failed and was recorded as one to be tried again.
	Work(ctx context.Context, p uuid.UUID, run, worker string) error
}

// Config says how a worker works.
type Config struct {
	DB *db.DB
	// Runner does the work of runs.
	Runner Runner
	// Chores does what comes up again and again. Defaults to nothing.
	Chores func(ctx context.Context, c Chore) error
	// Queues says how many jobs of each queue it does at a time; one that is not
	// named is left to others. Defaults to [DefaultWorkers].
	Queues map[string]int
	// PollOnly is for databases where no notices come, such as those behind
	// PgBouncer in transaction mode.
	PollOnly bool
	// Program is the version that it runs, and Logger is told what goes wrong.
	Program string
	Logger  *slog.Logger
}

// Worker works the queues.
type Worker struct {
	client *river.Client[pgx.Tx]
	lease  *lease
	stop   context.CancelFunc
	beside sync.WaitGroup
}

const (
	// longest bounds any job; roles have limits of their own, which are shorter.
	longest = 24 * time.Hour
	// promoteEvery, retainEvery and indexEvery are how often chores come up.
	promoteEvery = time.Minute
	retainEvery  = time.Hour
	indexEvery   = 5 * time.Minute
)

// Start begins to work the queues. Nothing outlives [Worker.Stop].
func Start(ctx context.Context, c Config) (*Worker, error) {
	if c.Queues == nil {
		c.Queues = DefaultWorkers()
	}
	if c.Logger == nil {
		c.Logger = quiet()
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	w := &Worker{lease: &lease{d: c.DB, id: id.String(), program: c.Program, queues: c.Queues, running: map[runKey]context.CancelCauseFunc{}}}
	if w.client, err = newClient(&c, w.lease); err != nil {
		return nil, err
	}
	if err := w.lease.begin(ctx); err != nil {
		return nil, err
	}
	// The work is not to end with the context in which it was begun: it is drained.
	ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	w.beside.Go(func() { w.lease.keep(ctx) })
	if err := w.client.Start(ctx); err != nil {
		w.stop()
		w.beside.Wait()
		w.lease.end(ctx)
		return nil, fmt.Errorf("work the queues: %w", err)
	}
	return w, nil
}

func newClient(c *Config, l *lease) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &runWorker{runner: c.Runner, lease: l, d: c.DB}); err != nil {
		return nil, fmt.Errorf("prepare the worker: %w", err)
	}
	if err := river.AddWorkerSafely(workers, &choreWorker{do: c.Chores}); err != nil {
		return nil, fmt.Errorf("prepare the worker: %w", err)
	}
	queues := map[string]river.QueueConfig{}
	for name, n := range c.Queues {
		if n > 0 {
			queues[name] = river.QueueConfig{MaxWorkers: n}
		}
	}
	cfg := &river.Config{
		ID: l.id, Schema: db.RiverSchema, Queues: queues, Workers: workers, Logger: c.Logger, RetryPolicy: retryPolicy{},
		FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll, PollOnly: c.PollOnly, JobTimeout: longest,
		RescueStuckJobsAfter: longest + time.Hour, PeriodicJobs: periodic(),
	}
	if c.PollOnly {
		cfg.FetchPollInterval = fetchPollOnly
	}
	client, err := river.NewClient(riverpgxv5.New(c.DB.Pool()), cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare the worker: %w", err)
	}
	return client, nil
}

func periodic() []*river.PeriodicJob {
	every := func(d time.Duration, chore Chore) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d), func() (river.JobArgs, *river.InsertOpts) {
			return ChoreArgs{Chore: chore}, nil
		}, &river.PeriodicJobOpts{RunOnStart: true})
	}
	return []*river.PeriodicJob{every(promoteEvery, ChorePromote), every(retainEvery, ChoreRetain), every(indexEvery, ChoreIndex)}
}

// ID names the worker.
func (w *Worker) ID() string { return w.lease.id }

// Stop takes nothing new, waits for what it is at as long as the context lasts, and
// then stops that, too: others begin it anew.
func (w *Worker) Stop(ctx context.Context) error {
	w.lease.drain()
	err := w.client.Stop(ctx)
	if err != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		err = w.client.StopAndCancel(hard)
	}
	w.stop()
	w.beside.Wait()
	w.lease.end(ctx)
	if err != nil {
		return fmt.Errorf("stop the worker: %w", err)
	}
	return nil
}

// stopLimit is how long work may take to end once it was stopped.
const stopLimit = 10 * time.Second

// runWorker works the jobs of runs.
type runWorker struct {
	river.WorkerDefaults[RunArgs]

	runner Runner
	lease  *lease
	d      *db.DB
}

// Timeout bounds the job; the role's own limit is shorter.
func (*runWorker) Timeout(*river.Job[RunArgs]) time.Duration { return longest }

const (
	// heldPause is how long a run waits that somebody else is in the way of, and
	// elsewherePause for how long a machine that cannot do it leaves it to others.
	heldPause      = 5 * time.Second
	elsewherePause = 2 * time.Second
)

// Work makes an attempt at the run.
func (w *runWorker) Work(ctx context.Context, job *river.Job[RunArgs]) error {
	ctx, done := w.lease.work(withJob(ctx, job), runKey{job.Args.Project, job.Args.Run})
	defer done()
	err := w.runner.Work(ctx, job.Args.Project, job.Args.Run, w.lease.id)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, core.ErrHeld):
		held, err := w.d.Runs().Hold(ctx, job.Args.Project, job.Args.Run)
		if err != nil || held {
			return err
		}
		return river.JobSnooze(heldPause + jitter(heldPause)) //nolint:wrapcheck // a word for River
	case errors.Is(err, core.ErrElsewhere):
		return river.JobSnooze(elsewherePause + jitter(elsewherePause)) //nolint:wrapcheck // a word for River
	case errors.Is(context.Cause(ctx), errStopped):
		return nil // the record of that ended the job
	}
	return err
}

// choreWorker works chores.
type choreWorker struct {
	river.WorkerDefaults[ChoreArgs]

	do func(ctx context.Context, c Chore) error
}

// choreLimit bounds a chore.
const choreLimit = 10 * time.Minute

// Timeout bounds the chore.
func (*choreWorker) Timeout(*river.Job[ChoreArgs]) time.Duration { return choreLimit }

// Work does the chore.
func (w *choreWorker) Work(ctx context.Context, job *river.Job[ChoreArgs]) error {
	if w.do == nil {
		return nil
	}
	return w.do(ctx, job.Args.Chore)
}
