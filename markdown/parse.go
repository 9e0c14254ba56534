package markdown

import (
	"bytes"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/layercake-dev/layercake/core/project"
)

// Parse reads a file of a project as blocks: what LayerCake wrote, the records
// in it, and what people wrote around them. It reads what people do to such
// files, and refuses what cannot be read without losing something; the errors
// name the file and the line:
//
//   - "invalid_encoding": the file is not UTF-8, or holds a NUL character
//   - "merge_markers": git left conflict markers in it
//   - "not_closed": a code fence or a comment swallows the rest of the file
//   - "cut_off": the file ends before its stamp, or in the middle of it
//   - "two_stamps": it holds two stamps, as when two versions were pasted together
//   - "duplicate_id": two records have the same id
//   - "duplicate_attribute": a record says the same thing twice, differently
//   - "indented_row": the row of a task is indented below another one
//   - "unknown_box": there is something in the box of a record but a blank or an x
func Parse(name string, content []byte) (*Document, error) {
	r := &reader{doc: &Document{Name: name}}
	src, err := r.source(content)
	if err != nil {
		return nil, err
	}
	front := frontMatter(src)
	if stamp, ok := ParseStamp(src); ok {
		r.v1 = stamp.Renderer == 1
	}
	r.head = bytes.Count(src[:front], []byte("\n"))
	r.outline = readOutline(src[front:])
	if err := r.refuse(); err != nil {
		return nil, err
	}
	build := r.plain
	switch name {
	case fileTasks:
		build = r.tasks
	case fileMemory:
		build = r.memories
	case fileDecisions:
		build = r.decisions
	}
	r.begin(BlockText, KeyFront, 0)
	build(r.outline.pieces(r.outline.root, 0, len(r.outline.src)))
	if r.err != nil {
		return nil, r.err
	}
	r.finish(content, src, front)
	r.listHidden()
	r.refuseIndented()
	if err := r.whole(); err != nil {
		return nil, err
	}
	return r.doc, nil
}

// reader is a file being read.
type reader struct {
	*outline

	doc *Document
	// section is the section that LayerCake wrote a heading of, and last the
	// last one there was; in between people may have begun one of their own.
	section, last string
	// region is the spot of all texts under a heading of people's own, and
	// fixed says that it is their spot even behind a record.
	region spot
	fixed  bool
	// spot is that of the last block that is no text.
	spot
	// ours says that a heading of LayerCake's is the nearest one.
	ours   bool
	titled bool
	starts []int
	seen   map[string]int
	hides  []hide
	// indented are the rows of tasks that stand in the row of another.
	indented []hide
	// v1 says that the file is of the first version.
	v1 bool
	// introduced says that the file has LayerCake's title and says below it
	// what can be edited.
	introduced bool
	// head is how many lines of front matter there are before the outline.
	head int
	err  error
}

// spot is where a text stands: behind the block with a key, or behind a record
// that has no id yet and comes after that block.
type spot struct {
	key    string
	behind *Record
}

// begin ends the block before and begins one at an offset.
func (r *reader) begin(kind BlockKind, key string, at int) *Block {
	if n := len(r.starts); n > 0 && r.starts[n-1] == at {
		r.starts = r.starts[:n-1] // nothing was in it
		r.doc.Blocks = r.doc.Blocks[:n-1]
	}
	r.starts = append(r.starts, at)
	r.doc.Blocks = append(r.doc.Blocks, Block{Kind: kind, Key: key, Section: r.section})
	if kind != BlockText {
		r.spot = spot{key: key}
	}
	return &r.doc.Blocks[len(r.doc.Blocks)-1]
}

// text takes a piece for a text of people at a spot.
func (r *reader) text(p piece, at spot) {
	if n := len(r.doc.Blocks); n > 0 {
		if last := &r.doc.Blocks[n-1]; last.Kind == BlockText && last.Key == at.key && last.behind == at.behind {
			return
		}
	}
	r.begin(BlockText, at.key, p.start).behind = at.behind
}

