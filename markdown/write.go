package markdown

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// WriteParams says what to write where.
type WriteParams struct {
	// Root is the absolute path of the project's folder.
	Root string
	// DocsDir is the folder of the files, relative to Root. Empty means "docs".
	DocsDir string
	// Files are the files as they should be.
	Files []File
	// Known reports whether what a file holds is a rendering that was kept.
	// Content with other line ends counts as the same.
	Known func(ctx context.Context, f File) (bool, error)
	// Keep keeps a rendering, so that it is known later. It is called before
	// the file appears: a kill in between leaves nothing unknown.
	Keep func(ctx context.Context, f File) error
	// Overwrite replaces files that are not known renderings as well. What they
	// held is kept aside first.
	Overwrite bool
	// Restore are files of ours in which edits are not read: what they held is
	// kept aside, and they are written anew.
	Restore []string
	// DryRun looks, says what would be done, and changes nothing.
	DryRun bool
}

// Result says what became of the files.
type Result struct {
	// Written are the files that were written.
	Written []FileReport `json:"written"`
	// Unchanged are the files that had nothing new to say.
	Unchanged []FileReport `json:"unchanged"`
	// Refused are the files that hold what nobody but the person has, and so
	// stayed as they are.
	Refused []FileReport `json:"refused"`
}

// Reason is why a file was refused.
type Reason string

// The reasons.
const (
	// ReasonEdited: somebody changed a rendering of this project.
	ReasonEdited Reason = "edited"
	// ReasonForeign: it is no rendering that this database made.
	ReasonForeign Reason = "foreign"
	// ReasonUnreadable: something in it cannot be read, or not be taken as it is.
	ReasonUnreadable Reason = "unreadable"
)

