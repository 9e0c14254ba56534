package markdown

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever is moved or written in between, the ranks give the order of the file,
// and what stayed keeps its rank.
func TestRanksGiveTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(t, "records")
		rank, before := map[string]float64{}, []string{}
		for i := range n {
			key := fmt.Sprintf("t-%d", i)
			rank[key] = float64(i + 1)
			before = append(before, key)
		}
		for range rapid.IntRange(1, 80).Draw(t, "edits") {
			order := slices.Clone(before)
			for range rapid.IntRange(0, 3).Draw(t, "moves") {
				if len(order) > 1 {
					from, to := rapid.IntRange(0, len(order)-1).Draw(t, "from"), rapid.IntRange(0, len(order)-1).Draw(t, "to")
					key := order[from]
					order = slices.Insert(slices.Delete(order, from, from+1), to, key)
				}
			}
			file := slices.Clone(order)
			if rapid.Bool().Draw(t, "new") {
				at := rapid.IntRange(0, len(file)).Draw(t, "at")
				file = slices.Insert(file, at, "")
			}
			places := ranks(file, before, rank)
			if slices.Equal(file, before) {
				require.Empty(t, places, "nothing moved")
			}
			next := []string{}
			for i, key := range file {
				if key == "" {
					key = fmt.Sprintf("t-%d", len(rank))
					rank[key] = 1e6 + float64(len(rank)) // at the end, if nothing else is said
				}
				if at, ok := places[i]; ok {
					rank[key] = at
				}
				next = append(next, key)
			}
			sorted := slices.Clone(next)
			slices.SortStableFunc(sorted, func(a, b string) int {
				if rank[a] < rank[b] {
					return -1
				}
				if rank[a] > rank[b] {
					return 1
				}
				return 0
			})
			require.Equal(t, next, sorted)
			before = next
		}
	})
}

// Two lines that change places again and again between two others halve the room
// each time.
func TestRanksDoNotRunOut(t *testing.T) {
	t.Parallel()
	rank := map[string]float64{"t-a": 1, "t-b": 2, "t-c": 3, "t-d": 4}
	before := []string{"t-a", "t-b", "t-c", "t-d"}
	for range 300 {
		order := []string{before[0], before[2], before[1], before[3]}
		for i, at := range ranks(order, before, rank) {
			rank[order[i]] = at
		}
		for i := range 3 {
			require.Less(t, rank[order[i]], rank[order[i+1]])
		}
		before = order
	}
}
