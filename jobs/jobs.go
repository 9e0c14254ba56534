// Package jobs works what agents are asked to do. Runs wait as jobs of River in
// four queues, each with workers of its own, so that what is urgent never waits
// behind what is not. A job is inserted, freed and ended in the transaction of the
// events that say so: nothing is lost, and nothing is done twice.
//
// River does not notice that a worker died before half a minute has passed, and
// does not tell one attempt from the next. So each worker keeps a lease, a row that
// it renews, whoever finds one that has run out gives its jobs to others, and the
// attempt that a run is at is checked before anything of it is recorded.
package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/layercake-dev/layercake/core/project"
)

// RunArgs is the job of a run.
type RunArgs struct {
	Project uuid.UUID `json:"project"`
	Run     string    `json:"run"`
}

// KindRun is the kind of the jobs of runs.
const KindRun = "agent_run"

// Kind returns [KindRun].
func (RunArgs) Kind() string { return KindRun }

// Chore is one of the things that come up again and again.
type Chore string

// The chores.
const (
	// ChorePromote moves up what has waited for long, or has become more urgent.
	ChorePromote Chore = "promote"
	// ChoreRetain removes what nobody looks at any more.
	ChoreRetain Chore = "retain"
	// ChoreIndex brings the code search of this machine's folders up to date.
	ChoreIndex Chore = "index"
)

// ChoreArgs is the job of a chore.
type ChoreArgs struct {
	Chore Chore `json:"chore" river:"unique"`
}

// KindChore is the kind of the jobs of chores.
const KindChore = "chore"

// Kind returns [KindChore].
func (ChoreArgs) Kind() string { return KindChore }

// InsertOpts puts what people wait for among what is critical, behind the runs, and
// the rest where it is in nobody's way. A chore that waits or is at work is not
// inserted again.
func (a ChoreArgs) InsertOpts() river.InsertOpts {
	const last = 4
	opts := river.InsertOpts{Queue: string(project.QueueLow), Priority: last, MaxAttempts: 1}
	if a.Chore == ChorePromote {
		opts.Queue = string(project.QueueCritical)
	}
	opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}
	return opts
}

// DefaultWorkers is how many jobs of each queue a worker does at a time.
//
//nolint:mnd // they say what they are
func DefaultWorkers() map[string]int {
	return map[string]int{
		string(project.QueueCritical): 5,
		string(project.QueueHigh):     3,
		string(project.QueueMedium):   2,
		string(project.QueueLow):      1,
	}
}

const (
	// fetchCooldown is the least time between two fetches of a queue. River's own,
	// 100 ms, holds back notices so long that a job may wait for a second:
	// docs/decisions/0010.
	fetchCooldown = time.Millisecond
	// fetchPoll is how often a queue is looked at when no notice comes, and pollOnly
	// how often where none can come.
	fetchPoll     = 500 * time.Millisecond
	fetchPollOnly = 50 * time.Millisecond
)

// jobKey is the key of the job in the context of its worker.
type jobKey struct{}

// withJob returns a context that carries the job that is worked.
func withJob(ctx context.Context, job *river.Job[RunArgs]) context.Context {
	return context.WithValue(ctx, jobKey{}, job)
}

// jobOf returns the job that is worked, or nil.
func jobOf(ctx context.Context) *river.Job[RunArgs] {
	job, _ := ctx.Value(jobKey{}).(*river.Job[RunArgs])
	return job
}
