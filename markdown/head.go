package markdown

import (
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// head is the first line of a row: a box, an id and the rest, of which the
// first two may not be there.
type head struct {
	box  byte
	kind core.Kind
	id   string
	rest string
}

// rowHead reads the first line of an item of a list. It returns false if the
// item does not begin with text.
func (r *reader) rowHead(n *ast.ListItem) (head, bool) {
	first := n.FirstChild()
	if !isParagraph(first) {
		return head{}, false
	}
	line := r.firstLine(first)
	box, rest := cutBox(line)
	kind, id, after, ok := r.cutID(rest)
	switch {
	case ok:
		return head{box: box, kind: kind, id: id, rest: after}, true
	case box == ' ' || box == 'x':
		return head{box: box, rest: rest}, true
	}
	return head{rest: line}, true
}

// cutBox cuts a box off the start of a line and returns what is in it: a blank,
// an x, or whatever people put there. 0 means that there is no box.
func cutBox(line string) (box byte, rest string) {
	inner, ok := strings.CutPrefix(line, "[")
	if !ok {
		return 0, line
	}
	r, size := utf8.DecodeRuneInString(inner)
	if r == ']' {
		r, size = ' ', 0
	}
	rest, ok = strings.CutPrefix(inner[size:], "]")
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return 0, line
	}
	switch r {
	case 'X', 'x':
		box = 'x'
	case ' ', '\t':
		box = ' '
	default:
		box = '?'
		if r < utf8.RuneSelf {
			box = byte(r)
		}
	}
	return box, strings.TrimLeft(rest, " \t")
}

// cutID cuts an id off the start of a text. It is bold, unless it is whole and
// cannot be a word of the text.
func (r *reader) cutID(s string) (kind core.Kind, id, rest string, ok bool) {
	mark := ""
	for _, m := range []string{"**", "__"} {
		if after, found := strings.CutPrefix(s, m); found {
			mark, s = m, after
		}
	}
	if len(s) < len(project.PrefixTask) {
		return "", "", "", false
	}
	kind = kindOf(strings.ToLower(s[:2]))
	typed := s[2:]
	n := 0
	for n < len(typed) && (isLetter(typed[n]) || typed[n] >= '0' && typed[n] <= '9') {
		n++
	}
	typed, rest = typed[:n], typed[n:]
	if mark == "" {
		ok = wholeID(typed) && (rest == "" || strings.ContainsRune(" \t:", rune(rest[0])))
	} else if rest, ok = strings.CutPrefix(rest, mark); ok {
		ok = wholeID(typed) || r.shortID(typed)
	}
	if kind == "" || !ok {
		return "", "", "", false
	}
	id, err := typed, error(nil)
	if !isID(typed) {
		id, err = project.ParseID(kind.Prefix(), typed)
	}
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ":"))
	return kind, id, rest, err == nil
}

// kindOf returns the kind of record that a letter and hyphen stand for, or "".
func kindOf(prefix string) core.Kind {
	for _, k := range []core.Kind{core.KindTask, core.KindDecision, core.KindMemory, core.KindNote} {
		if prefix == k.Prefix() {
			return k
		}
	}
	return ""
}

// isID reports whether a word is a whole id as it is stored.
func isID(s string) bool {
	if len(s) != project.IDLength {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(project.IDAlphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// wholeID reports whether a word is as long as an id and made of the same
// characters.
func wholeID(s string) bool {
	return isID(s) || len(s) == project.IDLength && strings.Trim(strings.ToLower(s), project.IDAlphabet+"ilo") == ""
}

// shortID reports whether a word is the beginning of an id, which files of the
// first version have. Elsewhere it takes a digit, or it may be a word.
func (r *reader) shortID(s string) bool {
	s = strings.ToLower(s)
	return len(s) >= project.MinPrefix && len(s) < project.IDLength && strings.Trim(s, project.IDAlphabet) == "" &&
		(r.v1 || strings.ContainsAny(s, "0123456789"))
}

// prefixConflict is the letter before the ids of conflicts.
const prefixConflict = "x-"

// conflictID returns the id of the conflict that a line is about.
func conflictID(line string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "**conflict "+prefixConflict)
	if !ok {
		return "", false
	}
	id, _, ok := strings.Cut(rest, "**")
	return id, ok && wholeID(id)
}

// hiddenIn notes rows with ids in a piece that is no record.
func (r *reader) hiddenIn(p piece) {
	switch p.node.Kind() {
	case ast.KindHTMLBlock, ast.KindListItem, ast.KindParagraph:
	default:
		return
	}
	at := p.start
	for _, line := range r.lines(p.start, p.end) {
		r.hidden(line, at)
		at += len(line) + 1
	}
}

// hidden notes the row that a line looks like.
func (r *reader) hidden(line string, at int) {
	line = strings.TrimLeft(line, " \t")
	if i := strings.IndexAny(line, " \t"); i == 1 && strings.ContainsRune("-*+", rune(line[0])) {
		line = strings.TrimLeft(line[1:], " \t")
	}
	_, rest := cutBox(line)
	if kind, id, _, ok := r.cutID(rest); ok && strings.HasPrefix(rest, "*") {
		r.hides = append(r.hides, hide{kind.Prefix() + id, at})
	}
}

// hide is a row that is not read as one, and where it is.
type hide struct {
	key string
	at  int
}
