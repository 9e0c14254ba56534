package mcp

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Queues are the queues in which runs of agents wait.
type Queues interface {
	// Stats says how the queues stand, over all projects of the database.
	Stats(ctx context.Context, queues []string) ([]QueueStats, error)
	// Jobs lists the jobs of a project in the order in which they come up.
	Jobs(ctx context.Context, p uuid.UUID, queue string, over bool) ([]QueueJob, error)
	// Pause stops the workers from beginning anything new, or lets them go on.
	Pause(ctx context.Context, queues []string, pause bool) error
}

// QueueStats is how a queue stands.
type QueueStats struct {
	Queue                                                   string
	Paused                                                  bool
	Workers, Waiting, Held, Running, Retrying, Done, Failed int
	OldestSeconds                                           float64
}

// QueueJob is a run as it waits.
type QueueJob struct {
	Run, Role, Task, Gate, Queue, State, Worker, LastError string
	Priority, Attempt                                      int
	Reasons, WaitsFor                                      []string
	CreatedAt                                              time.Time
	NextAt                                                 *time.Time
}

// queueTools see and steer the queues in which runs of agents wait.
func queueTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "get_queue_stats", Title: "See how the queues stand", Toolset: setQueue, Hints: readsOnly(),
			Description: "The queues critical, high, medium and low, over all projects: what waits, is held, at work or to be tried again, " +
				"what ended within the hour, how many workers, how long the oldest waits.",
			SearchHint: "backlog metrics throughput workers depth",
		}, nothing{}, getQueueStats),
		onProject(Tool{
			Name: "list_jobs", Title: "List what waits in the queues", Toolset: setQueue, Hints: readsOnly(),
			Description: "The project's runs in the order in which they come up: those at work first, then those that wait, " +
				"with why they are there and what they wait for.",
			SearchHint: "pending queued order backlog held",
		}, listJobsIn{Queue: "critical"}, listJobs),
		onProject(Tool{
			Name: "cancel_job", Title: "Take runs out of the queue", Toolset: setQueue, Hints: Hints{Destructive: true},
			Description: "Take runs out of the queue that wait, several at a time. One that is at work already is left alone and named; cancel_agent stops it.",
			SearchHint:  "remove dequeue drop waiting bulk",
		}, cancelJobIn{IDs: []string{"r-7k3f"}, Reason: "the plan has changed"}, cancelJob),
		onProject(Tool{
			Name: "retry_job", Title: "Have a run tried again", Toolset: setQueue, Hints: adds(),
			Description: "Queue a run anew that has ended: the same role, task and words. Answers the id of the new run. A task that failed with it is taken up again.",
			SearchHint:  "again rerun repeat failed restart",
		}, idIn{ID: "r-7k3f"}, retryJob),
		onProject(Tool{
			Name: "set_job_priority", Title: "Move a run that waits", Toolset: setQueue, Hints: sets(),
			Description: "Move a run that waits to another queue or place; auto has it worked out again. Only a person chooses; agents ask for it with ask_person.",
			SearchHint:  "urgent prioritize reorder bump",
		}, priorityIn{ID: "r-7k3f", Queue: "critical"}, setJobPriority),
		onProject(Tool{
			Name: "pause_queue", Title: "Begin nothing new in a queue", Toolset: setQueue, Hints: sets(),
			Description: "Begin nothing new in a queue, for all projects of the database. What is at work goes on. " +
				"Only a person can; agents ask for it with ask_person.",
			SearchHint: "stop halt hold suspend",
		}, queueIn{Queue: "low"}, pauseQueue),
		onProject(Tool{
			Name: "resume_queue", Title: "Let a paused queue go on", Toolset: setQueue, Hints: sets(),
			Description: "Let a paused queue go on. Only a person can; agents ask for it with ask_person.",
			SearchHint:  "unpause continue start",
		}, queueIn{Queue: "low"}, resumeQueue),
		onProject(Tool{
			Name: "get_available_workers", Title: "List the workers", Toolset: setQueue, Hints: readsOnly(),
			Description: "The processes that work the queues, and how many runs of each queue they do at a time. They register themselves: a person starts one with " +
				"layercake worker.",
			SearchHint: "capacity machines hosts processes idle",
		}, workersIn{All: true}, getWorkers),
	}
}

