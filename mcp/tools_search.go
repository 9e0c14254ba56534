package mcp

import (
	"context"
	"strings"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// codeTools find code. Those that every session needs are in the core.
func codeTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "search_code", Title: "Search the code", Toolset: setCore, Hints: readsOnly(),
			Description: "Find code by meaning, words or names: a question, a name such as Server.Close, a path, an error message. mode exact or " +
				"regex finds every line as it is in the files. Makes the index if there is none, and reads what changed.",
			SearchHint: "grep find where is function implementation codebase semantic lookup source files usage",
		}, searchCodeIn{Query: "where are retries backed off", codeFilter: codeFilter{Languages: []string{"go"}}}, searchCode),
		onProject(Tool{
			Name: "search_context", Title: "Gather code on a question", Toolset: setCore, Hints: readsOnly(),
			Description: "The code that answers a question best, whole pieces, as much as fits into max_tokens; no line twice, by file. " +
				"Use it before you change something you do not know.",
			SearchHint: "relevant code prompt context read understand how does it work retrieve snippets",
		}, searchContextIn{Query: "how are sessions renewed", MaxTokens: 4096}, searchContext),
		onProject(Tool{
			Name: "find_similar_code", Title: "Find similar code", Toolset: setCode, Hints: readsOnly(),
			Description: "Code like the piece at a line of a file, or like a snippet that you give. Finds duplicates and how others did it.",
			SearchHint:  "duplicate clone pattern example like this",
		}, similarIn{Path: "internal/server/server.go", Line: 128}, findSimilarCode),
		onProject(Tool{
			Name: "find_symbol", Title: "Find a symbol", Toolset: setCode, Hints: readsOnly(),
			Description: "Where a function, type, method or other name is defined; with references also the lines that use it, read from the " +
				"files as they are.",
			SearchHint: "definition declaration go to class function usages callers who calls",
		}, findSymbolIn{Name: "Server.Close", References: true}, findSymbol),
		onProject(Tool{
			Name: "get_code_context", Title: "Look around a line", Toolset: setCode, Hints: readsOnly(),
			Description: "What a line of a file is in (function, type), the piece of code that it belongs to, and what is defined beside it.",
			SearchHint:  "enclosing function surrounding stack trace line",
		}, codeContextIn{Path: "internal/server/server.go", Line: 128}, getCodeContext),
		onProject(Tool{
			Name: "get_file_outline", Title: "Outline a file", Toolset: setCode, Hints: readsOnly(),
			Description: "What a file defines, with kinds, lines and signatures, in order. Cheaper than reading the file.",
			SearchHint:  "symbols structure functions classes table of contents",
		}, outlineIn{Path: "internal/server/server.go"}, getFileOutline),
		onProject(Tool{
			Name: "index_codebase", Title: "Index the code", Toolset: setCode, Hints: sets(),
			Description: "Bring the search index up to date: reads the files that changed, all of them with force. Searching does it by itself " +
				"when little changed. Goes on where it was cut off. Only this has a provider that is set make vectors, within its budget.",
			SearchHint: "reindex refresh update embeddings vectors",
		}, indexIn{}, indexCodebase),
		onProject(Tool{
			Name: "get_index_status", Title: "Look at the search index", Toolset: setCode, Hints: readsOnly(),
			Description: "How the search index is: none, indexing, interrupted, current or stale; how much is in it, what was left out and why.",
			SearchHint:  "freshness progress languages skipped files pgvector",
		}, nothing{}, getIndexStatus),
	}
}

// codeToolsOf picks the tools of a toolset.
func codeToolsOf(toolset string) []Tool {
	var list []Tool
	for _, t := range codeTools() {
		if t.Toolset == toolset {
			list = append(list, t)
		}
	}
	return list
}

// codeFilter are the arguments of tools that search in some of the files.
type codeFilter struct {
	Languages []string `doc:"Such as go, python, ts."           json:"languages,omitempty" max:"20"`
	Paths     []string `doc:"Patterns of .gitignore."           json:"paths,omitempty"     max:"50"`
	NotPaths  []string `json:"not_paths,omitempty"              max:"50"`
	Kinds     []string `doc:"Such as function, method, class."  json:"kinds,omitempty"`
	Changed   bool     `doc:"Only files that differ from HEAD." json:"changed,omitempty"`
}

func (f *codeFilter) query(text string) search.Query {
	return search.Query{Text: text, Languages: f.Languages, Paths: f.Paths, NotPaths: f.NotPaths, Kinds: f.Kinds, Changed: f.Changed}
}

