package markdown

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/project"
)

// The values of [Taken.What].
const (
	takenAdded    = "added"
	takenChanged  = "changed"
	takenRemoved  = "removed"
	takenMoved    = "moved"
	takenText     = "text"
	takenRestored = "restored"
)

// fewLines is how many lines may vanish from a file without asking: a file that
// shrinks is more often an accident than a wish.
const fewLines = 5

// readFiles takes in what people made of the files. A file that cannot be
// understood is refused, and the others go on.
func (r *syncRun) readFiles(ctx context.Context) error {
	r.read, r.clashes = map[string][]byte{}, map[string][]clash{}
	changed := false
	for _, name := range r.readable() {
		took, err := r.readFile(ctx, name)
		coded, isCoded := errors.AsType[*fault.Error](err)
		switch {
		case err == nil:
			changed = changed || took
		case isCoded && coded.Code == project.CodeMoved:
			return err
		case isCoded && r.p.Overwrite: // it is replaced, and what it held kept aside
		case isCoded && (coded.Kind == fault.KindConflict || coded.Kind == fault.KindUsage || coded.Kind == fault.KindNotFound):
			r.refused = append(r.refused, FileReport{
				Name: name, Path: path.Join(r.docs.name, name), Reason: ReasonUnreadable, Message: coded.Message, Hint: coded.Hint,
			})
		default:
			return err
		}
		if took {
			// The next file, and what is written, are about the project as it is now.
			if !r.p.DryRun {
				if err := r.look(ctx); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readable are the files that are looked into: those with records first, then
// those in which only the texts of people are read.
func (r *syncRun) readable() []string {
	names := editable()
	for _, f := range r.files {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.kept)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// diskVersion is a file on disk with what it was made from.
type diskVersion struct {
	name    string
	content []byte
	stamps  []Stamp
	// stamp is the one whose rendering the file was made from.
	stamp Stamp
	// foreign says that another database had its part in it.
	foreign bool
	// unknownBase says that what it was made from is not to be had.
	unknownBase bool
	base        []byte
}

// readFile takes in one file. It reports whether that changed the project.
func (r *syncRun) readFile(ctx context.Context, name string) (bool, error) {
	content, err := r.diskFile(name)
	if err != nil || content == nil || isRendering(content, r.kept[name]) {
		return false, err
	}
	versions, err := r.versions(ctx, name, content)
	if err != nil {
		return false, err
	}
	changed := false
	for i, v := range versions {
		if i > 0 && changed && !r.p.DryRun {
			if err := r.look(ctx); err != nil {
				return changed, err
			}
		}
		took, err := r.takeVersion(ctx, v)
		changed = changed || took
		if err != nil {
			return changed, err
		}
	}
	if readBack(name) {
		r.read[name] = content
	}
	return changed, nil
}

// takeVersion takes in what one version of a file says.
func (r *syncRun) takeVersion(ctx context.Context, v *diskVersion) (bool, error) {
	cur, err := r.rendering(ctx, v.name)
	if cur == nil || err != nil {
		return false, err
	}
	a := &taker{r: r, v: v}
	ok := a.readDifferences(cur.Content)
	if ok {
		ok, err = a.compare(ctx)
	}
	if !ok && err == nil {
		if err = a.readWhole(cur.Content); err == nil {
			_, err = a.compare(ctx)
		}
	}
	if err != nil {
		return false, err
	}
	took, err := a.take(ctx)
	if err != nil {
		return took, err
	}
	if v.foreign {
		r.foreign = append(r.foreign, v.progress()...)
	}
	return took, nil
}

// readWhole reads what is to be compared.
func (a *taker) readWhole(cur []byte) (err error) {
	name, v := a.v.name, a.v
	m := &merger{unknownBase: v.unknownBase}
	if m.disk, err = Parse(name, v.content); err != nil {
		return err
	}
	if m.cur, err = Parse(name, cur); err != nil {
		return fmt.Errorf("read back what was rendered: %w", err)
	}
	switch {
	case v.base == nil:
		m.base = &Document{Name: name}
	case bytes.Equal(v.base, cur):
		m.base = m.cur // the database did not change since
	default:
		if m.base, err = Parse(name, v.base); err != nil {
			return err
		}
	}
	if v.unknownBase && !slices.Contains(editable(), name) {
		m.base = m.cur
	}
	a.m = m
	return nil
}

// readDifferences does so without what all versions have, and reports whether that
// is as good.
func (a *taker) readDifferences(cur []byte) bool {
	const few = 64 // rows, for which it is not worth it
	v := a.v
	if v.name != fileTasks || v.base == nil {
		return false
	}
	versions := [][]byte{v.content, cur}
	if !bytes.Equal(v.base, cur) {
		versions = append(versions, v.base)
	}
	s := shorten(versions...)
	if len(s.left) < few {
		return false
	}
	docs, ok := s.read()
	if ok {
		a.m = &merger{disk: docs[0], cur: docs[1], base: docs[len(docs)-1]}
	}
	return ok
}

// compare finds what the file says beyond the database, and looks whether it can be
// taken. It returns false if what was read is not enough for that.
func (a *taker) compare(ctx context.Context) (ok bool, err error) {
	a.m.text = a.r.mergeText(ctx)
	if a.out, err = a.m.merge(); err != nil {
		return false, err
	}
	if a.out.removed > fewLines && !a.r.p.AllowDelete {
		where := path.Join(a.r.docs.name, a.v.name)
		return false, fault.Conflict("many_lines_gone", "%d lines of records are gone from %s; so many are not taken out without being asked for",
			a.out.removed, where).
			WithHint("if you mean it, run `layercake sync --allow-delete`; see what is gone: `git diff -- %s`", where)
	}
	if err := a.prepare(ctx); err != nil {
		return false, err
	}
	if err := a.check(); err != nil {
		return false, err
	}
	return a.v.name != fileTasks || a.snap == nil || a.order(), nil
}

// progress says how far other databases are taken in by this version.
func (v *diskVersion) progress() []core.SyncedFile {
	var list []core.SyncedFile
	for _, s := range v.stamps {
		if s.Database != uuid.Nil {
			list = append(list, core.SyncedFile{File: v.name, Source: s.Database, Version: s.Version, BodySHA256: s.SHA256[:]})
		}
	}
	return list
}

// versions finds out what a file on disk is, and so what has to be taken in: none
// when nobody edited it and nothing in it is new; several when git put the
// renderings of several databases together.
func (r *syncRun) versions(ctx context.Context, name string, content []byte) ([]*diskVersion, error) {
	stamps := stampsOf(content)
	if len(stamps) > 1 {
		parts, err := r.parts(ctx, name, content, stamps)
		if err != nil || parts != nil {
			return parts, err
		}
	}
	v, err := r.version(ctx, name, content, stamps)
	if v == nil || err != nil {
		return nil, err
	}
	return []*diskVersion{v}, nil
}

// parts takes a file that git merged line by line apart again, by its stamps. It
// returns nil when somebody edited it besides: then it counts as it is.
func (r *syncRun) parts(ctx context.Context, name string, content []byte, stamps []Stamp) ([]*diskVersion, error) {
	renderings := make([][]byte, len(stamps))
	for i, s := range stamps {
		if s.Project != r.p.Project {
			return nil, nil
		}
		var err error
		if renderings[i], err = r.find(ctx, name, s.SHA256[:]); err != nil || renderings[i] == nil {
			return nil, err
		}
	}
	if !isUnion(content, renderings) {
		return nil, nil
	}
	list := []*diskVersion{}
	for i, s := range stamps {
		mine := s.Database == r.database || s.Database == uuid.Nil
		if mine || r.takenIn(name, s) {
			continue
		}
		v, err := r.rendered(ctx, &diskVersion{name: name, content: renderings[i], stamps: []Stamp{s}, stamp: s, foreign: true})
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// isUnion reports whether a file holds the lines of some renderings and nothing
// else: all that they have in common, and no line that none of them has.
func isUnion(content []byte, renderings [][]byte) bool {
	in := map[string]int{}
	for i, r := range renderings {
		for line := range bytes.Lines(bodyOf(r)) {
			if in[string(line)] == i {
				in[string(line)]++ // in all renderings up to this one
			} else if _, ok := in[string(line)]; !ok {
				in[string(line)] = 0
			}
		}
	}
	for line := range bytes.Lines(content) {
		if _, isStamp := parseStampLine(bytes.TrimRight(line, "\n")); isStamp {
			continue
		}
		if _, ok := in[string(line)]; !ok {
			return false
		}
		in[string(line)] = -1
	}
	for _, n := range in {
		if n == len(renderings) {
			return false
		}
	}
	return true
}

// version finds out what a file is that is not a mere merge of renderings.
func (r *syncRun) version(ctx context.Context, name string, content []byte, stamps []Stamp) (*diskVersion, error) {
	v := &diskVersion{name: name, content: content, stamps: stamps}
	if len(stamps) == 0 {
		return r.unstamped(v)
	}
	for _, s := range stamps {
		if s.Project != r.p.Project {
			return nil, fault.Conflict("other_project", "%s belongs to another project", path.Join(r.docs.name, name)).
				WithHint("move it away, then run `layercake sync`")
		}
		v.foreign = v.foreign || s.Database != r.database && s.Database != uuid.Nil
	}
	v.stamp = mine(stamps, r.database)
	if len(stamps) == 1 && !Edited(content) {
		if !v.foreign || r.takenIn(name, v.stamp) {
			return nil, nil //nolint:nilnil // nothing is new in it
		}
		return r.rendered(ctx, v)
	}
	if len(stamps) > 1 {
		v.content = oneStamp(content, v.stamp)
	}
	return r.edited(ctx, v)
}

// unstamped is a file that LayerCake did not write.
func (r *syncRun) unstamped(v *diskVersion) (*diskVersion, error) {
	if _, err := Parse(v.name, v.content); err != nil {
		return nil, err
	}
	if !r.p.Adopt {
		return nil, fault.Conflict("no_stamp", "%s has no stamp at its end, so it cannot be told what was changed in it", path.Join(r.docs.name, v.name)).
			WithHint("run `layercake sync --adopt` to take all of it in, or move it away and run `layercake sync`")
	}
	v.unknownBase = true
	return v, nil
}

// rendered is what another database rendered. What that database did is the
// difference to the newest version that both know: in the history of the
// repository, or else what was taken in of it before.
func (r *syncRun) rendered(ctx context.Context, v *diskVersion) (*diskVersion, error) {
	var taken *core.SyncedFile
	for i, f := range r.synced {
		if f.File == v.name && f.Source == v.stamp.Database {
			taken = &r.synced[i]
		}
	}
	var from []string
	itself, err := r.history(ctx, v.name, nil, func(s Stamp) bool { return s.SHA256 == v.stamp.SHA256 })
	if err != nil {
		return nil, err
	}
	if itself != nil {
		from = []string{itself.Commit}
	}
	common, err := r.history(ctx, v.name, from, func(s Stamp) bool {
		switch s.Database {
		case r.database:
			return true
		case v.stamp.Database:
			return taken != nil && s.Version <= taken.Version
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	switch {
	case common != nil:
		v.base = unixLines(common.Content)
	case taken != nil:
		if v.base, err = r.find(ctx, v.name, taken.BodySHA256); err != nil {
			return nil, err
		}
	}
	v.unknownBase = v.base == nil
	return v, nil
}

// history returns the newest rendering of a file in the history of the repository
// whose stamp matches, or nil.
func (r *syncRun) history(ctx context.Context, name string, from []string, match func(s Stamp) bool) (*git.Version, error) {
	search := git.Search{Path: path.Join(r.docs.name, name), From: from}
	version, err := git.FindBlob(ctx, r.p.Root, search, func(content []byte) bool {
		stamp, ok := ParseStamp(content)
		return ok && stamp.Project == r.p.Project && match(stamp) && !Edited(content)
	})
	if code := fault.CodeOf(err); code == git.CodeNotRepo || code == git.CodeMissing {
		return nil, nil //nolint:nilnil // no repository, no history
	}
	return version, err
}

// edited is a rendering that somebody edited.
func (r *syncRun) edited(ctx context.Context, v *diskVersion) (*diskVersion, error) {
	base, err := r.find(ctx, v.name, v.stamp.SHA256[:])
	if err != nil {
		return nil, err
	}
	v.base, v.unknownBase = base, base == nil
	return v, nil
}

// find returns a rendering by the hash in its stamp: one that is kept, or one in
// the history of the repository.
func (r *syncRun) find(ctx context.Context, name string, sum []byte) ([]byte, error) {
	if content, err := r.w.source.Rendering(ctx, r.p.Project, name, sum); content != nil || err != nil {
		return content, err
	}
	version, err := r.history(ctx, name, nil, func(s Stamp) bool { return bytes.Equal(s.SHA256[:], sum) })
	if version == nil {
		return nil, err
	}
	return unixLines(version.Content), nil
}
