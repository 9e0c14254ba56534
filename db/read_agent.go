package db

import (
	"context"
	"fmt"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

func (r *reader) Runs(ctx context.Context, q core.RunQuery) ([]project.Run, error) {
	var statuses []string
	for _, s := range q.Statuses {
		statuses = append(statuses, string(s))
	}
	rows, err := r.q.ListRuns(ctx, dbsqlc.ListRunsParams{
		ProjectID: r.id, Statuses: statuses, Role: optional(q.Role), Task: optional(q.Task), Gate: optional(q.Gate),
		Most: bound(q.Limit), Skip: int32(max(q.Offset, 0)), //nolint:gosec // an offset of a list that people page through
	})
	return list("runs", rows, err, toRun)
}

func (r *reader) RunsByID(ctx context.Context, ids []string) ([]project.Run, error) {
	rows, err := r.q.RunsByID(ctx, dbsqlc.RunsByIDParams{ProjectID: r.id, Ids: ids})
	return list("runs", rows, err, toRun)
}

func (r *reader) CountRuns(ctx context.Context) (map[project.RunStatus]int, error) {
	rows, err := r.q.CountRuns(ctx, r.id)
	if err != nil {
		return nil, fmt.Errorf("count the runs: %w", err)
	}
	counts := make(map[project.RunStatus]int, len(rows))
	for i := range rows {
		counts[project.RunStatus(rows[i].Status)] = int(rows[i].Runs)
	}
	return counts, nil
}

func (r *reader) Handoffs(ctx context.Context) ([]project.Handoff, error) {
	rows, err := r.q.ListHandoffs(ctx, r.id)
	return list("handoffs", rows, err, toHandoff)
}

func (r *reader) Budgets(ctx context.Context) ([]project.Budget, error) {
	rows, err := r.q.ListBudgets(ctx, r.id)
	return list("budgets", rows, err, toBudget)
}
