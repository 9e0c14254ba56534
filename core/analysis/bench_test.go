package analysis

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkAnalyze looks at 2 000 and at 20 000 files of 50 lines; the time
// must grow with the number of files and not faster.
func BenchmarkAnalyze(b *testing.B) {
	for _, n := range []int{2_000, maxFiles} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			root := b.TempDir()
			writeMany(b, root, n, strings.Repeat("some words of code\n", 50))
			for b.Loop() {
				if _, err := Analyze(b.Context(), root); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
