package outline

//nolint:gochecknoglobals // a fixed table, never written to
var memberModifiers = set("static async get set public private protected readonly abstract override declare accessor")

// member is a member of a class, an interface or an object.
func (s *script) member(i, mode int) int {
	start := i
	attr := i
	for s.punct(attr, '@') && attr < s.scope().end { // decorators
		attr += 2
		for s.punct(attr, '.') {
			attr += 2
		}
		if s.punct(attr, '(') {
			attr = s.past(attr)
		}
		start = attr
	}
	attr = i
	at := start
	for memberModifiers[s.word(at)] && !s.anyPunct(at+1, "(=:;?!<,}") &&
		(!s.first(at+1) || s.isWord(at+1) || s.punct(at+1, '[')) {
		at++
	}
	if s.punct(at, '*') {
		at++
	}
	hash := s.punct(at, '#')
	if hash {
		at++
	}
	name, at, ok := s.memberName(at, mode)
	if !ok {
		return max(i+1, at)
	}
	f := found{name: name, kind: Property, parent: s.parent(), start: start, attr: attr, hidden: hash || s.isPrivate(start, at)}
	if hash {
		f.name = "#" + name
	}
	for s.anyPunct(at, "?!") {
		at++
	}
	if s.anyPunct(at, "(<") {
		return s.method(f, at, mode)
	}
	if mode == inObject {
		return s.objectMember(f, at)
	}
	if s.punct(at, ':') {
		at = s.typ(at + 1)
	}
	f.head = at
	if s.punct(at, '=') && !s.punct(at+1, '>') {
		if is, _, _, _ := s.isFunction(at + 1); is {
			f.kind = Method
			return s.value(f, at+1, mode)
		}
		f.end = s.scriptEnd(at)
		s.add(f)
		return f.end + 1
	}
	f.end = at - 1
	if s.anyPunct(at, ";,") {
		f.end = at
		at++
	}
	s.add(f)
	return at
}

// memberName reads the name at i. When there is none, next is where the next
// member may start.
func (s *script) memberName(i, mode int) (name string, next int, ok bool) {
	if i >= s.scope().end || i >= len(s.tokens) {
		return "", i, false
	}
	t := s.tokens[i]
	switch {
	case t.kind == word || t.kind == text:
		return s.name(i), i + 1, true
	case s.punct(i, '['):
		next = s.past(i)
		if s.punct(next, ':') && mode != inObject {
			return "", next, true // an index signature
		}
		return string(s.src[t.start:s.tokens[next-1].end]), next, true
	case t.kind == number:
		return "", i + 1, true
	case mode == inObject && s.punct(i, '.'), // a spread
		mode == inInterface && s.punct(i, '('):
		return "", s.skipMember(i, mode), false
	default:
		return "", s.past(i), false
	}
}

// objectMember is a member of an object whose name ends before at.
func (s *script) objectMember(f found, at int) int {
	if !s.punct(at, ':') {
		return s.skipMember(at, inObject)
	}
	if s.punct(at+1, '{') {
		return s.object(at+1, f.name)
	}
	if is, _, _, _ := s.isFunction(at + 1); is {
		f.kind = Method
		return s.value(f, at+1, inObject)
	}
	return s.skipMember(at+1, inObject)
}

func (s *script) isPrivate(start, end int) bool {
	for i := start; i < end; i++ {
		if s.is(i, "private") || s.is(i, "protected") {
			return true
		}
	}
	return false
}

// skipMember goes behind the comma that ends a member.
func (s *script) skipMember(i, mode int) int {
	for i < s.scope().end && i < len(s.tokens) {
		if s.punct(i, ',') || mode == inInterface && (s.punct(i, ';') || s.first(i+1)) {
			return i + 1
		}
		i = s.past(i)
	}
	return i
}

func (s *script) method(f found, at, mode int) int {
	f.kind = Method
	if f.name == "constructor" && mode == inClass {
		f.kind = Constructor
	}
	head, body, end := s.body(at)
	f.head, f.end = head, end
	if head <= at {
		return at + 1
	}
	if mode == inObject && body < 0 {
		return s.skipMember(at, mode)
	}
	if body < 0 && s.anyPunct(head, ";,") {
		f.end = head
		head++
	}
	s.add(f)
	if body < 0 {
		return max(head, at+1)
	}
	s.enter(scope{name: f.name, kind: Function, end: end, mode: inFunction})
	return body + 1
}

func (s *script) enumMember(i int) int {
	if !s.isWord(i) && s.tokens[i].kind != text {
		return s.past(i)
	}
	end := i
	for at := i + 1; at < s.scope().end && !s.punct(at, ','); {
		at = s.past(at)
		end = min(at, len(s.tokens)) - 1
	}
	s.add(found{name: s.name(i), kind: Member, parent: s.parent(), start: i, attr: i, end: end})
	return end + 2
}
