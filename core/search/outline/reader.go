package outline

import (
	"bytes"
	"sort"
	"strings"
)

// longest bounds looks ahead, in tokens: what has no end by then has none.
const longest = 400

// maxDepth bounds definitions in definitions.
const maxDepth = 64

// reader goes over the tokens of a file and gathers what they define.
type reader struct {
	src      []byte
	tokens   []token
	comments []comment
	symbols  []Symbol
	scopes   []scope
}

// scope is what definitions are in.
type scope struct {
	name   string
	parent string // the names of it and of what it is in
	kind   Kind
	end    int // the token that ends it
	hidden bool
	mode   int // what the language's reader has to know about it
}

func newReader(l *lexer) *reader {
	return &reader{src: l.src, tokens: l.tokens, comments: l.comments}
}

func (r *reader) word(i int) string {
	if i >= 0 && i < len(r.tokens) && r.tokens[i].kind == word {
		return r.text(i)
	}
	return ""
}

func (r *reader) text(i int) string {
	if i < 0 || i >= len(r.tokens) {
		return ""
	}
	return string(r.src[r.tokens[i].start:r.tokens[i].end])
}

func (r *reader) isWord(i int) bool {
	return i >= 0 && i < len(r.tokens) && r.tokens[i].kind == word
}

func (r *reader) is(i int, w string) bool {
	return r.isWord(i) && string(r.src[r.tokens[i].start:r.tokens[i].end]) == w
}

func (r *reader) punct(i int, c byte) bool {
	return i >= 0 && i < len(r.tokens) && r.tokens[i].kind == punct && r.tokens[i].c == c
}

// puncts tells whether punctuation stands at i without blanks in it.
func (r *reader) puncts(i int, s string) bool {
	for n := range len(s) {
		if !r.punct(i+n, s[n]) || n > 0 && r.tokens[i+n].start != r.tokens[i+n-1].end {
			return false
		}
	}
	return true
}

func (r *reader) anyPunct(i int, set string) bool {
	return i >= 0 && i < len(r.tokens) && r.tokens[i].kind == punct && strings.IndexByte(set, r.tokens[i].c) >= 0
}

func (r *reader) first(i int) bool {
	return i < 0 || i >= len(r.tokens) || r.tokens[i].first
}

// pair is the other bracket of the one at i; the number of tokens when it has
// none.
func (r *reader) pair(i int) int {
	if p := int(r.tokens[i].pair); p >= 0 {
		return p
	}
	return len(r.tokens)
}

func (r *reader) opens(i int) bool { return r.anyPunct(i, "([{") }

// past is behind the token at i, and behind the other bracket when it opens one.
func (r *reader) past(i int) int {
	if r.opens(i) {
		return min(r.pair(i)+1, len(r.tokens))
	}
	return i + 1
}

// angles is behind the type parameters that start with "<" at i; i when there
// are none.
func (r *reader) angles(i int) int {
	if !r.punct(i, '<') {
		return i
	}
	depth := 0
	for at := i; at < len(r.tokens) && at < i+longest; at = r.past(at) {
		t := r.tokens[at]
		if t.kind != punct {
			continue
		}
		switch t.c {
		case '<':
			depth++
		case '>':
			if r.punct(at-1, '-') && r.tokens[at-1].end == t.start || r.punct(at-1, '=') && r.tokens[at-1].end == t.start {
				continue // an arrow
			}
			depth--
			if depth == 0 {
				return at + 1
			}
		case ';', '}', ')':
			return i
		}
	}
	return i
}

// parent are the names of what a definition is in.
func (r *reader) parent() string {
	if n := len(r.scopes); n > 0 {
		return r.scopes[n-1].parent
	}
	return ""
}

// scope is the innermost one.
func (r *reader) scope() scope {
	if n := len(r.scopes); n > 0 {
		return r.scopes[n-1]
	}
	return scope{end: len(r.tokens)}
}

// enter goes into a scope unless scopes are too deep.
func (r *reader) enter(s scope) bool {
	if len(r.scopes) >= maxDepth {
		return false
	}
	s.parent = join(r.parent(), s.name)
	s.hidden = s.hidden || r.scope().hidden
	r.scopes = append(r.scopes, s)
	return true
}

// leave leaves the scopes that end before token i.
func (r *reader) leave(i int) {
	for n := len(r.scopes); n > 0 && r.scopes[n-1].end <= i; n-- {
		r.scopes = r.scopes[:n-1]
	}
}

