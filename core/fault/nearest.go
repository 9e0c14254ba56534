package fault

import "strings"

// WithNearest sets the hint for a word that is none of the candidates: the
// nearest of them, if there is one, and the command that lists them all.
func (e *Error) WithNearest(word string, candidates []string, list string) *Error {
	if near := Nearest(word, candidates); near != "" {
		return e.WithHint("did you mean %s? `%s` shows them all", near, list)
	}
	return e.WithHint("run `%s`", list)
}

// Nearest returns the candidate that a person or a program most likely meant by
// a word that is none of them, or "" when none is near. Hints suggest it.
func Nearest(word string, candidates []string) string {
	const (
		most           = 64 // the cost grows with the square of the length, and nobody mistypes 64 letters
		leastPrefix    = 3
		lettersPerEdit = 3
	)
	if word == "" || len(word) > most {
		return ""
	}
	word = strings.ToLower(word)
	best, fewest := "", len(word)/lettersPerEdit+2
	for _, c := range candidates {
		lower := strings.ToLower(c)
		if len(word) >= leastPrefix && (strings.HasPrefix(lower, word) || strings.HasSuffix(lower, "_"+word)) {
			return c
		}
		if d := edits(word, lower); d < fewest {
			best, fewest = c, d
		}
	}
	if fewest >= len(best) {
		return "" // it shares nothing with the word
	}
	return best
}

// edits is the number of letters to insert, remove, replace or swap with their
// neighbour, to make one word of the other.
func edits(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
