package outline

import (
	"strings"
	"unicode/utf8"
)

// signature is a piece of a file in one line of at most [MaxSignature] bytes,
// with its blanks collapsed.
func signature(text []byte) string {
	var b strings.Builder
	gap := false
	for len(text) > 0 {
		c := text[0]
		switch {
		case c == ' ', c == '\t', c == '\n', c == '\r', c == '\f', c == '\v', c == 0:
			gap = b.Len() > 0
			text = text[1:]
			continue
		case gap && !closesUp(c, b.String()):
			_ = b.WriteByte(' ')
		}
		gap = false
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			text = text[1:]
			continue
		}
		if b.Len()+size > MaxSignature {
			break
		}
		_, _ = b.Write(text[:size])
		text = text[size:]
	}
	return strings.TrimRight(b.String(), " ")
}

// closesUp tells whether a line break before c or after the text so far was only
// there to wrap a list of parameters.
func closesUp(c byte, before string) bool {
	return c == ')' || c == ']' || c == ',' || c == ';' || strings.HasSuffix(before, "(") || strings.HasSuffix(before, "[")
}
