package core

import (
	"math"
	"slices"

	"github.com/layercake-dev/layercake/core/search/words"
)

// likeness compares records with what is to be done, by the words that they have in
// common: one that few records have counts for more (BM25).
type likeness struct {
	terms []string
}

func newLikeness(text string) *likeness {
	l := &likeness{}
	for _, t := range words.Question(text) {
		if !t.Whole {
			l.terms = append(l.terms, t.Text)
		}
	}
	return l
}

// order sorts records: those that are like the text first, the most like before,
// and the newest before others of the same likeness. It returns how many are like
// it at all.
func order[T any](l *likeness, list []T, text func(*T) string, version func(*T) int64) ([]T, int) {
	scores := l.scores(len(list), func(i int) string { return text(&list[i]) })
	index := make([]int, len(list))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(a, b int) int {
		switch {
		case scores[a] != scores[b]:
			if scores[a] > scores[b] {
				return -1
			}
			return 1
		case version(&list[a]) > version(&list[b]):
			return -1
		case version(&list[a]) < version(&list[b]):
			return 1
		}
		return 0
	})
	out := make([]T, len(list))
	like := 0
	for i, at := range index {
		out[i] = list[at]
		if scores[at] > 0 {
			like++
		}
	}
	return out, like
}

// scores returns how much each of n texts is like the one compared with.
func (l *likeness) scores(n int, text func(i int) string) []float64 {
	counts := make([]map[string]int, n)
	lengths := make([]float64, n)
	in := map[string]int{}
	total := 0.0
	for i := range n {
		counts[i] = map[string]int{}
		words.Scan([]byte(text(i)), func(b []byte) {
			for _, part := range words.Split(string(b)) {
				counts[i][words.Stem(part)]++
				lengths[i]++
			}
		})
		total += lengths[i]
		for _, t := range l.terms {
			if counts[i][t] > 0 {
				in[t]++
			}
		}
	}
	const k, b, half = 1.2, 0.75, 0.5
	out := make([]float64, n)
	for i := range n {
		norm := k * (1 - b + b*lengths[i]/max(1, total/float64(max(1, n))))
		for _, t := range l.terms {
			if tf := float64(counts[i][t]); tf > 0 {
				rare := math.Log(1 + (float64(n)-float64(in[t])+half)/(float64(in[t])+half))
				out[i] += rare * tf * (k + 1) / (tf + norm)
			}
		}
	}
	return out
}
