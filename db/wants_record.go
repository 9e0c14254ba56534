package db

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// queueRecord queues the record that is wanted.
func (f *fetched) queueRecord(b *pgx.Batch) {
	id, ids := f.id, []string{f.wants.ID}
	if f.wants.ID == "" {
		return
	}
	prefixes := ""
	switch f.wants.Kind {
	case core.KindTask:
		b.Queue(dbsqlc.TasksByID, id, ids).Query(fill(&f.tasksByID, toTaskAndWaits))
	case core.KindDecision:
		prefixes = dbsqlc.DecisionsByPrefix
		b.Queue(dbsqlc.DecisionsByID, id, ids).Query(fill(&f.decisions, toDecision))
	case core.KindMemory:
		prefixes = dbsqlc.MemoriesByPrefix
		b.Queue(dbsqlc.MemoriesByID, id, ids).Query(fill(&f.memories, toMemory))
	case core.KindNote, core.KindProof, core.KindCondition, core.KindQuestion, core.KindRisk, core.KindBlocker, core.KindFeedback,
		core.KindConflict, core.KindRun, core.KindHandoff:
	}
	if prefixes != "" {
		b.Queue(prefixes, id, f.wants.ID[:project.MinPrefix], bound(0)).Query(func(rows pgx.Rows) (err error) {
			f.alike, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err //nolint:wrapcheck // the batch says what was read
		})
	}
}

// isWanted reports whether ids name the record that is wanted.
func (f *fetched) isWanted(ids []string) bool {
	return len(ids) == 1 && f.wants.ID != "" && ids[0] == f.wants.ID
}

// TasksByID returns the task that was wanted.
func (f *fetched) TasksByID(ctx context.Context, ids []string) ([]project.Task, error) {
	if !f.isWanted(ids) {
		return f.reader.TasksByID(ctx, ids)
	}
	return have(f.tasksByID)
}

// Decisions returns the decision that was wanted.
func (f *fetched) Decisions(ctx context.Context, ids ...string) ([]project.Decision, error) {
	if !f.isWanted(ids) {
		return f.reader.Decisions(ctx, ids...)
	}
	return have(f.decisions)
}

// Memories returns the memory that was wanted.
func (f *fetched) Memories(ctx context.Context, ids ...string) ([]project.Memory, error) {
	if !f.isWanted(ids) {
		return f.reader.Memories(ctx, ids...)
	}
	return have(f.memories)
}

// IDs returns the id that was wanted, or those that begin as it does.
func (f *fetched) IDs(ctx context.Context, kind core.Kind, prefix string, limit int) ([]string, error) {
	switch {
	case kind != f.wants.Kind || f.wants.ID == "":
	case prefix == f.wants.ID && len(f.tasksByID)+len(f.decisions)+len(f.memories) == 0:
		return []string{}, nil // it is gone since
	case prefix == f.wants.ID:
		return []string{prefix}, nil
	case prefix == f.wants.ID[:project.MinPrefix]:
		return have(f.alike)
	}
	return f.reader.IDs(ctx, kind, prefix, limit)
}
