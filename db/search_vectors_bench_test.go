package db_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search"
)

// falling are vectors whose numbers become smaller from the first to the last, as
// those of latent semantic analysis do: a few directions say most.
func falling(r *rand.Rand, n int) [][]float32 {
	all := make([][]float32, n)
	for i := range all {
		v := make([]float32, dims)
		for d := range v {
			v[d] = float32(r.NormFloat64() / math.Sqrt(float64(d+1)))
		}
		all[i] = unit(v)
	}
	return all
}

// BenchmarkNearest asks for the 100 nearest of 50 000 vectors, by looking at all of
// them and by the graph, and measures how many of the nearest ten the graph finds.
func BenchmarkNearest(b *testing.B) {
	x := newIndexing(b)
	r := rand.New(rand.NewPCG(5, 6))
	const n = 50_000
	all := falling(r, n)
	x.addVectors(b, all)
	_, err := x.db.Pool().Exec(b.Context(), "VACUUM ANALYZE search_vectors") // as autovacuum does
	require.NoError(b, err)
	questions := falling(r, 50)
	ask := func(b *testing.B) {
		b.Helper()
		fastest := time.Hour
		for i := 0; b.Loop(); i++ {
			began := time.Now()
			rows, err := x.store.Fetch(b.Context(), x.index.ID, search.Want{Near: questions[i%len(questions)], Most: 100})
			require.NoError(b, err)
			require.Len(b, rows, 100)
			fastest = min(fastest, time.Since(began))
		}
		b.ReportMetric(float64(fastest.Microseconds())/1000, "fastest-ms")
	}
	b.Run("all", ask)
	require.NoError(b, x.store.Tidy(b.Context(), x.index.ID, n))
	b.Run("graph", func(b *testing.B) {
		ask(b)
		found, _ := x.recall(b, all, questions, 10)
		b.ReportMetric(found, "recall@10")
	})
}