// anchor is where a text stands that begins no section of its own.
func (r *reader) anchor() spot {
	switch {
	case r.fixed:
		return r.region
	case r.key == "":
		return spot{key: KeyFront}
	}
	return r.spot
}

// endOfSection is the anchor of texts behind everything in the last section.
func (r *reader) endOfSection() string {
	switch {
	case r.last != "":
		return prefixEnd + r.last
	case r.key == "":
		return KeyFront
	}
	return KeyTop
}

// finish gives each block its lines.
func (r *reader) finish(content, src []byte, front int) {
	for i := range r.starts {
		r.starts[i] += front
	}
	if r.doc.Blocks[0].Key == KeyFront {
		r.starts[0] = 0
	} else if front > 0 {
		r.starts = slices.Insert(r.starts, 0, 0)
		r.doc.Blocks = slices.Insert(r.doc.Blocks, 0, Block{Kind: BlockText, Key: KeyFront})
	}
	blocks := r.doc.Blocks
	r.giveBlanks(src)
	line, raw, from := 1, 0, 0
	if r.doc.BOM {
		raw = len(bom)
	}
	rest := content[raw:]
	for i := range blocks {
		end := len(src)
		if i+1 < len(blocks) {
			end = r.starts[i+1]
		}
		lines := bytes.Count(src[from:end], []byte("\n"))
		blocks[i].Line = line
		n := end - from + carriageReturns(rest, lines, end == len(src))
		blocks[i].Raw = string(rest[:n])
		if i == 0 && r.doc.BOM {
			blocks[i].Raw = bom + blocks[i].Raw
		}
		if blocks[i].Record != nil {
			blocks[i].Record.Line = line
		}
		if blocks[i].Kind == BlockText {
			blocks[i].body = r.textBody(string(src[from:end]), spot{blocks[i].Key, blocks[i].behind})
		}
		rest, line, from = rest[n:], line+lines, end
	}
}

// giveBlanks gives empty lines that stand before a text to the text.
func (r *reader) giveBlanks(src []byte) {
	for i := 1; i < len(r.starts); i++ {
		if r.doc.Blocks[i].Kind != BlockText {
			continue
		}
		for at := r.starts[i]; at > r.starts[i-1]; r.starts[i] = at {
			at = bytes.LastIndexByte(src[:at-1], '\n') + 1
			if at <= r.starts[i-1] || len(bytes.TrimSpace(src[at:r.starts[i]])) > 0 {
				break
			}
		}
	}
}

// carriageReturns counts the carriage returns that were taken out of the next
// lines, or of all that is left.
func carriageReturns(rest []byte, lines int, all bool) int {
	n := 0
	for line := range bytes.Lines(rest) {
		if lines == 0 && !all {
			break
		}
		lines--
		if text, ended := bytes.CutSuffix(line, []byte("\n")); ended {
			n += len(text) - len(bytes.TrimRight(text, "\r"))
		}
	}
	return n
}

// textBody returns a text without the empty lines that separate it from what is
// around it: one on each side, so that those that a person added stay.
func (r *reader) textBody(s string, at spot) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	s = string(plainLines([]byte(s))) // the end of the last line, too
	if first, rest, _ := strings.Cut(s, "\n"); at.key != KeyFront && strings.TrimSpace(first) == "" {
		s = rest
	}
	if i := strings.LastIndexByte(s[:len(s)-1], '\n') + 1; strings.TrimSpace(s[i:]) == "" {
		s = s[:i]
	}
	if r.doc.Name == fileDecisions && (at.behind != nil || strings.HasPrefix(at.key, project.PrefixDecision)) && !ownSection(s) {
		s = "## " + notesTitle + "\n\n" + s // it stood behind the stamp, and is not to become part of the decision
	}
	return apart(s, at.key, at.behind != nil)
}

