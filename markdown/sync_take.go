package markdown

import (
	"context"
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/project"
)

// taker takes what a file says into the project.
type taker struct {
	r   *syncRun
	v   *diskVersion
	m   *merger
	out *merged
	// snap is the project as it was when the file was read; nil when nothing of it
	// has to be known. tasks are its tasks by their ids, and copies counts new
	// records that are the same.
	snap   *core.Snapshot
	tasks  map[string]*project.Task
	copies map[string]int
	any    bool
}

// take carries out the changes: what is new first, so that everything else can
// refer to it. What the rules refuse becomes a conflict, and nothing is lost.
func (a *taker) take(ctx context.Context) (bool, error) {
	if a.r.p.DryRun {
		return a.foretell()
	}
	var err error
	switch a.v.name {
	case fileTasks:
		err = a.takeTasks(ctx)
	default:
		err = a.takeRecords(ctx)
	}
	if err == nil {
		// Only now: texts behind a new record are called by its id.
		err = a.m.texts()
	}
	if err == nil {
		err = a.takeTexts(ctx)
	}
	if err == nil {
		err = a.takeClashes(ctx)
	}
	return a.any, err
}

// foretell says what would be taken.
func (a *taker) foretell() (bool, error) {
	if err := a.m.texts(); err != nil {
		return false, err
	}
	for i := range a.out.changes {
		a.tookChange(&a.out.changes[i])
	}
	for _, t := range a.out.texts {
		a.took(Taken{What: takenText, Record: t.Anchor})
	}
	for _, c := range a.out.clashes {
		a.found(&c, "")
	}
	return a.any, nil
}

// do carries out one command.
func (a *taker) do(ctx context.Context, cmd project.Command) (err error) {
	a.r.seen, err = a.r.w.source.Do(ctx, a.r.p.By, a.r.p.Project, a.r.seen, cmd)
	return err
}

// doMake carries out a command that makes a record. That it was made before, by a
// sync that did not get to its end, is fine.
func (a *taker) doMake(ctx context.Context, cmd project.Command) (err error) {
	a.r.seen, err = a.r.w.source.Make(ctx, a.r.p.By, a.r.p.Project, a.r.seen, cmd)
	return err
}

// try carries out a command that belongs to a change. What the rules refuse
// becomes a conflict over the field.
func (a *taker) try(ctx context.Context, c *change, field string, cmd project.Command) error {
	return a.refusal(a.do(ctx, cmd), c, field)
}

// refusal turns the word of the rules into a conflict; other errors stay what
// they are.
func (a *taker) refusal(err error, c *change, field string) error {
	coded, ok := errors.AsType[*fault.Error](err)
	if !ok || !refusable(coded) {
		return err
	}
	a.out.clashes = append(a.out.clashes, clash{
		record: c.key(), field: field, base: valueOf(c.base, field), ours: valueOf(c.cur, field), theirs: valueOf(c.disk, field),
		line: c.line(), reason: coded.Message,
	})
	return nil
}

// refusable reports whether an error is about what was asked for, and not about
// the machine.
func refusable(e *fault.Error) bool {
	if e.Code == project.CodeMoved {
		return false // it is read again
	}
	switch e.Kind {
	case fault.KindConflict, fault.KindUsage, fault.KindNotFound, fault.KindNotAllowed:
		return true
	case fault.KindFailed, fault.KindUnreachable, fault.KindTimeout, fault.KindInterrupted:
	}
	return false
}

// id makes the id of a record that a person wrote: always the same for the same
// line of the same file, in this database.
func (a *taker) id(c *change) string {
	parts := []string{
		a.r.database.String(), a.r.p.Project.String(), a.v.name, string(a.v.stamp.SHA256[:]), c.disk.Section,
	}
	for _, f := range slices.Sorted(maps.Keys(c.disk.Fields)) {
		parts = append(parts, f, c.disk.Fields[f])
	}
	same := core.DerivedID(parts...)
	a.copies[same]++
	return core.DerivedID(append(parts, strconv.Itoa(a.copies[same]))...)
}

// prepare looks at the project, if more has to be known of it than the file says.
func (a *taker) prepare(ctx context.Context) error {
	a.copies = map[string]int{}
	if a.simple() {
		return nil
	}
	var err error
	if a.snap, err = a.r.state(ctx); err != nil {
		return err
	}
	a.tasks = tasksByID(a.snap)
	return nil
}

