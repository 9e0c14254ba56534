package workflow

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// renderHeader opens every file that [Render] writes.
const renderHeader = `# How this project departs from LayerCake's built-in workflow.
#
# It takes effect when a person accepts it: layercake trust
# The format is described by:               layercake help gates
#
# Commands are lists of words. They run without a shell in the project's root.
`

// renderExample is shown when there is nothing to write.
const renderExample = `#
# proofs:
#   test_output:
#     command: [make, test]
#     timeout: 10m
# gates:
#   G5:
#     deliverables:
#       runbook: {title: Runbook, path: docs/RUNBOOK.md}
`

// Render writes overrides as a workflow file. The same overrides give the same
// bytes, and [ParseOverrides] reads them back, all but the notes, which become
// comments.
func Render(o *Overrides) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(renderHeader)
	if o.Empty() {
		out.WriteString(renderExample)
		fmt.Fprintf(&out, "\n%s: %s\n", keyVersion, formatVersion)
		return out.Bytes(), nil
	}
	out.WriteString("\n")
	enc := yaml.NewEncoder(&out)
	const indent = 2
	enc.SetIndent(indent)
	if err := enc.Encode(renderRoot(o)); err != nil {
		return nil, fmt.Errorf("write the workflow as YAML: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write the workflow as YAML: %w", err)
	}
	return out.Bytes(), nil
}

// renderRoot writes the whole file.
func renderRoot(o *Overrides) *yaml.Node {
	root := newMapping()
	root.put(keyVersion, plain(formatVersion))
	if o.Edits != "" {
		root.put(keyEdits, scalar(string(o.Edits)))
	}
	if len(o.Proofs) > 0 {
		root.put(keyProofs, renderProofs(o.Proofs))
	}
	if len(o.Gates) > 0 {
		gates := newMapping()
		for _, g := range o.Gates {
			gates.put(g.ID, renderGate(g))
		}
		root.put(keyGates, gates.node())
	}
	return root.node()
}

// renderGate writes one gate.
func renderGate(g GateOverride) *yaml.Node {
	m := newMapping()
	m.text(keyAfter, g.After)
	m.text(keyTitle, g.Title)
	m.text(keyQuestion, g.Question)
	m.text(keyPhase, string(g.Phase))
	if g.Next != nil {
		m.put(keyNext, renderNext(g.Next))
	}
	if g.Roles != nil {
		m.put(keyRoles, flow(g.Roles))
	}
	if g.AppliesWhen != nil {
		m.put(keyAppliesWhen, renderConditions(g.AppliesWhen))
	}
	if len(g.Proofs) > 0 {
		m.put(keyProofs, renderProofs(g.Proofs))
	}
	if len(g.Deliverables) > 0 {
		list := newMapping()
		for _, d := range g.Deliverables {
			list.put(d.ID, renderDeliverable(d))
		}
		m.put(keyDeliverables, list.node())
	}
	return m.node()
}

// renderNext writes where a gate leads.
func renderNext(next []Transition) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, t := range next {
		if t.When == nil {
			list.Content = append(list.Content, scalar(string(t.To)))
			continue
		}
		m := newMapping()
		m.text(keyTo, string(t.To))
		m.put(keyWhen, renderConditions(t.When))
		list.Content = append(list.Content, m.node())
	}
	return list
}

// renderConditions writes conditions, sorted by fact.
func renderConditions(c Conditions) *yaml.Node {
	if len(c) == 0 {
		return scalar(wordAlways)
	}
	m := newMapping()
	for _, name := range slices.Sorted(maps.Keys(c)) {
		m.put(name, flow(c[name]))
	}
	node := m.node()
	node.Style = yaml.FlowStyle
	return node
}

// renderDeliverable writes one deliverable.
func renderDeliverable(d DeliverableOverride) *yaml.Node {
	if d.Off {
		return scalar(wordOff)
	}
	m := newMapping()
	m.text(keyTitle, d.Title)
	m.text(keyPath, d.Path)
	m.text(keyRole, d.Role)
	m.text(keyKind, string(d.Kind))
	return m.node()
}

// renderProofs writes proofs by type, each note above its proof.
func renderProofs(proofs []ProofOverride) *yaml.Node {
	m := newMapping()
	for _, p := range proofs {
		m.put(p.Type, renderProof(p))
		if p.Note != "" {
			m.comment("# " + strings.Join(strings.Fields(p.Note), " "))
		}
	}
	return m.node()
}

// renderProof writes one proof.
func renderProof(p ProofOverride) *yaml.Node {
	if p.Off {
		return scalar(wordOff)
	}
	m := newMapping()
	if p.Command != nil {
		m.put(keyCommand, flow(p.Command))
	}
	m.text(keyParser, p.Parser)
	m.text(keyReport, p.Report)
	if p.Paths != nil {
		m.put(keyPaths, flow(p.Paths))
	}
	if p.Timeout != 0 {
		m.put(keyTimeout, plain(strconv.Itoa(p.Timeout)+"s"))
	}
	m.text(keyGrade, string(p.Grade))
	if p.MinBytes != nil {
		m.put(keyMinBytes, plain(strconv.FormatInt(*p.MinBytes, 10)))
	}
	if len(p.Thresholds) > 0 {
		limits := newMapping()
		for _, t := range p.Thresholds {
			if t.Off {
				limits.put(t.Name, scalar(wordOff))
				continue
			}
			limits.put(t.Name, plain(number(t.Value)))
		}
		m.put(keyThresholds, limits.node())
	}
	return m.node()
}

// mapping builds a YAML mapping in a fixed order.
type mapping struct{ n *yaml.Node }

func newMapping() mapping { return mapping{n: &yaml.Node{Kind: yaml.MappingNode}} }

// node returns the mapping as it stands; an empty one is written as {}.
func (m mapping) node() *yaml.Node {
	if len(m.n.Content) == 0 {
		m.n.Style = yaml.FlowStyle
	}
	return m.n
}

func (m mapping) put(key string, value *yaml.Node) {
	m.n.Content = append(m.n.Content, scalar(key), value)
}

// text adds a key with a text, unless the text is empty.
func (m mapping) text(key, value string) {
	if value != "" {
		m.put(key, scalar(value))
	}
}

// comment writes a comment above the key that was added last.
func (m mapping) comment(text string) {
	const keyAndValue = 2
	m.n.Content[len(m.n.Content)-keyAndValue].HeadComment = text
}

// flow writes a list in one line.
func flow(words []string) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, w := range words {
		list.Content = append(list.Content, scalar(w))
	}
	return list
}

// plain writes a number or the like without quotes.
func plain(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: value} }

// scalar writes a text, in double quotes unless it is a plain word that YAML
// cannot take for anything else.
func scalar(value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	if !isPlain(value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// isPlain reports whether a text can stand without quotes: a word, perhaps with
// the hyphens of an option in front.
func isPlain(value string) bool {
	const hyphens = 2
	for range hyphens {
		value = strings.TrimPrefix(value, "-")
	}
	for i, c := range value {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '/'
		other := c >= '0' && c <= '9' || strings.ContainsRune("_-= ", c)
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return value != "" && !strings.HasSuffix(value, " ")
}
