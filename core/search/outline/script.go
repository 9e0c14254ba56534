package outline

func scriptRules(withJSX bool) *rules {
	return &rules{inWord: "$", jsx: withJSX, special: map[byte]special{
		'/': oneOf(slashes(false), regex), '"': quote(`"`), '\'': quote(`'`), '<': jsx,
		'`': str(quoted{begin: "`", end: "`", escape: '\\', lines: true, code: "${", closer: '}'}),
	}}
}

//nolint:gochecknoglobals // fixed tables, never written to
var (
	typescriptRules = scriptRules(false)
	jsxRules        = scriptRules(true)
)

// The modes of scopes in scripts.
const (
	inModule   = iota
	inFunction // a body, in which only functions and classes count
	inClass
	inInterface
	inEnum
	inObject
)

// script reads JavaScript and TypeScript.
type script struct {
	*reader
}

func typescript(src []byte) File { return readScript(src, typescriptRules) }
func javascript(src []byte) File { return readScript(src, jsxRules) }

func readScript(src []byte, rules *rules) File {
	l := lex(src, rules)
	s := &script{reader: newReader(l)}
	s.walk()
	return File{Symbols: s.symbols, Whole: l.whole}
}

func (s *script) walk() {
	for i := 0; i < len(s.tokens); {
		s.leave(i)
		var next int
		switch mode := s.scope().mode; mode {
		case inClass, inInterface, inObject:
			next = s.member(i, mode)
		case inEnum:
			next = s.enumMember(i)
		default:
			next = s.statement(i, mode)
		}
		if next <= i {
			next = i + 1
		}
		i = next
	}
}

// startsStatement tells whether a statement may start at i.
func (s *script) startsStatement(i int) bool {
	return i == 0 || s.first(i) || s.anyPunct(i-1, ";{}") || s.is(i-1, "export") || s.is(i-1, "default") || s.is(i-1, "declare")
}

func (s *script) statement(i, mode int) int {
	if !s.isWord(i) || s.punct(i-1, '.') {
		return i + 1
	}
	switch s.word(i) {
	case "function":
		return s.function(i)
	case "class":
		return s.class(i)
	case "interface":
		if s.isWord(i+1) && s.startsStatement(i) {
			return s.block(i, Interface, inInterface)
		}
	case "enum":
		if s.isWord(i+1) && (s.startsStatement(i) || s.is(i-1, "const")) {
			return s.block(i, Enum, inEnum)
		}
	case "namespace", "module":
		if i+1 < len(s.tokens) && (s.isWord(i+1) || s.tokens[i+1].kind == text) && !s.first(i+1) && s.startsStatement(i) {
			return s.block(i, Namespace, inModule)
		}
	case "type":
		if s.isWord(i+1) && s.anyPunct(i+2, "=<") && s.startsStatement(i) && mode == inModule {
			return s.alias(i)
		}
	case "const", "let", "var":
		return s.variable(i, mode)
	case "default":
		if s.is(i-1, "export") && s.punct(i+1, '{') {
			return s.object(i+1, "")
		}
	default:
		if s.startsStatement(i) {
			return s.property(i, mode)
		}
	}
	return i + 1
}

// begin finds the first token of a definition by the words before its keyword,
// and that of its decorators.
func (s *script) begin(i int) (start, attr int) {
	start = i
	for start > 0 && s.isWord(start-1) {
		switch s.word(start - 1) {
		case "export", "default", "declare", "abstract", "async", "const":
			start--
			continue
		}
		break
	}
	attr = start
	for n := 0; n < 50 && attr > 0; n++ {
		at := attr - 1
		if s.punct(at, ')') && s.tokens[at].pair > 0 {
			at = int(s.tokens[at].pair) - 1
		}
		begin := s.annotation(at, max(0, at-10))
		if begin < 0 {
			break
		}
		attr = begin
	}
	return start, attr
}

func (s *script) exported(start, i int) bool {
	for at := start; at < i; at++ {
		if s.is(at, "export") || s.is(at, "declare") {
			return true
		}
	}
	return s.scope().kind == Namespace && s.scope().name == ""
}

// body finds the body of a function whose parameters start at or behind at; it
// is -1 if there is none, and end is the last token.
func (s *script) body(at int) (head, body, end int) {
	at = s.angles(at)
	if !s.punct(at, '(') {
		return at, -1, at - 1
	}
	at = s.past(at)
	if s.punct(at, ':') {
		at = s.typ(at + 1)
	}
	if s.punct(at, '{') {
		return at, at, min(s.pair(at), len(s.tokens)-1)
	}
	end = at - 1
	if s.punct(at, ';') {
		end = at
	}
	return at, -1, end
}

