package redact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// TextMark stands where a text was taken out by [Text].
const TextMark = "[redacted]"

// Text finds one known text, also as URLs, base64 and JSON write it, and each
// longer line of it.
type Text struct {
	forms    []string
	replacer *strings.Replacer
}

// NewText returns a Text. The text must not be empty.
func NewText(text string) *Text {
	forms := variants(text)
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, TextMark)
	}
	return &Text{forms: forms, replacer: strings.NewReplacer(pairs...)}
}

// Replace returns s with the text replaced by [TextMark].
func (t *Text) Replace(s string) string { return t.replacer.Replace(s) }

// In reports whether the text is in what r yields.
func (t *Text) In(r io.Reader) (bool, error) {
	overlap := len(t.forms[0]) - 1
	buf := make([]byte, 0, pieceSize+2*overlap)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		for _, form := range t.forms {
			if bytes.Contains(buf, []byte(form)) {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("look for a text: %w", err)
		}
		if keep := min(len(buf), overlap); len(buf) > keep {
			buf = buf[:copy(buf[:keep], buf[len(buf)-keep:])]
		}
	}
}
