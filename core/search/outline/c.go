package outline

import (
	"bytes"
	"sort"
	"strings"
)

//nolint:gochecknoglobals // a fixed table, never written to
var cRules = &rules{preprocessor: true, special: map[byte]special{
	'/': slashes(false), '"': quote(`"`), '\'': quote("'"), 'R': cRaw, 'L': cRaw, 'u': cRaw, 'U': cRaw,
}}

// cRaw is a string such as R"x(text)x"; it may also be a word.
func cRaw(l *lexer) bool {
	at := l.pos
	for at < len(l.src) && at < l.pos+3 && (l.src[at] == 'L' || l.src[at] == 'u' || l.src[at] == 'U' || l.src[at] == '8') {
		at++
	}
	if at+1 >= len(l.src) || l.src[at] != 'R' || l.src[at+1] != '"' {
		return false
	}
	const longest = 18
	n := bytes.IndexByte(l.src[at+2:min(len(l.src), at+2+longest)], '(')
	if n < 0 {
		return false
	}
	end := append([]byte{')'}, l.src[at+2:at+2+n]...)
	end = append(end, '"')
	if k := bytes.Index(l.src[at:], end); k >= 0 {
		l.takeText(at + k + len(end))
	} else {
		l.takeText(len(l.src))
	}
	return true
}

// cFile reads C, C++ and their like.
func cFile(src []byte) File { return cSource(src, false) }

func cSource(src []byte, objects bool) File {
	l := lex(src, cRules)
	c := &cReader{reader: newReader(l), objects: objects}
	for i := 0; i < len(c.tokens); {
		c.leave(i)
		i = max(i+1, c.statement(i))
	}
	for _, d := range l.defines {
		s := Symbol{
			Name: d.name, Kind: Macro, Line: int(d.line), EndLine: int(d.endLine), DocLine: c.docLineAt(d.line),
			Signature: signature(src[d.start:min(d.value, d.end+MaxSignature)]), Exported: true,
		}
		if len(s.Name) <= MaxName {
			c.symbols = append(c.symbols, s)
		}
	}
	return File{Symbols: c.symbols, Whole: l.whole}
}

type cReader struct {
	*reader

	objects bool // it is Objective-C
}

// docLineAt is the first line of the comments right above a line without tokens.
func (c *cReader) docLineAt(line int32) int {
	first := line
	for n := len(c.comments); n > 0; {
		at := sort.Search(n, func(i int) bool { return c.comments[i].line >= first }) - 1
		if at < 0 || !c.comments[at].own || c.comments[at].endLine != first-1 {
			break
		}
		first = c.comments[at].line
		n = at
	}
	return int(first)
}

// hiddenNow is the mode of a class whose members are private from here on.
const hiddenNow = 1

func (c *cReader) statement(i int) int {
	if c.objects {
		if next := c.objective(i); next > i {
			return next
		}
	}
	switch {
	case c.anyPunct(i, ";}),"):
		return i + 1
	case c.anyPunct(i, "{(["):
		return c.past(i)
	case c.is(i, "public"), c.is(i, "private"), c.is(i, "protected"), c.is(i, "signals"):
		at := i + 1
		for c.isWord(at) && at < i+3 {
			at++
		}
		if c.punct(at, ':') && len(c.scopes) > 0 {
			c.scopes[len(c.scopes)-1].mode = 0
			if !c.is(i, "public") && !c.is(i, "signals") {
				c.scopes[len(c.scopes)-1].mode = hiddenNow
			}
			return at + 1
		}
	case c.is(i, "extern") && i+1 < len(c.tokens) && c.tokens[i+1].kind == text:
		if c.punct(i+2, '{') {
			c.enter(scope{kind: c.scope().kind, end: c.pair(i + 2)})
			return i + 3
		}
		return c.declaration(i, i+2)
	case c.is(i, "using"):
		return c.using(i)
	case c.is(i, "typedef"):
		return c.typedef(i)
	case c.is(i, "namespace"), c.is(i, "inline") && c.is(i+1, "namespace"):
		return c.namespace(i)
	case c.is(i, "static_assert"), c.is(i, "friend") && !c.hasBody(i):
		return c.toEnd(i)
	}
	if c.scope().kind == Enum {
		return c.enumerator(i)
	}
	if next := c.loneMacro(i); next > i {
		return next
	}
	return c.declaration(i, i)
}

