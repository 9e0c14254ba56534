package outline

import "bytes"

// dialect is a language whose members start with their type, as in Java.
type dialect struct {
	rules     *rules
	modifiers map[string]bool
	// types are the keywords that start types.
	types map[string]Kind
	// show are the modifiers that make a member public; hide those that do not.
	show, hide map[string]bool
	brackets   bool // attributes stand in brackets
	// blocks says that a body may follow a field's name, as in a property.
	properties bool
}

func (d *dialect) read(src []byte) File {
	l := lex(src, d.rules)
	t := &typed{reader: newReader(l), dialect: d}
	for i := 0; i < len(t.tokens); {
		t.leave(i)
		i = max(i+1, t.statement(i))
	}
	return File{Symbols: t.symbols, Whole: l.whole}
}

type typed struct {
	*reader
	*dialect
}

// statement reads the declaration that starts at i, and returns where the next
// one starts.
func (t *typed) statement(i int) int {
	if t.anyPunct(i, ";}),") {
		return i + 1
	}
	if t.scope().mode == enumValues {
		if next := t.enumerator(i); next > i {
			return next
		}
	}
	attr := i
	at := t.attributes(i)
	start := at
	for at < len(t.tokens) && t.isModifier(at) {
		at = t.attributes(at + 1)
	}
	if at >= len(t.tokens) {
		return at
	}
	kind, ok := t.types[t.word(at)]
	if ok && t.isWord(at+1) && !t.anyPunct(at+1, "(=") {
		return t.typ(attr, start, at, kind)
	}
	if t.punct(at, '@') && t.is(at+1, "interface") && t.isWord(at+2) {
		return t.typ(attr, start, at+1, Interface)
	}
	if t.punct(at, '{') {
		return t.past(at)
	}
	return t.member(attr, start, at)
}

// isModifier tells whether a modifier stands at i: some may be types or names
// as well.
func (t *typed) isModifier(i int) bool {
	if !t.modifiers[t.word(i)] || t.anyPunct(i+1, "(=;,") {
		return false
	}
	if t.is(i, "record") || t.is(i, "interface") {
		return t.is(i, "interface") && t.is(i+1, "class")
	}
	return true
}

// attributes is behind the attributes at i.
func (t *typed) attributes(i int) int {
	for i < len(t.tokens) {
		switch {
		case t.punct(i, '@') && t.isWord(i+1) && !t.is(i+1, "interface"):
			i += 2
			for t.punct(i, '.') && t.isWord(i+1) {
				i += 2
			}
			if t.punct(i, '(') {
				i = t.past(i)
			}
		case t.brackets && t.punct(i, '['):
			i = t.past(i)
		default:
			return i
		}
	}
	return i
}

func (t *typed) hidden(start, end int) bool {
	shown := t.show == nil || t.scope().kind == Interface
	for i := start; i < end; i++ {
		w := t.word(i)
		if t.hide[w] {
			return true
		}
		shown = shown || t.show[w]
	}
	return !shown
}

// typ is a type, or a namespace, whose keyword is at i.
func (t *typed) typ(attr, start, i int, kind Kind) int {
	at := i + 1
	if t.is(i, "record") && (t.is(at, "struct") || t.is(at, "class")) || t.is(i, "mixin") && t.is(at, "class") || t.is(i, "extension") && t.is(at, "type") {
		at++
	}
	if kind == Type {
		return t.delegate(attr, start, at)
	}
	first := at
	for t.punct(at+1, '.') && t.isWord(at+2) {
		at += 2
	}
	name := t.name(first)
	if at > first {
		name = string(t.src[t.tokens[first].start:t.tokens[at].end])
	}
	f := found{name: name, kind: kind, parent: t.parent(), start: start, attr: attr, hidden: t.hidden(start, i) && kind != Namespace}
	at++
	for at < len(t.tokens) && !t.anyPunct(at, "{;}") {
		if next := t.angles(at); next > at {
			at = next
			continue
		}
		at = t.past(at)
	}
	f.head, f.end = at, at
	s := scope{name: name, kind: kind, end: len(t.tokens)}
	switch {
	case t.punct(at, '{'):
		f.end = t.pair(at)
		s.end = f.end
	case kind == Namespace:
		f.end = len(t.tokens) - 1
	default:
		t.add(f)
		return at + 1
	}
	if kind == Enum {
		s.mode = enumValues
	}
	t.add(f)
	if !t.enter(s) {
		return f.end + 1
	}
	return at + 1
}

