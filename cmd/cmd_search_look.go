package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/language"
)

func newCmdSearchSimilar(f *Factory) *cobra.Command {
	var in searchFlags
	cmd := &cobra.Command{
		Use:   "similar FILE:LINE",
		Short: "Find code like a piece of code",
		Long: `Find code like the piece that a line of a file is in, or like what comes on
standard input when - stands in place of the line.`,
		Example: "  layercake search similar internal/server/server.go:120\n" +
			"  layercake search similar - --lang go < snippet.txt",
		Args: orQuery("FILE:LINE"),
	}
	out := addOutput(cmd, f, searchView{})
	in.add(cmd)
	exclusive(cmd, "no-index", "fresh")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		if err := s.hasRoot(); err != nil {
			return err
		}
		q := in.query("")
		file, line, question := "", 0, ""
		var err error
		if args[0] == "-" {
			q.Text, err = f.textOf("-")
			question = q.Text
		} else if file, line, err = f.spot(s.at.Root, args[0]); err == nil {
			var c *search.CodeContext
			if c, err = s.Search.Context(ctx, s.at.InSearch(), file, line); err == nil {
				question = c.Text
			}
		}
		if err != nil {
			return err
		}
		if q, err = q.Filtered(); err != nil {
			return err
		}
		return s.answer(ctx, out, &in, question, q, func() (*search.Answer, error) {
			return s.Search.Similar(ctx, s.at.InSearch(), file, line, q)
		})
	})
	return cmd
}

// spot reads FILE:LINE, or FILE:LINE:COLUMN as compilers write it. The file is named
// from the folder at hand, or from the project's.
func (f *Factory) spot(root, text string) (file string, line int, err error) {
	file = text
	var numbers []int
	for len(numbers) < 2 {
		before, last, ok := cutLast(file, ":")
		n, err := strconv.Atoi(last)
		if !ok || err != nil {
			break
		}
		file, numbers = before, append(numbers, n)
	}
	if len(numbers) == 0 || file == "" {
		return "", 0, fault.Usage("missing_line", "%q names no line", text).WithHint("write it as FILE:LINE, such as main.go:12; see `layercake search --help`")
	}
	file, err = f.sourceFile(root, file)
	return file, numbers[len(numbers)-1], err
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// sourceFile is a file's path from the project's folder.
func (f *Factory) sourceFile(root, name string) (string, error) {
	full := name
	if !filepath.IsAbs(full) {
		full = filepath.Join(f.process.Dir, name)
		if !exists(full) && exists(filepath.Join(root, name)) {
			full = filepath.Join(root, name) // as answers name it
		}
	}
	rel, err := filepath.Rel(root, full)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", fault.Usage("outside_of_project", "%s is not in %s", name, root).
			WithHint("name a file in that folder, as `git ls-files` lists them")
	}
	if info, err := os.Stat(full); err == nil && info.IsDir() {
		return "", fault.Usage("is_a_folder", "%s is a folder, not a file", name).WithHint("run `git ls-files` to see the files")
	}
	return filepath.ToSlash(rel), nil
}

func newCmdSearchSymbol(f *Factory) *cobra.Command {
	var prefix, fresh, noIndex bool
	var kinds, langs []string
	var limit int
	cmd := &cobra.Command{
		Use:   "symbol NAME",
		Short: "Find where a name is defined",
		Long: `Find where a name is defined: Close, Server.Close, Server::close. Those in the very
case come first. --prefix finds all names that begin so.`,
		Example: "  layercake search symbol NewServer\n  layercake search symbol Server.Close --kind method\n  layercake search symbol parse --prefix --lang go",
		Args:    orQuery("NAME"),
	}
	out := addOutput(cmd, f, search.Definition{})
	const many = 50
	flags := cmd.Flags()
	flags.BoolVar(&prefix, "prefix", false, "all names that begin so")
	flags.StringSliceVar(&kinds, "kind", nil, "only symbols of this `KIND`, such as function; can be repeated")
	flags.StringSliceVar(&langs, "lang", nil, "only in this `LANGUAGE`, such as go or ts; can be repeated")
	addNumber(cmd, &limit, "limit", many, "at most so many")
	flags.BoolVar(&fresh, "fresh", false, "read everything that changed first, however much it is")
	flags.BoolVar(&noIndex, "no-index", false, "search what is in the index, and read nothing")
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(search.Kinds(), cobra.ShellCompDirectiveNoFileComp)) // defined above
	_ = cmd.RegisterFlagCompletionFunc("lang", completeLanguages)                                                          // as above
	exclusive(cmd, "no-index", "fresh")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		if err := s.hasRoot(); err != nil {
			return err
		}
		in := searchFlags{langs: langs, kinds: kinds, fresh: fresh, noIndex: noIndex}
		q := in.query("")
		q, err := q.Filtered()
		if err != nil {
			return err
		}
		list, err := s.symbols(ctx, search.SymbolQuery{Name: args[0], Prefix: prefix, Kinds: q.Kinds, Limit: limit, Update: q.Update}, q.Languages)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) { f.printDefinitions(p, s.at.Root, list) })
	})
	return cmd
}

