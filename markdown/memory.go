package markdown

import (
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
)

// memory writes MEMORY.md.
func (r *renderer) memory(p *page) {
	p.title("Memory", introMemory)
	memories := slices.DeleteFunc(pointers(r.Memories), func(m *project.Memory) bool {
		return m.Unlisted && !p.placed.has(project.PrefixMemory+m.ID)
	})
	notes := r.listedNotes()
	if len(memories) == 0 && len(notes) == 0 {
		p.gap()
		p.line(noMemories)
	}
	p.place(KeyTop)
	for _, name := range append(project.MemoryKinds(), SectionOther) {
		of := slices.DeleteFunc(slices.Clone(memories), func(m *project.Memory) bool { return memorySection(m.Kind) != name })
		if len(of) == 0 && !p.placed.has(prefixSection+name) && !p.placed.has(prefixEnd+name) {
			continue
		}
		p.section(capital(human(name)))
		p.place(prefixSection + name)
		for _, m := range of {
			if !m.Unlisted {
				memoryRow(p, m)
			}
			p.place(project.PrefixMemory + m.ID)
		}
		p.place(prefixEnd + name)
	}
	p.section(notesTitle)
	p.place(prefixSection + SectionNotes)
	for _, n := range notes {
		noteLine(p, n)
		p.place(prefixNote + n.ID)
	}
	p.place(prefixEnd + SectionNotes)
}

// memorySection names the section of a kind.
func memorySection(kind string) string {
	if slices.Contains(project.MemoryKinds(), kind) {
		return kind
	}
	return SectionOther
}

func memoryRow(p *page, m *project.Memory) {
	id := project.PrefixMemory + m.ID
	p.line(strings.TrimRight("- **"+id+"** "+inline(m.Title, inLine), " "))
	a := p.attributes(indentItem)
	if memorySection(m.Kind) == SectionOther {
		a.add("kind", m.Kind)
	}
	a.add("scope", m.Scope)
	a.add("confidence", strconv.FormatFloat(m.Confidence, 'f', -1, 64))
	a.list("tags", m.Tags)
	a.list("links", m.Links)
	a.add("by", m.CreatedBy)
	a.add("on", day(m.CreatedAt))
	a.end()
	p.text(indentItem, "**retracted**", m.Retracted)
	p.rowConflicts(indentItem, id)
	p.quote(indentItem, m.Content)
}

// noteKind is the kind of notes that are shown; the others make up the progress
// log.
const noteKind = "note"

// listedNotes returns the notes that are shown, oldest first.
func (r *renderer) listedNotes() []*project.Note {
	notes := slices.DeleteFunc(pointers(r.Notes), func(n *project.Note) bool { return n.Kind != noteKind })
	slices.Reverse(notes)
	return notes
}

func noteLine(p *page, n *project.Note) {
	id := prefixNote + n.ID
	p.head(id, n.Text)
	a := p.attributes(indentItem)
	a.add("about", n.Subject)
	a.add("by", n.CreatedBy)
	a.add("on", day(n.CreatedAt))
	a.end()
	p.rowConflicts(indentItem, id)
	p.rest(n.Text)
}
