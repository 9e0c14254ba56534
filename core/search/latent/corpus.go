package latent

import (
	"slices"

	"github.com/layercake-dev/layercake/core/search/lexical"
)

// CorpusOf lays out the chunks of parts of an index, one after the other, as
// the texts a space is fitted to. Files that are gone are left out. With more
// chunks than most, chunks at even distances are taken.
func CorpusOf(parts []lexical.Part, most int) (Corpus, error) {
	rows, chunks := livingRows(parts, most)
	corpus := Corpus{Docs: make([][]Count, chunks)}

	terms := map[string]bool{}
	for i := range parts {
		for term := range parts[i].Postings {
			terms[term] = true
		}
	}

	corpus.Names = make([]string, 0, len(terms))
	for term := range terms {
		corpus.Names = append(corpus.Names, term)
	}

	slices.Sort(corpus.Names)

	// A chunk's place is where its words put it and those of its file's path:
	// the path says what it is about as a heading does.
	t := tally{rows: rows, times: make([]uint8, chunks)}

	for number, term := range corpus.Names {
		for i := range parts {
			if err := t.count(&parts[i], i, term); err != nil {
				return Corpus{}, err
			}
		}

		for _, row := range t.touched {
			corpus.Docs[row] = append(corpus.Docs[row], Count{Term: uint32(number), N: t.times[row]})
			t.times[row] = 0
		}

		t.touched = t.touched[:0]
	}

	return corpus, nil
}

// tally counts one term, chunk by chunk.
type tally struct {
	rows    [][]int32 // by part and chunk: its row in the corpus, or -1
	times   []uint8   // of the term at hand, by row
	touched []int32   // the rows that have it
}

func (t *tally) add(part int, doc uint32, n uint8) {
	if int(doc) >= len(t.rows[part]) || t.rows[part][doc] < 0 {
		return
	}

	row := t.rows[part][doc]
	if t.times[row] == 0 {
		t.touched = append(t.touched, row)
	}

	t.times[row] += n
}

func (t *tally) count(part *lexical.Part, at int, term string) error {
	return lexical.EachPosting(part.Postings[term], func(file uint32, tf uint8) {
		if int(file) < len(part.Head.Files) {
			f := part.Head.Files[file]
			for doc := f.First; doc < f.First+f.Docs; doc++ {
				t.add(at, doc, tf)
			}
		}
	}, func(doc uint32, body, defined uint8) { t.add(at, doc, body+defined) })
}

// livingRows numbers the chunks that a corpus has; -1 for those it leaves out.
func livingRows(parts []lexical.Part, most int) ([][]int32, int) {
	living := 0

	for i := range parts {
		for ordinal, f := range parts[i].Head.Files {
			if !parts[i].Dead[uint32(ordinal)] {
				living += int(f.Docs)
			}
		}
	}

	step := max(1, (living+most-1)/max(1, most))
	rows := make([][]int32, len(parts))
	seen, taken := 0, int32(0)

	for i := range parts {
		rows[i] = make([]int32, len(parts[i].Head.Lengths))

		for ordinal, f := range parts[i].Head.Files {
			for doc := f.First; doc < f.First+f.Docs; doc++ {
				rows[i][doc] = -1

				if parts[i].Dead[uint32(ordinal)] {
					continue
				}

				if seen%step == 0 {
					rows[i][doc] = taken
					taken++
				}

				seen++
			}
		}
	}

	return rows, int(taken)
}
