package markdown

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/util"
)

// What escape.go does to a text is undone here, and nothing else is: for every
// text, decoding what was written gives the text back, apart from line breaks
// of other systems, bytes that are not UTF-8 and, in quotes, empty lines at
// the end. Entities that people type themselves are read as well.

// unline reads a text of one line, in whatever place it stands. A line break is
// where a <br> stands.
func unline(s string) string {
	if !encoded(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for text, code := range spans(s, anyCode) {
		if code {
			b.WriteString(text)
			continue
		}
		for {
			before, after, found := strings.Cut(text, lineBreak)
			unentity(&b, before)
			if !found {
				break
			}
			b.WriteByte('\n')
			text = after
		}
	}
	return unvisible(b.String())
}

// encoded reports whether a text may hold something to decode.
func encoded(s string) bool {
	return strings.IndexByte(s, '&') >= 0 || strings.IndexByte(s, '<') >= 0 || strings.Contains(s, hiddenOpen)
}

// unbody reads a text of several lines, without what a quote puts before each.
func unbody(lines []string) string {
	body := strings.Join(lines, "\n")
	if !encoded(body) {
		return body
	}
	kind := classify(lines)
	var b strings.Builder
	b.Grow(len(body))
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		switch {
		case kind.fenced[i]:
			b.WriteString(line)
		case kind.code:
			for text, code := range spans(line, anyCode) {
				if code {
					b.WriteString(text)
				} else {
					unentity(&b, text)
				}
			}
		default:
			unentity(&b, line)
		}
	}
	return unvisible(b.String())
}

// unquote reads the lines of a block quote.
func unquote(lines []string) string {
	for i, line := range lines {
		line = strings.TrimPrefix(strings.TrimLeft(line, " \t"), ">")
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			line = line[1:]
		}
		lines[i] = line
	}
	return unbody(lines)
}

// unentity writes a text with what its entities stand for.
func unentity(b *strings.Builder, s string) {
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return
		}
		b.WriteString(s[:i])
		value, n := entity(s[i:])
		b.WriteString(value)
		s = s[i+n:]
	}
}

// entity returns what the entity at the start of s stands for and how long it
// is in s. What is no entity stands for itself.
func entity(s string) (value string, length int) {
	end := entityLength(s[1:])
	if end == 0 {
		return s[:1], 1
	}
	name := s[1:end]
	if number, ok := strings.CutPrefix(name, "#"); ok {
		if r, ok := entityNumber(number); ok {
			return string(r), end + 1
		}
		return s[:1], 1
	}
	if e, ok := util.LookUpHTML5EntityByName(name); ok {
		return string(e.Characters), end + 1
	}
	return s[:1], 1
}

func entityNumber(s string) (rune, bool) {
	base := 10
	if rest := strings.TrimLeft(s, "xX"); len(rest) == len(s)-1 {
		s, base = rest, 16
	}
	n, err := strconv.ParseInt(s, base, 32)
	r := rune(n)
	return r, err == nil && n > 0 && utf8.ValidRune(r)
}

// unvisible reads hidden characters that stand there by their code points.
func unvisible(s string) string {
	if !strings.Contains(s, hiddenOpen) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		before, after, found := strings.Cut(s, hiddenOpen)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if r, n, ok := codePoint(after); ok {
			b.WriteRune(r)
			s = after[n:]
			continue
		}
		b.WriteString(hiddenOpen)
		s = after
	}
}

// codePoint reads the digits behind [hiddenOpen] and the bracket that closes
// them, and returns how long both are.
func codePoint(s string) (r rune, length int, ok bool) {
	const least, most = 4, 6 // digits
	n := 0
	for n < len(s) && n <= most && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'A' && s[n] <= 'F') {
		n++
	}
	if n < least || n > most || !strings.HasPrefix(s[n:], hiddenClose) {
		return 0, 0, false
	}
	v, err := strconv.ParseInt(s[:n], 16, 32)
	r = rune(v)
	return r, n + len(hiddenClose), err == nil && utf8.ValidRune(r)
}
