package mcp

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// historyTools read the event log.
func historyTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "list_events", Title: "List events", Toolset: setHistory, Hints: readsOnly(),
			Description: "What happened in the project, newest first: who did what and when. Filter by type, actor, subject (a task, gate, decision …) or time.",
			SearchHint:  "log audit trail history changes activity who when",
		}, listEventsIn{Subject: "G5"}, listEvents),
		onProject(Tool{
			Name: "get_event", Title: "Get an event", Toolset: setHistory, Hints: readsOnly(),
			Description: "One event of the log in full, with its payload and hashes.",
			SearchHint:  "audit detail payload",
		}, getEventIn{Seq: 1}, getEvent),
		onProject(Tool{
			Name: "get_state_at", Title: "Look at an earlier state", Toolset: setHistory, Hints: readsOnly(),
			Description: "Where the project stood at an earlier moment: phase, gates, task counts. Give at (a time) or seq (a version of the log).",
			SearchHint:  "time travel past snapshot history before",
		}, stateAtIn{Seq: 1}, getStateAt),
		onProject(Tool{
			Name: "get_progress_log", Title: "Read the progress log", Toolset: setHistory, Hints: readsOnly(),
			Description: "What was logged as progress, newest first; about one subject, if named.",
			SearchHint:  "journal notes diary milestones",
		}, progressIn{Subject: "t-7k3f"}, getProgressLog),
		onProject(Tool{
			Name: "verify_audit_chain", Title: "Verify the audit chain", Toolset: setHistory, Hints: readsOnly(),
			Description: "Recompute the hash chain of the project's whole log and say whether anything in it was changed, taken out or added later.",
			SearchHint:  "tamper integrity hash check log",
		}, nothing{}, verifyAuditChain),
		onProject(Tool{
			Name: "diff_state", Title: "Compare two moments", Toolset: setHistory, Hints: readsOnly(),
			Description: "What changed in the project between two versions of the log or two times: record by record and field by field, from what " +
				"it was to what it is. Without to_seq and to: up to now.",
			SearchHint: "difference changes since compare before after delta",
		}, diffIn{FromSeq: 1}, diffState),
		onProject(Tool{
			Name: "replay_events", Title: "Replay events", Toolset: setHistory, Hints: readsOnly(),
			Description: "Events in their order, oldest first, each with the fields that it changed. Begins at from_seq; next_from goes on.",
			SearchHint:  "step through history reconstruct how did it come",
		}, replayIn{FromSeq: 1}, replayEvents),
		onProject(Tool{
			Name: "undo_change", Title: "Undo a change", Toolset: setHistory, Hints: Hints{},
			Description: "Take back a change that you made: everything the call wrote to which event seq belongs; without seq your last change. " +
				"Refused when somebody built on it, and for gates, proofs, deliverables and phases. dry_run only says what it would change.",
			SearchHint: "revert rollback restore mistake take back",
		}, undoIn{Seq: 1, Reason: "The wrong task"}, undoChange),
	}
}

type listEventsIn struct {
	Types   []string `doc:"Such as TaskCreated, GateApproved."                            json:"types,omitempty"`
	Actor   string   `doc:"A name or a part of it, such as person:ada."                   json:"actor,omitempty"`
	Subject string   `doc:"An id, such as t-7k3f or G5."                                  json:"subject,omitempty"`
	Request string   `doc:"The correlation id of one request."                            json:"correlation_id,omitempty"`
	Since   string   `doc:"A time, such as 2026-11-23T10:00:00Z."                         json:"since,omitempty"`
	Until   string   `json:"until,omitempty"`
	Before  int64    `doc:"Only events before this one: next_before of the reply before." json:"before,omitempty"         min:"2"`
	Limit   int      `doc:"30 if left out."                                               json:"limit,omitempty"          max:"200" min:"1"`
}

type eventRow struct {
	Seq        int64  `json:"seq"`
	Type       string `json:"type"`
	At         string `json:"at"`
	Actor      string `json:"actor"`
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Payload    string `json:"payload"`
}

type listEventsOut struct {
	Events     []eventRow `json:"events"`
	NextBefore int64      `json:"next_before,omitempty"`
}

func listEvents(ctx context.Context, w *work, in listEventsIn) (*listEventsOut, error) {
	limit := in.Limit
	if limit == 0 {
		limit = 30
	}
	q := core.EventQuery{Before: in.Before, Actor: in.Actor, Limit: limit + 1}
	for _, t := range in.Types {
		if !event.Known(event.Type(t)) {
			return nil, unknownEvent(t)
		}
	}
	q.Types = in.Types
	if in.Request != "" {
		id, err := uuid.Parse(in.Request)
		if err != nil {
			return nil, fault.Usage("invalid_id", "%q is not a correlation id", clip(in.Request, maxQuoted)).WithHint("get_event {\"seq\": 1} shows the one of an event")
		}
		q.Correlation = id
	}
	since, err := moment(in.Since, 0)
	if err != nil {
		return nil, err
	}
	until, err := moment(in.Until, 0)
	if err != nil {
		return nil, err
	}
	q.Since, q.Until = since.Time, until.Time
	if q.Subject, err = w.Log.Subject(ctx, w.at.Project, in.Subject); err != nil {
		return nil, err
	}
	events, err := w.Log.Events(ctx, w.at.Project, q)
	if err != nil {
		return nil, err
	}
	out := &listEventsOut{}
	var more page
	if out.Events, more, err = fill(events, 0, unknownTotal, limit, newEventRow); err != nil {
		return nil, err
	}
	if more.NextCursor != "" {
		out.NextBefore = out.Events[len(out.Events)-1].Seq
	}
	return out, nil
}

