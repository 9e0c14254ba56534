package outline

import (
	"bytes"
	"slices"
	"strings"
)

//nolint:gochecknoglobals // a fixed table, never written to
var rubyString = str(quoted{begin: `"`, end: `"`, escape: '\\', lines: true, code: "#{", closer: '}'})

//nolint:gochecknoglobals // a fixed table, never written to
var rubyRules = &rules{inWord: "@$", afterWord: "?!", special: map[byte]special{
	'#': lineComment("#"), '\'': str(quoted{begin: "'", end: "'", escape: '\\', lines: true}),
	'"': rubyString,
	'`': str(quoted{begin: "`", end: "`", escape: '\\', lines: true}),
	'%': rubyPercent, '/': rubyRegex, '<': rubyHeredoc, '=': rubyBlockComment, '?': rubyCharacter, '_': rubyEnd, ':': rubySymbol,
}}

// rubySymbol keeps the colon and a quoted name apart from "? :".
func rubySymbol(l *lexer) bool {
	if l.peek(1) != '"' {
		return false
	}
	l.pos++
	return rubyString(l)
}

// rubyBlockComment stands between "=begin" and "=end", each at a line's start.
func rubyBlockComment(l *lexer) bool {
	if l.pos > 0 && l.src[l.pos-1] != '\n' || !l.at("=begin") {
		return false
	}
	end := len(l.src)
	if n := bytes.Index(l.src[l.pos:], []byte("\n=end")); n >= 0 {
		end = l.pos + n + 1
		end += len(lineOf(l.src[end:]))
	}
	l.takeComment(end)
	return true
}

// rubyEnd ends the program.
func rubyEnd(l *lexer) bool {
	if l.at("__END__") && (l.pos == 0 || l.src[l.pos-1] == '\n') && len(bytes.TrimSpace(lineOf(l.src[l.pos+7:]))) == 0 {
		l.skip(len(l.src))
		return true
	}
	return false
}

// rubyValue tells whether a value may start here; a blank before and none behind
// a sign make it the start of an argument.
func rubyValue(l *lexer) bool {
	t := l.last()
	switch t.kind {
	case 0:
		return true
	case number, text:
		return false
	case word:
		switch l.lastWord() {
		case "if", "unless", "while", "until", "and", "or", "not", "return", "when", "in", "then", "else", "elsif", "do", "yield", "puts", "case", "raise":
			return true
		}
		before, after := l.peek(-1), l.peek(1)
		return (before == ' ' || before == '\t') && after != ' ' && after != '=' && after != '\n'
	default:
		return t.c != ')' && t.c != ']' && t.c != '}'
	}
}

func rubyRegex(l *lexer) bool {
	if !rubyValue(l) {
		return false
	}
	l.stringFrom(quoted{end: "/", escape: '\\', lines: true, code: "#{", closer: '}'}, l.pos+1, func(l *lexer) {
		l.stringFrom(quoted{end: "/", escape: '\\', lines: true}, l.pos, nil)
	})
	return true
}

// rubyPercent is a string such as %w[a b] or %q(text).
func rubyPercent(l *lexer) bool {
	if !rubyValue(l) {
		return false
	}
	at := l.pos + 1
	if at < len(l.src) && strings.IndexByte("qQwWiIrsx", l.src[at]) >= 0 {
		at++
	}
	if at >= len(l.src) || l.classes[l.src[at]] == letter || l.classes[l.src[at]] == digit || l.classes[l.src[at]] == blank || l.src[at] == '=' {
		return false
	}
	begin, end := l.src[at], l.src[at]
	if n := strings.IndexByte("([{<", begin); n >= 0 {
		end = ")]}>"[n]
	}
	for depth := 1; at+1 < len(l.src) && depth > 0; {
		at++
		switch l.src[at] {
		case '\\':
			at++
		case end:
			depth--
		case begin:
			depth++
		}
	}
	l.takeText(at + 1)
	return true
}

func rubyHeredoc(l *lexer) bool {
	if !l.at("<<") {
		return false
	}
	at := l.pos + 2
	indented := false
	if at < len(l.src) && (l.src[at] == '~' || l.src[at] == '-') {
		indented = true
		at++
	}
	q := byte(0)
	if at < len(l.src) && strings.IndexByte("'\"`", l.src[at]) >= 0 {
		q = l.src[at]
		at++
	}
	start := at
	for at < len(l.src) && (l.classes[l.src[at]] == letter || l.classes[l.src[at]] == digit) && l.src[at] != '@' && l.src[at] != '$' {
		at++
	}
	if at == start || !indented && q == 0 && (l.src[start] < 'A' || l.src[start] > 'Z' || !rubyValue(l)) {
		return false
	}
	l.heredocs = append(l.heredocs, heredoc{word: string(l.src[start:at]), indented: indented})
	if q != 0 {
		at++
	}
	l.takeText(at)
	return true
}

