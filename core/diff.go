package core

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Diff is what changed in a project between two moments.
type Diff struct {
	// From and To are the versions of the log that are compared, FromTime and
	// ToTime the times of these events. Before its beginning a project is empty,
	// and From is 0.
	From     int64          `json:"from"`
	To       int64          `json:"to"`
	FromTime time.Time      `json:"from_time"`
	ToTime   time.Time      `json:"to_time"`
	Records  []RecordChange `json:"records"`
}

// Diff compares a project at two moments, record by record and field by field.
// What changed and changed back between them is no difference.
func (h *History) Diff(ctx context.Context, p uuid.UUID, from, to At) (*Diff, error) {
	before, first, err := h.a.store.FoldAt(ctx, View{Project: p, At: from})
	if fault.CodeOf(err) == "before_project" {
		before, first, err = project.NewRows(p), Head{}, nil
	}
	if err != nil {
		return nil, err
	}
	after, last, err := h.a.store.FoldAt(ctx, View{Project: p, At: to})
	if err != nil {
		return nil, err
	}
	return &Diff{
		From: first.Version, FromTime: first.RecordedAt, To: last.Version, ToTime: last.RecordedAt,
		Records: recordChanges(project.Compare(before, after)),
	}, nil
}

// Step is an event with what it changed.
type Step struct {
	Event   *event.Envelope
	Changes []RecordChange
}

// Replay calls fn with the events of a project from one moment to another, in
// order, each with the changes that it makes. From event N means that it is the
// first, from a time that the first is the one after it. The zero moments are the
// beginning and the end. It keeps the state, and of the log a page.
func (h *History) Replay(ctx context.Context, p uuid.UUID, from, to At, fn func(s Step) error) error {
	rows, cursor, err := h.before(ctx, p, from)
	if err != nil {
		return err
	}
	head, err := h.a.store.Head(ctx, p)
	if err != nil {
		return err
	}
	if to.Seq > 0 {
		head.Version = min(head.Version, to.Seq)
	}
	for cursor < head.Version {
		q := EventQuery{After: cursor, Before: min(cursor+pageOfEvents, head.Version) + 1, Limit: pageOfEvents}
		page, err := h.a.store.Events(ctx, p, q)
		if err != nil {
			return err
		}
		slices.Reverse(page)
		for i := range page {
			e := &page[i]
			if !to.Time.IsZero() && e.RecordedAt.After(to.Time) {
				return nil
			}
			changes, err := rows.FoldAct(&project.Act{Events: page[i : i+1]})
			if err != nil {
				return err
			}
			if err := fn(Step{Event: e, Changes: recordChanges(changes)}); err != nil {
				return err
			}
		}
		cursor = q.Before - 1
	}
	return nil
}

// before is the state from which a replay begins, and its version.
func (h *History) before(ctx context.Context, p uuid.UUID, from At) (*project.Rows, int64, error) {
	switch {
	case from.Seq > 1:
		head, err := h.a.store.Head(ctx, p)
		if err != nil {
			return nil, 0, err
		}
		if from.Seq > head.Version {
			return nil, 0, fault.Usage("invalid_seq", "the log has events 1 to %d; there is no event %d", head.Version, from.Seq).WithHint("run `layercake log`")
		}
		from.Seq--
	case from.Time.IsZero():
		return project.NewRows(p), 0, nil
	}
	rows, at, err := h.a.store.FoldAt(ctx, View{Project: p, At: from})
	if fault.CodeOf(err) == "before_project" {
		return project.NewRows(p), 0, nil
	}
	return rows, at.Version, err
}
