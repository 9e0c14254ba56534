package workflow

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits on what a file may say.
const (
	maxText    = 500
	maxList    = 200
	maxSeconds = 24 * 60 * 60
	maxPercent = 100
)

// contains reports whether a list contains a word.
func contains(list []string, word string) bool { return slices.Contains(list, word) }

// isNull reports whether a value is left out or null.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// where names a part of the file for people.
func where(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

// clip shortens a word of the file for an error.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// describe says what a value is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if isNull(n) {
			return "nothing"
		}
		return strconv.Quote(clip(n.Value))
	case yaml.DocumentNode, yaml.AliasNode:
		return "something else"
	default:
		return "something else"
	}
}

// isOff reports whether a value is the word that switches something off.
func isOff(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == wordOff }

// text reads a piece of text in one line.
func (r *reader) text(n *yaml.Node, path string) string {
	n, ok := r.deref(n)
	if !ok {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || strings.TrimSpace(n.Value) == "" {
		r.add(at(n), path, "%s must be text, not %s", path, describe(n))
		return ""
	}
	return r.printable(n, path)
}

// printable refuses text that is long or would disturb a terminal or a page.
func (r *reader) printable(n *yaml.Node, path string) string {
	if utf8.RuneCountInString(n.Value) > maxText {
		r.add(at(n), path, "%s has more than %d characters", path, maxText)
		return ""
	}
	for _, c := range n.Value {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			r.add(at(n), path, "%s contains the character %U, which cannot be shown", path, c)
			return ""
		}
	}
	return n.Value
}

// word reads one of a closed set of words.
func (r *reader) word(n *yaml.Node, path, what string, known []string) string {
	n, ok := r.deref(n)
	if !ok {
		return ""
	}
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.add(at(n), path, "%s must be one of %s, not %s", path, strings.Join(known, ", "), describe(n))
		return ""
	}
	if !contains(known, n.Value) {
		r.add(at(n), path, "unknown %s %q%s", what, clip(n.Value), suggestion(n.Value, known))
		return ""
	}
	return n.Value
}

// list returns the values of a list.
func (r *reader) list(n *yaml.Node, path, example string) ([]*yaml.Node, bool) {
	n, ok := r.deref(n)
	if !ok {
		return nil, false
	}
	if n.Kind != yaml.SequenceNode {
		r.add(at(n), path, "%s must be a list such as %s, not %s", path, example, describe(n))
		return nil, false
	}
	if len(n.Content) > maxList {
		r.add(at(n), path, "%s has %d values; at most %d are allowed", path, len(n.Content), maxList)
		return nil, false
	}
	return n.Content, true
}

// argv reads a command as a list of words.
func (r *reader) argv(n *yaml.Node, path string) []string {
	if v, ok := r.deref(n); ok && v.Kind == yaml.ScalarNode && !isNull(v) {
		r.add(at(v), path, "%s must be a list of words, such as [go, test, ./...], not %s: commands run without a shell", path, describe(v))
		return nil
	}
	items, ok := r.list(n, path, "[go, test, ./...]")
	if !ok {
		return nil
	}
	argv := make([]string, 0, len(items))
	for _, item := range items {
		v, ok := r.deref(item)
		if !ok {
			return nil
		}
		// Numbers and the like stand for themselves, as they do in a shell.
		if v.Kind != yaml.ScalarNode || isNull(v) || strings.ContainsRune(v.Value, 0) || !utf8.ValidString(v.Value) {
			r.add(at(item), path, "a word of %s must be text, not %s", path, describe(v))
			return nil
		}
		argv = append(argv, v.Value)
	}
	if len(argv) == 0 || strings.TrimSpace(argv[0]) == "" {
		r.add(at(n), path, "%s is empty; name a program first", path)
		return nil
	}
	return argv
}

// relativePath reads a path that stays inside the project.
func (r *reader) relativePath(n *yaml.Node, key string) string {
	n, ok := r.deref(n)
	if !ok {
		return ""
	}
	p := r.text(n, key)
	if p == "" {
		return ""
	}
	clean := path.Clean(p)
	drive := len(p) > 1 && p[1] == ':'
	if path.IsAbs(p) || drive || strings.Contains(p, `\`) || clean == ".." || strings.HasPrefix(clean, "../") {
		r.add(at(n), key, "%s must be a path inside the project, relative to its root, not %q", key, clip(p))
		return ""
	}
	return p
}

// paths reads a list of paths. It is never nil when the list was read.
func (r *reader) paths(n *yaml.Node, key string) []string {
	items, ok := r.list(n, key, "[src/, go.mod]")
	if !ok {
		return nil
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		if p := r.relativePath(item, key); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// roles reads a list of agent roles. A project may have roles of its own, so
// only their form is checked.
func (r *reader) roles(n *yaml.Node, key string) []string {
	items, ok := r.list(n, key, "[qa-engineer]")
	if !ok {
		return nil
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		if role := r.slug(item, key); role != "" {
			out = append(out, role)
		}
	}
	return out
}

// slug reads a name of lower-case letters, digits and hyphens.
func (r *reader) slug(n *yaml.Node, key string) string {
	n, ok := r.deref(n)
	if !ok {
		return ""
	}
	if n.Kind != yaml.ScalarNode || !isSlug(n.Value) {
		r.add(at(n), key, "%s must be a name of lower-case letters, digits and hyphens, not %s", key, describe(n))
		return ""
	}
	return n.Value
}

// isSlug reports whether s is a name of lower-case letters, digits and hyphens
// that begins with a letter.
func isSlug(s string) bool {
	const most = 64
	for i, c := range s {
		letter := c >= 'a' && c <= 'z'
		other := c >= '0' && c <= '9' || c == '-'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != "" && len(s) <= most
}

// seconds reads a time: a number of seconds, or "10m".
func (r *reader) seconds(n *yaml.Node, key string) int {
	n, ok := r.deref(n)
	if !ok {
		return 0
	}
	var d time.Duration
	if n.Kind == yaml.ScalarNode {
		if s, err := strconv.Atoi(n.Value); err == nil && s <= maxSeconds {
			d = time.Duration(s) * time.Second
		} else if parsed, err := time.ParseDuration(n.Value); err == nil {
			d = parsed
		}
	}
	if d < time.Second || d > maxSeconds*time.Second {
		r.add(at(n), key, "%s must be between 1s and 24h, such as 10m, not %s", key, describe(n))
		return 0
	}
	return int(d / time.Second)
}

// count reads a whole number that is not negative.
func (r *reader) count(n *yaml.Node, key string) (int64, bool) {
	n, ok := r.deref(n)
	if !ok {
		return 0, false
	}
	if n.Kind == yaml.ScalarNode {
		if v, err := strconv.ParseInt(n.Value, 10, 32); err == nil && v >= 0 {
			return v, true
		}
	}
	r.add(at(n), key, "%s must be a whole number from 0 to %d, not %s", key, math.MaxInt32, describe(n))
	return 0, false
}

// percent reads a number from 0 to 100.
func (r *reader) percent(n *yaml.Node, key string) (float64, bool) {
	n, ok := r.deref(n)
	if !ok {
		return 0, false
	}
	if n.Kind == yaml.ScalarNode {
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil && v >= 0 && v <= maxPercent {
			return v, true
		}
	}
	r.add(at(n), key, "%s must be a number from 0 to %d, such as 80, not %s", key, maxPercent, describe(n))
	return 0, false
}
