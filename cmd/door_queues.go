package cmd

import (
	"context"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/jobs"
	"github.com/layercake-dev/layercake/mcp"
)

// doorQueues looks into the queues for tools, once the database is open.
type doorQueues struct{ f *Factory }

// Stats says how the queues stand.
func (q doorQueues) Stats(ctx context.Context, queues []string) ([]mcp.QueueStats, error) {
	list, err := jobs.Stats(ctx, q.f.database, queues)
	if err != nil {
		return nil, err
	}
	out := make([]mcp.QueueStats, len(list))
	for i := range list {
		s := &list[i]
		out[i] = mcp.QueueStats{
			Queue: s.Queue, Paused: s.Paused, Workers: s.Workers, Waiting: s.Waiting, Held: s.Held, Running: s.Running, Retrying: s.Retrying,
			Done: s.Done, Failed: s.Failed, OldestSeconds: s.OldestSeconds,
		}
	}
	return out, nil
}

// Jobs lists the jobs of a project.
func (q doorQueues) Jobs(ctx context.Context, p uuid.UUID, queue string, over bool) ([]mcp.QueueJob, error) {
	list, err := jobs.List(ctx, q.f.database, p, jobs.JobQuery{Queue: queue, All: over})
	if err != nil {
		return nil, err
	}
	out := make([]mcp.QueueJob, len(list))
	for i := range list {
		j := &list[i]
		out[i] = mcp.QueueJob{
			Run: j.Run, Role: j.Role, Task: j.Task, Gate: j.Gate, Queue: j.Queue, Priority: j.Priority, State: j.State, Attempt: j.Attempt,
			Reasons: j.Reasons, WaitsFor: j.WaitsFor, Worker: j.Worker, CreatedAt: j.CreatedAt, NextAt: j.NextAt, LastError: j.LastError,
		}
	}
	return out, nil
}

// Pause stops queues, or lets them go on.
func (q doorQueues) Pause(ctx context.Context, queues []string, pause bool) error {
	if pause {
		return (&jobs.Queue{}).Pause(ctx, q.f.database, queues)
	}
	return (&jobs.Queue{}).Resume(ctx, q.f.database, queues)
}
