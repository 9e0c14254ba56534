package outline

import (
	"bytes"
	"strings"
)

//nolint:gochecknoglobals // a fixed table, never written to
var php = &grammar{
	rules: &rules{inWord: "$\\", special: map[byte]special{
		'/': slashes(false), '#': phpHash, '\'': str(quoted{begin: "'", end: "'", escape: '\\', lines: true}),
		'"': str(quoted{begin: `"`, end: `"`, escape: '\\', lines: true}), '`': str(quoted{begin: "`", end: "`", escape: '\\', lines: true}),
		'<': phpHeredoc, '?': phpLeave,
	}},
	forms: map[string]form{
		"class": {kind: Class, holds: true, name: phpName}, "interface": {kind: Interface, holds: true, name: phpName},
		"trait": {kind: Trait, holds: true, name: phpName}, "enum": {kind: Enum, holds: true, name: phpName},
		"function": {kind: Function, inside: Method, name: phpFunction}, "const": {kind: Constant, name: phpConst},
		"namespace": {kind: Namespace, name: phpNamespace}, "case": {kind: Member, name: phpCase},
	},
	modifiers: set("public private protected static abstract final readonly var"),
	hide:      set("private protected"),
	through:   true,
	more:      phpMore,
}

func phpRead(src []byte) File {
	l := lexPHP(src)
	r := newReader(l)
	php.walk(r)
	return File{Symbols: r.symbols, Whole: l.whole}
}

// lexPHP passes over what stands before the code.
func lexPHP(src []byte) *lexer {
	l := newLexer(src, php.rules)
	l.phpEnter()
	l.run()
	return l
}

// phpEnter goes to the next piece of code.
func (l *lexer) phpEnter() {
	n := bytes.Index(l.src[l.pos:], []byte("<?"))
	if n < 0 {
		l.skip(len(l.src))
		return
	}
	l.skip(l.pos + n + 2)
	if rest := l.src[l.pos:]; len(rest) >= 3 && strings.EqualFold(string(rest[:3]), "php") {
		l.pos += 3
	} else if l.peek(0) == '=' {
		l.pos++
	}
}

func phpLeave(l *lexer) bool {
	if !l.at("?>") {
		return false
	}
	l.punct(';')
	l.tokens[len(l.tokens)-1].c = ';'
	l.pos++
	l.phpEnter()
	return true
}

func phpHash(l *lexer) bool {
	if l.at("#[") {
		return false
	}
	return lineComment("#")(l)
}

func phpHeredoc(l *lexer) bool {
	if !l.at("<<<") {
		return false
	}
	at := l.pos + 3
	for at < len(l.src) && (l.src[at] == ' ' || l.src[at] == '\'' || l.src[at] == '"') {
		at++
	}
	start := at
	for at < len(l.src) && (l.classes[l.src[at]] == letter || l.classes[l.src[at]] == digit) {
		at++
	}
	if at == start {
		return false
	}
	name := l.src[start:at]
	for at < len(l.src) {
		n := bytes.IndexByte(l.src[at:], '\n')
		if n < 0 {
			at = len(l.src)
			break
		}
		at += n + 1
		line := bytes.TrimLeft(l.src[at:], " \t")
		if bytes.HasPrefix(line, name) && (len(line) == len(name) || l.classes[line[len(name)]] != letter && l.classes[line[len(name)]] != digit) {
			at = len(l.src) - len(line) + len(name)
			break
		}
	}
	l.takeText(at)
	return true
}

func phpName(r *reader, i int) (string, int) {
	if !r.isWord(i+1) || r.is(i+1, "extends") || r.is(i+1, "implements") || strings.HasPrefix(r.word(i+1), "$") {
		return "", i
	}
	return r.name(i + 1), i + 2
}

func phpFunction(r *reader, i int) (string, int) {
	at := i + 1
	if r.punct(at, '&') {
		at++
	}
	if !r.isWord(at) || !r.punct(at+1, '(') || r.is(i-1, "use") {
		return "", i
	}
	return r.name(at), at + 1
}

func phpConst(r *reader, i int) (string, int) {
	at := i + 1
	for r.isWord(at) && !r.punct(at+1, '=') && at < i+4 {
		at++
	}
	if !r.isWord(at) || !r.punct(at+1, '=') {
		return "", i
	}
	return r.name(at), at + 1
}

func phpNamespace(r *reader, i int) (string, int) {
	if !r.isWord(i+1) || !r.anyPunct(i+2, ";{") {
		return "", i
	}
	return r.name(i + 1), i + 2
}

func phpCase(r *reader, i int) (string, int) {
	if r.scope().kind != Enum || !r.isWord(i+1) {
		return "", i
	}
	return r.name(i + 1), i + 2
}

// phpMore finds properties.
func phpMore(g *grammar, r *reader, i int) int {
	s := r.scope()
	if s.kind != Class && s.kind != Trait || !r.isWord(i) || r.src[r.tokens[i].start] != '$' || !r.anyPunct(i+1, ";=,{") {
		return i
	}
	start := i
	for start > 0 && !r.anyPunct(start-1, ";{}]") && start > i-8 {
		start--
	}
	end := i
	switch {
	case r.punct(i+1, '='):
		end = g.value(r, i+1)
	case r.punct(i+1, '{'):
		end = r.pair(i + 1)
	}
	attr := start
	if r.punct(start-1, ']') {
		attr = max(0, int(r.tokens[start-1].pair)-1)
	}
	r.add(found{name: strings.TrimPrefix(r.name(i), "$"), kind: Property, parent: r.parent(), start: start, attr: attr, end: end, hidden: g.isHidden(r, start, i)})
	return end + 1
}
