package db

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

func (r *reader) Tasks(ctx context.Context, q core.TaskQuery) ([]project.Task, error) {
	tasks, err := r.listTasks(ctx, listParams(r.id, &q), q.Lines)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	states, err := r.dependencyStates(ctx, tasks, q.Limit > 0)
	if err != nil {
		return nil, fmt.Errorf("list what tasks wait for: %w", err)
	}
	addWaits(tasks, states)
	return tasks, nil
}

func listParams(id uuid.UUID, q *core.TaskQuery) dbsqlc.ListTasksParams {
	var statuses []string
	for _, s := range q.Statuses {
		statuses = append(statuses, string(s))
	}
	return dbsqlc.ListTasksParams{
		ProjectID: id, Statuses: statuses, Phase: optional(string(q.Phase)), Priority: optional(string(q.Priority)),
		Owner: optional(q.Owner), Gate: optional(q.Gate), Parent: optional(q.Parent), Text: optional(q.Text),
		Most: bound(q.Limit), Skip: int32(max(q.Offset, 0)), //nolint:gosec // a page's offset
	}
}

func (r *reader) listTasks(ctx context.Context, params dbsqlc.ListTasksParams, lines bool) ([]project.Task, error) {
	if lines {
		rows, err := r.q.ListTaskLines(ctx, dbsqlc.ListTaskLinesParams(params))
		return convert(rows, toTaskLine), err
	}
	rows, err := r.q.ListTasks(ctx, params)
	return convert(rows, toTask), err
}

// addWaits says what tasks depend on, and which of that is not done. What gates
// they wait for is for core to add, which has the gates.
func addWaits(tasks []project.Task, states []dbsqlc.DependencyStatesRow) {
	of := make(map[string][]dbsqlc.DependencyStatesRow)
	for i := range states {
		of[states[i].TaskID] = append(of[states[i].TaskID], states[i])
	}
	for i := range tasks {
		t := &tasks[i]
		t.DependsOn = []string{}
		if len(of[t.ID]) == 0 {
			continue
		}
		status := make(map[string]project.TaskStatus)
		for _, s := range of[t.ID] {
			t.DependsOn = append(t.DependsOn, s.DependsOn)
			status[s.DependsOn] = project.TaskStatus(s.Status)
		}
		t.Waits = project.Waits(t, status, nil)
	}
}

// dependencyStates reads what tasks depend on: of those tasks if they are a few,
// or else of all in the project. Joined to the tasks it would make Postgres
// compare each with each in a database that has no statistics yet.
func (r *reader) dependencyStates(ctx context.Context, tasks []project.Task, few bool) ([]dbsqlc.DependencyStatesRow, error) {
	if !few {
		return r.q.DependencyStates(ctx, r.id)
	}
	ids := make([]string, len(tasks))
	for i := range tasks {
		ids[i] = tasks[i].ID
	}
	rows, err := r.q.DependencyStatesOf(ctx, dbsqlc.DependencyStatesOfParams{ProjectID: r.id, Ids: ids})
	return convert(rows, func(row *dbsqlc.DependencyStatesOfRow) dbsqlc.DependencyStatesRow {
		return dbsqlc.DependencyStatesRow(*row)
	}), err
}

func (r *reader) TasksByID(ctx context.Context, ids []string) ([]project.Task, error) {
	rows, err := r.q.TasksByID(ctx, dbsqlc.TasksByIDParams{ProjectID: r.id, Ids: ids})
	return list("tasks", rows, err, toTaskAndWaits)
}

func (r *reader) ReadyTasks(ctx context.Context, now time.Time, limit int) ([]project.Task, error) {
	t := at(now)
	rows, err := r.q.ReadyTasks(ctx, dbsqlc.ReadyTasksParams{ProjectID: r.id, Now: &t, Most: bound(limit)})
	return list("ready tasks", rows, err, func(row *dbsqlc.ReadyTasksRow) project.Task {
		return toTaskAndWaits((*dbsqlc.TasksByIDRow)(row))
	})
}

func (r *reader) OpenTasks(ctx context.Context) ([]project.Task, error) {
	rows, err := r.q.OpenTasks(ctx, r.id)
	return list("open tasks", rows, err, toOpenTask)
}

func (r *reader) CountTasks(ctx context.Context) (map[project.TaskStatus]int, error) {
	rows, err := r.q.CountTasks(ctx, r.id)
	if err != nil {
		return nil, fmt.Errorf("count tasks: %w", err)
	}
	counts := make(map[project.TaskStatus]int, len(rows))
	for _, row := range rows {
		counts[project.TaskStatus(row.Status)] = int(row.Tasks)
	}
	return counts, nil
}

func (r *reader) Neighbours(ctx context.Context, ids []string) (map[string][2]string, error) {
	rows, err := r.q.TaskNeighbours(ctx, dbsqlc.TaskNeighboursParams{ProjectID: r.id, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("look up neighbouring ids: %w", err)
	}
	m := make(map[string][2]string, len(rows))
	for _, row := range rows {
		m[row.TaskID] = [2]string{row.Before, row.After}
	}
	return m, nil
}

// toTaskAndWaits converts a task and says which of its dependencies are not
// done. What gates it waits for is for core to add, which has the gates.
func toTaskAndWaits(row *dbsqlc.TasksByIDRow) project.Task {
	t := toTaskWithDeps(row)
	t.ShortID = project.PrefixTask + project.ShortID(t.ID, row.IDBefore, row.IDAfter)
	statuses := make(map[string]project.TaskStatus, len(row.DependsOn))
	for i, id := range row.DependsOn {
		statuses[id] = project.TaskStatus(row.DependencyStatuses[i])
	}
	t.Waits = project.Waits(&t, statuses, nil)
	return t
}

func (r *reader) IDs(ctx context.Context, kind core.Kind, prefix string, limit int) ([]string, error) {
	if strings.Trim(prefix, project.IDAlphabet) != "" {
		return nil, nil
	}
	var ids []string
	var err error
	most := bound(limit)
	switch kind {
	case core.KindTask:
		ids, err = r.q.TaskIDsByPrefix(ctx, dbsqlc.TaskIDsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindDecision:
		ids, err = r.q.DecisionsByPrefix(ctx, dbsqlc.DecisionsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindMemory:
		ids, err = r.q.MemoriesByPrefix(ctx, dbsqlc.MemoriesByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindNote:
		ids, err = r.q.NotesByPrefix(ctx, dbsqlc.NotesByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindProof:
		ids, err = r.q.ProofsByPrefix(ctx, dbsqlc.ProofsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindCondition:
		ids, err = r.q.ConditionsByPrefix(ctx, dbsqlc.ConditionsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindQuestion:
		ids, err = r.q.QuestionsByPrefix(ctx, dbsqlc.QuestionsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindRisk:
		ids, err = r.q.RisksByPrefix(ctx, dbsqlc.RisksByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindBlocker:
		ids, err = r.q.BlockersByPrefix(ctx, dbsqlc.BlockersByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindConflict:
		ids, err = r.q.SyncConflictsByPrefix(ctx, dbsqlc.SyncConflictsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindRun:
		ids, err = r.q.RunsByPrefix(ctx, dbsqlc.RunsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindHandoff:
		ids, err = r.q.HandoffsByPrefix(ctx, dbsqlc.HandoffsByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	case core.KindFeedback:
		ids, err = r.q.FeedbackByPrefix(ctx, dbsqlc.FeedbackByPrefixParams{ProjectID: r.id, Prefix: prefix, Most: most})
	}
	if err != nil {
		return nil, fmt.Errorf("look up the %s: %w", kind, err)
	}
	return ids, nil
}
