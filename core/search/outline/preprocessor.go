package outline

import (
	"bytes"
)

// condition is an "#if" that has not ended yet.
type condition struct {
	open   int  // brackets that were open at it
	settle bool // a statement had ended before it
}

// define is a macro by where its name is.
type define struct {
	line, endLine int32
	start, end    int
	value         int // where the line ends
}

// directive reads the line if it is the preprocessor's. What stands in the
// other branches of a condition is read, too, if the first one is whole
// statements; else the brackets would not fit.
func (l *lexer) directive() {
	at := l.pos
	for at < len(l.src) && (l.src[at] == ' ' || l.src[at] == '\t') {
		at++
	}
	if at >= len(l.src) || l.src[at] != '#' {
		return
	}
	if len(l.frames) > 0 {
		return
	}
	l.pos = at
	name, rest := directiveName(l.src[at:])
	switch name {
	case "if", "ifdef", "ifndef":
		l.branches = append(l.branches, condition{open: len(l.open), settle: l.settled()})
		if len(l.branches) > maxFrames {
			l.branches = l.branches[1:]
		}
		l.guard = nil
		if name == "ifndef" {
			l.guard = bytes.TrimSpace(lineOf(rest))
		}
		if name == "if" && string(bytes.TrimSpace(lineOf(rest))) == "0" {
			l.directiveEnd()
			l.skipBranch(true)
			return
		}
	case "else", "elif", "elifdef", "elifndef":
		if n := len(l.branches); n > 0 {
			b := l.branches[n-1]
			if len(l.open) != b.open || !l.settled() || !b.settle {
				l.directiveEnd()
				l.skipBranch(false)
				return
			}
		}
	case "endif":
		if n := len(l.branches); n > 0 {
			l.branches = l.branches[:n-1]
		}
	case "define":
		l.define(at)
	}
	l.directiveEnd()
}

func (l *lexer) define(at int) {
	start := at + bytes.Index(l.src[at:], []byte("define")) + len("define")
	for start < len(l.src) && (l.src[start] == ' ' || l.src[start] == '\t') {
		start++
	}
	end := start
	for end < len(l.src) && (l.classes[l.src[end]] == letter || l.classes[l.src[end]] == digit) {
		end++
	}
	name := l.src[start:end]
	if len(name) == 0 || bytes.Equal(name, l.guard) && len(bytes.TrimSpace(lineOf(l.src[end:]))) == 0 {
		return
	}
	l.guard = nil
	d := define{line: l.line, start: at, end: end, value: end + len(lineOf(l.src[end:]))}
	d.endLine = l.line + int32(bytes.Count(l.src[at:l.directiveStop(at)], []byte{'\n'})) //nolint:gosec // files are shorter than MaxSize
	l.defines = append(l.defines, named{define: d, name: string(name)})
}

type named struct {
	define

	name string
}

// settled tells whether a statement has just ended.
func (l *lexer) settled() bool {
	t := l.last()
	return t.kind == 0 || t.kind == punct && (t.c == ';' || t.c == '}' || t.c == '{' || t.c == ',' || t.c == ':')
}

func directiveName(line []byte) (name string, rest []byte) {
	line = bytes.TrimLeft(line[1:], " \t")
	n := 0
	for n < len(line) && line[n] >= 'a' && line[n] <= 'z' {
		n++
	}
	return string(line[:n]), line[n:]
}

func lineOf(rest []byte) []byte {
	line, _, _ := bytes.Cut(rest, []byte{'\n'})
	return line
}

// directiveStop is where the directive at a place ends: at the line's end,
// unless that is escaped or in a comment.
func (l *lexer) directiveStop(at int) int {
	for at < len(l.src) {
		switch c := l.src[at]; {
		case c == '\\' && at+1 < len(l.src):
			at++
			if l.src[at] == '\r' && at+1 < len(l.src) && l.src[at+1] == '\n' {
				at++
			}
		case c == '\n':
			return at
		case c == '/' && at+1 < len(l.src) && l.src[at+1] == '*':
			n := bytes.Index(l.src[at+2:], []byte("*/"))
			if n < 0 {
				return len(l.src)
			}
			at += n + 3
		case c == '/' && at+1 < len(l.src) && l.src[at+1] == '/':
			return at + len(lineOf(l.src[at:]))
		}
		at++
	}
	return len(l.src)
}

func (l *lexer) directiveEnd() {
	line := l.line
	l.skip(l.directiveStop(l.pos))
	l.keepWhole(line)
}

// skipBranch goes to the end of a condition; with other branches to the next of
// them.
func (l *lexer) skipBranch(others bool) {
	depth := 0
	for l.pos < len(l.src) {
		next := len(l.src)
		if n := bytes.IndexByte(l.src[l.pos:], '\n'); n >= 0 {
			next = l.pos + n + 1
		}
		l.skip(next)
		line := bytes.TrimLeft(l.src[l.pos:], " \t")
		if len(line) == 0 || line[0] != '#' {
			continue
		}
		switch name, _ := directiveName(line); name {
		case "if", "ifdef", "ifndef":
			depth++
		case "else", "elif", "elifdef", "elifndef":
			if depth == 0 && others {
				l.directiveEnd()
				return
			}
		case "endif":
			if depth == 0 {
				if n := len(l.branches); n > 0 {
					l.branches = l.branches[:n-1]
				}
				l.directiveEnd()
				return
			}
			depth--
		}
	}
}
