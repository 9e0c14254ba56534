package rank

import (
	"path"
	"strings"
	"unicode"

	"github.com/layercake-dev/layercake/core/search/words"
)

// Kind is what sort of question is asked.
type Kind string

// The kinds of questions.
const (
	Words   Kind = "words"   // a question in words
	Symbol  Kind = "symbol"  // a name: Foo::bar, parseURL, Server.Close
	Path    Kind = "path"    // a file's name
	Trace   Kind = "trace"   // an error message with places in it
	Snippet Kind = "snippet" // a piece of code
)

// Question is a question taken apart.
type Question struct {
	Text  string
	Kind  Kind
	Terms []words.Term
	// Joined are terms of two words that stand side by side in a question in words,
	// as they would be in one name: ratelimit and rate_limit.
	Joined []string
	// Names are the identifiers in it, as written, that may be defined
	// somewhere: for a symbol the last of its parts comes first.
	Names []string
	// Owner is what stands before the last part of a symbol: Foo of Foo::bar.
	Owner string
	// Files are the file names that a path or a trace names.
	Files []string
	// Embedding is where a provider's model places the question; nil without one.
	Embedding []float32
}

// Limits of a question. What is beyond them is not looked at: a pasted file
// says what it is about in its first lines.
const (
	longestQuestion = 8 << 10
	mostTerms       = 64
	mostNames       = 16
)

// ParseQuestion takes a question apart.
func ParseQuestion(text string) Question {
	if len(text) > longestQuestion {
		text = strings.ToValidUTF8(text[:longestQuestion], "")
	}

	text = strings.TrimSpace(text)
	q := Question{Text: text, Terms: words.Question(text)}
	q.Terms = q.Terms[:min(len(q.Terms), mostTerms)]
	fields := strings.Fields(text)

	switch {
	case len(fields) == 1 && looksLikePath(text):
		q.Kind, q.Files = Path, []string{text}
	case len(fields) == 1 && looksLikeSymbol(text):
		q.Kind = Symbol
		q.Names, q.Owner = symbolNames(text)
	case strings.Count(text, "\n") > 0 && looksLikeCode(text):
		q.Kind = Snippet
		q.Names = namesIn(text)
	default:
		q.Kind = Words
		q.Names = namesIn(text)
		q.Files = filesIn(fields)

		if len(q.Files) > 0 && (strings.Contains(text, "\n") || strings.Contains(text, ":")) {
			q.Kind = Trace
		}
	}

	if q.Kind == Words || q.Kind == Trace {
		q.Joined = words.Joined(q.Terms)
	}

	q.Names = q.Names[:min(len(q.Names), mostNames)]

	return q
}

// looksLikePath tells whether one word names a file: it has a slash and an
// extension, or an extension that is no member of anything.
func looksLikePath(text string) bool {
	if strings.Contains(text, "::") || strings.ContainsAny(text, "()<>") {
		return false
	}

	ext := path.Ext(text)
	short := len(ext) > 1 && len(ext) <= 5 && strings.ToLower(ext) == ext

	return short && (strings.Contains(text, "/") || knownExtensions[ext])
}

//nolint:gochecknoglobals // a constant set
var knownExtensions = func() map[string]bool {
	m := map[string]bool{}
	for e := range strings.FieldsSeq(`.go .py .ts .tsx .js .jsx .java .kt .kts .rs .c .h .cc .cpp .hpp .cs .rb .php .scala
		.swift .ex .exs .hs .lua .zig .sh .sql .md .json .yaml .yml .toml .dart .vue .html .css .proto .txt .mod`) {
		m[e] = true
	}

	return m
}()

// looksLikeSymbol tells whether one word is a name from a program rather than
// a word of a language: it has a seam, a mark that joins names, or a capital.
func looksLikeSymbol(text string) bool {
	text = strings.TrimRight(text, "()!?")
	if text == "" {
		return false
	}

	for i, r := range text {
		if r == '_' || r == ':' || r == '.' || r == '#' || r == '$' || r == '@' || unicode.IsUpper(r) || unicode.IsDigit(r) && i > 0 {
			return true
		}
	}

	return false
}

// symbolNames takes a qualified name apart, the last part first. Of a selector of
// Objective-C, such as "insert:at:", the first part is the name.
func symbolNames(text string) (names []string, owner string) {
	if strings.HasSuffix(text, ":") && !strings.HasSuffix(text, "::") {
		text, _, _ = strings.Cut(text, ":")
	}

	parts := strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
	})

	if len(parts) == 0 {
		return nil, ""
	}

	last := len(parts) - 1
	names = append(names, parts[last])

	if last > 0 {
		owner = parts[last-1]
		names = append(names, owner)
	}

	return names, owner
}

// namesIn gives the words of a text that look like names of a program, and
// then the plain ones, which may be such names all the same.
func namesIn(text string) []string {
	var (
		names, plain []string
		seen         = map[string]bool{}
	)

	words.Scan([]byte(text), func(b []byte) {
		name := string(b)
		if seen[name] {
			return
		}

		seen[name] = true

		if embedded(name) {
			names = append(names, name)
		} else if len(name) > 2 {
			plain = append(plain, name)
		}
	})

	return append(names, plain...)
}

// embedded tells whether a word within prose is surely a name: it has a seam
// inside. A capital at its beginning may be that of a sentence.
func embedded(name string) bool {
	trimmed := strings.Trim(name, "_")
	if strings.Contains(trimmed, "_") {
		return true
	}

	for i, r := range trimmed {
		if i > 0 && unicode.IsUpper(r) && strings.ToUpper(trimmed) != trimmed {
			return true
		}
	}

	return false
}

// filesIn gives the file names among the words of a text.
func filesIn(fields []string) []string {
	var files []string

	for _, field := range fields {
		field = strings.Trim(field, `"'()[],;`)
		// main.go:12:3 and main.py", line 12
		if i := strings.IndexByte(field, ':'); i > 1 {
			field = field[:i]
		}

		if looksLikePath(field) {
			files = append(files, field)
		}
	}

	return files
}

// looksLikeCode tells whether a text of several lines is a program's.
func looksLikeCode(text string) bool {
	marks := 0

	for _, r := range text {
		switch r {
		case '{', '}', ';', '=', '(', ')', '<', '>', '[', ']':
			marks++
		default:
		}
	}

	return marks*40 > len(text)
}
