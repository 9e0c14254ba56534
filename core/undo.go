package core

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// History looks through what happened, and takes changes back.
type History struct{ a *App }

// Undoing is a change that can be taken back, or was.
type Undoing struct {
	// First and Last are its events: everything that one command wrote.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
	// Types are the types of these events.
	Types []string `json:"types"`
	// Subject names what it was about.
	Subject    string    `json:"subject"`
	Actor      string    `json:"actor"`
	RecordedAt time.Time `json:"recorded_at"`
	// Records are what taking it back changes. A list leaves them out.
	Records []RecordChange `json:"records"`
	// Event is the event that took it back; 0 when nothing did.
	Event int64 `json:"event"`
}

// pageOfEvents is how many events are read at once where a log is looked through
// backwards, and undoDepth how many of them at most where none is named.
const (
	pageOfEvents = 500
	undoDepth    = 10_000
)

// backwards calls fn with the acts of a log from its newest on, until it says that
// it has seen enough.
func (h *History) backwards(ctx context.Context, p uuid.UUID, fn func(a *project.Act) (enough bool, err error)) error {
	var act []event.Envelope // newest first
	emit := func() (bool, error) {
		if len(act) == 0 {
			return false, nil
		}
		slices.Reverse(act)
		enough, err := fn(&project.Act{Events: act})
		act = nil
		return enough, err
	}
	for before := int64(0); ; {
		page, err := h.a.store.Events(ctx, p, EventQuery{Before: before, Limit: pageOfEvents})
		if err != nil {
			return err
		}
		for i := range page {
			if len(act) > 0 && !project.SameAct(&act[len(act)-1], &page[i]) {
				if enough, err := emit(); enough || err != nil {
					return err
				}
			}
			act = append(act, page[i])
			before = page[i].Version
		}
		if len(page) < pageOfEvents {
			_, err := emit()
			return err
		}
	}
}

// Undoable lists what somebody could take back, newest first, without the records:
// at most limit changes, of everybody's or only of their own.
func (h *History) Undoable(ctx context.Context, by Caller, p uuid.UUID, own bool, limit int) ([]Undoing, error) {
	actor := h.a.cleaner.actor(by.Actor)
	scan := project.NewUndoScan(actor)
	found, seen := []Undoing{}, 0
	err := h.backwards(ctx, p, func(a *project.Act) (bool, error) {
		seen += len(a.Events)
		why, err := scan.Next(a)
		if err != nil {
			return false, err
		}
		if why == nil && (!own || a.Events[0].Actor == actor.String()) {
			found = append(found, undoing(a))
		}
		return limit > 0 && len(found) == limit || seen >= undoDepth, nil
	})
	return found, err
}

func undoing(a *project.Act) Undoing {
	e := &a.Events[0]
	u := Undoing{
		First: a.First(), Last: a.Last(), Subject: About(e.Type, e.Payload), Actor: e.Actor, RecordedAt: e.RecordedAt, Records: []RecordChange{},
	}
	for i := range a.Events {
		u.Types = append(u.Types, string(a.Events[i].Type))
	}
	return u
}

// find returns the act that an event belongs to, or with seq 0 the last one of the
// actor, and the end of the log up to which nothing speaks against undoing it.
func (h *History) find(ctx context.Context, actor project.Actor, p uuid.UUID, seq int64) (*project.Act, int64, error) {
	scan := project.NewUndoScan(actor)
	var found *project.Act
	var head int64
	seen := 0
	err := h.backwards(ctx, p, func(a *project.Act) (bool, error) {
		if head = max(head, a.Last()); seq > head {
			return false, fault.Usage("invalid_seq", "the log ends at event %d; there is no event %d", head, seq).WithHint("run `layercake undo --list`")
		}
		seen += len(a.Events)
		why, err := scan.Next(a)
		if err != nil {
			return false, err
		}
		wanted := a.First() <= seq && seq <= a.Last()
		if seq == 0 {
			undone := why != nil && why.Code == "already_undone"
			wanted = a.Events[0].Actor == actor.String() && a.Events[0].Type != event.ChangeUndone && !undone
		}
		if wanted && why != nil {
			return false, why
		}
		if wanted {
			found = a
		}
		return wanted || seq == 0 && seen >= undoDepth, nil
	})
	switch {
	case err != nil:
		return nil, 0, err
	case found == nil:
		return nil, 0, fault.NotFound("nothing_to_undo", "there is nothing that %s did and that could be undone", actor).
			WithHint("run `layercake undo --list` to see what others did and you could undo")
	}
	return found, head, nil
}

// PlanUndo works out what it means to take back the change that an event belongs
// to, or with seq 0 the last one of the caller. It changes nothing.
func (h *History) PlanUndo(ctx context.Context, by Caller, p uuid.UUID, seq int64) (*Undoing, error) {
	_, plan, err := h.planUndo(ctx, by, p, seq)
	return plan, err
}

func (h *History) planUndo(ctx context.Context, by Caller, p uuid.UUID, seq int64) (*project.UndoAct, *Undoing, error) {
	act, head, err := h.find(ctx, h.a.cleaner.actor(by.Actor), p, seq)
	if err != nil {
		return nil, nil, err
	}
	before, _, err := h.a.store.FoldAt(ctx, View{Project: p, At: At{Seq: act.First() - 1}})
	if err != nil {
		return nil, nil, err
	}
	cmd, err := project.PlanUndo(before, act, head)
	if err != nil {
		return nil, nil, err
	}
	plan := undoing(act)
	plan.Records = recordChanges(cmd.Changes())
	for i := range plan.Records {
		r := &plan.Records[i]
		r.Fields = slices.DeleteFunc(r.Fields, func(f FieldChange) bool { return f.Field == "version" || f.Field == "updated_at" })
	}
	return cmd, &plan, nil
}

// undoTries bounds how often a change is looked at again when somebody else wrote
// meanwhile.
const undoTries = 3

// Undo takes back the change that an event belongs to, or with seq 0 the last one of
// the caller.
func (h *History) Undo(ctx context.Context, by Caller, p uuid.UUID, seq int64, reason string) (*Undoing, error) {
	for try := 1; ; try++ {
		cmd, plan, err := h.planUndo(ctx, by, p, seq)
		if err != nil {
			return nil, err
		}
		cmd.Reason = reason
		receipt, err := h.a.write(ctx, by, p, cmd)
		var coded *fault.Error
		if errors.As(err, &coded) && coded.Kind == fault.KindConflict && try < undoTries {
			continue // it looks at the log anew, and says what is the matter
		}
		if err != nil {
			return nil, err
		}
		plan.Event = receipt.Last
		return plan, nil
	}
}
