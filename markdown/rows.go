package markdown

import (
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// tasks reads TASKS.md.
func (r *reader) tasks(pieces []piece) {
	sections := map[string]string{}
	for _, phase := range append(workflow.Phases(), "") {
		sections[strings.ToLower(phaseTitle(phase))] = taskSection(phase)
	}
	r.list(pieces, "Tasks", sections)
}

// taskSection names the section of a phase.
func taskSection(p workflow.Phase) string {
	if !workflow.ValidPhase(p) {
		return SectionNone
	}
	return string(p)
}

// memories reads MEMORY.md.
func (r *reader) memories(pieces []piece) {
	sections := map[string]string{SectionNotes: SectionNotes, SectionOther: SectionOther}
	for _, kind := range project.MemoryKinds() {
		sections[human(kind)] = kind
	}
	r.list(pieces, "Memory", sections)
}

// list reads a file of sections with one row for each record. sections maps
// titles in lower case to names.
func (r *reader) list(pieces []piece, title string, sections map[string]string) {
	for _, p := range pieces {
		if r.top(p, title) || r.common(p) {
			continue
		}
		switch n := p.node.(type) {
		case *ast.Heading:
			r.heading(p, n, sections)
		case *ast.ListItem:
			r.item(p, n)
		default:
			r.hiddenIn(p)
			r.text(p, r.anchor())
		}
	}
}

// heading begins a section of LayerCake's, or one of somebody's own.
func (r *reader) heading(p piece, n *ast.Heading, sections map[string]string) {
	name, known := sections[strings.ToLower(strings.Join(strings.Fields(unline(r.firstLine(n))), " "))]
	switch {
	case known && n.Level == 2:
		r.section, r.last, r.ours, r.fixed = name, name, true, false
		r.begin(BlockSection, prefixSection+name, p.start)
		return
	case n.Level <= 2:
		r.section, r.ours = "", false
		r.region, r.fixed = spot{key: r.endOfSection()}, true
	case r.ours:
		r.ours = false
		r.region = r.anchor()
	}
	r.text(p, r.anchor())
}

// item takes an item of a list for a record or for a text.
func (r *reader) item(p piece, n *ast.ListItem) {
	if head, ok := r.rowHead(n); ok {
		kind := r.kindOfRow(&head)
		if kind != "" && (head.id != "" || r.ours && head.rest != "") {
			r.row(p, n, kind, &head)
			return
		}
	}
	r.hiddenIn(p)
	switch {
	case r.ours || r.fixed:
		r.text(p, r.anchor())
	case r.region.key != "":
		// An item below a heading of somebody's own would be taken for a new
		// record anywhere else, so it stays with that heading.
		r.text(p, r.region)
	default:
		r.text(p, spot{key: r.endOfSection()}) // the same without any heading
	}
}

// kindOfRow returns what a row of this file is, or "".
func (r *reader) kindOfRow(h *head) core.Kind {
	switch {
	case r.doc.Name == fileTasks && (h.id == "" || h.kind == core.KindTask):
		return core.KindTask
	case r.doc.Name != fileMemory:
		return ""
	case h.id != "" && (h.kind == core.KindMemory || h.kind == core.KindNote):
		return h.kind
	case h.id != "":
		return ""
	case r.section == SectionNotes:
		return core.KindNote
	}
	return core.KindMemory
}

// row reads a record.
func (r *reader) row(p piece, n *ast.ListItem, kind core.Kind, h *head) {
	rec := &Record{Kind: kind, ID: h.id, Section: r.section, Box: h.box, Fields: map[string]string{}}
	if h.id != "" {
		r.unique(rec, p.start)
	}
	if !strings.ContainsRune(" x\x00", rune(h.box)) {
		r.fail(p.start, "unknown_box", "the box ["+string(rune(h.box))+"] of "+rec.Key()+" is neither empty nor ticked",
			"write [ ] for a task that is open, or [x] for one that is done")
	}
	c := contentOf(r, rec)
	if kind == core.KindNote {
		c.put(p.start, fieldText, unline(h.rest))
	} else if title := strings.TrimSpace(strings.ReplaceAll(unline(h.rest), "\n", " ")); title != "" {
		rec.Fields[fieldTitle] = title
	}
	c.item(p, n)
	c.done()
	if kind == core.KindMemory && r.section != "" && r.section != SectionOther {
		rec.Fields[fieldKind] = r.section
	}
	r.record(rec, p)
}

// record begins a record.
func (r *reader) record(rec *Record, p piece) {
	before := r.spot
	r.begin(BlockRecord, rec.Key(), p.start).Record = rec
	if rec.ID == "" {
		r.spot = spot{key: before.key, behind: rec}
	}
}

// unique refuses an id that was there before.
func (r *reader) unique(rec *Record, at int) {
	if r.seen == nil {
		r.seen = map[string]int{}
	}
	if _, twice := r.seen[rec.Key()]; twice {
		r.fail(at, "duplicate_id", rec.Key()+" is in the file twice", "delete one of the two, or take the id away from the one that is new")
	}
	r.seen[rec.Key()] = at
}
