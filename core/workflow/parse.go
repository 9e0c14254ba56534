package workflow

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxOverridesSize is the most bytes that a workflow file may have.
const MaxOverridesSize = 256 << 10

// maxNodes bounds the values of a file after its aliases are written out, so
// that a few lines of nested aliases cannot become millions of values.
const maxNodes = 50_000

// The keys of a workflow file.
const (
	keyVersion      = "version"
	keyEdits        = "edits"
	keyProofs       = "proofs"
	keyGates        = "gates"
	keyAfter        = "after"
	keyTitle        = "title"
	keyQuestion     = "question"
	keyPhase        = "phase"
	keyNext         = "next"
	keyTo           = "to"
	keyWhen         = "when"
	keyRoles        = "roles"
	keyAppliesWhen  = "applies_when"
	keyDeliverables = "deliverables"
	keyGrade        = "grade"
	keyCommand      = "command"
	keyParser       = "parser"
	keyReport       = "report"
	keyPaths        = "paths"
	keyMinBytes     = "min_bytes"
	keyTimeout      = "timeout"
	keyThresholds   = "thresholds"
	keyPath         = "path"
	keyRole         = "role"
	keyKind         = "kind"
)

// The words that switch things off.
const (
	wordOff    = "off"
	wordAlways = "always"
)

// formatVersion is the version of the format.
const formatVersion = "1"

// ParseOverrides reads a workflow file:
//
//	version: 1
//	edits: block                  # off, warn or block
//	proofs:                       # at every gate that asks for them
//	  test_output:
//	    command: [go, test, -json, ./...]
//	    parser: gotest
//	    timeout: 10m
//	  coverage_report:
//	    command: [go, test, -coverprofile=.layercake/tmp/cover.out, ./...]
//	    parser: gocover
//	    report: .layercake/tmp/cover.out
//	    thresholds: {coverage: 85}
//	gates:
//	  G5:
//	    proofs:
//	      accessibility_scan: {command: [npx, pa11y-ci]}
//	      lint_output: off
//	    deliverables:
//	      runbook: {title: Runbook, path: docs/RUNBOOK.md, role: devops-engineer}
//	  LEGAL:
//	    after: G6
//	    title: Legal review
//	    applies_when: {deployment_mode: [required, optional]}
//	    proofs: {manual_verification: {}}
//
// It is strict: unknown keys, wrong types, duplicate keys and unknown names are
// errors. The error has code "workflow_invalid"; its details are a []Problem
// with every problem that was found, in the order of the file. file is the name
// used in errors. An empty file changes nothing.
func ParseOverrides(file string, data []byte) (*Overrides, error) {
	r := &reader{problems: problems{file: file}, o: &Overrides{file: file, at: map[string]position{}}}
	if len(data) > MaxOverridesSize {
		r.add(position{}, "", "the file has %d bytes; at most %d are read", len(data), MaxOverridesSize)
		return nil, r.err()
	}
	if root := r.document(data); root != nil {
		r.root(root)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.o, nil
}

// reader turns YAML nodes into overrides and collects problems on the way.
type reader struct {
	problems

	o *Overrides
	// nodes counts the values seen, aliases written out.
	nodes int
	// gates are the ids that gates of the file may come after so far.
	gates []string
}

// document parses the only document of a file. It returns nil when there is
// none or it cannot be read.
func (r *reader) document(data []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			r.syntax(err)
		}
		return nil
	}
	var second yaml.Node
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(err)
		return nil
	default:
		r.add(at(&second), "", "a second document begins here; a workflow file holds one")
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}

// syntax records an error of the YAML parser, which knows lines but no columns.
func (r *reader) syntax(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	place := position{line: 1, column: 1}
	if m := regexp.MustCompile(`^(?:(?:unmarshal errors|offset \d+):\s*)?line (\d+): `).FindStringSubmatch(text); m != nil {
		text = strings.TrimPrefix(text, m[0])
		if n, convErr := strconv.Atoi(m[1]); convErr == nil && n > 0 {
			place.line = n
		}
	}
	r.add(place, "", "not valid YAML: %s", text)
}

// at returns the place of a node.
func at(n *yaml.Node) position { return position{line: n.Line, column: n.Column} }

// deref follows aliases and counts. It returns false when the file has become
// too large, which is said once, or has more problems than anybody reads:
// looking on would only take time.
func (r *reader) deref(n *yaml.Node) (*yaml.Node, bool) {
	if r.full() {
		return nil, false
	}
	for {
		r.nodes++
		if r.nodes > maxNodes {
			if r.nodes == maxNodes+1 {
				r.add(at(n), "", "more than %d values once aliases are written out", maxNodes)
			}
			return nil, false
		}
		if n.Kind != yaml.AliasNode {
			return n, true
		}
		n = n.Alias
	}
}

// entry is one key of a mapping with its value.
type entry struct {
	key       string
	keyNode   *yaml.Node
	value     *yaml.Node
	valuePath string
}

// entries lists a mapping's keys and values. allowed lists the keys that may
// occur; nil means that the caller checks them. A value of null is an empty
// mapping: a section whose lines are all commented out.
func (r *reader) entries(n *yaml.Node, path string, allowed []string) []entry {
	n, ok := r.deref(n)
	if !ok || isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.add(at(n), path, "%s must be a mapping, not %s", where(path), describe(n))
		return nil
	}
	seen := map[string]int{}
	var out []entry
	for i := 0; i+1 < len(n.Content) && !r.full(); i += 2 {
		key, ok := r.deref(n.Content[i])
		if !ok {
			return nil
		}
		if key.Kind != yaml.ScalarNode {
			r.add(at(key), path, "a key must be a word, not %s", describe(key))
			continue
		}
		place := at(n.Content[i])
		if key.ShortTag() == "!!merge" {
			r.add(place, path, "merge keys (<<) are not supported; write the values out")
			continue
		}
		if line, dup := seen[key.Value]; dup {
			r.add(place, path, "key %q in %s is a duplicate; it stands first in line %d", key.Value, where(path), line)
			continue
		}
		seen[key.Value] = place.line
		if allowed != nil && !contains(allowed, key.Value) {
			r.add(place, path, "unknown key %q in %s%s", clip(key.Value), where(path), suggestion(key.Value, allowed))
			continue
		}
		sub := clip(key.Value)
		if path != "" {
			sub = joinPath(path, sub)
		}
		r.o.at[sub] = place
		out = append(out, entry{key: key.Value, keyNode: n.Content[i], value: n.Content[i+1], valuePath: sub})
	}
	return out
}

// root reads the whole file.
func (r *reader) root(n *yaml.Node) {
	for _, e := range r.entries(n, "", []string{keyVersion, keyEdits, keyProofs, keyGates}) {
		switch e.key {
		case keyVersion:
			if v, ok := r.deref(e.value); ok && v.Value != formatVersion {
				r.add(at(e.value), e.valuePath, "version must be %s, not %s", formatVersion, describe(v))
			}
		case keyEdits:
			r.o.Edits = EditPolicy(r.word(e.value, e.valuePath, "edit policy", texts(EditPolicies())))
		case keyProofs:
			r.o.Proofs = r.proofs(e.value, e.valuePath, "")
		case keyGates:
			r.readGates(e.value, e.valuePath)
		}
	}
}