type searchCodeIn struct {
	Query string `doc:"May hold filters: lang:go path:src/ -path:vendor kind:function symbol:Name changed:" json:"query"       min:"1"`
	Mode  string `doc:"meaning if left out."                                                                enum:"search_mode" json:"mode,omitempty"`
	codeFilter
	Content   bool   `doc:"Whole pieces in place of a few lines." json:"content,omitempty"`
	Limit     int    `doc:"10 if left out."                       json:"limit,omitempty"      max:"100"   min:"1"`
	Cursor    string `doc:"next_cursor of the reply before."      json:"cursor,omitempty"`
	MaxTokens int    `doc:"Of the reply; 4000 if left out."       json:"max_tokens,omitempty" max:"12000" min:"100"`
}

// codeHit is a place in the code.
type codeHit struct {
	Path      string `json:"path"`
	Line      int    `json:"line"`
	StartLine int    `json:"start_line,omitempty"`
	EndLine   int    `json:"end_line,omitempty"`
	Symbol    string `json:"symbol,omitempty"`
	Kind      string `json:"kind,omitempty"`
	// Text begins in line TextLine.
	Text     string `json:"text"`
	TextLine int    `json:"text_line,omitempty"`
	Stale    bool   `json:"stale,omitempty"`
}

type codeHits struct {
	Kind string    `json:"kind"`
	Hits []codeHit `json:"hits"`
	// LeftOut counts hits for which there was no room.
	LeftOut    int       `json:"left_out,omitempty"`
	NextCursor string    `json:"next_cursor,omitempty"`
	Index      freshness `json:"index"`
	// Unheard is why the provider that is set had no say in the order.
	Unheard string `json:"unheard,omitempty"`
}

const (
	replyTokens   = 4000
	aroundHit     = 3
	overheadOfHit = 30 // tokens of a hit besides its text
	longestHit    = 4000
)

func searchCode(ctx context.Context, w *work, in searchCodeIn) (*codeHits, error) {
	if in.MaxTokens == 0 {
		in.MaxTokens = replyTokens
	}
	if in.Mode != "" && in.Mode != modeMeaning {
		return scanCode(ctx, w, &in)
	}
	q := in.query(in.Query)
	q.Limit, q.Cursor = in.Limit, in.Cursor
	q, err := q.Prepared()
	if err != nil {
		return nil, err
	}
	return w.answer(ctx, in.Query, q, in.Content, in.MaxTokens, func(q search.Query) (*search.Answer, error) {
		return w.Search.Search(ctx, w.at.InSearch(), q)
	})
}

// answer searches and makes the hits of what is found, as many as fit.
func (w *work) answer(
	ctx context.Context, question string, q search.Query, content bool, tokens int, find func(q search.Query) (*search.Answer, error),
) (*codeHits, error) {
	a, fresh, err := whenIndexed(ctx, w, &q, func() (*search.Answer, *search.Freshness, error) {
		a, err := find(q)
		if err != nil {
			return nil, nil, err
		}
		return a, &a.Fresh, nil
	})
	if err != nil {
		return nil, err
	}
	var marker *search.Marker
	if a.Kind != rank.Snippet {
		marker = search.NewMarker(question)
	}
	spots, err := w.Search.Pinpoint(ctx, w.at.InSearch(), a, question, marker)
	if err != nil {
		return nil, err
	}
	out := &codeHits{Kind: string(a.Kind), Hits: []codeHit{}, NextCursor: a.Next, Index: fresh, Unheard: clip(a.Unheard, maxReason)}
	for i := range a.Hits {
		out.add(newCodeHit(&a.Hits[i], &spots[i], content), &tokens)
	}
	return out, nil
}

func newCodeHit(h *search.Hit, at *search.Spot, content bool) codeHit {
	hit := codeHit{
		Path: h.Path, Line: at.Line, StartLine: h.StartLine, EndLine: h.EndLine, Symbol: at.Symbol, Kind: at.Kind, Text: h.Snippet,
		TextLine: h.StartLine, Stale: h.Stale,
	}
	if !content {
		lines := strings.Split(h.Snippet, "\n")
		from, to := search.Excerpt(lines, min(at.Line-h.StartLine, len(lines)-1), aroundHit)
		hit.Text, hit.TextLine = strings.Join(lines[from:to], "\n"), h.StartLine+from
	}
	hit.Text = clip(hit.Text, longestHit)
	return hit
}

