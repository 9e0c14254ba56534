package outline

// objcFile reads Objective-C, which is C with classes: those start with "@" and a
// word, and end with "@end".
func objcFile(src []byte) File { return cSource(src, true) }

// objective reads what C does not have, and gives where it goes on; i where there
// is nothing of that kind.
func (c *cReader) objective(i int) int {
	switch {
	case c.punct(i, '@'):
		return c.directive(i)
	case c.inObject() && c.anyPunct(i, "-+") && c.punct(i+1, '('):
		return c.message(i, c.past(i+1))
	case c.inObject() && c.anyPunct(i, "-+") && c.isWord(i+1):
		return c.message(i, i+1)
	case c.is(i, "typedef") && c.isEnumMacro(i+1):
		return c.enumMacro(i, i+1)
	case c.isEnumMacro(i):
		return c.enumMacro(i, i)
	}
	return i
}

func (c *cReader) inObject() bool {
	kind := c.scope().kind
	return kind == Class || kind == Interface || kind == Impl
}

func (c *cReader) directive(i int) int {
	kind := Class
	switch c.word(i + 1) {
	case "interface", "implementation":
	case "protocol":
		kind = Interface
	case "property":
		return c.objectProperty(i)
	case "class", "synthesize", "dynamic", "import", "compatibility_alias":
		return c.toEnd(i + 2)
	default:
		return i + 2 // "@optional", "@public", "@end" and their like stand alone
	}
	return c.object(i, kind)
}

// object goes into what "@interface Name (Category) : Base <Protocol>" starts.
func (c *cReader) object(i int, kind Kind) int {
	at := i + 2
	name := c.word(at)
	if name == "" {
		return at
	}
	at++
	if kind == Interface && c.anyPunct(at, ";,") {
		return c.toEnd(at) // "@protocol A, B;" only says that there are such
	}
	if next := c.angles(at); next > at { // type parameters, or protocols
		at = next
	}
	private := false
	if c.punct(at, '(') { // a category, or an extension, has methods for a class of elsewhere
		private = c.punct(at+1, ')')
		kind = Impl
		at = c.past(at)
	}
	if c.punct(at, ':') && c.isWord(at+1) {
		at += 2
	}
	if next := c.angles(at); next > at {
		at = next
	}
	head := at
	if c.punct(at, '{') {
		at = c.past(at) // its variables
	}
	end := c.objectEnd(at)
	hidden := kind == Impl && private
	c.add(found{name: name, kind: kind, parent: c.parent(), start: i, attr: i, head: head, end: end + 1, hidden: hidden})
	if !c.enter(scope{name: name, kind: kind, end: end, hidden: hidden}) {
		return end + 1
	}
	return at
}

// objectEnd is the "@" of the "@end" that follows, or of the next class where it
// was forgotten.
func (c *cReader) objectEnd(i int) int {
	at := i
	for at < len(c.tokens) {
		if c.punct(at, '@') {
			switch c.word(at + 1) {
			case "end", "interface", "implementation":
				return at
			case "protocol":
				if c.first(at) {
					return at
				}
			default:
			}
		}
		at = c.past(at)
	}
	return at
}

// message reads a method: it is called like the first part of its selector, which
// stands at name.
func (c *cReader) message(i, name int) int {
	if !c.isWord(name) {
		return i + 1
	}
	at := name
	for at < c.scope().end && !c.anyPunct(at, ";{") && (at <= name || !c.first(at) || !c.anyPunct(at, "-+@")) {
		at = c.past(at)
	}
	f := found{name: c.word(name), kind: Method, parent: c.parent(), start: i, attr: i, head: at, end: at}
	switch {
	case c.punct(at, '{'):
		f.end = c.pair(at)
	case !c.punct(at, ';'):
		f.end = at - 1
	}
	c.add(f)
	return f.end + 1
}

// objectProperty reads "@property (nonatomic) Type *name;", also of a block, whose
// name is in brackets with "^".
func (c *cReader) objectProperty(i int) int {
	at := i + 2
	if c.punct(at, '(') {
		at = c.past(at)
	}
	name := -1
	for ; at < c.scope().end && !c.anyPunct(at, ";@}"); at = c.past(at) {
		switch {
		case c.punct(at, '(') && c.punct(at+1, '^'):
			if name = at + 2; c.isWord(name + 1) { // "nullable" may stand before the name
				name++
			}
			at = c.semicolon(at)
			c.addProperty(i, name, at)
			return at + 1
		case c.isWord(at) && (!c.punct(at+1, '(') || name < 0) && !isUpper(c.word(at)):
			name = at // the last one before macros that say since when it is there
		}
	}
	c.addProperty(i, name, at)
	return at + 1
}

func (c *cReader) addProperty(i, name, end int) {
	c.add(found{name: c.word(name), kind: Property, parent: c.parent(), start: i, attr: i, end: end})
}

// isEnumMacro tells whether an enum of Apple's macros starts at i, such as
// "NS_ENUM(NSInteger, Name) {".
func (c *cReader) isEnumMacro(i int) bool {
	switch c.word(i) {
	case "NS_ENUM", "NS_OPTIONS", "NS_CLOSED_ENUM", "NS_ERROR_ENUM", "CF_ENUM", "CF_OPTIONS":
		return c.punct(i+1, '(') && c.punct(c.past(i+1), '{')
	}
	return false
}

func (c *cReader) enumMacro(start, i int) int {
	body := c.past(i + 1)
	name := c.word(c.pair(i+1) - 1)
	end := c.pair(body)
	c.add(found{name: name, kind: Enum, parent: c.parent(), start: start, attr: start, head: body, end: end})
	if !c.enter(scope{name: name, kind: Enum, end: end}) {
		return end + 1
	}
	return body + 1
}
