package cmd

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestInert(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"plain":      {"a title", "a title"},
		"unicode":    {"Törtchen 🍰 日本", "Törtchen 🍰 日本"},
		"escape":     {"\x1b[2Jgone", "␛[2Jgone"},
		"C1":         {"\u009b2J", "\ufffd2J"},
		"delete":     {"a\x7fb", "a␡b"},
		"lines":      {"a\r\nb\tc", "a  b c"},
		"bidi":       {"a\u202egnp.exe", "a\ufffdgnp.exe"},
		"isolate":    {"\u2066x\u2069", "\ufffdx\ufffd"},
		"bell":       {"\a", "␇"},
		"not UTF-8":  {"a\xffb", "a\ufffdb"},
		"separators": {"a\u2028b", "a b"},
	} {
		require.Equal(t, c.want, inert(c.in), name)
	}
	require.Equal(t, "a\n ␛", inertLines("a\r\n\t\x1b"))
}

func TestInertLeavesNothingThatActs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		out := inert(rapid.String().Draw(t, "text") + string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
		if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool { return unicode.IsControl(r) || reorders(r) }) {
			t.Fatalf("%q still acts", out)
		}
	})
}
