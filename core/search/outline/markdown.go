package outline

import (
	"bytes"
	"strings"
)

// markdown has headings, which hold what is below them up to the next one of
// their level.
func markdown(src []byte) File {
	m := &markdownReader{}
	at := 0
	number := 0
	for at < len(src) {
		end := len(src)
		if n := bytes.IndexByte(src[at:], '\n'); n >= 0 {
			end = at + n
		}
		number++
		m.line(bytes.TrimRight(src[at:end], " \t\r"), number)
		at = end + 1
	}
	m.endFence(number)
	m.close(0, number)
	return File{Symbols: m.symbols, Whole: m.whole}
}

type markdownReader struct {
	symbols []Symbol
	whole   []Span
	open    []heading
	fence   []byte // what ends the code, if there is some
	since   int
	before  []byte // the line before, when it may be a heading
	front   bool
}

type heading struct{ level, symbol int }

func (m *markdownReader) line(text []byte, number int) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if number == 1 && string(text) == "---" {
		m.front = true
		m.since = 1
		return
	}
	if m.front {
		if s := string(text); s == "---" || s == "..." {
			m.front = false
			m.whole = append(m.whole, Span{m.since, number})
		}
		return
	}
	spaces := len(text) - len(bytes.TrimLeft(text, " "))
	text = text[spaces:]
	switch {
	case m.fence != nil:
		if bytes.HasPrefix(text, m.fence) && len(bytes.Trim(text, string(m.fence[:1])+" ")) == 0 {
			m.endFence(number)
		}
		return
	case bytes.HasPrefix(text, []byte("```")), bytes.HasPrefix(text, []byte("~~~")):
		n := len(text) - len(bytes.TrimLeft(text, string(text[:1])))
		if text[0] == '~' || bytes.IndexByte(text[n:], '`') < 0 {
			m.fence, m.since = bytes.Clone(text[:n]), number
		}
	case spaces > 3:
	case len(text) > 0 && text[0] == '#':
		level := len(text) - len(bytes.TrimLeft(text, "#"))
		if rest := text[level:]; level <= 6 && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t') {
			m.heading(level, string(text), strings.TrimSpace(strings.TrimRight(strings.TrimSpace(string(rest)), "#")), number, number)
		}
	case len(m.before) > 0 && len(text) > 0 && len(bytes.Trim(text, "=")) == 0:
		m.heading(1, string(m.before), string(m.before), number-1, number)
	case len(m.before) > 0 && len(text) > 1 && len(bytes.Trim(text, "-")) == 0:
		m.heading(2, string(m.before), string(m.before), number-1, number)
	case len(text) > 0 && strings.IndexByte("-*+>|<", text[0]) < 0:
		if m.before == nil {
			m.before = bytes.Clone(text)
		}
		return
	}
	m.before = nil
}

func (m *markdownReader) endFence(number int) {
	if m.fence != nil && number > m.since {
		m.whole = append(m.whole, Span{m.since, number})
	}
	m.fence = nil
}

func (m *markdownReader) heading(level int, text, name string, line, end int) {
	m.close(level, line-1)
	name = strings.ToValidUTF8(name, "")
	if name == "" || len(name) > MaxName {
		return
	}
	parent := ""
	if n := len(m.open); n > 0 {
		parent = m.symbols[m.open[n-1].symbol].Qualified()
	}
	m.open = append(m.open, heading{level, len(m.symbols)})
	m.symbols = append(m.symbols, Symbol{
		Name: name, Kind: Heading, Parent: parent, Line: line, EndLine: end, DocLine: line, Signature: signature([]byte(text)), Exported: true,
	})
}

// close ends the headings of a level and those below it.
func (m *markdownReader) close(level, line int) {
	for n := len(m.open); n > 0 && m.open[n-1].level >= level; n-- {
		s := &m.symbols[m.open[n-1].symbol]
		s.EndLine = max(s.EndLine, line)
		m.open = m.open[:n-1]
	}
}
