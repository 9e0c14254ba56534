package outline

import "bytes"

//nolint:gochecknoglobals // a fixed table, never written to
var swift = &grammar{
	rules: &rules{special: map[byte]special{
		'/': slashes(true), '`': str(quoted{begin: "`", end: "`"}), '#': swiftRaw,
		'"': oneOf(str(quoted{begin: `"""`, end: `"""`, escape: '\\', lines: true, code: `\(`, closer: ')'}),
			str(quoted{begin: `"`, end: `"`, escape: '\\', code: `\(`, closer: ')'})),
	}},
	forms: map[string]form{
		"class": {kind: Class, holds: true, name: swiftClass}, "struct": {kind: Struct, holds: true, name: swiftName},
		"actor": {kind: Class, holds: true, name: swiftName}, "enum": {kind: Enum, holds: true, name: swiftName},
		"protocol": {kind: Interface, holds: true, name: swiftName}, "extension": {kind: Impl, holds: true, name: swiftDotted},
		"func": {kind: Function, inside: Method, name: swiftFunc}, "init": {kind: Constructor, name: swiftInit},
		"deinit": {kind: Method, name: swiftInit}, "subscript": {kind: Method, name: swiftInit},
		"var": {kind: Variable, inside: Property, name: swiftName}, "let": {kind: Constant, inside: Property, name: swiftName},
		"typealias": {kind: Type, name: swiftName}, "associatedtype": {kind: Type, name: swiftName}, "macro": {kind: Macro, name: swiftName},
	},
	modifiers: set("public private fileprivate internal open package final static class override mutating nonmutating " +
		"lazy weak unowned required convenience dynamic optional indirect prefix postfix infix nonisolated isolated " +
		"async rethrows distributed consuming borrowing set unsafe"),
	hide:  set("private fileprivate"),
	lines: true,
	more:  swiftMore,
}

// swiftRaw is a string such as #"text"#.
func swiftRaw(l *lexer) bool {
	at := l.pos
	for at < len(l.src) && l.src[at] == '#' {
		at++
	}
	if at >= len(l.src) || l.src[at] != '"' {
		l.punct('#')
		l.pos = at
		return true
	}
	end := append([]byte{'"'}, l.src[l.pos:at]...)
	if n := bytes.Index(l.src[at+1:], end); n >= 0 {
		l.takeText(at + 1 + n + len(end))
		return true
	}
	l.punct('#')
	l.pos = at
	return true
}

func swiftName(r *reader, i int) (string, int) { return kotlinName(r, i) }

func swiftClass(r *reader, i int) (string, int) {
	switch r.word(i + 1) {
	case "func", "var", "let", "subscript", "override", "final", "private", "public", "open", "internal":
		return "", i
	}
	if r.punct(i-1, ':') || r.punct(i-1, ',') {
		return "", i
	}
	return kotlinName(r, i)
}

func swiftDotted(r *reader, i int) (string, int) {
	name, at := swiftName(r, i)
	for name != "" && r.punct(at, '.') && r.isWord(at+1) {
		name, at = name+"·"+r.name(at+1), at+2
	}
	return string(bytes.ReplaceAll([]byte(name), []byte("·"), []byte("."))), at
}

// swiftFunc may be an operator.
func swiftFunc(r *reader, i int) (string, int) {
	if name, at := swiftName(r, i); name != "" {
		return name, at
	}
	at := i + 1
	for at < len(r.tokens) && at < i+5 && r.tokens[at].kind == punct && !r.punct(at, '(') && (!r.punct(at, '<') || !r.isWord(at+1)) {
		at++
	}
	if at == i+1 || !r.anyPunct(at, "(<") {
		return "", i
	}
	return string(r.src[r.tokens[i+1].start:r.tokens[at-1].end]), at
}

func swiftInit(r *reader, i int) (string, int) {
	at := i + 1
	if r.anyPunct(at, "?!") {
		at++
	}
	if r.scope().kind == "" || !r.anyPunct(at, "(<{") || r.anyPunct(i-1, ".=(,") {
		return "", i
	}
	return r.name(i), at
}

// swiftMore finds the cases of enums.
func swiftMore(_ *grammar, r *reader, i int) int {
	s := r.scope()
	if s.kind != Enum && s.kind != Impl || !r.is(i, "case") {
		return i
	}
	at := i + 1
	for r.isWord(at) || at < s.end && r.tokens[at].kind == text {
		name := at
		end := at
		at++
		for at < s.end && !r.punct(at, ',') && !r.first(at) && !r.anyPunct(at, ";}") {
			next := r.past(at)
			end = min(next, len(r.tokens)) - 1
			at = next
		}
		r.add(found{name: r.name(name), kind: Member, parent: r.parent(), start: name, attr: i, end: end})
		if !r.punct(at, ',') {
			break
		}
		at++
	}
	return at
}
