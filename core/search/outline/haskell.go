package outline

import (
	"bytes"
	"strings"
)

//nolint:gochecknoglobals // a fixed table, never written to
var haskellRules = &rules{afterWord: "", preprocessor: true, special: map[byte]special{
	'-': haskellComment, '{': blockComment("{-", "-}", true), '"': str(quoted{begin: `"`, end: `"`, escape: '\\', lines: true}),
	'\'': haskellQuote,
}}

// haskellComment starts with two dashes that are no operator.
func haskellComment(l *lexer) bool {
	n := 0
	for l.peek(n) == '-' {
		n++
	}
	if n < 2 || strings.IndexByte("!#$%&*+./<=>?@\\^|~:", l.peek(n)) >= 0 && l.peek(n) != 0 {
		return false
	}
	return lineComment("--")(l)
}

// haskellQuote is a character, or the end of a name such as x'.
func haskellQuote(l *lexer) bool {
	if t := l.last(); t.kind == word && int(t.end) == l.pos {
		at := l.pos
		for at < len(l.src) && (l.src[at] == '\'' || l.classes[l.src[at]] == letter || l.classes[l.src[at]] == digit) {
			at++
		}
		l.tokens[len(l.tokens)-1].end = int32(at) //nolint:gosec // files are shorter than MaxSize
		l.pos = at
		return true
	}
	return charOr(l)
}

// haskell is told by its layout: what starts at the left margin starts a
// declaration, and what is indented goes on with it.
func haskell(src []byte) File {
	l := lex(src, haskellRules)
	r := &haskellReader{reader: newReader(l), recent: map[string]int{}}
	for i := 0; i < len(r.tokens); {
		next := r.next(i)
		r.declaration(i, next)
		i = next
	}
	return File{Symbols: r.symbols, Whole: l.whole}
}

type haskellReader struct {
	*reader

	exports map[string]bool // nil if all is exported
	margin  int
	recent  map[string]int // the functions that the last declaration was of, as symbols
}

func (r *haskellReader) column(i int) int {
	start := int(r.tokens[i].start)
	return start - (bytes.LastIndexByte(r.src[max(0, start-maxIndent):start], '\n') + max(0, start-maxIndent)) - 1
}

// next is the declaration behind the one at i.
func (r *haskellReader) next(i int) int {
	for at := i + 1; at < len(r.tokens); at++ {
		if r.tokens[at].first && r.column(at) <= r.margin {
			return at
		}
	}
	return len(r.tokens)
}

func (r *haskellReader) exported(name string) bool { return r.exports == nil || r.exports[name] }

func (r *haskellReader) declaration(i, end int) {
	switch r.word(i) {
	case "module":
		r.module(i, end)
	case "import", "infix", "infixl", "infixr", "deriving", "default", "foreign", "":
		if r.punct(i, '(') && r.pair(i) < end {
			r.function(i, end)
		}
	case "data", "newtype":
		r.data(i, end)
	case "type":
		r.typ(i, end)
	case "class", "instance":
		r.class(i, end)
	case "pattern":
		if r.isWord(i+1) && i+1 < end {
			r.add(found{name: r.name(i + 1), kind: Function, start: i, attr: i, head: r.equals(i, end), end: end - 1, hidden: !r.exported(r.name(i + 1))})
		}
	default:
		r.function(i, end)
	}
}

func (r *haskellReader) module(i, end int) {
	name := i + 1
	for r.punct(name+1, '.') && r.isWord(name+2) {
		name += 2
	}
	if name >= len(r.tokens) || !r.isWord(i+1) {
		return
	}
	at := name + 1
	if r.punct(at, '(') {
		r.exports = map[string]bool{}
		for n := at + 1; n < r.pair(at); n++ {
			if r.is(n, "module") {
				r.exports = nil
				break
			}
			if r.isWord(n) {
				r.exports[r.name(n)] = true
			}
		}
	}
	last := min(end, len(r.tokens)) - 1
	r.add(found{name: string(r.src[r.tokens[i+1].start:r.tokens[name].end]), kind: Module, start: i, attr: i, head: name + 1, end: last})
}

