// Package chunk cuts files into the pieces that search finds.
package chunk

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/search/outline"
)

// Chunk is a piece of a file.
type Chunk struct {
	// StartLine and EndLine are counted from 1 and inclusive. Chunks share lines
	// only where a line is too long for one.
	StartLine, EndLine int
	// Start and End are where the text is in the file, in bytes. It is without the
	// blank lines around it and the line break at its end.
	Start, End int
	// Symbol is the qualified name of the innermost symbol that all of the chunk is
	// in, or else of the largest that the chunk defines; "" where there is none.
	// Kind and Signature are that symbol's.
	Symbol    string
	Kind      outline.Kind
	Signature string
	// Defines are the names that are defined in the chunk, in order, each once.
	// Fields and the members of enums are not among them.
	Defines []string
}

// Sizes of chunks in bytes.
const (
	// MaxSize is the size of the largest chunk.
	MaxSize = 1500
	// MinSize is below what a chunk is cut off only at a good place.
	MinSize = 200
	// TinySize is below what a chunk is cut off only where there is no other place.
	TinySize = 80
)

// Split cuts a file, whose outline is f, into chunks of at most [MaxSize] bytes,
// in order. They cover every line that is not blank exactly once. Cuts are made
// at the starts of definitions with their comments, at headings, at blank lines,
// and where the indentation is shallow, in this order; prose is not cut by
// indentation.
func Split(src []byte, f outline.File, prose bool) []Chunk {
	lines := cutLines(src)
	weigh(lines, src, f, prose)
	var chunks []Chunk
	for from := 0; from < len(lines); {
		if lines[from].blank {
			from++
			continue
		}
		if lines[from].end-lines[from].start > MaxSize {
			chunks = cutLine(chunks, src, lines[from], from+1)
			from++
			continue
		}
		to := next(lines, from)
		last := to - 1
		for lines[last].blank {
			last--
		}
		chunks = append(chunks, Chunk{
			StartLine: from + 1, EndLine: last + 1, Start: lines[from].start, End: lines[last].end,
		})
		from = to
	}
	name(chunks, f.Symbols)
	return chunks
}

// line is a line without its break.
type line struct {
	start, end int
	blank      bool
	weight     int  // how good it is to cut before it
	settled    bool // nothing makes it better
	next       int  // the first line from here on that is not blank
}

func cutLines(src []byte) []line {
	lines := make([]line, 0, bytes.Count(src, []byte{'\n'})+1)
	for start := 0; start < len(src); {
		end := len(src)
		if n := bytes.IndexByte(src[start:], '\n'); n >= 0 {
			end = start + n
		}
		text := bytes.TrimRight(src[start:end], " \t\r\f\v\x00")
		lines = append(lines, line{start: start, end: start + len(text), blank: len(bytes.TrimSpace(text)) == 0})
		start = end + 1
	}
	next := len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		if !lines[i].blank {
			next = i
		}
		lines[i].next = next
	}
	return lines
}

// next returns the line before which to cut a chunk that starts at from.
func next(lines []line, from int) int {
	best, weight := -1, 0
	at := from + 1
	for ; at < len(lines); at++ {
		if lines[at].blank {
			continue
		}
		if best < 0 || weigher(lines, from, at) >= weight {
			best, weight = at, weigher(lines, from, at)
		}
		if lines[at].end-lines[from].start > MaxSize {
			return best
		}
	}
	return len(lines)
}

// weigher is how good it is to cut before a line when the chunk starts at from.
func weigher(lines []line, from, at int) int {
	weight := lines[at].weight
	switch size := lines[at].start - lines[from].start; {
	case size < TinySize:
		return weight - within
	case size < MinSize:
		return weight - poorSize
	}
	return weight
}

// cutLine cuts a line that is too long.
func cutLine(chunks []Chunk, src []byte, l line, number int) []Chunk {
	for start := l.start; start < l.end; {
		end := min(start+MaxSize, l.end)
		if end < l.end {
			end = start + lastGood(src[start:end])
		}
		if len(bytes.TrimSpace(src[start:end])) > 0 {
			chunks = append(chunks, Chunk{StartLine: number, EndLine: number, Start: start, End: end})
		}
		start = end
	}
	return chunks
}

// lastGood returns where to cut the text of a long line: behind a blank, behind
// punctuation, or between two characters.
func lastGood(text []byte) int {
	half := len(text) / 2
	for _, marks := range []string{" \t", ";,>})]"} {
		if i := bytes.LastIndexAny(text, marks); i >= half {
			return i + 1
		}
	}
	end := len(text)
	for back := 1; back <= utf8.UTFMax && back < end; back++ {
		if utf8.RuneStart(text[end-back]) {
			if !utf8.FullRune(text[end-back:]) {
				return end - back
			}
			break
		}
	}
	return end
}

// name says what each chunk is in and what it defines.
func name(chunks []Chunk, symbols []outline.Symbol) {
	n := namer{symbols: symbols}
	for i := range chunks {
		c := &chunks[i]
		if i > 0 && c.StartLine == chunks[i-1].StartLine { // a further piece of a long line
			before := chunks[i-1]
			c.Symbol, c.Kind, c.Signature = before.Symbol, before.Kind, before.Signature
			continue
		}
		n.name(c)
	}
}

// namer goes through chunks and symbols side by side.
type namer struct {
	symbols []outline.Symbol
	at      int              // the first symbol that starts behind the chunks so far
	open    []outline.Symbol // those that hold the chunk's first line, outermost first
}

func (n *namer) name(c *Chunk) {
	n.open = slices.DeleteFunc(n.open, func(s outline.Symbol) bool { return s.EndLine < c.StartLine })
	var inside, largest outline.Symbol
	for _, s := range n.open {
		if s.EndLine >= c.EndLine {
			inside = s
		}
	}
	seen := map[string]bool{}
	for ; n.at < len(n.symbols) && n.symbols[n.at].Line <= c.EndLine; n.at++ {
		s := n.symbols[n.at]
		if s.EndLine > c.EndLine {
			n.open = append(n.open, s)
		}
		if s.Kind != outline.Field && s.Kind != outline.Member && !seen[s.Name] {
			seen[s.Name] = true
			c.Defines = append(c.Defines, s.Name)
		}
		if largest.Name == "" || size(s, c) > size(largest, c) {
			largest = s
		}
		if s.DocLine <= c.StartLine && s.EndLine >= c.EndLine {
			inside = s
		}
	}
	if inside.Name == "" {
		inside = largest
	}
	c.Symbol, c.Kind, c.Signature = inside.Qualified(), inside.Kind, inside.Signature
}

// size is how many of a chunk's lines are a symbol's.
func size(s outline.Symbol, c *Chunk) int {
	return min(s.EndLine, c.EndLine) - max(s.DocLine, c.StartLine)
}
