package markdown

import (
	"slices"

	"github.com/layercake-dev/layercake/core/project"
)

// waiting writes what is open besides tasks: blockers, questions, change
// requests, conditions and risks. What is dealt with is in the log.
func (r *renderer) waiting(p *page) {
	section(p, "Blockers", r.openBlockers(), blockerRow)
	section(p, "Open questions", open(r.Questions, func(q *project.Question) string { return q.Status }), questionRow)
	section(p, "Open change requests", open(r.Feedback, func(f *project.Feedback) string { return f.Status }), feedbackRow)
	section(p, "Open conditions", open(r.Conditions, func(c *project.Condition) string { return c.Status }), conditionRow)
	section(p, "Risks", r.liveRisks(), riskRow)
	section(p, "Constraints", pointers(r.Constraints), constraintRow)
}

// section writes a section with a row for each record; none leave it out.
func section[T any](p *page, title string, records []*T, row func(*page, *T)) {
	if len(records) == 0 {
		return
	}
	p.section(title)
	for _, record := range records {
		row(p, record)
	}
}

// open returns the records that nobody has dealt with.
func open[T any](records []T, status func(*T) string) []*T {
	return slices.DeleteFunc(pointers(records), func(record *T) bool { return status(record) != statusOpen })
}

func pointers[T any](records []T) []*T {
	list := make([]*T, len(records))
	for i := range records {
		list[i] = &records[i]
	}
	return list
}

// openBlockers returns the open blockers, worst first.
func (r *renderer) openBlockers() []*project.Blocker {
	list := open(r.Blockers, func(b *project.Blocker) string { return b.Status })
	rank := func(b *project.Blocker) int { return slices.Index(project.Severities(), b.Severity) }
	slices.SortStableFunc(list, func(a, b *project.Blocker) int { return rank(a) - rank(b) })
	return list
}

func blockerRow(p *page, b *project.Blocker) {
	p.line("- **", prefixBlocker, b.ID, "** ", inline(b.Title, inLine))
	a := p.attributes(indentItem)
	a.add("severity", b.Severity)
	a.add("gate", orElse(b.Gate, "all"))
	if b.Level >= levelPerson {
		a.add("with", "a person")
	}
	a.add("by", by(b.CreatedBy, b.CreatedAt))
	a.end()
	p.quote(indentItem, b.Description)
}

// levelPerson is the level of a blocker that was escalated to a person.
const levelPerson = 3

func questionRow(p *page, q *project.Question) {
	p.head(prefixQuestion+q.ID, q.Question)
	a := p.attributes(indentItem)
	a.add("kind", q.Kind)
	a.add("for", q.To)
	if q.Blocking {
		a.add("blocking", "yes")
	}
	a.list("options", q.Options)
	a.add("by", by(q.CreatedBy, q.CreatedAt))
	a.end()
	p.rest(q.Question)
}

// liveRisks returns the risks that are not closed.
func (r *renderer) liveRisks() []*project.Risk {
	return slices.DeleteFunc(pointers(r.Risks), func(k *project.Risk) bool { return k.Status == "closed" })
}

func riskRow(p *page, k *project.Risk) {
	p.line("- **", prefixRisk, k.ID, "** ", inline(k.Title, inLine))
	a := p.attributes(indentItem)
	a.add("status", k.Status)
	a.add("probability", k.Probability)
	a.add("impact", k.Impact)
	a.end()
	p.text(indentItem, "mitigation", k.Mitigation)
	p.text(indentItem, "note", k.Note)
	p.quote(indentItem, k.Description)
}

func constraintRow(p *page, c *project.Constraint) {
	p.line("- ", code(c.Key), ": ", inline(c.Value, inLine))
	a := p.attributes(indentItem)
	a.add("by", by(c.SetBy, c.SetAt))
	a.end()
	p.text(indentItem, "reason", c.Reason)
}
