package workflow

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core/fault"
)

// readGates reads the gates of the file, in its order.
func (r *reader) readGates(n *yaml.Node, path string) {
	r.gates = builtinGateIDs()
	for _, e := range r.entries(n, path, nil) {
		if o, ok := r.gate(e); ok {
			r.o.Gates = append(r.o.Gates, o)
		}
	}
}

// gate reads one gate: a built-in one that is changed, or one that is added.
func (r *reader) gate(e entry) (GateOverride, bool) {
	isBuiltin := contains(builtinGateIDs(), e.key)
	v, ok := r.deref(e.value)
	if !ok {
		return GateOverride{}, false
	}
	if !isBuiltin && !hasKey(v, keyAfter) {
		meant := ""
		if near := fault.Nearest(e.key, r.gates); near != "" {
			meant = fmt.Sprintf("did you mean %q? ", near)
		}
		r.add(at(e.keyNode), e.valuePath, "unknown gate %q; %sto add a gate, say which one it comes after (after: G6)", clip(e.key), meant)
		return GateOverride{}, false
	}
	if !isBuiltin && !isGateID(e.key) {
		r.add(at(e.keyNode), e.valuePath, "a gate's name is 1 to 16 capital letters, digits and hyphens, beginning with a letter, not %q", clip(e.key))
		return GateOverride{}, false
	}
	if isOff(v) {
		r.add(at(e.value), e.valuePath, "a gate cannot be switched off here; choose a smaller preset, set applies_when, or let a person skip it with a reason")
		return GateOverride{}, false
	}
	allowed := []string{keyTitle, keyQuestion, keyRoles, keyAppliesWhen, keyProofs, keyDeliverables}
	if !isBuiltin {
		allowed = append(allowed, keyAfter, keyPhase, keyNext)
	}
	o := GateOverride{ID: e.key}
	for _, part := range r.entries(v, e.valuePath, allowed) {
		r.gatePart(&o, part)
	}
	if !isBuiltin {
		r.gates = append(r.gates, e.key)
		if o.Title == "" {
			r.add(at(e.keyNode), e.valuePath, "gate %s is added here and needs a title", e.key)
		}
	}
	return o, true
}

// gatePart reads one key of a gate.
func (r *reader) gatePart(o *GateOverride, e entry) {
	switch e.key {
	case keyAfter:
		o.After = r.word(e.value, e.valuePath, "gate", r.gates)
	case keyTitle:
		o.Title = r.text(e.value, e.valuePath)
	case keyQuestion:
		o.Question = r.text(e.value, e.valuePath)
	case keyPhase:
		known := slices.DeleteFunc(texts(orderedPhases()), func(p string) bool { return p == string(PhaseCompleted) })
		o.Phase = Phase(r.word(e.value, e.valuePath, "phase", known))
	case keyNext:
		o.Next = r.next(e.value, e.valuePath)
	case keyRoles:
		o.Roles = r.roles(e.value, e.valuePath)
	case keyAppliesWhen:
		o.AppliesWhen = r.conditions(e.value, e.valuePath)
	case keyProofs:
		o.Proofs = r.proofs(e.value, e.valuePath, o.ID)
	case keyDeliverables:
		o.Deliverables = r.deliverables(e.value, e.valuePath, o.ID)
	}
}