// queues returns the queues, or says that there are none here.
func (w *work) queues() (Queues, error) {
	if w.call.env.Queues == nil {
		return nil, fault.Failed("no_queues", "the queues are not to be reached from here").WithHint("run `layercake doctor`")
	}
	return w.call.env.Queues, nil
}

type queueRow struct {
	Queue         string  `json:"queue"`
	Paused        bool    `json:"paused,omitempty"`
	Workers       int     `json:"workers"`
	Waiting       int     `json:"waiting"`
	Held          int     `json:"held"`
	Running       int     `json:"running"`
	Retrying      int     `json:"retrying"`
	Done          int     `json:"done_last_hour"`
	Failed        int     `json:"failed_last_hour"`
	OldestSeconds float64 `json:"oldest_seconds"`
}

type queuesOut struct {
	Queues []queueRow `json:"queues"`
}

func getQueueStats(ctx context.Context, w *work, _ nothing) (*queuesOut, error) {
	return w.queueStats(ctx, words(project.Queues()))
}

func (w *work) queueStats(ctx context.Context, names []string) (*queuesOut, error) {
	q, err := w.queues()
	if err != nil {
		return nil, err
	}
	list, err := q.Stats(ctx, names)
	if err != nil {
		return nil, err
	}
	return &queuesOut{rows(list, func(s *QueueStats) queueRow {
		return queueRow{s.Queue, s.Paused, s.Workers, s.Waiting, s.Held, s.Running, s.Retrying, s.Done, s.Failed, s.OldestSeconds}
	})}, nil
}

type listJobsIn struct {
	Queue string `enum:"queue"                    json:"queue,omitempty"`
	All   bool   `doc:"Also those that are over." json:"all,omitempty"`
	paging
}

type jobRow struct {
	ID       string   `json:"id"`
	State    string   `json:"state"`
	Queue    string   `json:"queue"`
	Place    int      `json:"place"`
	Role     string   `json:"role"`
	Task     string   `json:"task,omitempty"`
	Gate     string   `json:"gate,omitempty"`
	Attempt  int      `json:"attempt,omitempty"`
	Reasons  []string `json:"reasons,omitempty"`
	WaitsFor []string `json:"waits_for,omitempty"`
	NextAt   string   `json:"next_at,omitempty"`
	Error    string   `json:"last_error,omitempty"`
	Queued   string   `json:"queued_at"`
}

func newJobRow(j *QueueJob) jobRow {
	row := jobRow{
		ID: project.RunID(j.Run), State: j.State, Queue: j.Queue, Place: j.Priority, Role: j.Role, Gate: j.Gate, Attempt: j.Attempt,
		Reasons: few(j.Reasons, waitsShown), WaitsFor: few(j.WaitsFor, waitsShown), NextAt: stampOf(j.NextAt), Error: line(j.LastError), Queued: stamp(j.CreatedAt),
	}
	if j.Task != "" {
		row.Task = project.TaskID(j.Task)
	}
	return row
}

type jobsOut struct {
	Jobs []jobRow `json:"jobs"`
	page
}

func listJobs(ctx context.Context, w *work, in listJobsIn) (*jobsOut, error) {
	q, err := w.queues()
	if err != nil {
		return nil, err
	}
	list, err := q.Jobs(ctx, w.at.Project, in.Queue, in.All)
	if err != nil {
		return nil, err
	}
	out := &jobsOut{}
	out.Jobs, out.page, err = paginate(list, in.paging, newJobRow)
	return out, err
}

type cancelJobIn struct {
	IDs    []string `json:"ids"                           max:"20"`
	Reason string   `doc:"Why, for those who come later." json:"reason" min:"1"`
}

type cancelJobOut struct {
	Cancelled []string `json:"cancelled"`
	// Left are those that were not waiting.
	Left []string `json:"left"`
}

