package outline

import "bytes"

// element is JSX that has not ended yet.
type element struct {
	depth  int  // of the elements in each other
	inTag  bool // between "<" and ">"
	closes bool // the tag is a closing one
}

// regexp is a regular expression, where a value may stand.
func regex(l *lexer) bool {
	if !l.wantsValue() {
		return false
	}
	class := false
	for at := l.pos + 1; at < len(l.src); at++ {
		switch l.src[at] {
		case '\\':
			at++
		case '\n':
			return false
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if class {
				continue
			}
			at++
			for at < len(l.src) && l.classes[l.src[at]] == letter {
				at++
			}
			l.takeText(at)
			return true
		}
	}
	return false
}

// wantsValue tells whether a value may start here, not an operator.
func (l *lexer) wantsValue() bool {
	t := l.last()
	switch t.kind {
	case 0:
		return true
	case number, text:
		return false
	case word:
		if len(l.tokens) > 1 && l.tokens[len(l.tokens)-2].c == '.' {
			return false
		}
		switch l.lastWord() {
		case "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "instanceof", "yield", "await", "default", "extends":
			return true
		}
		return false
	default:
		return t.c != ')' && t.c != ']' && (t.c != '}' || l.fresh)
	}
}

// jsx is an element, where a value may stand.
func jsx(l *lexer) bool {
	c := l.peek(1)
	if !l.rules.jsx || !l.wantsValue() || l.classes[c] != letter && c != '>' || len(l.elements) >= maxFrames {
		return false
	}
	at := l.pos + 1
	for at < len(l.src) && (l.classes[l.src[at]] == letter || l.classes[l.src[at]] == digit) {
		at++
	}
	rest := bytes.TrimLeft(l.src[at:min(len(l.src), at+16)], " \t")
	if bytes.HasPrefix(rest, []byte(",")) || bytes.HasPrefix(rest, []byte("extends ")) || bytes.HasPrefix(rest, []byte("=")) {
		return false // type parameters
	}
	l.elements = append(l.elements, element{})
	l.goOnJSX()
	return true
}

// goOnJSX reads an element up to code in it, or to its end.
func (l *lexer) goOnJSX() {
	e := &l.elements[len(l.elements)-1]
	for at := l.pos; at < len(l.src); {
		c := l.src[at]
		switch {
		case c == '{':
			l.takeText(at)
			if l.beginFrame(1, '}', (*lexer).goOnJSX) {
				return
			}
			at = l.pos + 1
		case e.inTag && (c == '"' || c == '\''):
			n := bytes.IndexByte(l.src[at+1:], c)
			if n < 0 {
				at = len(l.src)
			} else {
				at += n + 2
			}
		case e.inTag && c == '>':
			e.inTag = false
			if e.closes || l.src[at-1] == '/' {
				e.depth--
			}
			at++
			if e.depth <= 0 {
				l.endJSX(at)
				return
			}
		case !e.inTag && c == '<':
			e.inTag = true
			e.closes = at+1 < len(l.src) && l.src[at+1] == '/'
			if !e.closes {
				e.depth++
			}
			at++
			if at < len(l.src) && l.src[at] == '>' { // a fragment, which ends its tag at once
				e.inTag = false
				at++
			}
		default:
			at++
		}
	}
	l.endJSX(len(l.src))
}

func (l *lexer) endJSX(at int) {
	l.elements = l.elements[:len(l.elements)-1]
	l.takeText(at)
}
