package outline

import "bytes"

// What may stand at a byte that starts a comment or a string in some language.

type special = func(*lexer) bool

// lineComment starts with mark and ends with the line.
func lineComment(mark string) special {
	return func(l *lexer) bool {
		if !l.at(mark) {
			return false
		}
		c := comment{line: l.line, endLine: l.line, own: l.fresh}
		l.toLineEnd()
		l.comments = append(l.comments, c)
		return true
	}
}

// blockComment may be nested.
func blockComment(begin, end string, nested bool) special {
	return func(l *lexer) bool {
		if !l.at(begin) {
			return false
		}
		at := l.pos + len(begin)
		for depth := 1; depth > 0; {
			n := bytes.Index(l.src[at:], []byte(end))
			if n < 0 {
				at = len(l.src)
				break
			}
			if nested {
				depth += bytes.Count(l.src[at:at+n], []byte(begin))
			}
			depth--
			at += n + len(end)
		}
		l.takeComment(at)
		return true
	}
}

// oneOf tries several in turn.
func oneOf(all ...special) special {
	return func(l *lexer) bool {
		for _, s := range all {
			if s(l) {
				return true
			}
		}
		return false
	}
}

// quoted describes a string.
type quoted struct {
	begin, end string
	escape     byte // 0 if there is none
	doubled    bool // the end twice is one character
	lines      bool // may have several lines
	// code starts code in the string, which ends with closer.
	code   string
	closer byte
}

func str(q quoted) special {
	var resume func(l *lexer)
	resume = func(l *lexer) { l.stringRest(q, resume) }
	return func(l *lexer) bool {
		if !l.at(q.begin) {
			return false
		}
		l.stringFrom(q, l.pos+len(q.begin), resume)
		return true
	}
}

// quote is a string on one line with backslashes.
func quote(c string) special { return str(quoted{begin: c, end: c, escape: '\\'}) }

// stringRest goes on with a string after code in it.
func (l *lexer) stringRest(q quoted, resume func(*lexer)) { l.stringFrom(q, l.pos, resume) }

// stringFrom makes a token of a string whose text goes on at pos.
func (l *lexer) stringFrom(q quoted, at int, resume func(*lexer)) {
	for at < len(l.src) {
		c := l.src[at]
		switch {
		case c == q.escape && q.escape != 0 && (q.code == "" || !bytes.HasPrefix(l.src[at:], []byte(q.code))):
			at += 2
			if !q.lines && at <= len(l.src) && l.src[at-1] == '\r' && at < len(l.src) && l.src[at] == '\n' {
				at++
			}
		case c == '\n' && !q.lines:
			l.takeText(at)
			return
		case c == q.end[0] && bytes.HasPrefix(l.src[at:], []byte(q.end)):
			at += len(q.end)
			if q.doubled && bytes.HasPrefix(l.src[at:], []byte(q.end)) {
				at += len(q.end)
				continue
			}
			l.takeText(at)
			return
		case q.code != "" && c == q.code[0] && bytes.HasPrefix(l.src[at:], []byte(q.code)):
			l.takeText(at)
			if l.beginFrame(len(q.code), q.closer, resume) {
				return
			}
			at = l.pos + len(q.code)
		default:
			at++
		}
	}
	l.takeText(len(l.src))
}

// charOr is a character such as 'a' or '\n'; where none is, as in a lifetime, a
// word follows.
func charOr(l *lexer) bool {
	rest := l.src[l.pos+1:]
	if len(rest) > 1 && rest[0] == '\\' {
		n := bytes.IndexByte(rest[2:min(len(rest), 14)], '\'')
		if n >= 0 {
			l.takeText(l.pos + n + 4)
			return true
		}
		return false
	}
	const longest = 5
	n := bytes.IndexByte(rest[:min(len(rest), longest)], '\'')
	if n > 0 && (n == 1 || rest[0] >= 0x80) {
		l.takeText(l.pos + n + 2)
		return true
	}
	return false
}

// heredoc is a text that starts on the next line and ends with a line that is
// the word.
type heredoc struct {
	word     string
	indented bool // the last line may be
}

func (l *lexer) skipHeredocs() {
	line := l.line
	for _, h := range l.heredocs {
		for l.pos < len(l.src) {
			end := len(l.src)
			if n := bytes.IndexByte(l.src[l.pos:], '\n'); n >= 0 {
				end = l.pos + n
			}
			got := bytes.TrimRight(l.src[l.pos:end], "\r")
			if h.indented {
				got = bytes.TrimLeft(got, " \t")
			}
			l.skip(end + 1)
			if string(got) == h.word {
				break
			}
		}
	}
	l.heredocs = l.heredocs[:0]
	if l.line > line {
		l.whole = append(l.whole, Span{int(line) - 1, int(l.line) - 1})
	}
	l.fresh = true
}
