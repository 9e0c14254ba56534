package markdown

import "strings"

// quote writes a text of several lines as a block quote, each line after the
// prefix. A quote keeps everything in: headings, lists, fences and half-open
// tags end where it ends. The text stays markdown; only tags, comments and
// definitions of links, which reach beyond the quote, lose their meaning.
func (p *page) quote(prefix, body string) {
	body = strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	if body == "" {
		return
	}
	lines := strings.Split(visible(body, true), "\n")
	kind := classify(lines)
	for i, line := range lines {
		p.b.WriteString(prefix)
		p.b.WriteByte('>')
		if line != "" {
			p.b.WriteByte(' ')
		}
		switch {
		case kind.fenced[i]:
			p.b.WriteString(line)
		case kind.code:
			escapeAroundCode(&p.b, line)
		default:
			escapeBody(&p.b, line)
		}
		p.b.WriteByte('\n')
	}
}

// escapeAroundCode writes a line whose code in backticks is known to be code.
func escapeAroundCode(b *strings.Builder, line string) {
	for text, code := range spans(line, anyCode) {
		if code {
			b.WriteString(text)
		} else {
			escapeBody(b, text)
		}
	}
}

// escapeBody writes a piece of a text of several lines that is not code.
func escapeBody(b *strings.Builder, s string) {
	if !strings.ContainsAny(s, "<&:") {
		b.WriteString(s)
		return
	}
	for i, r := range s {
		if r == ':' && i > 0 && s[i-1] == ']' {
			b.WriteString(entityColon)
			continue
		}
		escapeCommon(b, s, i, r)
	}
}

// bodyCode says what of a text is code for certain. Where that is in doubt
// nothing is: an entity that shows is a blemish, a tag that works is a hole.
type bodyCode struct {
	// fenced tells for each line whether it belongs to a fenced block.
	fenced []bool
	// code says that each line's backticks pair up within the line, so that
	// no code reaches over the end of a line.
	code bool
}

// classify finds the code in a text. Fences count when all of them begin at the
// left margin, where no list or quote can end them early.
func classify(lines []string) bodyCode {
	kind := bodyCode{fenced: make([]bool, len(lines)), code: true}
	var fence byte
	var length int
	for i, line := range lines {
		c, n := fenceRun(line)
		switch {
		case n == 0 && hasFence(line):
			return bodyCode{fenced: make([]bool, len(lines))}
		case fence != 0:
			kind.fenced[i] = true
			if c == fence && n >= length && strings.Trim(line[n:], " \t") == "" {
				fence = 0
			}
		case n > 0 && (c == '~' || !strings.Contains(line[n:], "`")):
			kind.fenced[i] = true
			fence, length = c, n
		case doubtful(line):
			kind.code = false
		}
	}
	return kind
}

const minFence = 3

// fenceRun returns the character and length of the fence that a line begins
// with, or 0.
func fenceRun(line string) (c byte, n int) {
	if line == "" || line[0] != '`' && line[0] != '~' {
		return 0, 0
	}
	if n = runLength(line, 0); n < minFence {
		return 0, 0
	}
	return line[0], n
}

// hasFence reports whether a line may begin a fence inside of a list or a
// quote, or one that is indented.
func hasFence(line string) bool {
	_, n := fenceRun(strings.TrimLeft(line, " \t>-*+.)0123456789"))
	return n > 0
}
