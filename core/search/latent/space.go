// Package latent finds code by meaning without a trained model: latent
// semantic analysis, fitted to one project. Words that keep the same company
// come to lie near each other, so that a question about "retries" finds code
// that says "backoff" (Deerwester et al., "Indexing by Latent Semantic
// Analysis", 1990; the basis is found by subspace iteration from a random
// start: Halko, Martinsson and Tropp, "Finding Structure with Randomness",
// 2011, algorithm 4.4).
package latent

import (
	"math"
	"slices"
)

// Dimensions is the length of a vector, of chunks and of questions.
const Dimensions = 128

// Version names how spaces are fitted; vectors of one version are never
// compared with those of another.
const Version = 1

// MostFitted is of how many chunks a space is learnt at most: beyond it, chunks at
// even distances stand for all.
const MostFitted = 30_000

// Vector is a chunk's or a question's place in the space, of length one, or
// all zero where nothing of it is known.
type Vector [Dimensions]float32

// Count is how often one term is in a chunk.
type Count struct {
	Term uint32 // its number in the vocabulary
	N    uint8
}

// Axis is what the space knows of a term.
type Axis struct {
	IDF    float32
	Vector Vector // the term's row of the basis
}

// Space is a fitted space: its terms' axes.
type Space struct {
	Terms map[string]Axis
}

// Mix gives the vector of a text of terms: each term's axis by its weight,
// the whole brought to length one. Terms the space does not know are passed
// over. The order of the counts decides the last bits of the result.
func Mix(axes []Axis, counts []int) Vector {
	var (
		sum [Dimensions]float64
		out Vector
	)

	for i, axis := range axes {
		w := weight(counts[i]) * float64(axis.IDF)
		for d := range sum {
			sum[d] += w * float64(axis.Vector[d])
		}
	}

	norm := 0.0
	for d := range sum {
		norm += sum[d] * sum[d]
	}

	if norm == 0 {
		return out
	}

	norm = math.Sqrt(norm)
	for d := range sum {
		out[d] = float32(sum[d] / norm)
	}

	return out
}

// Cosine tells how near two vectors are: 1 the same direction, 0 nothing in common.
func (v *Vector) Cosine(o *Vector) float32 {
	var sum float32
	for d := range v {
		sum += v[d] * o[d]
	}

	return sum
}

// Zero tells whether nothing is known of what the vector stands for.
func (v *Vector) Zero() bool {
	return !slices.ContainsFunc(v[:], func(x float32) bool { return x != 0 })
}

// weight dampens how often a term is in a text.
func weight(n int) float64 { return 1 + math.Log(float64(n)) }

// Place gives the vector of a chunk: its terms' numbers are places in names.
// Terms are taken in the order of their numbers.
func (s *Space) Place(names []string, counts []Count) Vector {
	axes := make([]Axis, 0, len(counts))
	times := make([]int, 0, len(counts))

	for _, c := range counts {
		if axis, known := s.Terms[names[c.Term]]; known {
			axes = append(axes, axis)
			times = append(times, int(c.N))
		}
	}

	return Mix(axes, times)
}
