package markdown

import (
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// content reads what stands below the first line of a record.
type content struct {
	*reader

	rec *Record
	// body collects what is no attribute and has no label.
	body *body
	// below is the id of a row that is indented below this one, and where it is.
	below   string
	belowAt int
}

func contentOf(r *reader, rec *Record) *content { return &content{reader: r, rec: rec, body: &body{}} }

// body is a text that stands there in parts: quotes and plain lines.
type body struct {
	parts []string
	plain []string
}

func (b *body) lines(lines []string) { b.plain = append(b.plain, lines...) }

// more takes lines behind something that is no part of the text: empty ones
// only once.
func (b *body) more(lines []string) {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" && (len(b.plain) == 0 || strings.TrimSpace(b.plain[len(b.plain)-1]) == "") {
		lines = lines[1:]
	}
	b.lines(lines)
}

func (b *body) quote(lines []string) {
	b.flush()
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	b.parts = append(b.parts, unquote(lines))
}

// flush ends a run of plain lines; empty ones around it do not count.
func (b *body) flush() {
	lines := b.plain
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	b.plain = nil
	outdent(lines)
	if len(lines) > 0 {
		b.parts = append(b.parts, unbody(lines))
	}
}

// outdent takes off what all lines are indented by, unless that makes them code:
// people indent lists by more than it takes.
func outdent(lines []string) {
	const code = 4 // blanks
	least := code
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			least = min(least, len(line)-len(strings.TrimLeft(line, " ")))
		}
	}
	if least == code {
		return
	}
	for i, line := range lines {
		lines[i] = line[min(least, len(line)):]
	}
}

// String returns the text, without blanks and empty lines at its end.
func (b *body) String() string {
	b.flush()
	return strings.TrimRight(strings.Join(b.parts, "\n\n"), " \t\n")
}

// fieldOfBody is the field that the text of a record without a label is.
func (c *content) fieldOfBody() string {
	switch c.rec.Kind {
	case core.KindTask:
		return fieldDescription
	case core.KindMemory:
		return fieldContent
	case core.KindDecision:
		return fieldDecision
	default:
		return fieldText
	}
}

// item reads what stands below the first line of a row.
func (c *content) item(p piece, n *ast.ListItem) {
	for i, q := range c.pieces(n, p.start, p.end) {
		switch inner := q.node.(type) {
		case *ast.ListItem:
			c.nested(q, inner, n.Offset)
		case *ast.Blockquote:
			c.body.quote(c.lines(q.start, q.end))
		default:
			lines := c.lines(q.start, q.end)
			if i == 0 {
				lines = lines[1:] // the first is the row's
			}
			c.body.lines(dedent(lines, n.Offset))
		}
	}
}

// done puts the collected text into its field, behind what is there already.
func (c *content) done() {
	field, s := c.fieldOfBody(), c.body.String()
	if old := c.rec.Fields[field]; old != "" && s != "" {
		s = old + "\n" + s
	}
	if s != "" {
		c.rec.Fields[field] = s
	}
}

// nested reads an item of a list in a record: attributes, a text with a label,
// a conflict, or part of the record's text.
func (c *content) nested(p piece, n *ast.ListItem, offset int) {
	list, _ := n.Parent().(*ast.List)
	if !isParagraph(n.FirstChild()) || list == nil || list.IsOrdered() {
		c.plain(p, offset)
		return
	}
	if h, ok := c.rowHead(n); ok && h.id != "" {
		c.below, c.belowAt = h.kind.Prefix()+h.id, p.start
		if h.box != 0 && h.kind == core.KindTask {
			c.indented = append(c.indented, hide{c.below, p.start})
		}
	}
	line := c.firstLine(n.FirstChild())
	switch id, ok := conflictID(line); {
	case ok:
		c.rec.Conflicts = append(c.rec.Conflicts, id)
	case c.labelled(p, n, line, offset+n.Offset):
	case c.attributes(p.start, line):
		c.body.more(dedent(c.lines(p.start, p.end)[1:], offset))
	default:
		c.plain(p, offset)
	}
}

// plain takes lines for the record's text.
func (c *content) plain(p piece, offset int) {
	lines := c.lines(p.start, p.end)
	c.body.lines(dedent(lines, offset))
	at := p.start
	for _, line := range lines {
		c.hidden(line, at)
		at += len(line) + 1
	}
}