// equals is the first "=", "|" or "where" that is not in brackets.
func (r *haskellReader) equals(i, end int) int {
	for at := i; at < end; at = r.past(at) {
		if r.punct(at, '=') && !r.isOperator(at) || r.is(at, "where") || r.punct(at, '|') && !r.isOperator(at) {
			return at
		}
	}
	return end
}

// isOperator tells whether a sign at i is part of a longer one.
func (r *haskellReader) isOperator(i int) bool {
	const signs = "!#$%&*+./<=>?@\\^|-~:"
	return r.anyPunct(i-1, signs) && r.tokens[i-1].end == r.tokens[i].start || r.anyPunct(i+1, signs) && r.tokens[i+1].start == r.tokens[i].end
}

// headName is the name of the type that a head such as "Eq a => Map k v" is
// about.
func (r *haskellReader) headName(i, end int) (string, int) {
	at := i
	for n := i; n < end; n = r.past(n) {
		if r.puncts(n, "=>") {
			at = n + 2
		}
	}
	for ; at < end; at++ {
		if r.isWord(at) && r.src[r.tokens[at].start] >= 'A' && r.src[r.tokens[at].start] <= 'Z' {
			return r.name(at), at
		}
	}
	return "", at
}

func (r *haskellReader) data(i, end int) {
	start := i
	if r.is(i+1, "family") || r.is(i+1, "instance") {
		i++
	}
	eq := r.equals(i, end)
	name, _ := r.headName(i+1, eq)
	f := found{name: name, kind: Type, start: start, attr: start, head: eq, end: end - 1, hidden: !r.exported(name)}
	r.add(f)
	constructor := true
	for at := eq; at < end; at++ {
		switch {
		case r.punct(at, '=') && !r.isOperator(at), r.punct(at, '|') && !r.isOperator(at):
			constructor = true
		case r.is(at, "deriving"):
			return
		case r.is(at, "where"):
			constructor = false
		case r.punct(at, '{'):
			r.fields(at, name)
			at = min(r.pair(at), end)
		case r.punct(at, '('), r.punct(at, '['):
			at = min(r.pair(at), end)
		case constructor && r.isWord(at) && isCapital(r.word(at)) && !r.punct(at+1, '.'):
			r.add(found{name: r.name(at), kind: Member, parent: name, start: at, attr: at, end: at, hidden: !r.exported(name)})
			constructor = false
		case !constructor && r.isWord(at) && isCapital(r.word(at)) && r.first(at) && r.puncts(at+1, "::"):
			r.add(found{name: r.name(at), kind: Member, parent: name, start: at, attr: at, end: at, hidden: !r.exported(name)})
		}
	}
}

func isCapital(w string) bool { return w != "" && w[0] >= 'A' && w[0] <= 'Z' }

func (r *haskellReader) fields(open int, parent string) {
	end := r.pair(open)
	for at := open + 1; at < end; at++ {
		if !r.isWord(at) || isCapital(r.word(at)) || !r.anyPunct(at-1, "{,") {
			continue
		}
		last := at
		for last+1 < end && !r.punct(last+1, ',') {
			last = r.past(last+1) - 1
		}
		r.add(found{name: r.name(at), kind: Field, parent: parent, start: at, attr: at, end: last, hidden: !r.exported(r.name(at)) && !r.exported(parent)})
	}
}

func (r *haskellReader) typ(i, end int) {
	start := i
	if r.is(i+1, "family") || r.is(i+1, "instance") {
		i++
	}
	name, _ := r.headName(i+1, r.equals(i, end))
	r.add(found{name: name, kind: Type, start: start, attr: start, end: end - 1, hidden: !r.exported(name)})
}