// add adds a hit if there is room, and counts it otherwise.
func (c *codeHits) add(h codeHit, tokens *int) {
	cost := search.Tokens(h.Path+h.Symbol+h.Text) + overheadOfHit
	if c.LeftOut > 0 || cost > *tokens {
		c.LeftOut++
		return
	}
	*tokens -= cost
	c.Hits = append(c.Hits, h)
}

// The ways to search.
const (
	modeMeaning = "meaning"
	modeExact   = "exact"
	modeRegex   = "regex"
)

// scanCode looks into the files themselves.
func scanCode(ctx context.Context, w *work, in *searchCodeIn) (*codeHits, error) {
	if err := w.hasRoot(); err != nil {
		return nil, err
	}
	found, err := w.Search.Scan(ctx, w.at.InSearch(), search.ScanQuery{
		Pattern: in.Query, Regexp: in.Mode == modeRegex, Languages: in.Languages, Paths: in.Paths, NotPaths: in.NotPaths, Changed: in.Changed,
		Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	out := &codeHits{Kind: in.Mode, Hits: []codeHit{}, NextCursor: found.Next, Index: freshness{State: "not_asked"}}
	if found.Unfinished {
		out.Index.Notice = "there was no time for all files; narrow it down by paths or languages"
	}
	for i := range found.Matches {
		out.add(newMatch(&found.Matches[i]), &in.MaxTokens)
	}
	return out, nil
}

func newMatch(m *search.Match) codeHit {
	hit := codeHit{Path: m.Path, Line: m.Line, Symbol: m.Symbol, Text: m.Text}
	if m.Definition {
		hit.Kind = "definition"
	}
	return hit
}

type searchContextIn struct {
	Query string `json:"query" min:"1"`
	codeFilter
	MaxTokens int `doc:"Of the code; 4000 if left out." json:"max_tokens,omitempty" max:"12000" min:"200"`
}

type codePiece struct {
	Path      string   `json:"path"`
	StartLine int      `json:"start_line"`
	EndLine   int      `json:"end_line"`
	Symbols   []string `json:"symbols,omitempty"`
	Text      string   `json:"text"`
}

type searchContextOut struct {
	Pieces []codePiece `json:"pieces"`
	// Tokens is an estimate.
	Tokens  int       `json:"tokens"`
	LeftOut int       `json:"left_out,omitempty"`
	Index   freshness `json:"index"`
	Unheard string    `json:"unheard,omitempty"`
}

func searchContext(ctx context.Context, w *work, in searchContextIn) (*searchContextOut, error) {
	if in.MaxTokens == 0 {
		in.MaxTokens = replyTokens
	}
	q := in.query(in.Query)
	q, err := q.Prepared()
	if err != nil {
		return nil, err
	}
	g, fresh, err := whenIndexed(ctx, w, &q, func() (*search.Gathered, *search.Freshness, error) {
		g, err := w.Search.Gather(ctx, w.at.InSearch(), q, in.MaxTokens)
		if err != nil {
			return nil, nil, err
		}
		return g, &g.Fresh, nil
	})
	if err != nil {
		return nil, err
	}
	out := &searchContextOut{Tokens: g.Tokens, LeftOut: g.LeftOut, Index: fresh, Unheard: clip(g.Unheard, maxReason)}
	out.Pieces = rows(g.Pieces, func(p *search.Piece) codePiece {
		return codePiece{Path: p.Path, StartLine: p.StartLine, EndLine: p.EndLine, Symbols: p.Symbols, Text: p.Text}
	})
	return out, nil
}

type similarIn struct {
	Path string `doc:"With line; or give code." json:"path,omitempty"`
	Line int    `json:"line,omitempty"          min:"1"`
	Code string `json:"code,omitempty"`
	codeFilter
	Content bool `json:"content,omitempty"`
	Limit   int  `doc:"10 if left out."    json:"limit,omitempty" max:"50" min:"1"`
}

func findSimilarCode(ctx context.Context, w *work, in similarIn) (*codeHits, error) {
	if err := w.hasRoot(); err != nil {
		return nil, err
	}
	if (in.Path == "") == (in.Code == "") || in.Path != "" && in.Line == 0 {
		return nil, ambiguousPlace()
	}
	q := in.query(in.Code)
	q.Limit = in.Limit
	q, err := q.Filtered()
	if err != nil {
		return nil, err
	}
	path := w.inRoot(in.Path)
	return w.answer(ctx, in.Code, q, in.Content, replyTokens, func(q search.Query) (*search.Answer, error) {
		return w.Search.Similar(ctx, w.at.InSearch(), path, in.Line, q)
	})
}
