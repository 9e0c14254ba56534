package outline

import "strings"

// declaration reads a type, a function or variables; start is where it starts,
// i where it goes on behind "extern" and its like.
func (c *cReader) declaration(start, i int) int {
	at := i
	for at < c.scope().end {
		switch {
		case c.is(at, "template") && c.punct(at+1, '<'):
			next := c.angles(at + 1)
			if next == at+1 {
				return c.toEnd(at)
			}
			at = next
			continue
		case c.punct(at, '[') && c.punct(at+1, '['):
			at = c.past(at)
			continue
		case c.is(at, "requires"):
			at++
			continue
		case c.isWord(at) && c.isModifier(c.word(at)):
			at++
			continue
		case c.isWord(at) && c.punct(at+1, '(') && c.isAttribute(at):
			at = c.past(at + 1)
			continue
		}
		break
	}
	if _, ok := classWord(c.word(at)); ok {
		if body := c.classHead(at); c.punct(body, '{') {
			return c.class(start, at, body, "")
		} else if c.punct(body, ';') && body <= at+6 && !c.hasName(at, body) {
			return body + 1 // declared only
		}
	}
	return c.declarator(start, at)
}

// hasName tells whether two words follow a keyword, such as in "struct a b;".
func (c *cReader) hasName(i, end int) bool {
	words := 0
	for at := i + 1; at < end; at++ {
		if c.isWord(at) && !c.puncts(at-2, "::") && !isUpper(c.word(at)) {
			words++
		}
	}
	return words > 1
}

func (c *cReader) isModifier(w string) bool {
	switch w {
	case "static", "inline", "extern", "constexpr", "consteval", "constinit", "explicit", "virtual", "friend", "mutable", "export",
		"__inline", "__inline__", "__forceinline", "__extension__", "register", "thread_local":
		return true
	}
	return false
}

// isAttribute tells whether what stands at i with its brackets only qualifies
// what follows.
func (c *cReader) isAttribute(i int) bool {
	switch c.word(i) {
	case "__attribute__", "__attribute", "__declspec", "alignas", "_Alignas", "explicit", "noexcept", "requires", "__asm__", "asm", "__pragma":
		return true
	}
	after := c.past(i + 1)
	return isUpper(c.word(i)) && c.isWord(after) && !isQualifier(c.word(after)) && (c.isWord(after+1) || c.anyPunct(after+1, ":*&<(")) &&
		!c.isParameters(i+1)
}

// isParameters tells whether brackets hold names with types.
func (c *cReader) isParameters(open int) bool {
	end := c.pair(open)
	if open+1 >= end || c.is(open+1, "void") && open+2 == end {
		return open+2 == end
	}
	for at := open + 1; at+1 < end && at < open+40; at++ {
		if c.isWord(at) && (c.isWord(at+1) || c.anyPunct(at+1, "*&") && c.isWord(at+2)) {
			return true
		}
	}
	return false
}

// isQualifier tells whether a word may follow a function's parameters.
func isQualifier(w string) bool {
	switch w {
	case "const", "volatile", "noexcept", "override", "final", "throw", "try", "requires", "mutable", "__attribute__", "asm", "__asm__", "__asm", "restrict":
		return true
	}
	return false
}

