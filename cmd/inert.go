package cmd

import (
	"strings"
	"unicode/utf8"
)

const (
	firstPicture   = '\u2400' // the picture of NUL; those of the others follow
	pictureOfDEL   = '\u2421'
	delete7        = 0x7f
	firstC1        = 0x80
	lastC1         = 0x9f
	lineSeparator  = '\u2028'
	paragraphBreak = '\u2029'
)

// inert makes text from elsewhere harmless on a terminal and keeps it on one
// line: control characters become their pictures, line breaks and tabs become
// spaces, and characters that reorder the text around them are shown as
// U+FFFD.
func inert(text string) string { return clean(text, "") }

// inertLines is [inert] for text of several lines, which stay lines.
func inertLines(text string) string {
	return clean(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

// clean makes text inert but for the characters to keep.
func clean(text, keep string) string {
	if isPlain(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(keep, r):
			return r
		case r == '\n', r == '\r', r == '\t', r == lineSeparator, r == paragraphBreak:
			return ' '
		case r < ' ':
			return firstPicture + r
		case r == delete7:
			return pictureOfDEL
		case r >= firstC1 && r <= lastC1, reorders(r):
			return utf8.RuneError
		}
		return r
	}, text)
}

// isPlain reports whether text is printable ASCII only, as nearly all is.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= delete7 {
			return false
		}
	}
	return true
}

// reorders reports whether r changes the direction of the text around it, by
// which a title could pretend to be something else.
func reorders(r rune) bool {
	switch {
	case r == '\u061c', r == '\u200e', r == '\u200f':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return false
}
