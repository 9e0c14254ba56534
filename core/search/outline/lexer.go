package outline

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	word tokenKind = iota + 1
	number
	text  // a string, a character, a regular expression
	punct // one byte
)

// token is a piece of a file that means something. Comments are kept apart.
type token struct {
	kind  tokenKind
	c     byte // of a punct
	first bool // on its line
	line  int32
	start int32
	end   int32
	pair  int32 // of a bracket: the other one; the number of tokens when there is none
}

// comment is one comment, by its lines.
type comment struct {
	line, endLine int32
	own           bool // nothing stands before it on its line
}

// rules are how a language is cut into tokens.
type rules struct {
	// special are what to do at bytes that may start a comment, a string, or so.
	// They return false when there is nothing special after all.
	special map[byte]func(*lexer) bool
	// inWord are further bytes of words; afterWord those that only end one.
	inWord, afterWord string
	jsx               bool
	// preprocessor says that lines that start with "#" are the preprocessor's.
	preprocessor bool
}

// frame is code in a string, such as "${code}", or in JSX.
type frame struct {
	base   int // how many brackets are open in it at least
	closer byte
	resume func(*lexer)
}

// maxFrames bounds strings in code in strings. What is deeper counts as code.
const maxFrames = 1000

type lexer struct {
	src      []byte
	rules    *rules
	classes  [256]class
	special  [256]special
	pos      int
	line     int32
	fresh    bool // no token on this line yet
	tokens   []token
	comments []comment
	whole    []Span
	open     []int32
	counts   [3]int
	frames   []frame
	elements []element   // JSX
	heredocs []heredoc   // whose text starts on the next line
	branches []condition // #if
	defines  []named
	guard    []byte // what the last directive asked not to be defined
}

type class uint8

const (
	other class = iota
	blank
	newline
	letter
	digit
	opening
	closing
)

// classify makes the table of bytes for a language.
func classify(r *rules) [256]class {
	var t [256]class
	for c := range t {
		switch b := byte(c); {
		case b == '\n':
			t[c] = newline
		case b <= ' ', b == 0x7f:
			t[c] = blank
		case b >= utf8.RuneSelf, b == '_', b|0x20 >= 'a' && b|0x20 <= 'z':
			t[c] = letter
		case b >= '0' && b <= '9':
			t[c] = digit
		case b == '(', b == '[', b == '{':
			t[c] = opening
		case b == ')', b == ']', b == '}':
			t[c] = closing
		}
	}
	for _, c := range []byte(r.inWord) {
		if t[c] == other {
			t[c] = letter
		}
	}

	return t
}

// lex cuts a file into tokens.
func lex(src []byte, r *rules) *lexer {
	l := newLexer(src, r)
	if bytes.HasPrefix(src[l.pos:], []byte("#!")) && !bytes.HasPrefix(src[l.pos:], []byte("#![")) {
		l.toLineEnd()
	}
	l.run()
	return l
}

func newLexer(src []byte, r *rules) *lexer {
	l := &lexer{src: src, rules: r, classes: classify(r), line: 1, fresh: true}
	for c, try := range r.special {
		l.special[c] = try
	}
	const perToken = 6 // bytes, as a guess
	l.tokens = make([]token, 0, len(src)/perToken+1)
	if bytes.HasPrefix(src, []byte("\xef\xbb\xbf")) {
		l.pos = 3
	}
	return l
}

// run goes to the end of the file.
func (l *lexer) run() {
	if l.rules.preprocessor {
		l.directive()
	}
	for l.pos < len(l.src) {
		l.step()
	}
	end := int32(len(l.tokens)) //nolint:gosec // there are fewer tokens than bytes, and fewer bytes than MaxSize
	for _, i := range l.open {
		l.tokens[i].pair = end
	}
}

func (l *lexer) step() {
	c := l.src[l.pos]
	if try := l.special[c]; try != nil && try(l) {
		return
	}
	switch l.classes[c] {
	case blank:
		l.pos++
	case newline:
		l.pos++
		l.line++
		l.fresh = true
		if len(l.heredocs) > 0 {
			l.skipHeredocs()
		}
		if l.rules.preprocessor {
			l.directive()
		}
	case letter:
		l.word()
	case digit:
		l.number()
	case opening:
		l.openBracket(c)
	case closing:
		l.closeBracket(c)
	case other:
		l.punct(c)
	}
}

func (l *lexer) add(kind tokenKind, c byte, start, end int) {
	l.tokens = append(l.tokens, token{
		kind: kind, c: c, first: l.fresh, line: l.line,
		start: int32(start), end: int32(end), pair: -1, //nolint:gosec // files are shorter than MaxSize
	})
	l.fresh = false
}

func (l *lexer) punct(c byte) {
	l.add(punct, c, l.pos, l.pos+1)
	l.pos++
}

