package workflow

import (
	"strconv"
	"strings"
)

// number writes a threshold as people write it: 80, 82.5.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// orParsers names the parsers that can tell a measure.
func orParsers(m measure) string {
	var names []string
	for _, p := range Parsers() {
		if measureOf(p) == m {
			names = append(names, p)
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
