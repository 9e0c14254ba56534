package mcp

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
)

// freshness says how far the index is behind the files.
type freshness struct {
	State     string `json:"state"`
	IndexedAt string `json:"indexed_at,omitempty"`
	// Behind counts files that changed, came or went since.
	Behind int    `json:"behind,omitempty"`
	Notice string `json:"notice,omitempty"`
}

func newFreshness(f *search.Freshness) freshness {
	out := freshness{State: "current", Behind: f.Changed + f.New + f.Removed}
	if f.IndexedAt != nil {
		out.IndexedAt = stamp(*f.IndexedAt)
	}
	switch {
	case out.Behind > 0:
		out.State, out.Notice = "stale", "more changed than is read before an answer; call index_codebase"
	case !f.Checked:
		out.State = "unchecked"
	}
	return out
}

// indexPatience is how long a search waits for an index that is made before it.
const indexPatience = 40 * time.Second

// whenIndexed asks the index. Where there is none yet, or one that was cut off, it
// is made before, for as long as clients wait: what was read until then is searched.
func whenIndexed[T any](ctx context.Context, w *work, q *search.Query, ask func() (T, *search.Freshness, error)) (T, freshness, error) {
	var none T
	if err := w.hasRoot(); err != nil {
		return none, freshness{}, err
	}
	answer, fresh, err := ask()
	missing := fault.CodeOf(err) == search.CodeNotIndexed
	switch {
	case err != nil && !missing:
		return none, freshness{}, err
	case err == nil && fresh.IndexedAt != nil:
		return answer, newFreshness(fresh), nil
	}
	limited, cancel := context.WithTimeout(ctx, indexPatience)
	defer cancel()
	_, err = w.index(limited, search.IndexOptions{Local: true})
	cut := err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded)
	if err != nil && !cut {
		return none, freshness{}, err
	}
	if cut {
		q.Update = search.UpdateNever
	}
	if answer, fresh, err = ask(); err != nil {
		return none, freshness{}, err
	}
	out := newFreshness(fresh)
	if cut {
		out.State, out.Notice = "interrupted", "only a part of the code is indexed so far; call index_codebase to go on"
	}
	return answer, out, nil
}

// index brings the index up to date, and tells the client how far it is.
func (w *work) index(ctx context.Context, opts search.IndexOptions) (*search.Indexed, error) {
	began := time.Now()
	opts.Progress = func(p search.Progress) {
		text := string(p.Phase)
		switch {
		case p.Phase == search.PhaseProvider && p.VectorsTotal > 0:
			text = fmt.Sprintf("%s: %d of %d pieces", p.Phase, p.VectorsDone, p.VectorsTotal)
		case p.FilesTotal > 0:
			text = fmt.Sprintf("%s: %d of %d files", p.Phase, p.FilesDone, p.FilesTotal)
		}
		w.call.progress(time.Since(began), text)
	}
	return w.Search.Index(ctx, w.at.InSearch(), opts)
}

// maxReason is how much is told of why a provider was not heard.
const maxReason = 400

// hasRoot refuses what needs the project's folder elsewhere.
func (w *work) hasRoot() error {
	if w.at.Root != "" {
		return nil
	}
	return fault.Usage("no_work_tree", "the project's folder is not known here").WithHint("start the server in the project's folder")
}

// inRoot is a path from the project's folder.
func (w *work) inRoot(path string) string {
	if filepath.IsAbs(path) {
		if rel, err := filepath.Rel(w.at.Root, path); err == nil {
			return filepath.ToSlash(rel)
		}
	}
	return strings.TrimPrefix(path, "./")
}

func ambiguousPlace() error {
	return fault.Usage("invalid_input", "give a path with a line, or code").WithHint(`find_similar_code {"path": "main.go", "line": 12}`)
}

type findSymbolIn struct {
	Name       string   `doc:"Close, Server.Close or Server::close." json:"name"                 min:"1"`
	Prefix     bool     `doc:"All names that begin so."              json:"prefix,omitempty"`
	Kinds      []string `enum:"symbol_kind"                          json:"kinds,omitempty"`
	References bool     `doc:"Also the lines that use it."           json:"references,omitempty"`
	Limit      int      `doc:"Of each; 30 if left out."              json:"limit,omitempty"      max:"200" min:"1"`
}

type symbolRow struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Path      string `json:"path,omitempty"`
	Line      int    `json:"line"`
	EndLine   int    `json:"end_line"`
	Signature string `json:"signature,omitempty"`
}

func newSymbolRow(d *search.Definition) symbolRow {
	return symbolRow{Name: d.Qualified(), Kind: d.Kind, Path: d.Path, Line: d.Line, EndLine: d.EndLine, Signature: d.Signature}
}

