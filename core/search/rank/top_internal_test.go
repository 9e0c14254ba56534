package rank

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The best n are those that sorting everything gives.
func TestTopIsTheBeginningOfTheSorted(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		all := make([]scored, rapid.IntRange(0, 200).Draw(t, "all"))
		for i := range all {
			all[i] = scored{Chunk{0, uint32(i)}, float64(rapid.IntRange(0, 9).Draw(t, "score"))}
		}

		n := rapid.IntRange(0, 40).Draw(t, "n")
		got := top(slices.Clone(all), n)
		slices.SortFunc(all, scored.compare)

		if !slices.Equal(got, all[:min(n, len(all))]) {
			t.Fatalf("%v is not the beginning of %v", got, all)
		}
	})
}
