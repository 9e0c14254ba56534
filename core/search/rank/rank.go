package rank

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
)

// Hit is a chunk that answers a question, with what speaks for it.
type Hit struct {
	Row
	Score   float64
	Signals Signals
}

// Signals are what speaks for and against a chunk: each as it entered the
// score, so that their sum, times Factor, is the score.
type Signals struct {
	Words   float64 `json:"words"`
	File    float64 `json:"file"`
	Latent  float64 `json:"latent"`
	Subject float64 `json:"subject"`
	Named   float64 `json:"named"`
	Located float64 `json:"located"`
	Defines float64 `json:"defines"`
	// Provider is what a provider's model says; zero without one.
	Provider float64 `json:"provider"`
	Factor   float64 `json:"factor"`
}

// Search answers a question with at most limit chunks, the best first; a file's
// further chunks have to be better than its first one.
func Search(ctx context.Context, r Reader, q Question, filter Filter, w Weights, limit int) ([]Hit, error) {
	ask := Ask{Filter: filter}
	for _, t := range q.Terms {
		ask.Terms = append(ask.Terms, t.Text)
	}

	ask.Terms = append(ask.Terms, q.Joined...)

	for _, name := range q.Names {
		ask.Names = append(ask.Names, strings.ToLower(name))
	}

	gathered, err := r.Gather(ctx, ask)
	if err != nil {
		return nil, err
	}

	terms := make([]lexical.Weighted, 0, len(ask.Terms))
	for _, t := range q.Terms {
		terms = append(terms, lexical.Weighted{Term: t.Text, Weight: 1})
	}

	for _, t := range q.Joined {
		terms = append(terms, lexical.Weighted{Term: t, Weight: w.Joined})
	}

	scores, covers, err := lexical.ScoreFiles(gathered.Parts, terms)
	if err != nil {
		return nil, err
	}

	near := place(q, gathered.Axes)
	j := newJudge(q, w, gathered, scores, covers, near)

	fetched, err := r.Fetch(ctx, Want{Chunks: j.choose(), Near: near, Embedding: q.Embedding, Limit: w.Near, Filter: filter})
	if err != nil {
		return nil, err
	}

	return spread(j.hits(fetched.Rows), w.Again, limit), nil
}

// place gives the question's place in the latent space; nil where nothing is known of it.
func place(q Question, axes map[string]latent.Axis) *latent.Vector {
	var (
		known  []latent.Axis
		counts []int
	)

	for _, t := range q.Terms {
		if axis, ok := axes[t.Text]; ok {
			known = append(known, axis)
			counts = append(counts, 1)
		}
	}

	v := latent.Mix(known, counts)
	if v.Zero() {
		return nil
	}

	return &v
}

// What a file's many chunks add up to is dampened: the sum is divided by
// their number to this power.
const (
	crowd     = 0.35 // of their words
	crowdNear = 0.6  // of their nearness in meaning
)

// gathers gives, for each file of each part, what its chunks' scores add up
// to: a file of which many chunks speak is likelier than one that does once.
func gathers(scores [][]float32, g *Gathered) (files [][]float64, best float64) {
	files = make([][]float64, len(scores))

	for part := range scores {
		h := g.Parts[part].Head
		files[part] = make([]float64, len(h.Files))

		for ordinal, f := range h.Files {
			sum := 0.0
			for _, s := range scores[part][f.First : f.First+f.Docs] {
				sum += float64(s)
			}

			if sum > 0 {
				sum /= math.Pow(float64(f.Docs), crowd)
				files[part][ordinal] = sum
				best = max(best, sum)
			}
		}
	}

	return files, best
}

type scored struct {
	chunk Chunk
	score float64
}

// compare puts the higher score first, and equal ones in the order of the index.
func (s scored) compare(o scored) int {
	return cmp.Or(cmp.Compare(o.score, s.score), cmp.Compare(s.chunk.Part, o.chunk.Part), cmp.Compare(s.chunk.Doc, o.chunk.Doc))
}

// top gives the best n in order. What is surely not among them is dropped on
// the way, so that a word which half of all chunks have costs no sorting of
// them all.
func top(all []scored, n int) []scored {
	if n <= 0 {
		return nil
	}

	kept := make([]scored, 0, 2*n)
	bar := scored{score: math.Inf(-1)} // the n-th best so far: what is behind it is not among the best

	for _, s := range all {
		if s.compare(bar) > 0 {
			continue
		}

		if len(kept) == cap(kept) {
			slices.SortFunc(kept, scored.compare)
			kept = kept[:n]
			bar = kept[n-1]

			if s.compare(bar) > 0 {
				continue
			}
		}

		kept = append(kept, s)
	}

	slices.SortFunc(kept, scored.compare)

	return kept[:min(n, len(kept))]
}

// choose gives the chunks worth a closer look: those that define a name asked
// for, and those with the best words in the best files.
func (j *judge) choose() []Chunk {
	var all []scored

	for part := range j.scores {
		for ordinal, f := range j.gathered.Parts[part].Head.Files {
			file := j.weights.File * share(j.files[part][ordinal], j.bestFile)

			for doc := f.First; doc < f.First+f.Docs; doc++ {
				if s := j.scores[part][doc]; s > 0 {
					all = append(all, scored{Chunk{uint32(part), doc}, share(float64(s), j.bestChunk) + file})
				}
			}
		}
	}

	most := j.weights.Candidates
	all = top(all, most)
	chosen := make([]Chunk, 0, most)
	seen := map[Chunk]bool{}
	take := func(c Chunk) {
		if len(chosen) < most && !seen[c] {
			seen[c] = true
			chosen = append(chosen, c)
		}
	}

	for _, d := range j.gathered.Definitions {
		take(d.Chunk)
	}

	for _, s := range all {
		take(s.chunk)
	}

	return chosen
}

// spread puts hits, which are in order, into the order they are given in. A file's
// further chunks count for less each time, and what speaks for the whole file for
// less still: one file does not fill the answer, and yet one in which several
// pieces answer the question gives several.
func spread(hits []Hit, again float64, limit int) []Hit {
	type place struct {
		hit   *Hit
		worth float64
	}

	places := make([]place, 0, len(hits))
	factors := map[string]float64{}

	for i := range hits {
		factor, seen := factors[hits[i].Path]
		if !seen {
			factor = 1
		}

		s := hits[i].Signals
		whole := (s.File + s.Subject + s.Located) * s.Factor // what the file's chunks have in common
		places = append(places, place{&hits[i], (hits[i].Score - whole*(1-factor*factor)) * factor})
		factors[hits[i].Path] = factor * again
	}

	slices.SortStableFunc(places, func(x, y place) int { return cmp.Compare(y.worth, x.worth) })

	first := make([]Hit, 0, min(limit, len(places)))
	for _, p := range places[:min(limit, len(places))] {
		first = append(first, *p.hit)
	}

	return first
}
