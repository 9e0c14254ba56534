package workflow

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// proofs reads a mapping of proof types. gate is the gate they belong to, or
// "" for the section that speaks of all gates.
func (r *reader) proofs(n *yaml.Node, path, gate string) []ProofOverride {
	var out []ProofOverride
	for _, e := range r.entries(n, path, nil) {
		if r.full() {
			return out
		}
		kind, ok := LookupProofType(e.key)
		if !ok {
			r.add(at(e.keyNode), e.valuePath, "unknown proof type %q%s", clip(e.key), suggestion(e.key, proofTypeNames()))
			continue
		}
		v, ok := r.deref(e.value)
		switch {
		case !ok:
			return out
		case isOff(v) && gate == "":
			r.add(at(e.value), e.valuePath, "a proof is switched off at one gate at a time: gates: {G5: {proofs: {%s: off}}}", e.key)
		case isOff(v):
			out = append(out, ProofOverride{Type: e.key, Off: true})
		case v.Kind == yaml.ScalarNode && !isNull(v):
			r.add(at(e.value), e.valuePath, "%s must be a mapping or the word off, not %s", e.valuePath, describe(v))
		default:
			out = append(out, r.proof(v, e.valuePath, kind))
		}
	}
	return out
}

// proof reads the changes to one proof.
func (r *reader) proof(n *yaml.Node, path string, kind ProofType) ProofOverride {
	o := ProofOverride{Type: kind.Name}
	allowed := []string{keyCommand, keyParser, keyReport, keyPaths, keyTimeout, keyGrade, keyMinBytes, keyThresholds}
	for _, e := range r.entries(n, path, allowed) {
		switch e.key {
		case keyCommand:
			if kind.PersonOnly {
				r.add(at(e.keyNode), e.valuePath, "%s is a person's word; no command can produce it", kind.Name)
				continue
			}
			o.Command = r.argv(e.value, e.valuePath)
		case keyParser:
			o.Parser = r.parser(e, kind)
		case keyReport:
			o.Report = r.relativePath(e.value, e.valuePath)
		case keyPaths:
			o.Paths = r.paths(e.value, e.valuePath)
		case keyTimeout:
			o.Timeout = r.seconds(e.value, e.valuePath)
		case keyGrade:
			o.Grade = Grade(r.word(e.value, e.valuePath, "grade", texts(Grades())))
			if o.Grade == GradeCaptured && kind.PersonOnly {
				r.add(at(e.value), e.valuePath, "%s is a person's word; it cannot be captured", kind.Name)
			}
		case keyMinBytes:
			if v, ok := r.count(e.value, e.valuePath); ok {
				o.MinBytes = &v
			}
		case keyThresholds:
			o.Thresholds = r.thresholds(e.value, e.valuePath)
		}
	}
	return o
}

// parser reads the name of a report format that suits the type of proof.
func (r *reader) parser(e entry, kind ProofType) string {
	name := r.word(e.value, e.valuePath, "parser", Parsers())
	switch {
	case name == "" || name == ParserExit || slices.Contains(kind.Parsers, name):
		return name
	case len(kind.Parsers) == 0:
		r.add(at(e.value), e.valuePath, "%s comes from no command, so there is nothing to parse", kind.Name)
	default:
		r.add(at(e.value), e.valuePath, "parser %s does not suit %s; use %s", name, kind.Name, strings.Join(kind.Parsers, ", "))
	}
	return ""
}

// thresholds reads limits, each a number or the word off.
func (r *reader) thresholds(n *yaml.Node, path string) []ThresholdOverride {
	var out []ThresholdOverride
	for _, e := range r.entries(n, path, ThresholdNames()) {
		v, ok := r.deref(e.value)
		if !ok {
			return out
		}
		if isOff(v) {
			out = append(out, ThresholdOverride{Name: e.key, Off: true})
			continue
		}
		if e.key == limitCoverage {
			if value, ok := r.percent(e.value, e.valuePath); ok {
				out = append(out, ThresholdOverride{Name: e.key, Value: value})
			}
			continue
		}
		if value, ok := r.count(e.value, e.valuePath); ok {
			out = append(out, ThresholdOverride{Name: e.key, Value: float64(value)})
		}
	}
	slices.SortFunc(out, func(a, b ThresholdOverride) int {
		return slices.Index(ThresholdNames(), a.Name) - slices.Index(ThresholdNames(), b.Name)
	})
	return out
}
