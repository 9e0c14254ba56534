package markdown

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// fragments are what people write between the records.
func fragments() []string {
	return []string{
		"Prose.", "Two\nlines, **bold** & `code`.", "- an item\n- [ ] another\n  with more", "* [x] starred", "1. first\n2. second", "1) a", "+ plus", "-", "- [ ]",
		"# Ours", "## Ideas", "### Backend", "#### Deep", "## Notes", "## Planning", "## Gotcha", "Planning\n--------", "Sentence\n---", "Big\n===", "##", "#hash",
		"```\n- [ ] **t-z00aaaa1** in a fence\n## d-z00aaaa1: no\n```", "~~~~md\n```\n<!-- x\n~~~~", "- ```\n  fence in a list\n  ```",
		"<!-- - [ ] **t-z00aaaa1** in a comment -->", "<!--\n## Planning\n\n- [ ] x\n-->", "<details>\n<summary>More</summary>\n\n- inside\n\n</details>", "<div>\n- x\n</div>",
		"| a | b |\n|---|---|\n| `x|y` | " + strings.Repeat("w ", 250) + " |", "a | b\n- | -\n1 | 2", "> quoted\n> - [ ] **t-z00aaaa1** in a quote", "> a\nlazy",
		"    indented code\n\n    more", "  two blanks", "\ttab", "---", "***", "[x]: https://example.com", "[^1]: note", "שלום עולם", "👩‍👩‍👧", "text with trailing  ",
		"\\- not a list", "&amp; &copy;", "- x\n\n\n  - y\n\n      z", "* * *", "t-z00aaaa1", "**conflict x-zzzzzzz1**: over a text", "a\n\n\n\nb",
		"**t-z00aaaa1** at the start", "Term\n: definition", "$$\nx\n$$", ":::note\nx\n:::", "<script>\n- y\n</script>", "<?php x ?>",
	}
}

// disturbed returns a file in which people wrote between the blocks.
func disturbed(t *rapid.T, f File) string {
	d, err := Parse(f.Name, f.Content)
	require.NoError(t, err)
	var b strings.Builder
	write := func() {
		for rapid.IntRange(0, 3).Draw(t, "here") == 0 {
			b.WriteString(strings.Repeat("\n", rapid.IntRange(0, 2).Draw(t, "before")))
			b.WriteString(rapid.SampledFrom(fragments()).Draw(t, "fragment"))
			b.WriteString(strings.Repeat("\n", rapid.IntRange(1, 3).Draw(t, "behind")))
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "front matter") == 0 {
		b.WriteString("---\ntitle: x\n# comment\n---\n")
	}
	for i := range d.Blocks {
		write()
		b.WriteString(d.Blocks[i].Raw)
	}
	write()
	return b.String()
}

// What people write around the records is kept, whatever it is: the next
// rendering has it, says the same records, and is read as it was written.
func TestTextsOfPeopleStay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot(t)
		files, err := Render(s)
		require.NoError(t, err)
		f := files[rapid.IntRange(0, 4).Draw(t, "file")]
		content := disturbed(t, f)
		d, err := Parse(f.Name, []byte(content))
		require.NoError(t, err, content)
		require.Equal(t, content, raw(d))
		once := renderedWith(t, s, d)
		again, err := Parse(f.Name, once)
		require.NoError(t, err, string(once))
		require.Equal(t, string(once), raw(again))
		require.Equal(t, wanted(s, f.Name), said(again), string(once))
		for _, text := range d.Texts() {
			require.Contains(t, string(once), strings.Trim(text.Body, "\n"), "%s", content)
		}
		require.ElementsMatch(t, trimmed(d.Texts()), trimmed(again.Texts()), "%s\n=====\n%s", content, once)
		require.Equal(t, string(once), string(renderedWith(t, s, again)))
	})
}

// trimmed takes the empty lines around texts off: where a record between two
// texts goes away, nothing says whose they were.
func trimmed(texts []project.FileText) []project.FileText {
	for i := range texts {
		texts[i].Body = strings.Trim(texts[i].Body, "\n")
	}
	return texts
}

// renderedWith renders a file of a snapshot with the texts of a document.
func renderedWith(t require.TestingT, s *core.Snapshot, d *Document) []byte {
	with := *s
	with.Texts = d.Texts()
	files, err := Render(&with)
	require.NoError(t, err)
	for _, f := range files {
		if f.Name == d.Name {
			return f.Content
		}
	}
	return nil
}
