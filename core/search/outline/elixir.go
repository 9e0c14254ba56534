package outline

import (
	"bytes"
	"strings"
)

//nolint:gochecknoglobals // a fixed table, never written to
var elixirRules = &rules{inWord: "@", afterWord: "?!", special: map[byte]special{
	'#': lineComment("#"),
	'"': oneOf(str(quoted{begin: `"""`, end: `"""`, escape: '\\', lines: true, code: "#{", closer: '}'}),
		str(quoted{begin: `"`, end: `"`, escape: '\\', lines: true, code: "#{", closer: '}'})),
	'\'': oneOf(str(quoted{begin: `'''`, end: `'''`, escape: '\\', lines: true}), str(quoted{begin: `'`, end: `'`, escape: '\\', lines: true})),
	'~':  elixirSigil, '?': elixirCharacter,
}}

func elixirCharacter(l *lexer) bool {
	if l.last().end == int32(l.pos) && l.last().kind == word { //nolint:gosec // files are shorter than MaxSize
		return false
	}
	n := 2
	if l.peek(1) == '\\' {
		n = 3
	}
	if l.classes[l.peek(1)] == blank || l.classes[l.peek(1)] == newline {
		return false
	}
	l.takeText(l.pos + n)
	return true
}

// elixirSigil is a text such as ~s(text).
func elixirSigil(l *lexer) bool {
	at := l.pos + 1
	for at < len(l.src) && l.classes[l.src[at]] == letter {
		at++
	}
	if at == l.pos+1 || at >= len(l.src) {
		return false
	}
	for _, mark := range []string{`"""`, `'''`} {
		if bytes.HasPrefix(l.src[at:], []byte(mark)) {
			end := len(l.src)
			if n := bytes.Index(l.src[at+3:], []byte(mark)); n >= 0 {
				end = at + 3 + n + 3
			}
			l.takeText(end)
			return true
		}
	}
	end := l.src[at]
	switch end {
	case '(':
		end = ')'
	case '[':
		end = ']'
	case '{':
		end = '}'
	case '<':
		end = '>'
	case '/', '|', '"', '\'':
	default:
		return false
	}
	for at++; at < len(l.src) && l.src[at] != end; at++ {
		if l.src[at] == '\\' {
			at++
		}
	}
	l.takeText(at + 1)
	return true
}

// elixir has blocks from "do" or "fn" to "end".
func elixir(src []byte) File {
	l := lex(src, elixirRules)
	r := &elixirReader{blocks: blocks{reader: newReader(l)}, attr: -1}
	for i := range r.tokens {
		r.token(i)
	}
	r.finish()
	return File{Symbols: r.symbols, Whole: l.whole}
}

type elixirReader struct {
	blocks

	attr    int // where the attributes before a definition start, or -1
	pending []pendingDo
}

// pendingDo is a definition whose "do" is to come.
type pendingDo struct {
	symbol int
	name   string
	kind   Kind
}

func (r *elixirReader) token(i int) {
	if !r.isWord(i) || r.punct(i-1, '.') && r.tokens[i-1].end == r.tokens[i].start ||
		r.punct(i+1, ':') && r.tokens[i+1].start == r.tokens[i].end && !r.puncts(i+1, "::") || r.isAtom(i) {
		return
	}
	w := r.word(i)
	switch w {
	case "do":
		p := openBlock{symbol: -1}
		if n := len(r.pending); n > 0 {
			d := r.pending[n-1]
			p = openBlock{symbol: d.symbol, name: d.name, kind: d.kind, parent: r.in()}
			if d.kind == Module || d.kind == Interface || d.kind == Impl {
				p.parent = join(r.in(), d.name)
			}
			r.pending = r.pending[:n-1]
		}
		r.begin(p)
		return
	case "fn":
		r.begin(openBlock{symbol: -1})
		return
	case "end":
		r.end(i)
		return
	}
	if !r.first(i) {
		return
	}
	switch w {
	case "@doc", "@spec", "@impl", "@since", "@deprecated", "@typedoc", "@decorate":
		if r.attr < 0 {
			r.attr = i
		}
		return
	case "@type", "@typep", "@opaque", "@callback", "@macrocallback":
		r.typ(i, w)
	case "defmodule", "defprotocol", "defimpl":
		r.module(i, w)
	case "def", "defp", "defmacro", "defmacrop", "defguard", "defguardp", "defdelegate", "defn", "defnp":
		r.function(i, w)
	case "defstruct", "defexception":
		r.add(found{name: lastPart(r.in()), kind: Struct, parent: allButLast(r.in()), start: i, attr: r.attrOr(i), end: r.lineEnd(i, len(r.tokens))})
	case "test", "describe":
		if i+1 < len(r.tokens) && r.tokens[i+1].kind == text {
			r.named(found{name: r.name(i + 1), kind: Test, start: i, attr: i, hidden: true}, i+2, "")
		}
	default:
		if strings.HasPrefix(w, "@") && len(w) > 1 && r.inKind() == Module && !r.punct(i+1, '(') && i+1 < len(r.tokens) && !r.first(i+1) &&
			w != "@moduledoc" && w != "@behaviour" && w != "@enforce_keys" && w != "@derive" && w != "@moduletag" && w != "@tag" && w != "@before_compile" {
			r.add(found{name: w[1:], kind: Constant, parent: r.in(), start: i, attr: i, end: r.lineEnd(i, len(r.tokens)), hidden: true})
		}
	}
	r.attr = -1
}