// FileReport says what became of one file.
type FileReport struct {
	// Name is the file's name, and Path where it is, relative to the root.
	Name string `json:"name"`
	Path string `json:"path"`
	// Reason says why it was refused, Message in a sentence without a final
	// full stop, Hint what to do. Empty unless it was refused.
	Reason  Reason `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
	// Aside is where the content that was replaced is kept, relative to the
	// root. Empty unless a file was overwritten that was not known.
	Aside string `json:"aside,omitempty"`
}

// Write brings the files on disk up to date: all of them or, on an error, none.
// A file is written only when what comes before its stamp changed. Nothing
// outside of the root is touched, and no content is lost that is not in the
// database. Files are replaced whole; another process that writes at the same
// time waits.
func Write(ctx context.Context, p WriteParams) (Result, error) {
	s, err := begin(ctx, p.Root)
	if err != nil {
		return Result{}, err
	}
	defer s.end()
	return s.write(ctx, p)
}

// replacedDir is where content that was overwritten is kept.
const replacedDir = core.StateDir + "/replaced"

// write does the work of [Write] under the lock.
func (s *session) write(ctx context.Context, p WriteParams) (Result, error) {
	if p.DryRun && s.lacksDocs(p.DocsDir) {
		return allNew(&p), nil
	}
	docs, err := s.openDocs(p.DocsDir)
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = docs.root.Close() }() // only read from at the end
	if !p.DryRun {
		docs.sweep()
	}
	plans := make([]*plan, 0, len(p.Files))
	for _, f := range p.Files {
		pl, err := docs.plan(ctx, f, &p)
		if err != nil {
			return Result{}, err
		}
		plans = append(plans, pl)
	}
	if p.DryRun {
		return foretell(plans), nil
	}
	return s.carryOut(ctx, docs, plans, &p)
}

func newResult() Result {
	return Result{Written: []FileReport{}, Unchanged: []FileReport{}, Refused: []FileReport{}}
}

// allNew says that every file would be written.
func allNew(p *WriteParams) Result {
	result := newResult()
	for _, f := range p.Files {
		result.Written = append(result.Written, FileReport{Name: f.Name, Path: path.Join(docsName(p.DocsDir), f.Name)})
	}
	return result
}

// foretell says what carrying out the plans would come to.
func foretell(plans []*plan) Result {
	result := newResult()
	for _, pl := range plans {
		result.add(pl)
	}
	return result
}

func (r *Result) add(pl *plan) {
	switch {
	case pl.report.Reason != "":
		r.Refused = append(r.Refused, pl.report)
	case !pl.write:
		r.Unchanged = append(r.Unchanged, pl.report)
	default:
		r.Written = append(r.Written, pl.report)
	}
}

// plan is what is to be done about one file.
type plan struct {
	file   File
	report FileReport
	// disk is what the file holds now; nil when there is none.
	disk []byte
	mode fs.FileMode
	// write says that the file is to be replaced, aside that its content has
	// to be kept first, remember that its content should be known and is not.
	write, aside, remember bool
}

// plan looks at the file on disk and decides.
func (d *docsDir) plan(ctx context.Context, f File, p *WriteParams) (*plan, error) {
	if f.Name == "." || f.Name != filepath.Base(f.Name) || !filepath.IsLocal(f.Name) {
		return nil, fault.Usage("invalid_file_name", "%q is not the name of a file in the documents' folder", f.Name).
			WithHint("run `layercake project show` to see the documents' folder")
	}
	pl := &plan{file: f, report: FileReport{Name: f.Name, Path: path.Join(d.name, f.Name)}}
	info, err := d.root.Lstat(f.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		pl.write = true
		return pl, nil
	case err != nil:
		return nil, ioFault(err, "look at "+pl.report.Path)
	case !info.Mode().IsRegular():
		return nil, fault.Conflict("file_not_regular", "%s is %s, and LayerCake writes a file there", pl.report.Path, sort(info.Mode())).
			WithHint("move it away, then run `layercake project render`")
	}
	pl.mode = info.Mode().Perm()
	if pl.disk, err = d.root.ReadFile(f.Name); err != nil {
		return nil, ioFault(err, "read "+pl.report.Path)
	}
	if err := pl.decide(ctx, p); err != nil {
		return nil, err
	}
	return pl, nil
}

// decide says whether a file that exists is replaced.
func (pl *plan) decide(ctx context.Context, p *WriteParams) error {
	disk := unixLines(pl.disk)
	want, _ := ParseStamp(pl.file.Content)
	have, _, end, isStamped := findStamp(disk)
	ours := isStamped && have.Project == want.Project
	same := bytes.Equal(bodyOf(disk), bodyOf(pl.file.Content)) && (!isStamped || ours && end == len(disk))
	if len(bytes.TrimSpace(disk)) == 0 || same && (!isStamped || Edited(disk)) {
		pl.write = true // nothing can get lost
		return nil
	}
	known, err := p.Known(ctx, File{Name: pl.file.Name, Content: disk})
	switch {
	case err != nil:
		return fmt.Errorf("look up the rendering of %s: %w", pl.report.Path, err)
	case same:
		pl.remember = !known
	case known:
		pl.write = true
	case p.Overwrite, ours && slices.Contains(p.Restore, pl.file.Name):
		pl.write, pl.aside = true, true
	default:
		pl.refuse(disk, ours, isStamped)
	}
	return nil
}

// refuse says why the file stays as it is, and what can be done.
func (pl *plan) refuse(disk []byte, ours, isStamped bool) {
	r := &pl.report
	switch {
	case ours && Edited(disk):
		r.Reason, r.Message = ReasonEdited, r.Path+" was edited since LayerCake wrote it, so it was left as it is"
	case ours:
		r.Reason, r.Message = ReasonForeign, r.Path+" was written from another database, so it was left as it is"
	case isStamped:
		r.Reason, r.Message = ReasonForeign, r.Path+" belongs to another project, so it was left as it is"
	default:
		r.Reason, r.Message = ReasonForeign, r.Path+" was not written by LayerCake, so it was left as it is"
	}
	r.Hint = "run `layercake sync` to have it read; `layercake sync --help` says how to replace it"
}

// carryOut does what was planned: everything that can fail first, then the
// renames.
func (s *session) carryOut(ctx context.Context, docs *docsDir, plans []*plan, p *WriteParams) (Result, error) {
	if err := s.prepare(ctx, docs, plans, p); err != nil {
		docs.discard(plans)
		return Result{}, err
	}
	result := newResult()
	for _, pl := range plans {
		if pl.write {
			if err := docs.root.Rename(tempName(pl.file.Name), pl.file.Name); err != nil {
				docs.discard(plans)
				return result, ioFault(err, "put "+pl.report.Path+" in place")
			}
		}
		result.add(pl)
	}
	if len(result.Written) == 0 {
		return result, nil
	}
	return result, docs.flush()
}

// prepare keeps what is replaced, writes the temporary files and keeps the
// renderings. It changes no file that anybody looks at.
func (s *session) prepare(ctx context.Context, docs *docsDir, plans []*plan, p *WriteParams) error {
	for _, pl := range plans {
		var err error
		switch {
		case pl.remember:
			err = keep(ctx, p, File{Name: pl.file.Name, Content: unixLines(pl.disk)})
		case pl.aside:
			err = s.setAside(pl)
		}
		if err != nil {
			return err
		}
		if pl.write {
			if err := docs.writeTemp(pl); err != nil {
				return err
			}
		}
	}
	for _, pl := range plans {
		if pl.write {
			if err := keep(ctx, p, pl.file); err != nil {
				return err
			}
		}
	}
	return docs.unchanged(plans)
}

func keep(ctx context.Context, p *WriteParams, f File) error {
	if p.Keep == nil {
		return nil
	}
	if err := p.Keep(ctx, f); err != nil {
		return fmt.Errorf("keep the rendering of %s: %w", f.Name, err)
	}
	return nil
}

// setAside copies what a file holds to a name made from its content.
func (s *session) setAside(pl *plan) error {
	if err := s.root.MkdirAll(replacedDir, 0o755); err != nil {
		return ioFault(err, "make "+replacedDir)
	}
	ext := path.Ext(pl.file.Name)
	sum := sha256.Sum256(pl.disk)
	name := fmt.Sprintf("%s/%s.%x%s", replacedDir, pl.file.Name[:len(pl.file.Name)-len(ext)], sum[:shortHash/2], ext)
	temp := name + tempSuffix
	_ = s.root.Remove(temp) // left by a process that was killed
	if err := writeSynced(s.root, temp, pl.disk, 0o600); err != nil {
		return ioFault(errors.Join(err, ignoreMissing(s.root.Remove(temp))), "keep "+pl.report.Path+" aside")
	}
	if err := s.root.Rename(temp, name); err != nil {
		return ioFault(err, "keep "+pl.report.Path+" aside")
	}
	pl.report.Aside = name
	return nil
}

// sort names what stands where a file should be.
func sort(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "not a file"
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
