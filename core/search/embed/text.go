package embed

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Chunk is a piece of a file, and what is known of it.
type Chunk struct {
	Path, Language, Symbol, Signature string
	Code                              string
}

// Text is what is embedded of a chunk: where it is and what it defines, and the code.
// What is beyond the limit of tokens is cut from its end.
func Text(c Chunk, most int) string {
	var b strings.Builder
	b.WriteString("File: " + c.Path + "\n")
	if c.Language != "" {
		b.WriteString("Language: " + c.Language + "\n")
	}
	if c.Symbol != "" {
		b.WriteString("In: " + c.Symbol + "\n")
	}
	if c.Signature != "" && !strings.Contains(c.Code, c.Signature) {
		b.WriteString(c.Signature + "\n")
	}
	b.WriteString("\n" + c.Code)
	return Cut(strings.ToValidUTF8(b.String(), "\uFFFD"), most)
}

// Cut cuts a text after so many tokens, as estimated by [Tokens].
func Cut(text string, most int) string {
	// No tokenizer in use makes more tokens than there are bytes.
	if most <= 0 || len(text) <= most {
		return text
	}
	n := 0
	for pos := 0; pos < len(text); {
		size, tokens := run(text[pos:])
		if n+tokens > most {
			return strings.TrimSuffix(text[:pos], " ") // which went with what is cut off
		}
		pos, n = pos+size, n+tokens
	}
	return text
}

// Tokens estimates how many tokens a text has. It errs on the side of too many:
// providers count in ways of their own.
func Tokens(text string) int {
	n := 0
	for pos := 0; pos < len(text); {
		size, tokens := run(text[pos:])
		pos, n = pos+size, n+tokens
	}
	return min(n, len(text))
}

// How many bytes a token has at least, by and large: of a word, of a word so long
// that it is none, and of a number.
const (
	wordBytes, noiseBytes, digitBytes = 4, 2, 3
	longestWord, longestRun           = 24, 64
)

// run takes the first run of like characters, and says how many tokens it is.
func run(text string) (size, tokens int) {
	first, width := utf8.DecodeRuneInString(text)
	of := classOf(first)
	size = width
	for size < len(text) && size < longestRun {
		r, w := utf8.DecodeRuneInString(text[size:])
		if of == mark || classOf(r) != of {
			break
		}
		size += w
	}
	switch of {
	case letter:
		if size > longestWord {
			return size, (size + noiseBytes - 1) / noiseBytes
		}
		return size, (size + wordBytes - 1) / wordBytes
	case digit:
		return size, (size + digitBytes - 1) / digitBytes
	case blank:
		if rest := text[size:]; size == 1 && first == ' ' && rest != "" && (rest[0] < '0' || rest[0] > '9') {
			return size, 0 // goes with the word after it
		}
		return size, 1
	default:
		return size, width
	}
}

type class int

const (
	letter class = iota
	digit
	blank
	mark
)

func classOf(r rune) class {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return letter
	case r >= '0' && r <= '9':
		return digit
	case unicode.IsSpace(r) && r < utf8.RuneSelf:
		return blank
	default:
		return mark
	}
}
