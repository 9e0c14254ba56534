// Package fill makes logs of any length, for measuring.
package fill

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
)

// PerTask is how many events tell the life of one task.
const PerTask = 10

// batch is how many tasks are written at once.
const batch = 5000

// Tasks adds tasks to a project, each with the events of its life: created,
// assigned, started, blocked, and so on. Six of ten end complete, two are left
// open, one waits for another, one is cancelled.
//
// The events are sealed and folded as a write would, and then copied into the
// tables: a million of them would take minutes one by one.
func Tasks(ctx context.Context, d *db.DB, id uuid.UUID, tasks int) error {
	for done := 0; done < tasks; done += batch {
		if err := add(ctx, d, id, done, min(batch, tasks-done)); err != nil {
			return fmt.Errorf("fill a log: %w", err)
		}
	}
	return nil
}

// add writes the lives of n tasks in one transaction.
func add(ctx context.Context, d *db.DB, id uuid.UUID, from, n int) error {
	head, err := d.Head(ctx, id)
	if err != nil {
		return err
	}
	events, rows, err := fold(id, head, from, n)
	if err != nil {
		return err
	}
	last := &events[len(events)-1]
	return pgx.BeginFunc(ctx, d.Pool(), func(tx pgx.Tx) error { //nolint:wrapcheck // it says what failed
		columns := []string{
			"project_id", "version", "type", "schema_version", "payload_hash", "actor", "on_behalf_of", "session", "correlation_id",
			"causation_id", "occurred_at", "recorded_at", "prev_hash", "hash",
		}
		err := copyInto(ctx, tx, "events", columns, len(events), func(i int) []any {
			e := &events[i]
			return []any{
				e.ProjectID, e.Version, string(e.Type), e.SchemaVersion, e.PayloadHash[:], e.Actor, "", "", e.CorrelationID,
				e.CausationID, e.OccurredAt, e.RecordedAt, e.PrevHash[:], e.Hash[:],
			}
		})
		if err != nil {
			return err
		}
		err = copyInto(ctx, tx, "event_payloads", []string{"project_id", "version", "payload"}, len(events), func(i int) []any {
			return []any{id, events[i].Version, []byte(events[i].Payload)}
		})
		if err != nil {
			return err
		}
		for _, t := range project.Tables() {
			all := rows.Table(t)
			columns := []string{"project_id"}
			for _, c := range t.Columns {
				columns = append(columns, c.Name)
			}
			err := copyInto(ctx, tx, t.Name, columns, len(all), func(i int) []any { return append([]any{id}, all[i]...) })
			if err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, "UPDATE streams SET version = $2, head = $3, recorded_at = $4 WHERE project_id = $1",
			id, last.Version, last.Hash[:], last.RecordedAt)
		return err //nolint:wrapcheck // it says what failed
	})
}

// fold returns the events of n tasks, sealed behind the end of the log, and the
// rows that they make.
func fold(id uuid.UUID, head core.Head, from, n int) ([]event.Envelope, *project.Rows, error) {
	rows := project.NewRows(id)
	now := event.Truncate(time.Now())
	if now.Before(head.RecordedAt) {
		now = head.RecordedAt
	}
	prev := head.Hash
	events := make([]event.Envelope, 0, n*PerTask)
	for i := from; i < from+n; i++ {
		request := uuid.New()
		for _, p := range life(i) {
			raw, err := event.Encode(p)
			if err != nil {
				return nil, nil, err
			}
			t := p.EventType()
			e := event.Envelope{
				ProjectID: id, Version: head.Version + int64(len(events)) + 1, Type: t, SchemaVersion: event.CurrentVersion(t), Payload: raw,
				Actor: "person:ada", CorrelationID: request, OccurredAt: now, RecordedAt: now,
			}
			e.Seal(prev)
			prev = e.Hash
			if err := rows.Fold(&e); err != nil {
				return nil, nil, err
			}
			events = append(events, e)
		}
	}
	return events, rows, nil
}

func copyInto(ctx context.Context, tx pgx.Tx, table string, columns []string, n int, row func(i int) []any) error {
	if n == 0 {
		return nil
	}
	source := pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil })
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{db.Schema, table}, columns, source); err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	return nil
}

// taskID spreads ids as random ones are spread.
func taskID(i int) string {
	const odd, all = 2654435761, 1 << 40 // no common divisor, so that no id comes twice; ids have 40 bits
	n := uint64(i) * odd % all           //nolint:gosec // i counts from 0
	id := make([]byte, project.IDLength)
	for at := range id {
		id[at] = project.IDAlphabet[n%uint64(len(project.IDAlphabet))]
		n /= uint64(len(project.IDAlphabet))
	}
	return string(id)
}

func life(i int) []event.Payload {
	const tens, waits, cancelled, open = 10, 9, 8, 6
	id := taskID(i)
	title := fmt.Sprintf("Make layer %d, with a filling that somebody has to choose first", i)
	events := []event.Payload{
		&event.TaskCreatedPayload{
			ID: id, Title: "Make layer", Description: "The filling goes between two layers; see the recipe for how thick it is to be.",
			Kind: "generation", Priority: "medium", Phase: "development",
		},
		&event.TaskUpdatedPayload{ID: id, Title: &title},
		&event.TaskAssignedPayload{ID: id, Owner: "agent:claude-code/developer"},
		&event.NoteAddedPayload{ID: id, Kind: "progress", Subject: id, Text: "The flour is sifted, and the oven is getting hot."},
	}
	if i%tens == waits && i > 0 {
		events = append(events, &event.DependencyAddedPayload{ID: id, DependsOn: taskID(i - 1)})
	} else {
		events = append(events, &event.TaskStartedPayload{ID: id})
	}
	for len(events) < PerTask-2 {
		events = append(events, &event.TaskBlockedPayload{ID: id, Reason: "The oven is taken."}, &event.TaskUnblockedPayload{ID: id})
	}
	events = events[:PerTask-2]
	events = append(events, &event.TaskStartedPayload{ID: id})
	switch {
	case i%tens == cancelled:
		return append(events, &event.TaskCancelledPayload{ID: id, Reason: "Nobody wants it."})
	case i%tens >= open:
		return append(events, &event.TaskUnblockedPayload{ID: id})
	}
	return append(events, &event.TaskCompletedPayload{ID: id, Result: "It is made, and it tastes well."})
}