func cancelJob(ctx context.Context, w *work, in cancelJobIn) (*cancelJobOut, error) {
	out := &cancelJobOut{Cancelled: []string{}, Left: []string{}}
	for _, id := range in.IDs {
		r, err := w.Agents.Get(ctx, w.at.Project, id)
		if err != nil {
			return nil, err
		}
		if r.Status != project.RunPending {
			out.Left = append(out.Left, project.RunID(r.ID)+" is "+string(r.Status))
			continue
		}
		if _, err := w.Agents.Cancel(ctx, w.by, w.at.Project, r.ID, in.Reason); err != nil {
			return nil, err
		}
		out.Cancelled = append(out.Cancelled, project.RunID(r.ID))
	}
	return out, nil
}

func retryJob(ctx context.Context, w *work, in idIn) (*runQueued, error) {
	r, err := w.Agents.Retry(ctx, w.by, w.at, in.ID)
	if err != nil {
		return nil, err
	}
	return newRunQueued(ctx, w, r)
}

type priorityIn struct {
	ID    string `json:"id"                        min:"1"`
	Queue string `enum:"queue"                     json:"queue,omitempty"`
	Place int    `doc:"From 1, which comes first." json:"place,omitempty" max:"4" min:"1"`
	Auto  bool   `json:"auto,omitempty"`
}

func setJobPriority(ctx context.Context, w *work, in priorityIn) (*runQueued, error) {
	if in.Auto == (in.Queue != "" || in.Place != 0) {
		return nil, fault.Usage("missing_place", "where it is to wait is not said, or said twice").WithHint("give queue, place or both; or auto alone")
	}
	r, err := w.Agents.Prioritize(ctx, w.by, w.at, in.ID, project.Queue(in.Queue), in.Place)
	if err != nil {
		return nil, err
	}
	return newRunQueued(ctx, w, r)
}

type queueIn struct {
	Queue string `doc:"All of them if left out." enum:"queue" json:"queue,omitempty"`
}

func pauseQueue(ctx context.Context, w *work, in queueIn) (*queuesOut, error) {
	return w.pause(ctx, in.Queue, true)
}

func resumeQueue(ctx context.Context, w *work, in queueIn) (*queuesOut, error) {
	return w.pause(ctx, in.Queue, false)
}

// pause steers queues that are shared by all projects of the database.
func (w *work) pause(ctx context.Context, queue string, pause bool) (*queuesOut, error) {
	if !w.by.Actor.IsPerson() {
		return nil, fault.NotAllowed("person_required", "only a person can pause a queue or let it go on; this is %s", w.by.Actor).
			WithHint("see how they stand: `layercake queue stats`")
	}
	q, err := w.queues()
	if err != nil {
		return nil, err
	}
	names := words(project.Queues())
	if queue != "" {
		names = []string{queue}
	}
	if err := q.Pause(ctx, names, pause); err != nil {
		return nil, err
	}
	return w.queueStats(ctx, names)
}

type workersIn struct {
	All bool `doc:"Also those that take nothing new, or were not heard of lately." json:"all,omitempty"`
}

type workerRow struct {
	ID      string         `json:"id"`
	Host    string         `json:"host"`
	State   string         `json:"state"`
	Queues  map[string]int `json:"queues"`
	Program string         `json:"program,omitempty"`
	Started string         `json:"started_at"`
	Seen    string         `json:"seen_at"`
}

func newWorkerRow(x *core.Worker) workerRow {
	row := workerRow{ID: x.ID, Host: x.Host, State: "available", Queues: x.Queues, Program: x.Program, Started: stamp(x.StartedAt), Seen: stamp(x.SeenAt)}
	if row.Queues == nil {
		row.Queues = map[string]int{}
	}
	switch {
	case !x.Alive:
		row.State = "gone"
	case x.Draining:
		row.State = "draining"
	}
	return row
}

type workersOut struct {
	Workers []workerRow `json:"workers"`
	Next    string      `json:"next,omitempty"`
	page
}

func getWorkers(ctx context.Context, w *work, in workersIn) (*workersOut, error) {
	list, err := w.Agents.Workers(ctx)
	if err != nil {
		return nil, err
	}
	out := &workersOut{}
	if alive(list) == 0 {
		out.Next = "no worker is there, so no run begins until a person starts one: layercake worker"
	}
	kept := list[:0]
	for i := range list {
		if in.All || newWorkerRow(&list[i]).State == "available" {
			kept = append(kept, list[i])
		}
	}
	out.Workers, out.page, err = paginate(kept, paging{}, newWorkerRow)
	return out, err
}
