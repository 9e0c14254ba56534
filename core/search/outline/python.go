package outline

import "strings"

//nolint:gochecknoglobals // a fixed table, never written to
var pythonRules = &rules{special: map[byte]special{
	'#':  lineComment("#"),
	'"':  oneOf(str(quoted{begin: `"""`, end: `"""`, escape: '\\', lines: true}), quote(`"`)),
	'\'': oneOf(str(quoted{begin: `'''`, end: `'''`, escape: '\\', lines: true}), quote(`'`)),
}}

// python is told by its indentation.
func python(src []byte) File {
	l := lex(src, pythonRules)
	r := newReader(l)
	p := &pythonReader{reader: r}
	p.lineStarts()
	for n := range p.lines {
		p.statement(n)
	}
	p.close(0, len(r.tokens))
	return File{Symbols: r.symbols, Whole: l.whole}
}

type pythonReader struct {
	*reader

	// lines are the tokens that start statements, with their indentations.
	lines []statement
	open  []block
	// decorator is the first token of the decorators so far, or -1.
	decorator int
}

type statement struct{ token, indent int }

// block is a definition that has not ended yet.
type block struct {
	indent int
	symbol int // -1 for one that is none
	class  bool
	parent string
}

// lineStarts finds the statements: lines that start outside of brackets, and
// not behind a backslash.
func (p *pythonReader) lineStarts() {
	p.decorator = -1
	for i := 0; i < len(p.tokens); i = p.past(i) {
		if p.tokens[i].first && !p.punct(i-1, '\\') {
			p.lines = append(p.lines, statement{i, p.indent(i)})
		}
	}
}

// close ends the blocks that are indented by at least indent; token is the
// first behind them.
func (p *pythonReader) close(indent, token int) {
	for n := len(p.open); n > 0 && p.open[n-1].indent >= indent; n-- {
		if b := p.open[n-1]; b.symbol >= 0 && token > 0 {
			p.symbols[b.symbol].EndLine = int(p.endLine(token - 1))
		}
		p.open = p.open[:n-1]
	}
}

func (p *pythonReader) statement(n int) {
	i, indent := p.lines[n].token, p.lines[n].indent
	if p.punct(i, '@') {
		if p.decorator < 0 {
			p.decorator = i
		}
		p.close(indent, i)
		return
	}
	attr := p.decorator
	p.decorator = -1
	if attr < 0 {
		p.close(indent, i)
		attr = i
	}
	end := len(p.tokens)
	if n+1 < len(p.lines) {
		end = p.lines[n+1].token
	}
	at := i
	if p.is(at, "async") || p.is(at, "cdef") || p.is(at, "cpdef") {
		at++
	}
	switch {
	case (p.is(at, "def") || p.is(at, "class")) && p.isWord(at+1):
		p.definition(i, at, attr, indent, end)
	case p.is(at, "type") && p.isWord(at+1) && p.anyPunct(at+2, "=["):
		p.add(found{name: p.name(at + 1), kind: Type, parent: p.in(), start: i, attr: attr, end: end - 1})
	default:
		p.assignment(i, attr, end)
	}
}

func (p *pythonReader) in() string {
	if n := len(p.open); n > 0 {
		return p.open[n-1].parent
	}
	return ""
}

func (p *pythonReader) inClass() bool {
	n := len(p.open)
	return n > 0 && p.open[n-1].class
}

func (p *pythonReader) definition(start, i, attr, indent, end int) {
	f := found{name: p.name(i + 1), parent: p.in(), start: start, attr: attr}
	switch {
	case p.is(i, "class"):
		f.kind = Class
	case p.inClass() && f.name == "__init__":
		f.kind = Constructor
	case p.inClass():
		f.kind = Method
	default:
		f.kind = Function
	}
	at := i + 2
	for at < end && !p.punct(at, ':') {
		at = p.past(at)
	}
	f.head, f.end = at, end-1
	f.hidden = strings.HasPrefix(f.name, "_") && !strings.HasSuffix(f.name, "__") || len(p.open) > 0 && !p.inClass()
	before := len(p.symbols)
	p.add(f)
	if len(p.open) < maxDepth && len(p.symbols) > before {
		p.open = append(p.open, block{indent: indent, symbol: before, class: f.kind == Class, parent: join(f.parent, f.name)})
	}
}

// assignment finds the constants and variables of a module, and the fields of a
// class.
func (p *pythonReader) assignment(i, attr, end int) {
	top := len(p.open) == 0
	if !top && !p.inClass() || !p.isWord(i) || top && p.tokens[i].start > 0 && p.indent(i) > 0 && !p.punct(i+1, '=') {
		return
	}
	at := i + 1
	if p.punct(at, ':') {
		for at < end && !p.punct(at, '=') {
			at = p.past(at)
		}
		if p.isKeyword(i) {
			return
		}
	} else if !p.punct(at, '=') || p.punct(at+1, '=') && p.tokens[at].end == p.tokens[at+1].start {
		return
	}
	f := found{name: p.name(i), kind: Variable, parent: p.in(), start: i, attr: attr, end: end - 1}
	if f.name == "__all__" || f.name == "__slots__" {
		return
	}
	switch {
	case !top:
		f.kind = Field
	case isUpper(f.name):
		f.kind = Constant
	}
	f.hidden = f.name[0] == '_'
	p.add(f)
}

func (p *pythonReader) isKeyword(i int) bool {
	switch p.word(i) {
	case "else", "try", "finally", "lambda", "except", "if", "for", "while", "with", "match", "case":
		return true
	}
	return false
}

// isUpper tells whether a name is written like a constant's.
func isUpper(name string) bool {
	upper := false
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' {
			return false
		}
		upper = upper || c >= 'A' && c <= 'Z'
	}
	return upper
}