// inFile is a symbol of a file that is named elsewhere.
func inFile(d *search.Definition) symbolRow {
	row := newSymbolRow(d)
	row.Path = ""
	return row
}

type findSymbolOut struct {
	Symbols    []symbolRow `json:"symbols"`
	References []codeHit   `json:"references,omitempty"`
	Notice     string      `json:"notice,omitempty"`
	Index      freshness   `json:"index"`
}

func findSymbol(ctx context.Context, w *work, in findSymbolIn) (*findSymbolOut, error) {
	if in.Limit == 0 {
		const many = 30
		in.Limit = many
	}
	q := search.Query{}
	found, fresh, err := whenIndexed(ctx, w, &q, func() ([]search.Symbol, *search.Freshness, error) {
		list, fresh, err := w.Search.Symbols(ctx, w.at.InSearch(), search.SymbolQuery{
			Name: in.Name, Prefix: in.Prefix, Kinds: in.Kinds, Limit: in.Limit + 1, Update: q.Update,
		})
		return list, &fresh, err
	})
	if err != nil {
		return nil, err
	}
	out := &findSymbolOut{Index: fresh}
	var more page
	out.Symbols, more, err = fill(found, 0, unknownTotal, in.Limit, func(s *search.Symbol) symbolRow {
		d := s.Definition()
		return newSymbolRow(&d)
	})
	if err != nil {
		return nil, err
	}
	if more.NextCursor != "" {
		out.Notice = "there are more; narrow it down by kinds, or name what it is in: Server.Close"
	}
	if !in.References {
		return out, nil
	}
	lines, err := w.Search.References(ctx, w.at.InSearch(), search.ScanQuery{Pattern: in.Name, Limit: in.Limit}, false)
	if err != nil {
		return nil, err
	}
	if out.References, more, err = fill(lines.Matches, 0, unknownTotal, in.Limit, newMatch); err != nil {
		return nil, err
	}
	if lines.Next != "" || more.NextCursor != "" || lines.Unfinished {
		out.Notice = strings.TrimPrefix(out.Notice+"; there are more references: search_code with mode exact pages through them", "; ")
	}
	return out, nil
}

type codeContextIn struct {
	Path string `json:"path" min:"1"`
	Line int    `json:"line" min:"1"`
}

type codeContextOut struct {
	Path      string      `json:"path"`
	Language  string      `json:"language"`
	In        []symbolRow `json:"in"`
	StartLine int         `json:"start_line"`
	EndLine   int         `json:"end_line"`
	Text      string      `json:"text"`
	Beside    []symbolRow `json:"beside"`
	Notice    string      `json:"notice,omitempty"`
}

func getCodeContext(ctx context.Context, w *work, in codeContextIn) (*codeContextOut, error) {
	if err := w.hasRoot(); err != nil {
		return nil, err
	}
	c, err := w.Search.Context(ctx, w.at.InSearch(), w.inRoot(in.Path), in.Line)
	if err != nil {
		return nil, err
	}
	out := &codeContextOut{Path: c.Path, Language: c.Language, StartLine: c.StartLine, EndLine: c.EndLine, Text: clip(c.Text, maxText)}
	out.In = rows(search.Definitions(c.Path, c.Language, c.Symbols), inFile)
	var more page
	siblings := search.Definitions(c.Path, c.Language, c.Siblings)
	if out.Beside, more, err = fill(siblings, 0, len(siblings), defaultLimit, inFile); err != nil {
		return nil, err
	}
	if more.NextCursor != "" {
		out.Notice = fmt.Sprintf("%d more beside it; get_file_outline lists all", len(siblings)-len(out.Beside))
	}
	return out, nil
}

type outlineIn struct {
	Path string `json:"path" min:"1"`
	paging
}

type outlineOut struct {
	Path     string      `json:"path"`
	Language string      `json:"language"`
	Lines    int         `json:"lines"`
	Symbols  []symbolRow `json:"symbols"`
	page
}

func getFileOutline(ctx context.Context, w *work, in outlineIn) (*outlineOut, error) {
	if err := w.hasRoot(); err != nil {
		return nil, err
	}
	o, err := w.Search.Outline(ctx, w.at.InSearch(), w.inRoot(in.Path))
	if err != nil {
		return nil, err
	}
	out := &outlineOut{Path: o.Path, Language: o.Language, Lines: o.Lines}
	if in.Limit == 0 {
		const all = 200
		in.Limit = all
	}
	out.Symbols, out.page, err = paginate(search.Definitions(o.Path, o.Language, o.Symbols), in.paging, inFile)
	return out, err
}

type indexIn struct {
	Force bool `doc:"Begin with an empty index." json:"force,omitempty"`
}