// apart keeps a text that begins with blanks from becoming part of the row
// before it. A heading that begins a section of its own loses them; otherwise a
// comment between the two separates them.
func apart(body, anchor string, behindNew bool) string {
	at := 0
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) != "" {
			break
		}
		at += len(line)
	}
	blanks := len(body[at:]) - len(strings.TrimLeft(body[at:], " \t"))
	switch {
	case blanks == 0:
		return body
	case strings.HasPrefix(anchor, prefixEnd) || strings.HasPrefix(anchor, project.PrefixDecision):
		return body[:at] + body[at+blanks:]
	case behindNew || anchor != KeyFront && anchor != KeyTop && !strings.HasPrefix(anchor, prefixSection):
		return "<!-- -->\n\n" + body
	}
	return body
}

// frontMatter returns how long the front matter at the start of a file is: data
// for other programs between two lines of --- or +++.
func frontMatter(src []byte) int {
	first, _, found := bytes.Cut(src, []byte("\n"))
	mark := string(bytes.TrimRight(first, " \t"))
	if !found || mark != "---" && mark != "+++" {
		return 0
	}
	at := len(first) + 1
	for line := range bytes.Lines(src[at:]) {
		at += len(line)
		if end := string(bytes.TrimRight(line, " \t\n")); end == mark || mark == "---" && end == "..." {
			return at
		}
	}
	return 0
}

// listHidden lists the rows that are no records though no record has their id.
func (r *reader) listHidden() {
	for _, h := range r.hides {
		if _, ok := r.seen[h.key]; !ok {
			line := r.head + bytes.Count(r.src[:h.at], []byte("\n")) + 1
			r.doc.Hidden = append(r.doc.Hidden, HiddenRow{Key: h.key, Line: line})
		}
	}
}

// top takes the file's own title and the paragraphs below it that say what
// the file is, and reports whether the piece is one of them.
func (r *reader) top(p piece, title string) bool {
	switch n := p.node.(type) {
	case *ast.Heading:
		if n.Level != 1 || r.titled || !strings.EqualFold(unline(r.firstLine(n)), title) {
			return false
		}
		r.titled = true
	case *ast.Paragraph:
		if r.key != "" && r.key != KeyTop || !isIntro(r.doc.Name, r.all[p.start:p.end]) {
			return false
		}
		r.introduced = r.introduced || r.titled && saysWhatCanBeEdited(r.doc.Name, r.all[p.start:p.end])
	default:
		return false
	}
	if n := len(r.doc.Blocks); n == 0 || r.doc.Blocks[n-1].Kind != BlockTop {
		r.section, r.last, r.ours, r.fixed, r.region = "", "", false, false, spot{}
		r.begin(BlockTop, KeyTop, p.start)
	}
	return true
}

// common takes pieces that mean the same in every file: stamps and conflicts
// over texts.
func (r *reader) common(p piece) bool {
	switch p.node.Kind() {
	case ast.KindHTMLBlock:
		return r.stamp(p)
	case ast.KindParagraph:
		id, ok := conflictID(r.firstLine(p.node))
		if !ok {
			return false
		}
		at := r.spot
		r.begin(BlockConflict, prefixConflict+id, p.start)
		r.spot = at // what follows stands behind what was before the conflict
		return true
	}
	return false
}

// stampOf reads the stamp that a piece is.
func (r *reader) stampOf(p piece) (Stamp, bool) {
	line, _, _ := bytes.Cut(r.src[r.lineStart(p.node):p.end], []byte("\n"))
	return parseStampLine(bytes.TrimSuffix(line, []byte("\r")))
}

// stamp takes the stamp.
func (r *reader) stamp(p piece) bool {
	s, ok := r.stampOf(p)
	if !ok {
		r.openComment(p)
		return false
	}
	if r.doc.Stamped {
		r.fail(p.start, "two_stamps", "two versions of the file seem to have been put together: this is the second stamp",
			"take out what was there twice, with its stamp")
	}
	r.doc.Stamp, r.doc.Stamped = s, true
	at := r.spot
	r.begin(BlockStamp, "stamp", p.start)
	r.spot = at
	return true
}