// hasKey reports whether a mapping has a key.
func hasKey(n *yaml.Node, key string) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// isGateID reports whether s may name an added gate.
func isGateID(s string) bool {
	const most = 16
	for i, c := range s {
		letter := c >= 'A' && c <= 'Z'
		other := c >= '0' && c <= '9' || c == '-'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != "" && len(s) <= most
}

// next reads where a gate leads. It is never nil when the list was read.
func (r *reader) next(n *yaml.Node, path string) []Transition {
	items, ok := r.list(n, path, "[testing]")
	if !ok {
		return nil
	}
	out := make([]Transition, 0, len(items))
	for _, item := range items {
		v, ok := r.deref(item)
		if !ok {
			return nil
		}
		if v.Kind != yaml.MappingNode {
			if to := r.word(item, path, "phase", texts(orderedPhases())); to != "" {
				out = append(out, Transition{To: Phase(to)})
			}
			continue
		}
		var t Transition
		for _, e := range r.entries(v, path, []string{keyTo, keyWhen}) {
			switch e.key {
			case keyTo:
				t.To = Phase(r.word(e.value, e.valuePath, "phase", texts(orderedPhases())))
			case keyWhen:
				t.When = r.conditions(e.value, e.valuePath).normal()
			}
		}
		if t.To == "" {
			r.add(at(item), path, "an entry of %s needs a phase to go to (to: testing)", path)
			continue
		}
		out = append(out, t)
	}
	return out
}

// conditions reads facts with the values for which they hold, or the word
// always. It is never nil when it was read.
func (r *reader) conditions(n *yaml.Node, path string) Conditions {
	v, ok := r.deref(n)
	if !ok {
		return nil
	}
	if v.Kind == yaml.ScalarNode && v.Value == wordAlways {
		return Conditions{}
	}
	if v.Kind != yaml.MappingNode {
		r.add(at(n), path, "%s must be a mapping such as {has_ui: true}, or the word always, not %s", path, describe(v))
		return nil
	}
	out := Conditions{}
	for _, e := range r.entries(v, path, FactNames()) {
		known := FactValues(e.key)
		items := []*yaml.Node{e.value}
		if list, ok := r.deref(e.value); ok && list.Kind == yaml.SequenceNode {
			items = list.Content
		}
		var values []string
		for _, item := range items {
			if value := r.word(item, e.valuePath, e.key, known); value != "" {
				values = append(values, value)
			}
		}
		if len(items) == 0 {
			r.add(at(e.value), e.valuePath, "%s names no value, so that it could never hold; known are %s", e.valuePath, strings.Join(known, ", "))
			continue
		}
		out[e.key] = values
	}
	if norm := out.normal(); norm != nil {
		return norm
	}
	return out
}

// deliverables reads a mapping of deliverables.
func (r *reader) deliverables(n *yaml.Node, path, gate string) []DeliverableOverride {
	known := builtinDeliverables(gate)
	var out []DeliverableOverride
	for _, e := range r.entries(n, path, nil) {
		if !isSlug(e.key) {
			r.add(at(e.keyNode), e.valuePath, "a deliverable's name is lower-case letters, digits and hyphens, not %q", clip(e.key))
			continue
		}
		v, ok := r.deref(e.value)
		switch {
		case !ok:
			return out
		case isOff(v) && !contains(known, e.key):
			r.add(at(e.keyNode), e.valuePath, "gate %s asks for no deliverable %q, so there is nothing to switch off%s",
				gate, e.key, suggestion(e.key, known))
		case isOff(v):
			out = append(out, DeliverableOverride{ID: e.key, Off: true})
		case v.Kind != yaml.MappingNode:
			r.add(at(e.value), e.valuePath, "%s must be a mapping or the word off, not %s", e.valuePath, describe(v))
		default:
			out = append(out, r.deliverable(v, e))
		}
	}
	return out
}

// deliverable reads the changes to one deliverable.
func (r *reader) deliverable(n *yaml.Node, e entry) DeliverableOverride {
	o := DeliverableOverride{ID: e.key}
	for _, part := range r.entries(n, e.valuePath, []string{keyTitle, keyPath, keyRole, keyKind}) {
		switch part.key {
		case keyTitle:
			o.Title = r.text(part.value, part.valuePath)
		case keyPath:
			o.Path = r.relativePath(part.value, part.valuePath)
		case keyRole:
			o.Role = r.slug(part.value, part.valuePath)
		case keyKind:
			o.Kind = DeliverableKind(r.word(part.value, part.valuePath, "kind", texts(DeliverableKinds())))
		}
	}
	return o
}
