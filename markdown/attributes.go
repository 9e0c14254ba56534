package markdown

import (
	"strings"

	"github.com/layercake-dev/layercake/core"
)

// splitAttributes splits a line of attributes. They are separated by dots;
// people also write commas and semicolons, which count where the name of an
// attribute and a colon follow.
func splitAttributes(line string, kind core.Kind) []string {
	var list []string
	for part := range strings.SplitSeq(line, "·") {
		from := 0
		for i := range len(part) {
			if part[i] != ',' && (part[i] != ';' || endsEntity(part[from:i+1])) {
				continue
			}
			if _, ok := formOf(kind, keyBefore(part[i+1:])); ok {
				list = append(list, part[from:i])
				from = i + 1
			}
		}
		list = append(list, part[from:])
	}
	return list
}

// keyBefore returns the word that a text begins with, if a colon follows it.
func keyBefore(s string) string {
	s = strings.TrimLeft(s, " \t")
	const longest = 16 // bytes of a name
	key, _, ok := strings.Cut(s[:min(longest, len(s))], ":")
	if !ok {
		return ""
	}
	return strings.ToLower(strings.TrimRight(key, " \t"))
}

// endsEntity reports whether the semicolon at the end of a text ends an entity.
func endsEntity(s string) bool {
	i := len(s) - 1
	for i > 0 && (isLetter(s[i-1]) || s[i-1] >= '0' && s[i-1] <= '9' || s[i-1] == '#') {
		i--
	}
	return i > 0 && s[i-1] == '&' && entityLength(s[i:]) == len(s)-i
}
