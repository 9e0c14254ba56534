package search

import (
	"context"

	"github.com/layercake-dev/layercake/core/search/outline"
)

// Definition is a symbol as doors show it.
type Definition struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Parent are the names of what it is in, joined by dots, or "".
	Parent   string `json:"parent"`
	Path     string `json:"path"`
	Language string `json:"language"`
	Line     int    `json:"line"`
	EndLine  int    `json:"end_line"`
	// DocLine is where its comment begins; Line where it has none.
	DocLine   int    `json:"doc_line"`
	Signature string `json:"signature"`
	Exported  bool   `json:"exported"`
}

// Qualified is the name with those of what it is in.
func (d *Definition) Qualified() string {
	return outline.Symbol{Name: d.Name, Parent: d.Parent}.Qualified()
}

// Definition is the symbol as doors show it.
func (s *Symbol) Definition() Definition {
	return Definition{
		Name: s.Name, Kind: s.Kind, Parent: s.Parent, Path: s.Path, Language: s.Language, Line: int(s.Line), EndLine: int(s.EndLine),
		DocLine: int(s.DocLine), Signature: s.Signature, Exported: s.Exported,
	}
}

// Definitions are the symbols of a file as doors show them.
func Definitions(path, language string, symbols []outline.Symbol) []Definition {
	out := make([]Definition, len(symbols))
	for i := range symbols {
		s := &symbols[i]
		out[i] = Definition{
			Name: s.Name, Kind: string(s.Kind), Parent: s.Parent, Path: path, Language: language, Line: s.Line, EndLine: s.EndLine,
			DocLine: s.DocLine, Signature: s.Signature, Exported: s.Exported,
		}
	}
	return out
}

// Languages counts the files of an index by the ids of their languages.
func (s *Service) Languages(ctx context.Context, index int32) (map[string]int, error) {
	counts := map[string]int{}
	err := s.Store.Files(ctx, index, func(f File) error {
		if f.Skipped == "" {
			counts[f.Language]++
		}
		return nil
	})
	return counts, err
}

// Running returns the indexing of an index that is under way at this moment, or nil.
func (s *Service) Running(ctx context.Context, index int32) (*Run, error) {
	run, err := s.Store.Run(ctx, index)
	if err != nil || run == nil || !run.Renewed || s.died(run) {
		return nil, err
	}
	return run, nil
}
