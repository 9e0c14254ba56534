package search

import (
	"context"
	"strings"

	"github.com/layercake-dev/layercake/core/search/outline"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// Spot is the line of a hit that speaks most of what was asked for, and what that
// line defines or is in: a hit is a piece of code, which may have several things in it.
type Spot struct {
	Line                    int
	Symbol, Kind, Signature string
}

// mostPinpointed bounds how much text is taken apart for one answer.
const mostPinpointed = 1 << 20

// Pinpoint finds the spots of an answer's hits. marker is that of the question; nil
// takes the beginning of each hit.
func (s *Service) Pinpoint(ctx context.Context, p Place, a *Answer, question string, marker *Marker) ([]Spot, error) {
	spots := make([]Spot, len(a.Hits))
	files := map[string][]outline.Symbol{}
	room := mostPinpointed
	name := ""
	if a.Kind == rank.Symbol {
		if q := rank.ParseQuestion(question); len(q.Names) > 0 {
			name = q.Names[0]
		}
	}
	for i := range a.Hits {
		h := &a.Hits[i]
		spots[i] = Spot{Line: h.StartLine, Symbol: h.Symbol, Kind: h.Kind, Signature: h.Signature}
		if marker != nil {
			spots[i].Line += marker.Best(strings.Split(h.Snippet, "\n"))
		}
		symbols, known := files[h.Path]
		if !known && room > 0 {
			text, err := s.Source.Read(ctx, p.Root, Listed{Path: h.Path})
			if err != nil {
				return nil, err
			}
			parsed, err := s.parse(ctx, h.Path, text.Bytes)
			if err != nil {
				return nil, err
			}
			room -= len(text.Bytes)
			symbols = parsed.Symbols
			files[h.Path] = symbols
		}
		spots[i].settle(symbols, h, name, marker == nil)
	}
	return spots, nil
}

// settle finds the symbol of a spot. name is what is asked for by its name, and
// toCode takes the line at which a definition begins in place of its comment.
func (s *Spot) settle(symbols []outline.Symbol, h *Hit, name string, toCode bool) {
	if name != "" {
		for i := range symbols {
			if sym := &symbols[i]; strings.EqualFold(sym.Name, name) && h.StartLine <= sym.Line && sym.Line <= h.EndLine {
				s.Line = sym.Line
				break
			}
		}
	}
	for i := range symbols {
		sym := &symbols[i]
		if sym.DocLine > s.Line || s.Line > sym.EndLine {
			continue
		}
		// Of those around the line the last is the innermost.
		s.Symbol, s.Kind, s.Signature = sym.Qualified(), string(sym.Kind), sym.Signature
	}
	if toCode {
		for i := range symbols {
			if sym := &symbols[i]; sym.Qualified() == s.Symbol && h.StartLine <= sym.Line && sym.Line <= h.EndLine {
				s.Line = sym.Line
				break
			}
		}
	}
}
