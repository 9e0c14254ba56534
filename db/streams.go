package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Streams lists the logs of the database by project, each with its end. A project
// that has rows in the projections and no log is among them, with version 0: no
// event made it.
func (d *DB) Streams(ctx context.Context) ([]core.Stream, error) {
	ctx, cancel := within(ctx, replayLimit)
	defer cancel()
	streams, err := listStreams(ctx, dbsqlc.New(d.pool))
	if err != nil {
		return nil, translate(err)
	}
	without, err := d.withoutStream(ctx)
	for _, id := range without {
		streams = append(streams, core.Stream{Project: id})
	}
	return streams, err
}

func listStreams(ctx context.Context, q *dbsqlc.Queries) ([]core.Stream, error) {
	rows, err := q.ListStreams(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	streams := make([]core.Stream, 0, len(rows))
	for i := range rows {
		hash, err := event.HashFromBytes(rows[i].Head)
		if err != nil {
			return nil, fmt.Errorf("the log of %s: %w", rows[i].ProjectID, err)
		}
		streams = append(streams, core.Stream{
			Project: rows[i].ProjectID, Head: core.Head{Version: rows[i].Version, Hash: hash, RecordedAt: rows[i].RecordedAt.UTC()},
		})
	}
	return streams, nil
}

// withoutStream lists the projects of which there are rows and no log.
func (d *DB) withoutStream(ctx context.Context) ([]uuid.UUID, error) {
	tables := project.Tables()
	parts := make([]string, len(tables))
	for i, t := range tables {
		parts[i] = "SELECT project_id FROM " + Schema + "." + t.Name
	}
	sql := "SELECT project_id FROM (" + strings.Join(parts, " UNION ") + ") AS everywhere WHERE NOT EXISTS (SELECT FROM " + Schema +
		".streams s WHERE s.project_id = everywhere.project_id) ORDER BY project_id"
	rows, err := d.pool.Query(ctx, sql)
	if err != nil {
		return nil, translate(fmt.Errorf("look for rows without a log: %w", err))
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, translate(fmt.Errorf("look for rows without a log: %w", err))
	}
	return ids, nil
}
