package rank

import (
	"cmp"
	"context"
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
	Named   float64 `json:"named"`
	Located float64 `json:"located"`
	Defines float64 `json:"defines"`
	Factor  float64 `json:"factor"`
}

// Search answers a question: the best chunk of each file first, then the
// further ones, at most limit of them.
func Search(ctx context.Context, r Reader, q Question, filter Filter, w Weights, limit int) ([]Hit, error) {
	ask := Ask{Filter: filter}
	for _, t := range q.Terms {
		ask.Terms = append(ask.Terms, t.Text)
	}

	for _, name := range q.Names {
		ask.Names = append(ask.Names, strings.ToLower(name))
	}

	gathered, err := r.Gather(ctx, ask)
	if err != nil {
		return nil, err //nolint:wrapcheck // the reader's own words
	}

	terms := make([]lexical.Weighted, 0, len(ask.Terms))
	for _, t := range ask.Terms {
		terms = append(terms, lexical.Weighted{Term: t, Weight: 1})
	}

	scores, err := lexical.Score(gathered.Parts, terms)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what is damaged
	}

	near := place(q, gathered.Axes)
	candidates := choose(scores, gathered, w.Candidates)

	fetched, err := r.Fetch(ctx, Want{Chunks: candidates, Near: near, Limit: w.Near, Filter: filter})
	if err != nil {
		return nil, err //nolint:wrapcheck // the reader's own words
	}

	j := judge{question: q, weights: w, gathered: gathered, scores: scores, near: near}

	return spread(j.hits(fetched.Rows), limit), nil
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

// choose gives the chunks worth a closer look: those with the best words, and
// those that define a name asked for.
func choose(scores [][]float32, g *Gathered, most int) []Chunk {
	type scored struct {
		chunk Chunk
		score float32
	}

	var all []scored

	for part := range scores {
		h := g.Parts[part].Head
		for doc := range h.Lengths {
			if s := scores[part][doc]; s > 0 {
				all = append(all, scored{Chunk{uint32(part), uint32(doc)}, s})
			}
		}
	}

	slices.SortFunc(all, func(x, y scored) int { return cmp.Compare(y.score, x.score) })

	chosen := make([]Chunk, 0, most)
	seen := map[Chunk]bool{}

	for _, d := range g.Definitions {
		if !seen[d.Chunk] && len(chosen) < most {
			seen[d.Chunk] = true
			chosen = append(chosen, d.Chunk)
		}
	}

	for _, s := range all {
		if len(chosen) >= most {
			break
		}

		if !seen[s.chunk] {
			seen[s.chunk] = true
			chosen = append(chosen, s.chunk)
		}
	}

	return chosen
}

// spread puts the best chunk of each file first, then all others.
func spread(hits []Hit, limit int) []Hit {
	first := make([]Hit, 0, limit)
	seen := map[string]bool{}

	var rest []Hit

	for _, h := range hits {
		if seen[h.Path] {
			rest = append(rest, h)

			continue
		}

		seen[h.Path] = true

		first = append(first, h)
	}

	if len(first) < limit {
		first = append(first, rest...)
	}

	return first[:min(limit, len(first))]
}
