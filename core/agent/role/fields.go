package role

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// field is a setting of a role.
type field struct {
	name     string
	required bool
	about    string
	read     func(n *yaml.Node, name string)
}

// fields lists the settings.
func (r *reader) fields() []field {
	into := func(target *string) func(*yaml.Node, string) {
		return func(n *yaml.Node, name string) { *target = r.text(n, name) }
	}
	list := func(target *[]string, check func(word string) string) func(*yaml.Node, string) {
		return func(n *yaml.Node, name string) { *target = r.words(n, name, check) }
	}
	o := &r.role
	return []field{
		{"title", true, "what people call the role", into(&o.Title)},
		{"purpose", true, "one sentence that says what for", into(&o.Purpose)},
		{"phases", false, "", list(&o.Phases, checkPhase)},
		{"gates", false, "", list(&o.Gates, checkGate)},
		{"inputs", false, "", func(n *yaml.Node, name string) { o.Inputs = r.outputs(n, name) }},
		{"outputs", false, "", func(n *yaml.Node, name string) { o.Outputs = r.outputs(n, name) }},
		{"depends_on", false, "", list(&o.DependsOn, checkRole)},
		{"hands_off_to", false, "", list(&o.HandsOffTo, checkRole)},
		{"tools", true, "the toolsets and tools that it may use, such as [core, code]", list(&o.Tools, checkTool)},
		{"tier", false, "", r.tier},
		{"queue", false, "", func(n *yaml.Node, name string) { o.Queue = r.word(n, name, Queues()) }},
		{"time", false, "", r.time},
		{"proofs", false, "", list(&o.Proofs, checkProof)},
	}
}

// mapping returns the values of a mapping by their keys.
func (r *reader) mapping(n *yaml.Node, of string, known []string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.add(r.from+n.Line, of, "%s must be settings such as %q, not %s", named(of), known[0]+": …", describe(n))
		return nil
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			r.add(r.from+key.Line, of, "a setting's name must be a word, not %s", describe(key))
		case of == "" && key.Value == "id":
			r.add(r.from+key.Line, "id", "the id of a role is the name of its file; leave id out")
		case !slices.Contains(known, key.Value):
			r.add(r.from+key.Line, key.Value, "unknown field %q in %s%s", clip(key.Value), named(of), suggest(key.Value, known))
		case out[key.Value] != nil:
			r.add(r.from+key.Line, key.Value, "%s stands twice; it was first in line %d", key.Value, r.from+out[key.Value].Line)
		default:
			out[key.Value] = value
		}
	}
	return out
}

// text reads a piece of text in one line.
func (r *reader) text(n *yaml.Node, name string) string {
	line := r.from + n.Line
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || strings.TrimSpace(n.Value) == "":
		r.add(line, name, "%s must be text, not %s", name, describe(n))
		return ""
	case utf8.RuneCountInString(n.Value) > maxText:
		r.add(line, name, "%s has more than %d characters; longer texts go behind the settings", name, maxText)
		return ""
	}
	value := strings.Join(strings.Fields(n.Value), " ")
	for _, c := range value {
		if hidden(c) || !unicode.IsPrint(c) {
			r.add(line, name, "%s contains the character %U, which nobody can see", name, c)
			return ""
		}
	}
	return value
}

// word reads one of a few words.
func (r *reader) word(n *yaml.Node, name string, known []string) string {
	if n.Kind == yaml.ScalarNode && slices.Contains(known, n.Value) {
		return n.Value
	}
	r.add(r.from+n.Line, name, "%s must be one of %s, not %s", name, strings.Join(known, ", "), describe(n))
	return ""
}

// words reads a list of words. check returns what is wrong with one, or "".
func (r *reader) words(n *yaml.Node, name string, check func(string) string) []string {
	var out []string
	for i, item := range r.items(n, name) {
		at := fmt.Sprintf("%s[%d]", name, i+1)
		word := r.text(item, at)
		switch {
		case word == "":
		case slices.Contains(out, word):
			r.add(r.from+item.Line, at, "%s names %s twice", name, clip(word))
		default:
			if wrong := check(word); wrong != "" {
				r.add(r.from+item.Line, at, "%s: %s", name, wrong)
				continue
			}
			out = append(out, word)
		}
	}
	return out
}