// symbols finds definitions in some languages.
func (s *session) symbols(ctx context.Context, q search.SymbolQuery, langs []string) ([]search.Definition, error) {
	limit := q.Limit
	if len(langs) > 0 {
		const all = 5000
		q.Limit = all // of which some are in other languages
	}
	found, err := whenIndexed(ctx, s, q.Update, func() ([]search.Symbol, *search.Freshness, error) {
		list, fresh, err := s.Search.Symbols(ctx, s.at.InSearch(), q)
		return list, &fresh, err
	})
	if err != nil {
		return nil, err
	}
	list := []search.Definition{}
	for i := range found {
		if len(langs) == 0 || slices.Contains(langs, found[i].Language) {
			list = append(list, found[i].Definition())
		}
	}
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list, nil
}

func (f *Factory) printDefinitions(p *printer, root string, list []search.Definition) {
	t := newTable(col("WHERE"), col("KIND"), col("NAME"), col("SIGNATURE").flex().ifRoom())
	for i := range list {
		d := &list[i]
		t.add(bold.of(fmt.Sprintf("%s:%d", f.shownPath(root, d.Path), d.Line)), d.Kind, d.Qualified(), d.Signature)
	}
	p.table(t)
}

func newCmdSearchReferences(f *Factory) *cobra.Command {
	var in searchFlags
	var definitions bool
	cmd := &cobra.Command{
		Use:     "references NAME",
		Aliases: []string{"refs"},
		Short:   "Find where a name is used",
		Long: `Find the lines in which a name stands as a word of its own, besides those that define
it. The files are read as they are now. Names are compared as they are written: two
things of one name are not told apart, and comments and texts count as well.`,
		Example: "  layercake search references NewServer\n  layercake search references Close --lang go --path 'internal/'",
		Args:    orQuery("NAME"),
	}
	out := addOutput(cmd, f, searchView{})
	in.addFilters(cmd)
	cmd.Flags().BoolVar(&definitions, "definitions", false, "the definitions as well")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		place, service, err := f.folder(cmd.Context())
		if err != nil {
			return err
		}
		began := time.Now()
		q := search.ScanQuery{Pattern: args[0]}
		in.scanning(cmd, &q)
		found, err := service.References(cmd.Context(), place, q, definitions)
		if err != nil {
			return err
		}
		return f.showScanned(out, &in, place.Root, "references", args[0], found, time.Since(began))
	}
	return cmd
}

// outlineView is what a file defines.
type outlineView struct {
	Path     string              `json:"path"`
	Language string              `json:"language"`
	Lines    int                 `json:"lines"`
	Symbols  []search.Definition `json:"symbols"`
}

func newCmdSearchOutline(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "outline FILE",
		Short:   "List what a file defines",
		Long:    "List what a file defines, in the order of its lines. The file is read as it is now; no index and no database is needed.",
		Example: "  layercake search outline internal/server/server.go\n  layercake search outline main.go --jq '.data.symbols[].name'",
		Args:    orQuery("FILE"),
	}
	out := addOutput(cmd, f, outlineView{})
	cmd.ValidArgsFunction = completeFiles
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		place, service, err := f.folder(cmd.Context())
		if err != nil {
			return err
		}
		file, err := f.sourceFile(place.Root, args[0])
		if err != nil {
			return err
		}
		o, err := service.Outline(cmd.Context(), place, file)
		if err != nil {
			return err
		}
		view := &outlineView{Path: o.Path, Language: o.Language, Lines: o.Lines, Symbols: search.Definitions(o.Path, o.Language, o.Symbols)}
		return out.show(view, func(p *printer) { printOutline(p, view) })
	}
	return cmd
}

