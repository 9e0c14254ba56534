package core

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Agents hands work to agents, and keeps track of it.
type Agents struct{ a *App }

// NewRun is what an agent is asked to do. Ids may be prefixes.
type NewRun struct {
	// Role is the agent's role.
	Role string
	// Task and Gate are what it works on and for; Prompt is what else there is to say.
	// One of them is required.
	Task, Gate, Prompt string
	// Queue is a person's choice; empty works it out.
	Queue project.Queue
	// Provider and Model are left to the settings when they are empty.
	Provider, Model string
	// MaxCostMicros is the most that it may cost, in millionths of a US dollar; 0 is
	// no limit of its own.
	MaxCostMicros int64
}

// Run queues a run. root is the project's folder, whose roles count; it may be
// empty.
func (s *Agents) Run(ctx context.Context, by Caller, at Place, in NewRun) (*project.Run, error) {
	cmd, err := s.command(ctx, at, in)
	if err != nil {
		return nil, err
	}
	return s.queue(ctx, by, at.Project, cmd)
}

func (s *Agents) command(ctx context.Context, at Place, in NewRun) (*project.QueueRun, error) {
	r, err := s.a.role(ctx, at, in.Role)
	if err != nil {
		return nil, err
	}
	if in.Task != "" {
		if in.Task, err = s.a.find(ctx, at.Project, KindTask, in.Task); err != nil {
			return nil, err
		}
	}
	return &project.QueueRun{
		Role: r.ID, RoleQueue: project.Queue(r.Queue), Task: in.Task, Gate: in.Gate, Prompt: in.Prompt, Queue: in.Queue,
		Provider: in.Provider, Model: in.Model, MaxCostMicros: in.MaxCostMicros,
	}, nil
}

func (s *Agents) queue(ctx context.Context, by Caller, p uuid.UUID, cmd *project.QueueRun) (*project.Run, error) {
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command {
		c := *cmd
		c.ID = id
		return &c
	})
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, p, id)
}

// Explain says where a run would be queued, and why, without queueing it.
func (s *Agents) Explain(ctx context.Context, by Caller, at Place, in NewRun) (*project.Urgency, error) {
	cmd, err := s.command(ctx, at, in)
	if err != nil {
		return nil, err
	}
	cmd.ID = "00000000"
	state, head, err := s.a.store.State(ctx, at.Project, cmd.Needs())
	if err != nil {
		return nil, err
	}
	payloads, err := cmd.Decide(state, project.Meta{Actor: by.Actor, Now: s.a.now(), Version: head.Version, Head: head.Hash})
	if err != nil {
		return nil, err
	}
	q, ok := payloads[len(payloads)-1].(*event.AgentQueuedPayload)
	if !ok {
		return nil, errors.New("the run was not queued")
	}
	return &project.Urgency{Queue: project.Queue(q.Queue), Priority: q.Priority, Reasons: q.Reasons}, nil
}

// Get returns a run.
func (s *Agents) Get(ctx context.Context, p uuid.UUID, typed string) (*project.Run, error) {
	id, err := s.a.find(ctx, p, KindRun, typed)
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, p, id)
}

func (s *Agents) byID(ctx context.Context, p uuid.UUID, id string) (*project.Run, error) {
	list, err := read(ctx, s.a, View{Project: p}, func(ctx context.Context, r Reader) ([]project.Run, error) {
		return r.RunsByID(ctx, []string{id})
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFound("run_not_found", "there is no run %s", project.RunID(id)).WithHint("run `layercake agent runs`")
	}
	return &list[0], nil
}

// GetAt is [Agents.Get] at a moment.
func (s *Agents) GetAt(ctx context.Context, v View, typed string) (*project.Run, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*project.Run, error) {
		id, err := resolve(ctx, r, KindRun, typed)
		if err != nil {
			return nil, err
		}
		list, err := r.RunsByID(ctx, []string{id})
		if err != nil {
			return nil, err
		}
		return pick(list, id, func(r *project.Run) string { return r.ID })
	})
}

// List lists runs, newest first. The task of the query may be a prefix.
func (s *Agents) List(ctx context.Context, v View, q RunQuery) ([]project.Run, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Run, error) {
		if q.Task != "" {
			var err error
			if q.Task, err = resolve(ctx, r, KindTask, q.Task); err != nil {
				return nil, err
			}
		}
		return r.Runs(ctx, q)
	})
}

// Count counts the runs by their states.
func (s *Agents) Count(ctx context.Context, v View) (map[project.RunStatus]int, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (map[project.RunStatus]int, error) { return r.CountRuns(ctx) })
}

// Cancel stops a run, whether it waits or is at work.
func (s *Agents) Cancel(ctx context.Context, by Caller, p uuid.UUID, typed, reason string) (*project.Run, error) {
	run, err := s.Get(ctx, p, typed)
	if err != nil {
		return nil, err
	}
	used, err := s.a.store.Runs().Totals(ctx, p, run.ID)
	if err != nil {
		return nil, err
	}
	used.Provider, used.Model = run.Provider, run.Model
	if run.StartedAt != nil {
		used.DurationMS = s.a.now().Sub(*run.StartedAt).Milliseconds()
	}
	if _, err := s.a.write(ctx, by, p, &project.CancelRun{ID: run.ID, Task: run.Task, Reason: reason, Usage: used}); err != nil {
		return nil, err
	}
	return s.byID(ctx, p, run.ID)
}