// delegate is the type of a function, whose name stands before the parameters.
func (t *typed) delegate(attr, start, i int) int {
	name, at := "", i
	for at < len(t.tokens) && !t.anyPunct(at, ";{}") {
		if name == "" && t.isWord(at) && (t.anyPunct(t.angles(at+1), "(") || t.punct(at+1, '=')) {
			name = t.name(at)
		}
		at = t.past(at)
	}
	t.add(found{name: name, kind: Type, parent: t.parent(), start: start, attr: attr, head: at, end: at, hidden: t.hidden(start, i)})
	return at + 1
}

// enumerator is a value of an enum.
func (t *typed) enumerator(i int) int {
	at := t.attributes(i)
	if !t.isWord(at) || !t.anyPunct(at+1, ",(={;") && at+1 < t.scope().end {
		t.scopes[len(t.scopes)-1].mode = 0
		return i
	}
	if t.brackets || !t.anyPunct(at+1, "=") {
		return t.enumValue(at, t.name(at), at+1)
	}
	t.scopes[len(t.scopes)-1].mode = 0
	return i
}

// member is a method or a field. attr is where its attributes start, start where
// its modifiers do, and i where its type does.
func (t *typed) member(attr, start, i int) int {
	name := -1
	i = t.angles(i)
	at := i
	for at < len(t.tokens) {
		switch {
		case t.is(at, "operator") && (!t.anyPunct(at+1, "=;") || t.puncts(at+1, "==")):
			return t.operator(attr, start, i, at)
		case t.isWord(at):
			name = at
			at++
			if next := t.angles(at); next > at && (t.isWord(next) || t.anyPunct(next, "([.?{")) {
				at = next
			}
		case t.punct(at, '('):
			if name >= 0 && (name == at-1 || t.angles(name+1) == at) {
				if !t.isWord(at-1) || !t.modifiers[t.word(at-1)] {
					return t.method(attr, start, i, name, at)
				}
			}
			at = t.past(at) // a tuple
		case t.is(name, "this") && t.punct(at, '['):
			return t.method(attr, start, i, name, at)
		case t.punct(at, '['), t.anyPunct(at, ".?*:"), t.punct(at, '@'):
			at = t.past(at)
		case t.punct(at, '{'):
			if t.properties && name > i {
				return t.property(attr, start, i, name, at)
			}
			return t.past(at)
		case t.anyPunct(at, "=;,"):
			return t.field(attr, start, i, name, at)
		default:
			return t.toStatementEnd(at)
		}
	}
	return at
}

func (t *typed) toStatementEnd(i int) int {
	for i < t.scope().end && i < len(t.tokens) {
		if t.punct(i, '{') {
			return t.past(i)
		}
		if t.punct(i, ';') {
			return i + 1
		}
		if t.punct(i, '}') {
			return i
		}
		i = t.past(i)
	}
	return i
}

// operator may be called by a sign.
func (t *typed) operator(attr, start, i, at int) int {
	open := at + 1
	for open < len(t.tokens) && open < at+10 && !t.punct(open, '(') {
		open++
	}
	if !t.punct(open, '(') {
		return t.toStatementEnd(at)
	}
	if t.punct(open+1, ')') && t.punct(open+2, '(') {
		open += 2
	}
	f := found{
		name: "operator " + string(bytes.TrimSpace(t.src[t.tokens[at].end:t.tokens[open].start])), kind: Method,
		parent: t.parent(), start: start, attr: attr, hidden: t.hidden(start, i),
	}
	return t.finish(f, open)
}

