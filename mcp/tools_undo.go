package mcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// recordRow is how a record differs.
type recordRow struct {
	Record string   `json:"record"`
	ID     string   `json:"id"`
	Title  string   `json:"title,omitempty"`
	Change string   `json:"change"`
	Fields []string `json:"fields"`
}

// valueShown bounds, in characters, what is shown of a value.
const valueShown = 120

func newRecordRow(r *core.RecordChange) recordRow {
	row := recordRow{Record: r.Record, ID: r.ID, Title: clip(r.Title, maxExcerpt), Change: r.Change, Fields: []string{}}
	for _, f := range r.Fields {
		switch {
		case r.Change == "removed", slices.Contains([]string{"version", "updated_at", "created_version", "rank"}, f.Field):
			continue
		case r.Change == "added":
			row.Fields = append(row.Fields, f.Field+": "+shownValue(f.To))
		default:
			row.Fields = append(row.Fields, f.Field+": "+shownValue(f.From)+" -> "+shownValue(f.To))
		}
	}
	return row
}

func shownValue(v any) string {
	switch v := v.(type) {
	case nil, string:
		if v == nil || v == "" {
			return "none"
		}
	case time.Time:
		return stamp(v)
	case []string:
		return clip(strings.Join(v, ", "), valueShown)
	}
	return clip(fmt.Sprint(v), valueShown)
}

type diffIn struct {
	FromSeq int64  `doc:"A version of the log."                 json:"from_seq,omitempty" min:"1"`
	From    string `doc:"A time, such as 2026-11-23T10:00:00Z." json:"from,omitempty"`
	ToSeq   int64  `json:"to_seq,omitempty"                     min:"1"`
	To      string `json:"to,omitempty"`
	paging
}

type diffOut struct {
	FromSeq int64       `json:"from_seq"`
	ToSeq   int64       `json:"to_seq"`
	Records []recordRow `json:"records"`
	page
}

func diffState(ctx context.Context, w *work, in diffIn) (*diffOut, error) {
	from, err := moment(in.From, in.FromSeq)
	if err != nil {
		return nil, err
	}
	if from.IsNow() {
		return nil, fault.Usage("missing_moment", "diff_state needs from or from_seq").WithHint("list_events {} shows the newest events with their numbers")
	}
	to, err := moment(in.To, in.ToSeq)
	if err != nil {
		return nil, err
	}
	d, err := w.History.Diff(ctx, w.at.Project, from, to)
	if err != nil {
		return nil, err
	}
	out := &diffOut{FromSeq: d.From, ToSeq: d.To}
	out.Records, out.page, err = paginate(d.Records, in.paging, newRecordRow)
	return out, err
}

type replayIn struct {
	FromSeq int64 `doc:"The first event; 1 if left out."    json:"from_seq,omitempty" min:"1"`
	ToSeq   int64 `doc:"The last event; the end otherwise." json:"to_seq,omitempty"   min:"1"`
	Limit   int   `doc:"10 if left out."                    json:"limit,omitempty"    max:"50" min:"1"`
}

type stepRow struct {
	Seq     int64       `json:"seq"`
	Type    string      `json:"type"`
	At      string      `json:"at"`
	Actor   string      `json:"actor"`
	Changes []recordRow `json:"changes"`
}

type replayOut struct {
	Steps    []stepRow `json:"steps"`
	NextFrom int64     `json:"next_from,omitempty"`
}

// errSteps ends a replay that has as many steps as were asked for.
var errSteps = errors.New("enough steps")

func replayEvents(ctx context.Context, w *work, in replayIn) (*replayOut, error) {
	limit := in.Limit
	if limit == 0 {
		limit = 10
	}
	var steps []core.Step
	err := w.History.Replay(ctx, w.at.Project, core.At{Seq: in.FromSeq}, core.At{Seq: in.ToSeq}, func(s core.Step) error {
		steps = append(steps, s)
		if len(steps) > limit {
			return errSteps
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSteps) {
		return nil, err
	}
	out := &replayOut{}
	var more page
	if out.Steps, more, err = fill(steps, 0, unknownTotal, limit, newStepRow); err != nil {
		return nil, err
	}
	if more.NextCursor != "" {
		out.NextFrom = out.Steps[len(out.Steps)-1].Seq + 1
	}
	return out, nil
}

// rowsOfStep bounds how many records of one event are shown: the first event of a
// project changes dozens.
const rowsOfStep = 20

func newStepRow(s *core.Step) stepRow {
	row := stepRow{Seq: s.Event.Version, Type: string(s.Event.Type), At: stamp(s.Event.RecordedAt), Actor: s.Event.Actor, Changes: []recordRow{}}
	for i := range s.Changes {
		if i == rowsOfStep {
			row.Changes = append(row.Changes, recordRow{
				Record: "more", Change: fmt.Sprintf("%d more records", len(s.Changes)-i), Fields: []string{},
			})
			break
		}
		row.Changes = append(row.Changes, newRecordRow(&s.Changes[i]))
	}
	return row
}

type undoIn struct {
	Seq    int64  `doc:"An event of the change; your last change if left out." json:"seq,omitempty"    min:"1"`
	Reason string `doc:"Why."                                                  json:"reason,omitempty"`
	DryRun bool   `json:"dry_run,omitempty"`
}

type undoOut struct {
	// Event is the event that took it back; 0 with dry_run.
	Event   int64    `json:"event"`
	Types   []string `json:"types"`
	Records []string `json:"records"`
}

// undoShown bounds how many records and types the reply names: what writes answers
// briefly.
const undoShown = 4

func undoChange(ctx context.Context, w *work, in undoIn) (*undoOut, error) {
	var u *core.Undoing
	var err error
	if in.DryRun {
		u, err = w.History.PlanUndo(ctx, w.by, w.at.Project, in.Seq)
	} else {
		u, err = w.History.Undo(ctx, w.by, w.at.Project, in.Seq, in.Reason)
	}
	if err != nil {
		return nil, err
	}
	out := &undoOut{Event: u.Event, Types: few(u.Types, undoShown), Records: []string{}}
	for i := range u.Records {
		r := newRecordRow(&u.Records[i])
		text := r.Record + " " + r.ID + " " + r.Change
		if len(r.Fields) > 0 {
			text += ": " + strings.Join(r.Fields, "; ")
		}
		out.Records = append(out.Records, clip(text, valueShown))
	}
	out.Records = few(out.Records, undoShown)
	return out, nil
}
