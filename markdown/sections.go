package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/layercake-dev/layercake/core"
)

// notesTitle is the heading below which people write in files whose other
// headings mean something.
const notesTitle = "Notes"

// decisions reads DECISIONS.md, in which a heading of the second level begins a
// decision.
func (r *reader) decisions(pieces []piece) {
	var d *decisionReader
	end := func() {
		if d != nil {
			d.end()
		}
		d = nil
	}
	for _, p := range pieces {
		n, isHeading := p.node.(*ast.Heading)
		title := ""
		if isHeading {
			title = r.firstLine(n)
			isHeading = n.Level <= 2 && r.isATX(p)
		}
		switch {
		case r.top(p, "Decisions"):
		case d != nil && !isHeading:
			if _, ok := r.stampOf(p); ok && p.node.Kind() == ast.KindHTMLBlock {
				end()
				r.common(p)
				continue
			}
			d.piece(p)
		case r.common(p):
		case isHeading && n.Level == 2 && title != "" && !strings.EqualFold(title, notesTitle):
			end()
			d = r.decision(p, title)
		default:
			end()
			r.hiddenIn(p)
			r.text(p, r.anchor())
		}
	}
	end()
}

// isATX reports whether a heading is one of #s. What is underlined may as well
// be a sentence above a line, and so begins nothing.
func (r *reader) isATX(p piece) bool {
	return bytes.HasPrefix(bytes.TrimLeft(r.src[p.start:p.end], " "), []byte("#"))
}

// decision begins a decision.
func (r *reader) decision(p piece, title string) *decisionReader {
	rec := &Record{Kind: core.KindDecision, Fields: map[string]string{}}
	if kind, id, rest, ok := r.cutID(title); ok && kind == core.KindDecision {
		rec.ID, title = id, rest
		r.unique(rec, p.start)
	}
	rec.Fields[fieldTitle] = strings.TrimSpace(strings.ReplaceAll(unline(title), "\n", " "))
	r.record(rec, p)
	return &decisionReader{content: contentOf(r, rec), texts: map[string]*body{}, at: p.start}
}

// decisionReader reads the pieces of a decision.
type decisionReader struct {
	*content

	// part is the field that the part is, or "" before the first.
	part  string
	texts map[string]*body
	at    int
}

// piece reads the next piece.
func (d *decisionReader) piece(p piece) {
	switch n := p.node.(type) {
	case *ast.Heading:
		if field := partOf(d.firstLine(n)); n.Level > 2 && field != "" {
			d.part = field
			return
		}
	case *ast.Paragraph:
		if id, ok := conflictID(d.firstLine(n)); ok {
			d.rec.Conflicts = append(d.rec.Conflicts, id)
			return
		}
	case *ast.Blockquote:
		d.text().quote(d.lines(p.start, p.end))
		return
	case *ast.ListItem:
		if d.part == "" {
			d.body = d.text()
			d.nested(p, n, 0)
			return
		}
		if d.part == fieldAlternatives {
			d.text().flush()
			d.alternative(p, n)
			return
		}
	}
	d.text().lines(d.lines(p.start, p.end))
}

// text is where the text of the part goes.
func (d *decisionReader) text() *body {
	field := d.part
	if field == "" {
		field = fieldDecision
	}
	if d.texts[field] == nil {
		d.texts[field] = &body{}
	}
	return d.texts[field]
}

// alternative reads one alternative, which is one line whatever it was written
// on.
func (d *decisionReader) alternative(p piece, n *ast.ListItem) {
	line := ""
	if isParagraph(n.FirstChild()) {
		line = d.firstLine(n.FirstChild())
	}
	lines := d.lines(p.start, p.end)
	if line == "" {
		line = strings.TrimLeft(lines[0], " \t-*+")
	}
	d.text().parts = append(d.text().parts, unline(oneLineOf(append([]string{line}, lines[1:]...))))
}

// oneLineOf puts lines together in one.
func oneLineOf(lines []string) string {
	var words []string
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			words = append(words, line)
		}
	}
	return strings.Join(words, " ")
}

// end puts the texts into the record's fields.
func (d *decisionReader) end() {
	for field, b := range d.texts {
		s := b.String()
		if field == fieldAlternatives {
			list := make([]string, len(b.parts))
			for i, part := range b.parts {
				list[i] = oneLineOf(strings.Split(part, "\n"))
			}
			s = strings.Join(list, "\n")
		}
		if s != "" {
			d.rec.Fields[field] = s
		}
	}
}

// partOf returns the field that a heading in a decision begins, or "".
func partOf(title string) string {
	title = strings.ToLower(strings.TrimRight(strings.TrimSpace(title), ":"))
	switch title {
	case fieldContext, fieldDecision, fieldRationale, fieldAlternatives, fieldConsequences:
		return title
	}
	return ""
}

// plain reads a file that is written only: what people wrote stands below its
// last heading, or behind the stamp.
func (r *reader) plain(pieces []piece) {
	for _, p := range pieces {
		n, isHeading := p.node.(*ast.Heading)
		switch {
		case r.common(p):
		case isHeading && n.Level == 2 && r.key != prefixSection+SectionNotes && strings.EqualFold(r.firstLine(n), notesTitle):
			r.section = SectionNotes
			r.begin(BlockSection, prefixSection+SectionNotes, p.start)
		case r.section == "" && !r.doc.Stamped:
			if r.key == "" {
				r.begin(BlockTop, KeyTop, p.start)
			}
		case isParagraph(p.node) && r.doc.Blocks[len(r.doc.Blocks)-1].Kind == BlockSection &&
			oneLineOf(r.lines(p.start, p.end)) == notesLine:
		default:
			r.text(p, spot{key: prefixSection + SectionNotes})
		}
	}
}

// notesLine stands below the heading of what people wrote in files that are not
// read back.
const notesLine = "What you write below this line is yours: LayerCake keeps it as it is and does not read it."
