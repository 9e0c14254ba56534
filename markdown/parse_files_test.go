package markdown_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/markdown"
)

func TestParseMemory(t *testing.T) {
	t.Parallel()
	d := read(t, "MEMORY.md", `# Memory

## Gotcha

- **m-11111111** Ovens are hot
  - scope: stack · confidence: 0.8 · tags: oven, a&#44; b · links: https://example.com
  - **retracted**: They are not.
  > Very hot.
- Water boils
  At sea level.

## Other

- **m-22222222**
  - kind: folklore
  > x

## Notes

- **n-11111111** Opened.
  - about: t-7k3f9m2p · by: person:ada
- **n-22222222**
  > Two
  > lines
- Remember the milk
  and the flour
`)
	require.Equal(t, []string{
		`memory "11111111" in gotcha: title="Ovens are hot" kind="gotcha" scope="stack" confidence="0.8" tags="oven\na, b" links="https://example.com" retracted="They are not." content="Very hot."`,
		`memory "" in gotcha: title="Water boils" kind="gotcha" content="At sea level."`,
		`memory "22222222" in other: kind="folklore" content="x"`,
		`note "11111111" in notes: about="t-7k3f9m2p" by="person:ada" text="Opened."`,
		`note "22222222" in notes: text="Two\nlines"`,
		`note "" in notes: text="Remember the milk\nand the flour"`,
	}, records(d))
	require.Empty(t, d.Texts())
}

func TestParseDecisions(t *testing.T) {
	t.Parallel()
	d := read(t, "DECISIONS.md", `# Decisions

Prose before.

## d-11111111: Use a spreadsheet &#35;

- status: superseded by d-22222222 · gate: G3 · by: person:ada · on: 2026-03-01
- **reversed**: No.

### Context

> Orders.

### Alternatives

- Paper
- &#35; a heading
* A long one
  on two lines

### CONSEQUENCES:

Some.

## Use Go

It compiles.

- and is fast
- status: proposed

#### Why

`+"```\n## not a heading\n```"+`

### Rationale

> Known.

And more.

Underlined
---

## Notes

### Ours

- not an alternative

# Appendix

## d-22222222:

**conflict x-33333333**: title here is as in the database; the file said "x".
`)
	require.Equal(t, []string{
		`decision "11111111" in : title="Use a spreadsheet #" status="superseded" gate="G3" superseded_by="d-22222222" by="person:ada" on="2026-03-01" ` +
			`reversed_reason="No." context="Orders." alternatives="Paper\n# a heading\nA long one on two lines" consequences="Some."`,
		`decision "" in : title="Use Go" status="proposed" ` +
			"decision=\"It compiles.\\n\\n- and is fast\\n\\n#### Why\\n\\n```\\n## not a heading\\n```\" " +
			`rationale="Known.\n\nAnd more.\n\nUnderlined\n---"`,
		`decision "22222222" in : title=""`,
	}, records(d))
	require.Equal(t, []string{"33333333"}, d.Conflicts())
	require.Equal(t, map[string]string{
		"top":        "Prose before.\n",
		"d-11111111": "## Notes\n\n### Ours\n\n- not an alternative\n\n# Appendix\n",
	}, texts(d))
}

func TestParseReadOnlyFiles(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for name, content := range render(t, s) {
		if name == "TASKS.md" || name == "DECISIONS.md" || name == "MEMORY.md" {
			continue
		}
		at := strings.LastIndex(content, "\n<!-- layercake: ")
		d := read(t, name, content[:at]+"\nOurs.\n\n## G5\n\n- state: approved\n"+content[at:]+"\nAnd this.\n")
		require.Empty(t, d.Records())
		require.Equal(t, map[string]string{"section:notes": "Ours.\n\n## G5\n\n- state: approved\n\nAnd this.\n"}, texts(d))
		s.Texts = d.Texts()
		require.Contains(t, render(t, s)[name], "\nOurs.\n\n## G5\n\n- state: approved\n\nAnd this.\n\n<!-- layercake: ")
	}
}

// Files of the first version are read.
func TestParseFirstVersion(t *testing.T) {
	t.Parallel()
	d := read(t, "TASKS.md", `# Tasks

LayerCake writes this file anew; change tasks with `+"`layercake task`"+`. An edit made here is not read, and the file is then left as it is until you say otherwise.

2 tasks: 1 in progress, 1 complete.

## Planning

- [ ] **t-abcd** Write
  - priority: high (was medium) · status: in progress · claimed: agent:x until 2026-03-01 09:30 UTC · after: t-7k3f
  - deferred past G5: Nobody reads plans.
- [x] **t-7k3f** Bake
  - priority: low · status: complete · finished: 2026-03-01

<!-- layercake: project=0198c0de-0000-7000-8000-000000000001 version=321 renderer=1 sha256=`+strings.Repeat("0", 64)+` -->
`)
	require.Equal(t, 1, d.Stamp.Renderer)
	require.Equal(t, []string{
		`task "abcd" in planning: [ ] title="Write" priority="high" status="in_progress" after="t-7k3f"`,
		`task "7k3f" in planning: [x] title="Bake" priority="low" status="complete"`,
	}, records(d))
	require.Empty(t, d.Texts())
}

// A row that was put out of sight is not taken for one that was deleted.
func TestParseFindsHiddenRows(t *testing.T) {
	t.Parallel()
	d := read(t, "TASKS.md", `## Planning

- [ ] **t-11111111** A
  - **t-22222222** below A
- Group
  * **t-33333333** below the group
    > - **t-44444444** in a quote
 [ ] **t-55555555** without its dash

`+"```\n- [ ] **t-66666666** in a fence\n```"+`

- [ ] **t-77777777** B
  - see **t-11111111**
  - **t-11111111** again
`)
	require.Equal(t, []markdown.HiddenRow{{"t-22222222", 4}, {"t-33333333", 6}, {"t-55555555", 8}}, d.Hidden)
}
