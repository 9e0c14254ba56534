package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Piece is a part of a file as it is read in a prompt.
type Piece struct {
	Path      string `json:"path"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	// Symbols are what the part defines or is in.
	Symbols  []string `json:"symbols"`
	Language string   `json:"language"`
	Text     string   `json:"text"`
	// rank is the place of its best hit.
	rank int
}

// Gathered is the code that answers a question, within a budget.
type Gathered struct {
	// Pieces are in the order of the files that answer best, and within each file in
	// the order of its lines.
	Pieces []Piece
	// Tokens is an estimate of how many there are in the texts.
	Tokens int
	// LeftOut counts hits for which there was no room.
	LeftOut int
	Fresh   Freshness
	// Unheard is why a provider that is configured had no say in the order, or "".
	Unheard string
}

// mostGathered is how many hits are looked at.
const mostGathered = 60

// pieceOverhead is what the head of a piece takes, in tokens.
const pieceOverhead = 20

// Gather finds the code that answers a question best, as much of it as fits into a
// number of tokens. No line comes twice, and what touches is put together.
func (s *Service) Gather(ctx context.Context, p Place, q Query, tokens int) (*Gathered, error) {
	q.Limit, q.Cursor = mostGathered, ""
	answer, err := s.Search(ctx, p, q)
	if err != nil {
		return nil, err
	}
	out := &Gathered{Pieces: []Piece{}, Fresh: answer.Fresh, Unheard: answer.Unheard}
	spent := 0
	for i := range answer.Hits {
		h := &answer.Hits[i]
		cost := Tokens(h.Snippet) + pieceOverhead
		if h.Snippet == "" {
			continue // the file is gone
		}
		if spent+cost > tokens {
			out.LeftOut++
			continue
		}
		spent += cost
		piece := Piece{Path: h.Path, StartLine: h.StartLine, EndLine: h.EndLine, Language: h.Language, Text: h.Snippet, rank: i, Symbols: []string{}}
		if h.Symbol != "" {
			piece.Symbols = append(piece.Symbols, h.Symbol)
		}
		out.Pieces = append(out.Pieces, piece)
	}
	out.Pieces = joined(out.Pieces)
	for i := range out.Pieces {
		out.Tokens += Tokens(out.Pieces[i].Text) + pieceOverhead
	}
	return out, nil
}

// joined puts together the pieces of a file that overlap or touch, and puts the
// files in the order of their best hits.
func joined(pieces []Piece) []Piece {
	first := map[string]int{}
	for i := range pieces {
		if _, ok := first[pieces[i].Path]; !ok {
			first[pieces[i].Path] = pieces[i].rank
		}
	}
	slices.SortStableFunc(pieces, func(a, b Piece) int {
		return cmp.Or(cmp.Compare(first[a.Path], first[b.Path]), cmp.Compare(a.StartLine, b.StartLine))
	})
	out := pieces[:0]
	for _, p := range pieces {
		last := len(out) - 1
		if last < 0 || out[last].Path != p.Path || p.StartLine > out[last].EndLine+1 {
			out = append(out, p)
			continue
		}
		before := &out[last]
		for _, symbol := range p.Symbols {
			if !slices.Contains(before.Symbols, symbol) {
				before.Symbols = append(before.Symbols, symbol)
			}
		}
		if p.EndLine <= before.EndLine {
			continue
		}
		lines := strings.Split(p.Text, "\n")
		if twice := before.EndLine - p.StartLine + 1; twice < len(lines) {
			before.Text += "\n" + strings.Join(lines[twice:], "\n")
		}
		before.EndLine = p.EndLine
	}
	return out
}