// Retry queues a run anew that has ended: the same work by the same role.
func (s *Agents) Retry(ctx context.Context, by Caller, at Place, typed string) (*project.Run, error) {
	run, err := s.Get(ctx, at.Project, typed)
	if err != nil {
		return nil, err
	}
	cmd, err := s.command(ctx, at, NewRun{
		Role: run.Role, Task: run.Task, Gate: run.Gate, Prompt: run.Prompt, Provider: run.AskedProvider, Model: run.AskedModel,
		MaxCostMicros: run.MaxCostMicros,
	})
	if err != nil {
		return nil, err
	}
	cmd.RetryOf = run.ID
	return s.queue(ctx, by, at.Project, cmd)
}

// Prioritize moves a run that waits. An empty queue and no priority have it worked
// out anew.
func (s *Agents) Prioritize(ctx context.Context, by Caller, at Place, typed string, queue project.Queue, priority int) (*project.Run, error) {
	run, err := s.Get(ctx, at.Project, typed)
	if err != nil {
		return nil, err
	}
	r, err := s.a.role(ctx, at, run.Role)
	if err != nil {
		return nil, err
	}
	cmd := &project.PrioritizeRun{ID: run.ID, Queue: queue, Priority: priority, RoleQueue: project.Queue(r.Queue), Task: run.Task}
	if _, err := s.a.write(ctx, by, at.Project, cmd); err != nil {
		return nil, err
	}
	return s.byID(ctx, at.Project, run.ID)
}

// Promote raises a run that has waited for long, or holds up more than it did when
// it was queued. What a person chose stays.
func (s *Agents) Promote(ctx context.Context, p uuid.UUID, run, task string) error {
	by := Caller{Actor: project.Actor{Kind: project.ActorSystem, Name: "worker"}}
	_, err := s.a.write(ctx, by, p, &project.PrioritizeRun{ID: run, Task: task})
	return err
}

// Output lists what a run said after a piece; 0 begins at the first.
func (s *Agents) Output(ctx context.Context, p uuid.UUID, run string, after int64, limit int) ([]OutputPiece, error) {
	return s.a.store.Runs().Output(ctx, p, run, after, limit)
}

// outputPage is how many pieces are read at a time by those who follow.
const outputPage = 500

// Follow hands out what a run says, from the first piece or from one on, until the
// run is over. It returns the run as it ended.
func (s *Agents) Follow(ctx context.Context, p uuid.UUID, run string, after int64, fn func(OutputPiece) error) (*project.Run, error) {
	var ended *project.Run
	errOver := errors.New("over")
	err := s.a.store.Runs().FollowOutput(ctx, p, run, func(ctx context.Context) error {
		// The state first: what it says before its end is then all there.
		r, err := s.byID(ctx, p, run)
		if err != nil {
			return err
		}
		for {
			pieces, err := s.Output(ctx, p, run, after, outputPage)
			if err != nil {
				return err
			}
			for i := range pieces {
				after = pieces[i].ID
				if err := fn(pieces[i]); err != nil {
					return err
				}
			}
			if len(pieces) < outputPage {
				break
			}
		}
		if !r.Status.Open() {
			ended = r
			return errOver
		}
		return nil
	})
	if errors.Is(err, errOver) {
		return ended, nil
	}
	return nil, err
}

// Workers lists the processes that work the queues.
func (s *Agents) Workers(ctx context.Context) ([]Worker, error) { return s.a.store.Runs().Workers(ctx) }

// Handoffs lists what roles handed over, oldest first.
func (s *Agents) Handoffs(ctx context.Context, v View) ([]project.Handoff, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Handoff, error) { return r.Handoffs(ctx) })
}

// HandOff records that one role hands its work to another.
func (s *Agents) HandOff(ctx context.Context, by Caller, at Place, in project.RecordHandoff) (*project.Handoff, error) {
	for _, id := range []*string{&in.From, &in.To} {
		r, err := s.a.role(ctx, at, *id)
		if err != nil {
			return nil, err
		}
		*id = r.ID
	}
	if in.Task != "" {
		var err error
		if in.Task, err = s.a.find(ctx, at.Project, KindTask, in.Task); err != nil {
			return nil, err
		}
	}
	id, err := s.a.writeNew(ctx, by, at.Project, func(id string) project.Command {
		c := in
		c.ID = id
		return &c
	})
	if err != nil {
		return nil, err
	}
	list, err := s.Handoffs(ctx, View{Project: at.Project})
	if err != nil {
		return nil, err
	}
	return pick(list, id, func(h *project.Handoff) string { return h.ID })
}

// Costs keeps track of what agents spend, and limits it.
type Costs struct{ a *App }

// SetBudget sets a limit, or lifts it. The subject may be a prefix of an id.
func (s *Costs) SetBudget(ctx context.Context, by Caller, p uuid.UUID, in project.SetBudget) ([]BudgetState, error) {
	kinds := map[string]Kind{project.ScopeTask: KindTask, project.ScopeRun: KindRun}
	if kind, ok := kinds[in.Scope]; ok && in.Subject != "" {
		var err error
		if in.Subject, err = s.a.find(ctx, p, kind, in.Subject); err != nil {
			return nil, err
		}
	}
	if _, err := s.a.write(ctx, by, p, &in); err != nil {
		return nil, err
	}
	return s.Budgets(ctx, p)
}

// Budgets lists the limits, with what is spent of them.
func (s *Costs) Budgets(ctx context.Context, p uuid.UUID) ([]BudgetState, error) {
	return s.a.store.Runs().BudgetStates(ctx, p, s.a.now())
}

// SpendingBy returns by what spending can be added up.
func SpendingBy() []string {
	return []string{"agent", "gate", "task", "run", "model", "provider", "day"}
}

// Spending adds up what was spent, by one of [SpendingBy]. Zero times leave a side
// open.
func (s *Costs) Spending(ctx context.Context, p uuid.UUID, by string, since, until time.Time) ([]Spending, error) {
	return s.a.store.Runs().Spending(ctx, p, by, since, until)
}
