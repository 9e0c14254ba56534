package markdown

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/project"
)

// SyncParams says what to bring in step.
type SyncParams struct {
	Project uuid.UUID
	// Root is the absolute path of the project's folder.
	Root string
	// Home says that this database is where the project is at home. Elsewhere
	// STATUS, GATES and the tracking documents are left to that database.
	Home bool
	// By is on whose behalf the files are read.
	By core.Caller
	// Unread leaves edited files as they are instead of reading them.
	Unread bool
	// AllowDelete takes it that many lines are gone on purpose.
	AllowDelete bool
	// Adopt reads files that have no stamp, as if everything in them were new.
	Adopt bool
	// Overwrite replaces what cannot be read; what it held is kept aside.
	Overwrite bool
	// DryRun looks, says what would be done, and changes nothing.
	DryRun bool
}

// Taken is one thing that a file said and the database now says, too.
type Taken struct {
	File string `json:"file"`
	// Line is where it stands, or 0 for what is gone.
	Line int `json:"line"`
	// Record is the record's id as people see it.
	Record string `json:"record"`
	// What happened to it: "added", "changed", "removed", "moved", "text" or
	// "restored".
	What string `json:"what"`
	// Fields are the fields that changed.
	Fields []string `json:"fields"`
	// Title is the record's title.
	Title string `json:"title"`
}

