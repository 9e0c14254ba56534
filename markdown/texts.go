package markdown

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/project"
)

// placed holds what is shown around the records of one file: the texts of
// people by their anchors, and the conflicts by what they are about.
type placed struct {
	file      string
	texts     map[string]string
	conflicts map[string][]*project.SyncConflict
}

// placedIn collects what belongs into a file.
func (r *renderer) placedIn(file string) *placed {
	pl := &placed{file: file, texts: map[string]string{}, conflicts: map[string][]*project.SyncConflict{}}
	for _, t := range r.Texts {
		if t.File == file && strings.TrimSpace(t.Body) != "" {
			pl.texts[t.Anchor] = t.Body
		}
	}
	for i := range r.Conflicts {
		if c := &r.Conflicts[i]; c.File == file {
			pl.conflicts[c.Record] = append(pl.conflicts[c.Record], c)
		}
	}
	return pl
}

// has reports whether something is to be placed at an anchor.
func (pl *placed) has(anchor string) bool {
	return pl.texts[anchor] != "" || len(pl.conflicts[anchor]) > 0
}

// front writes what stands before the title.
func (p *page) front() {
	if body := p.placed.texts[KeyFront]; body != "" {
		delete(p.placed.texts, KeyFront)
		p.verbatim(body)
		p.gap()
	}
}

// place writes what people wrote behind the block with a key, and the conflicts
// over it that are not shown in a row.
func (p *page) place(key string) {
	if body := p.placed.texts[key]; body != "" {
		delete(p.placed.texts, key)
		p.gap()
		p.verbatim(apart(body, key, false))
		p.gap()
	}
	for _, c := range p.placed.conflicts[key] {
		p.gap()
		p.line(conflictText(c))
		p.gap()
	}
	delete(p.placed.conflicts, key)
}

// placeRest writes the texts whose anchors are gone.
func (p *page) placeRest() {
	anchors := make([]string, 0, len(p.placed.texts))
	for anchor := range p.placed.texts {
		anchors = append(anchors, anchor)
	}
	slices.Sort(anchors)
	for _, anchor := range anchors {
		body := p.placed.texts[anchor]
		if p.placed.file == fileDecisions && !ownSection(body) {
			p.gap()
			p.line("## ", notesTitle)
		}
		p.placed.texts[anchor] = apart(body, anchor, true)
		p.place(anchor)
	}
}

// ownSection reports whether a text begins a section that is no decision.
func ownSection(body string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(body, " \n"), "\n")
	title, ok := strings.CutPrefix(strings.TrimSpace(first), "## ")
	return strings.HasPrefix(first, "# ") || ok && strings.EqualFold(strings.TrimSpace(title), notesTitle)
}

// verbatim writes a text of people as it is.
func (p *page) verbatim(body string) {
	p.b.WriteString(body)
	if !strings.HasSuffix(body, "\n") {
		p.b.WriteByte('\n')
	}
}

// rowConflicts writes the conflicts over a record into its row.
func (p *page) rowConflicts(indent, key string) {
	for _, c := range p.placed.conflicts[key] {
		p.line(indent, "- ", conflictText(c))
	}
	delete(p.placed.conflicts, key)
}

// conflictText says what a conflict is about and how to settle it.
func conflictText(c *project.SyncConflict) string {
	theirs := "nothing"
	if s := strings.TrimSpace(c.Theirs); s != "" {
		theirs = `"` + inline(short(s), inLine) + `"`
	}
	reason := ""
	if c.Reason != "" {
		reason = " (" + inline(c.Reason, inLine) + ")"
	}
	id := prefixConflict + c.ID
	return fmt.Sprintf("**conflict %s**: %s here is as in the database; the file said %s%s. "+
		"`layercake sync resolve %s --ours` keeps what is here, `--theirs` takes what the file said.",
		id, inline(human(c.Field), inLine), theirs, reason, id)
}

// short returns the beginning of a text, in one line.
func short(s string) string {
	const fits = 80
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= fits {
		return s
	}
	return string([]rune(s)[:fits-1]) + "…"
}

// notes ends a file that is not read back: below its heading people write.
func (p *page) notes() {
	p.section(notesTitle)
	p.line(notesLine)
	p.place(prefixSection + SectionNotes)
	p.placeRest()
}

// conflictSection lists the open conflicts.
func (r *renderer) conflictSection(p *page) {
	if len(r.Conflicts) == 0 {
		return
	}
	p.section("Conflicts")
	p.line("Files and database say different things. The files show what is in the database; nothing of the other is lost.")
	p.gap()
	for i := range r.Conflicts {
		c := &r.Conflicts[i]
		p.line("- ", inline(c.File, inLine), ", ", inline(c.Record, inLine), ": ", conflictText(c))
	}
}

// Moves returns what has to be kept for the texts that were kept of a file to
// stand where a rendering has them. A text whose anchor went away, such as the
// one behind a task whose line was deleted, stands behind another block from
// then on; an empty body takes the old one away. Keep them before the edits of
// a person, who saw the texts where the rendering has them.
func (d *Document) Moves(kept []project.FileText) []project.FileText {
	var moves []project.FileText
	here := map[string]string{}
	for _, t := range d.Texts() {
		here[t.Anchor] = t.Body
	}
	for _, t := range kept {
		if t.File != d.Name || strings.TrimSpace(t.Body) == "" {
			continue
		}
		switch body, ok := here[t.Anchor]; {
		case !ok:
			moves = append(moves, project.FileText{File: d.Name, Anchor: t.Anchor})
		case body == t.Body:
			delete(here, t.Anchor)
		}
	}
	for _, t := range d.Texts() {
		if body, ok := here[t.Anchor]; ok {
			moves = append(moves, project.FileText{File: d.Name, Anchor: t.Anchor, Body: body})
		}
	}
	return moves
}