// rubyCharacter is one such as ?a.
func rubyCharacter(l *lexer) bool {
	if !rubyValue(l) || l.pos+1 >= len(l.src) || l.classes[l.peek(1)] == blank || l.classes[l.peek(1)] == newline {
		return false
	}
	if c := l.classes[l.peek(2)]; c == letter || c == digit {
		return false
	}
	l.takeText(l.pos + 2)
	return true
}

// ruby has definitions that go to the "end" of their block.
func ruby(src []byte) File {
	l := lex(src, rubyRules)
	r := &rubyReader{blocks: blocks{reader: newReader(l)}}
	for i := range r.tokens {
		r.token(i)
	}
	r.finish()
	return File{Symbols: r.symbols, Whole: l.whole}
}

// blocks follows blocks that a word begins and another ends.
type blocks struct {
	*reader

	open []openBlock
}

type openBlock struct {
	symbol int // -1 if it is none
	name   string
	parent string
	kind   Kind
	hidden bool
}

func (b *blocks) begin(o openBlock) {
	if len(b.open) > maxFrames {
		o.symbol = -1
	}
	if o.name == "" && o.parent == "" {
		o.parent = b.in()
	}
	b.open = append(b.open, o)
}

func (b *blocks) in() string {
	if n := len(b.open); n > 0 {
		return b.open[n-1].parent
	}
	return ""
}

func (b *blocks) inKind() Kind {
	for _, o := range slices.Backward(b.open) {
		if o.kind != "" {
			return o.kind
		}
	}
	return ""
}

// end ends the innermost block with the token at i.
func (b *blocks) end(i int) {
	n := len(b.open)
	if n == 0 {
		return
	}
	if s := b.open[n-1].symbol; s >= 0 && s < len(b.symbols) {
		b.symbols[s].EndLine = int(b.tokens[i].line)
	}
	b.open = b.open[:n-1]
}

// finish ends the blocks that never ended.
func (b *blocks) finish() {
	for len(b.open) > 0 {
		b.end(len(b.tokens) - 1)
	}
}

// define adds a definition whose block begins.
func (b *blocks) define(f found, hidden bool) {
	before := len(b.symbols)
	f.parent = b.in()
	f.hidden = f.hidden || hidden
	name := f.name
	b.add(f)
	symbol := -1
	if len(b.symbols) > before {
		symbol = before
	}
	parent := f.parent
	if strings.Count(parent, ".") < maxDepth {
		parent = join(parent, name)
	}
	b.begin(openBlock{symbol: symbol, name: name, parent: parent, kind: f.kind})
}

type rubyReader struct{ blocks }

// starts tells whether a statement starts at i: there, "if" begins a block, and
// elsewhere it follows what it is about.
func (r *rubyReader) starts(i int) bool {
	if r.first(i) {
		return !r.anyPunct(i-1, ".") || r.tokens[i-1].line < r.tokens[i].line
	}
	switch r.word(i - 1) {
	case "then", "else", "do", "begin", "ensure", "and", "or", "not", "return", "rescue":
		return true
	}
	return r.anyPunct(i-1, ";=({[,|&!<>+-*?:") && !r.isSymbol(i)
}

// isSymbol tells whether the word at i is a name: ":if", "if:" or "x.if".
func (r *rubyReader) isSymbol(i int) bool {
	touches := i > 0 && r.tokens[i-1].end == r.tokens[i].start
	return touches && (r.punct(i-1, ':') || r.punct(i-1, '.')) || r.punct(i+1, ':') && !r.punct(i+2, ':') && r.tokens[i+1].start == r.tokens[i].end
}

func (r *rubyReader) token(i int) {
	if !r.isWord(i) || r.isSymbol(i) || r.is(i-1, "def") {
		return
	}
	switch r.word(i) {
	case "end":
		r.end(i)
	case "class", "module":
		r.class(i)
	case "def":
		r.method(i)
	case "if", "unless", "while", "until", "case", "for", "begin":
		if r.starts(i) {
			r.begin(openBlock{symbol: -1})
		}
	case "do":
		if !r.loopOnLine(i) {
			r.begin(openBlock{symbol: -1})
		}
	case "private", "protected", "public", "private_class_method":
		if n := len(r.open); n > 0 && r.first(i) && r.first(i+1) {
			r.open[n-1].hidden = !r.is(i, "public")
		}
	case "attr_reader", "attr_writer", "attr_accessor":
		r.accessors(i)
	case "alias_method":
		if i+2 < len(r.tokens) && r.punct(i+1, ':') && r.inKind() != Method {
			r.add(found{name: r.name(i + 2), kind: Method, parent: r.in(), start: i, attr: i, end: i + 4})
		}
	default:
		r.constant(i)
	}
}

