package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// Update says what a search does about files that changed since they were indexed.
type Update string

const (
	// UpdateAuto looks for changes and indexes them first if they are few.
	UpdateAuto Update = ""
	// UpdateNever searches what is in the index.
	UpdateNever Update = "never"
	// UpdateAlways indexes all changes first, and makes an index if there is none. No
	// search has a provider make vectors of chunks: that costs something.
	UpdateAlways Update = "always"
)

// Query is a question.
type Query struct {
	// Text is a question in words, a name, a path, an error message or a piece of
	// code. It may hold filters: lang: path: -path: kind: symbol: changed:
	Text string
	// Languages, Paths and NotPaths say which files are searched: languages by their
	// ids, paths by patterns as in .gitignore.
	Languages, Paths, NotPaths []string
	// Kinds and Symbols leave hits of these kinds of symbols, and in symbols whose
	// names hold one of these texts.
	Kinds, Symbols []string
	// Changed leaves files that differ from what was committed last.
	Changed bool
	// Limit is how many hits are wanted. Defaults to 10.
	Limit int
	// Cursor is the Next of the answer before, to go on from there.
	Cursor string
	// Update says what is done about files that changed.
	Update Update
}

// Hit is a place in the code.
type Hit struct {
	Path      string       `json:"path"`
	StartLine int          `json:"start_line"`
	EndLine   int          `json:"end_line"`
	Symbol    string       `json:"symbol"`
	Kind      string       `json:"kind"`
	Signature string       `json:"signature"`
	Language  string       `json:"language"`
	Score     float64      `json:"score"`
	Signals   rank.Signals `json:"signals"`
	// Snippet is the text of the lines, as it is now.
	Snippet string `json:"snippet"`
	// Stale says that the file has changed since it was indexed, so that the lines
	// may be others.
	Stale bool `json:"stale"`
}

// Answer is what was found.
type Answer struct {
	// Kind is what the question was taken for.
	Kind rank.Kind `json:"kind"`
	Hits []Hit     `json:"hits"`
	// Next is the cursor of further hits, or "".
	Next  string    `json:"next"`
	Fresh Freshness `json:"fresh"`
	// Unheard is why a provider that is configured had no say in the order, or "".
	Unheard string        `json:"unheard"`
	Took    time.Duration `json:"-"`
}

// Freshness says how far an index is behind its folder.
type Freshness struct {
	// Checked says that this was looked at; otherwise nothing is known of it.
	Checked bool `json:"checked"`
	// Changed files are in the index as they were, New ones are not in it, and
	// Removed ones still are.
	Changed int `json:"changed"`
	New     int `json:"new"`
	Removed int `json:"removed"`
	// Updated says that changes were indexed before the answer.
	Updated   bool       `json:"updated"`
	IndexedAt *time.Time `json:"indexed_at"`
	Commit    string     `json:"commit"`
}

// Current reports whether the index is known to be up to date.
func (f *Freshness) Current() bool { return f.Checked && f.Changed+f.New+f.Removed == 0 }

const (
	defaultLimit = 10
	mostHits     = 1000
	// filtered is how many hits are looked at when some are left out.
	filtered = 400
	// Changes up to fewFiles and fewBytes are indexed before an answer.
	fewFiles = 50
	fewBytes = 4 << 20
	// mostChecked is of how many files it is looked at with each question whether
	// they changed.
	mostChecked = 20_000
)

// Search answers a question. Without an index the error has [CodeNotIndexed],
// unless the query has [UpdateAlways].
func (s *Service) Search(ctx context.Context, p Place, q Query) (*Answer, error) {
	began := s.Now()
	q = q.parsed()
	question := rank.ParseQuestion(q.Text)
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	said := s.listen(asking, &question)
	index, fresh, err := s.freshen(ctx, p, q.Update)
	if err != nil {
		return nil, err
	}
	provider := said()
	answer, stale, err := s.answer(ctx, p, index, question, provider, &q, "")
	if err != nil {
		return nil, err
	}
	if stale && q.Update != UpdateNever {
		// What changed while it was searched for.
		if index, fresh.Updated, err = s.update(ctx, p, index); err != nil {
			return nil, err
		}
		if answer, _, err = s.answer(ctx, p, index, question, provider, &q, ""); err != nil {
			return nil, err
		}
	}
	answer.Kind, answer.Fresh, answer.Took = question.Kind, fresh, s.Now().Sub(began)
	return answer, nil
}

