package markdown_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/markdown"
)

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
