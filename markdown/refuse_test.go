package markdown_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/markdown"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := render(t, sample(t))["TASKS.md"]
	before, _, _ := strings.Cut(good, "<!-- layercake")
	stamp := strings.TrimPrefix(good, before)
	put := func(s string) string { return strings.Replace(good, "## Maintenance\n", s+"\n\n## Maintenance\n", 1) }
	above, _, _ := strings.Cut(good, "## Maintenance\n")
	line := strings.Count(above, "\n") + 1
	for _, c := range []struct {
		name, content, code string
		line                int
	}{
		{"markers", put("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other"), "merge_markers", line},
		{"markers of the base", put("||||||| 1234567\na"), "merge_markers", line},
		{"last marker", put("a\n\n>>>>>>> other"), "merge_markers", line + 2},
		{"markers in a fence", put("```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n```"), "merge_markers", line + 1},
		{"markers with CRLF", strings.ReplaceAll(put("<<<<<<< HEAD"), "\n", "\r\n"), "merge_markers", line},
		{"fence", put("```go\ncode"), "not_closed", line},
		{"fence at the end", good + "\n~~~\n", "not_closed", strings.Count(good, "\n") + 2},
		{"comment", put("<!-- a\ncomment"), "not_closed", line},
		{"comment before a comment", put("<!-- a\n\n<!-- b -->"), "not_closed", line},
		{"script", put("<script>\n"), "not_closed", line},
		{"latin 1", put("Gr\xfc\xdfe"), "invalid_encoding", line},
		{"UTF-16", "\xff\xfe#\x00", "invalid_encoding", 1},
		{"NUL", put("a\x00b"), "invalid_encoding", line},
		{"an id twice", put("- [ ] **t-7k3f9m2p** again"), "duplicate_id", line},
		{"no stamp", strings.TrimSuffix(good, stamp), "cut_off", strings.Count(good, "\n")},
		{"cut off", good[:len(good)/2], "cut_off", strings.Count(good[:len(good)/2], "\n") + 1},
		{"cut off in the stamp", good[:len(good)-20], "cut_off", strings.Count(good, "\n")},
		{"two stamps", good + "\n" + stamp, "two_stamps", strings.Count(good, "\n") + 2},
		{"two versions", good + good, "duplicate_id", 0},
		{"an attribute twice", strings.Replace(good, "  - priority: low", "  - priority: low\n  - priority: high", 1) + "\n- A\n  - owner: a\n  - owner: b\n", "duplicate_attribute", 0},
		{"an indented row", strings.Replace(good, "- [ ] **t-ek3f9m2p**", "  - [ ] **t-ek3f9m2p**", 1), "indented_row", 0},
		{"a row indented with all its lines", strings.Replace(good, "- [ ] **t-ek3f9m2p** Queue\n  -", "  - [ ] **t-ek3f9m2p** Queue\n    -", 1), "indented_row", 0},
		{"box", strings.Replace(good, "- [ ] **t-ek3f9m2p**", "- [-] **t-ek3f9m2p**", 1), "unknown_box", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := markdown.Parse("TASKS.md", []byte(c.content))
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			require.NotEmpty(t, fault.From(err).Hint)
			if c.line > 0 {
				require.Contains(t, err.Error(), fmt.Sprintf("TASKS.md:%d: ", c.line))
			}
		})
	}
}

// What looks like the marks of a conflict but cannot be git's is a text.
func TestParseAllows(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"underlined":         "Heading\n=======",
		"in a quote":         "> <<<<<<< HEAD\n> =======\n> >>>>>>> other",
		"indented":           "    <<<<<<< HEAD\n    =======\n    >>>>>>> other",
		"half in a fence":    "```\n<<<<<<< HEAD\n=======\n```",
		"two fences":         "```\n<<<<<<< HEAD\n=======\n```\n\n```\n>>>>>>> other\n```",
		"longer":             "<<<<<<<<<< x",
		"another stamp":      "```\n" + markdown.Stamp{Renderer: 2}.String() + "\n```",
		"fence in a quote":   "> ```\n> code",
		"comment in a line":  "a <!-- b",
		"fence in an item":   "## Ideas\n\n- a\n\n  ```\n  b",
		"closed fences":      "```\n~~~\n```\n~~~\n```\n~~~",
		"lone line feed end": "a\rb",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, "TASKS.md", "## Planning\n\n"+content+"\n")
			require.Len(t, d.Texts(), 1)
			require.Equal(t, content+"\n", d.Texts()[0].Body)
		})
	}
}
