package lexical

import (
	"math"
	"slices"
)

// The parameters of BM25F, as measured on repositories of many languages (docs/search.md).
const (
	k1            = 1.2
	lengthWeight  = 0.6 // b: how much a long chunk is held back
	pathWeight    = 3.0
	definedWeight = 2.0
	smooth        = 0.5 // BM25's own, of Robertson and Spärck Jones
)

// Part is one segment as a question sees it.
type Part struct {
	Head *Head
	// Dead tells which files (by ordinal) are gone or replaced; nil when none.
	Dead map[uint32]bool
	// Postings has the bytes of each of the question's terms that the segment has.
	Postings map[string][]byte
}

// Weighted is a term of a question with its weight: 1 for a word that was
// asked for, less for one that was only inferred.
type Weighted struct {
	Term   string
	Weight float64
}

// IDF is the weight of a term that df of n chunks have.
func IDF(n, df int) float64 {
	return math.Log(1 + (float64(n)-float64(df)+smooth)/(float64(df)+smooth))
}

// Score scores every chunk of all parts, by its own words and its file's
// path: a number for each chunk of each part. Its time grows with the
// postings of the terms, its memory with the number of chunks.
func Score(parts []Part, terms []Weighted) ([][]float32, error) {
	scores, _, err := ScoreFiles(parts, terms)

	return scores, err
}

// ScoreFiles scores chunks as Score does, and files: for each term by the chunk
// that has it best, so that a file counts in which different chunks have
// different terms.
func ScoreFiles(parts []Part, terms []Weighted) (scores, files [][]float32, err error) {
	scores, files = make([][]float32, len(parts)), make([][]float32, len(parts))
	works := make([]work, len(parts))
	chunks, length := 0, 0

	for i := range parts {
		h := parts[i].Head
		scores[i] = make([]float32, len(h.Lengths))
		files[i] = make([]float32, len(h.Files))
		works[i] = work{part: &parts[i], tf: make([]float32, len(h.Lengths))}
		chunks += len(h.Lengths)

		for _, n := range h.Lengths {
			length += int(n)
		}
	}

	if chunks == 0 {
		return scores, files, nil
	}

	mean := max(1, float64(length)/float64(chunks))

	for _, term := range terms {
		df := 0

		for i := range parts {
			if err := works[i].gather(parts[i].Postings[term.Term]); err != nil {
				return nil, nil, err
			}

			df += len(works[i].chunks)
		}

		idf := term.Weight * IDF(chunks, df)
		for i := range parts {
			works[i].add(scores[i], files[i], idf, mean)
		}
	}

	for i := range parts {
		for ordinal := range parts[i].Dead {
			f := parts[i].Head.Files[ordinal]
			files[i][ordinal] = 0
			clear(scores[i][f.First : f.First+f.Docs])
		}
	}

	return scores, files, nil
}

// work gathers one term's weighted counts in one part.
type work struct {
	part   *Part
	tf     []float32 // of the term at hand; zero elsewhere
	chunks []uint32  // that have it
}

// gather reads the term's postings: counts by field, weighted by field.
func (w *work) gather(data []byte) error {
	w.chunks = w.chunks[:0]
	if len(data) == 0 {
		return nil
	}

	h := w.part.Head

	return EachPosting(data, func(file uint32, tf uint8) {
		if int(file) >= len(h.Files) {
			return
		}

		for doc := h.Files[file].First; doc < h.Files[file].First+h.Files[file].Docs; doc++ {
			w.touch(doc, pathWeight*float32(tf))
		}
	}, func(doc uint32, body, defined uint8) {
		if int(doc) < len(h.Lengths) {
			w.touch(doc, float32(body)+definedWeight*float32(defined))
		}
	})
}

func (w *work) touch(doc uint32, tf float32) {
	if w.tf[doc] == 0 {
		w.chunks = append(w.chunks, doc)
	}

	w.tf[doc] += tf
}

// add adds the term at hand to the scores of chunks and files, and forgets it.
func (w *work) add(scores, files []float32, idf, mean float64) {
	slices.Sort(w.chunks) // they came by their paths, and then by their text

	file, best := 0, float32(0)

	for _, doc := range w.chunks {
		tf := float64(w.tf[doc])
		norm := k1 * (1 - lengthWeight + lengthWeight*float64(w.part.Head.Lengths[doc])/mean)
		score := float32(idf * tf * (k1 + 1) / (tf + norm))
		scores[doc] += score
		w.tf[doc] = 0

		for h := w.part.Head.Files; doc >= h[file].First+h[file].Docs; file++ {
			files[file] += best
			best = 0
		}

		best = max(best, score)
	}

	if best > 0 {
		files[file] += best
	}
}