// declarator finds the name: that of a function stands before the first brackets
// behind which one may end, or start its body; that of a variable before "=",
// ";", "[" or ",".
func (c *cReader) declarator(start, i int) int {
	limit := min(c.scope().end, len(c.tokens))
	name := -1
	for at := i; at < limit; {
		switch {
		case c.is(at, "operator"):
			return c.operator(start, i, at)
		case c.isWord(at) && c.isAttribute(at) && c.punct(at+1, '(') && !c.isParameters(at+1):
			at = c.past(at + 1)
		case c.is(at, "decltype"), c.is(at, "typeof"), c.is(at, "__typeof__"), c.is(at, "_Atomic"):
			at = c.past(at + 1)
		case c.isWord(at):
			name = at
			at++
			if next := c.angles(at); next > at {
				at = next
			}
		case c.punct(at, '(') && name > i && name == at-1 && isUpper(c.word(name)) && c.isWord(name-1) &&
			c.anyPunct(c.past(at), ";=") && !c.isParameters(at):
			name-- // an attribute behind the name
			at = c.past(at)
		case c.punct(at, '('):
			if next, done := c.function(start, i, name, at); done {
				return next
			}
			if c.punct(at+1, '*') || c.punct(at+1, '^') || c.is(at+1, "STDCALL") {
				return c.pointer(start, at)
			}
			at = c.past(at)
		case c.punct(at, '['):
			if c.punct(at+1, '[') {
				at = c.past(at)
				continue
			}
			return c.variables(start, i, name, at)
		case c.puncts(at, "::"):
			at += 2
		case c.anyPunct(at, "=;,:"):
			return c.variables(start, i, name, at)
		case c.punct(at, '{'):
			if name > i && !isUpper(c.word(name)) {
				return c.variables(start, i, name, at)
			}
			return c.toEnd(at)
		case c.anyPunct(at, ")}"):
			return at + 1
		default:
			at++
		}
	}
	return limit
}

// qualified splits a name such as A::B::c whose last word is at i; first is its
// first token.
func (c *cReader) qualified(i int) (name string, in []string, first int) {
	name, first = c.name(i), i
	if c.punct(i-1, '~') {
		name, first = "~"+name, i-1
	}
	for c.puncts(first-2, "::") && len(in) < maxDepth {
		at := first - 3
		if c.punct(at, '>') {
			depth := 0
			for ; at > 0 && at > first-200; at-- {
				if c.punct(at, '>') {
					depth++
				} else if c.punct(at, '<') {
					depth--
					if depth == 0 {
						break
					}
				}
			}
			at--
		}
		if !c.isWord(at) {
			first -= 2
			break
		}
		if c.first(first-2) && !c.first(at) && c.tokens[at].line < c.tokens[first-2].line-1 {
			break
		}
		in = append([]string{c.name(at)}, in...)
		first = at
	}
	return name, in, first
}

// function reads a function whose parameters start at open, if it is one.
func (c *cReader) function(start, i, name, open int) (next int, done bool) {
	if name < 0 || name != open-1 && c.angles(name+1) != open || c.isWord(open-1) && notName(c.word(open-1)) {
		return 0, false
	}
	head, body, end, ok := c.afterParameters(open)
	if !ok {
		return 0, false
	}
	n, in, first := c.qualified(name)
	f := found{
		name: n, kind: Function, parent: join(c.parent(), strings.Join(in, ".")), start: start, attr: start, head: head, end: end, hidden: c.private(),
	}
	class := c.scope()
	inClass := class.kind == Class || class.kind == Struct
	switch {
	case first <= i && len(in) == 0 && (!inClass || n != class.name && n != "~"+class.name):
		if body < 0 || inClass && !isUpper(n) {
			return max(end+1, open+1), true // a macro
		}
		f = c.macro(f, n, open)
	case inClass || len(in) > 0:
		f.kind = Method
		if n == class.name || len(in) > 0 && n == in[len(in)-1] {
			f.kind = Constructor
		}
	}
	for at := start; at < first && at < start+longest; at++ {
		f.hidden = f.hidden || c.is(at, "static") && !inClass
	}
	c.addFunction(f, body)
	return end + 1, true
}

// addFunction takes a function; one without a body is declared only.
func (c *cReader) addFunction(f found, body int) {
	before := len(c.symbols)
	c.add(f)
	if len(c.symbols) > before && body < 0 {
		c.symbols[before].Forward = true
	}
}

