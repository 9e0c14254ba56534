package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Diff lists what differs between two workflows, in plain words and in the
// order of the new one, for a person who is asked to accept it. A nil workflow
// has no gates. Diff of equal workflows is empty, and it is empty only then.
func Diff(before, after *Workflow) []string {
	before, after = orEmpty(before), orEmpty(after)
	var d changes
	d.text("", "project type", string(before.Type), string(after.Type))
	d.text("", "preset", string(before.Preset), string(after.Preset))
	d.text("", "quality tier", string(before.Tier), string(after.Tier))
	d.text("", "policy for edits before their gate", string(before.Edits), string(after.Edits))
	for _, g := range before.Gates {
		if after.GateIndex(g.ID) < 0 {
			d.add("gate %s (%s) removed", g.ID, g.Title)
		}
	}
	for i, g := range after.Gates {
		old, ok := before.Gate(g.ID)
		if !ok {
			d.add("gate %s (%s) added%s", g.ID, g.Title, placeOf(after, i))
		}
		d.gate(old, g, ok)
	}
	d.order("order of gates", before.GateIDs(), after.GateIDs())
	return d
}

// orEmpty stands in for a workflow that does not exist yet.
func orEmpty(w *Workflow) *Workflow {
	if w == nil {
		return &Workflow{}
	}
	return w
}

// placeOf says where a gate stands.
func placeOf(w *Workflow, i int) string {
	if i == 0 {
		return ", the first"
	}
	return " after " + w.Gates[i-1].ID
}

// commonGates lists the gates of a that b has too, in a's order.
func commonGates(a, b *Workflow) []string {
	return slices.DeleteFunc(a.GateIDs(), func(id string) bool { return b.GateIndex(id) < 0 })
}

// changes collects differences.
type changes []string

func (d *changes) add(format string, args ...any) { *d = append(*d, fmt.Sprintf(format, args...)) }

// text records a changed text.
func (d *changes) text(subject, what, before, after string) {
	if before == after {
		return
	}
	if subject != "" {
		what = subject + ": " + what
	}
	switch {
	case before == "":
		d.add("%s %s", what, after)
	case after == "":
		d.add("%s no longer %s", what, before)
	default:
		d.add("%s %s -> %s", what, before, after)
	}
}

// gate records what differs between two states of a gate. The texts of a gate
// that was just announced as added are not repeated.
func (d *changes) gate(before, after Gate, existed bool) {
	if existed {
		d.text(after.ID, "id", before.ID, after.ID)
		d.text(after.ID, "title", quoted(before.Title), quoted(after.Title))
	}
	d.text(after.ID, "question", quoted(before.Question), quoted(after.Question))
	d.text(after.ID, "closes phase", string(before.Phase), string(after.Phase))
	d.text(after.ID, "leads to", transitionsText(before.Next), transitionsText(after.Next))
	d.text(after.ID, "responsible", strings.Join(before.Roles, ", "), strings.Join(after.Roles, ", "))
	d.text(after.ID, "applies only when", before.AppliesWhen.text(), after.AppliesWhen.text())
	for _, p := range before.Proofs {
		if _, ok := after.Proof(p.Type); !ok {
			d.add("%s: proof %s removed", after.ID, p.Type)
		}
	}
	for _, p := range after.Proofs {
		old, ok := before.Proof(p.Type)
		if !ok {
			d.add("%s: proof %s added (%s)", after.ID, p.Type, p.Grade)
			old.Grade = p.Grade
		}
		d.proof(after.ID+" "+p.Type, old, p)
	}
	d.deliverables(before, after)
	d.order(after.ID+": order of proofs", proofOrder(before), proofOrder(after))
	d.order(after.ID+": order of deliverables", deliverableOrder(before), deliverableOrder(after))
}

