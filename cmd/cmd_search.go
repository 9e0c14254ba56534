package cmd

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/language"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// searchView is an answer as scripts see it.
type searchView struct {
	Query string `json:"query"`
	// Kind is what the query was taken for.
	Kind       string           `json:"kind"`
	Hits       []hitView        `json:"hits"`
	NextCursor string           `json:"next_cursor"`
	LeftOut    int              `json:"left_out"`
	Unfinished bool             `json:"unfinished"`
	Freshness  search.Freshness `json:"freshness"`
	// Unheard is why a provider that is set had no say in the order, or "".
	Unheard string  `json:"unheard"`
	TookMS  float64 `json:"took_ms"`
}

// hitView is a place in the code.
type hitView struct {
	Path string `json:"path"`
	// Line is the one that speaks most of what was asked for.
	Line      int    `json:"line"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Symbol    string `json:"symbol"`
	Kind      string `json:"kind"`
	Signature string `json:"signature"`
	Language  string `json:"language"`
	// Text begins in line TextLine.
	Text     string       `json:"text"`
	TextLine int          `json:"text_line"`
	Stale    bool         `json:"stale"`
	Score    float64      `json:"score"`
	Signals  rank.Signals `json:"signals"`
}

// searchFlags say what to search, and how much of it to show.
type searchFlags struct {
	langs, paths, notPaths, kinds, symbols []string
	changed, fresh, noIndex                bool
	limit                                  int
	cursor                                 string
	around, tokens                         int
	content, explain                       bool
	regex, exact, anycase                  bool
}

func newCmdSearch(f *Factory) *cobra.Command {
	var in searchFlags
	cmd := group(&cobra.Command{
		Use:   "search QUERY...",
		Short: "Find code by what it means, by words and by names",
		Long: `Find code by what it means, by the words in it and by names. A query is a question
in words, a name such as Server.Close, a path, an error message, or a piece of code.
Nothing leaves this machine, unless search.provider says whom to ask as well.

The first search indexes the project's folder: the files that git knows and those it
does not ignore. Later ones read what changed, if that is little; otherwise they say
how far the index is behind. Nothing of that touches the files.

Filters are flags, or words of the query: lang:go path:internal/ -path:vendor
kind:function symbol:Client changed: (only files that differ from the last commit).

--exact and --regex look into the files themselves, need no index, and find every
line. In a pipe an answer is path:line:text, as grep prints it; for one JSON document
a hit, use --jq '.data.hits[]'. To search for a word that is a command, such as
status, put -- before it.`,
		Example: "  layercake search \"where are retries backed off\"\n" +
			"  layercake search Server.Close\n" +
			"  layercake search \"parse date lang:go -path:vendor\" --limit 5\n" +
			"  layercake search --regex 'TODO|FIXME' --path 'src/'\n" +
			"  layercake search \"token refresh\" --content --max-tokens 4000\n" +
			"  layercake search \"rate limit\" --jq '.data.hits[] | {path, line, symbol}'",
	}, newCmdSearchSimilar(f), newCmdSearchSymbol(f), newCmdSearchReferences(f), newCmdSearchOutline(f), newCmdSearchContext(f),
		newCmdSearchIndex(f), newCmdSearchStatus(f), newCmdSearchRemove(f), newCmdSearchEval(f))
	out := addOutput(cmd, f, searchView{})
	in.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&in.regex, "regex", false, "the query is a regular expression (RE2), for the files as they are")
	flags.BoolVar(&in.exact, "exact", false, "the query is a text, for the files as they are")
	flags.BoolVarP(&in.anycase, "ignore-case", "i", false, "with --exact and --regex: take capitals and small letters for the same")
	exclusive(cmd, "regex", "exact")
	exclusive(cmd, "no-index", "fresh")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if pattern, ok := strings.CutPrefix(f.flags.project, "ath:"); ok {
			return fault.Usage("invalid_flag", "-path:%s outside of quotes is taken for the flag -p", pattern).
				WithHint("put the query in quotes, or say --not-path %s; see `%s --help`", pattern, cmd.CommandPath())
		}
		if len(args) == 0 {
			if out.structured() || anyChanged(cmd) {
				return fault.Usage("empty_query", "there is nothing to search for").WithHint("%s", usageHint(cmd))
			}
			return cmd.Help()
		}
		text := strings.Join(args, " ")
		if in.regex || in.exact {
			return f.scan(cmd, out, &in, text)
		}
		if in.anycase {
			return fault.Usage("conflicting_flags", "only --exact and --regex tell capitals from small letters").WithHint("leave out --ignore-case")
		}
		return f.reading(func(ctx context.Context, s *session, _ []string) error {
			q := in.query(text)
			return s.answer(ctx, out, &in, text, q, func() (*search.Answer, error) {
				prepared, err := q.Prepared()
				if err != nil {
					return nil, err
				}
				return s.Search.Search(ctx, s.at.InSearch(), prepared)
			})
		})(cmd, args)
	}
	return cmd
}

// orQuery accepts what [exactly] does. Whoever gave more words may have wanted to
// search for them.
func orQuery(names ...string) cobra.PositionalArgs {
	accept := exactly(names...)
	return func(cmd *cobra.Command, args []string) error {
		err := accept(cmd, args)
		if fault.CodeOf(err) == "unexpected_argument" {
			e := fault.From(err)
			return e.WithHint("%s; to search for words that begin with the name of a command, put them in quotes", e.Hint)
		}
		return err
	}
}

// anyChanged reports whether a flag was given.
func anyChanged(cmd *cobra.Command) bool { return cmd.Flags().NFlag() > 0 }

const (
	defaultHits   = 10
	defaultAround = 2
)

// add gives a command the flags of a search.
func (in *searchFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	in.addFilters(cmd)
	flags.StringSliceVar(&in.kinds, "kind", nil, "only in symbols of this `KIND`, such as function; can be repeated")
	flags.StringSliceVar(&in.symbols, "symbol", nil, "only in symbols whose `NAME` has this in it; can be repeated")
	addNumber(cmd, &in.around, "context", defaultAround, "so many lines around the one that fits best; none in a pipe, if it is not said")
	flags.BoolVar(&in.content, "content", false, "the whole piece of code in place of a few lines")
	addNumber(cmd, &in.tokens, "max-tokens", 0, "stop before the answer has more tokens than this, as a language model counts them")
	flags.BoolVar(&in.explain, "explain", false, "say of each hit why it is where it is")
	flags.BoolVar(&in.fresh, "fresh", false, "read everything that changed first, however much it is")
	flags.BoolVar(&in.noIndex, "no-index", false, "search what is in the index, and read nothing")
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(search.Kinds(), cobra.ShellCompDirectiveNoFileComp)) // defined above
}

// addFilters gives a command the flags that choose files and pages.
func (in *searchFlags) addFilters(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&in.langs, "lang", nil, "only in this `LANGUAGE`, such as go or ts; can be repeated")
	flags.StringSliceVar(&in.paths, "path", nil, "only in files that this `PATTERN` of .gitignore matches; can be repeated")
	flags.StringSliceVar(&in.notPaths, "not-path", nil, "not in files that this `PATTERN` matches; can be repeated")
	flags.BoolVar(&in.changed, "changed", false, "only in files that differ from the last commit")
	addNumber(cmd, &in.limit, "limit", defaultHits, "at most so many")
	flags.StringVar(&in.cursor, "cursor", "", "go on after the answer that ended with this `CURSOR`")
	_ = cmd.RegisterFlagCompletionFunc("lang", completeLanguages) // defined above
}

func completeLanguages(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all := language.All()
	list := make([]string, len(all))
	for i, l := range all {
		list[i] = cobra.CompletionWithDesc(l.ID, l.Name)
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// query is what the flags and a text ask for.
func (in *searchFlags) query(text string) search.Query {
	q := search.Query{
		Text: text, Languages: in.langs, Paths: in.paths, NotPaths: in.notPaths, Kinds: in.kinds, Symbols: in.symbols, Changed: in.changed,
		Limit: in.limit, Cursor: in.cursor,
	}
	switch {
	case in.fresh:
		q.Update = search.UpdateAlways
	case in.noIndex:
		q.Update = search.UpdateNever
	}
	return q
}

// answer searches, makes the index if there is none, and shows what was found.
// question is what is looked for in the lines.
func (s *session) answer(
	ctx context.Context, out *output, in *searchFlags, question string, q search.Query, find func() (*search.Answer, error),
) error {
	if err := s.hasRoot(); err != nil {
		return err
	}
	a, err := whenIndexed(ctx, s, q.Update, func() (*search.Answer, *search.Freshness, error) {
		a, err := find()
		if err != nil {
			return nil, nil, err
		}
		return a, &a.Fresh, nil
	})
	if err != nil {
		return err
	}
	view := &searchView{
		Query: question, Kind: string(a.Kind), Hits: []hitView{}, NextCursor: a.Next, Freshness: a.Fresh, Unheard: a.Unheard,
		TookMS: float64(a.Took.Microseconds()) / 1000,
	}
	var marker *search.Marker // a piece of code has too many words to point at
	if a.Kind != rank.Snippet {
		marker = search.NewMarker(question)
	}
	spots, err := s.Search.Pinpoint(ctx, s.at.InSearch(), a, question, marker)
	if err != nil {
		return err
	}
	around := in.lines(out)
	for i := range a.Hits {
		view.Hits = append(view.Hits, newHitView(&a.Hits[i], &spots[i], around))
	}
	view.bound(in.tokens)
	if err := out.show(view, func(p *printer) { s.f.printHits(p, s.at.Root, view, marker, in) }); err != nil {
		return err
	}
	s.f.sayMore(out, view)
	s.f.sayFresh(&a.Fresh, q.Update)
	if a.Unheard != "" && !wantsJSON(s.f.process.Args) {
		s.f.warn("the order is the index's own: %s", a.Unheard)
	}
	return nil
}

// lines is how many lines around the best one are shown; -1 is all of them.
func (in *searchFlags) lines(out *output) int {
	switch {
	case in.content:
		return -1
	case !out.structured() && !out.f.IO.OutTTY && !out.cmd.Flags().Changed("context"):
		return 0
	}
	return in.around
}

func newHitView(h *search.Hit, at *search.Spot, around int) hitView {
	v := hitView{
		Path: h.Path, Line: at.Line, StartLine: h.StartLine, EndLine: h.EndLine, Symbol: at.Symbol, Kind: at.Kind,
		Signature: at.Signature, Language: h.Language, Text: h.Snippet, TextLine: h.StartLine, Stale: h.Stale, Score: h.Score, Signals: h.Signals,
	}
	if around >= 0 {
		lines := strings.Split(h.Snippet, "\n")
		from, to := search.Excerpt(lines, min(at.Line-h.StartLine, len(lines)-1), around)
		v.Text, v.TextLine = strings.Join(lines[from:to], "\n"), h.StartLine+from
	}
	return v
}

// bound leaves out the hits for which there is no room.
func (v *searchView) bound(tokens int) {
	if tokens == 0 {
		return
	}
	spent := 0
	for i := range v.Hits {
		h := &v.Hits[i]
		spent += search.Tokens(h.Path+h.Symbol+h.Text) + 2
		if spent > tokens {
			v.LeftOut = len(v.Hits) - i
			v.Hits = v.Hits[:i]
			return
		}
	}
}

// scan looks into the files themselves.
func (f *Factory) scan(cmd *cobra.Command, out *output, in *searchFlags, pattern string) error {
	for _, name := range []string{"kind", "symbol", "fresh", "no-index", "explain"} {
		if cmd.Flags().Changed(name) {
			return fault.Usage("conflicting_flags", "--%s asks the index, and --exact and --regex the files", name).WithHint("leave out --%s", name)
		}
	}
	place, service, err := f.folder(cmd.Context())
	if err != nil {
		return err
	}
	began := time.Now()
	q := search.ScanQuery{Pattern: pattern, Regexp: in.regex, Anycase: in.anycase}
	in.scanning(cmd, &q)
	found, err := service.Scan(cmd.Context(), place, q)
	if err != nil {
		return err
	}
	kind := "exact"
	if in.regex {
		kind = "regex"
	}
	return f.showScanned(out, in, place.Root, kind, pattern, found, time.Since(began))
}

// scanning takes over the flags.
func (in *searchFlags) scanning(cmd *cobra.Command, q *search.ScanQuery) {
	q.Languages, q.Paths, q.NotPaths, q.Changed, q.Cursor = in.langs, in.paths, in.notPaths, in.changed, in.cursor
	const many = 100
	q.Limit = many
	if cmd.Flags().Changed("limit") {
		q.Limit = in.limit
	}
}

// showScanned shows what was found in the files.
func (f *Factory) showScanned(out *output, in *searchFlags, root, kind, pattern string, found *search.Scanned, took time.Duration) error {
	view := &searchView{
		Query: pattern, Kind: kind, Hits: []hitView{}, NextCursor: found.Next, Unfinished: found.Unfinished,
		Freshness: search.Freshness{Checked: true}, TookMS: float64(took.Microseconds()) / 1000,
	}
	for i := range found.Matches {
		m := &found.Matches[i]
		h := hitView{
			Path: m.Path, Line: m.Line, StartLine: m.Line, EndLine: m.Line, Symbol: m.Symbol, Language: m.Language, Text: m.Text, TextLine: m.Line,
		}
		if m.Definition {
			h.Kind = "definition"
		}
		view.Hits = append(view.Hits, h)
	}
	view.bound(in.tokens)
	if err := out.show(view, func(p *printer) { f.printMatches(p, root, view) }); err != nil {
		return err
	}
	if found.Unfinished {
		f.warn("it took too long: only %d files were looked at; narrow it down with --path or --lang", found.Files)
	}
	f.sayMore(out, view)
	return nil
}

// folder is where files are looked for without a database: the project's folder, or
// else the repository's, or the one at hand.
func (f *Factory) folder(ctx context.Context) (search.Place, *search.Service, error) {
	here, err := f.place()
	if err != nil {
		return search.Place{}, nil, err
	}
	name := f.flags.project
	if name == "" {
		name = f.env.get(envProject)
	}
	if name != "" && name != here.project.Slug && name != here.project.ID.String() {
		s, err := f.session(ctx)
		if err == nil {
			err = s.hasRoot()
		}
		if err != nil {
			return search.Place{}, nil, err
		}
		return s.at.InSearch(), s.Search, nil
	}
	root := here.dir
	switch {
	case here.root != "":
		root = here.root
	case here.gitRoot != "":
		root = here.gitRoot
	}
	return search.Place{Project: here.project.ID, Root: root}, search.New(search.Config{}), nil
}