// macro is a function that is defined by a macro, such as a test.
func (c *cReader) macro(f found, n string, open int) found {
	var args []string
	for at := open + 1; at < c.pair(open) && len(args) < 2; at = c.past(at) {
		if c.isWord(at) && (c.anyPunct(at+1, ",)")) {
			args = append(args, c.name(at))
		}
	}
	if !isUpper(n) || len(args) == 0 {
		return f
	}
	f.name = args[len(args)-1]
	if len(args) > 1 {
		f.parent = join(f.parent, args[0])
	}
	if strings.Contains(n, "TEST") {
		f.kind = Test
	}
	return f
}

func notName(w string) bool {
	switch w {
	case "if", "for", "while", "switch", "return", "sizeof", "defined", "do", "else", "case", "catch", "int", "void", "char", "unsigned", "long", "const", "bool",
		"noexcept", "throw", "float", "double", "auto":
		return true
	}
	return false
}

// afterParameters finds what follows the parameters at open: the body of a
// function, or the end of its declaration. It is not ok when no function ends
// like this.
func (c *cReader) afterParameters(open int) (head, body, end int, ok bool) {
	limit := min(c.scope().end, len(c.tokens))
	at := c.past(open)
	words := 0
	for at < limit {
		switch {
		case c.punct(at, '{'):
			return at, at, min(c.pair(at), len(c.tokens)-1), true
		case c.punct(at, ';'):
			return at, -1, at, words == 0
		case c.punct(at, ',') && c.scope().kind != Class:
			return at, -1, c.semicolon(at), words == 0
		case c.punct(at, '='):
			end = c.semicolon(at)
			value := c.is(at+1, "default") || c.is(at+1, "delete") || at+1 < limit && c.tokens[at+1].kind == number && c.text(at+1) == "0"
			return at, -1, end, value && words == 0
		case c.punct(at, ':') && !c.punct(at+1, ':'):
			body = c.initializers(at+1, limit)
			if body < 0 {
				return 0, 0, 0, false
			}
			return at, body, min(c.pair(body), len(c.tokens)-1), true
		case c.puncts(at, "->"):
			at += 2
			for at < limit && !c.anyPunct(at, "{;=") {
				if next := c.angles(at); next > at {
					at = next
					continue
				}
				at = c.past(at)
			}
		case c.isWord(at) && (isQualifier(c.word(at)) || isUpper(c.word(at)) || strings.HasPrefix(c.word(at), "__")):
			at++
			if c.punct(at, '(') {
				at = c.past(at)
			}
		case c.isWord(at):
			if words > 0 || !c.knr(at, limit, &head, &end) {
				return 0, 0, 0, false
			}
			return at, head, end, true
		case c.anyPunct(at, "&"), c.punct(at, '['):
			at = c.past(at)
		default:
			return 0, 0, 0, false
		}
	}
	return 0, 0, 0, false
}

// knr is a function whose parameters' types follow, as in old C.
func (c *cReader) knr(at, limit int, body, end *int) bool {
	const most = 200
	if c.scope().kind != "" {
		return false
	}
	for n := at; n < limit && n < at+most; n = c.past(n) {
		if c.punct(n, '{') {
			if !c.punct(n-1, ';') {
				return false
			}
			*body, *end = n, min(c.pair(n), len(c.tokens)-1)
			return true
		}
		if c.punct(n, ';') && !c.isWord(n+1) && !c.punct(n+1, '{') || c.anyPunct(n, "=(") || c.punct(n, '}') {
			return false
		}
	}
	return false
}

// initializers finds the body of a constructor behind what it initialises.
func (c *cReader) initializers(at, limit int) int {
	for at < limit {
		for c.isWord(at) || c.anyPunct(at, ":.") {
			at++
			if next := c.angles(at); next > at {
				at = next
			}
		}
		if !c.anyPunct(at, "({") {
			return -1
		}
		at = c.past(at)
		for c.punct(at, '.') {
			at++
		}
		if !c.punct(at, ',') {
			break
		}
		at++
	}
	if c.punct(at, '{') {
		return at
	}
	return -1
}