func completeFiles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

func printOutline(p *printer, v *outlineView) {
	if !p.tty {
		t := newTable(col("LINE"), col("KIND"), col("NAME"), col("SIGNATURE"))
		for i := range v.Symbols {
			s := &v.Symbols[i]
			t.add(s.Line, s.Kind, s.Qualified(), s.Signature)
		}
		p.table(t)
		return
	}
	lang, _ := language.ByID(v.Language)
	p.line("%s  %s", bold.of(v.Path), dim.of(fmt.Sprintf("%s, %d lines", lang.Name, v.Lines)))
	t := newTable(col("LINES").toRight(), col("KIND"), col("NAME").flex(), col("SIGNATURE").flex().ifRoom())
	for i := range v.Symbols {
		s := &v.Symbols[i]
		depth := 0
		if s.Parent != "" {
			depth = strings.Count(s.Parent, ".") + 1
		}
		t.add(fmt.Sprintf("%d-%d", s.Line, s.EndLine), s.Kind, bold.of(strings.Repeat("  ", depth)+s.Name), s.Signature)
	}
	p.table(t)
}

// contextView is what is around a line.
type contextView struct {
	Path      string              `json:"path"`
	Language  string              `json:"language"`
	Line      int                 `json:"line"`
	StartLine int                 `json:"start_line"`
	EndLine   int                 `json:"end_line"`
	Text      string              `json:"text"`
	Symbols   []search.Definition `json:"symbols"`
	Siblings  []search.Definition `json:"siblings"`
}

func newCmdSearchContext(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context FILE:LINE",
		Short: "Show what is around a line",
		Long: `Show what a line of a file is in, the piece of code that it belongs to, and what is
defined beside it. The file is read as it is now; no index and no database is needed.`,
		Example: "  layercake search context internal/server/server.go:120",
		Args:    orQuery("FILE:LINE"),
	}
	out := addOutput(cmd, f, contextView{})
	cmd.ValidArgsFunction = completeFiles
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		place, service, err := f.folder(cmd.Context())
		if err != nil {
			return err
		}
		file, line, err := f.spot(place.Root, args[0])
		if err != nil {
			return err
		}
		c, err := service.Context(cmd.Context(), place, file, line)
		if err != nil {
			return err
		}
		view := &contextView{
			Path: c.Path, Language: c.Language, Line: c.Line, StartLine: c.StartLine, EndLine: c.EndLine, Text: c.Text,
			Symbols: search.Definitions(c.Path, c.Language, c.Symbols), Siblings: search.Definitions(c.Path, c.Language, c.Siblings),
		}
		return out.show(view, func(p *printer) { f.printContext(p, place.Root, view) })
	}
	return cmd
}

func (f *Factory) printContext(p *printer, root string, v *contextView) {
	path := f.shownPath(root, v.Path)
	if !p.tty {
		p.grepped(path, &hitView{Line: v.Line, Text: v.Text, TextLine: v.StartLine}, false)
		return
	}
	lang, _ := language.ByID(v.Language)
	p.line("%s  %s", bold.of(fmt.Sprintf("%s:%d", path, v.Line)), dim.of(lang.Name))
	for i := range v.Symbols {
		s := &v.Symbols[i]
		p.line("  in %s %s  %s", s.Kind, cyan.of(s.Qualified()), dim.of(fmt.Sprintf("lines %d-%d", s.Line, s.EndLine)))
	}
	p.code(v.Text, v.StartLine, v.Line, nil)
	if len(v.Siblings) > 0 {
		names := make([]string, len(v.Siblings))
		for i := range v.Siblings {
			names[i] = fmt.Sprintf("%s:%d", v.Siblings[i].Name, v.Siblings[i].Line)
		}
		p.fold(p.render(dim.of("  beside it: "))+inert(strings.Join(names, ", ")), hanging)
	}
}
