package chunk

import (
	"bytes"
	"strings"

	"github.com/layercake-dev/layercake/core/search/outline"
)

// How good it is to cut before a line. Depth makes a place worse by deeper for
// each definition that it is in, and indentation by one for two columns.
const (
	atDefinition = 100
	leastThere   = 60
	deeper       = 8
	atSmallOne   = 50 // a field, a constant, or so
	afterBlank   = 40
	anywhere     = 20
	deepest      = 15
	poorSize     = 30  // the chunk before the cut would be very small
	atClosing    = 30  // the line closes brackets and does little else
	within       = 100 // a comment or a string goes on there
)

// small are how many lines at most one of the lesser kinds has that does not
// stand for itself.
const small = 3

// weigh says for every line how good it is to cut before it.
func weigh(lines []line, src []byte, f outline.File, prose bool) {
	for i := range lines {
		l := &lines[i]
		if l.blank {
			continue
		}
		l.weight = anywhere
		if i > 0 && lines[i-1].blank {
			l.weight = afterBlank
		}
		if prose {
			continue
		}
		text := src[l.start:l.end]
		l.weight -= min(indent(text), 2*deepest) / 2
		if closes(text) {
			l.weight -= atClosing
			l.settled = true
		}
	}
	for _, s := range f.Whole {
		for at := max(0, s.Line); at < s.EndLine && at < len(lines); at++ {
			lines[at].weight -= within
			lines[at].settled = true
		}
	}
	weighSymbols(lines, f.Symbols)
}

// weighSymbols weighs the lines where definitions start, and those after their
// ends.
func weighSymbols(lines []line, symbols []outline.Symbol) {
	var open []int // the last lines of what the symbol is in
	for _, s := range symbols {
		for len(open) > 0 && open[len(open)-1] < s.EndLine {
			open = open[:len(open)-1]
		}
		weight := max(leastThere, atDefinition-deeper*len(open))
		if lesser(s.Kind) && s.EndLine-s.DocLine < small {
			weight = max(afterBlank, atSmallOne-2*len(open))
		}
		raise(lines, s.DocLine-1, weight)
		if !lesser(s.Kind) {
			raise(lines, s.EndLine, weight-deeper/2)
		}
		open = append(open, s.EndLine)
	}
}

// raise weighs the first line from at on that is not blank.
func raise(lines []line, at, weight int) {
	if at < 0 || at >= len(lines) || lines[at].next >= len(lines) {
		return
	}
	if l := &lines[lines[at].next]; !l.settled {
		l.weight = max(l.weight, weight)
	}
}

func lesser(k outline.Kind) bool {
	switch k {
	case outline.Field, outline.Member, outline.Property, outline.Constant, outline.Variable, outline.Type, outline.Section:
		return true
	default:
		return false
	}
}

// indent is the width of the blanks that a line starts with.
func indent(text []byte) int {
	const tab = 4
	width := 0
	for _, c := range text {
		switch c {
		case ' ':
			width++
		case '\t':
			width += tab
		default:
			return width
		}
	}
	return width
}

// closes tells whether a line starts with a closing bracket or its word.
func closes(text []byte) bool {
	text = bytes.TrimLeft(text, " \t")
	if len(text) == 0 {
		return false
	}
	switch text[0] {
	case '}', ')', ']':
		return true
	}
	word, ok := bytes.CutPrefix(text, []byte("end"))
	return ok && (len(word) == 0 || strings.IndexByte(" ,;.)", word[0]) >= 0)
}
