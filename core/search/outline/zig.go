package outline

//nolint:gochecknoglobals // a fixed table, never written to
var zig = &grammar{
	rules: &rules{inWord: "@", special: map[byte]special{
		'/': lineComment("//"), '"': quote(`"`), '\'': quote("'"), '\\': zigLine, '@': zigName,
	}},
	forms: map[string]form{
		"fn": {kind: Function, inside: Method, name: zigFn, holds: true}, "const": {kind: Constant, name: zigConst, holds: true},
		"var": {kind: Variable, name: zigConst}, "test": {kind: Test, name: zigTest},
	},
	modifiers: set("pub export extern inline noinline threadlocal comptime"),
	show:      set("pub export"),
}

// zigLine is a line of a text, which starts with two backslashes.
func zigLine(l *lexer) bool {
	if !l.at(`\\`) {
		return false
	}
	start := l.pos
	l.toLineEnd()
	end := l.pos
	l.pos = start
	l.takeText(end)
	return true
}

// zigName is a name in quotes, such as @"while".
func zigName(l *lexer) bool {
	if l.peek(1) != '"' {
		return false
	}
	l.pos++
	ok := quote(`"`)(l)
	if n := len(l.tokens); ok {
		l.tokens[n-1].kind = word
	}
	return ok
}

func zigFn(r *reader, i int) (string, int) {
	if !r.isWord(i+1) || !r.punct(i+2, '(') {
		return "", i
	}
	return r.name(i + 1), i + 2
}

func zigConst(r *reader, i int) (string, int) {
	if !r.isWord(i+1) || !r.anyPunct(i+2, "=:") || r.punct(i-1, '*') || r.punct(i-1, ']') {
		return "", i
	}
	return r.name(i + 1), i + 2
}

func zigTest(r *reader, i int) (string, int) {
	if i+2 >= len(r.tokens) || !r.punct(i+2, '{') || r.scope().kind == Function {
		return "", i
	}
	return r.name(i + 1), i + 2
}

func zigRead(src []byte) File {
	l := lex(src, zig.rules)
	r := newReader(l)
	z := &zigReader{reader: r}
	z.walk()
	return File{Symbols: r.symbols, Whole: l.whole}
}

type zigReader struct{ *reader }

// walk goes over the declarations of containers. A function that returns a type
// is one as well.
func (z *zigReader) walk() {
	low := 0
	for i := 0; i < len(z.tokens); {
		z.leave(i)
		next := z.declaration(i, low)
		if next <= i {
			next = z.past(i)
			if z.anyPunct(i, ";},") {
				low = next
			}
		} else {
			low = next
		}
		i = next
	}
}

func (z *zigReader) declaration(i, low int) int {
	f, ok := zig.forms[z.word(i)]
	if !ok {
		return z.field(i, low)
	}
	name, after := f.name(z.reader, i)
	if name == "" {
		return i
	}
	d := found{name: name, kind: f.kind, parent: z.parent()}
	if f.inside != "" && len(z.scopes) > 0 {
		d.kind = f.inside
	}
	d.start, d.attr = zig.back(z.reader, i, low)
	d.hidden = zig.isHidden(z.reader, d.start, i)
	if f.kind == Function || f.kind == Test {
		return z.function(d, after)
	}
	return z.variable(d, after)
}

func (z *zigReader) function(d found, at int) int {
	for at < len(z.tokens) && !z.anyPunct(at, "{;}") {
		at = z.past(at)
		if (z.is(at, "error") || z.is(at, "struct")) && z.punct(at+1, '{') {
			at = z.past(at + 1)
		}
	}
	d.head, d.end = at, at
	if !z.punct(at, '{') {
		z.add(d)
		return at + 1
	}
	d.end = z.pair(at)
	z.add(d)
	if d.end < len(z.tokens) && z.is(at-1, "type") {
		for n := at + 1; n < d.end; n = z.past(n) {
			if z.is(n, "return") && z.punct(z.container(n+1), '{') {
				body := z.container(n + 1)
				z.enter(scope{name: d.name, kind: Struct, end: z.pair(body)})
				return body + 1
			}
		}
	}
	return d.end + 1
}

// container is the "{" of the container that starts at i, or i.
func (z *zigReader) container(i int) int {
	at := i
	for z.is(at, "packed") || z.is(at, "extern") {
		at++
	}
	switch z.word(at) {
	case "struct", "enum", "union", "opaque", "error":
	default:
		return i
	}
	at++
	if z.punct(at, '(') {
		at = z.past(at)
	}
	if z.punct(at, '{') {
		return at
	}
	return i
}

func (z *zigReader) variable(d found, at int) int {
	for at < len(z.tokens) && !z.anyPunct(at, "=;}") {
		at = z.past(at)
	}
	end := at
	for end < len(z.tokens) && !z.anyPunct(end, ";}") {
		end = z.past(end)
	}
	d.end = end
	if end < len(z.tokens) && z.tokens[end].line != z.tokens[d.start].line {
		d.head = at
	}
	body := z.container(at + 1)
	if !z.punct(body, '{') {
		z.add(d)
		return end + 1
	}
	kindAt := at + 1
	for z.is(kindAt, "packed") || z.is(kindAt, "extern") {
		kindAt++
	}
	d.kind, d.head = Struct, body
	if z.is(kindAt, "enum") || z.is(kindAt, "error") {
		d.kind = Enum
	}
	z.add(d)
	if !z.enter(scope{name: d.name, kind: d.kind, end: z.pair(body)}) {
		return end + 1
	}
	return body + 1
}

// field is "name: type," in a container, or a value of an enum.
func (z *zigReader) field(i, low int) int {
	s := z.scope()
	if !z.isWord(i) || i != low && !z.is(low, "comptime") || s.kind == "" {
		return i
	}
	kind := Field
	switch {
	case z.punct(i+1, ':'):
	case s.kind == Enum && (z.anyPunct(i+1, ",=") || i+1 >= s.end):
		kind = Member
	case z.punct(i+1, ',') || i+1 >= s.end:
		kind = Member
	default:
		return i
	}
	end := i
	for end+1 < s.end && !z.punct(end+1, ',') {
		end = min(z.past(end+1), len(z.tokens)) - 1
	}
	z.add(found{name: z.name(i), kind: kind, parent: z.parent(), start: i, attr: i, end: end})
	return end + 2
}