// Similar finds code like a piece of a file, named by one of its lines, or like a
// text if there is no path.
func (s *Service) Similar(ctx context.Context, p Place, file string, line int, q Query) (*Answer, error) {
	began := s.Now()
	snippet := q.Text
	if file != "" {
		c, err := s.Context(ctx, p, file, line)
		if err != nil {
			return nil, err
		}
		snippet = c.Text
	}
	if strings.TrimSpace(snippet) == "" {
		return nil, fault.Usage("empty_snippet", "there is nothing to compare with").WithHint("see `layercake search --help`")
	}
	q.Text = ""
	q = q.parsed()
	question := rank.ParseQuestion(snippet)
	question.Kind = rank.Snippet
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	said := s.listen(asking, &question)
	index, fresh, err := s.freshen(ctx, p, q.Update)
	if err != nil {
		return nil, err
	}
	provider := said()
	except := ""
	if file != "" {
		except = file + ":" + strconv.Itoa(line)
	}
	answer, _, err := s.answer(ctx, p, index, question, provider, &q, except)
	if err != nil {
		return nil, err
	}
	answer.Kind, answer.Fresh, answer.Took = question.Kind, fresh, s.Now().Sub(began)
	return answer, nil
}

// parsed returns a query with the filters in its text taken out of it.
func (q *Query) parsed() Query {
	out := *q
	out.parse()
	return out
}

func (q *Query) parse() {
	var rest []string
	known := map[string]*[]string{
		"lang": &q.Languages, "path": &q.Paths, "-path": &q.NotPaths, "kind": &q.Kinds, "symbol": &q.Symbols,
	}
	for _, list := range known {
		*list = slices.Clone(*list)
	}
	for word := range strings.FieldsSeq(q.Text) {
		name, value, ok := strings.Cut(word, ":")
		switch list := known[name]; {
		case ok && list != nil && value != "" && !strings.HasPrefix(value, ":"):
			*list = append(*list, value)
		case word == "changed:" || word == "changed:true" || word == "changed:yes":
			q.Changed = true
		default:
			rest = append(rest, word)
		}
	}
	if len(rest) < len(strings.Fields(q.Text)) {
		q.Text = strings.Join(rest, " ")
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, mostHits)
}

// freshen finds the index of a folder and does what a query asks for about changes.
func (s *Service) freshen(ctx context.Context, p Place, u Update) (*Index, Freshness, error) {
	if u == UpdateAlways {
		if _, err := s.Index(ctx, p, IndexOptions{Local: true}); err != nil {
			return nil, Freshness{}, err
		}
		index, err := s.find(ctx, p)
		if err != nil {
			return nil, Freshness{}, err
		}
		return index, Freshness{Checked: true, Updated: true, IndexedAt: index.IndexedAt, Commit: index.Commit}, nil
	}
	index, err := s.find(ctx, p)
	if err != nil {
		return nil, Freshness{}, err
	}
	fresh := Freshness{IndexedAt: index.IndexedAt, Commit: index.Commit}
	if u == UpdateNever || index.NextFile > mostChecked || index.IndexedAt == nil {
		return index, fresh, nil
	}
	c, err := s.compare(ctx, index.ID, p.Root)
	if err != nil {
		return nil, fresh, err
	}
	fresh.count(c)
	if fresh.Current() || len(c.read)+len(c.gone) > fewFiles || c.bytes > fewBytes {
		return index, fresh, nil
	}
	updated, done, err := s.update(ctx, p, index)
	if err != nil {
		return nil, fresh, err
	}
	if done {
		fresh = Freshness{Checked: true, Updated: true, IndexedAt: updated.IndexedAt, Commit: updated.Commit}
	}
	return updated, fresh, nil
}

// count takes over what changed.
func (f *Freshness) count(c *changes) {
	f.Checked, f.Removed = true, len(c.gone)
	for i := range c.read {
		if c.read[i].old == nil {
			f.New++
		} else {
			f.Changed++
		}
	}
}