func tasksByID(s *core.Snapshot) map[string]*project.Task {
	tasks := make(map[string]*project.Task, len(s.Tasks))
	for i := range s.Tasks {
		tasks[s.Tasks[i].ID] = &s.Tasks[i]
	}
	return tasks
}

// simple reports whether all changes are of fields that can be taken as they are,
// and no line has moved.
func (a *taker) simple() bool {
	for i := range a.out.changes {
		c := &a.out.changes[i]
		if c.made || c.removed {
			return false
		}
		for _, f := range []string{fieldGate, fieldAfter, fieldSection} {
			if _, ok := c.set[f]; ok {
				return false
			}
		}
	}
	keys := func(d *Document) []string {
		records := d.Records()
		list := make([]string, len(records))
		for i, r := range records {
			list[i] = r.Key()
		}
		return list
	}
	return slices.Equal(keys(a.m.disk), keys(a.m.base))
}

// make carries out a command that makes the record of a change.
func (a *taker) make(ctx context.Context, c *change, cmd project.Command) error {
	return a.refusal(a.doMake(ctx, cmd), c, fieldLine)
}

// took notes what was taken.
func (a *taker) took(t Taken) {
	a.any = true
	t.File = path.Join(a.r.docs.name, a.v.name)
	if t.Fields == nil {
		t.Fields = []string{}
	}
	a.r.result.Taken = append(a.r.result.Taken, t)
}

// tookChange notes a change.
func (a *taker) tookChange(c *change) {
	t := Taken{What: takenChanged, Record: c.key(), Line: c.line()}
	switch {
	case c.made:
		t.What = takenAdded
	case c.removed:
		t.What = takenRemoved
	default:
		t.Fields = slices.Sorted(maps.Keys(c.set))
		if len(t.Fields) == 1 && t.Fields[0] == fieldRank {
			t.What = takenMoved
		}
	}
	if r := c.disk; r != nil {
		t.Title = summary(r)
	} else {
		t.Title = summary(c.base)
	}
	a.took(t)
}

// takeTexts keeps what people wrote around the records, by one command for a file.
func (a *taker) takeTexts(ctx context.Context) error {
	if len(a.out.texts) == 0 {
		return nil
	}
	snap := a.snap
	if snap == nil {
		var err error
		if snap, err = a.r.state(ctx); err != nil {
			return err
		}
	}
	var kept []project.FileText
	for _, t := range snap.Texts {
		if t.File == a.v.name {
			kept = append(kept, t)
		}
	}
	// People saw the texts where the rendering has them, and edited them there.
	texts := a.m.cur.Moves(kept)
	for _, t := range a.out.texts {
		a.took(Taken{What: takenText, Record: t.Anchor})
		texts = append(slices.DeleteFunc(texts, func(m project.FileText) bool { return m.Anchor == t.Anchor }), t)
	}
	return a.do(ctx, &project.KeepTexts{File: a.v.name, Texts: texts})
}

// takeClashes records the conflicts.
func (a *taker) takeClashes(ctx context.Context) error {
	for i := range a.out.clashes {
		c := &a.out.clashes[i]
		id := core.DerivedID("conflict", a.r.database.String(), a.r.p.Project.String(), a.v.name, string(a.v.stamp.SHA256[:]),
			c.record, c.field, c.theirs, c.ours)
		err := a.doMake(ctx, &project.DetectConflict{SyncConflict: project.SyncConflict{
			ID: id, File: a.v.name, Record: c.record, Field: c.field, Base: c.base, Ours: c.ours, Theirs: c.theirs, Reason: c.reason,
		}})
		if err != nil {
			return err
		}
		a.found(c, id)
	}
	return nil
}

// found notes a conflict.
func (a *taker) found(c *clash, id string) {
	a.any = true
	shown := ""
	if id != "" {
		shown = core.KindConflict.Prefix() + id
	}
	a.r.result.Conflicts = append(a.r.result.Conflicts, Found{
		ID: shown, File: path.Join(a.r.docs.name, a.v.name), Line: c.line, Record: c.record, Field: c.field,
		Ours: c.ours, Theirs: c.theirs, Reason: c.reason,
	})
}

