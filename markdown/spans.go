package markdown

import (
	"iter"
	"strings"
)

// spans splits a text into code in backticks and the rest, as CommonMark reads
// it: a run of backticks begins code when a run of the same length follows, and
// a backslash before a run takes its first backtick away. In a web address
// there is no code. keep says whether
// code with some content is to count; what does not is part of the rest.
func spans(s string, keep func(content string) bool) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		start, i := 0, 0
		var last map[int]int // where the last run of a length is, once it is worth knowing
		for i < len(s) {
			switch {
			case s[i] == '\\':
				i = afterBackslash(s, i)
				continue
			case s[i] != '`':
				i++
				continue
			}
			n := runLength(s, i)
			end := -1
			if at, known := last[n]; last == nil || known && at >= i+n {
				end = closingRun(s, i+n, n)
			}
			switch {
			case end < 0:
				i += n
				if last == nil {
					last = lastRuns(s, i)
				}
				continue
			case inAddress(s[:i]) || !keep(s[i+n:end]):
				i = end + n
				continue
			}
			if start < i && !yield(s[start:i], false) {
				return
			}
			if !yield(s[i:end+n], true) {
				return
			}
			i = end + n
			start = i
		}
		if start < len(s) {
			yield(s[start:], false)
		}
	}
}

// inAddress reports whether what follows belongs to a web address. GitHub makes
// a link of everything up to the next blank, backticks and all.
func inAddress(before string) bool {
	word := strings.ToLower(before[strings.LastIndexAny(before, " \t")+1:])
	return strings.Contains(word, "://") || strings.Contains(word, "www.")
}

// afterBackslash returns the position after a backslash and the punctuation
// that it takes the meaning from.
func afterBackslash(s string, i int) int {
	if i+1 < len(s) && isPunctuation(s[i+1]) {
		return i + 2
	}
	return i + 1
}

// isPunctuation reports whether c is one of the ASCII characters that a
// backslash makes literal.
func isPunctuation(c byte) bool {
	return c > ' ' && c < 0x7f && !isLetter(c) && (c < '0' || c > '9')
}

// runLength returns how many times the character at i is repeated.
func runLength(s string, i int) int {
	n := 1
	for i+n < len(s) && s[i+n] == s[i] {
		n++
	}
	return n
}

// lastRuns returns where the last run of backticks of each length begins.
func lastRuns(s string, i int) map[int]int {
	last := map[int]int{}
	for {
		next := strings.IndexByte(s[i:], '`')
		if next < 0 {
			return last
		}
		i += next
		n := runLength(s, i)
		last[n] = i
		i += n
	}
}

// closingRun returns where a run of exactly n backticks begins at or after i,
// or -1.
func closingRun(s string, i, n int) int {
	for i < len(s) {
		next := strings.IndexByte(s[i:], '`')
		if next < 0 {
			return -1
		}
		i += next
		length := runLength(s, i)
		if length == n {
			return i
		}
		i += length
	}
	return -1
}

// doubtful reports whether the code in a line may not be what it seems: a run
// of backticks may pair up with one in another line, a bar inside of code ends
// the code when the line belongs to a table, and a bracket with a colon makes a
// definition of a link. The colon may be written as an entity.
func doubtful(line string) bool {
	for text, code := range spans(line, anyCode) {
		switch {
		case code && (strings.Contains(text, "|") || strings.Contains(text, "]:") || strings.Contains(text, "]&")):
			return true
		case code:
			continue
		}
		for i := range len(text) {
			if text[i] == '`' && !escapedAt(text, i) {
				return true
			}
		}
	}
	return false
}

func anyCode(string) bool { return true }