func join(parent, name string) string {
	switch {
	case parent == "":
		return name
	case name == "":
		return parent
	default:
		return parent + "." + name
	}
}

// found is a definition by its tokens.
type found struct {
	name   string
	kind   Kind
	parent string
	start  int // the first token, with its modifiers
	attr   int // the first token with its attributes, if less than start
	head   int // the token that ends the signature, which is not part of it
	end    int // the last token
	hidden bool
}

func (r *reader) add(f found) {
	if f.name == "" || len(f.name) > MaxName || f.start >= len(r.tokens) {
		return
	}
	last := len(r.tokens) - 1
	f.end = max(f.start, min(f.end, last))
	s := Symbol{
		Name: strings.ToValidUTF8(f.name, "\ufffd"), Kind: f.kind, Parent: strings.ToValidUTF8(f.parent, "\ufffd"),
		Line: int(r.tokens[f.start].line), EndLine: int(r.endLine(f.end)), Exported: !f.hidden && !r.scope().hidden,
	}
	if len(s.Parent) > maxParent {
		s.Parent = strings.ToValidUTF8(s.Parent[len(s.Parent)-maxParent:], "")
	}
	if f.attr >= f.start || f.attr < 0 {
		f.attr = f.start
	}
	s.DocLine = min(s.Line, r.docLine(f.attr))
	s.Signature = r.signature(f)
	r.symbols = append(r.symbols, s)
}

const maxParent = 400

// signature leaves comments out.
func (r *reader) signature(f found) string {
	if f.head <= f.start || f.head > len(r.tokens) {
		f.head = min(f.end+1, len(r.tokens))
	}
	from, to := int(r.tokens[f.start].start), int(r.tokens[f.head-1].end)
	to = min(to, from+10*MaxSignature)
	piece := r.src[from:to]
	if bytes.IndexByte(piece, '\n') < 0 {
		return signature(piece)
	}
	var b []byte
	for i := f.start; i < f.head && len(b) < 4*MaxSignature; i++ {
		t := r.tokens[i]
		if i > f.start && t.start > r.tokens[i-1].end {
			b = append(b, ' ')
		}
		b = append(b, r.src[t.start:min(t.end, t.start+MaxSignature)]...)
	}
	return signature(b)
}

// endLine is the line on which a token ends.
func (r *reader) endLine(i int) int32 {
	t := r.tokens[i]
	if t.kind != text {
		return t.line
	}
	return t.line + int32(bytes.Count(r.src[t.start:t.end], []byte{'\n'})) //nolint:gosec // files are shorter than MaxSize
}

// docLine is the first line of the comments right above a token.
func (r *reader) docLine(i int) int {
	line := r.tokens[i].line
	at := sort.Search(len(r.comments), func(n int) bool { return r.comments[n].line >= line })
	before := int32(0)
	if i > 0 {
		before = r.endLine(i - 1)
	}
	for at--; at >= 0; at-- {
		c := r.comments[at]
		if c.endLine < line-1 || !c.own || c.line <= before {
			break
		}
		line = c.line
	}
	return int(line)
}

// name is a name without its quotes.
func (r *reader) name(i int) string {
	s := r.text(i)
	if len(s) > 1 && strings.IndexByte("\"'`", s[0]) >= 0 && s[len(s)-1] == s[0] {
		s = s[1 : len(s)-1]
	}
	return s
}

// lineEnd is the last token of a statement that has no end mark: it goes on
// when a line ends with an operator, or the next one starts with one.
func (r *reader) lineEnd(i, limit int) int {
	last := i
	for at := i; at < limit && at < len(r.tokens); at = r.past(at) {
		if at > i && r.first(at) && !r.goesOn(at) {
			break
		}
		if r.anyPunct(at, ";)}]") {
			if r.punct(at, ';') {
				last = at
			}
			break
		}
		last = at
		if r.opens(at) {
			last = min(r.pair(at), len(r.tokens)-1)
		}
	}
	return last
}

// goesOn tells whether the line that starts with token i goes on with the one
// before it.
func (r *reader) goesOn(i int) bool {
	if r.anyPunct(i-1, "=+-*/%&|^<,.:~(") && !r.anyPunct(i-2, "+-") {
		return true
	}
	switch r.word(i) {
	case "else", "by", "where", "as", "in", "is", "instanceof", "catch", "finally", "and", "or", "extends", "implements", "with":
		return true
	}
	return r.anyPunct(i, ".?:=+-*/%&|^<>,") && !r.anyPunct(i, "@#")
}