func (c *cReader) operator(start, i, at int) int {
	limit := min(c.scope().end, len(c.tokens))
	open := at + 1
	if c.punct(open, '(') && c.punct(open+1, ')') {
		open += 2
	}
	for open < limit && !c.anyPunct(open, "(;{") {
		open++
	}
	if !c.punct(open, '(') {
		return c.toEnd(at)
	}
	head, body, end, ok := c.afterParameters(open)
	if !ok {
		return c.toEnd(at)
	}
	_, in, _ := c.qualified(at)
	sign := strings.TrimSpace(string(c.src[c.tokens[at].end:c.tokens[open].start]))
	name := "operator" + sign
	if sign != "" && (sign[0] == '_' || sign[0]|0x20 >= 'a' && sign[0]|0x20 <= 'z') {
		name = "operator " + sign
	}
	f := found{name: name, kind: Method, parent: join(c.parent(), strings.Join(in, ".")), start: start, attr: start, head: head, end: end, hidden: c.private()}
	if k := c.scope().kind; (k == "" || k == Namespace) && len(in) == 0 {
		f.kind = Function
	}
	_ = i
	c.addFunction(f, body)
	return end + 1
}

// pointer is a variable that is a pointer to a function; open is the "(".
func (c *cReader) pointer(start, open int) int {
	end := c.semicolon(open)
	name := -1
	for at := open + 1; at < c.pair(open); at++ {
		if c.isWord(at) && !isUpper(c.word(at)) && name < 0 {
			name = at
		}
	}
	if name > 0 && !c.punct(c.past(open), '{') {
		c.addVariable(start, name, open, end)
	}
	return end + 1
}

func (c *cReader) addVariable(start, name, head, end int) {
	n, in, _ := c.qualified(name)
	f := found{name: n, kind: Variable, parent: join(c.parent(), strings.Join(in, ".")), start: start, attr: start, end: end, hidden: c.private()}
	if end < len(c.tokens) && c.tokens[end].line != c.tokens[start].line {
		f.head = max(head, name+1)
	}
	class := c.scope()
	if class.kind == Class || class.kind == Struct {
		f.kind = Field
	}
	forward := false
	for at := start; at < name && at < start+longest; at++ {
		switch c.word(at) {
		case "constexpr":
			f.kind = Constant
		case "const":
			if !c.punct(name-1, '*') {
				f.kind = Constant
			}
		case "static":
			f.hidden = f.hidden || f.kind == Variable
		case "extern":
			forward = true
		}
	}
	if f.kind == Constant && class.kind != "" && class.kind != Namespace && !c.is(start, "static") && !c.is(start, "constexpr") {
		f.kind = Field
	}
	before := len(c.symbols)
	c.add(f)
	if len(c.symbols) > before {
		c.symbols[before].Forward = forward
	}
}

// variables reads the variables of a declaration; the first one's name is given,
// and at is what follows it.
func (c *cReader) variables(start, i, name, at int) int {
	end := c.semicolon(at)
	if name <= i || c.is(i, "return") || c.is(i, "goto") || c.is(i, "case") || c.is(i, "else") {
		if c.punct(at, ':') {
			return at + 1 // a label
		}
		return end + 1
	}
	for name > i && isUpper(c.word(name)) && c.isWord(name-1) && !c.punct(name+1, '[') && strings.Contains(c.word(name), "_") && !isUpper(c.word(name-1)) {
		name-- // an attribute
	}
	c.addVariable(start, name, at, end)
	for n := at; n < end; n = c.past(n) {
		if next := c.angles(n); next > n && !c.punct(at, '=') {
			n = next - 1
			continue
		}
		if !c.punct(n, ',') {
			continue
		}
		next := n + 1
		for c.punct(next, '*') {
			next++
		}
		if c.isWord(next) && c.anyPunct(next+1, ",;=[") {
			c.addVariable(start, next, next, end)
		}
	}
	return end + 1
}