type indexOut struct {
	Read      int    `json:"read"`
	Unchanged int    `json:"unchanged"`
	Removed   int    `json:"removed,omitempty"`
	LeftOut   int    `json:"left_out,omitempty"`
	Pieces    int    `json:"pieces"`
	Bytes     int64  `json:"bytes"`
	TookMS    int64  `json:"took_ms"`
	Waited    bool   `json:"waited,omitempty"`
	Notice    string `json:"notice,omitempty"`
	// Vectors is what the provider made, where one is set.
	Vectors *vectorsMade `json:"vectors,omitempty"`
}

type vectorsMade struct {
	Model   string         `json:"model"`
	Made    int            `json:"made"`
	Known   int            `json:"known,omitempty"`
	LeftOut map[string]int `json:"left_out,omitempty"`
	Tokens  int64          `json:"tokens"`
	// CostUSD is left out where the price is not known.
	CostUSD *float64 `json:"cost_usd,omitempty"`
	Missing string   `json:"missing,omitempty"`
	Hint    string   `json:"hint,omitempty"`
}

func newVectorsMade(e *search.Embedded) *vectorsMade {
	if e == nil {
		return nil
	}
	v := &vectorsMade{
		Model: e.Provider + "/" + e.Model, Made: e.Made, Known: e.Cached, LeftOut: e.Skipped, Tokens: e.Tokens,
		Missing: clip(e.Missing, maxReason), Hint: clip(e.Hint, maxReason),
	}
	if e.CostKnown {
		v.CostUSD = &e.Cost
	}
	return v
}

func indexCodebase(ctx context.Context, w *work, in indexIn) (*indexOut, error) {
	if err := w.hasRoot(); err != nil {
		return nil, err
	}
	began := time.Now()
	done, err := w.index(ctx, search.IndexOptions{Anew: in.Force})
	if err != nil {
		return nil, err
	}
	return &indexOut{
		Read: done.Read, Unchanged: done.Unchanged, Removed: done.Removed, LeftOut: done.Skipped, Pieces: done.Chunks, Bytes: done.Bytes,
		TookMS: time.Since(began).Milliseconds(), Waited: done.Waited, Notice: clip(done.VectorsMissing, maxTitle),
		Vectors: newVectorsMade(done.Embedded),
	}, nil
}

type indexStatusOut struct {
	State     string         `json:"state"`
	IndexedAt string         `json:"indexed_at,omitempty"`
	Commit    string         `json:"commit,omitempty"`
	Files     int            `json:"files"`
	Bytes     int64          `json:"bytes"`
	Pieces    int            `json:"pieces"`
	Changed   int            `json:"changed,omitempty"`
	New       int            `json:"new,omitempty"`
	Removed   int            `json:"removed,omitempty"`
	Languages map[string]int `json:"languages"`
	LeftOut   map[string]int `json:"left_out"`
	// Running says who indexes, and how far that is.
	Running string `json:"running,omitempty"`
	Notice  string `json:"notice,omitempty"`
	// Vectors says how far a provider's vectors are, where one is set.
	Vectors *vectorsState `json:"vectors,omitempty"`
}

type vectorsState struct {
	Model   string         `json:"model"`
	Pieces  int            `json:"pieces"`
	LeftOut map[string]int `json:"left_out,omitempty"`
	Missing string         `json:"missing,omitempty"`
	Hint    string         `json:"hint,omitempty"`
}

func newVectorsState(by *search.ProviderStatus) *vectorsState {
	if by == nil {
		return nil
	}
	return &vectorsState{
		Model: by.Provider + "/" + by.Model, Pieces: by.Chunks, LeftOut: by.Skipped, Missing: clip(by.Missing, maxReason), Hint: clip(by.Hint, maxReason),
	}
}

func getIndexStatus(ctx context.Context, w *work, _ nothing) (*indexStatusOut, error) {
	if err := w.hasRoot(); err != nil {
		return nil, err
	}
	st, err := w.Search.Status(ctx, w.at.InSearch())
	if err != nil {
		return nil, err
	}
	out := &indexStatusOut{
		State: string(st.State), Files: st.Size.Files, Bytes: st.Size.Bytes, Pieces: st.Size.Chunks, Changed: st.Fresh.Changed,
		New: st.Fresh.New, Removed: st.Fresh.Removed, Languages: map[string]int{}, LeftOut: st.Size.Skipped, Notice: st.VectorsMissing,
	}
	if st.Index == nil {
		return out, nil
	}
	out.Commit, out.Vectors = st.Index.Commit, newVectorsState(st.Provider)
	if st.Index.IndexedAt != nil {
		out.IndexedAt = stamp(*st.Index.IndexedAt)
	}
	if run := st.Run; run != nil && run.Renewed {
		out.Running = fmt.Sprintf("process %d on %s: %d of %d files", run.PID, run.Host, run.FilesDone, run.FilesTotal)
	}
	out.Languages, err = w.Search.Languages(ctx, st.Index.ID)
	return out, err
}
