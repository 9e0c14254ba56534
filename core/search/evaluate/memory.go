// Package evaluate measures how well code search answers: a set of questions
// with the places they should find, asked of an index of the files at a
// pinned revision, beside other ways to search.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/search/chunk"
	"github.com/layercake-dev/layercake/core/search/language"
	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
	"github.com/layercake-dev/layercake/core/search/outline"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// Memory is an index of one segment that is kept in memory. It answers as
// the stored one does, from the same parts.
type Memory struct {
	segment *lexical.Segment
	rows    []rank.Row
	defined map[string][]rank.Definition
	space   *latent.Space
	builder *lexical.Builder
}

// NewMemory makes an empty index.
func NewMemory() *Memory {
	return &Memory{builder: lexical.NewBuilder(), defined: map[string][]rank.Definition{}}
}

// Add takes a file in. Files come in any order; those of no known language
// are passed over.
func (m *Memory) Add(path string, text []byte) bool {
	lang, known := language.Of(path, text)
	if !known {
		return false
	}

	file := outline.Of(lang.ID, text)
	m.builder.AddFile(path, lexical.ClassOf(path, lang.Prose))

	symbols := file.Symbols

	for _, c := range chunk.Split(text, file, lang.Prose) {
		doc := m.builder.AddChunk(text[c.Start:c.End], c.Defines)
		row := rank.Row{
			Chunk: rank.Chunk{Doc: uint32(doc)}, //nolint:gosec // a segment has far fewer than 2^32
			Path:  path, Language: lang.ID, StartLine: c.StartLine, EndLine: c.EndLine,
			Symbol: c.Symbol, Kind: string(c.Kind), Signature: c.Signature, Defines: c.Defines,
		}
		m.rows = append(m.rows, row)

		for len(symbols) > 0 && symbols[0].Line <= c.EndLine {
			m.define(symbols[0], row.Chunk)
			symbols = symbols[1:]
		}
	}

	return true
}

func (m *Memory) define(s outline.Symbol, c rank.Chunk) {
	name := strings.ToLower(s.Name)
	m.defined[name] = append(m.defined[name], rank.Definition{Name: s.Name, Kind: string(s.Kind), Chunk: c})
}

// Finish ends the taking in, and fits the latent space.
func (m *Memory) Finish(ctx context.Context) error {
	m.segment = m.builder.Segment()
	m.builder = nil

	corpus, err := latent.CorpusOf(m.parts(m.segment.Postings), latent.MostFitted)
	if err != nil {
		return fmt.Errorf("the words were not read: %w", err)
	}

	m.space, err = latent.Fit(ctx, corpus)
	if errors.Is(err, latent.ErrTooSmall) {
		return nil
	}

	if err != nil {
		return fmt.Errorf("the latent space was not fitted: %w", err)
	}

	all, err := latent.CorpusOf(m.parts(m.segment.Postings), len(m.rows))
	if err != nil {
		return fmt.Errorf("the words were not read: %w", err)
	}

	for doc := range m.rows {
		v := m.space.Place(all.Names, all.Docs[doc])
		m.rows[doc].Vector = &v
	}

	return nil
}

func (m *Memory) parts(postings map[string][]byte) []lexical.Part {
	return []lexical.Part{{Head: &m.segment.Head, Postings: postings}}
}

// Len tells how many chunks there are.
func (m *Memory) Len() int { return len(m.rows) }

// Gather implements rank.Reader.
func (m *Memory) Gather(_ context.Context, ask rank.Ask) (*rank.Gathered, error) {
	g := &rank.Gathered{}
	postings := map[string][]byte{}

	for _, term := range ask.Terms {
		if data, known := m.segment.Postings[term]; known {
			postings[term] = data
		}
	}

	g.Parts = m.parts(postings)

	for _, name := range ask.Names {
		g.Definitions = append(g.Definitions, m.defined[name]...)
	}

	if m.space != nil {
		g.Axes = map[string]latent.Axis{}

		for _, term := range ask.Terms {
			if axis, known := m.space.Terms[term]; known {
				g.Axes[term] = axis
			}
		}
	}

	return g, nil
}

// Fetch implements rank.Reader.
func (m *Memory) Fetch(_ context.Context, want rank.Want) (*rank.Fetched, error) {
	fetched := &rank.Fetched{}
	seen := map[uint32]bool{}

	for _, c := range want.Chunks {
		if !seen[c.Doc] {
			seen[c.Doc] = true
			fetched.Rows = append(fetched.Rows, m.rows[c.Doc])
		}
	}

	if want.Near == nil {
		return fetched, nil
	}

	type near struct {
		doc    uint32
		cosine float32
	}

	all := make([]near, 0, len(m.rows))

	for doc := range m.rows {
		if m.rows[doc].Vector != nil {
			all = append(all, near{uint32(doc), want.Near.Cosine(m.rows[doc].Vector)})
		}
	}

	slices.SortFunc(all, func(x, y near) int {
		switch {
		case x.cosine > y.cosine:
			return -1
		case x.cosine < y.cosine:
			return 1
		default:
			return int(x.doc) - int(y.doc)
		}
	})

	for _, n := range all[:min(want.Limit, len(all))] {
		if !seen[n.doc] {
			fetched.Rows = append(fetched.Rows, m.rows[n.doc])
		}
	}

	return fetched, nil
}
