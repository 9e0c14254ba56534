package outline

import "strings"

func slashes(nested bool) special {
	return oneOf(lineComment("//"), blockComment("/*", "*/", nested))
}

//nolint:gochecknoglobals // a fixed table, never written to
var kotlin = &grammar{
	rules: &rules{special: map[byte]special{
		'/': slashes(true),
		'"': oneOf(str(quoted{begin: `"""`, end: `"""`, lines: true, code: "${", closer: '}'}),
			str(quoted{begin: `"`, end: `"`, escape: '\\', code: "${", closer: '}'})),
		'\'': quote("'"), '`': str(quoted{begin: "`", end: "`"}),
	}},
	forms: map[string]form{
		"class": {kind: Class, holds: true, name: kotlinClass}, "interface": {kind: Interface, holds: true, name: kotlinName},
		"object": {kind: Object, holds: true, name: kotlinObject}, "typealias": {kind: Type, name: kotlinName},
		"fun": {kind: Function, inside: Method, name: kotlinFun}, "val": {kind: Constant, inside: Property, name: kotlinVal},
		"var": {kind: Variable, inside: Property, name: kotlinVal}, "constructor": {kind: Constructor, name: kotlinConstructor},
	},
	modifiers: set("public private protected internal open abstract final sealed data enum inner value annotation inline " +
		"noinline crossinline tailrec operator infix suspend override lateinit const external companion expect actual vararg reified context"),
	hide:   set("private protected internal"),
	lines:  true,
	more:   kotlinMore,
	header: kotlinHeader,
}

func kotlinName(r *reader, i int) (string, int) {
	if r.isWord(i+1) || i+1 < len(r.tokens) && r.tokens[i+1].kind == text && r.src[r.tokens[i+1].start] == '`' {
		return r.name(i + 1), i + 2
	}
	return "", i
}

func kotlinClass(r *reader, i int) (string, int) {
	if r.punct(i-1, ':') {
		return "", i // X::class
	}
	return kotlinName(r, i)
}

func kotlinObject(r *reader, i int) (string, int) {
	if name, after := kotlinName(r, i); name != "" {
		return name, after
	}
	if r.is(i-1, "companion") {
		return "Companion", i + 1
	}
	return "", i
}

func kotlinConstructor(r *reader, i int) (string, int) {
	if !r.punct(i+1, '(') || r.scope().kind != Class && r.scope().kind != Enum {
		return "", i
	}
	return "constructor", i + 1
}

// kotlinFun is the name of a function with the type that it extends.
func kotlinFun(r *reader, i int) (string, int) {
	return kotlinExtension(r, i, func(at int) bool { return r.punct(at, '(') })
}

func kotlinVal(r *reader, i int) (string, int) {
	return kotlinExtension(r, i, func(at int) bool {
		return r.anyPunct(at, ":=;") || r.first(at) || r.is(at, "by") || r.is(at, "get") || r.anyPunct(at, "),}")
	})
}

func kotlinExtension(r *reader, i int, ends func(int) bool) (string, int) {
	at := r.angles(i + 1)
	receiver, name := "", ""
	const most = 60
	for n := 0; n < most && at < len(r.tokens); n++ {
		s, next := kotlinName(r, at-1)
		switch {
		case s != "" && (name == "" || receiver != ""):
			name, at = s, next
			if ends(at) || at == len(r.tokens) {
				if receiver != "" && receiver != "?" {
					return receiver + "." + name, at
				}
				return name, at
			}
			at = r.angles(at)
			for r.punct(at, '?') {
				at++
			}
			if !r.punct(at, '.') {
				return "", i
			}
			receiver, name, at = strings.ReplaceAll(name, ".", ""), "", at+1
		case r.punct(at, '@'):
			at += 2
			if r.punct(at, '(') {
				at = r.past(at)
			}
		case r.punct(at, '(') && receiver == "": // a function's type
			at = r.past(at)
			if !r.punct(at, '.') && !r.punct(at, '?') {
				return "", i
			}
			for r.anyPunct(at, "?.") {
				at++
			}
			receiver = "?"
		default:
			return "", i
		}
		if receiver != "" && name == "" {
			name = ""
		}
	}
	return "", i
}

// kotlinMore finds the values of enums.
func kotlinMore(_ *grammar, r *reader, i int) int {
	s := r.scope()
	if s.mode != enumValues {
		return i
	}
	if name, after := kotlinName(r, i-1); name != "" && (r.anyPunct(after, ",({;") || after == s.end) {
		return r.enumValue(i, name, after)
	}
	if !r.punct(i, '@') {
		r.scopes[len(r.scopes)-1].mode = 0
	}
	return i
}

// kotlinHeader finds the properties that a class's constructor declares.
func kotlinHeader(g *grammar, r *reader, d found, after int) {
	at := r.angles(after)
	for at < d.head && !r.punct(at, '(') {
		at++
	}
	if at >= d.head {
		return
	}
	end := r.pair(at)
	start := at + 1
	for at++; at < end; at = r.past(at) {
		if r.punct(at, ',') {
			start = at + 1
		}
		if !r.is(at, "val") && !r.is(at, "var") || !r.punct(at+2, ':') {
			continue
		}
		last := at
		for last+1 < end && !r.punct(last+1, ',') {
			if next := r.angles(last + 1); next > last+1 {
				last = next - 1
				continue
			}
			last = r.past(last+1) - 1
		}
		first, attr := at, start
		for first > start && g.modifiers[r.word(first-1)] {
			first--
		}
		r.add(found{
			name: r.name(at + 1), kind: Property, parent: r.parent(), start: first, attr: attr, end: last,
			hidden: g.isHidden(r, first, at),
		})
	}
}

// The modes of scopes.
const (
	enumValues = iota + 1 // an enum whose values are still being listed
	ofTrait               // what is in it is as public as the trait
)

// enumValue takes a value of an enum, and goes to behind the comma.
func (r *reader) enumValue(i int, name string, after int) int {
	s := &r.scopes[len(r.scopes)-1]
	end := i
	for after < s.end && !r.anyPunct(after, ",;") {
		next := r.past(after)
		end = min(next, len(r.tokens)) - 1
		after = next
	}
	r.add(found{name: name, kind: Member, parent: r.parent(), start: i, attr: i, end: end, head: i + 1})
	if !r.punct(after, ',') {
		s.mode = 0
		return after
	}
	return after + 1
}
