package latent_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
)

// corpus makes texts about so many subjects: each subject has words of its
// own, and each text has some of its subject's words, and some of no subject.
func corpus(subjects, texts int) latent.Corpus {
	const wordsEach, common = 12, 40

	var c latent.Corpus

	for s := range subjects {
		for w := range wordsEach {
			c.Names = append(c.Names, fmt.Sprintf("s%dw%d", s, w))
		}
	}

	for w := range common {
		c.Names = append(c.Names, fmt.Sprintf("common%d", w))
	}

	r := rand.New(rand.NewPCG(1, 2))

	for d := range texts {
		subject := d % subjects
		seen := map[uint32]bool{}

		for range 5 {
			seen[uint32(subject*wordsEach+r.IntN(wordsEach))] = true
			seen[uint32(subjects*wordsEach+r.IntN(common))] = true
		}

		var doc []latent.Count

		for term := range uint32(len(c.Names)) {
			if seen[term] {
				doc = append(doc, latent.Count{Term: term, N: 1})
			}
		}

		c.Docs = append(c.Docs, doc)
	}

	return c
}

// A question in words that a text does not have finds it, if other texts have
// both: that is what the space is for.
func TestWordsThatKeepTheSameCompanyAreNear(t *testing.T) {
	t.Parallel()

	c := corpus(40, 1200)
	space, err := latent.Fit(t.Context(), c)
	require.NoError(t, err)

	same, other, n := 0.0, 0.0, 0

	for s := range 40 {
		a := space.Place(c.Names, []latent.Count{{Term: uint32(s * 12), N: 1}})
		b := space.Place(c.Names, []latent.Count{{Term: uint32(s*12 + 1), N: 1}})
		far := space.Place(c.Names, []latent.Count{{Term: uint32((s+1)%40*12 + 1), N: 1}})
		same += float64(a.Cosine(&b))
		other += math.Abs(float64(a.Cosine(&far)))
		n++
	}

	assert.Greater(t, same/float64(n), 3*other/float64(n), "same %.3f, other %.3f", same/float64(n), other/float64(n))
}

func TestTheSameCorpusGivesTheSameSpace(t *testing.T) {
	t.Parallel()

	c := corpus(5, 200)
	one, err := latent.Fit(t.Context(), c)
	require.NoError(t, err)

	two, err := latent.Fit(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, one, two)
}

// The directions kept are the corpus's own: of a corpus with fewer subjects
// than dimensions, lengths survive the way into the space and back.
func TestVectorsHaveLengthOne(t *testing.T) {
	t.Parallel()

	c := corpus(8, 300)
	space, err := latent.Fit(t.Context(), c)
	require.NoError(t, err)

	for _, doc := range c.Docs {
		v := space.Place(c.Names, doc)
		assert.InDelta(t, 1, float64(v.Cosine(&v)), 1e-3)
	}
}

func TestTooLittleText(t *testing.T) {
	t.Parallel()

	_, err := latent.Fit(t.Context(), corpus(1, 3))
	require.ErrorIs(t, err, latent.ErrTooSmall)

	_, err = latent.Fit(t.Context(), latent.Corpus{})
	require.ErrorIs(t, err, latent.ErrTooSmall)
}

// A corpus that is the same text many times has one direction only, and none
// of its numbers may be other than a number.
func TestACorpusWithoutVariety(t *testing.T) {
	t.Parallel()

	c := latent.Corpus{}
	for w := range 30 {
		c.Names = append(c.Names, fmt.Sprint(w))
	}

	for d := range 40 {
		var doc []latent.Count
		for w := range 10 {
			doc = append(doc, latent.Count{Term: uint32(w + d%2*10), N: 1})
		}

		c.Docs = append(c.Docs, doc)
	}

	space, err := latent.Fit(t.Context(), c)
	require.NoError(t, err)

	for _, axis := range space.Terms {
		for _, x := range axis.Vector {
			assert.False(t, math.IsNaN(float64(x)) || math.IsInf(float64(x), 0))
		}
	}
}

func TestCorpusOfLeavesOutWhatIsGone(t *testing.T) {
	t.Parallel()

	b := lexical.NewBuilder()
	for i := range 10 {
		b.AddFile(fmt.Sprintf("f%d.go", i), 0)
		b.AddChunk([]byte("retry twice"), []string{"Retry"})
	}

	s := b.Segment()
	part := lexical.Part{Head: &s.Head, Postings: s.Postings, Dead: map[uint32]bool{3: true}}

	c, err := latent.CorpusOf([]lexical.Part{part}, 100)
	require.NoError(t, err)
	assert.Len(t, c.Docs, 9)

	for i, doc := range c.Docs {
		times := map[string]uint8{}
		for _, count := range doc {
			times[c.Names[count.Term]] = count.N
		}

		assert.Equal(t, uint8(2), times["retri"], "in the text, and as a defined name")
		assert.Equal(t, uint8(1), times["twice"])
		assert.Equal(t, uint8(2), times["f"], "the file's name counts twice, as in its path")
		assert.Len(t, times, 5, "chunk %d: with the file's number, and its whole name", i)
	}

	c, err = latent.CorpusOf([]lexical.Part{part}, 4)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(c.Docs), 4)
	assert.NotEmpty(t, c.Docs)
}

func BenchmarkFit(b *testing.B) {
	c := corpus(100, 5000)
	for b.Loop() {
		if _, err := latent.Fit(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
