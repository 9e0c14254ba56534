package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// SpawnCheck says whether it makes sense to have an agent work for a gate now.
type SpawnCheck struct {
	// Problems are why it would be refused, Waits what it would have to wait for, and
	// Notes what is unusual about it.
	Problems, Waits, Notes []string
	Urgency                *project.Urgency
}

// CheckSpawn says what would come of [Agents.Run], without doing it.
func (s *Agents) CheckSpawn(ctx context.Context, by Caller, at Place, in NewRun) (*SpawnCheck, error) {
	c := &SpawnCheck{}
	var err error
	if c.Urgency, err = s.Explain(ctx, by, at, in); err != nil {
		var coded *fault.Error
		if !errors.As(err, &coded) || coded.Kind == fault.KindUnreachable || coded.Kind == fault.KindFailed {
			return nil, err
		}
		c.Problems = append(c.Problems, coded.Error())
		return c, nil
	}
	r, err := s.a.role(ctx, at, in.Role)
	if err != nil {
		return nil, err
	}
	v := View{Project: at.Project}
	if in.Task != "" {
		t, err := s.a.Tasks.Get(ctx, v, in.Task)
		if err != nil {
			return nil, err
		}
		c.Waits = append(c.Waits, t.Waits...)
		if t.Status == project.TaskBlocked {
			c.Waits = append(c.Waits, "it is blocked: "+t.BlockedReason)
		}
		if t.ClaimedNow(s.a.now()) {
			c.Waits = append(c.Waits, "it is claimed by "+t.ClaimedBy)
		}
	}
	if in.Gate == "" {
		return c, nil
	}
	gates, err := s.a.Gates.List(ctx, v)
	if err != nil {
		return nil, err
	}
	c.gate(gates, in.Gate, r.Gates, r.ID)
	return c, nil
}

// gate looks at the gate that the work is for.
func (c *SpawnCheck) gate(gates []project.Gate, name string, roleGates []string, roleID string) {
	i := slices.IndexFunc(gates, func(g project.Gate) bool { return strings.EqualFold(g.ID, name) })
	if i < 0 {
		return // Explain has refused it
	}
	g := &gates[i]
	if g.Status.Passed() {
		c.Notes = append(c.Notes, fmt.Sprintf("gate %s is %s already", g.ID, g.Status))
	}
	for j := range gates[:i] {
		if !gates[j].Status.Passed() {
			c.Notes = append(c.Notes, fmt.Sprintf("gate %s comes first and is %s", gates[j].ID, gates[j].Status))
			break
		}
	}
	if !slices.ContainsFunc(roleGates, func(own string) bool { return strings.EqualFold(own, g.ID) }) {
		c.Notes = append(c.Notes, fmt.Sprintf("%s is not among the gates of %s", g.ID, roleID))
	}
}

// Conflicts says what speaks against work on some tasks at the same time. Ids may be
// prefixes.
func (s *Agents) Conflicts(ctx context.Context, p uuid.UUID, typed []string) ([]project.ParallelConflict, error) {
	v := View{Project: p}
	list, err := s.a.Tasks.List(ctx, v, TaskQuery{})
	if err != nil {
		return nil, err
	}
	all := make(map[string]*project.Task, len(list))
	for i := range list {
		all[list[i].ID] = &list[i]
	}
	var tasks []*project.Task
	for _, t := range typed {
		id, err := s.a.find(ctx, p, KindTask, t)
		if err != nil {
			return nil, err
		}
		if task := all[id]; task != nil && !slices.Contains(tasks, task) {
			tasks = append(tasks, task)
		}
	}
	runs, err := s.List(ctx, v, RunQuery{Statuses: []project.RunStatus{project.RunPending, project.RunRunning}})
	if err != nil {
		return nil, err
	}
	return project.ParallelConflicts(tasks, all, runs), nil
}

// Estimate is what runs of a role took so far in a project.
type Estimate struct {
	// Runs is how many ended well; the rest is zero when there is none.
	Runs int
	// InputTokens, OutputTokens, CostMicros and DurationMS are the median, and MostMicros
	// is the dearest. Input counts what came from the provider's cache.
	InputTokens, OutputTokens, CostMicros, MostMicros, DurationMS int64
	// CostUnknown says that the price of a model was not known.
	CostUnknown bool
}

// estimateFrom bounds how many runs an estimate is made from.
const estimateFrom = 50

// Estimate says what runs of a role took, the newest that ended well.
func (s *Agents) Estimate(ctx context.Context, at Place, roleID string) (*Estimate, error) {
	r, err := s.a.role(ctx, at, roleID)
	if err != nil {
		return nil, err
	}
	runs, err := s.List(ctx, View{Project: at.Project}, RunQuery{
		Statuses: []project.RunStatus{project.RunCompleted}, Role: r.ID, Limit: estimateFrom,
	})
	if err != nil || len(runs) == 0 {
		return &Estimate{}, err
	}
	median := func(of func(*project.Run) int64) int64 {
		values := make([]int64, len(runs))
		for i := range runs {
			values[i] = of(&runs[i])
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	e := &Estimate{
		Runs:         len(runs),
		InputTokens:  median(func(r *project.Run) int64 { return r.InputTokens + r.CachedTokens + r.CacheWriteTokens }),
		OutputTokens: median(func(r *project.Run) int64 { return r.OutputTokens }),
		CostMicros:   median(func(r *project.Run) int64 { return r.CostMicros }),
		DurationMS:   median(func(r *project.Run) int64 { return r.DurationMS }),
	}
	for i := range runs {
		e.MostMicros, e.CostUnknown = max(e.MostMicros, runs[i].CostMicros), e.CostUnknown || runs[i].CostUnknown
	}
	return e, nil
}

// Answer returns what a run answered at its end, at most so many bytes of it, and
// whether that is all.
func (s *Agents) Answer(ctx context.Context, run *project.Run, most int64) (text string, whole bool, err error) {
	if run.Output == "" {
		return run.Summary, true, nil
	}
	r, err := s.a.artifacts.Open(ctx, run.Output)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = r.Close() }() // read only
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return "", false, fmt.Errorf("read what the run answered: %w", err)
	}
	if int64(len(content)) > most {
		return strings.ToValidUTF8(string(content[:most]), ""), false, nil
	}
	return string(content), true, nil
}