// labelled reads a text with a label before it.
func (c *content) labelled(p piece, n *ast.ListItem, line string, offset int) bool {
	label, value, colon := strings.Cut(line, ":")
	if !colon && !strings.HasPrefix(line, "**") {
		return false
	}
	label, value = cutMarks(label, value)
	if c.v1 && strings.HasPrefix(label, "deferred past ") {
		return true
	}
	field, id, ok := labelOf(c.rec.Kind, label)
	if !ok {
		return false
	}
	if id != "" {
		c.put(p.start, fieldBlockedBy, cleanID(id, c.rec.Kind))
	}
	var b body
	for i, q := range c.pieces(n, p.start, p.end) {
		lines := c.lines(q.start, q.end)
		switch {
		case i == 0:
			b.lines(dedent(lines[1:], offset))
		case q.node.Kind() == ast.KindBlockquote:
			b.quote(lines)
		default:
			b.lines(dedent(lines, offset))
		}
	}
	first, rest := unline(strings.TrimSpace(value)), b.String()
	if first != "" && rest != "" {
		first += "\n"
	}
	c.put(p.start, field, first+rest)
	return true
}

// cutMarks takes the marks of bold and code off a label, whether they end
// before the colon or behind it.
func cutMarks(label, value string) (cleanLabel, cleanValue string) {
	if isWord(label) {
		return label, value
	}
	clean := strings.Trim(label, " \t*_`")
	if strings.HasPrefix(label, "**") && !strings.HasSuffix(label, "**") {
		value = strings.TrimPrefix(value, "**")
	}
	return strings.ToLower(strings.Join(strings.Fields(clean), " ")), value
}

// isWord reports whether a text is nothing but small letters.
func isWord(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// attributes reads a line of attributes. It returns false if none of them is
// one.
func (c *content) attributes(at int, line string) bool {
	var unknown []string
	found := false
	for _, seg := range splitAttributes(line, c.rec.Kind) {
		key, value, colon := strings.Cut(strings.TrimSpace(seg), ":")
		key, value = cutMarks(key, value)
		form, known := formOf(c.rec.Kind, key)
		switch {
		case colon && known:
			found = true
			c.attribute(at, key, value, form)
		case colon && c.v1 && slices.Contains(oldAttributes, key):
			found = true
		default:
			unknown = append(unknown, strings.TrimSpace(seg))
		}
	}
	if found && len(unknown) > 0 {
		c.body.lines([]string{"- " + strings.Join(unknown, " · ")})
	}
	return found
}

// attribute keeps one attribute.
func (c *content) attribute(at int, key, value string, f form) {
	value = strings.TrimSpace(value)
	switch f {
	case asName:
		value = unhuman(unline(value))
		if before, ok := strings.CutSuffix(value, ")"); ok && c.v1 && key == fieldPriority {
			value, _, _ = strings.Cut(before, "_(was_")
		}
	case asList:
		value = strings.Join(values(value), "\n")
	case asIDs:
		value = ids(value, c.rec.Kind)
	case asText:
		value = unline(value)
	}
	if c.rec.Kind == core.KindDecision && key == fieldStatus {
		if id, ok := strings.CutPrefix(value, "superseded_by_"); ok {
			c.put(at, fieldSupersededBy, cleanID(id[strings.LastIndexByte(id, '_')+1:], core.KindDecision))
			value = string(project.DecisionSuperseded)
		}
	}
	c.put(at, key, value)
}

// put keeps a value, and refuses two that differ.
func (c *content) put(at int, field, value string) {
	if old, twice := c.rec.Fields[field]; twice && old != value && c.below != "" {
		c.failIndented(hide{c.below, c.belowAt})
	} else if twice && old != value {
		c.fail(at, "duplicate_attribute", "the same record says "+field+" twice, and not the same", "keep the one that is right")
	}
	if value != "" {
		c.rec.Fields[field] = value
	}
}

// values reads a list of values.
func values(s string) []string {
	var list []string
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(unline(strings.TrimSpace(v))); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// ids reads a list of ids, between commas or blanks. Their order says nothing.
func ids(s string, kind core.Kind) string {
	list := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	for i := range list {
		list[i] = cleanID(unline(list[i]), kind)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "\n")
}

// cleanID writes an id that somebody typed as it is shown, and leaves alone
// what is none.
func cleanID(s string, kind core.Kind) string {
	if rest, ok := strings.CutPrefix(s, kind.Prefix()); ok && isID(rest) {
		return s
	}
	s = strings.Trim(s, "*_` ")
	if id, err := project.ParseID(kind.Prefix(), s); err == nil {
		return kind.Prefix() + id
	}
	return s
}

// dedent takes up to so many columns of blanks off the start of each line.
func dedent(lines []string, columns int) []string {
	const tab = 4
	for i, line := range lines {
		at := 0
		for at < columns && line != "" && (line[0] == ' ' || line[0] == '\t') {
			if line[0] == ' ' {
				at++
				line = line[1:]
				continue
			}
			next := at + tab - at%tab
			line = strings.Repeat(" ", max(0, next-columns)) + line[1:]
			at = next
		}
		lines[i] = line
	}
	return lines
}