// loneMacro is behind a macro that stands on a line of its own.
func (c *cReader) loneMacro(i int) int {
	if !c.isWord(i) || !c.first(i) || !isUpper(c.word(i)) || !strings.Contains(c.word(i), "_") {
		return i
	}
	at := i + 1
	if c.punct(at, '(') {
		at = c.past(at)
	}
	if c.first(at) && !c.anyPunct(at, "{;:=") {
		return at
	}
	return i
}

// toEnd is behind the semicolon, or the body, that ends a statement.
func (c *cReader) toEnd(i int) int {
	for i < c.scope().end && i < len(c.tokens) {
		switch {
		case c.punct(i, ';'):
			return i + 1
		case c.punct(i, '}'):
			return i
		case c.punct(i, '{') && !c.anyPunct(i-1, "=,(") && !c.punct(c.past(i), ','):
			i = c.past(i)
			if c.punct(i, ';') {
				i++
			}
			return i
		}
		i = c.past(i)
	}
	return i
}

func (c *cReader) hasBody(i int) bool {
	for ; i < c.scope().end && i < len(c.tokens); i = c.past(i) {
		if c.punct(i, ';') {
			return false
		}
		if c.punct(i, '{') {
			return true
		}
	}
	return false
}

func (c *cReader) namespace(i int) int {
	at := i
	for !c.is(at, "namespace") {
		at++
	}
	at++
	var names []string
	for at < len(c.tokens) && !c.anyPunct(at, "{;=") {
		if c.isWord(at) && !c.is(at, "inline") && !c.puncts(at+1, "(") {
			names = append(names, c.name(at))
		}
		at = c.past(at)
	}
	if !c.punct(at, '{') {
		return c.toEnd(at)
	}
	if len(names) > 1 && isUpper(names[0]) && !c.punct(i+2, ':') { // a macro before the name
		names = names[1:]
	}
	name := strings.Join(names, ".")
	end := c.pair(at)
	c.add(found{name: name, kind: Namespace, parent: c.parent(), start: i, attr: i, head: at, end: end})
	c.enter(scope{name: name, kind: Namespace, end: end, hidden: name == ""})
	return at + 1
}

func (c *cReader) using(i int) int {
	at := c.toEnd(i)
	name := i + 1
	for eq := name; eq < at; eq = c.past(eq) {
		if c.punct(eq, '=') {
			c.add(found{name: c.word(name), kind: Type, parent: c.parent(), start: i, attr: i, end: at - 1, hidden: c.private()})
			break
		}
	}
	return at
}

func (c *cReader) private() bool { return c.scope().mode == hiddenNow && c.scope().kind != Namespace }

// typedef names a type; the name is the last word, or in brackets with a star.
func (c *cReader) typedef(i int) int {
	at := i + 1
	if _, ok := classWord(c.word(at)); ok {
		if body := c.classHead(at); c.punct(body, '{') {
			next := c.class(i, at, body, "")
			// The members come first; the name stands behind them.
			name := c.pair(body) + 1
			for c.isWord(name+1) || c.punct(name, '*') {
				name++
			}
			if c.isWord(name) && len(c.symbols) > 0 {
				c.nameTypedef(i, name)
			}
			return next
		}
	}
	end := at
	name := ""
	for end < c.scope().end && !c.punct(end, ';') && !c.punct(end, '}') {
		switch {
		case c.isWord(end) && !c.is(end, "const"):
			name = c.name(end)
		case c.punct(end, '(') && c.anyPunct(end+1, "*^") && c.isWord(end+2):
			name = c.name(end + 2)
			end = c.semicolon(end)
			continue
		case c.punct(end, '(') && c.anyPunct(c.past(end), ";"):
			end = c.past(end)
			continue
		}
		end = c.past(end)
	}
	c.add(found{name: name, kind: Type, parent: c.parent(), start: i, attr: i, end: end, hidden: c.private()})
	return end + 1
}