// method has its parameters at open.
func (t *typed) method(attr, start, i, name, open int) int {
	f := found{name: t.name(name), kind: Method, parent: t.parent(), start: start, attr: attr, hidden: t.hidden(start, i)}
	class := t.scope()
	bare := name == i || name == i+1 && t.punct(i, '~') || name == i+2 && t.punct(i+1, '.') && t.is(i, class.name)
	switch {
	case class.kind == "" || class.kind == Namespace:
		f.kind = Function
		if bare && !t.is(start, "def") {
			return t.toStatementEnd(open)
		}
	case bare:
		f.kind = Constructor
		if t.name(name) != class.name && !t.is(i, class.name) {
			return t.toStatementEnd(open)
		}
	}
	switch f.name {
	case "if", "for", "while", "switch", "catch", "return", "new", "throw", "using", "lock", "foreach", "assert", "super", "await":
		return t.toStatementEnd(open)
	}
	if t.rules == dart.rules {
		f.hidden = f.name[0] == '_'
	}
	return t.finish(f, open)
}

// finish finds the end of a method whose parameters start at open.
func (t *typed) finish(f found, open int) int {
	at := t.past(open)
	if t.punct(at, ':') { // a constructor calls another
		at++
	}
	for at < t.scope().end && !t.anyPunct(at, "{;}=") {
		if next := t.angles(at); next > at {
			at = next
			continue
		}
		at = t.past(at)
	}
	f.head = at
	switch {
	case t.punct(at, '{'):
		f.end = t.pair(at)
	case t.punct(at, '='):
		f.end = t.toSemicolon(at)
	default:
		f.end = at
	}
	t.add(f)
	return f.end + 1
}

// toSemicolon is the semicolon that ends the statement at i.
func (t *typed) toSemicolon(i int) int {
	for i < t.scope().end && i < len(t.tokens) {
		if t.punct(i, ';') {
			return i
		}
		if t.punct(i, '}') {
			return i - 1
		}
		i = t.past(i)
	}
	return i - 1
}

// property has its accessors at i.
func (t *typed) property(attr, start, typ, name, i int) int {
	f := found{name: t.name(name), kind: Property, parent: t.parent(), start: start, attr: attr, head: i, hidden: t.hidden(start, typ)}
	f.end = t.pair(i)
	if t.punct(f.end+1, '=') {
		f.end = t.toSemicolon(f.end + 1)
	}
	t.add(f)
	return f.end + 1
}

func (t *typed) field(attr, start, typ, name, i int) int {
	end := t.toSemicolon(i)
	class := t.scope()
	if name <= typ && (!t.modifiers[t.word(start)] || start == typ) || name < 0 || t.is(typ, "return") || t.is(typ, "package") || t.is(typ, "import") ||
		t.is(typ, "using") || t.is(typ, "throw") {
		return end + 1
	}
	f := found{name: t.name(name), kind: Field, parent: t.parent(), start: start, attr: attr, end: end, hidden: t.hidden(start, typ)}
	if class.kind == "" || class.kind == Namespace {
		f.kind = Variable
	}
	if t.punct(i, '=') && t.punct(i+1, '>') {
		f.kind, f.head = Property, i
	} else if end < len(t.tokens) && t.tokens[end].line != t.tokens[start].line {
		f.head = i
	}
	constant, static := false, false
	for at := start; at < typ; at++ {
		constant = constant || t.is(at, "const") || t.is(at, "final") || t.is(at, "readonly")
		static = static || t.is(at, "static") || t.is(at, "const")
	}
	if constant && (static || class.kind == "") || class.kind == Interface && f.kind == Field {
		f.kind = Constant
	}
	t.add(f)
	f.head = 0
	for at := i; at < end; at = t.past(at) { // more names behind commas
		if t.punct(at, ',') && t.isWord(at+1) && t.anyPunct(at+2, ",;=") {
			f.name = t.name(at + 1)
			t.add(f)
		}
		if next := t.angles(at); next > at {
			at = next - 1
		}
	}
	return end + 1
}
