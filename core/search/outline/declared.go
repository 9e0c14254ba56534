package outline

import "strings"

// form is how a keyword defines something.
type form struct {
	kind Kind
	// inside is the kind in a class or so; kind if empty.
	inside Kind
	// holds says that what is in its brackets may be definitions, too.
	holds bool
	// below says that the body may stand indented below it, without a mark.
	below bool
	// name finds the name that follows the keyword at i, and what is behind it.
	// The default is one word.
	name func(r *reader, i int) (name string, after int)
}

// grammar is a language whose definitions start with keywords.
type grammar struct {
	rules     *rules
	forms     map[string]form
	modifiers map[string]bool
	// hide are the modifiers that make a definition private; show those that a
	// public one has to have.
	hide, show map[string]bool
	// lines says that statements end with the line, as there are no semicolons.
	lines bool
	// indented says that the body of a definition may be told by its indentation.
	indented bool
	// through says that blocks at top level may hold definitions.
	through bool
	// header looks at what stands between a name and the body, once the definition
	// is there.
	header func(g *grammar, r *reader, d found, after int)
	// more looks at what starts with no keyword; it returns where to go on, or i.
	more func(g *grammar, r *reader, i int) int
}

func (g *grammar) read(src []byte) File {
	l := lex(src, g.rules)
	r := newReader(l)
	g.walk(r)
	return File{Symbols: r.symbols, Whole: l.whole}
}

func (g *grammar) walk(r *reader) {
	low := 0 // where the statement may start at the earliest
	for i := 0; i < len(r.tokens); {
		r.leave(i)
		next := i
		if r.isWord(i) {
			next = g.define(r, i, low)
		}
		if next == i && g.more != nil {
			next = g.more(g, r, i)
		}
		switch {
		case next > i:
			low = next
		case r.punct(i, '{') && g.through && len(r.scopes) == 0:
			next = i + 1
			low = next
		default:
			next = r.past(i)
			if r.anyPunct(i, "{};") {
				low = next
			}
		}
		i = next
	}
}

// define reads the definition whose keyword is at i, if it is one. It returns
// where to go on.
func (g *grammar) define(r *reader, i, low int) int {
	f, ok := g.forms[r.word(i)]
	if !ok || r.anyPunct(i-1, ".:") && !r.first(i) && i > low {
		return i
	}
	find := f.name
	if find == nil {
		find = oneWord
	}
	name, after := find(r, i)
	if name == "" {
		return i
	}
	d := found{name: name, kind: f.kind, parent: r.parent()}
	if s := r.scope(); s.kind != "" && f.inside != "" && s.kind != Module && s.kind != Namespace {
		d.kind = f.inside
	}
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && f.kind == Function {
		d.parent, d.name = join(d.parent, name[:dot]), name[dot+1:]
	}
	d.start, d.attr = g.back(r, i, low)
	d.hidden = g.isHidden(r, d.start, i)
	return g.body(r, d, f, after)
}

// body finds where a definition ends, and goes into it if it holds others.
func (g *grammar) body(r *reader, d found, f form, after int) int {
	at := after
	for at < len(r.tokens) && !r.anyPunct(at, "{;=}") {
		if g.lines && r.first(at) && !r.goesOn(at) && !r.opens(at) {
			break
		}
		if r.punct(at, '<') {
			if next := r.angles(at); next > at {
				at = next
				continue
			}
		}
		if g.indented && r.punct(at, ':') && r.first(at+1) {
			break
		}
		at = r.past(at)
	}
	d.head = at
	inside := at + 1
	switch {
	case r.punct(at, '{'):
		d.end = r.pair(at)
	case g.indented && f.below && r.first(at) && at < len(r.tokens) && r.indent(at) > r.indent(d.start):
		d.end, inside = r.dedent(d.start)-1, at
	case g.indented:
		d.end = r.dedent(d.start) - 1
		if !r.punct(at, ':') && !r.punct(at, '=') {
			d.end = max(d.start, at-1)
		}
		if r.punct(at, '=') {
			d.end = max(d.end, r.lineEnd(at, r.scope().end))
		}
	case r.punct(at, '='):
		d.end = g.value(r, at)
		d.head = g.valueHead(r, d, at)
	case r.punct(at, ';'):
		d.end = at
	default:
		d.end = max(after-1, at-1)
	}
	d.end = min(d.end, max(d.start, r.scope().end))
	s := scope{name: d.name, end: d.end}
	switch {
	case f.holds && r.has(d, "enum"):
		d.kind, s.mode = Enum, enumValues
	case d.kind == Impl && r.has(d, "for"):
		s.mode = ofTrait
	}
	s.kind = d.kind
	r.add(d)
	if !f.holds {
		return max(d.end+1, after)
	}
	if r.enter(s) {
		if g.header != nil {
			g.header(g, r, d, after)
		}
		if d.end >= inside {
			return inside
		}
		r.scopes = r.scopes[:len(r.scopes)-1]
	}
	return max(d.end+1, after)
}