// update indexes changes, unless another process does so; that one is not waited for.
func (s *Service) update(ctx context.Context, p Place, index *Index) (*Index, bool, error) {
	done, err := s.Index(ctx, p, IndexOptions{NoWait: true, Local: true})
	if errors.Is(err, errBusy) || fault.CodeOf(err) == CodeRemoved {
		return index, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return &done.Index, true, nil
}

// answer ranks, and reads the snippets. stale says that a file among the hits has
// changed. except is a place that is not to be among them.
func (s *Service) answer(ctx context.Context, p Place, index *Index, question rank.Question, said heard, q *Query, except string,
) (a *Answer, stale bool, err error) {
	offset, err := cursor(q.Cursor)
	if err != nil {
		return nil, false, err
	}
	filter := rank.Filter{Languages: q.Languages, Paths: q.Paths, Not: q.NotPaths}
	if q.Changed {
		if filter.Changed, err = changedFiles(ctx, p.Root); err != nil {
			return nil, false, err
		}
	}
	want := offset + q.Limit + 1
	if len(q.Kinds)+len(q.Symbols) > 0 || except != "" {
		want = max(want, filtered)
	}
	r := &reader{s: s, index: index.ID, kinds: q.Kinds, parts: q.Symbols, files: map[string]File{}, said: said}
	question.Embedding = said.vector
	ranked, err := rank.Search(ctx, r, question, filter, rank.Default(), want)
	if errors.Is(err, ErrLost) {
		return nil, false, fault.NotFound(CodeNotIndexed, "the index of %s was removed", p.Root).WithHint("run `layercake search index`").Wrap(err)
	}
	if err != nil {
		return nil, false, err
	}
	if ranked, err = s.left(ctx, index.ID, q, r.files, ranked, except); err != nil {
		return nil, false, err
	}
	a = &Answer{Hits: []Hit{}, Unheard: r.said.why}
	if len(ranked) > offset+q.Limit {
		a.Next = strconv.Itoa(offset + q.Limit)
	}
	ranked = ranked[min(offset, len(ranked)):min(offset+q.Limit, len(ranked))]
	lines := fileLines{root: p.Root}
	for i := range ranked {
		h := &ranked[i]
		hit := Hit{
			Path: h.Path, StartLine: h.StartLine, EndLine: h.EndLine, Symbol: h.Symbol, Kind: h.Kind, Signature: h.Signature,
			Language: h.Language, Score: h.Score, Signals: h.Signals,
		}
		hit.Snippet, hit.Stale = lines.read(h.Path, r.files[h.Path], h.StartLine, h.EndLine)
		stale = stale || hit.Stale
		a.Hits = append(a.Hits, hit)
	}
	return a, stale, nil
}

// covers reports whether a hit is the place itself.
func covers(h *rank.Hit, place string) bool {
	file, text, _ := strings.Cut(place, ":")
	line, _ := strconv.Atoi(text)
	return place != "" && h.Path == file && h.StartLine <= line && line <= h.EndLine
}

func cursor(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	offset, err := strconv.Atoi(text)
	if err != nil || offset < 0 || offset > mostHits {
		return 0, fault.Usage("invalid_cursor", "%q is no cursor of an answer", text).WithHint("take it from the answer before; see `layercake search --help`")
	}
	return offset, nil
}

// changedFiles are the files that differ from what was committed last.
func changedFiles(ctx context.Context, root string) ([]string, error) {
	out, err := git.At(root).Run(ctx, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", ".")
	if err != nil {
		return nil, fmt.Errorf("look for changed files: %w", err)
	}
	prefix, err := git.At(root).Run(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("look for changed files: %w", err)
	}
	files := []string{}
	const before = 3 // two letters and a space
	for entry := range strings.SplitSeq(string(out), "\x00") {
		if len(entry) > before {
			files = append(files, strings.TrimPrefix(entry[before:], strings.TrimSpace(string(prefix))))
		}
	}
	return files, nil
}

// fileLines reads lines of files, each file once.
type fileLines struct {
	root string
	path string
	text []string
	file Listed
	err  error
}

// read returns the lines of a file, and whether it is not as it was.
func (l *fileLines) read(name string, was File, from, to int) (string, bool) {
	if l.path != name {
		l.path, l.text, l.err = name, nil, nil
		full := filepath.Join(l.root, filepath.FromSlash(name))
		info, err := os.Lstat(full)
		if err == nil && !info.Mode().IsRegular() {
			err = errors.ErrUnsupported
		}
		if err == nil {
			l.file = Listed{Path: name, Size: info.Size(), Modified: info.ModTime().UnixNano()}
			var text []byte
			text, err = os.ReadFile(full)
			l.text = strings.Split(strings.ToValidUTF8(strings.TrimPrefix(string(text), "\ufeff"), "\uFFFD"), "\n")
		}
		l.err = err
	}
	if l.err != nil {
		return "", true
	}
	from, to = max(1, min(from, len(l.text)+1)), max(0, min(to, len(l.text)))
	if from > to {
		return "", true
	}
	return strings.Join(l.text[from-1:to], "\n"), was.Size != l.file.Size || was.Modified != l.file.Modified
}
