package markdown

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// ResolveParams says how a conflict is settled.
type ResolveParams struct {
	Project uuid.UUID
	By      core.Caller
	// Conflict is the conflict's id or the beginning of it, as people see it.
	Conflict string
	// Choice is one of the Choice constants of package project, Value what counts
	// when it is "edit".
	Choice, Value string
}

// Resolve settles a conflict: it brings the database to what was chosen, and then
// records that it is settled.
func (w *Writer) Resolve(ctx context.Context, p ResolveParams) (*project.SyncConflict, error) {
	c, err := w.source.Conflict(ctx, core.View{Project: p.Project}, p.Conflict)
	if err != nil {
		return nil, err
	}
	value := c.Ours
	switch p.Choice {
	case project.ChoiceTheirs:
		value = c.Theirs
	case project.ChoiceEdit:
		value = p.Value
	}
	if c.Status == project.ConflictOpen && p.Choice != project.ChoiceOurs {
		if err := w.settle(ctx, &p, c, value); err != nil {
			return nil, err
		}
	}
	head, _, err := w.source.State(ctx, p.Project)
	if err != nil {
		return nil, err
	}
	_, err = w.source.Do(ctx, p.By, p.Project, head.Version, &project.ResolveConflict{ID: c.ID, Choice: p.Choice, Value: value})
	if err != nil {
		return nil, err
	}
	c.Status, c.Choice = project.ConflictResolved, p.Choice
	return c, nil
}

// settle makes what was chosen what the database has.
func (w *Writer) settle(ctx context.Context, p *ResolveParams, c *project.SyncConflict, value string) error {
	kind, id, ok := splitKey(c.Record)
	run := &syncRun{w: w, p: SyncParams{Project: p.Project, By: p.By}, result: &SyncResult{}, docs: &docsDir{}}
	snap, err := w.source.Snapshot(ctx, core.View{Project: p.Project})
	if err != nil {
		return err
	}
	a := &taker{r: run, v: &diskVersion{name: c.File}, out: &merged{}, m: &merger{}, snap: snap, tasks: tasksByID(snap)}
	run.seen = snap.Head.Version
	if c.Field == fieldText && (!ok || kind != core.KindNote) {
		return a.do(ctx, &project.KeepTexts{File: c.File, Texts: []project.FileText{{File: c.File, Anchor: c.Record, Body: value}}})
	}
	if !ok {
		return fault.Conflict("conflict_unknown_record", "x-%s is about %q, which is no record", c.ID, c.Record).
			WithHint("run `layercake sync resolve x-%s --ours`", c.ID)
	}
	change := &change{
		kind: kind, id: id, set: map[string]string{c.Field: value},
		disk: &Record{Kind: kind, ID: id, Fields: map[string]string{c.Field: value}},
		cur:  &Record{Kind: kind, ID: id, Fields: map[string]string{c.Field: c.Ours}},
	}
	if c.Field == fieldSection {
		change.disk.Section = value
	}
	if t := a.task(id); t != nil && kind == core.KindTask {
		change.cur.Fields[fieldStatus] = string(t.Status)
		if c.Field != fieldStatus {
			change.disk.Fields[fieldStatus] = string(t.Status)
		}
	}
	if err := a.check(); err != nil {
		return err
	}
	if err := a.settle(ctx, c, change); err != nil {
		return err
	}
	for _, refused := range a.out.clashes {
		return fault.Conflict("resolve_refused", "x-%s cannot be settled so: %s", c.ID, refused.reason).
			WithHint("run `layercake sync resolve x-%s --ours` to keep what is here", c.ID)
	}
	return nil
}

// settle carries out the change of one field.
func (a *taker) settle(ctx context.Context, c *project.SyncConflict, ch *change) error {
	a.out.changes = []change{*ch}
	change := &a.out.changes[0]
	if c.Field == fieldLine {
		return a.settleLine(ctx, c, change)
	}
	if change.kind != core.KindTask {
		return a.editRecord(ctx, change)
	}
	if err := a.checkField(change, c.Field, change.set[c.Field]); err != nil {
		return err
	}
	if err := a.editTask(ctx, change); err != nil {
		return err
	}
	if err := a.dependencies(ctx, change); err != nil {
		return err
	}
	return a.states(ctx)
}

// settleLine brings a record's line back, or takes it out.
func (a *taker) settleLine(ctx context.Context, c *project.SyncConflict, ch *change) error {
	switch {
	case c.Theirs == "" && ch.kind == core.KindTask:
		return a.unlist(ctx, ch)
	case c.Theirs == "":
		return a.removeRecord(ctx, ch)
	case ch.kind == core.KindTask:
		back := false
		return a.try(ctx, ch, fieldLine, &project.EditTask{ID: ch.id, Title: &c.Theirs, Unlisted: &back})
	}
	return nil
}

// splitKey splits an id as people see it.
func splitKey(key string) (core.Kind, string, bool) {
	for _, kind := range []core.Kind{core.KindTask, core.KindDecision, core.KindMemory, core.KindNote} {
		if id, ok := strings.CutPrefix(key, kind.Prefix()); ok && len(id) == project.IDLength {
			return kind, id, true
		}
	}
	return "", "", false
}
