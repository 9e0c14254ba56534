package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// Weakens lists, in plain words, everything in which resolved asks for less
// than base, so that a person sees it before accepting. It is empty when
// resolved asks for at least as much. base is the workflow without the
// project's changes, or the one that was accepted before.
func Weakens(base, resolved *Workflow) []string {
	base, resolved = orEmpty(base), orEmpty(resolved)
	var d changes
	if slices.Index(EditPolicies(), resolved.Edits) < slices.Index(EditPolicies(), base.Edits) {
		d.add("edits before their gate: %s instead of %s", resolved.Edits, base.Edits)
	}
	for _, before := range base.Gates {
		after, ok := resolved.Gate(before.ID)
		if !ok {
			d.add("gate %s (%s) is gone", before.ID, before.Title)
			continue
		}
		d.weakerGate(before, after)
	}
	if !slices.Equal(commonGates(base, resolved), commonGates(resolved, base)) {
		d.add("gates are passed in another order: %s instead of %s",
			strings.Join(commonGates(resolved, base), " "), strings.Join(commonGates(base, resolved), " "))
	}
	return d
}

// weakerGate records in what a gate asks for less.
func (d *changes) weakerGate(before, after Gate) {
	if !covers(after.AppliesWhen, before.AppliesWhen) {
		d.add("%s applies only when %s; before, %s", after.ID, after.AppliesWhen.text(), orAlways(before.AppliesWhen))
	}
	if before.Phase != after.Phase && PhaseIndex(after.Phase) < PhaseIndex(before.Phase) {
		d.add("%s closes %s instead of %s: later tasks no longer hold it up", after.ID, after.Phase, before.Phase)
	}
	for _, p := range before.Proofs {
		now, ok := after.Proof(p.Type)
		if !ok {
			d.add("%s no longer asks for %s", after.ID, p.Type)
			continue
		}
		d.weakerProof(after.ID+" "+p.Type, p, now)
	}
	for _, old := range before.Deliverables {
		now, ok := after.Deliverable(old.ID)
		switch {
		case !ok:
			d.add("%s no longer asks for the deliverable %s (%s)", after.ID, old.ID, old.Title)
		case old.Path != "" && now.Path == "":
			d.add("%s %s is no longer a file", after.ID, old.ID)
		}
	}
}

// weakerProof records in what a proof asks for less.
func (d *changes) weakerProof(subject string, before, after Proof) {
	if after.Grade.rank() < before.Grade.rank() {
		d.add("%s may be %s; before, it had to be %s", subject, after.Grade, before.Grade)
	}
	if measureOf(before.Parser) != measureNothing && measureOf(after.Parser) == measureNothing {
		d.add("%s is judged by the exit code alone; before, the report was read (%s)", subject, before.Parser)
	}
	if narrower(before.Paths, after.Paths) {
		d.add("%s covers only %s; before, %s", subject, pathsText(after.Paths), orAll(before.Paths))
	}
	if after.MinBytes < before.MinBytes {
		d.add("%s: least size %d instead of %d bytes", subject, after.MinBytes, before.MinBytes)
	}
	for _, l := range before.Thresholds.Limits() {
		now, ok := after.Thresholds.get(l.Name)
		switch {
		case !ok && len(after.Command) > 0 && measureOf(after.Parser) != measureFor(l.Name):
			d.add("%s: %s %s is no longer checked, because parser %s cannot tell", subject, l.Name, number(l.Value), after.Parser)
		case !ok:
			d.add("%s: %s %s is no longer checked", subject, l.Name, number(l.Value))
		case atLeast(l.Name) && now < l.Value, !atLeast(l.Name) && now > l.Value:
			d.add("%s: %s is %s instead of %s", subject, l.Name, number(now), number(l.Value))
		}
	}
}

// covers reports whether wide holds wherever narrow does.
func covers(wide, narrow Conditions) bool {
	for name, values := range wide {
		from := narrow[name]
		if from == nil {
			from = FactValues(name)
		}
		for _, v := range from {
			if !slices.Contains(values, v) {
				return false
			}
		}
	}
	return true
}

// narrower reports whether after leaves out a path that before had. Paths are
// prefixes; a folder includes what is in it.
func narrower(before, after []string) bool {
	if len(after) == 0 {
		return false
	}
	if len(before) == 0 {
		return true
	}
	for _, want := range before {
		if !slices.ContainsFunc(after, func(have string) bool {
			return want == have || strings.HasPrefix(want, strings.TrimSuffix(have, "/")+"/")
		}) {
			return true
		}
	}
	return false
}

// orAlways writes conditions in a sentence.
func orAlways(c Conditions) string {
	if len(c) == 0 {
		return "always"
	}
	return fmt.Sprintf("when %s", c.text())
}

// orAll writes paths in a sentence.
func orAll(paths []string) string {
	if len(paths) == 0 {
		return "the whole tree"
	}
	return pathsText(paths)
}
