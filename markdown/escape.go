package markdown

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// place is where in a file a one-line text stands, and so which characters have
// a meaning there that the text must not have.
type place uint8

const (
	// inLine is the rest of a line that does not begin with the text.
	inLine place = 0
	// inHeading is the end of a heading, where closing #s would be dropped.
	inHeading place = 1 << iota
	// inCell is the cell of a table.
	inCell
	// inAttribute is one of several values that are separated by " · ", and by
	// people also by commas and semicolons.
	inAttribute
	// inList is one of several values that are separated by ", ".
	inList
	// atStart is the beginning of a list item, where a block could begin.
	atStart
)

// The characters that get a meaning from where they stand, as entities: they
// look the same when rendered, and `&` is written as one wherever a text would
// seem to hold an entity, so that reading back has one answer.
const (
	entityAmp       = "&amp;"
	entityLess      = "&lt;"
	entityPipe      = "&#124;"
	entityTick      = "&#96;"
	entityHash      = "&#35;"
	entityColon     = "&#58;"
	entityComma     = "&#44;"
	entitySemicolon = "&#59;"
	entityMiddle    = "&middot;"
	lineBreak       = "<br>"
)

// hiddenOpen begins the visible form of a hidden character: ⟨U+202E⟩. A text
// that holds these letters itself has the bracket written in that same form.
const (
	hiddenOpen  = "⟨U+"
	hiddenClose = "⟩"
)

// inline makes a text safe for one line. Code in backticks stays as it is;
// elsewhere, what would begin a tag or a comment, or has a meaning in the
// place, becomes an entity. A line break becomes <br>.
func inline(s string, at place) string {
	if plain(s) && at&atStart == 0 {
		return s
	}
	s = visible(strings.ReplaceAll(s, "\r\n", "\n"), false)
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	if at&atStart != 0 {
		s = escapeStart(&b, s)
	}
	for text, code := range spans(s, at.keepsCode) {
		if code {
			b.WriteString(text)
			continue
		}
		escapeLine(&b, text, at)
	}
	return closing(b.String(), at)
}

// plain reports whether no place needs anything changed in s.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= utf8.RuneSelf-1:
			return false
		case strings.IndexByte("<&`|,;#", c) >= 0:
			return false
		}
	}
	return true
}

// keepsCode reports whether code with this content can stand in the place as it is.
func (at place) keepsCode(code string) bool {
	switch {
	case strings.Contains(code, "\n"):
		return false
	case at&inCell != 0 && strings.Contains(code, "|"):
		return false
	case at&(inAttribute|inList) != 0 && strings.ContainsAny(code, "·,;"):
		return false
	}
	return true
}

// escapeLine writes text outside of code.
func escapeLine(b *strings.Builder, s string, at place) {
	for i, r := range s {
		switch {
		case r == '\n':
			b.WriteString(lineBreak)
		case r == '`':
			escapeTick(b, s, i)
		case r == '|' && at&inCell != 0:
			b.WriteString(entityPipe)
		case r == '·' && at&(inAttribute|inList) != 0:
			b.WriteString(entityMiddle)
		case r == ',' && (at&inList != 0 || at&inAttribute != 0 && isAttribute(keyBefore(s[i+1:]))):
			b.WriteString(entityComma)
		case r == ';' && at&inAttribute != 0 && isAttribute(keyBefore(s[i+1:])):
			b.WriteString(entitySemicolon)
		default:
			escapeCommon(b, s, i, r)
		}
	}
}

// escapeTick writes a backtick that belongs to no code. One behind a backslash
// means a backtick already.
func escapeTick(b *strings.Builder, s string, i int) {
	if escapedAt(s, i) {
		b.WriteByte('`')
		return
	}
	b.WriteString(entityTick)
}

