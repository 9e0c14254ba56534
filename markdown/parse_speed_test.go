package markdown_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/markdown"
)

// odd are units that files are made of to be slow.
func odd() map[string]string {
	return map[string]string{
		"list markers": "- ", "quotes": "> ", "items": "- a\n", "nested": "  - a\n", "fences": "```\n```\n", "brackets": "[", "html": "<div\n", "ticks": "`a``b",
		"entities": "- &amp;&lt;\n", "stars": "*a", "numbers": "1. ", "comments": "<!-- -->\n", "blank": "\n", "blanks": " ", "tabs": "\t", "markers": "=======\n",
		"bars": "|a", "headings": "## a\n", "attributes": "- a\n  - priority: low · status: queued\n",
		"ampersands": "&", "lazy": "- a\nb\n", "hidden": "- ⟨U+", "semicolons": "- a\n  - owner: " + strings.Repeat(";", 5000) + "\n", "runs": "- a & `` ` ``` ",
	}
}

// What nobody writes but to slow the parser down, or to make it nest without
// end, is read like anything else. How long it takes is in the benchmarks.
func TestParseReadsWhatNobodyWrites(t *testing.T) {
	t.Parallel()
	for name, unit := range odd() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, file := range []string{"TASKS.md", "DECISIONS.md"} {
				content := []byte("## Planning\n\n" + strings.Repeat(unit, 300_000/len(unit)) + "\n\n- end\n")
				d, err := markdown.Parse(file, content)
				require.NoError(t, err)
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

// BenchmarkParseOdd is for the comparison of sizes: ten times as much is to
// take about ten times as long.
func BenchmarkParseOdd(b *testing.B) {
	for name, unit := range odd() {
		for _, size := range []int{100_000, 1_000_000} {
			content := []byte("## Planning\n\n" + strings.Repeat(unit, size/len(unit)) + "\n")
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(name, " ", "_"), size), func(b *testing.B) {
				b.SetBytes(int64(len(content)))
				for b.Loop() {
					_, _ = markdown.Parse("DECISIONS.md", content)
				}
			})
		}
	}
}
