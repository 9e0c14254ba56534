package project

import (
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
)

// Limits on what people and agents write. They keep a single record readable
// and the log small; longer texts belong into documents.
const (
	maxTitle = 300    // characters
	maxBody  = 64_000 // bytes
	maxItems = 200    // entries of a list
)

// checker collects the first problem of a command's texts.
type checker struct{ err error }

// title trims and checks a one-line text that must not be empty.
func (c *checker) title(field string, s *string) {
	*s = strings.TrimSpace(*s)
	if c.err == nil && *s == "" {
		c.err = fault.Usage("missing_"+field, "%s is empty", field).
			WithHint("give it at least a word")
		return
	}
	c.line(field, s)
}

// line checks a one-line text.
func (c *checker) line(field string, s *string) {
	*s = strings.TrimSpace(*s)
	c.text(field, *s)
	switch {
	case c.err != nil:
	case strings.ContainsAny(*s, "\n\r"):
		c.err = fault.Usage("invalid_"+field, "%s has more than one line", field).
			WithHint("keep it to one line, and put the rest into the description")
	case utf8.RuneCountInString(*s) > maxTitle:
		c.err = fault.Usage("too_long", "%s has %d characters; at most %d fit", field, utf8.RuneCountInString(*s), maxTitle).
			WithHint("put the long text into the description")
	}
}

// body checks a text of any number of lines.
func (c *checker) body(field string, s *string) {
	*s = strings.TrimRight(strings.ReplaceAll(*s, "\r\n", "\n"), " \t\n")
	c.text(field, *s)
	if c.err == nil && len(*s) > maxBody {
		c.err = fault.Usage("too_long", "%s has %d bytes; at most %d fit", field, len(*s), maxBody).
			WithHint("register it as a document: `layercake doc add --help`")
	}
}

// required checks a text of any number of lines that must not be empty.
func (c *checker) required(field string, s *string) {
	c.body(field, s)
	if c.err == nil && strings.TrimSpace(*s) == "" {
		c.err = fault.Usage("missing_"+field, "%s is empty", field).
			WithHint("give it at least a word")
	}
}

// lines checks a list of one-line texts and drops empty ones.
func (c *checker) lines(field string, list *[]string) {
	kept := make([]string, 0, len(*list))
	for _, s := range *list {
		c.line(field, &s)
		if s != "" {
			kept = append(kept, s)
		}
	}
	if c.err == nil && len(kept) > maxItems {
		c.err = fault.Usage("too_long", "%s has %d entries; at most %d fit", field, len(kept), maxItems).
			WithHint("keep the most important ones")
	}
	*list = kept
}

func (c *checker) text(field, s string) {
	switch {
	case c.err != nil:
	case !utf8.ValidString(s):
		c.err = fault.Usage("invalid_"+field, "%s is not valid UTF-8", field).
			WithHint("save the text as UTF-8; `iconv -f LATIN1 -t UTF-8` converts it")
	case strings.ContainsRune(s, 0):
		c.err = fault.Usage("invalid_"+field, "%s contains a NUL character", field).
			WithHint("take the NUL out; `tr -d '\\000'` does")
	}
}

// check runs f over a checker and returns the first problem.
func check(f func(c *checker)) error {
	var c checker
	f(&c)
	return c.err
}
