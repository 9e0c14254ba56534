package core

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Store keeps the log and the projections. Package db implements it on
// Postgres.
//
//nolint:interfacebloat // what is kept in one database is asked for at one place
type Store interface {
	Upkeep

	// Write takes the project's lock, loads what the command needs, decides,
	// and appends and applies the events: all or nothing.
	Write(ctx context.Context, w Write) (Receipt, error)
	// Redact replaces payloads of a project's log, records that, and makes the
	// projections anew from what is left: all or nothing.
	Redact(ctx context.Context, r Redact) (Receipt, error)
	// Renderings calls fn with each markdown file of a project as it was kept.
	Renderings(ctx context.Context, project uuid.UUID, fn func(file string, content []byte) error) error
	// Read calls fn with one consistent view of a project, now or at an
	// earlier moment. The reader is good until fn returns.
	Read(ctx context.Context, v View, fn func(ctx context.Context, r Reader) error) error
	// FoldAt replays a project's log in memory up to a moment, and returns what it
	// folds to, and the moment.
	FoldAt(ctx context.Context, v View) (*project.Rows, Head, error)
	// Projects lists the projects, with the archived ones if asked for.
	Projects(ctx context.Context, archived bool) ([]project.Project, error)
	// ProjectBySlug returns one project, or an error of kind not_found.
	ProjectBySlug(ctx context.Context, slug string) (*project.Project, error)
	// Events returns events of one project, newest first.
	Events(ctx context.Context, project uuid.UUID, q EventQuery) ([]event.Envelope, error)
	// CountEvents counts the events that fit a query, whose limit counts for
	// nothing, by type, actor and day.
	CountEvents(ctx context.Context, project uuid.UUID, q EventQuery) ([]EventCount, error)
	// Watch calls fn at once, and again whenever a project may have new events,
	// until fn returns an error or the context ends. When the database does not
	// answer it says so to trouble, and goes on as soon as it does.
	Watch(ctx context.Context, project uuid.UUID, fn func(ctx context.Context) error, trouble func(err error)) error
	// Stream calls fn with every event of a project after a version, in order.
	Stream(ctx context.Context, project uuid.UUID, after int64, fn func(*event.Envelope) error) error
	// Head returns the end of a project's log.
	Head(ctx context.Context, project uuid.UUID) (Head, error)
	// State reads what a command looks at, and the end of the log to which that
	// belongs. Nothing is locked: what is decided on it is decided again.
	State(ctx context.Context, id uuid.UUID, n project.Needs) (*project.State, Head, error)
	// DatabaseID names the database, so that copies of a repository are told
	// from its home.
	DatabaseID(ctx context.Context) (uuid.UUID, error)
	Files
	// Runs returns what is kept of the work on runs beside the log.
	Runs() RunStore
	// Search returns what keeps the indexes of code search.
	Search() search.Store
}

// Files keeps what has to be known of the markdown files beside the log.
type Files interface {
	// PutRendering keeps a markdown file as it was written, and Rendering finds
	// one by the hash of the bytes before its stamp; nil when it is not kept.
	PutRendering(ctx context.Context, r Rendering) error
	Rendering(ctx context.Context, project uuid.UUID, file string, bodySHA256 []byte) ([]byte, error)
	// SyncedFiles lists how far the files of each database were taken in, and
	// PutSyncedFile remembers it for one.
	SyncedFiles(ctx context.Context, project uuid.UUID) ([]SyncedFile, error)
	PutSyncedFile(ctx context.Context, project uuid.UUID, f SyncedFile) error
}

// Write is a request to change a project.
type Write struct {
	Project uuid.UUID
	Command project.Command
	Actor   project.Actor
	// Now is the caller's clock. The log's own time never goes back.
	Now time.Time
	// Key makes the request idempotent: the same key with the same request
	// returns the first answer, with another request it is refused.
	Key string
	// Create begins the stream if there is none.
	Create bool
	// CorrelationID ties together what one request causes.
	CorrelationID uuid.UUID
	CausationID   uuid.UUID
}

// Redact is a request to take texts out of a log.
type Redact struct {
	// Write says who asks, and when. Its command is left out.
	Write
	// Payload returns what takes the place of an event's payload, and where it
	// differs; nothing changed returns the payload itself.
	Payload func(e *event.Envelope) (changed json.RawMessage, fields []string, err error)
	// Rendering does so for markdown files that were kept.
	Rendering func(content []byte) []byte
	// Command makes the command that records the redactions.
	Command func(found []project.Redaction) project.Command
}

