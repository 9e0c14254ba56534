package search

import (
	"context"
	"path"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/chunk"
	"github.com/layercake-dev/layercake/core/search/outline"
)

// SymbolQuery asks for definitions by their names.
type SymbolQuery struct {
	// Name is a name in any case, or with a dot or :: the name and what it is in.
	Name string
	// Prefix asks for all names that begin so.
	Prefix bool
	Kinds  []string
	// Limit is how many are wanted. Defaults to 50.
	Limit  int
	Update Update
}

const (
	defaultSymbols = 50
	mostSymbols    = 5000
)

// Symbols finds definitions by name: those in the very case first.
func (s *Service) Symbols(ctx context.Context, p Place, q SymbolQuery) ([]Symbol, Freshness, error) {
	index, fresh, err := s.freshen(ctx, p, q.Update)
	if err != nil {
		return nil, fresh, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultSymbols
	}
	owner, name := "", strings.TrimSuffix(strings.TrimSpace(q.Name), "()")
	if i := strings.LastIndexAny(name, ".:#"); i >= 0 && i+1 < len(name) {
		owner, name = strings.Trim(name[:i], ".:#"), name[i+1:]
	}
	if name == "" {
		return nil, fresh, fault.Usage("empty_name", "there is no name to look for").WithHint("see `layercake search --help`")
	}
	all, err := s.Store.SymbolsNamed(ctx, index.ID, strings.ToLower(name), q.Prefix, mostSymbols)
	if err != nil {
		return nil, fresh, err
	}
	var exact, others []Symbol
	for i := range all {
		switch sym := &all[i]; {
		case len(q.Kinds) > 0 && !contains(q.Kinds, sym.Kind), owner != "" && !within(sym.Parent, owner):
		case sym.Name == name:
			exact = append(exact, *sym)
		default:
			others = append(others, *sym)
		}
	}
	exact = append(exact, others...)
	return exact[:min(len(exact), q.Limit)], fresh, nil
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// within reports whether the last names of a parent are those of an owner.
func within(parent, owner string) bool {
	parent, owner = strings.ToLower(parent), strings.ToLower(strings.NewReplacer("::", ".", "#", ".").Replace(owner))
	return parent == owner || strings.HasSuffix(parent, "."+owner)
}

// FileOutline is what a file defines, as it is now.
type FileOutline struct {
	Path     string           `json:"path"`
	Language string           `json:"language"`
	Lines    int              `json:"lines"`
	Symbols  []outline.Symbol `json:"symbols"`
}

// Outline says what a file defines. It reads the file, and needs no index.
func (s *Service) Outline(ctx context.Context, p Place, file string) (*FileOutline, error) {
	text, parsed, err := s.open(ctx, p, file)
	if err != nil {
		return nil, err
	}
	return &FileOutline{
		Path: text.Path, Language: parsed.Language, Lines: strings.Count(string(text.Bytes), "\n") + 1, Symbols: parsed.Symbols,
	}, nil
}

// open reads a file of the folder and takes it apart.
func (s *Service) open(ctx context.Context, p Place, file string) (Text, Parsed, error) {
	name := path.Clean(strings.ReplaceAll(file, "\\", "/"))
	if path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
		return Text{}, Parsed{}, fault.Usage("outside_of_project", "%s is not in %s", file, p.Root).WithHint("name a file by its path from there")
	}
	text, err := s.Source.Read(ctx, p.Root, Listed{Path: name})
	if err != nil {
		return Text{}, Parsed{}, err
	}
	switch {
	case text.Vanished:
		return Text{}, Parsed{}, fault.NotFound("file_not_found", "there is no file %s in %s", name, p.Root).WithHint("run `git ls-files` to see the files")
	case text.Skipped != "":
		return Text{}, Parsed{}, fault.Conflict("file_skipped", "%s is not searched: %s", name, text.Skipped).WithHint("run `layercake search status`")
	}
	parsed, err := s.parse(ctx, name, text.Bytes)
	return text, parsed, err
}

// CodeContext is what is around a line.
type CodeContext struct {
	Path     string `json:"path"`
	Language string `json:"language"`
	Line     int    `json:"line"`
	// Symbols are those that the line is in, the outermost first.
	Symbols []outline.Symbol `json:"symbols"`
	// StartLine and EndLine are of the piece that the line is in, and Text is that.
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Text      string `json:"text"`
	// Siblings are the symbols beside the innermost one.
	Siblings []outline.Symbol `json:"siblings"`
}

// Context says what is around a line of a file: what it is in, the piece of code
// that it belongs to, and what is defined beside it. It reads the file, and needs no
// index.
func (s *Service) Context(ctx context.Context, p Place, file string, line int) (*CodeContext, error) {
	text, parsed, err := s.open(ctx, p, file)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(text.Bytes), "\n")
	if line < 1 || line > len(lines) {
		return nil, fault.Usage("no_such_line", "%s has %d lines, and no line %d", text.Path, len(lines), line).
			WithHint("name a line between 1 and %d", len(lines))
	}
	c := &CodeContext{Path: text.Path, Language: parsed.Language, Line: line, Symbols: []outline.Symbol{}, Siblings: []outline.Symbol{}}
	for i := range parsed.Symbols {
		if sym := &parsed.Symbols[i]; sym.DocLine <= line && line <= sym.EndLine {
			c.Symbols = append(c.Symbols, *sym)
		}
	}
	c.StartLine, c.EndLine = piece(parsed.Chunks, line)
	c.Text = strings.Join(lines[c.StartLine-1:min(c.EndLine, len(lines))], "\n")
	parent := ""
	if n := len(c.Symbols); n > 0 {
		parent = c.Symbols[n-1].Parent
	}
	for i := range parsed.Symbols {
		sym := &parsed.Symbols[i]
		if sym.Parent == parent && (line < sym.DocLine || line > sym.EndLine) {
			c.Siblings = append(c.Siblings, *sym)
		}
	}
	return c, nil
}

// piece is where the chunk of a line is; a blank line is one of its own.
func piece(chunks []chunk.Chunk, line int) (from, to int) {
	for i := range chunks {
		if c := &chunks[i]; c.StartLine <= line && line <= c.EndLine {
			return c.StartLine, c.EndLine
		}
	}
	return line, line
}
