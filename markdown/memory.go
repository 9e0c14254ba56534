package markdown

import (
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
)

// memory writes MEMORY.md.
func (r *renderer) memory(p *page) {
	p.title("Memory",
		"What was learnt and is worth keeping, by kind and oldest first. The text behind an id is its title, the quote below "+
			"is what was learnt. LayerCake writes this file anew; keep something with `layercake memory add`.")
	if len(r.Memories) == 0 {
		p.gap()
		p.line("Nothing has been kept yet.")
	}
	for _, kind := range r.memoryKinds() {
		p.section(inline(capital(human(kind)), inHeading))
		for i := range r.Memories {
			if m := &r.Memories[i]; m.Kind == kind {
				memoryRow(p, m)
			}
		}
	}
}

// memoryKinds lists the kinds that there are memories of, ours first.
func (r *renderer) memoryKinds() []string {
	var kinds, others []string
	for _, kind := range project.MemoryKinds() {
		if slices.ContainsFunc(r.Memories, func(m project.Memory) bool { return m.Kind == kind }) {
			kinds = append(kinds, kind)
		}
	}
	for i := range r.Memories {
		if kind := r.Memories[i].Kind; !slices.Contains(kinds, kind) && !slices.Contains(others, kind) {
			others = append(others, kind)
		}
	}
	slices.Sort(others)
	return append(kinds, others...)
}

func memoryRow(p *page, m *project.Memory) {
	id := shown(project.PrefixMemory, m.ShortID, m.ID)
	p.line(strings.TrimRight("- **"+id+"** "+inline(m.Title, inLine), " "))
	a := p.attributes(indentItem)
	a.add("scope", m.Scope)
	a.add("confidence", strconv.FormatFloat(m.Confidence, 'f', -1, 64))
	a.list("tags", m.Tags)
	a.list("links", m.Links)
	a.add("by", m.CreatedBy)
	a.add("on", day(m.CreatedAt))
	a.end()
	p.text(indentItem, "**retracted**", m.Retracted)
	p.quote(indentItem, m.Content)
}
