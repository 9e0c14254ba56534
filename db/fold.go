package db

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// span is a run of events that are decoded together, beside the reading of the
// next ones.
type span struct {
	events  []event.Envelope
	changes [][]project.Change
	err     error
	done    chan struct{}
}

const (
	// spanLength is how many events are decoded at once, and spansAhead how many
	// runs may be read before the first of them is folded.
	spanLength = 512
	spansAhead = 4
)

// apply works out what the events change.
func (s *span) apply() {
	defer close(s.done)
	s.changes = make([][]project.Change, len(s.events))
	for i := range s.events {
		if s.changes[i], s.err = project.Apply(&s.events[i]); s.err != nil {
			return
		}
	}
}

// fold replays a project's log up to a version. Reading, decoding and folding
// overlap; the events are folded in their order.
func fold(ctx context.Context, tx pgx.Tx, id uuid.UUID, upto int64) (*project.Rows, *core.Head, error) {
	reading, cancel := context.WithCancel(ctx)
	spans := make(chan *span, spansAhead)
	var readErr error
	go func() {
		defer close(spans)
		readErr = readSpans(reading, tx, id, upto, spans)
	}()
	rows := project.NewRows(id)
	head, err := foldSpans(rows, spans)
	cancel() // when folding failed; the reader then ends
	for range spans {
		// Until the reader has ended, and the transaction is free.
	}
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("replay: %w", err)
	case readErr != nil:
		return nil, nil, translate(fmt.Errorf("replay: %w", readErr))
	case head.Version == 0:
		return rows, head, nil
	}
	hash, err := dbsqlc.New(tx).GetHash(ctx, dbsqlc.GetHashParams{ProjectID: id, Version: head.Version})
	if err != nil {
		return nil, nil, translate(fmt.Errorf("replay: %w", err))
	}
	head.Hash, err = event.HashFromBytes(hash)
	return rows, head, err
}

// foldSpans folds all events that come, and returns the moment of the last.
func foldSpans(rows *project.Rows, spans <-chan *span) (*core.Head, error) {
	var head core.Head
	for s := range spans {
		<-s.done
		if s.err != nil {
			return nil, s.err
		}
		for i := range s.events {
			e := &s.events[i]
			if err := rows.FoldChanges(e, s.changes[i]); err != nil {
				return nil, err
			}
			head.Version, head.RecordedAt = e.Version, e.RecordedAt
		}
	}
	return &head, nil
}

// readSpans reads what folding needs of the events up to a version.
func readSpans(ctx context.Context, tx pgx.Tx, id uuid.UUID, upto int64, spans chan<- *span) error {
	rows, err := tx.Query(ctx, dbsqlc.FoldEvents, id, upto)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	defer rows.Close()
	var kind, actor pgtype.DriverBytes
	var schema int32
	names := map[string]string{}
	s := newSpan()
	for rows.Next() {
		e := event.Envelope{ProjectID: id}
		var at time.Time
		if err := rows.Scan(&e.Version, &kind, &schema, &actor, &at, (*[]byte)(&e.Payload)); err != nil {
			return fmt.Errorf("read an event: %w", err)
		}
		e.Type, e.Actor, e.SchemaVersion, e.RecordedAt = event.Type(same(names, kind)), same(names, actor), int(schema), at.UTC()
		if s.events = append(s.events, e); len(s.events) == spanLength {
			if !s.send(ctx, spans) {
				return ctx.Err()
			}
			s = newSpan()
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	if !s.send(ctx, spans) {
		return ctx.Err()
	}
	return nil
}

func newSpan() *span {
	return &span{events: make([]event.Envelope, 0, spanLength), done: make(chan struct{})}
}

// send hands a span on, in its order, and has it decoded meanwhile. It returns
// false when nobody waits for it any more.
func (s *span) send(ctx context.Context, spans chan<- *span) bool {
	select {
	case spans <- s:
		go s.apply()
		return true
	case <-ctx.Done():
		return false
	}
}

// same returns the string of some bytes, making it only once: there are few
// different ones.
func same(known map[string]string, b []byte) string {
	if s, ok := known[string(b)]; ok {
		return s
	}
	s := string(b)
	known[s] = s
	return s
}