func unknownEvent(name string) error {
	catalogue := event.Catalogue()
	known := rows(catalogue, func(s *event.Spec) string { return string(s.Type) })
	e := fault.Usage("unknown_event_type", "there is no event type %q", clip(name, maxQuoted))
	if near := fault.Nearest(name, known); near != "" {
		return e.WithHint("did you mean %s?", near)
	}
	return e.WithHint("event types are %s", strings.Join(known, ", "))
}

// payloadShown bounds, in characters, what a list shows of an event's payload.
const payloadShown = 300

func newEventRow(e *event.Envelope) eventRow {
	return eventRow{
		Seq: e.Version, Type: string(e.Type), At: stamp(e.RecordedAt), Actor: e.Actor, OnBehalfOf: e.OnBehalfOf,
		Payload: clip(string(e.Payload), payloadShown),
	}
}

type getEventIn struct {
	Seq int64 `doc:"Its position in the log." json:"seq" min:"1"`
}

type getEventOut struct {
	eventRow

	SchemaVersion int    `json:"schema_version"`
	Session       string `json:"session,omitempty"`
	Correlation   string `json:"correlation_id"`
	OccurredAt    string `json:"occurred_at"`
	PayloadHash   string `json:"payload_hash"`
	PrevHash      string `json:"prev_hash"`
	Hash          string `json:"hash"`
}

func getEvent(ctx context.Context, w *work, in getEventIn) (*getEventOut, error) {
	events, err := w.Log.Events(ctx, w.at.Project, core.EventQuery{Before: in.Seq + 1, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(events) == 0 || events[0].Version != in.Seq {
		return nil, fault.NotFound("event_not_found", "there is no event %d", in.Seq).WithHint("list_events {} shows the newest")
	}
	e := &events[0]
	out := &getEventOut{
		eventRow: newEventRow(e), SchemaVersion: e.SchemaVersion, Session: e.Session, Correlation: e.CorrelationID.String(),
		OccurredAt: stamp(e.OccurredAt), PayloadHash: e.PayloadHash.String(), PrevHash: e.PrevHash.String(), Hash: e.Hash.String(),
	}
	out.Payload = clip(string(e.Payload), maxReply)
	return out, nil
}

type stateAtIn struct {
	At  string `doc:"A time, such as 2026-11-23T10:00:00Z." json:"at,omitempty"`
	Seq int64  `doc:"A version of the log."                 json:"seq,omitempty" min:"1"`
}

func getStateAt(ctx context.Context, w *work, in stateAtIn) (*statusOut, error) {
	when, err := moment(in.At, in.Seq)
	if err != nil {
		return nil, err
	}
	if when.IsNow() {
		return nil, fault.Usage("missing_moment", "get_state_at needs at or seq").WithHint("get_status {} shows the present")
	}
	head, err := w.Log.Head(ctx, w.at.Project)
	if err != nil {
		return nil, err
	}
	if in.Seq > head.Version {
		return nil, fault.NotFound("event_not_found", "the log ends at %s", strconv.FormatInt(head.Version, 10)).WithHint("get_status {} shows the present")
	}
	return statusAt(ctx, w, when)
}

// moment reads the time or version to look at.
func moment(at string, seq int64) (core.At, error) {
	if at == "" {
		return core.At{Seq: seq}, nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return core.At{}, fault.Usage("invalid_time", "%q is not a time", clip(at, maxQuoted)).WithHint("times look like 2026-11-23T10:00:00Z")
	}
	return core.At{Time: t, Seq: seq}, nil
}

type progressIn struct {
	Subject string `doc:"A task or gate id." json:"subject,omitempty"`
	paging
}

type progressOut struct {
	Notes []progressRow `json:"notes"`
	page
}

func getProgressLog(ctx context.Context, w *work, in progressIn) (*progressOut, error) {
	notes, err := w.Records.Notes(ctx, w.now(), kindProgress, in.Subject, 0)
	if err != nil {
		return nil, err
	}
	out := &progressOut{}
	out.Notes, out.page, err = paginate(notes, in.paging, newProgressRow)
	return out, err
}

type auditOut struct {
	OK      bool   `json:"ok"`
	Events  int64  `json:"events"`
	Head    string `json:"head"`
	FaultAt int64  `json:"fault_at,omitempty"`
	Problem string `json:"problem,omitempty"`
}

func verifyAuditChain(ctx context.Context, w *work, _ nothing) (*auditOut, error) {
	a, err := w.Log.Verify(ctx, w.at.Project)
	if err != nil {
		return nil, err
	}
	return &auditOut{OK: a.OK, Events: a.Events, Head: a.Head, FaultAt: a.FaultAt, Problem: clip(a.Problem, maxExcerpt)}, nil
}
