package cmd

import (
	"fmt"

	"github.com/layercake-dev/layercake/core"
)

// driftLines is how many files of a drift people are shown.
const driftLines = 10

// printDrift says what was committed since a gate's candidate.
func printDrift(p *printer, d *core.Drift) {
	if d == nil {
		return
	}
	p.blank()
	p.line("%s", yellow.of(driftHead(d)))
	for _, f := range d.Files[:min(driftLines, len(d.Files))] {
		p.line("  %-8s %s", f.Change, f.Path)
	}
	if more := d.Total - min(driftLines, len(d.Files)); more > 0 {
		p.line("  and %d more: `git diff --stat %.10s HEAD`", more, d.Candidate)
	}
	if d.Approved {
		p.line("The approval stands: it is about the candidate.")
	} else {
		p.line("The gate is decided on its candidate; `layercake gate present %s` takes HEAD.", d.Gate)
	}
}

func driftHead(d *core.Drift) string {
	commits, files := count(d.Commits, "commit"), count(d.Total, "file")
	text := fmt.Sprintf("Since the candidate %.10s of gate %s, %s changed %s that its proofs cover:", d.Candidate, d.Gate, commits, files)
	if d.Diverged {
		text = fmt.Sprintf("HEAD does not descend from the candidate %.10s of gate %s; %s that its proofs cover differ:", d.Candidate, d.Gate, files)
	}
	return text
}
