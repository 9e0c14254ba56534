// Package rank answers questions about code: it tells what kind of question
// is asked, weighs what the words, the names, the paths and the latent space
// say of each chunk, and puts the answers in order, each with its reasons.
package rank

import (
	"context"

	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
)

// Reader gives what an index holds. Each method is one round trip.
type Reader interface {
	// Gather gives, of each segment, what the question's words touch.
	Gather(ctx context.Context, ask Ask) (*Gathered, error)
	// Fetch gives the rows of chunks, and the chunks nearest to a vector.
	Fetch(ctx context.Context, want Want) (*Fetched, error)
}

// Ask is what a question needs to know first.
type Ask struct {
	// Terms are the question's terms as the index has them.
	Terms []string
	// Names are names, in lower case, whose definitions are sought.
	Names []string
	// Filter leaves out files; its zero value leaves out none.
	Filter Filter
}

// Filter says which files answers may come from. All that is set must hold.
type Filter struct {
	// Languages are language ids, any of them.
	Languages []string
	// Paths are patterns as in .gitignore, any of them; Not are those to leave out.
	Paths, Not []string
	// Changed leaves only these files, where it is not nil.
	Changed []string
}

// Chunk names a chunk: the part it is in (its place in Gathered.Parts), and
// its number there.
type Chunk struct {
	Part uint32
	Doc  uint32
}

// Gathered is what an index has on a question's words.
type Gathered struct {
	// Parts are the segments. Files that are gone, and those the filter leaves
	// out, are among the dead.
	Parts []lexical.Part
	// Definitions are those of the names asked for.
	Definitions []Definition
	// Axes are the terms' rows of the latent space; nil where there is none.
	Axes map[string]latent.Axis
}

// Definition says where a name is defined.
type Definition struct {
	Name  string // as written
	Kind  string // an outline.Kind
	Chunk Chunk
}

// Want is what a question needs to know of its candidates.
type Want struct {
	Chunks []Chunk
	// Near asks for the Limit chunks nearest to this vector as well, where it
	// is not nil. The filter holds for them too.
	Near *latent.Vector
	// Embedding asks for the Limit chunks that a provider's model places nearest to
	// it, and for the Similarity of all rows, where it is not nil.
	Embedding []float32
	Limit     int
	Filter    Filter
}

// Fetched has a row for each chunk wanted that still exists, and for those near.
type Fetched struct {
	Rows []Row
}

// Row is what an index keeps of a chunk.
type Row struct {
	Chunk
	Path      string // slash-separated, relative to the root
	Language  string
	StartLine int // 1-based, inclusive
	EndLine   int
	Symbol    string // the enclosing or defined symbol, qualified; "" where none
	Kind      string // of the symbol
	Signature string
	Defines   []string
	// Vector is the chunk's place in the latent space; nil where it has none.
	Vector *latent.Vector
	// Similarity is the cosine between it and the question by a provider's model;
	// nil where that is not known.
	Similarity *float32
}
