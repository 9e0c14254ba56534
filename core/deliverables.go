package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Deliverables keeps what gates ask for besides proofs.
type Deliverables struct{ a *App }

// DeliverableView is a deliverable with what is at its path now.
type DeliverableView struct {
	project.Deliverable

	File project.FileCheck `json:"file"`
}

// List returns all deliverables by gate.
func (s *Deliverables) List(ctx context.Context, v View) ([]project.Deliverable, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Deliverable, error) { return r.Deliverables(ctx) })
}

// Find returns one deliverable.
func (s *Deliverables) Find(ctx context.Context, v View, id string) (*project.Deliverable, error) {
	list, err := s.List(ctx, v)
	if err != nil {
		return nil, err
	}
	d, err := pick(list, id, func(d *project.Deliverable) string { return d.ID })
	if err != nil {
		return nil, fault.NotFound("deliverable_not_found", "there is no deliverable %q", id).
			WithNearest(id, keys(list, func(d *project.Deliverable) string { return d.ID }), "layercake deliverable list")
	}
	return d, nil
}

// Get returns one deliverable and looks at its file.
func (s *Deliverables) Get(ctx context.Context, at Place, id string) (*DeliverableView, error) {
	d, err := s.Find(ctx, View{Project: at.Project}, id)
	if err != nil {
		return nil, err
	}
	view := &DeliverableView{Deliverable: *d}
	if d.Path != "" {
		view.File = fileCheck(ctx, at.Root, d.Path)
	}
	return view, nil
}

// Submit hands a deliverable in, as it is at its path now; path moves it
// elsewhere, empty leaves it.
func (s *Deliverables) Submit(ctx context.Context, by Caller, at Place, id, path, note string) (*DeliverableView, error) {
	d, err := s.Get(ctx, at, id)
	if err != nil {
		return nil, err
	}
	where := d.Path
	if path != "" {
		where = path
	}
	cmd := &project.ChangeDeliverable{ID: id, Status: project.DeliverableSubmitted, Path: path, Note: note}
	if where != "" {
		file := fileCheck(ctx, at.Root, where)
		switch {
		case file.Problem != "":
			return nil, fault.Failed("file_unreadable", "cannot read %s: %s", where, file.Problem).
				WithHint("run `layercake deliverable show %s`", id)
		case !file.Exists:
			return nil, fault.NotFound("file_not_found", "there is no file %s", where).WithHint("run `layercake deliverable show %s`", id)
		}
		cmd.SHA256 = file.SHA256
	}
	if _, err := s.a.write(ctx, by, at.Project, cmd); err != nil {
		return nil, err
	}
	return s.Get(ctx, at, id)
}

// Judge accepts a deliverable, as it is at its path now, or sends it back; only
// a person can.
func (s *Deliverables) Judge(ctx context.Context, by Caller, at Place, id string, accept bool, note string) (*DeliverableView, error) {
	d, err := s.Get(ctx, at, id)
	if err != nil {
		return nil, err
	}
	cmd := &project.ChangeDeliverable{ID: id, Status: project.DeliverableRejected, Presence: by.Presence, SHA256: d.SHA256, Note: note}
	if accept {
		cmd.Status = project.DeliverableAccepted
		cmd.SHA256 = ""
		if d.File.Exists {
			cmd.SHA256 = d.File.SHA256
		}
	}
	if _, err := s.a.write(ctx, by, at.Project, cmd); err != nil {
		return nil, err
	}
	return s.Get(ctx, at, id)
}

// Documents keeps versions of documents.
type Documents struct{ a *App }

// NewDocument is a document or a new content of one.
type NewDocument struct {
	// ID is the document's name; empty makes one from the path.
	ID, Title, Kind string
	// Path is the file, relative to the project's root.
	Path string
}

// Put keeps the content of a file as the next version of a document.
func (s *Documents) Put(ctx context.Context, by Caller, at Place, in NewDocument) (*project.Document, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	if in.ID == "" {
		in.ID = Slug(baseName(in.Path))
	}
	f, err := OpenFile(at.Root, in.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	if err := s.clean(f, in.Path); err != nil {
		return nil, err
	}
	ref, err := s.a.artifacts.Put(ctx, f)
	if err != nil {
		return nil, err
	}
	cmd := &project.PutDocument{ID: in.ID, Title: in.Title, Path: in.Path, Kind: in.Kind, SHA256: ref.SHA256, Size: ref.Size}
	if _, err := s.a.write(ctx, by, at.Project, cmd); err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: at.Project}, in.ID)
}

// clean refuses a document that holds a secret. It is kept and compared as it
// is, so nothing can be taken out of it here.
func (s *Documents) clean(f *os.File, path string) error {
	raw, kept := sha256.New(), sha256.New()
	if _, err := io.Copy(kept, s.a.cleaner.redactor.Reader(io.TeeReader(f, raw))); err != nil {
		return fault.Failed("file_unreadable", "cannot read %s", path).Wrap(err).WithHint("run `ls -l -- %s`", path)
	}
	if !bytes.Equal(raw.Sum(nil), kept.Sum(nil)) {
		return fault.NotAllowed("secret_in_document", "%s holds what looks like a secret, and documents are kept as they are; nothing was recorded", path).
			WithHint("take the secret out of the file, then run the same command again")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fault.Failed("file_unreadable", "cannot read %s", path).Wrap(err).WithHint("run `ls -l -- %s`", path)
	}
	return nil
}

// List returns all documents.
func (s *Documents) List(ctx context.Context, v View) ([]project.Document, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Document, error) { return r.Documents(ctx) })
}

// Get returns one document.
func (s *Documents) Get(ctx context.Context, v View, id string) (*project.Document, error) {
	list, err := s.List(ctx, v)
	if err != nil {
		return nil, err
	}
	d, err := pick(list, id, func(d *project.Document) string { return d.ID })
	if err != nil {
		return nil, fault.NotFound("document_not_found", "there is no document %q", id).
			WithNearest(id, keys(list, func(d *project.Document) string { return d.ID }), "layercake doc list")
	}
	return d, nil
}

// Lock keeps a document from getting new content, or lets it again; only a
// person can unlock.
func (s *Documents) Lock(ctx context.Context, by Caller, p uuid.UUID, id string, undo bool) (*project.Document, error) {
	if _, err := s.a.write(ctx, by, p, &project.LockDocument{ID: id, Undo: undo}); err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: p}, id)
}

// Drop ends keeping track of a document.
func (s *Documents) Drop(ctx context.Context, by Caller, p uuid.UUID, id, reason string) error {
	_, err := s.a.write(ctx, by, p, &project.DropDocument{ID: id, Reason: reason})
	return err
}
