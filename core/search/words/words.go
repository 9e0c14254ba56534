// Package words turns source text and questions into the terms that code
// search compares: identifiers split at their seams, lower-cased, stemmed.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
)

// Limits of what becomes a term. Longer runs are keys, hashes and encoded
// data: nobody searches for them by meaning, and they would fill the index.
const (
	// Longest is the longest identifier that becomes one, in bytes.
	Longest = 96

	longestPart   = 40
	longestNumber = 8
)

// Scan calls f with every identifier and number of text, in order: runs of
// letters, digits and underscores. The slice is part of text and holds only
// during the call. Bytes that are not UTF-8 end a run.
func Scan(text []byte, f func(identifier []byte)) {
	for i := 0; i < len(text); {
		size := wordRune(text[i:])
		if size == 0 {
			i += skip(text[i:])

			continue
		}

		start := i
		for size > 0 {
			i += size
			size = wordRune(text[i:])
		}

		if i-start <= Longest {
			f(text[start:i])
		}
	}
}

// wordRune tells the length in bytes of the rune that text begins with, if it
// belongs to an identifier; 0 otherwise.
func wordRune(text []byte) int {
	if len(text) == 0 {
		return 0
	}

	c := text[0]
	if c < utf8.RuneSelf {
		if c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			return 1
		}

		return 0
	}

	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError && size <= 1 {
		return 0
	}

	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
		return size
	}

	return 0
}

// skip tells how far to go past a rune that is in no identifier.
func skip(text []byte) int {
	if text[0] < utf8.RuneSelf {
		return 1
	}

	_, size := utf8.DecodeRune(text)

	return size
}

// Expand gives the terms of one identifier: the stem of each of its parts,
// and, where it has several, the whole of it in lower case without
// underscores at its ends, so that an exact name outweighs its parts.
// "parseHTTPRequest" gives pars, http, request and parsehttprequest.
func Expand(identifier string) []string {
	parts := Split(identifier)
	terms := make([]string, 0, len(parts)+1)

	for _, part := range parts {
		if part = Stem(part); part != "" {
			terms = append(terms, part)
		}
	}

	if len(parts) > 1 {
		whole := strings.ToLower(strings.Trim(identifier, "_"))
		terms = append(terms, whole)
	}

	return terms
}

// Split cuts an identifier into its parts in lower case: at underscores, at
// the seams of camel case ("HTTPServer" is http, server), between letters and
// digits, and scripts without spaces into pairs of characters.
func Split(identifier string) []string {
	var parts []string

	runes := []rune(identifier)
	start := 0

	flush := func(end int) {
		if end > start {
			parts = appendPart(parts, runes[start:end])
		}

		start = end
	}

	for i := range runes {
		switch {
		case runes[i] == '_':
			flush(i)

			start = i + 1
		case i > start && seam(runes, i):
			flush(i)
		}
	}

	flush(len(runes))

	return parts
}

// seam tells whether a new part begins at runes[i].
func seam(runes []rune, i int) bool {
	before, here := runes[i-1], runes[i]

	switch {
	case unicode.IsDigit(before) != unicode.IsDigit(here):
		return true
	case unicode.IsLower(before) && unicode.IsUpper(here):
		return true
	case unicode.IsUpper(before) && unicode.IsUpper(here):
		// The last capital of a run belongs to the word after it, but for the
		// plural of an acronym: "URLs" is one part.
		return i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !plural(runes, i+1)
	default:
		return dense(before) != dense(here)
	}
}

// plural tells whether the lower-case letter at i is an acronym's s: alone,
// and at the end of its part.
func plural(runes []rune, i int) bool {
	return runes[i] == 's' && (i+1 == len(runes) || !unicode.IsLower(runes[i+1]))
}

// dense tells whether a script is written without spaces between words.
func dense(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// appendPart adds one part in lower case, or the pairs of a dense one, unless
// it is too long to be a word.
func appendPart(parts []string, part []rune) []string {
	switch {
	case dense(part[0]) && len(part) > 2:
		for i := 0; i+2 <= len(part); i++ {
			parts = append(parts, string(part[i:i+2]))
		}

		return parts
	case len(part) > longestPart, unicode.IsDigit(part[0]) && len(part) > longestNumber:
		return parts
	}

	return append(parts, strings.ToLower(string(part)))
}

// Stem reduces a lower-case English word to its stem by Porter's second
// algorithm (snowballstem.org/algorithms/english), so that "retries" and
// "retry" meet. Other words and short ones stay as they are.
func Stem(word string) string {
	const shortestToStem = 3
	if len(word) < shortestToStem {
		return word
	}

	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			return word
		}
	}

	return english.Stem(word, true)
}