// Receipt says what a write did.
type Receipt struct {
	// First and Last are the versions appended; First > Last when nothing was.
	First, Last int64
	// Events are the events appended, or those of the first answer.
	Events []event.Envelope
	// Repeated says that the request had been carried out before.
	Repeated bool
}

// Head is the end of a log.
type Head struct {
	Version    int64      `json:"version"`
	Hash       event.Hash `json:"-"`
	RecordedAt time.Time  `json:"recorded_at"`
}

// View names a project and a moment.
type View struct {
	Project uuid.UUID
	At      At
	// Wants may name all that the read is going to ask for, which is then fetched
	// in one round trip. Nothing else can be asked for.
	Wants *Wants
}

// Wants names what a read asks for. The fields are called as the methods of
// [Reader] that they are for.
type Wants struct {
	Head, Project, Workflow, Gates bool
	// Evidence is what gates look at: Proofs, Deliverables, OpenTasks, Conditions
	// and Blockers. Waiting is what waits for somebody: Questions, Risks, Feedback,
	// Conditions and Blockers. Counts is for CountTasks.
	Evidence, Waiting, Counts bool
	// Ready is the limit of ReadyTasks, and Now its time; 0 is for none.
	Ready int
	Now   time.Time
	// Tasks is the query of Tasks, one without a limit, or nil.
	Tasks *TaskQuery
	// ID is the whole id of a record that exists, a task, a decision or a memory,
	// and Kind its kind: it can then be looked up and shortened.
	Kind Kind
	ID   string
}

// At is a moment in a project's history. The zero value is now.
type At struct {
	// Seq is the version of the log to look at; 0 means the newest.
	Seq int64
	// Time is the time to look at; zero means now.
	Time time.Time
}

// IsNow reports whether a is the present.
func (a At) IsNow() bool { return a.Seq == 0 && a.Time.IsZero() }

// EventQuery selects events.
type EventQuery struct {
	// Before is the version before which to look; 0 means from the newest. After
	// is the version after which to look.
	Before, After int64
	// Types, Actor, Subject and Correlation narrow the selection. A part of the
	// actor's name is enough, in any case. Subject is the stored id of a task, a
	// gate, a decision and so on; [Log.Subject] finds it.
	Types       []string
	Actor       string
	Subject     string
	Correlation uuid.UUID
	// Since and Until bound the time of recording; zero means unbounded.
	Since, Until time.Time
	// Limit is the most events to return; 0 means 50.
	Limit int
}

// EventCount is how many events of a type an actor caused on a day.
type EventCount struct {
	Type  string
	Actor string
	// Day is its begin, in UTC.
	Day    time.Time
	Events int64
}

// Difference is a row that is not as the log says.
type Difference struct {
	Table   string `json:"table"`
	Key     string `json:"key"`
	Column  string `json:"column"`
	Stored  string `json:"stored"`
	Derived string `json:"derived"`
}

// Rendering is a markdown file as it was written.
type Rendering struct {
	Project uuid.UUID
	File    string
	Version int64
	// BodySHA256 is the hash of the bytes before the stamp.
	BodySHA256 []byte
	Content    []byte
}

// SyncedFile says how far the renderings of a file by one database were taken
// in.
type SyncedFile struct {
	File string
	// Source is the database that rendered it.
	Source uuid.UUID
	// Version is the version of that database's log, BodySHA256 the hash of the
	// bytes before the stamp.
	Version    int64
	BodySHA256 []byte
}

// TaskQuery selects tasks. Zero values select everything.
type TaskQuery struct {
	Statuses []project.TaskStatus
	Phase    workflow.Phase
	Priority project.Priority
	Owner    string
	Gate     string
	Parent   string
	// Text is looked for in titles and descriptions, ignoring case.
	Text string
	// Limit and Offset page through the result; 0 means no limit.
	Limit, Offset int
	// Lines reads only what a line of a list shows: title, status, priority,
	// owner, gate, time of the last change, and what the task waits for.
	Lines bool
}

// RunQuery selects runs of agents. Zero values select everything.
type RunQuery struct {
	Statuses         []project.RunStatus
	Role, Task, Gate string
	// Limit and Offset page through the result; 0 means no limit.
	Limit, Offset int
}

// Kind is a kind of record that has an id.
type Kind string

// The kinds of records; each has its letter before the ids that people see.
const (
	KindTask      Kind = "task"
	KindDecision  Kind = "decision"
	KindMemory    Kind = "memory"
	KindNote      Kind = "note"
	KindProof     Kind = "proof"
	KindCondition Kind = "condition"
	KindQuestion  Kind = "question"
	KindRisk      Kind = "risk"
	KindBlocker   Kind = "blocker"
	KindFeedback  Kind = "feedback"
	KindConflict  Kind = "conflict"
	KindRun       Kind = "run"
	KindHandoff   Kind = "handoff"
)

