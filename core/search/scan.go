package search

import (
	"bytes"
	"context"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/language"
	"github.com/layercake-dev/layercake/core/search/outline"
	"github.com/layercake-dev/layercake/core/search/words"
)

// ScanQuery asks for lines as they are in the files now. It needs no index.
type ScanQuery struct {
	// Pattern is a text, or a regular expression in the syntax of RE2.
	Pattern string
	Regexp  bool
	// Word leaves those matches that are a whole identifier. The pattern is one then.
	Word bool
	// Anycase takes capitals and small letters for the same.
	Anycase bool
	// Languages, Paths, NotPaths and Changed are as those of a [Query].
	Languages, Paths, NotPaths []string
	Changed                    bool
	// Limit is how many lines are wanted. Defaults to 100.
	Limit int
	// Cursor is the Next of the answer before, to go on from there.
	Cursor string
	// Most bounds how long it looks. Defaults to 10 seconds.
	Most time.Duration
}

// Match is a line in which the pattern was found.
type Match struct {
	Path     string `json:"path"`
	Language string `json:"language"`
	Line     int    `json:"line"`
	// Column is where in the line it begins, in bytes, from 1 on.
	Column int    `json:"column"`
	Text   string `json:"text"`
	// Symbol is what the line is in or defines, and Definition says that it defines
	// what was looked for.
	Symbol     string `json:"symbol"`
	Definition bool   `json:"definition"`
}

// Scanned is what was found in the files.
type Scanned struct {
	Matches []Match
	Next    string
	// Files is how many were looked at, and Unfinished says that there was no time
	// for the others.
	Files      int
	Unfinished bool
}

const (
	defaultScanned = 100
	mostScanned    = 100_000
	defaultMost    = 10 * time.Second
	// wave is how many files are looked at side by side before it is asked whether
	// there are enough matches.
	wave = 256
	// mostInFile bounds the matches in one file.
	mostInFile = 10_000
	// longestMatched is how much of a line is kept.
	longestMatched = 500
)

// Scan looks for a text or a regular expression in the files of a folder.
func (s *Service) Scan(ctx context.Context, p Place, q ScanQuery) (*Scanned, error) {
	look, err := q.compile()
	if err != nil {
		return nil, err
	}
	if q.Languages, err = languageIDs(q.Languages); err != nil {
		return nil, err
	}
	offset, err := scanCursor(q.Cursor)
	if err != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultScanned
	}
	q.Limit = min(q.Limit, mostScanned)
	files, err := s.scannable(ctx, p, &q)
	if err != nil {
		return nil, err
	}
	if q.Word && !q.Regexp && !q.Anycase {
		if files, err = s.holding(ctx, p, files, q.Pattern); err != nil {
			return nil, err
		}
	}
	most := q.Most
	if most <= 0 {
		most = defaultMost
	}
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	out := &Scanned{Matches: []Match{}}
	var all []Match
	for part := range slices.Chunk(files, wave) {
		found, read, err := s.wave(limited, p.Root, part, look, q.Languages)
		all, out.Files = append(all, found...), out.Files+read
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if limited.Err() != nil {
			out.Unfinished = true
			break
		}
		if err != nil {
			return nil, err
		}
		if len(all) > offset+q.Limit {
			break
		}
	}
	if len(all) > offset+q.Limit {
		out.Next = strconv.Itoa(offset + q.Limit)
	}
	out.Matches = append(out.Matches, all[min(offset, len(all)):min(offset+q.Limit, len(all))]...)
	return out, s.place(ctx, p, out.Matches, q.Pattern)
}

// compile makes a function of the pattern that finds where it matches.
func (q *ScanQuery) compile() (func(text []byte) [][]int, error) {
	if strings.TrimSpace(q.Pattern) == "" {
		return nil, fault.Usage("empty_query", "there is nothing to search for").WithHint("see `%s`", helpCommand)
	}
	pattern := q.Pattern
	if !q.Regexp {
		pattern = regexp.QuoteMeta(pattern)
	}
	flags := "(?m)"
	if q.Anycase {
		flags = "(?mi)"
	}
	re, err := regexp.Compile(flags + pattern)
	if err != nil {
		return nil, fault.Usage("invalid_regexp", "%q is no regular expression: %s", shortened(q.Pattern), reason(err)).
			WithHint("for the text as it is, use --exact; the syntax is that of RE2, see `%s`", helpCommand)
	}
	needle := []byte(nil)
	if !q.Regexp && !q.Anycase {
		needle = []byte(q.Pattern)
	}
	return func(text []byte) [][]int {
		if needle != nil && !bytes.Contains(text, needle) {
			return nil // much quicker than the expression
		}
		found := re.FindAllIndex(text, mostInFile)
		return slices.DeleteFunc(found, func(at []int) bool {
			return at[0] == at[1] || q.Word && !wholeWord(text, at[0], at[1])
		})
	}, nil
}

// reason is what the compiler says of an expression, without the expression.
func reason(err error) string {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	text, _, _ = strings.Cut(text, ": `")
	return text
}

// wholeWord reports whether a part of a text is an identifier, and not a part of one.
func wholeWord(text []byte, from, to int) bool {
	before, _ := utf8.DecodeLastRune(text[:from])
	after, _ := utf8.DecodeRune(text[to:])
	return !inWord(before) && !inWord(after)
}

func inWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// scannable are the files that a query leaves, in order. Languages are seen when
// they are read.
func (s *Service) scannable(ctx context.Context, p Place, q *ScanQuery) ([]Listed, error) {
	files, _, err := s.Source.List(ctx, p.Root)
	if err != nil {
		return nil, err
	}
	var changed []string
	if q.Changed {
		if changed, err = changedFiles(ctx, p.Root); err != nil {
			return nil, err
		}
	}
	only, not := patterns(q.Paths), patterns(q.NotPaths)
	left := slices.DeleteFunc(files, func(f Listed) bool {
		return only != nil && !matches(only, f.Path) || not != nil && matches(not, f.Path) ||
			q.Changed && !slices.Contains(changed, f.Path)
	})
	slices.SortFunc(left, func(a, b Listed) int { return strings.Compare(a.Path, b.Path) })
	return left, nil
}

func matches(m gitignore.Matcher, name string) bool { return m.Match(strings.Split(name, "/"), false) }

// wave looks at some files side by side, and returns the matches in the order of
// the files.
func (s *Service) wave(ctx context.Context, root string, files []Listed, look func([]byte) [][]int, langs []string) ([]Match, int, error) {
	found := make([][]Match, len(files))
	errs := make([]error, len(files))
	done := make([]bool, len(files))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			for i := range next {
				if ctx.Err() == nil {
					found[i], errs[i] = s.scanFile(ctx, root, files[i], look, langs)
					done[i] = true
				}
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	workers.Wait()
	read := 0
	for i := range done {
		if errs[i] != nil {
			return nil, read, errs[i]
		}
		if done[i] {
			read++
		}
	}
	return slices.Concat(found...), read, nil
}

func (s *Service) scanFile(ctx context.Context, root string, f Listed, look func([]byte) [][]int, langs []string) ([]Match, error) {
	text, err := s.Source.Read(ctx, root, f)
	if err != nil || text.Bytes == nil {
		return nil, err
	}
	lang, _ := language.Of(f.Path, text.Bytes)
	if len(langs) > 0 && !slices.Contains(langs, lang.ID) {
		return nil, nil
	}
	var out []Match
	line, from := 1, 0
	last := 0
	for _, at := range look(text.Bytes) {
		line += bytes.Count(text.Bytes[from:at[0]], []byte{'\n'})
		from = at[0]
		if line == last {
			continue // once for each line
		}
		last = line
		begin := bytes.LastIndexByte(text.Bytes[:at[0]], '\n') + 1
		end := len(text.Bytes)
		if i := bytes.IndexByte(text.Bytes[at[0]:], '\n'); i >= 0 {
			end = at[0] + i
		}
		out = append(out, Match{
			Path: f.Path, Language: lang.ID, Line: line, Column: at[0] - begin + 1, Text: excerpted(text.Bytes[begin:end], at[0]-begin),
		})
	}
	return out, nil
}

// excerpted is a line, or the part around a place in it when it is long.
func excerpted(line []byte, at int) string {
	line = bytes.TrimRight(line, "\r")
	if len(line) <= longestMatched {
		return string(line)
	}
	from := max(0, min(at-longestMatched/2, len(line)-longestMatched))
	return strings.ToValidUTF8(string(line[from:from+longestMatched]), "")
}

// place says of matches which symbols they are in, and which of them define what
// was looked for.
func (s *Service) place(ctx context.Context, p Place, found []Match, name string) error {
	var file string
	var symbols []outline.Symbol
	for i := range found {
		m := &found[i]
		if m.Path != file {
			file = m.Path
			text, err := s.Source.Read(ctx, p.Root, Listed{Path: file})
			if err != nil {
				return err
			}
			parsed, err := s.parse(ctx, file, text.Bytes)
			if err != nil {
				return err
			}
			symbols = parsed.Symbols
		}
		for j := range symbols {
			sym := &symbols[j]
			if sym.Line > m.Line || sym.EndLine < m.Line {
				continue
			}
			m.Symbol = sym.Qualified() // of those around it the last is the innermost
			if sym.Name == name && (sym.Line == m.Line) {
				m.Definition = true
				break
			}
		}
	}
	return nil
}

// References finds where a name stands in the files, besides where it is defined.
func (s *Service) References(ctx context.Context, p Place, q ScanQuery, definitions bool) (*Scanned, error) {
	q.Pattern = strings.TrimSuffix(strings.TrimSpace(q.Pattern), "()")
	if i := strings.LastIndexAny(q.Pattern, ".:#"); i >= 0 && i+1 < len(q.Pattern) {
		q.Pattern = q.Pattern[i+1:] // what it is in does not stand beside each of its uses
	}
	named := false
	words.Scan([]byte(q.Pattern), func(b []byte) { named = named || len(b) == len(q.Pattern) })
	if !named {
		return nil, fault.Usage("invalid_name", "%q is no name", shortened(q.Pattern)).
			WithHint("for a text, use --exact; see `%s`", helpCommand)
	}
	q.Regexp, q.Word = false, true
	found, err := s.Scan(ctx, p, q)
	if err != nil || definitions {
		return found, err
	}
	found.Matches = slices.DeleteFunc(found.Matches, func(m Match) bool { return m.Definition })
	return found, nil
}

func scanCursor(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	offset, err := strconv.Atoi(text)
	if err != nil || offset < 0 || offset > mostScanned {
		return 0, fault.Usage("invalid_cursor", "%q is no cursor of an answer", shortened(text)).
			WithHint("take it from the answer before; see `%s`", helpCommand)
	}
	return offset, nil
}
