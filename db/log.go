package db

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

const defaultEvents = 50

// Events returns events of one project, newest first.
func (d *DB) Events(ctx context.Context, id uuid.UUID, q core.EventQuery) ([]event.Envelope, error) {
	params := dbsqlc.ListEventsParams{
		ProjectID: id, Before: q.Before, After: q.After, Types: q.Types, Actor: optional(q.Actor), Subject: optional(q.Subject),
		Correlation: optionalID(q.Correlation), Since: optionalTime(q.Since), Until: optionalTime(q.Until), Most: bound(q.Limit),
	}
	if q.Before <= 0 {
		params.Before = math.MaxInt64
	}
	if q.Limit <= 0 {
		params.Most = defaultEvents
	}
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(d.pool).ListEvents(ctx, params)
	if err != nil {
		return nil, translate(fmt.Errorf("list events: %w", err))
	}
	events := make([]event.Envelope, len(rows))
	for i := range rows {
		if events[i], err = envelope(&rows[i]); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// CountEvents counts events of one project.
func (d *DB) CountEvents(ctx context.Context, id uuid.UUID, q core.EventQuery) ([]core.EventCount, error) {
	params := dbsqlc.CountEventsParams{
		ProjectID: id, Before: q.Before, After: q.After, Types: q.Types, Actor: optional(q.Actor), Subject: optional(q.Subject),
		Correlation: optionalID(q.Correlation), Since: optionalTime(q.Since), Until: optionalTime(q.Until),
	}
	if q.Before <= 0 {
		params.Before = math.MaxInt64
	}
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(d.pool).CountEvents(ctx, params)
	if err != nil {
		return nil, translate(fmt.Errorf("count events: %w", err))
	}
	return convert(rows, func(r *dbsqlc.CountEventsRow) core.EventCount {
		return core.EventCount{Type: r.Type, Actor: r.Actor, Day: r.Day.Time.UTC(), Events: r.Events}
	}), nil
}

func optionalID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: id != uuid.Nil} }

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Stream calls fn with every event of a project after a version, in order.
func (d *DB) Stream(ctx context.Context, id uuid.UUID, after int64, fn func(*event.Envelope) error) error {
	ctx, cancel := within(ctx, replayLimit)
	defer cancel()
	return scanStream(ctx, d.pool, id, after, fn)
}

// OwnsLog tells whether the role that is connected could alter the log's tables,
// and so switch off the triggers that guard them.
func (d *DB) OwnsLog(ctx context.Context) (bool, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	owns, err := dbsqlc.New(d.pool).OwnsLog(ctx)
	if err != nil {
		return false, translate(fmt.Errorf("look at the rights on the log: %w", err))
	}
	return owns, nil
}
