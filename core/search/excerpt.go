package search

import (
	"strings"

	"github.com/layercake-dev/layercake/core/search/words"
)

// Marker finds in lines what a question asks for, to show why they were found.
type Marker struct {
	// stems are those of the question's words, whole its names of several parts.
	stems, whole map[string]bool
}

// Mark is a part of a line, in bytes.
type Mark struct{ From, To int }

// NewMarker returns a Marker of a question.
func NewMarker(question string) *Marker {
	m := &Marker{stems: map[string]bool{}, whole: map[string]bool{}}
	for _, t := range words.Question(question) {
		if t.Whole {
			m.whole[t.Text] = true
		} else {
			m.stems[t.Text] = true
		}
	}
	return m
}

// Marks returns the identifiers in a line that have a word of the question in them.
func (m *Marker) Marks(line string) []Mark {
	var spans []Mark
	m.look(line, func(at Mark, _ string) { spans = append(spans, at) })
	return spans
}

// wholeWorth is what a whole name weighs that was asked for, in words.
const wholeWorth = 3

// look calls found with each identifier that has a word of the question, which may
// come several times in a row, with a word each.
func (m *Marker) look(line string, found func(at Mark, word string)) {
	text, from := line, 0
	words.Scan([]byte(line), func(b []byte) {
		identifier := string(b)
		i := strings.Index(text[from:], identifier)
		if i < 0 {
			return
		}
		at := Mark{from + i, from + i + len(identifier)}
		from = at.To
		if whole := strings.ToLower(strings.Trim(identifier, "_")); m.whole[whole] {
			found(at, whole)
			return
		}
		for _, part := range words.Split(identifier) {
			if stem := words.Stem(part); m.stems[stem] {
				found(at, stem)
				return
			}
		}
	})
}

// Best returns which line of a text speaks most of the question, from 0 on: the
// one with the most of its words, and of several the first. The first line is what a
// definition begins with, and so it is taken when no other one says more.
func (m *Marker) Best(lines []string) int {
	best, most := 0, 0
	for i, line := range lines {
		if len(line) > longestShown {
			continue // nobody reads it
		}
		seen, worth := map[string]bool{}, 0
		m.look(line, func(_ Mark, word string) {
			switch {
			case seen[word]:
			case m.whole[word]:
				worth += wholeWorth
			default:
				worth++
			}
			seen[word] = true
		})
		if worth > most {
			best, most = i, worth
		}
	}
	return best
}

// longestShown is how long a line may be, in bytes, to be looked at or shown whole.
const longestShown = 1000

// Excerpt is the part of a text around a line.
func Excerpt(lines []string, at, around int) (from, to int) {
	return max(0, at-around), min(len(lines), at+around+1)
}