// escapedAt reports whether the character at i has a backslash before it that
// is not itself behind one.
func escapedAt(s string, i int) bool {
	n := 0
	for i-n > 0 && s[i-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

// escapeStart writes what would begin a block at the start of s as an entity, and
// returns the rest of s.
func escapeStart(b *strings.Builder, s string) string {
	blanks := len(s) - len(strings.TrimLeft(s, " "))
	i := blockMarker(s[blanks:])
	if i < 0 {
		return s
	}
	i += blanks
	b.WriteString(s[:i])
	fmt.Fprintf(b, "&#%d;", s[i])
	return s[i+1:]
}

// blockMarker returns which character of s has to lose its meaning, so that s
// begins no heading, list, quote, fence, rule or definition; or -1.
func blockMarker(s string) int {
	if s == "" {
		return -1
	}
	switch c := s[0]; c {
	case '#', '>', '~', '=', '[':
		return 0
	case '-', '+', '*', '_':
		if len(s) == 1 || s[1] == ' ' || strings.Trim(s, string(c)+" ") == "" {
			return 0
		}
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')') {
		return digits
	}
	return -1
}

// escapeCommon writes a character for any place: < only if it would begin a
// tag, a comment or the like, & only if it would begin an entity.
func escapeCommon(b *strings.Builder, s string, i int, r rune) {
	switch {
	case r == '<' && beginsTag(s[i+1:]):
		b.WriteString(entityLess)
	case r == '&' && beginsEntity(s[i+1:]):
		b.WriteString(entityAmp)
	default:
		b.WriteRune(r)
	}
}

func beginsTag(rest string) bool {
	if rest == "" {
		return false
	}
	c := rest[0]
	return c == '!' || c == '?' || c == '/' || isLetter(c)
}

func beginsEntity(rest string) bool { return entityLength(rest) > 0 }

// entityLength returns how long the name of an entity and the semicolon behind
// it are at the start of a text, or 0.
func entityLength(s string) int {
	i := 0
	if strings.HasPrefix(s, "#") {
		i = 1
	}
	name := i
	for i < len(s) && (isLetter(s[i]) || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i == name || i == len(s) || s[i] != ';' {
		return 0
	}
	return i + 1
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// closing protects a # at the end of a heading.
func closing(s string, at place) string {
	if at&inHeading != 0 && strings.HasSuffix(s, "#") {
		return strings.TrimSuffix(s, "#") + entityHash
	}
	return s
}

// visible replaces characters that nobody sees, or that change what is seen of
// others, by their code points: a text must not read otherwise than it is.
// Joiners and direction marks stay, because emoji and scripts need them. Line
// breaks stay, and tabs do if asked for.
func visible(s string, tabs bool) string {
	if printable(s, tabs) {
		return s
	}
	hidden := func(r rune) bool { return r == utf8.RuneError || isHidden(r) && (r != '\t' || !tabs) }
	if strings.IndexFunc(s, hidden) < 0 && !strings.Contains(s, hiddenOpen) {
		return s
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		if r != utf8.RuneError && hidden(r) || strings.HasPrefix(s[i:], hiddenOpen) {
			fmt.Fprintf(&b, "%s%04X%s", hiddenOpen, r, hiddenClose)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// printable reports whether s is plain ASCII, the usual case.
func printable(s string, tabs bool) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' || c >= utf8.RuneSelf-1) && c != '\n' && (c != '\t' || !tabs) {
			return false
		}
	}
	return true
}

// isHidden reports whether a character is a control, sets the direction of
// others, has no width and no use between words, or carries letters that only
// machines see.
func isHidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r != '\n' && unicode.IsControl(r)
	}
	return unicode.IsControl(r) || unicode.Is(hiddenTable, r)
}

//nolint:gochecknoglobals,mnd // a fixed table of characters, never written to
var hiddenTable = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x180e, Hi: 0x180e, Stride: 1}, // Mongolian vowel separator
		{Lo: 0x200b, Hi: 0x200b, Stride: 1}, // zero width space
		{Lo: 0x2028, Hi: 0x202e, Stride: 1}, // separators, embeddings and overrides
		{Lo: 0x2060, Hi: 0x206f, Stride: 1}, // invisible operators, isolates
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, // byte order mark
		{Lo: 0xfff9, Hi: 0xfffb, Stride: 1}, // annotations
	},
	R32: []unicode.Range32{
		{Lo: 0xe0000, Hi: 0xe007f, Stride: 1}, // tags: ASCII that nobody sees
		{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}, // variation selectors that can carry bytes
	},
}
