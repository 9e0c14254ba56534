package evaluate

import (
	"math"
	"strings"
)

// Target is a place that a question should find: a file, and lines of it
// where they are given (1-based, inclusive; 0 for the whole file).
type Target struct {
	Path      string `json:"path"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
}

// Found is one answer.
type Found struct {
	Path      string
	StartLine int
	EndLine   int
}

// matches tells whether an answer is at the target: paths are compared by
// their last parts, and lines must overlap.
func (t Target) matches(f Found) bool {
	if f.Path != t.Path && !strings.HasSuffix(f.Path, "/"+t.Path) && !strings.HasSuffix(t.Path, "/"+f.Path) {
		return false
	}

	return t.EndLine == 0 || f.EndLine == 0 || f.StartLine <= t.EndLine && f.EndLine >= t.StartLine
}

// NDCG is the normalised discounted cumulative gain of the first k answers
// (Järvelin and Kekäläinen, 2002) with a gain of one for each target: its
// rank is that of the first answer at it. 1 is the best, 0 none found.
func NDCG(targets []Target, found []Found, k int) float64 {
	gain, ideal := 0.0, 0.0

	for i, target := range targets {
		if i < k {
			ideal += 1 / math.Log2(float64(i)+2)
		}

		for rank, f := range found[:min(k, len(found))] {
			if target.matches(f) {
				gain += 1 / math.Log2(float64(rank)+2)

				break
			}
		}
	}

	if ideal == 0 {
		return 0
	}

	return gain / ideal
}