// class is a class or an instance; its methods are indented below it.
func (r *haskellReader) class(i, end int) {
	head := i + 1
	for head < end && !r.is(head, "where") {
		head = r.past(head)
	}
	head = min(head, end)
	top := head
	for at := i + 1; at < head; at++ {
		if r.punct(at, '|') && !r.isOperator(at) { // functional dependencies
			top = at
			break
		}
	}
	name, at := r.headName(i+1, top)
	f := found{name: name, kind: Trait, start: i, attr: i, head: head, end: end - 1, hidden: !r.exported(name)}
	if r.is(i, "instance") {
		f.kind, f.hidden = Impl, false
		for n := at + 1; n < top; n++ {
			if r.isWord(n) && isCapital(r.word(n)) {
				f.name = name + " " + r.name(n)
				break
			}
		}
	}
	if name == "" {
		return
	}
	r.add(f)
	if head+1 >= end {
		return
	}
	margin := r.margin
	clear(r.recent)
	r.margin = r.column(head + 1)
	if r.enter(scope{name: f.name, kind: f.kind, end: end}) {
		for at := head + 1; at < end; {
			next := min(r.next(at), end)
			if w := r.word(at); w == "type" || w == "data" {
				r.typ(at, next)
			} else if !r.punct(at, '{') {
				r.function(at, next)
			}
			at = next
		}
		r.scopes = r.scopes[:len(r.scopes)-1]
	}
	r.margin = margin
	clear(r.recent)
}

// function is a signature or an equation; those of one function are one symbol.
func (r *haskellReader) function(i, end int) {
	name := r.functionName(i, end)
	if name == "" {
		return
	}
	parent := r.parent()
	if at, ok := r.recent[name]; ok && r.symbols[at].Parent == parent {
		r.symbols[at].EndLine = int(r.endLine(end - 1))
		return
	}
	clear(r.recent)
	names := []string{name}
	kind := Function
	if parent != "" {
		kind = Method
	}
	for at := i + 1; r.punct(at, ',') && r.isWord(at+1); at += 2 {
		names = append(names, r.name(at+1))
	}
	head := end
	if !r.isSignature(i, end) {
		if len(names) > 1 || r.scope().kind == Impl && name == "default" {
			return
		}
		head = r.equals(i, end)
		if head == end && parent == "" && !r.puncts(i+1, "::") {
			return // a splice of Template Haskell, or so
		}
	}
	for _, n := range names {
		before := len(r.symbols)
		r.add(found{name: n, kind: kind, parent: parent, start: i, attr: i, head: head, end: end - 1, hidden: parent == "" && !r.exported(n)})
		if len(r.symbols) > before {
			r.recent[n] = before
		}
	}
}

func (r *haskellReader) isSignature(i, end int) bool {
	for at := i; at < end; at = r.past(at) {
		if r.puncts(at, "::") {
			return true
		}
		if r.punct(at, '=') && !r.isOperator(at) {
			return false
		}
	}
	return false
}

// functionName is what an equation defines: "f x = …", "x `f` y = …", "x + y = …",
// "(+) :: …".
func (r *haskellReader) functionName(i, end int) string {
	if r.punct(i, '(') && r.pair(i) < end && r.anyPunct(r.pair(i)+1, ":,=") {
		if p := r.pair(i); !r.isWord(i+1) && p > i+1 && p-i < 8 {
			return string(r.src[r.tokens[i+1].start:r.tokens[p-1].end])
		}
		return ""
	}
	stop := r.equals(i, end)
	for at := i + 1; at < stop && at < i+12; at = r.past(at) { // an operator between its arguments
		if r.puncts(at, "::") {
			break
		}
		if r.punct(at, '`') && r.isWord(at+1) && r.punct(at+2, '`') {
			return r.name(at + 1)
		}
		if r.anyPunct(at, "!#$%&*+./<>?^|-~:=") && at > i && !r.anyPunct(at, "!~") && r.isOperatorHere(at, stop) {
			last := at
			for last+1 < stop && r.anyPunct(last+1, "!#$%&*+./<>?^|-~:=") && r.tokens[last+1].start == r.tokens[last].end {
				last++
			}
			return string(r.src[r.tokens[at].start:r.tokens[last].end])
		}
	}
	if w := r.word(i); !isCapital(w) && w != "_" {
		return w
	}
	return ""
}

// isOperatorHere tells whether a sign stands between two arguments.
func (r *haskellReader) isOperatorHere(i, stop int) bool {
	return i+1 < stop && r.tokens[i].start > r.tokens[i-1].end && !r.anyPunct(i, ".=")
}
