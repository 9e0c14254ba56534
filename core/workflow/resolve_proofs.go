package workflow

import "slices"

// proofs applies every change to a gate's proofs: those the gate's own entry
// adds or removes, then the changes for all gates, then the gate's own.
func (r *resolver) proofs(g *Gate) {
	var own []ProofOverride
	if i := slices.IndexFunc(r.o.Gates, func(o GateOverride) bool { return equalID(o.ID, g.ID) }); i >= 0 {
		own = r.o.Gates[i].Proofs
	}
	base := joinPath(keyGates, g.ID, keyProofs)
	for _, o := range own {
		i := slices.IndexFunc(g.Proofs, func(p Proof) bool { return p.Type == o.Type })
		switch {
		case o.Off && i < 0:
			r.fail(joinPath(base, o.Type), "gate %s does not ask for %s, so there is nothing to switch off", g.ID, o.Type)
		case o.Off:
			g.Proofs = slices.Delete(slices.Clone(g.Proofs), i, i+1)
		case i < 0:
			p := requires(o.Type)
			p.Thresholds = tierLimits(o.Type, r.w.Tier)
			g.Proofs = append(g.Proofs, p)
		}
	}
	for i := range g.Proofs {
		p := &g.Proofs[i]
		c := proofChange{r: r, gate: g.ID, proof: p, set: map[string]string{}}
		for _, o := range r.o.Proofs {
			if o.Type == p.Type {
				c.apply(o, joinPath(keyProofs, o.Type))
			}
		}
		for _, o := range own {
			if o.Type == p.Type && !o.Off {
				c.apply(o, joinPath(base, o.Type))
			}
		}
		c.finish()
	}
}

// proofChange is one proof while changes are applied to it.
type proofChange struct {
	r     *resolver
	gate  string
	proof *Proof
	// path is the key of the last change, for problems of the whole.
	path string
	// set holds the thresholds that were set, with the keys that did.
	set map[string]string
	// grade says that the grade was stated and is not to be derived.
	grade bool
}

// apply applies one change.
func (c *proofChange) apply(o ProofOverride, path string) {
	p := c.proof
	c.path = path
	if o.Command != nil {
		// A command brings its own report along.
		p.Command, p.Parser, p.Report = slices.Clone(o.Command), "", ""
	}
	if o.Parser != "" {
		p.Parser = o.Parser
	}
	if o.Report != "" {
		p.Report = o.Report
	}
	if o.Paths != nil {
		p.Paths = slices.Clone(o.Paths)
	}
	if o.MinBytes != nil {
		p.MinBytes = *o.MinBytes
	}
	if o.Timeout != 0 {
		p.Timeout = o.Timeout
	}
	if o.Grade != "" {
		p.Grade, c.grade = o.Grade, true
	}
	for _, t := range o.Thresholds {
		if t.Off {
			setLimit(&p.Thresholds, t.Name, nil)
			delete(c.set, t.Name)
			continue
		}
		setLimit(&p.Thresholds, t.Name, &t.Value)
		c.set[t.Name] = joinPath(path, keyThresholds, t.Name)
	}
}

// finish settles what follows from the changes and checks that they agree.
func (c *proofChange) finish() {
	if c.path == "" {
		return
	}
	p := c.proof
	kind, _ := LookupProofType(p.Type)
	if len(p.Command) == 0 {
		return
	}
	switch {
	case kind.PersonOnly:
		c.r.fail(joinPath(c.path, keyCommand), "%s is a person's word; no command can produce it", p.Type)
		return
	case !c.grade:
		p.Grade = GradeCaptured
	case p.Grade == GradeAttested:
		c.r.fail(joinPath(c.path, keyGrade),
			"%s at gate %s has a command, and its grade is attested, which a command cannot give; say captured, or leave out the command",
			p.Type, c.gate)
		return
	}
	if p.Parser == "" {
		p.Parser = ParserExit
	}
	c.judgeable()
}

// judgeable makes sure that every threshold can be judged from the report. A
// built-in one that cannot is dropped, which [Weakens] shows; one that the file
// sets is a contradiction.
func (c *proofChange) judgeable() {
	p := c.proof
	can := measureOf(p.Parser)
	for _, l := range p.Thresholds.Limits() {
		if measureFor(l.Name) == can {
			continue
		}
		path, stated := c.set[l.Name]
		switch {
		case stated:
			c.r.fail(path, "parser %s cannot tell %s; use %s", p.Parser, l.Name, orParsers(measureFor(l.Name)))
		case l.Name == limitCoverage:
			c.r.fail(joinPath(c.path, keyParser), "%s at gate %s must be at least %s %%, which parser %s cannot tell; use %s",
				p.Type, c.gate, number(l.Value), p.Parser, orParsers(measureCoverage))
		default:
			setLimit(&p.Thresholds, l.Name, nil)
		}
	}
}
