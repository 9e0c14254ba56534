package latent

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// How a space is fitted.
const (
	oversample   = 16 // directions carried besides those kept, for the precision of the last ones
	blocks       = 8  // the columns are worked on in so many blocks, always the same: results do not depend on the machine
	width        = (Dimensions + oversample) / blocks
	rounds       = 3      // passes of subspace iteration
	fewest       = 2      // a term of fewer chunks than this says nothing of company
	mostTerms    = 60_000 // the terms with the most to say; what is beyond is too rare to matter
	mostCommon   = 2      // a term in more than one of so many chunks is dropped
	fewestDocs   = 8      // below this there is no company to speak of
	perDirection = 4      // with fewer chunks than this to a direction, words do not come together but stay apart
	fewestKept   = 16
	smallestEig  = 1e-10 // of the largest: directions below it are noise
)

// ErrTooSmall says that there is too little text for a space.
var ErrTooSmall = errors.New("too little text to learn from")

// Corpus is the text a space is fitted to.
type Corpus struct {
	// Names are the terms by their numbers.
	Names []string
	// Docs are the chunks' counts.
	Docs [][]Count
}

// matrix is the weighted corpus: rows of length one.
type matrix struct {
	terms   []uint32 // column → term's number in the corpus
	idf     []float32
	starts  []int
	columns []uint32
	values  []float32
}

// Fit learns a space from a corpus. The same corpus gives the same space.
// ErrTooSmall where there are hardly any chunks or terms.
func Fit(ctx context.Context, corpus Corpus) (*Space, error) {
	a := weigh(corpus)
	if len(a.starts)-1 < fewestDocs || len(a.terms) < fewestDocs {
		return nil, ErrTooSmall
	}

	z := random(len(a.terms))

	for range rounds {
		next := newBasis(len(a.terms))
		parallel(func(block int) { a.power(z[block], next[block], nil) })

		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("learning stopped: %w", err)
		}

		if err := next.orthonormalise(); err != nil {
			return nil, err
		}

		z = next
	}

	return a.space(corpus, z)
}

// weigh makes the matrix of a corpus: (1 + log tf) idf, each row of length one.
func weigh(corpus Corpus) *matrix {
	df := make([]int, len(corpus.Names))
	for _, doc := range corpus.Docs {
		for _, c := range doc {
			df[c.Term]++
		}
	}

	a := &matrix{starts: []int{0}}
	column := make([]int32, len(df))

	for term, n := range df {
		column[term] = -1

		if n >= fewest && n*mostCommon <= len(corpus.Docs) {
			a.terms = append(a.terms, uint32(term))
		}
	}

	if len(a.terms) > mostTerms {
		slices.SortStableFunc(a.terms, func(x, y uint32) int { return df[y] - df[x] })
		a.terms = a.terms[:mostTerms]
		slices.Sort(a.terms)
	}

	for col, term := range a.terms {
		column[term] = int32(col)
		a.idf = append(a.idf, float32(math.Log(float64(len(corpus.Docs))/float64(df[term]))))
	}

	for _, doc := range corpus.Docs {
		a.append(doc, column)
	}

	return a
}

func (a *matrix) append(doc []Count, column []int32) {
	start := len(a.columns)
	norm := 0.0

	for _, c := range doc {
		col := column[c.Term]
		if col < 0 {
			continue
		}

		v := weight(int(c.N)) * float64(a.idf[col])
		norm += v * v
		a.columns = append(a.columns, uint32(col))
		a.values = append(a.values, float32(v))
	}

	if norm == 0 {
		a.columns, a.values = a.columns[:start], a.values[:start]

		return
	}

	for i := start; i < len(a.values); i++ {
		a.values[i] /= float32(math.Sqrt(norm))
	}

	a.starts = append(a.starts, len(a.columns))
}

// basis is a matrix with a row per term, in blocks of columns: row i of a
// block is block[i*width : (i+1)*width].
type basis [blocks][]float32

func newBasis(rows int) basis {
	var b basis
	for i := range b {
		b[i] = make([]float32, rows*width)
	}

	return b
}

func random(rows int) basis {
	b := newBasis(rows)

	parallel(func(block int) {
		r := rand.New(rand.NewPCG(Version, uint64(block))) //nolint:gosec // not for secrets: the same space each time is wanted
		for i := range b[block] {
			b[block][i] = float32(r.NormFloat64())
		}
	})

	return b
}

func parallel(f func(block int)) {
	var group sync.WaitGroup
	for block := range blocks {
		group.Go(func() { f(block) })
	}

	group.Wait()
}