// mergeText merges texts of several lines with git's own program, which people
// know the results of.
func (r *syncRun) mergeText(ctx context.Context) textMerge {
	return func(base, ours, theirs string) (merged string, clean bool, err error) {
		dir, err := os.MkdirTemp("", "layercake-merge-")
		if err != nil {
			return "", false, ioFault(err, "make a temporary folder")
		}
		defer func() { _ = os.RemoveAll(dir) }() // temporary
		names := []string{"ours", "base", "theirs"}
		for i, text := range []string{ours, base, theirs} {
			names[i] = filepath.Join(dir, names[i])
			if err := os.WriteFile(names[i], []byte(withEnd(text)), 0o600); err != nil {
				return "", false, ioFault(err, "write a temporary file")
			}
		}
		out, err := git.At(r.p.Root).Run(ctx, append([]string{"merge-file", "--stdout", "-q"}, names...)...)
		switch {
		case err == nil:
			merged = string(out)
			if !strings.HasSuffix(ours, "\n") && !strings.HasSuffix(theirs, "\n") {
				merged = strings.TrimSuffix(merged, "\n")
			}
			return merged, true, nil
		case git.ExitCode(err) > 0 && git.ExitCode(err) < mergeFailed:
			return "", false, nil
		}
		return "", false, err
	}
}

// mergeFailed is the first exit code of `git merge-file` that is no number of
// conflicts.
const mergeFailed = 128

// withEnd ends a text with a line end, which merging by lines needs.
func withEnd(s string) string {
	if s == "" || strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}

// order finds the places of the tasks that were moved or written between others.
// It is called before anything is taken, and adds the moves to the changes. It
// returns false if a record has to move of which only the place was read.
func (a *taker) order() bool {
	ranked := map[string]float64{}
	section := map[string]string{}
	for i := range a.snap.Tasks {
		t := &a.snap.Tasks[i]
		ranked[project.PrefixTask+t.ID] = t.Rank
	}
	for _, r := range a.m.cur.rows() {
		section[r.Key()] = r.Section
	}
	at := map[string]int{}
	byLine := map[int]int{}
	for i := range a.out.changes {
		c := &a.out.changes[i]
		if c.id != "" {
			at[c.key()] = i
		} else {
			byLine[c.line()] = i
		}
	}
	before := bySection(a.m.base)
	disk := bySection(a.m.disk)
	for _, name := range slices.Sorted(maps.Keys(disk)) {
		list := disk[name]
		moved := a.moved(list, before[name], func(r *Record) bool { return section[r.Key()] == name }, ranked)
		for _, i := range slices.Sorted(maps.Keys(moved)) {
			r, rank := list[i], moved[i]
			n, ok := at[r.Key()]
			if r.ID == "" {
				n, ok = byLine[r.Line]
			}
			if !ok {
				if _, known := ranked[r.Key()]; !known || ranked[r.Key()] == rank {
					continue
				}
				if r.isLeftOut() {
					return false
				}
				a.out.changes = append(a.out.changes, change{kind: r.Kind, id: r.ID, disk: r, base: r, cur: r, set: map[string]string{}})
				n = len(a.out.changes) - 1
			}
			a.out.changes[n].set[fieldRank] = strconv.FormatFloat(rank, 'g', -1, 64)
		}
	}
	return true
}

// moved returns the new places of the records of a section: in the file they are
// list, and were before. stayed reports whether one is in the section in the
// database, too.
func (a *taker) moved(list, before []*Record, stayed func(*Record) bool, ranked map[string]float64) map[int]float64 {
	keys := make([]string, len(list))
	for i, r := range list {
		if stayed(r) {
			keys[i] = r.Key()
		}
	}
	old := make([]string, len(before))
	for i, r := range before {
		old[i] = r.Key()
	}
	if a.m.unknownBase {
		old = keys
	}
	return ranks(keys, old, ranked)
}

// fieldRank is a task's place among the others.
const fieldRank = "rank"

func bySection(d *Document) map[string][]*Record {
	sections := map[string][]*Record{}
	for _, r := range d.rows() {
		sections[r.Section] = append(sections[r.Section], r)
	}
	return sections
}
