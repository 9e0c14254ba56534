package markdown_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/markdown"
)

// read reads a file and checks what holds for every file.
func read(t *testing.T, name, content string) *markdown.Document {
	t.Helper()
	d, err := markdown.Parse(name, []byte(content))
	require.NoError(t, err)
	var b strings.Builder
	line := 1
	for i := range d.Blocks {
		require.Equal(t, line, d.Blocks[i].Line)
		line += strings.Count(d.Blocks[i].Raw, "\n")
		b.WriteString(d.Blocks[i].Raw)
	}
	require.Equal(t, content, b.String())
	return d
}

// records lists what a file says, in a form that is easy to compare.
func records(d *markdown.Document) []string {
	var list []string
	for _, r := range d.Records() {
		s := fmt.Sprintf("%s %q in %s:", r.Kind, r.ID, r.Section)
		if r.Box != 0 {
			s += fmt.Sprintf(" [%c]", r.Box)
		}
		for _, field := range markdown.Fields(r.Kind) {
			if v, ok := r.Fields[field]; ok {
				s += fmt.Sprintf(" %s=%q", field, v)
			}
		}
		list = append(list, s)
	}
	return list
}

func texts(d *markdown.Document) map[string]string {
	found := map[string]string{}
	for _, text := range d.Texts() {
		found[text.Anchor] = text.Body
	}
	return found
}

// What people write as a row is read, however they write it.
func TestParseRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, content, want string }{
		{"bare line", "- Write docs", `task "" in planning: title="Write docs"`},
		{"box", "- [ ] Write docs", `task "" in planning: [ ] title="Write docs"`},
		{"empty box", "- [] Write docs", `task "" in planning: [ ] title="Write docs"`},
		{"ticked", "- [X] **t-7k3f9m2p** Write docs", `task "7k3f9m2p" in planning: [x] title="Write docs"`},
		{"star", "* Write docs", `task "" in planning: title="Write docs"`},
		{"number", "7. Write docs", `task "" in planning: title="Write docs"`},
		{"number with an id", "3) [ ] **t-7k3f9m2p** Write docs", `task "7k3f9m2p" in planning: [ ] title="Write docs"`},
		{"not bold", "- [ ] t-7k3f9m2p Write docs", `task "7k3f9m2p" in planning: [ ] title="Write docs"`},
		{"not bold, with a colon", "- t-7k3f9m2p: Write docs", `task "7k3f9m2p" in planning: title="Write docs"`},
		{"underscores", "- [ ] __t-7k3f9m2p__ Write docs", `task "7k3f9m2p" in planning: [ ] title="Write docs"`},
		{"large letters", "- [ ] **T-7K3F9M2P** Write docs", `task "7k3f9m2p" in planning: [ ] title="Write docs"`},
		{"misread letters", "- [ ] **t-OlI39m2p** Write docs", `task "01139m2p" in planning: [ ] title="Write docs"`},
		{"short id", "- [ ] **t-7k3f** Write docs", `task "7k3f" in planning: [ ] title="Write docs"`},
		{"a word, no id", "- Buy a t-shirt", `task "" in planning: title="Buy a t-shirt"`},
		{"a bold word, no id", "- **t-shirt** for all", `task "" in planning: title="**t-shirt** for all"`},
		{"blanks at the end", "- [ ] **t-7k3f9m2p** Write docs   ", `task "7k3f9m2p" in planning: [ ] title="Write docs"`},
		{"no title", "- [ ] **t-7k3f9m2p**", `task "7k3f9m2p" in planning: [ ]`},
		{"entities", "- R&amp;D &lt;b> &copy; &#124; `&lt;` a<br>b", "task \"\" in planning: title=\"R&D <b> © | `&lt;` a b\""},
		{
			"attributes", "- [ ] **t-7k3f9m2p** A\n  - priority: high · status: in progress · after: t-8k3f9m2p, t-2222aaaa",
			`task "7k3f9m2p" in planning: [ ] title="A" priority="high" status="in_progress" after="t-2222aaaa\nt-8k3f9m2p"`,
		},
		{
			"attributes one per line", "- A\n  - Priority: HIGH\n  - **status**: In Progress\n  - **Owner:** Bob\n  - after : T-8K3F",
			`task "" in planning: title="A" priority="high" status="in_progress" owner="Bob" after="t-8k3f"`,
		},
		{
			"attributes with other separators", "- A\n  - priority: high, status: queued; owner: Bob, who knows; type: planning",
			`task "" in planning: title="A" priority="high" status="queued" type="planning" owner="Bob, who knows"`,
		},
		{
			"attributes behind tabs", "-\tA\n\t- priority: high\n\t- specs: a.md, b.md",
			`task "" in planning: title="A" priority="high" specs="a.md\nb.md"`,
		},
		{
			"unknown attributes are text", "- A\n  - priority: low · mood: good\n  - effort: 3 days",
			`task "" in planning: title="A" priority="low" description="- mood: good\n- effort: 3 days"`,
		},
		{
			"text below", "- A\n  More about it.\n\n  - priority: low\n\n  ```\n  - priority: high\n    code\n  ```\n\n  1. status: first",
			`task "" in planning: title="A" priority="low" description="More about it.\n\n` + "```\\n- priority: high\\n  code\\n```\\n\\n1. status: first\"",
		},
		{
			"quote and text", "- [ ] **t-7k3f9m2p** A\n  > as &lt;written>\n  > lines\n\n  And more.",
			`task "7k3f9m2p" in planning: [ ] title="A" description="as <written>\nlines\n\nAnd more."`,
		},
		{
			"nested list", "- A\n  - one\n    - priority: high\n  - two",
			`task "" in planning: title="A" description="- one\n  - priority: high\n- two"`,
		},
		{
			"indented by four", "- A\n    - one\n        - deeper\n\n    - priority: low\n",
			`task "" in planning: title="A" priority="low" description="- one\n    - deeper"`,
		},
		{
			"blocked", "- [ ] **t-7k3f9m2p** A\n  - **blocked by t-8k3f9m2p**: no oven\n    in the house",
			`task "7k3f9m2p" in planning: [ ] title="A" blocked_by="t-8k3f9m2p" blocked_reason="no oven\nin the house"`,
		},
		{
			"result", "- [x] **t-7k3f9m2p** A\n  - result:\n    > Baked.\n    >\n    > - well",
			`task "7k3f9m2p" in planning: [x] title="A" result="Baked.\n\n- well"`,
		},
		{
			"a conflict is not part of it", "- [ ] **t-7k3f9m2p** A\n  - priority: low\n  - **conflict x-7k3f9m2p**: priority here is as in the database; the file said \"high\".",
			`task "7k3f9m2p" in planning: [ ] title="A" priority="low"`,
		},
		{"loose list", "- [ ] **t-7k3f9m2p** A\n\n  - priority: low\n\n", `task "7k3f9m2p" in planning: [ ] title="A" priority="low"`},
		{"right to left", "- [ ] **t-7k3f9m2p** שלום 👩‍👩‍👧 عالم", `task "7k3f9m2p" in planning: [ ] title="שלום 👩\u200d👩\u200d👧 عالم"`},
		{"bars", "- [ ] **t-7k3f9m2p** a | b | `c|d`\n  - owner: x | y", "task \"7k3f9m2p\" in planning: [ ] title=\"a | b | `c|d`\" owner=\"x | y\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := read(t, "TASKS.md", "## Planning\n\n"+c.content+"\n")
			require.Equal(t, []string{c.want}, records(d))
			require.Empty(t, d.Texts())
			crlf := read(t, "TASKS.md", "\ufeff"+strings.ReplaceAll("## Planning\n\n"+c.content+"\n", "\n", "\r\n"))
			require.Equal(t, []string{c.want}, records(crlf))
			require.True(t, crlf.CRLF)
			require.True(t, crlf.BOM)
		})
	}
}