// power adds AᵀA·in to out, for one block of columns. With rows, A·in is
// handed to it row by row.
func (a *matrix) power(in, out []float32, rows func(row int, y []float32)) {
	y := make([]float32, width)

	for row := range len(a.starts) - 1 {
		clear(y)

		columns, values := a.columns[a.starts[row]:a.starts[row+1]], a.values[a.starts[row]:a.starts[row+1]]
		for i, col := range columns {
			v, from := values[i], in[int(col)*width:][:width]
			for j := range y {
				y[j] += v * from[j]
			}
		}

		if rows != nil {
			rows(row, y)

			continue
		}

		for i, col := range columns {
			v, to := values[i], out[int(col)*width:][:width]
			for j := range to {
				to[j] += v * y[j]
			}
		}
	}
}

// orthonormalise makes the columns of length one and at right angles to each
// other, by the eigenvectors of their products.
func (b *basis) orthonormalise() error {
	// Columns of very different lengths would cost precision: first each to length one.
	parallel(func(block int) { unit(b[block]) })

	gram := mat.NewSymDense(blocks*width, nil)
	products(b, len(b[0])/width, func(i, j int, sum float64) { gram.SetSym(i, j, sum) })

	turn, err := turned(gram, true, blocks*width)
	if err != nil {
		return err
	}

	*b = b.times(turn)

	return nil
}

func unit(block []float32) {
	var norms [width]float64
	for i, v := range block {
		norms[i%width] += float64(v) * float64(v)
	}

	for i := range block {
		if n := norms[i%width]; n > 0 {
			block[i] = float32(float64(block[i]) / math.Sqrt(n))
		}
	}
}

// products calls set with the product of each pair of columns.
func products(b *basis, rows int, set func(i, j int, sum float64)) {
	const size = blocks * width

	partial := make([][]float64, blocks)

	parallel(func(block int) {
		sums := make([]float64, width*size)

		for row := range rows {
			mine := b[block][row*width:][:width]

			for other := block; other < blocks; other++ {
				theirs := b[other][row*width:][:width]

				for i, x := range mine {
					if x == 0 {
						continue
					}

					to := sums[i*size+other*width:][:width]
					for j, y := range theirs {
						to[j] += float64(x) * float64(y)
					}
				}
			}
		}

		partial[block] = sums
	})

	for block, sums := range partial {
		for i := range width {
			for j := block*width + i; j < size; j++ {
				set(block*width+i, j, sums[i*size+j])
			}
		}
	}
}

// turned gives the eigenvectors of a symmetric matrix as columns, those of
// the largest eigenvalues first; scaled, each is divided by the root of its
// eigenvalue. Directions without any extent become zero.
func turned(m *mat.SymDense, scaled bool, keep int) ([]float32, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(m, true) {
		return nil, errors.New("the words of this project could not be arranged: its text gives no numbers to work with")
	}

	values := eigen.Values(nil) // ascending

	var vectors mat.Dense

	eigen.VectorsTo(&vectors)

	n := len(values)
	turn := make([]float32, n*n)

	for k := range keep {
		value := values[n-1-k]
		if value <= smallestEig*values[n-1] {
			break
		}

		scale := 1.0

		if scaled {
			scale = 1 / math.Sqrt(value)
		}

		for i := range n {
			turn[i*n+k] = float32(vectors.At(i, n-1-k) * scale)
		}
	}

	return turn, nil
}

// times multiplies the basis by a square matrix from the right.
func (b *basis) times(turn []float32) basis {
	const size = blocks * width

	rows := len(b[0]) / width
	out := newBasis(rows)

	parallel(func(block int) {
		for row := range rows {
			to := out[block][row*width:][:width]

			for other := range blocks {
				for i, x := range b[other][row*width:][:width] {
					from := turn[(other*width+i)*size+block*width:][:width]
					for j := range to {
						to[j] += x * from[j]
					}
				}
			}
		}
	})

	return out
}

// space turns the basis so that its columns are the corpus's own directions,
// strongest first, and keeps as many as vectors have dimensions.
func (a *matrix) space(corpus Corpus, z basis) (*Space, error) {
	rows := len(a.starts) - 1
	projected := newBasis(rows)

	parallel(func(block int) {
		a.power(z[block], nil, func(row int, y []float32) { copy(projected[block][row*width:], y) })
	})

	gram := mat.NewSymDense(blocks*width, nil)
	products(&projected, rows, func(i, j int, sum float64) { gram.SetSym(i, j, sum) })

	turn, err := turned(gram, false, min(Dimensions, max(fewestKept, rows/perDirection)))
	if err != nil {
		return nil, err
	}

	v := z.times(turn)
	space := &Space{Terms: make(map[string]Axis, len(a.terms))}

	for col, term := range a.terms {
		axis := Axis{IDF: a.idf[col]}
		for d := range Dimensions {
			axis.Vector[d] = v[d/width][col*width+d%width]
		}

		space.Terms[corpus.Names[term]] = axis
	}

	return space, nil
}