// order records that what two lists have in common stands in another order.
func (d *changes) order(what string, before, after []string) {
	missing := func(from []string) func(string) bool {
		return func(name string) bool { return !slices.Contains(from, name) }
	}
	old := slices.DeleteFunc(slices.Clone(before), missing(after))
	now := slices.DeleteFunc(slices.Clone(after), missing(before))
	if !slices.Equal(old, now) {
		d.add("%s %s -> %s", what, strings.Join(old, ", "), strings.Join(now, ", "))
	}
}

// proofOrder lists a gate's proof types in order.
func proofOrder(g Gate) []string {
	out := make([]string, len(g.Proofs))
	for i, p := range g.Proofs {
		out[i] = p.Type
	}
	return out
}

// deliverableOrder lists a gate's deliverables in order.
func deliverableOrder(g Gate) []string {
	out := make([]string, len(g.Deliverables))
	for i, d := range g.Deliverables {
		out[i] = d.ID
	}
	return out
}

// proof records what differs between two states of a proof.
func (d *changes) proof(subject string, before, after Proof) {
	d.text(subject, "grade", string(before.Grade), string(after.Grade))
	d.text(subject, "runs", argvText(before.Command), argvText(after.Command))
	d.text(subject, "parser", before.Parser, after.Parser)
	d.text(subject, "report", before.Report, after.Report)
	d.text(subject, "covers only", pathsText(before.Paths), pathsText(after.Paths))
	d.text(subject, "least size", bytesText(before.MinBytes), bytesText(after.MinBytes))
	d.text(subject, "time limit", secondsText(before.Timeout), secondsText(after.Timeout))
	for _, name := range ThresholdNames() {
		d.text(subject, name, limitText(before.Thresholds, name), limitText(after.Thresholds, name))
	}
}

// deliverables records what differs between a gate's deliverables.
func (d *changes) deliverables(before, after Gate) {
	for _, old := range before.Deliverables {
		if _, ok := after.Deliverable(old.ID); !ok {
			d.add("%s: deliverable %s removed", after.ID, old.ID)
		}
	}
	for _, now := range after.Deliverables {
		old, ok := before.Deliverable(now.ID)
		if !ok {
			d.add("%s: deliverable %s (%s) added", after.ID, now.ID, now.Title)
			old.Title, old.Kind = now.Title, now.Kind
		}
		subject := after.ID + " " + now.ID
		d.text(subject, "title", quoted(old.Title), quoted(now.Title))
		d.text(subject, "path", old.Path, now.Path)
		d.text(subject, "made by", old.Role, now.Role)
		d.text(subject, "kind", string(old.Kind), string(now.Kind))
	}
}

// quoted quotes a text that is there.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	return `"` + s + `"`
}

// argvText writes a command so that its words stay apart.
func argvText(argv []string) string {
	words := make([]string, len(argv))
	for i, w := range argv {
		words[i] = w
		if w == "" || strings.ContainsFunc(w, needsQuotes) {
			words[i] = fmt.Sprintf("%q", w)
		}
	}
	return strings.Join(words, " ")
}

// needsQuotes reports whether a character makes the bounds or the meaning of a
// word unclear to a reader.
func needsQuotes(r rune) bool { return r <= ' ' || r == '"' || r == '\'' || r == '\\' || r > '~' }

func pathsText(paths []string) string { return strings.Join(paths, ", ") }

func bytesText(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d bytes", n)
}

func secondsText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d s", n)
}

// limitText writes one threshold.
func limitText(t Thresholds, name string) string {
	v, ok := t.get(name)
	if !ok {
		return ""
	}
	return number(v)
}

// text writes conditions, sorted by fact.
func (c Conditions) text() string {
	parts := make([]string, 0, len(c))
	for _, name := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, name+" is "+strings.Join(c[name], " or "))
	}
	return strings.Join(parts, " and ")
}

// transitionsText writes where a gate leads.
func transitionsText(next []Transition) string {
	parts := make([]string, len(next))
	for i, t := range next {
		parts[i] = string(t.To)
		if len(t.When) > 0 {
			parts[i] += " (when " + t.When.text() + ")"
		}
	}
	return strings.Join(parts, ", then ")
}