// isAtom tells whether the word at i is a name such as ":do".
func (r *elixirReader) isAtom(i int) bool {
	return r.punct(i-1, ':') && r.tokens[i-1].end == r.tokens[i].start && (!r.punct(i-2, ':') || r.tokens[i-2].end != r.tokens[i-1].start)
}

func lastPart(names string) string { return names[strings.LastIndexByte(names, '.')+1:] }

func allButLast(names string) string {
	if n := strings.LastIndexByte(names, '.'); n >= 0 {
		return names[:n]
	}
	return ""
}

func (r *elixirReader) attrOr(i int) int {
	if r.attr >= 0 {
		return r.attr
	}
	return i
}

// named adds a definition that may have a block; after is behind its name. With
// "do:" there is none.
func (r *elixirReader) named(f found, after int, once string) {
	end := max(f.start, after-1)
	block := false
	for at := after; at < len(r.tokens); at = r.past(at) {
		if r.first(at) && !r.goesOn(at) && !r.is(at, "when") && !r.is(at, "do") && !r.is(at-1, "when") {
			break
		}
		if r.is(at, "do") && (!r.punct(at+1, ':') || r.tokens[at+1].start != r.tokens[at].end) {
			block = true
			f.head = at
			break
		}
		if r.is(at, "do") && f.head == 0 {
			f.head = at
			if r.punct(at-1, ',') {
				f.head = at - 1
			}
		}
		end = min(r.past(at), len(r.tokens)) - 1
	}
	f.end = end
	f.parent = r.in()
	// The clauses of a function are one definition.
	if n := len(r.symbols); once != "" && n > 0 && r.symbols[n-1].Name == f.name && r.symbols[n-1].Kind == f.kind && r.symbols[n-1].Parent == f.parent &&
		strings.HasPrefix(r.symbols[n-1].Signature, once+" ") {
		r.symbols[n-1].EndLine = int(r.endLine(end))
		if block {
			r.pending = append(r.pending, pendingDo{symbol: n - 1, kind: f.kind})
		}
		return
	}
	before := len(r.symbols)
	r.add(f)
	if block {
		symbol := -1
		if len(r.symbols) > before {
			symbol = before
		}
		r.pending = append(r.pending, pendingDo{symbol: symbol, name: f.name, kind: f.kind})
	}
}

func (r *elixirReader) module(i int, w string) {
	if !r.isWord(i + 1) {
		return
	}
	at := i + 1
	for r.punct(at+1, '.') && r.isWord(at+2) {
		at += 2
	}
	f := found{name: string(r.src[r.tokens[i+1].start:r.tokens[at].end]), kind: Module, start: i, attr: r.attrOr(i)}
	switch w {
	case "defprotocol":
		f.kind = Interface
	case "defimpl":
		f.kind = Impl
	}
	r.named(f, at+1, "")
}

func (r *elixirReader) function(i int, w string) {
	at := i + 1
	if r.punct(at, '(') {
		at++
	}
	if !r.isWord(at) || r.is(at, "unquote") {
		return
	}
	f := found{name: r.name(at), kind: Function, start: i, attr: r.attrOr(i), hidden: strings.HasSuffix(w, "p")}
	if strings.HasPrefix(w, "defmacro") || strings.HasPrefix(w, "defguard") {
		f.kind = Macro
	}
	after := at + 1
	if r.punct(after, '(') && r.tokens[after].start == r.tokens[at].end {
		after = r.past(after)
	}
	r.named(f, after, w)
}

func (r *elixirReader) typ(i int, w string) {
	if !r.isWord(i + 1) {
		return
	}
	f := found{name: r.name(i + 1), kind: Type, parent: r.in(), start: i, attr: r.attrOr(i), end: r.lineEnd(i, len(r.tokens)), hidden: w == "@typep"}
	if strings.HasSuffix(w, "callback") {
		f.kind = Method
	}
	r.add(f)
}
