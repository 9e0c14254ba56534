package markdown_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/markdown"
)

// Parsing takes ten times as long for ten times as much, also for what nobody
// writes but to slow it down.
func TestParseIsLinear(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{
		"list markers": "- ", "quotes": "> ", "items": "- a\n", "nested": "  - a\n", "fences": "```\n```\n", "brackets": "[", "html": "<div\n", "ticks": "`a``b",
		"entities": "- &amp;&lt;\n", "stars": "*a", "numbers": "1. ", "comments": "<!-- -->\n", "blank": "\n", "blanks": " ", "tabs": "\t", "markers": "=======\n",
		"bars": "|a", "headings": "## a\n", "attributes": "- a\n  - priority: low · status: queued\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, file := range []string{"TASKS.md", "DECISIONS.md"} {
				content := []byte("## Planning\n\n" + strings.Repeat(unit, 300_000/len(unit)) + "\n\n- end\n")
				d, err := markdown.Parse(file, content)
				if err != nil {
					require.NotEqual(t, "internal", fault.CodeOf(err))
					continue
				}
				var b bytes.Buffer
				for i := range d.Blocks {
					b.WriteString(d.Blocks[i].Raw)
				}
				require.True(t, bytes.Equal(content, b.Bytes()))
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("tasks=%d", n), func(b *testing.B) {
			files, err := markdown.Render(manyTasks(b, n))
			require.NoError(b, err)
			b.SetBytes(int64(len(files[2].Content)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := markdown.Parse("TASKS.md", files[2].Content); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
