package search

import (
	"context"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/language"
	"github.com/layercake-dev/layercake/core/search/outline"
	"github.com/layercake-dev/layercake/core/search/rank"
	"github.com/layercake-dev/layercake/core/search/words"
)

// Filters are the names of the filters that a query's text may hold, before a
// colon and a value.
func Filters() []string { return []string{"lang", "path", "-path", "kind", "symbol", "changed"} }

// Kinds are the kinds of symbols.
func Kinds() []string {
	kinds := []outline.Kind{
		outline.Function, outline.Method, outline.Constructor, outline.Class, outline.Interface, outline.Struct, outline.Enum,
		outline.Trait, outline.Object, outline.Type, outline.Impl, outline.Constant, outline.Variable, outline.Field,
		outline.Property, outline.Member, outline.Module, outline.Namespace, outline.Macro, outline.Heading, outline.Table,
		outline.View, outline.Index, outline.Trigger, outline.Test, outline.Section, outline.Target,
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

// helpCommand is named by hints about queries.
const helpCommand = "layercake search --help"

// Prepared returns the query as it is searched for: the filters in its text taken
// out of it, languages by their ids, and kinds as the index has them. It refuses
// filters, languages and kinds that do not exist, and a text without a word.
func (q *Query) Prepared() (Query, error) {
	if err := misspelt(q.Text); err != nil {
		return Query{}, err
	}
	out := q.parsed()
	if err := out.settle(); err != nil {
		return Query{}, err
	}
	out.Text = clean(out.Text)
	switch {
	case strings.TrimSpace(out.Text) == "" && strings.TrimSpace(q.Text) != "":
		return Query{}, fault.Usage("empty_query", "there are filters, and nothing to search for").
			WithHint("add what you look for; see `%s`", helpCommand)
	case strings.TrimSpace(out.Text) == "":
		return Query{}, fault.Usage("empty_query", "there is nothing to search for").WithHint("see `%s`", helpCommand)
	case len(words.Question(out.Text)) == 0:
		return Query{}, fault.Usage("no_words", "there is no word in %q to search for", shortened(out.Text)).
			WithHint("for signs as they are in the files, see --exact in `%s`", helpCommand)
	}
	return out, nil
}

// Filtered is [Query.Prepared] for a query whose text is no question, but code.
func (q *Query) Filtered() (Query, error) {
	out := *q
	err := out.settle()
	out.Text = clean(out.Text)
	return out, err
}

// settle makes languages and kinds those that the index knows.
func (q *Query) settle() error {
	var err error
	if q.Languages, err = languageIDs(q.Languages); err != nil {
		return err
	}
	q.Kinds, err = kindNames(q.Kinds)
	return err
}

func languageIDs(list []string) ([]string, error) {
	ids := make([]string, 0, len(list))
	for _, word := range list {
		l, ok := language.Named(word)
		if !ok {
			known := []string{"golang", "c++", "c#", "ts", "js", "py", "rb"}
			for _, l := range language.All() {
				known = append(known, l.ID, l.Name)
			}
			e := fault.Usage("unknown_language", "there is no language %q", shortened(word))
			if near := fault.Nearest(word, known); near != "" {
				return nil, e.WithHint("did you mean %s? `layercake search status` lists those in the index", near)
			}
			return nil, e.WithHint("`layercake search status` lists those in the index")
		}
		ids = append(ids, l.ID)
		switch l.ID { // of which people do not think as two
		case "typescript":
			ids = append(ids, "tsx")
		case "javascript":
			ids = append(ids, "jsx")
		}
	}
	return ids, nil
}

func kindNames(list []string) ([]string, error) {
	known := Kinds()
	names := make([]string, 0, len(list))
	for _, word := range list {
		name := strings.ToLower(word)
		switch name {
		case "func", "fn":
			name = string(outline.Function)
		case "const":
			name = string(outline.Constant)
		case "var":
			name = string(outline.Variable)
		}
		if !slices.Contains(known, name) {
			e := fault.Usage("unknown_kind", "there is no kind of symbol %q; there are %s", shortened(word), strings.Join(known, ", "))
			if near := fault.Nearest(name, known); near != "" {
				return nil, e.WithHint("did you mean %s?", near)
			}
			return nil, e.WithHint("see `%s`", helpCommand)
		}
		names = append(names, name)
	}
	return names, nil
}

// left leaves of hits those that a query asks for, as many as are needed: pieces of
// code in which a symbol of the kind and the name begins, or that are in one.
func (s *Service) left(ctx context.Context, index int32, q *Query, files map[string]File, hits []rank.Hit, except string) ([]rank.Hit, error) {
	offset, err := cursor(q.Cursor)
	if err != nil {
		return nil, err
	}
	symbols := map[int32][]Symbol{}
	left := hits[:0]
	for i := range hits {
		h := &hits[i]
		if len(left) > offset+q.Limit {
			break
		}
		if covers(h, except) {
			continue
		}
		if len(q.Kinds)+len(q.Symbols) > 0 && !q.wants(h.Symbol, h.Kind) {
			file := files[h.Path].ID
			if _, known := symbols[file]; !known {
				if symbols[file], err = s.Store.SymbolsOf(ctx, index, file); err != nil {
					return nil, err
				}
			}
			if !slices.ContainsFunc(symbols[file], func(sym Symbol) bool {
				d := sym.Definition()
				return h.StartLine <= d.Line && d.Line <= h.EndLine && q.wants(d.Qualified(), d.Kind)
			}) {
				continue
			}
		}
		left = append(left, *h)
	}
	return left, nil
}

// wants reports whether a query asks for such a symbol.
func (q *Query) wants(symbol, kind string) bool {
	if len(q.Kinds) > 0 && !slices.Contains(q.Kinds, kind) {
		return false
	}
	return len(q.Symbols) == 0 || slices.ContainsFunc(q.Symbols, func(part string) bool {
		return strings.Contains(strings.ToLower(symbol), strings.ToLower(part))
	})
}

// misspelt refuses what was meant to be a filter and is none. Of words with a colon
// that are nothing like one it is taken that they are searched for, and of texts of
// several lines that they are messages.
func misspelt(text string) error {
	if strings.Contains(text, "\n") {
		return nil
	}
	known := Filters()
	for word := range strings.FieldsSeq(text) {
		name, value, ok := strings.Cut(word, ":")
		if !ok || name == "" || strings.HasPrefix(value, ":") || strings.HasPrefix(value, "//") || slices.Contains(known, name) {
			continue
		}
		near := fault.Nearest(name, known)
		switch name {
		case "language":
			near = "lang"
		case "file", "dir", "ext":
			near = "path"
		case "-lang", "-kind":
			near = strings.TrimPrefix(name, "-")
		}
		if near == "" || name != strings.ToLower(name) || value == "" {
			continue
		}
		return fault.Usage("unknown_filter", "there is no filter %s:", shortened(name)).
			WithHint("did you mean %s:? There are %s: and changed: in quotes the word is searched for", near, strings.Join(known[:len(known)-1], ":, "))
	}
	return nil
}

// shortened is as much of what was typed as a message repeats.
func shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