// Prefix returns the letter and hyphen before ids of this kind.
func (k Kind) Prefix() string {
	switch k {
	case KindTask:
		return project.PrefixTask
	case KindDecision:
		return project.PrefixDecision
	case KindMemory:
		return project.PrefixMemory
	case KindNote:
		return "n-"
	case KindProof:
		return "p-"
	case KindCondition:
		return "c-"
	case KindQuestion:
		return "q-"
	case KindRisk:
		return "k-"
	case KindBlocker:
		return "b-"
	case KindFeedback:
		return "f-"
	case KindConflict:
		return "x-"
	case KindRun:
		return project.PrefixRun
	case KindHandoff:
		return project.PrefixHandoff
	}
	return ""
}

// Reader reads one consistent view of a project. Lists are never nil. Where ids
// can be named, naming none means all.
//
//nolint:interfacebloat // one method per kind of record; callers use it whole
type Reader interface {
	Head(ctx context.Context) (Head, error)
	Project(ctx context.Context) (*project.Project, error)
	Workflow(ctx context.Context) (*workflow.Workflow, error)
	Gates(ctx context.Context) ([]project.Gate, error)
	Conditions(ctx context.Context) ([]project.Condition, error)
	// Proofs lists the proofs of a gate and type; empty means any. Oldest first.
	Proofs(ctx context.Context, gate, proofType string) ([]project.Proof, error)
	Deliverables(ctx context.Context) ([]project.Deliverable, error)
	Tasks(ctx context.Context, q TaskQuery) ([]project.Task, error)
	TasksByID(ctx context.Context, ids []string) ([]project.Task, error)
	// ReadyTasks lists the tasks that could be started at the time, most
	// urgent first.
	ReadyTasks(ctx context.Context, now time.Time, limit int) ([]project.Task, error)
	// OpenTasks lists the tasks on which work may still come, with what gates look
	// at: title, status, phase, gate, and the gate they were deferred from.
	OpenTasks(ctx context.Context) ([]project.Task, error)
	CountTasks(ctx context.Context) (map[project.TaskStatus]int, error)
	// Neighbours returns, for each id, the ids before and after it in the
	// order of all task ids.
	Neighbours(ctx context.Context, ids []string) (map[string][2]string, error)
	Decisions(ctx context.Context, ids ...string) ([]project.Decision, error)
	Memories(ctx context.Context, ids ...string) ([]project.Memory, error)
	// Notes lists notes, newest first. Empty kind and subject mean any.
	Notes(ctx context.Context, kind, subject string, limit int) ([]project.Note, error)
	// ProofByID and NoteByID return one record each, or an error of kind
	// not_found.
	ProofByID(ctx context.Context, id string) (*project.Proof, error)
	NoteByID(ctx context.Context, id string) (*project.Note, error)
	Documents(ctx context.Context, ids ...string) ([]project.Document, error)
	Questions(ctx context.Context, ids ...string) ([]project.Question, error)
	Risks(ctx context.Context, ids ...string) ([]project.Risk, error)
	Blockers(ctx context.Context, ids ...string) ([]project.Blocker, error)
	Feedback(ctx context.Context, ids ...string) ([]project.Feedback, error)
	Constraints(ctx context.Context) ([]project.Constraint, error)
	// FileTexts lists what people wrote around the records of the markdown files.
	FileTexts(ctx context.Context) ([]project.FileText, error)
	// SyncConflicts lists the open conflicts between files and database, or all.
	SyncConflicts(ctx context.Context, all bool) ([]project.SyncConflict, error)
	Trust(ctx context.Context) ([]project.Trust, error)
	// Signers lists the keys whose signatures count, and those that did.
	Signers(ctx context.Context) ([]project.Signer, error)
	// Runs lists runs of agents, newest first, and RunsByID those with these ids.
	Runs(ctx context.Context, q RunQuery) ([]project.Run, error)
	RunsByID(ctx context.Context, ids []string) ([]project.Run, error)
	CountRuns(ctx context.Context) (map[project.RunStatus]int, error)
	// Handoffs lists what roles handed over, oldest first.
	Handoffs(ctx context.Context) ([]project.Handoff, error)
	Budgets(ctx context.Context) ([]project.Budget, error)
	// IDs lists up to limit ids of a kind that begin with a prefix, in order.
	IDs(ctx context.Context, kind Kind, prefix string, limit int) ([]string, error)
}
