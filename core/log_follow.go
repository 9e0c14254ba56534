package core

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Follow calls fn with the events that fit a query, oldest first: at first those
// that are there, at most its limit of them (0 is for all), then those that come,
// until the context ends or fn returns an error. None is left out and none comes
// twice, also when the database was away; trouble is told when it is.
func (s *Log) Follow(
	ctx context.Context, p uuid.UUID, q EventQuery, fn func([]event.Envelope) error, trouble func(err error),
) error {
	cursor := int64(0)
	started := q.Limit <= 0
	look := func(ctx context.Context) error {
		head, err := s.a.store.Head(ctx, p)
		if err != nil {
			return err
		}
		if !started {
			// The newest that are there; what comes meanwhile is behind the head.
			recent := q
			recent.Before = head.Version + 1
			if err := s.pass(ctx, p, recent, fn); err != nil {
				return err
			}
			started, cursor = true, head.Version
		}
		for cursor < head.Version {
			next := q
			next.After, next.Limit = cursor, pageOfEvents
			next.Before = min(cursor+pageOfEvents, head.Version) + 1
			if err := s.pass(ctx, p, next, fn); err != nil {
				return err
			}
			cursor = next.Before - 1
		}
		return nil
	}
	return s.a.store.Watch(ctx, p, look, trouble)
}

// pass hands events on, oldest first.
func (s *Log) pass(ctx context.Context, p uuid.UUID, q EventQuery, fn func([]event.Envelope) error) error {
	events, err := s.a.store.Events(ctx, p, q)
	if err != nil || len(events) == 0 {
		return err
	}
	slices.Reverse(events)
	return fn(events)
}

// Subject finds the stored id of what a person named: a task, a decision or another
// record by its id ("t-7k3f"), a gate, a document, a deliverable.
func (s *Log) Subject(ctx context.Context, p uuid.UUID, typed string) (string, error) {
	if typed == "" {
		return "", nil
	}
	letter, rest, ok := strings.Cut(typed, "-")
	if ok && len(letter) == 1 {
		for _, kind := range kinds() {
			if strings.EqualFold(kind.Prefix(), letter+"-") {
				return s.record(ctx, p, kind, rest)
			}
		}
	}
	id := typed
	err := s.a.store.Read(ctx, View{Project: p}, func(ctx context.Context, r Reader) error {
		gates, err := r.Gates(ctx)
		for i := range gates {
			if strings.EqualFold(gates[i].ID, typed) {
				id = gates[i].ID
			}
		}
		return err
	})
	return id, err
}

// record finds a record. One that is gone is named by its whole id.
func (s *Log) record(ctx context.Context, p uuid.UUID, kind Kind, typed string) (string, error) {
	id, err := s.a.find(ctx, p, kind, typed)
	if fault.KindOf(err) == fault.KindNotFound && len(typed) == project.IDLength {
		return strings.ToLower(typed), nil
	}
	return id, err
}

// kinds are the kinds of records that have ids of their own.
func kinds() []Kind {
	return []Kind{
		KindTask, KindDecision, KindMemory, KindNote, KindProof, KindCondition, KindQuestion, KindRisk, KindBlocker, KindFeedback,
	}
}