// nameTypedef takes the name behind the body of a type that has none of its own.
func (c *cReader) nameTypedef(start, name int) {
	line := int(c.tokens[start].line)
	for n := len(c.symbols) - 1; n >= 0 && n >= len(c.symbols)-2; n-- {
		if s := &c.symbols[n]; s.Line == line && s.Name == anonymous {
			s.Name = c.name(name)
			if k := len(c.scopes); k > 0 && c.scopes[k-1].name == anonymous {
				c.scopes[k-1].name = s.Name
				c.scopes[k-1].parent = join(s.Parent, s.Name)
			}
			return
		}
	}
	if c.scope().name == c.name(name) {
		return
	}
	c.add(found{name: c.name(name), kind: Type, parent: c.outer(), start: start, attr: start, head: start + 3, end: name + 1})
}

// outer are the names around the innermost scope.
func (c *cReader) outer() string {
	if n := len(c.scopes); n > 1 {
		return c.scopes[n-2].parent
	}
	return ""
}

// anonymous stands for a name that is not known yet.
const anonymous = "\x00"

func (c *cReader) semicolon(i int) int {
	for i < c.scope().end && !c.punct(i, ';') && !c.punct(i, '}') {
		i = c.past(i)
	}
	return i
}

func classWord(w string) (Kind, bool) {
	switch w {
	case "class":
		return Class, true
	case "struct", "union":
		return Struct, true
	case "enum":
		return Enum, true
	}
	return "", false
}

// classHead is the "{" of the type whose keyword is at i, or where it is clear
// that none follows.
func (c *cReader) classHead(i int) int {
	at := i + 1
	words := 0
	for at < c.scope().end && at < len(c.tokens) && at < i+longest {
		switch {
		case c.anyPunct(at, "{;=*&,)"):
			return at
		case c.punct(at, '<'):
			next := c.angles(at)
			if next == at {
				return at
			}
			at = next
			continue
		case c.punct(at, ':') && !c.punct(at+1, ':') && !c.punct(at-1, ':'):
			for at < c.scope().end && !c.anyPunct(at, "{;}") { // bases
				if next := c.angles(at); next > at {
					at = next
					continue
				}
				at = c.past(at)
			}
			return at
		case c.punct(at, '(') && !c.isWord(at-1):
			return at
		case c.isWord(at):
			words++
		}
		at = c.past(at)
	}
	return at
}

// className is the last name before the body or the bases.
func (c *cReader) className(i, body int) string {
	name := ""
	for at := i + 1; at < body; {
		switch {
		case c.punct(at, ':') && !c.punct(at+1, ':') && !c.punct(at-1, ':'):
			return name
		case c.is(at, "final"), c.is(at, "class"), c.is(at, "struct"), c.is(at, "alignas"), c.is(at, "__attribute__"):
		case c.isWord(at) && !c.punct(at+1, '('):
			if c.puncts(at-2, "::") && name != "" {
				name += "." + c.name(at)
			} else {
				name = c.name(at)
			}
		case c.punct(at, '<'):
			if next := c.angles(at); next > at {
				at = next
				continue
			}
		}
		at = c.past(at)
	}
	return name
}

// class goes into a type: start is where the statement starts, i its keyword,
// body its "{".
func (c *cReader) class(start, i, body int, name string) int {
	kind, _ := classWord(c.word(i))
	if name == "" {
		name = c.className(i, body)
	}
	if name == "" {
		name = anonymous
		if c.scope().kind != "" && c.scope().kind != Namespace && !c.is(start, "typedef") {
			name = ""
		}
	}
	end := c.pair(body)
	c.add(found{name: name, kind: kind, parent: c.parent(), start: start, attr: start, head: body, end: end, hidden: c.private()})
	s := scope{name: name, kind: kind, end: end}
	if kind == Class {
		s.mode = hiddenNow
	}
	if !c.enter(s) {
		return end + 1
	}
	return body + 1
}

func (c *cReader) enumerator(i int) int {
	if !c.isWord(i) {
		return c.past(i)
	}
	end := i
	at := i + 1
	for at < c.scope().end && !c.punct(at, ',') {
		next := c.past(at)
		end = min(next, len(c.tokens)) - 1
		at = next
	}
	c.add(found{name: c.name(i), kind: Member, parent: c.parent(), start: i, attr: i, end: end})
	return at + 1
}
