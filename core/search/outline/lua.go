package outline

import (
	"bytes"
	"strings"
)

//nolint:gochecknoglobals // a fixed table, never written to
var luaRules = &rules{special: map[byte]special{
	'-': luaComment, '"': quote(`"`), '\'': quote("'"), '[': luaLong,
}}

// luaLevel is how many signs stand between the brackets that begin a long text
// at a place, or -1.
func (l *lexer) luaLevel(at int) int {
	if at >= len(l.src) || l.src[at] != '[' {
		return -1
	}
	n := 0
	for at+1+n < len(l.src) && l.src[at+1+n] == '=' {
		n++
	}
	if at+1+n < len(l.src) && l.src[at+1+n] == '[' {
		return n
	}
	return -1
}

func (l *lexer) luaLongEnd(at, level int) int {
	end := []byte("]" + strings.Repeat("=", level) + "]")
	if n := bytes.Index(l.src[at:], end); n >= 0 {
		return at + n + len(end)
	}
	return len(l.src)
}

func luaComment(l *lexer) bool {
	if !l.at("--") {
		return false
	}
	if level := l.luaLevel(l.pos + 2); level >= 0 {
		l.takeComment(l.luaLongEnd(l.pos+2, level))
		return true
	}
	return lineComment("--")(l)
}

func luaLong(l *lexer) bool {
	level := l.luaLevel(l.pos)
	if level < 0 {
		return false
	}
	l.takeText(l.luaLongEnd(l.pos, level))
	return true
}

// lua has functions, which are values, in tables, which are modules and classes.
func lua(src []byte) File {
	l := lex(src, luaRules)
	r := &luaReader{blocks: blocks{reader: newReader(l)}}
	for i := range r.tokens {
		if r.punct(i, '{') && i >= r.tableEnd {
			r.tableEnd = r.pair(i)
		}
		if r.isWord(i) && (!r.anyPunct(i-1, ".:") || r.puncts(i-2, "::")) {
			r.token(i)
		}
	}
	r.finish()
	return File{Symbols: r.symbols, Whole: l.whole}
}

type luaReader struct {
	blocks

	// tableEnd is where the table ends that was met last; table is its name.
	tableEnd int
	table    string
}

func (r *luaReader) token(i int) {
	switch r.word(i) {
	case "end", "until":
		r.end(i)
	case "if", "do", "repeat":
		r.begin(openBlock{symbol: -1})
	case "function":
		r.function(i)
	case "local":
		r.local(i)
	default:
		r.assignment(i)
	}
}

// names is the name at i with those before it, and what is behind it.
func (r *luaReader) names(i int) (in []string, name string, after int) {
	for r.isWord(i) {
		name = r.name(i)
		i++
		if !r.anyPunct(i, ".:") || !r.isWord(i+1) {
			break
		}
		in = append(in, name)
		i++
	}
	return in, name, i
}

func (r *luaReader) function(i int) {
	f := found{kind: Function, start: i, attr: i, end: i}
	in, name, after := r.names(i + 1)
	switch {
	case name != "":
		f.name = name
		if r.is(i-1, "local") {
			f.start, f.attr, f.hidden = i-1, i-1, true
		}
	case r.punct(i-1, '='): // a function is given a name
		first := i - 2
		for r.isWord(first) && r.anyPunct(first-1, ".:") && r.isWord(first-2) {
			first -= 2
		}
		if in, name, _ = r.names(first); name == "" || r.anyPunct(i-2, "]") {
			r.begin(openBlock{symbol: -1})
			return
		}
		f.name, f.start, f.attr = name, first, first
		if r.is(first-1, "local") {
			f.start, f.attr, f.hidden = first-1, first-1, true
		}
		if i < r.tableEnd && len(in) == 0 && len(r.open) == 0 && r.table != "" {
			in = []string{r.table}
		}
	default:
		r.begin(openBlock{symbol: -1})
		return
	}
	if len(in) > 0 {
		f.kind = Method
	}
	if r.punct(after, '(') {
		after = r.past(after)
	}
	f.head = after
	r.defineIn(f, in)
}

// defineIn is define for a name in tables.
func (r *luaReader) defineIn(f found, in []string) {
	before := len(r.symbols)
	f.hidden = f.hidden || len(r.open) > 0
	f.parent = join(r.in(), strings.Join(in, "."))
	r.add(f)
	symbol := -1
	if len(r.symbols) > before {
		symbol = before
	}
	parent := f.parent
	if strings.Count(parent, ".") < maxDepth {
		parent = join(parent, f.name)
	}
	r.begin(openBlock{symbol: symbol, name: f.name, parent: parent, kind: Function})
}

// local is a variable of the file.
func (r *luaReader) local(i int) {
	if len(r.open) > 0 || !r.isWord(i+1) || r.is(i+1, "function") || !r.punct(i+2, '=') || r.is(i+3, "function") {
		return
	}
	f := found{name: r.name(i + 1), kind: Variable, start: i, attr: i, end: r.luaEnd(i + 2), hidden: true}
	if isUpper(f.name) && len(f.name) > 1 {
		f.kind = Constant
	}
	r.add(f)
	r.table = f.name
}

// assignment is "M.name = value" of the file.
func (r *luaReader) assignment(i int) {
	if len(r.open) > 0 || !r.first(i) || i < r.tableEnd {
		return
	}
	in, name, after := r.names(i)
	if !r.punct(after, '=') || r.is(after+1, "function") || r.punct(after+1, '=') || r.word(i) == "return" {
		return
	}
	f := found{name: name, kind: Variable, parent: strings.Join(in, "."), start: i, attr: i, end: r.luaEnd(after)}
	if len(in) > 0 {
		f.kind = Field
	}
	r.add(f)
	r.table = join(f.parent, f.name)
}

// luaEnd is the last token of the value behind i, unless functions are in it.
func (r *luaReader) luaEnd(i int) int {
	last := i
	for at := i + 1; at < len(r.tokens); at = r.past(at) {
		if at > i+1 && r.first(at) && !r.goesOn(at) || r.is(at, "function") {
			break
		}
		last = min(r.past(at), len(r.tokens)) - 1
	}
	return last
}
