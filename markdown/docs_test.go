package markdown_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What docs/markdown.md shows is read as it says.
func TestDocumentationIsTrue(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../docs/markdown.md")
	require.NoError(t, err)
	var examples []string
	for part := range strings.SplitSeq(strings.ReplaceAll(string(content), "\r\n", "\n"), "```markdown\n") {
		example, _, _ := strings.Cut(part, "```")
		examples = append(examples, example)
	}
	require.Len(t, examples[1:], 7)
	in := func(name, before string, i int) []string {
		d := read(t, name, before+examples[i])
		return records(d)
	}
	require.Equal(t, []string{
		`task "7k3f9m2p" in development: [ ] title="Bake the cake" priority="high" status="in_progress" type="generation" after="t-9k3f9m2p" ` +
			`description="Three layers, and cream between them."`,
		`task "9k3f9m2p" in development: [x] title="Buy an oven" priority="medium" status="complete" type="generation" result="It is electric."`,
	}, in("TASKS.md", "", 1))
	require.Equal(t, []string{
		`task "" in planning: title="A" blocked_by="t-9k3f9m2p" blocked_reason="There is no oven." result="It works.\n\nTwice."`,
	}, in("TASKS.md", "## Planning\n\n- A\n", 2))
	require.Equal(t, []string{
		`decision "2k3f9m2p" in : title="Use a spreadsheet" status="accepted" gate="G3" by="person:ada" on="2026-03-01" ` +
			`context="Orders come by phone." decision="A spreadsheet keeps them." alternatives="Paper\nA database"`,
	}, in("DECISIONS.md", "", 3))
	require.Equal(t, []string{
		`decision "" in : title="Use Go" decision="It compiles fast, and everybody here knows it." consequences="Nobody writes Rust."`,
	}, in("DECISIONS.md", "", 4))
	require.Equal(t, []string{
		`memory "4k3f9m2p" in gotcha: title="Ovens are hot" kind="gotcha" scope="project" confidence="0.8" tags="oven\nsafety" by="agent:baker" ` +
			`on="2026-03-01" content="Even when they look cold."`,
		`note "5k3f9m2p" in notes: about="t-7k3f9m2p" by="person:ada" on="2026-03-02" text="Opened the shop."`,
	}, in("MEMORY.md", "", 5))
	d := read(t, "TASKS.md", "## Planning\n\n"+examples[6])
	require.Len(t, d.Records(), 1)
	require.Equal(t, map[string]string{"t-7k3f9m2p": "Talk to Bob before you start.\n", "end:planning": "## Ideas\n\n- pies\n- a moon\n"}, texts(d))
}