// Found is a conflict that a sync found.
type Found struct {
	ID     string `json:"id"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Record string `json:"record"`
	Field  string `json:"field"`
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	Reason string `json:"reason"`
}

// SyncResult says what a sync did.
type SyncResult struct {
	Result

	// Taken is what was read from the files.
	Taken []Taken `json:"taken"`
	// Conflicts are those found now.
	Conflicts []Found `json:"conflicts"`
	// InStep says that there was nothing to do.
	InStep bool `json:"in_step"`
}

// editable are the files that are read, in the order in which they are.
func editable() []string { return []string{fileTasks, fileDecisions, fileMemory} }

// Sync reads what people made of the files, takes it into the project, and writes
// the files as the project is then. Nothing is read or written while git is in
// the middle of something.
func (w *Writer) Sync(ctx context.Context, p SyncParams) (*SyncResult, error) {
	s, err := begin(ctx, p.Root)
	if err != nil {
		return nil, err
	}
	defer s.end()
	if err := idle(ctx, p.Root); err != nil {
		return nil, err
	}
	var taken []Taken
	for tries := 1; ; tries++ {
		run := &syncRun{w: w, p: p, s: s, result: &SyncResult{Result: newResult(), Taken: taken, Conflicts: []Found{}}}
		if taken == nil {
			run.result.Taken = []Taken{}
		}
		result, err := run.run(ctx)
		if fault.CodeOf(err) != project.CodeMoved || tries == maxTries {
			return result, err
		}
		// Somebody changed the project meanwhile: what is taken in by now is, and
		// the rest is merged with what they did.
		taken = run.result.Taken
	}
}

// maxTries bounds how often a sync begins again.
const maxTries = 20

// idle refuses to go on while git waits for a person: the files are in between.
func idle(ctx context.Context, root string) error {
	op, err := git.InProgress(ctx, root)
	switch {
	case fault.CodeOf(err) == git.CodeNotRepo, fault.CodeOf(err) == git.CodeMissing, err == nil && op == git.Idle:
		return nil
	case err != nil:
		return err
	}
	return fault.Conflict("git_busy", "a %s is under way in the repository, so the markdown files are not touched", op).
		WithHint("finish it, then run `layercake sync`; see `git status`")
}

// syncRun is one sync at work.
type syncRun struct {
	w *Writer
	p SyncParams
	s *session

	database uuid.UUID
	// snapshot and files are the project as it is, and the files as they would be
	// then; nil as long as nobody needed them.
	snapshot *core.Snapshot
	files    []File
	docs     *docsDir
	synced   []core.SyncedFile
	head     core.Head
	// seen is the end of the log as far as this sync knows it.
	seen int64
	// kept are the hashes of the files as the database would have them, when that
	// is what it had at the last sync.
	kept map[string][]byte
	// read are the files that were taken in: they may be written over. foreign
	// says how far those of other databases are taken in now.
	read    map[string][]byte
	foreign []core.SyncedFile
	refused []FileReport
	result  *SyncResult
	// clashes are kept until everything else is taken in.
	clashes map[string][]clash
}

// allFiles is the name under which the version is remembered up to which all
// files were in step.
const allFiles = "*"

func (r *syncRun) run(ctx context.Context) (*SyncResult, error) {
	var err error
	if r.head, r.synced, err = r.w.source.State(ctx, r.p.Project); err != nil {
		return nil, err
	}
	r.seen = r.head.Version
	ok, err := r.nothingNew(ctx)
	if r.docs != nil {
		defer func() { _ = r.docs.root.Close() }() // only read from at the end
	}
	if ok || err != nil {
		return r.result, err
	}
	if r.kept == nil || r.p.Unread {
		if err := r.look(ctx); err != nil {
			return nil, err
		}
	}
	if !r.p.Unread && r.docs != nil {
		if err := r.readFiles(ctx); err != nil {
			return nil, err
		}
	}
	if r.files == nil {
		if err := r.look(ctx); err != nil {
			return nil, err
		}
	}
	return r.result, r.write(ctx)
}

// state is the project as it is.
func (r *syncRun) state(ctx context.Context) (*core.Snapshot, error) {
	if r.snapshot == nil {
		if err := r.look(ctx); err != nil {
			return nil, err
		}
	}
	return r.snapshot, nil
}

// look reads the project and renders it.
func (r *syncRun) look(ctx context.Context) error {
	var err error
	r.kept = nil
	if r.snapshot, err = r.w.source.Snapshot(ctx, core.View{Project: r.p.Project}); err != nil {
		return err
	}
	r.seen = r.snapshot.Head.Version
	if r.files, err = Render(r.snapshot); err != nil {
		return err
	}
	if !r.p.Home {
		r.files = slices.DeleteFunc(r.files, func(f File) bool { return !slices.Contains(editable(), f.Name) })
	}
	if r.docs != nil || r.p.DryRun && r.s.lacksDocs(r.snapshot.Project.DocsDir) {
		return nil
	}
	r.docs, err = r.s.openDocs(r.snapshot.Project.DocsDir)
	return err
}

// nothingNew reports whether the log ends where it did when all files were in
// step, and the files are still those. It asks for no state.
func (r *syncRun) nothingNew(ctx context.Context) (bool, error) {
	var err error
	if r.database, err = r.w.source.DatabaseID(ctx); err != nil {
		return false, err
	}
	mine := map[string][]byte{}
	for _, f := range r.synced {
		if f.Source == r.database {
			mine[f.File] = f.BodySHA256
			if f.File == allFiles && f.Version != r.head.Version {
				return false, nil
			}
		}
	}
	docsDir, ok := mine[allFiles]
	if !ok {
		return false, nil
	}
	dir := string(docsDir) // see remember
	if r.s.lacksDocs(dir) {
		return false, nil
	}
	delete(mine, allFiles)
	docs, err := r.s.openDocs(dir)
	if err != nil {
		return false, err
	}
	r.docs, r.kept = docs, mine
	result := newResult()
	for name, sum := range mine {
		content, err := docs.root.ReadFile(name)
		if err != nil || !isRendering(content, sum) {
			return false, nil //nolint:nilerr // whatever is wrong with it is found out by looking properly
		}
		result.Unchanged = append(result.Unchanged, FileReport{Name: name, Path: path.Join(docs.name, name)})
	}
	slices.SortFunc(result.Unchanged, func(a, b FileReport) int { return strings.Compare(a.Name, b.Name) })
	r.result.Result, r.result.InStep = result, true
	return true, nil
}

// isRendering reports whether a file is, to the byte, a rendering with this hash
// before its stamp.
func isRendering(content, sum []byte) bool {
	stamp, ok := ParseStamp(content)
	return ok && bytes.Equal(stamp.SHA256[:], sum) && !Edited(content)
}

// rendering returns a file as the database would have it, or nil.
func (r *syncRun) rendering(ctx context.Context, name string) (*File, error) {
	if sum, ok := r.kept[name]; ok {
		content, err := r.w.source.Rendering(ctx, r.p.Project, name, sum)
		if content != nil || err != nil {
			return &File{Name: name, Content: content}, err
		}
	}
	if _, err := r.state(ctx); err != nil {
		return nil, err
	}
	for i := range r.files {
		if r.files[i].Name == name {
			return &r.files[i], nil
		}
	}
	return nil, nil //nolint:nilnil // the project has no such file
}

// write writes the files that are not as the project is.
func (r *syncRun) write(ctx context.Context) error {
	dir := r.snapshot.Project.DocsDir
	result, err := r.s.write(ctx, WriteParams{
		DocsDir: dir, Files: r.files, Overwrite: r.p.Overwrite, DryRun: r.p.DryRun,
		Restore: r.restorable(), Known: r.known, Keep: func(ctx context.Context, f File) error { return r.w.keep(ctx, r.p.Project, f) },
	})
	if err != nil {
		return err
	}
	for _, report := range r.refused {
		replace := func(f FileReport) bool { return f.Name == report.Name }
		result.Refused = append(slices.DeleteFunc(result.Refused, replace), report)
		result.Written, result.Unchanged = slices.DeleteFunc(result.Written, replace), slices.DeleteFunc(result.Unchanged, replace)
	}
	r.result.Result = result
	r.result.InStep = len(result.Written) == 0 && len(result.Refused) == 0 && len(r.result.Taken) == 0 && len(r.result.Conflicts) == 0
	for _, f := range result.Written {
		if f.Aside != "" && !slices.Contains(editable(), f.Name) {
			r.result.Taken = append(r.result.Taken, Taken{File: f.Path, What: takenRestored, Fields: []string{}})
		}
	}
	if r.p.DryRun {
		return nil
	}
	return r.remember(ctx, dir, &result)
}

// restorable are the files in which nothing is read: an edit of them is kept
// aside and taken back.
func (r *syncRun) restorable() []string {
	if r.p.Unread {
		return nil
	}
	var names []string
	for _, f := range r.files {
		if !slices.Contains(editable(), f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// known reports whether a file may be written over: nobody edited it, or what
// they made of it was taken in.
func (r *syncRun) known(_ context.Context, f File) (bool, error) {
	if slices.ContainsFunc(r.refused, func(report FileReport) bool { return report.Name == f.Name }) {
		return false, nil
	}
	if content, ok := r.read[f.Name]; ok && bytes.Equal(content, f.Content) {
		return true, nil
	}
	if !readBack(f.Name) && len(stampsOf(f.Content)) > 1 {
		return true, nil // git put two renderings together
	}
	stamp, ok := ParseStamp(f.Content)
	if !ok || Edited(f.Content) || stamp.Project != r.p.Project {
		return false, nil
	}
	return stamp.Database == r.database || stamp.Database == uuid.Nil || r.takenIn(f.Name, stamp), nil
}

// takenIn reports whether a rendering of another database was taken in, or a
// later one.
func (r *syncRun) takenIn(file string, stamp Stamp) bool {
	for _, f := range slices.Concat(r.synced, r.foreign) {
		if f.File == file && f.Source == stamp.Database && f.Version >= stamp.Version {
			return true
		}
	}
	return false
}

// remember keeps what the next sync has to know.
func (r *syncRun) remember(ctx context.Context, dir string, result *Result) error {
	for _, f := range r.foreign {
		if err := r.w.source.PutSyncedFile(ctx, r.p.Project, f); err != nil {
			return err
		}
	}
	if len(result.Refused) > 0 {
		return nil
	}
	mine := slices.DeleteFunc(slices.Clone(r.synced), func(f core.SyncedFile) bool { return f.Source != r.database })
	put := func(f core.SyncedFile) error {
		if slices.ContainsFunc(mine, func(old core.SyncedFile) bool {
			return old.File == f.File && bytes.Equal(old.BodySHA256, f.BodySHA256) && (f.File != allFiles || old.Version == f.Version)
		}) {
			return nil
		}
		return r.w.source.PutSyncedFile(ctx, r.p.Project, f)
	}
	for _, f := range r.files {
		stamp, _ := ParseStamp(f.Content)
		err := put(core.SyncedFile{File: f.Name, Source: r.database, Version: stamp.Version, BodySHA256: stamp.SHA256[:]})
		if err != nil {
			return err
		}
	}
	// The documents' folder takes the place of a hash, which all files together
	// have none of.
	return put(core.SyncedFile{File: allFiles, Source: r.database, Version: r.snapshot.Head.Version, BodySHA256: []byte(dir)})
}

// diskFile reads a file of the documents' folder; nil when there is none, or
// nothing in it.
func (r *syncRun) diskFile(name string) ([]byte, error) {
	shown := path.Join(r.docs.name, name)
	info, err := r.docs.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, ioFault(err, "look at "+shown)
	case !info.Mode().IsRegular():
		return nil, fault.Conflict("file_not_regular", "%s is %s, and LayerCake writes a file there", shown, sort(info.Mode())).
			WithHint("move it away, then run `layercake sync`")
	case info.Size() > maxFile:
		return nil, fault.Conflict("file_too_large", "%s has %d bytes; at most %d are read", shown, info.Size(), maxFile).
			WithHint("move what is not about the records into a file of its own")
	}
	content, err := r.docs.root.ReadFile(name)
	if err != nil {
		return nil, ioFault(err, "read "+shown)
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, nil
	}
	return unixLines(content), nil
}

// maxFile bounds what is read of a markdown file, in bytes.
const maxFile = 64 << 20