// What is no row of LayerCake's is no record, whatever it looks like.
func TestParseTakesNothingForARecord(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"fence":            "```md\n- [ ] **t-7k3f9m2p** A\n```",
		"longer fence":     "~~~~\n~~~\n- [ ] **t-7k3f9m2p** A\n~~~~",
		"comment":          "<!--\n- [ ] **t-7k3f9m2p** A\n-->",
		"quote":            "> - [ ] **t-7k3f9m2p** A",
		"indented code":    "Prose.\n\n    - [ ] **t-7k3f9m2p** A",
		"heading of own":   "## Ideas\n\n- [ ] one\n- two",
		"deeper heading":   "### Ideas\n\n- [ ] one\n- two",
		"another level":    "# Planning\n\n- one",
		"table":            "| a | b |\n| --- | --- |\n| - [ ] **t-7k3f9m2p** | " + strings.Repeat("cell ", 100) + "|",
		"paragraph":        "**t-7k3f9m2p** is nearly done",
		"empty item":       "- [ ]",
		"script":           "<script>\n- [ ] **t-7k3f9m2p** A\n</script>",
		"html":             "<details>\n<summary>S</summary>\n- one\n</details>",
		"front matter":     "---\n- a: b\n---\n",
		"decision's id":    "- **d-7k3f9m2p** A",
		"list in a list":   "- - [ ] **t-7k3f9m2p** A",
		"fence in an item": "- ```\n  - [ ] **t-7k3f9m2p** A\n  ```",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := "## Planning\n\n"
			if name == "front matter" {
				before = ""
			}
			d := read(t, "TASKS.md", before+content+"\n")
			require.Empty(t, d.Records())
			require.Len(t, d.Texts(), 1)
			require.Contains(t, d.Texts()[0].Body, content)
		})
	}
}

// Every text of people is kept, behind the block that it stands behind.
func TestParseAnchorsTexts(t *testing.T) {
	t.Parallel()
	d := read(t, "TASKS.md", `---
title: Ours
---

Before the title.

# Tasks

There are no tasks yet.

Below the title.

## Planning

Below the heading.


- [ ] **t-11111111** A

Behind A.

<!-- a comment -->
- [ ] **t-22222222** B
- New
Lazy.

Behind the new one.

### Backend

- [ ] not a task

- [ ] **t-33333333** C

Behind C.

## Ideas

- not a task
- [ ] **t-44444444** D

Still ideas.

## Development

`)
	require.Equal(t, map[string]string{
		"front":            "---\ntitle: Ours\n---\n\nBefore the title.\n",
		"top":              "Below the title.\n",
		"section:planning": "Below the heading.\n\n",
		"t-11111111":       "Behind A.\n\n<!-- a comment -->\n",
		"t-22222222":       "Behind the new one.\n\n### Backend\n\n- [ ] not a task\n",
		"t-33333333":       "Behind C.\n",
		"end:planning":     "## Ideas\n\n- not a task\n\nStill ideas.\n",
	}, texts(d))
	require.Equal(t, []string{
		`task "11111111" in planning: [ ] title="A"`, `task "22222222" in planning: [ ] title="B"`, `task "" in planning: title="New" description="Lazy."`,
		`task "33333333" in planning: [ ] title="C"`, `task "44444444" in : [ ] title="D"`,
	}, records(d))
	for _, r := range d.Records() {
		if r.ID == "" {
			r.ID = "55555555"
		}
	}
	require.Equal(t, "Behind the new one.\n\n### Backend\n\n- [ ] not a task\n", texts(d)["t-55555555"])
	require.NotContains(t, texts(d), "t-22222222")
}
