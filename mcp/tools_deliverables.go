package mcp

import (
	"context"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// deliverableTools see to the documents and files that gates ask for.
func deliverableTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "get_deliverables", Title: "List deliverables", Toolset: setDeliverables, Hints: readsOnly(),
			Description: "Documents and files that the gates ask for, with path, responsible role and state: pending, submitted, accepted, rejected.",
			SearchHint:  "outputs artifacts documents required prd architecture",
		}, getDeliverablesIn{Gate: "G2"}, getDeliverables),
		onProject(Tool{
			Name: "update_deliverable", Title: "Hand in a deliverable", Toolset: setDeliverables, Hints: sets(),
			Description: "Hand a deliverable in, as its file is now. A person accepts it or sends it back; agents cannot.",
			SearchHint:  "submit deliver finish document",
		}, updateDeliverableIn{ID: "prd"}, updateDeliverable),
	}
}

// documentTools keep versions of documents.
func documentTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "create_document", Title: "Keep track of a document", Toolset: setDocuments, Hints: sets(),
			Description: "Register a file of the project as a document: its content is kept as version 1.",
			SearchHint:  "add register file version",
		}, createDocumentIn{Path: "docs/api.md", Title: "API guide"}, createDocument),
		onProject(Tool{
			Name: "get_documents", Title: "List documents", Toolset: setDocuments, Hints: readsOnly(),
			Description: "Documents that the project keeps track of, with path, kind, version, hash and whether locked.",
			SearchHint:  "files versions specifications list",
		}, paging{}, getDocuments),
		onProject(Tool{
			Name: "update_document", Title: "Keep a new version of a document", Toolset: setDocuments, Hints: sets(),
			Description: "Keep the content that a document's file has now as its next version. A locked document is refused.",
			SearchHint:  "save revise version change",
		}, updateDocumentIn{ID: "api"}, updateDocument),
	}
}

type deliverableRow struct {
	ID        string `json:"id"`
	Gate      string `json:"gate"`
	Title     string `json:"title"`
	Kind      string `json:"kind"`
	Path      string `json:"path,omitempty"`
	Role      string `json:"role,omitempty"`
	Status    string `json:"status"`
	Note      string `json:"note,omitempty"`
	DecidedBy string `json:"decided_by,omitempty"`
}

func newDeliverableRow(d *project.Deliverable) deliverableRow {
	return deliverableRow{
		ID: d.ID, Gate: d.Gate, Title: d.Title, Kind: d.Kind, Path: d.Path, Role: d.Role, Status: string(d.Status), Note: clip(d.Note, maxExcerpt),
		DecidedBy: d.DecidedBy,
	}
}

type getDeliverablesIn struct {
	Gate string `json:"gate,omitempty"`
	paging
}

type getDeliverablesOut struct {
	Deliverables []deliverableRow `json:"deliverables"`
	page
}

func getDeliverables(ctx context.Context, w *work, in getDeliverablesIn) (*getDeliverablesOut, error) {
	list, err := w.Deliverables.List(ctx, w.now())
	if err != nil {
		return nil, err
	}
	list = keep(list, func(d *project.Deliverable) bool { return in.Gate == "" || strings.EqualFold(d.Gate, in.Gate) })
	out := &getDeliverablesOut{}
	out.Deliverables, out.page, err = paginate(list, in.paging, newDeliverableRow)
	return out, err
}

type updateDeliverableIn struct {
	ID   string `doc:"As in get_deliverables, such as prd." json:"id"             min:"1"`
	Path string `doc:"Where it is now, if it is elsewhere." json:"path,omitempty"`
	Note string `json:"note,omitempty"`
}

func updateDeliverable(ctx context.Context, w *work, in updateDeliverableIn) (*recordChanged, error) {
	d, err := w.Deliverables.Submit(ctx, w.by, w.at, in.ID, in.Path, in.Note)
	if err != nil {
		return nil, err
	}
	return &recordChanged{
		ID: d.ID, Status: string(d.Status), Title: line(d.Title), Next: "a person accepts it: `layercake deliverable accept " + d.ID + "`",
	}, nil
}

type documentRow struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Path    string `json:"path"`
	Kind    string `json:"kind"`
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size"`
	Locked  bool   `json:"locked"`
}

func newDocumentRow(d *project.Document) documentRow {
	return documentRow{
		ID: d.ID, Title: line(d.Title), Path: d.Path, Kind: d.Kind, Version: d.Version, SHA256: d.SHA256, Size: d.Size, Locked: d.Locked,
	}
}

type createDocumentIn struct {
	Path  string `doc:"The file, relative to the project's folder."   json:"path"           min:"1"`
	Title string `json:"title,omitempty"`
	ID    string `doc:"A short name; made from the path if left out." json:"id,omitempty"`
	Kind  string `doc:"Such as document, specification or report."    json:"kind,omitempty"`
}

func createDocument(ctx context.Context, w *work, in createDocumentIn) (*documentRow, error) {
	if err := w.readable(in.Path); err != nil {
		return nil, err
	}
	d, err := w.Documents.Put(ctx, w.by, w.at, core.NewDocument{ID: in.ID, Title: in.Title, Kind: in.Kind, Path: in.Path})
	if err != nil {
		return nil, err
	}
	row := newDocumentRow(d)
	return &row, nil
}

// readable refuses files that agents have no business with.
func (w *work) readable(path string) error {
	f, err := w.openFile(path)
	if err != nil {
		return err
	}
	return f.Close()
}

type getDocumentsOut struct {
	Documents []documentRow `json:"documents"`
	page
}

func getDocuments(ctx context.Context, w *work, in paging) (*getDocumentsOut, error) {
	list, err := w.Documents.List(ctx, w.now())
	if err != nil {
		return nil, err
	}
	out := &getDocumentsOut{}
	out.Documents, out.page, err = paginate(list, in, newDocumentRow)
	return out, err
}

type updateDocumentIn struct {
	ID    string `json:"id"                                  min:"1"`
	Path  string `doc:"Where it is now, if it is elsewhere." json:"path,omitempty"`
	Title string `json:"title,omitempty"`
}

func updateDocument(ctx context.Context, w *work, in updateDocumentIn) (*documentRow, error) {
	d, err := w.Documents.Get(ctx, w.now(), in.ID)
	if err != nil {
		return nil, err
	}
	path := d.Path
	if in.Path != "" {
		path = in.Path
	}
	if err := w.readable(path); err != nil {
		return nil, err
	}
	if d, err = w.Documents.Put(ctx, w.by, w.at, core.NewDocument{ID: d.ID, Title: in.Title, Path: path}); err != nil {
		return nil, err
	}
	row := newDocumentRow(d)
	return &row, nil
}
