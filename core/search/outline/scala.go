package outline

//nolint:gochecknoglobals // a fixed table, never written to
var scala = &grammar{
	rules: &rules{special: map[byte]special{
		'/': slashes(true), '\'': charOr, '`': str(quoted{begin: "`", end: "`"}),
		'"': scalaString,
	}},
	forms: map[string]form{
		"class": {kind: Class, holds: true, name: kotlinName}, "trait": {kind: Trait, holds: true, name: kotlinName},
		"object": {kind: Object, holds: true, name: kotlinName}, "enum": {kind: Enum, holds: true, name: kotlinName},
		"def": {kind: Function, inside: Method, name: scalaDef}, "val": {kind: Constant, inside: Property, name: scalaVal},
		"var": {kind: Variable, inside: Property, name: scalaVal}, "type": {kind: Type, name: kotlinName},
		"given":     {kind: Constant, inside: Property, name: scalaGiven, holds: true, below: true},
		"extension": {kind: Impl, holds: true, below: true, name: scalaExtension},
		"case":      {kind: Member, name: scalaCase},
	},
	modifiers: set("private protected override final sealed abstract implicit lazy case inline transparent open opaque infix package erased"),
	hide:      set("private protected"),
	lines:     true,
	indented:  true,
}

// scalaString may have code in it if a word stands before it.
func scalaString(l *lexer) bool {
	q := quoted{begin: `"`, end: `"`, escape: '\\'}
	if l.at(`"""`) {
		q = quoted{begin: `"""`, end: `"""`, lines: true}
	}
	if t := l.last(); t.kind == word && int(t.end) == l.pos {
		q.code, q.closer = "${", '}'
	}
	return str(q)(l)
}

// scalaDef may be an operator, or "this".
func scalaDef(r *reader, i int) (string, int) { return swiftFunc(r, i) }

func scalaVal(r *reader, i int) (string, int) {
	name, at := kotlinName(r, i)
	if name == "" || !r.anyPunct(at, ":=,") && !r.first(at) {
		return "", i
	}
	return name, at
}

func scalaGiven(r *reader, i int) (string, int) {
	name, at := kotlinName(r, i)
	if name == "" || !r.anyPunct(r.angles(at), ":=([") {
		return "", i
	}
	return name, at
}

// scalaExtension is named by the type that it extends.
func scalaExtension(r *reader, i int) (string, int) {
	at := i + 1
	if r.punct(at, '[') {
		at = r.past(at)
	}
	if !r.punct(at, '(') {
		return "", i
	}
	for n := at; n < r.pair(at); n++ {
		if r.punct(n, ':') && r.isWord(n+1) {
			return r.name(n + 1), r.past(at)
		}
	}
	return "", i
}

// scalaCase is a value of an enum.
func scalaCase(r *reader, i int) (string, int) {
	if r.scope().kind != Enum || r.is(i+1, "class") || r.is(i+1, "object") {
		return "", i
	}
	return kotlinName(r, i)
}