// has tells whether a word is in a declaration.
func (r *reader) has(d found, w string) bool {
	const most = 100
	for i := d.start; i < d.head && i < d.start+most; i++ {
		if r.is(i, w) {
			return true
		}
	}
	return false
}

// value is the last token of a definition whose value starts behind the "=" at i.
func (g *grammar) value(r *reader, i int) int {
	if g.lines {
		return r.lineEnd(i, r.scope().end)
	}
	for at := i; at < r.scope().end; at = r.past(at) {
		if r.punct(at, ';') {
			return at
		}
		if r.punct(at, '}') {
			return at - 1
		}
	}
	return r.scope().end - 1
}

// valueHead is where the signature ends: short values are part of it.
func (*grammar) valueHead(r *reader, d found, at int) int {
	if d.kind == Function || d.kind == Method || d.end >= len(r.tokens) || r.tokens[d.end].line != r.tokens[d.start].line {
		return at
	}
	return d.end + 1
}

// back finds the modifiers and attributes before a keyword.
func (g *grammar) back(r *reader, i, low int) (start, attr int) {
	start = i
	at := i - 1
	inWords := true
	for at >= low {
		switch {
		case r.isWord(at) && g.modifiers[r.word(at)] && !r.punct(at-1, '.'):
			if inWords {
				start = at
			}
			at--
		case r.punct(at, ')') && r.tokens[at].pair > int32(low) && r.isWord(int(r.tokens[at].pair)-1): //nolint:gosec // a token's number
			open := int(r.tokens[at].pair)
			word := open - 1
			if g.modifiers[r.word(word)] {
				if inWords {
					start = word
				}
				at = word - 1
				continue
			}
			begin := r.annotation(word, low)
			if begin < 0 {
				return start, min(start, at+1)
			}
			inWords = false
			at = begin - 1
		case r.punct(at, ']') && r.tokens[at].pair >= int32(low): //nolint:gosec // a token's number
			begin := int(r.tokens[at].pair)
			if begin == 0 || !r.anyPunct(begin-1, "#@") {
				return start, min(start, at+1)
			}
			inWords = false
			at = begin - 2
		case r.isWord(at):
			begin := r.annotation(at, low)
			if begin < 0 {
				return start, min(start, at+1)
			}
			inWords = false
			at = begin - 1
		case r.tokens[at].kind == text && r.is(at-1, "extern"):
			at--
		default:
			return start, min(start, at+1)
		}
	}
	return start, min(start, max(at+1, low))
}

// annotation is the "@" of an annotation whose name ends at i, or -1.
func (r *reader) annotation(i, low int) int {
	for at := i; at >= low; at-- {
		if r.punct(at, '@') {
			return at
		}
		if !r.isWord(at) && !r.anyPunct(at, ".:") || at < i && r.tokens[at+1].first {
			return -1
		}
	}
	return -1
}

func (g *grammar) isHidden(r *reader, start, i int) bool {
	shown := g.show == nil || r.scope().kind == Interface || r.scope().kind == Trait || r.scope().mode == ofTrait
	for at := start; at < i; at++ {
		w := r.word(at)
		if g.hide[w] {
			return true
		}
		shown = shown || g.show[w]
	}
	return !shown
}

// oneWord is the name rule of most keywords.
func oneWord(r *reader, i int) (name string, after int) {
	if !r.isWord(i + 1) {
		return "", i
	}
	return r.name(i + 1), i + 2
}

// dedent is the first token behind i on a line that is indented no more than
// the line of i.
func (r *reader) dedent(i int) int {
	width := r.indent(i)
	for at := i + 1; at < len(r.tokens); at++ {
		if r.tokens[at].first && r.tokens[at].line > r.tokens[i].line && r.indent(at) <= width && !r.anyPunct(at, ")]}") {
			return at
		}
		if r.opens(at) {
			at = r.pair(at)
		}
	}
	return len(r.tokens)
}

// indent is the width of the blanks that the line of a token starts with.
func (r *reader) indent(i int) int {
	start := int(r.tokens[i].start)
	for start > 0 && r.src[start-1] != '\n' {
		start--
		if int(r.tokens[i].start)-start > maxIndent {
			return maxIndent
		}
	}
	width := 0
	for _, c := range r.src[start:] {
		switch c {
		case ' ':
			width++
		case '\t':
			width += 8 - width%8
		default:
			return width
		}
	}
	return width
}

const maxIndent = 400

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