func (l *lexer) word() {
	start := l.pos
	l.pos++
	for l.pos < len(l.src) {
		if k := l.classes[l.src[l.pos]]; k != letter && k != digit {
			break
		}
		l.pos++
	}
	for l.pos < len(l.src) && strings.IndexByte(l.rules.afterWord, l.src[l.pos]) >= 0 {
		l.pos++
		if l.src[l.pos-1] != '\'' {
			break
		}
	}
	l.add(word, 0, start, l.pos)
}

func (l *lexer) number() {
	start := l.pos
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		k := l.classes[c]
		more := k == digit || k == letter ||
			(c == '.' || c == '\'' && l.rules.preprocessor) && l.pos+1 < len(l.src) && l.classes[l.src[l.pos+1]] == digit
		if !more {
			break
		}
		l.pos++
	}
	l.pos = max(l.pos, start+1)
	l.add(number, 0, start, l.pos)
}

func bracket(c byte) int {
	switch c {
	case '(', ')':
		return 0
	case '[', ']':
		return 1
	}
	return 2
}

func (l *lexer) openBracket(c byte) {
	l.open = append(l.open, int32(len(l.tokens))) //nolint:gosec // as above
	l.counts[bracket(c)]++
	l.punct(c)
}

// closeBracket pairs a closing bracket with the innermost opening one of its
// kind; those inside of that are taken to be closed by it as well. One that
// closes nothing is passed over.
func (l *lexer) closeBracket(c byte) {
	base := 0
	var f *frame
	if n := len(l.frames); n > 0 {
		f = &l.frames[n-1]
		base = f.base
	}
	if f == nil && l.counts[bracket(c)] == 0 {
		l.punct(c)
		return
	}
	at := int32(len(l.tokens)) //nolint:gosec // as above
	for len(l.open) > base {
		i := l.pop()
		l.tokens[i].pair = at
		if bracket(l.tokens[i].c) == bracket(c) {
			l.punct(c)
			l.tokens[at].pair = i
			return
		}
	}
	if f != nil && f.closer == c {
		l.endFrame()
		return
	}
	l.punct(c)
}

func (l *lexer) pop() int32 {
	i := l.open[len(l.open)-1]
	l.open = l.open[:len(l.open)-1]
	l.counts[bracket(l.tokens[i].c)]--
	return i
}

// beginFrame starts code in something else at the n bytes that open it. It is
// a pair of brackets to those who read the tokens.
func (l *lexer) beginFrame(n int, closer byte, resume func(*lexer)) bool {
	if len(l.frames) >= maxFrames {
		return false
	}
	l.openBracket('(')
	l.pos += n - 1
	l.frames = append(l.frames, frame{base: len(l.open), closer: closer, resume: resume})
	return true
}

func (l *lexer) endFrame() {
	f := l.frames[len(l.frames)-1]
	l.frames = l.frames[:len(l.frames)-1]
	at := int32(len(l.tokens)) //nolint:gosec // as above
	if len(l.open) > 0 {
		i := l.pop()
		l.tokens[i].pair = at
		l.punct(')')
		l.tokens[at].pair = i
	} else {
		l.punct(')')
	}
	f.resume(l)
}

// skip goes to end, counting lines.
func (l *lexer) skip(end int) {
	end = min(end, len(l.src))
	l.line += int32(bytes.Count(l.src[l.pos:end], []byte{'\n'})) //nolint:gosec // as above
	l.pos = end
}

// toLineEnd goes to the end of the line; a lone CR ends one as well.
func (l *lexer) toLineEnd() {
	rest := l.src[l.pos:]
	n := bytes.IndexByte(rest, '\n')
	if n < 0 {
		n = len(rest)
	}
	if cr := bytes.IndexByte(rest[:n], '\r'); cr >= 0 && cr < n-1 {
		n = cr
	}
	l.pos += n
}

// takeText makes a string of what is up to end.
func (l *lexer) takeText(end int) {
	end = min(end, len(l.src))
	start, line := l.pos, l.line
	l.add(text, 0, start, end)
	l.skip(end)
	l.keepWhole(line)
}

func (l *lexer) takeComment(end int) {
	c := comment{line: l.line, own: l.fresh}
	l.skip(end)
	c.endLine = l.line
	l.comments = append(l.comments, c)
	l.keepWhole(c.line)
}

// keepWhole remembers what goes from a line to this one.
func (l *lexer) keepWhole(line int32) {
	if l.line > line {
		l.whole = append(l.whole, Span{int(line), int(l.line)})
	}
}

func (l *lexer) at(s string) bool {
	return len(l.src)-l.pos >= len(s) && string(l.src[l.pos:l.pos+len(s)]) == s
}

// peek is the byte n further on; 0 at the end.
func (l *lexer) peek(n int) byte {
	if l.pos+n < len(l.src) && l.pos+n >= 0 {
		return l.src[l.pos+n]
	}
	return 0
}

// last is the token before; the zero token at the start.
func (l *lexer) last() token {
	if len(l.tokens) == 0 {
		return token{}
	}
	return l.tokens[len(l.tokens)-1]
}

func (l *lexer) lastWord() string {
	if t := l.last(); t.kind == word {
		return string(l.src[t.start:t.end])
	}
	return ""
}