// loopOnLine tells whether the "do" at i belongs to a loop that has begun.
func (r *rubyReader) loopOnLine(i int) bool {
	for at := i - 1; at >= 0 && at > i-60 && r.tokens[at].line == r.tokens[i].line; at-- {
		switch r.word(at) {
		case "while", "until", "for":
			return r.starts(at)
		}
	}
	return false
}

func (r *rubyReader) hiddenHere() bool {
	n := len(r.open)
	return n > 0 && r.open[n-1].hidden
}

func (r *rubyReader) class(i int) {
	if !r.first(i) && !r.anyPunct(i-1, ";=") || r.punct(i-1, '.') {
		return
	}
	if r.puncts(i+1, "<<") {
		r.begin(openBlock{symbol: -1, parent: r.in(), name: "self", kind: Class})
		return
	}
	if !r.isWord(i + 1) {
		return
	}
	at := i + 1
	names := []string{r.name(at)}
	for r.puncts(at+1, "::") && r.isWord(at+3) {
		at += 3
		names = append(names, r.name(at))
	}
	name := strings.Join(names, ".")
	f := found{name: name, kind: Class, start: i, attr: i, end: i, head: r.lineAfter(at)}
	if r.is(i, "module") {
		f.kind = Module
	}
	r.define(f, false)
}

// lineAfter is the first token of the next line, or behind a semicolon.
func (r *rubyReader) lineAfter(i int) int {
	for start := i; i < len(r.tokens) && i < start+longest && !r.punct(i, ';'); {
		i = r.past(i)
		if r.first(i) {
			break
		}
	}
	return i
}

func (r *rubyReader) method(i int) {
	at := i + 1
	if r.isWord(at) && r.punct(at+1, '.') {
		at += 2
	}
	if at >= len(r.tokens) {
		return
	}
	var name string
	end := at + 1
	if r.isWord(at) || r.tokens[at].kind == text {
		name = r.name(at)
		if r.punct(end, '=') && r.tokens[at].end == r.tokens[end].start && (r.punct(end+1, '(') || r.isWord(end+1) && r.tokens[end].end != r.tokens[end+1].start) &&
			!r.puncts(end, "==") {
			name += "="
			end++
		}
	} else {
		for end < len(r.tokens) && end < at+3 && r.tokens[end].kind == punct && r.tokens[end].start == r.tokens[end-1].end && !r.punct(end, '(') {
			end++
		}
		name = string(r.src[r.tokens[at].start:r.tokens[end-1].end])
	}
	f := found{name: name, kind: Function, start: i, attr: i, end: i}
	if k := r.inKind(); k == Class || k == Module || k == Method {
		f.kind = Method
		if name == "initialize" {
			f.kind = Constructor
		}
	}
	start := i
	for start > 0 && r.isWord(start-1) && !r.first(start) {
		start--
	}
	f.start, f.attr = start, start
	f.hidden = r.hiddenHere() && !r.is(start, "public") || r.is(start, "private") || r.is(start, "protected") || r.is(start, "private_class_method")
	if r.punct(end, '(') {
		end = r.past(end)
	}
	if r.punct(end, '=') && !r.first(end) { // a method of one expression
		f.parent, f.head = r.in(), end
		f.end = r.lineEnd(end, len(r.tokens))
		r.add(f)
		return
	}
	f.head = end
	if !r.first(end) && !r.punct(end, ';') {
		f.head = r.lineAfter(end)
	}
	r.define(f, false)
}

// accessors are "attr_reader :a, :b".
func (r *rubyReader) accessors(i int) {
	if !r.first(i) || r.inKind() == Method {
		return
	}
	for at := i + 1; r.punct(at, ':') && r.isWord(at+1); at += 3 {
		r.add(found{name: r.name(at + 1), kind: Property, parent: r.in(), start: i, attr: i, end: at + 1, hidden: r.hiddenHere()})
		if !r.punct(at+2, ',') {
			break
		}
	}
}

// constant is "NAME = value" in a class or at top level; one that is a new struct
// or class counts as a class.
func (r *rubyReader) constant(i int) {
	c := r.src[r.tokens[i].start]
	if c < 'A' || c > 'Z' || !r.first(i) || !r.punct(i+1, '=') || r.anyPunct(i+2, "=~>") {
		return
	}
	f := found{name: r.name(i), kind: Constant, parent: r.in(), start: i, attr: i, end: r.lineEnd(i, len(r.tokens))}
	if (r.is(i+2, "Struct") || r.is(i+2, "Class") || r.is(i+2, "Data") || r.is(i+2, "Module")) && r.punct(i+3, '.') {
		f.kind = Class
	}
	r.add(f)
}
