package mcp

import (
	"context"
	"fmt"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Files brings the project's markdown files and its state in step.
type Files interface {
	// Sync reads what was changed in the files and writes them; a dry run only
	// says what would be done.
	Sync(ctx context.Context, at core.Place, by core.Caller, how SyncHow) (*Synced, error)
	// Resolve settles a conflict by one of the Choice constants of package project.
	Resolve(ctx context.Context, at core.Place, by core.Caller, conflict, choice, value string) (*project.SyncConflict, error)
}

// SyncHow says how to bring the files in step.
type SyncHow struct{ DryRun, AllowDelete bool }

// Synced says what was done to bring the files in step.
type Synced struct {
	InStep bool
	// Taken are lines that say what was read from the files, Written the paths of
	// those that were written, Refused lines that say which were left and why.
	Taken, Written, Refused []string
	// Conflicts are those found now.
	Conflicts []project.SyncConflict
}

// syncTools read and write the markdown files.
func syncTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "sync_markdown", Title: "Bring the markdown files in step", Toolset: setSync, Hints: Hints{Destructive: true, Idempotent: true},
			Description: "Read what was edited in TASKS.md, DECISIONS.md and MEMORY.md into the project, and write the files anew. dry_run only says " +
				"what would be done. Editing STATUS.md or GATES.md changes nothing.",
			SearchHint: "docs files edit tasks.md decisions.md memory.md import update",
		}, syncIn{DryRun: true}, syncMarkdown),
		onProject(Tool{
			Name: "get_sync_status", Title: "Show what files and database disagree on", Toolset: setSync, Hints: readsOnly(),
			Description: "The open conflicts between the markdown files and the database: both changed the same. Your person decides; " +
				"resolve_sync_conflict settles one.",
			SearchHint: "conflict merge out of step docs",
		}, syncStatusIn{}, syncStatus),
		onProject(Tool{
			Name: "resolve_sync_conflict", Title: "Settle a conflict of the files", Toolset: setSync, Hints: Hints{Destructive: true},
			Description: "ours keeps what the database has, theirs takes what the file said, edit takes value.",
			SearchHint:  "conflict merge choose ours theirs",
		}, resolveSyncIn{ID: "x-7k3f9m2p", Choice: project.ChoiceTheirs}, resolveSync),
	}
}

type syncIn struct {
	DryRun      bool `json:"dry_run,omitempty"`
	AllowDelete bool `doc:"Many deleted lines are meant." json:"allow_delete,omitempty"`
}

type syncOut struct {
	InStep    bool          `json:"in_step"`
	Taken     []string      `json:"taken"`
	Written   []string      `json:"written"`
	Refused   []string      `json:"refused"`
	Conflicts []conflictRow `json:"conflicts"`
	// Notice says that there is more.
	Notice string `json:"notice,omitempty"`
}

type conflictRow struct {
	ID     string `json:"id"`
	File   string `json:"file"`
	Record string `json:"record"`
	Field  string `json:"field"`
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	Reason string `json:"reason,omitempty"`
}

func newConflictRow(c *project.SyncConflict) conflictRow {
	return conflictRow{
		ID: core.KindConflict.Prefix() + strings.TrimPrefix(c.ID, core.KindConflict.Prefix()), File: c.File, Record: c.Record, Field: c.Field,
		Ours: clip(c.Ours, maxExcerpt), Theirs: clip(c.Theirs, maxExcerpt), Reason: c.Reason,
	}
}

// files returns what brings the files in step, or says that there are none.
func (w *work) files() (Files, error) {
	if w.call.env.Files == nil || w.at.Root == "" {
		return nil, fault.Usage("no_work_tree", "the folder of the project is not known here, so there are no files").
			WithHint("run `layercake sync` inside the project's folder")
	}
	return w.call.env.Files, nil
}

// manyLines is how many lines of each kind a reply about the files holds.
const manyLines = 40

func syncMarkdown(ctx context.Context, w *work, in syncIn) (*syncOut, error) {
	files, err := w.files()
	if err != nil {
		return nil, err
	}
	done, err := files.Sync(ctx, w.at, w.by, SyncHow(in))
	if err != nil {
		return nil, err
	}
	out := &syncOut{
		InStep: done.InStep, Taken: firstLines(done.Taken), Written: firstLines(done.Written), Refused: firstLines(done.Refused),
		Conflicts: []conflictRow{},
	}
	for i := range done.Conflicts[:min(len(done.Conflicts), manyLines)] {
		out.Conflicts = append(out.Conflicts, newConflictRow(&done.Conflicts[i]))
	}
	if n := len(done.Taken) - len(out.Taken); n > 0 {
		out.Notice = fmt.Sprintf("%d more were read; list_events shows them all", n)
	}
	return out, nil
}

func firstLines(list []string) []string {
	out := []string{}
	for _, s := range list[:min(len(list), manyLines)] {
		out = append(out, line(s))
	}
	return out
}

type syncStatusIn struct {
	paging
}

type syncStatusOut struct {
	Conflicts []conflictRow `json:"conflicts"`
	page
}

func syncStatus(ctx context.Context, w *work, in syncStatusIn) (*syncStatusOut, error) {
	list, err := w.Sync.Conflicts(ctx, w.now(), false)
	if err != nil {
		return nil, err
	}
	out := &syncStatusOut{}
	out.Conflicts, out.page, err = paginate(list, in.paging, newConflictRow)
	return out, err
}

type resolveSyncIn struct {
	ID     string `json:"id"`
	Choice string `enum:"sync_choice"                      json:"choice"`
	Value  string `doc:"What counts, when choice is edit." json:"value,omitempty"`
}

type resolveSyncOut struct {
	ID     string `json:"id"`
	Choice string `json:"choice"`
}

func resolveSync(ctx context.Context, w *work, in resolveSyncIn) (*resolveSyncOut, error) {
	files, err := w.files()
	if err != nil {
		return nil, err
	}
	c, err := files.Resolve(ctx, w.at, w.by, in.ID, in.Choice, in.Value)
	if err != nil {
		return nil, err
	}
	return &resolveSyncOut{ID: core.KindConflict.Prefix() + c.ID, Choice: c.Choice}, nil
}
