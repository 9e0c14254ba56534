package outline

import "bytes"

//nolint:gochecknoglobals // a fixed table, never written to
var rust = &grammar{
	rules: &rules{special: map[byte]special{
		'/': slashes(true), '"': str(quoted{begin: `"`, end: `"`, escape: '\\', lines: true}), '\'': charOr,
		'r': rustRaw, 'b': rustRaw, 'c': rustRaw,
	}},
	forms: map[string]form{
		"fn": {kind: Function, inside: Method}, "struct": {kind: Struct, holds: true}, "enum": {kind: Enum, holds: true},
		"union": {kind: Struct, holds: true, name: rustUnion}, "trait": {kind: Trait, holds: true}, "mod": {kind: Module, holds: true},
		"type": {kind: Type}, "const": {kind: Constant, name: rustConst}, "static": {kind: Variable, name: rustConst},
		"impl": {kind: Impl, holds: true, name: rustImpl}, "macro_rules": {kind: Macro, name: rustMacro}, "macro": {kind: Macro},
	},
	modifiers: set("pub crate unsafe async const extern default auto safe gen"),
	show:      set("pub"),
	more:      rustMore,
}

// rustRaw is a string such as r#"text"#; it may also be a word.
func rustRaw(l *lexer) bool {
	at := l.pos
	for at < len(l.src) && (l.src[at] == 'b' || l.src[at] == 'c') && at == l.pos {
		at++
	}
	raw := at < len(l.src) && l.src[at] == 'r'
	if raw {
		at++
	}
	hashes := 0
	for raw && at < len(l.src) && l.src[at] == '#' {
		hashes++
		at++
	}
	switch {
	case at >= len(l.src), hashes > 255:
	case raw && l.src[at] == '"':
		end := append([]byte{'"'}, bytes.Repeat([]byte{'#'}, hashes)...)
		if n := bytes.Index(l.src[at+1:], end); n >= 0 {
			l.takeText(at + 1 + n + len(end))
		} else {
			l.takeText(len(l.src))
		}
		return true
	case !raw && at > l.pos && l.src[at] == '"':
		l.stringFrom(quoted{begin: `"`, end: `"`, escape: '\\', lines: true}, at+1, nil)
		return true
	case !raw && at > l.pos && l.src[at] == '\'':
		l.pos++
		if charOr(l) {
			return true
		}
		l.pos--
	case hashes == 1 && l.classes[l.src[at]] == letter: // r#type
		l.pos = at
	}
	l.word()
	return true
}

func rustUnion(r *reader, i int) (string, int) {
	if !r.isWord(i+1) || !r.anyPunct(i+2, "{<") && !r.is(i+2, "where") {
		return "", i
	}
	return r.name(i + 1), i + 2
}

func rustConst(r *reader, i int) (string, int) {
	at := i + 1
	if r.is(at, "mut") || r.is(at, "ref") {
		at++
	}
	if !r.isWord(at) || !r.punct(at+1, ':') || r.is(at, "_") {
		return "", i
	}
	return r.name(at), at + 1
}

func rustMacro(r *reader, i int) (string, int) {
	if !r.punct(i+1, '!') || !r.isWord(i+2) {
		return "", i
	}
	return r.name(i + 2), i + 3
}

// rustImpl is named by its type.
func rustImpl(r *reader, i int) (string, int) {
	at := r.angles(i + 1)
	name, after := "", at
	typ := at
	for at < len(r.tokens) && !r.anyPunct(at, "{;") && !r.is(at, "where") {
		switch {
		case r.is(at, "for") && !r.punct(at+1, '<'):
			name, typ = "", at+1
		case r.is(at, "dyn"), r.is(at, "mut"), r.is(at, "const"):
		case r.isWord(at) && !(r.punct(at-1, '\'')):
			if name == "" || r.puncts(at-2, "::") {
				name = r.name(at)
			}
		case r.punct(at, '<'):
			if next := r.angles(at); next > at {
				at, after = next, next
				continue
			}
		}
		at = r.past(at)
		after = at
	}
	if name == "" && typ < at && r.punct(at, '{') { // a tuple, a slice
		name = signature(r.src[r.tokens[typ].start:r.tokens[at-1].end])
	}
	return name, after
}

// rustMore finds fields, values of enums, and what is in foreign blocks.
func rustMore(g *grammar, r *reader, i int) int {
	s := r.scope()
	switch {
	case r.is(i, "const") && r.is(i+1, "_"): // a block of definitions that has no name
		for at := i + 2; at < i+8; at++ {
			if r.punct(at, '=') && r.punct(at+1, '{') {
				return at + 2
			}
		}
		return i
	case r.is(i, "extern") && i+2 < len(r.tokens) && r.tokens[i+1].kind == text && r.punct(i+2, '{'):
		return i + 3
	case r.isWord(i) && r.punct(i+1, '!') && r.punct(i+2, '{') && (r.is(i, "cfg_if") || r.punct(i+3, '#') && len(r.scopes) == 0):
		return i
	case s.kind == Struct && r.isWord(i) && r.punct(i+1, ':') && !r.punct(i+2, ':') && (r.anyPunct(i-1, "{,])") || g.modifiers[r.word(i-1)]):
		end := i
		for end+1 < s.end && !r.punct(end+1, ',') {
			if next := r.angles(end + 1); next > end+1 {
				end = next - 1
				continue
			}
			end = min(r.past(end+1), len(r.tokens)) - 1
		}
		start, attr := g.back(r, i, max(0, i-100))
		r.add(found{name: r.name(i), kind: Field, parent: r.parent(), start: start, attr: attr, end: end, hidden: g.isHidden(r, start, i)})
		return end + 1
	case s.mode == enumValues && r.isWord(i):
		return r.enumValue(i, r.name(i), i+1)
	}
	return i
}
