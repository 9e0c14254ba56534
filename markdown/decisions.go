package markdown

import (
	"strings"

	"github.com/layercake-dev/layercake/core/project"
)

// decisions writes DECISIONS.md.
func (r *renderer) decisions(p *page) {
	p.title("Decisions", introDecisions)
	if len(r.Decisions) == 0 {
		p.gap()
		p.line(noDecisions)
	}
	p.place(KeyTop)
	for i := range r.Decisions {
		r.decisionSection(p, &r.Decisions[i])
		p.place(r.decision(r.Decisions[i].ID))
	}
}

func (r *renderer) decisionSection(p *page, d *project.Decision) {
	p.section(r.decision(d.ID) + ": " + inline(d.Title, inHeading))
	a := p.attributes("")
	status := human(d.Status)
	switch d.Status {
	case project.DecisionSuperseded:
		status += " by " + r.decision(d.SupersededBy)
	case project.DecisionReversed, project.DecisionProposed, project.DecisionAccepted:
	}
	a.add("status", status)
	a.add("gate", d.Gate)
	if old, ok := r.supersedes[d.ID]; ok {
		a.add("supersedes", r.decision(old))
	}
	a.add("by", d.CreatedBy)
	a.add("on", day(d.CreatedAt))
	a.end()
	if d.Status == project.DecisionReversed {
		p.text("", "**reversed**", orElse(d.ReversedReason, "no reason given"))
	}
	p.rowConflicts("", r.decision(d.ID))
	for _, part := range []struct{ title, body string }{
		{"Context", d.Context}, {"Decision", d.Decision}, {"Rationale", d.Rationale},
	} {
		p.quotePart(part.title, part.body)
	}
	if len(d.Alternatives) > 0 {
		p.part("Alternatives")
		for _, s := range d.Alternatives {
			p.line("- ", inline(s, atStart))
		}
	}
	p.quotePart("Consequences", d.Consequences)
}

// quotePart writes a part of a section that is one text; an empty one is left out.
func (p *page) quotePart(title, body string) {
	if strings.TrimSpace(body) == "" {
		return
	}
	p.part(title)
	p.quote("", body)
}
