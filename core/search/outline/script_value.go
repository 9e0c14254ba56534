package outline

import "strings"

// isFunction tells whether the value at i is a function, and where its body is.
func (s *script) isFunction(i int) (is bool, head, body, end int) {
	at := i
	if s.is(at, "async") && !s.punct(at+1, '=') {
		at++
	}
	if s.is(at, "function") {
		at++
		if s.punct(at, '*') {
			at++
		}
		if s.isWord(at) {
			at++
		}
		head, body, end = s.body(at)
		return true, head, body, end
	}
	if s.isWord(at) && s.puncts(at+1, "=>") {
		return s.arrow(at + 3)
	}
	at = s.angles(at)
	if !s.punct(at, '(') {
		return false, 0, 0, 0
	}
	at = s.past(at)
	if s.punct(at, ':') {
		at = s.typ(at + 1)
	}
	if !s.puncts(at, "=>") {
		return false, 0, 0, 0
	}
	return s.arrow(at + 2)
}

func (s *script) arrow(i int) (is bool, head, body, end int) {
	if s.punct(i, '{') {
		return true, i - 2, i, min(s.pair(i), len(s.tokens)-1)
	}
	return true, i - 2, -1, max(i-1, s.scriptEnd(i-1))
}

// variable is what "const" and such define.
func (s *script) variable(i, mode int) int {
	if s.is(i+1, "enum") {
		return i + 1
	}
	if !s.isWord(i + 1) {
		return i + 1
	}
	at := i + 2
	if s.punct(at, '!') {
		at++
	}
	if s.punct(at, ':') {
		at = s.typ(at + 1)
	}
	start, attr := s.begin(i)
	f := found{
		name: s.name(i + 1), kind: Variable, parent: s.parent(), start: start, attr: attr, head: at, hidden: !s.exported(start, i),
	}
	if s.is(i, "const") {
		f.kind = Constant
	}
	if !s.punct(at, '=') || s.punct(at+1, '>') {
		f.end = at - 1
		if mode == inModule && !s.is(at, "of") && !s.is(at, "in") {
			s.add(f)
		}
		return at
	}
	return s.value(f, at+1, mode)
}

// value is a definition whose value starts at i.
func (s *script) value(f found, i, mode int) int {
	if is, head, body, end := s.isFunction(i); is {
		if f.kind == Constant || f.kind == Variable {
			f.kind = Function
		}
		f.head, f.end = head, end
		if s.punct(end+1, ';') {
			f.end++
		}
		s.add(f)
		if body < 0 {
			return max(head, i)
		}
		s.enter(scope{name: f.name, kind: Function, end: end, mode: inFunction})
		return body + 1
	}
	if mode == inFunction {
		return i
	}
	if s.is(i, "class") {
		return s.classAs(i, i+1, f.name)
	}
	f.end = s.scriptEnd(i - 1)
	if f.end < len(s.tokens) && s.tokens[f.end].line == s.tokens[f.start].line {
		f.head = f.end + 1
	}
	if mode != inObject || f.kind != Property {
		s.add(f)
	}
	if s.punct(i, '{') {
		return s.object(i, f.name)
	}
	return i
}

// object goes into an object whose functions count as definitions.
func (s *script) object(i int, name string) int {
	s.enter(scope{name: name, kind: Object, end: min(s.pair(i), len(s.tokens)), mode: inObject})
	return i + 1
}

// property is "a.b = function" and its like.
func (s *script) property(i, mode int) int {
	at := i
	var names []string
	for s.isWord(at) && len(names) < 8 {
		names = append(names, s.name(at))
		at++
		if !s.punct(at, '.') {
			break
		}
		at++
	}
	if len(names) < 2 || !s.punct(at, '=') || s.anyPunct(at+1, "=>") {
		return i + 1
	}
	is, _, _, _ := s.isFunction(at + 1)
	exports := names[0] == "exports" || names[0] == "module" && names[1] == "exports"
	if !is && (!exports || mode != inModule) {
		return at + 1
	}
	var in []string
	for _, n := range names[:len(names)-1] {
		if n != "prototype" && n != "exports" && n != "module" && n != "this" && n != "window" {
			in = append(in, n)
		}
	}
	f := found{
		name: names[len(names)-1], kind: Method, parent: join(s.parent(), strings.Join(in, ".")), start: i, attr: i, head: at,
		hidden: mode == inFunction,
	}
	if len(in) == 0 {
		f.kind = Function
	}
	if names[len(names)-1] == "exports" {
		if s.punct(at+1, '{') {
			return s.object(at+1, "")
		}
		return at + 1
	}
	if !is {
		f.kind = Constant
	}
	return s.value(f, at+1, mode)
}