// items returns the entries of a list.
func (r *reader) items(n *yaml.Node, name string) []*yaml.Node {
	switch {
	case n.Kind != yaml.SequenceNode:
		r.add(r.from+n.Line, name, "%s must be a list such as [one, two], not %s", name, describe(n))
		return nil
	case len(n.Content) > maxList:
		r.add(r.from+n.Line, name, "%s has %d entries; at most %d are read", name, len(n.Content), maxList)
		return nil
	}
	return n.Content
}

// outputs reads what goes in or comes out.
func (r *reader) outputs(n *yaml.Node, name string) []Output {
	var out []Output
	for i, item := range r.items(n, name) {
		at := fmt.Sprintf("%s[%d]", name, i+1)
		values := r.mapping(item, at, []string{"path", "shape", "gate", "deliverable"})
		if values == nil {
			continue
		}
		var o Output
		for key, target := range map[string]*string{"path": &o.Path, "shape": &o.Shape, "gate": &o.Gate, "deliverable": &o.Deliverable} {
			if v := values[key]; v != nil {
				*target = r.text(v, at+"."+key)
			}
		}
		if wrong := checkPath(o.Path); o.Path != "" && wrong != "" {
			r.add(r.from+values["path"].Line, at+".path", "%s.path: %s", at, wrong)
		}
		if wrong := checkGate(o.Gate); o.Gate != "" && wrong != "" {
			r.add(r.from+values["gate"].Line, at+".gate", "%s.gate: %s", at, wrong)
		}
		if values["shape"] == nil {
			r.add(r.from+item.Line, at+".shape", "%s has no shape: what is in it, in a sentence", at)
		}
		out = append(out, o)
	}
	return out
}

func (r *reader) tier(n *yaml.Node, name string) {
	if v, err := strconv.Atoi(n.Value); n.Kind == yaml.ScalarNode && err == nil && v >= TierFast && v <= TierPowerful {
		r.role.Tier = v
		return
	}
	r.add(r.from+n.Line, name, "%s must be 1 (fast), 2 (balanced) or 3 (powerful), not %s", name, describe(n))
}

func (r *reader) time(n *yaml.Node, name string) {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < minTime || d > maxTime {
		r.add(r.from+n.Line, name, "%s must be from 1m to 24h, such as 45m, not %s", name, describe(n))
		return
	}
	r.role.Time = d
}

func checkPhase(word string) string {
	var known []string
	for _, p := range workflow.Phases() {
		known = append(known, string(p))
	}
	if slices.Contains(known, word) {
		return ""
	}
	return fmt.Sprintf("unknown phase %q%s", clip(word), suggest(word, known))
}

// checkGate looks at the form alone: a project's workflow may have gates of its
// own.
func checkGate(word string) string {
	if regexp.MustCompile(`^[A-Z][A-Z0-9_-]{0,31}$`).MatchString(word) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of a gate, such as G5", clip(word))
}

func checkRole(word string) string {
	if ValidID(word) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of a role, such as qa-engineer", clip(word))
}

// checkTool looks at the form alone: the catalogue is not known here.
func checkTool(word string) string {
	if regexp.MustCompile(`^-?[a-z][a-z0-9]*(_[a-z0-9]+)*$`).MatchString(word) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of a toolset or tool, such as code or -undo_change", clip(word))
}

func checkProof(word string) string {
	if workflow.ValidProofType(word) {
		return ""
	}
	var known []string
	for _, t := range workflow.ProofTypes() {
		known = append(known, t.Name)
	}
	return fmt.Sprintf("unknown type of proof %q%s", clip(word), suggest(word, known))
}

func checkPath(word string) string {
	clean := path.Clean(word)
	if path.IsAbs(word) || strings.Contains(word, `\`) || clean == ".." || strings.HasPrefix(clean, "../") {
		return fmt.Sprintf("%q does not lie in the project's folder", clip(word))
	}
	return ""
}

// suggest says which word was probably meant, or which there are.
func suggest(word string, known []string) string {
	if near := fault.Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "; known are " + strings.Join(known, ", ")
}

// named names a part of the settings.
func named(of string) string {
	if of == "" {
		return "the settings"
	}
	return of
}

// describe says what a value is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "settings"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias (write the value out)"
	case yaml.ScalarNode:
		if n.ShortTag() == "!!null" {
			return "nothing"
		}
		return strconv.Quote(clip(n.Value))
	case yaml.DocumentNode:
	}
	return "something else"
}