// typ is behind the type that starts at i.
func (s *script) typ(i int) int {
	whole := false // a type may end here
	for at := i; at < len(s.tokens); {
		switch {
		case s.punct(at, '<'):
			next := s.angles(at)
			if next == at {
				return at
			}
			at = next
			whole = true
			continue
		case s.punct(at, '{') && whole, s.anyPunct(at, ";,)}]"):
			return at
		case s.punct(at, '=') && s.punct(at+1, '>'):
			if !s.punct(at-1, ')') {
				return at
			}
			at += 2
			whole = false
			continue
		case s.punct(at, '='):
			return at
		case s.anyPunct(at, "|&.?:"):
			whole = false
		case s.isWord(at):
			if whole && s.first(at) {
				return at
			}
			switch s.word(at) {
			case "is", "keyof", "typeof", "readonly", "asserts", "infer", "extends", "new", "unique":
				whole = false
			default:
				whole = true
			}
		default:
			if whole && s.first(at) {
				return at
			}
			whole = true
		}
		at = s.past(at)
	}
	return len(s.tokens)
}

func (s *script) function(i int) int {
	at := i + 1
	if s.punct(at, '*') {
		at++
	}
	if !s.isWord(at) {
		return i + 1
	}
	start, attr := s.begin(i)
	head, body, end := s.body(at + 1)
	s.add(found{
		name: s.name(at), kind: Function, parent: s.parent(), start: start, attr: attr, head: head, end: end,
		hidden: !s.exported(start, i),
	})
	if body < 0 {
		return head
	}
	s.enter(scope{name: s.name(at), kind: Function, end: end, mode: inFunction})
	return body + 1
}

func (s *script) class(i int) int {
	name, at := "", i+1
	if s.isWord(at) && !s.is(at, "extends") && !s.is(at, "implements") {
		name, at = s.name(at), at+1
	}
	if name == "" && s.punct(i-1, '=') && s.isWord(i-2) {
		name = s.name(i - 2)
	}
	return s.classAs(i, at, name)
}

func (s *script) classAs(i, at int, name string) int {
	for at < len(s.tokens) && at < i+longest && !s.anyPunct(at, "{;") {
		if next := s.angles(at); next > at {
			at = next
			continue
		}
		at = s.past(at)
	}
	if !s.punct(at, '{') {
		return i + 1
	}
	start, attr := s.begin(i)
	if name == "" && s.is(i-1, "default") {
		name = "default"
	}
	end := min(s.pair(at), len(s.tokens)-1)
	s.add(found{
		name: name, kind: Class, parent: s.parent(), start: start, attr: attr, head: at, end: end, hidden: !s.exported(start, i),
	})
	s.enter(scope{name: name, kind: Class, end: end, mode: inClass})
	return at + 1
}

// block is an interface, an enum or a namespace.
func (s *script) block(i int, kind Kind, mode int) int {
	at := i + 2
	for at < len(s.tokens) && at < i+longest && !s.anyPunct(at, "{;") {
		if next := s.angles(at); next > at {
			at = next
			continue
		}
		at = s.past(at)
	}
	if !s.punct(at, '{') {
		return i + 1
	}
	last := i + 1
	for s.punct(last+1, '.') && s.isWord(last+2) {
		last += 2
	}
	name := s.name(i + 1)
	if last > i+1 {
		name = string(s.src[s.tokens[i+1].start:s.tokens[last].end])
	}
	start, attr := s.begin(i)
	end := min(s.pair(at), len(s.tokens)-1)
	s.add(found{
		name: name, kind: kind, parent: s.parent(), start: start, attr: attr, head: at, end: end, hidden: !s.exported(start, i),
	})
	s.enter(scope{name: name, kind: kind, end: end, mode: mode})
	return at + 1
}

func (s *script) alias(i int) int {
	at := s.angles(i + 2)
	if !s.punct(at, '=') {
		return i + 1
	}
	start, attr := s.begin(i)
	end := s.scriptEnd(at)
	s.add(found{
		name: s.name(i + 1), kind: Type, parent: s.parent(), start: start, attr: attr, end: end, head: at, hidden: !s.exported(start, i),
	})
	return end + 1
}

// scriptEnd is the last token of a statement with a value behind i.
func (s *script) scriptEnd(i int) int {
	last := i
	for at := i; at < s.scope().end && at < len(s.tokens); at = s.past(at) {
		if s.punct(at, ';') {
			return at
		}
		if s.anyPunct(at, ")}],") {
			return last
		}
		if at > i+1 && s.first(at) && !s.continues(at) {
			return last
		}
		last = min(s.past(at), len(s.tokens)) - 1
	}
	return last
}

// continues tells whether the line that starts at i belongs to the one before.
func (s *script) continues(i int) bool {
	if s.anyPunct(i-1, "=+-*/%&|^<,.?:(!~") || s.puncts(i-2, "=>") {
		return true
	}
	switch s.word(i - 1) {
	case "extends", "keyof", "typeof", "as", "in", "instanceof", "await", "new":
		return true
	}
	switch s.word(i) {
	case "extends", "as", "in", "instanceof", "satisfies":
		return true
	}
	return s.anyPunct(i, ".?:=+-*/%&|^<>,(") || s.punct(i-1, ')') && s.punct(i, '{')
}
