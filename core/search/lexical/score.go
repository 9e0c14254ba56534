package lexical

import "math"

// The parameters of BM25F, as measured on repositories of many languages (docs/search.md).
const (
	k1            = 1.2
	lengthWeight  = 0.6 // b: how much a long chunk is held back
	pathWeight    = 3.0
	definedWeight = 2.0
)

// Part is one segment as a question sees it.
type Part struct {
	Head *Head
	// Dead tells which files (by ordinal) are gone or replaced; nil when none.
	Dead map[uint32]bool
	// Postings has the bytes of each of the question's terms that the segment has.
	Postings map[string][]byte
}

// Scores are what a question's words give, for each chunk of a part.
type Scores struct {
	// Chunk is the score of each chunk by its own words and its file's path.
	Chunk []float32
	// File is, by the file's ordinal, the score of the file as one text.
	File []float32
}

// Weighted is a term of a question with its weight: 1 for a word that was
// asked for, less for one that was only inferred.
type Weighted struct {
	Term   string
	Weight float64
}

// IDF is the weight of a term that df of n chunks have.
func IDF(n, df int) float64 {
	return math.Log(1 + (float64(n)-float64(df)+0.5)/(float64(df)+0.5)) //nolint:mnd // BM25's own constants
}

// Score scores every chunk and file of all parts. Its time grows with the
// postings of the terms, its memory with the number of chunks.
func Score(parts []Part, terms []Weighted) ([]Scores, error) {
	scores := make([]Scores, len(parts))
	works := make([]work, len(parts))
	chunks, files, length := 0, 0, 0

	for i := range parts {
		h := parts[i].Head
		scores[i] = Scores{Chunk: make([]float32, len(h.Lengths)), File: make([]float32, len(h.Files))}
		works[i] = newWork(&parts[i])
		chunks += len(h.Lengths)
		files += len(h.Files)

		for _, n := range h.Lengths {
			length += int(n)
		}
	}

	if chunks == 0 {
		return scores, nil
	}

	meanChunk := max(1, float64(length)/float64(chunks))
	meanFile := max(1, float64(length)/float64(files))

	for _, term := range terms {
		df, fileDF := 0, 0

		for i := range parts {
			if err := works[i].gather(parts[i].Postings[term.Term]); err != nil {
				return nil, err
			}

			df += len(works[i].chunks)
			fileDF += len(works[i].files)
		}

		idf, fileIDF := term.Weight*IDF(chunks, df), term.Weight*IDF(files, fileDF)

		for i := range parts {
			works[i].add(&scores[i], idf, fileIDF, meanChunk, meanFile)
		}
	}

	for i := range parts {
		for ordinal := range parts[i].Dead {
			scores[i].clear(parts[i].Head.Files[ordinal], ordinal)
		}
	}

	return scores, nil
}

func (s *Scores) clear(f FileHead, ordinal uint32) {
	s.File[ordinal] = 0
	clear(s.Chunk[f.First : f.First+f.Docs])
}

// work gathers one term's weighted counts in one part.
type work struct {
	part       *Part
	fileOf     []uint32 // chunk → file
	fileLength []float64
	chunkTF    []float32 // of the term at hand; zero elsewhere
	fileTF     []float32
	chunks     []uint32 // that have it
	files      []uint32
}

func newWork(part *Part) work {
	h := part.Head
	w := work{
		part: part, fileOf: make([]uint32, len(h.Lengths)), fileLength: make([]float64, len(h.Files)),
		chunkTF: make([]float32, len(h.Lengths)), fileTF: make([]float32, len(h.Files)),
	}

	for ordinal, f := range h.Files {
		for doc := f.First; doc < f.First+f.Docs; doc++ {
			w.fileOf[doc] = uint32(ordinal)
			w.fileLength[ordinal] += float64(h.Lengths[doc])
		}
	}

	return w
}

// gather reads the term's postings: counts by field, weighted by field.
func (w *work) gather(data []byte) error {
	w.chunks, w.files = w.chunks[:0], w.files[:0]
	if len(data) == 0 {
		return nil
	}

	h := w.part.Head

	return EachPosting(data, func(file uint32, tf uint8) {
		if int(file) >= len(h.Files) {
			return
		}

		if w.fileTF[file] == 0 {
			w.files = append(w.files, file)
		}

		w.fileTF[file] += pathWeight * float32(tf)

		for doc := h.Files[file].First; doc < h.Files[file].First+h.Files[file].Docs; doc++ {
			w.touch(doc, pathWeight*float32(tf))
		}
	}, func(doc uint32, body, defined uint8) {
		if int(doc) >= len(h.Lengths) {
			return
		}

		// A chunk's own words are held to its length here, once, so that the
		// fields with few words are not.
		tf := float32(body) + definedWeight*float32(defined)
		file := w.fileOf[doc]

		if w.fileTF[file] == 0 {
			w.files = append(w.files, file)
		}

		w.fileTF[file] += tf
		w.touch(doc, tf)
	})
}

func (w *work) touch(doc uint32, tf float32) {
	if w.chunkTF[doc] == 0 {
		w.chunks = append(w.chunks, doc)
	}

	w.chunkTF[doc] += tf
}

// add adds the term at hand to the scores, and forgets it.
func (w *work) add(s *Scores, idf, fileIDF, meanChunk, meanFile float64) {
	for _, doc := range w.chunks {
		tf := float64(w.chunkTF[doc])
		norm := k1 * (1 - lengthWeight + lengthWeight*float64(w.part.Head.Lengths[doc])/meanChunk)
		s.Chunk[doc] += float32(idf * tf * (k1 + 1) / (tf + norm))
		w.chunkTF[doc] = 0
	}

	for _, file := range w.files {
		tf := float64(w.fileTF[file])
		norm := k1 * (1 - lengthWeight + lengthWeight*w.fileLength[file]/meanFile)
		s.File[file] += float32(fileIDF * tf * (k1 + 1) / (tf + norm))
		w.fileTF[file] = 0
	}
}
