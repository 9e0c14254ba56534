package search

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/search/lexical"
)

// Store keeps the indexes. Package db implements it on Postgres.
type Store interface {
	Indexes
	Runs
	Contents
	Models
	Vectors
}

// Indexes is the part of a [Store] that knows which indexes there are.
type Indexes interface {
	// Indexes lists the indexes of a project.
	Indexes(ctx context.Context, project uuid.UUID) ([]Index, error)
	// Find returns the index of a checkout, or nil.
	Find(ctx context.Context, c Checkout) (*Index, error)
	// Add makes an empty index of a checkout, if there is none, and returns it.
	Add(ctx context.Context, c Checkout, format int) (*Index, error)
	// Move gives an index to another folder, and reports whether it could: another
	// process may have made an index of that folder.
	Move(ctx context.Context, index int32, root string) (bool, error)
	// Remove removes an index and all that is in it, and reports whether it was there.
	Remove(ctx context.Context, index int32) (bool, error)
	// RemoveOrphans removes the indexes of projects that are gone.
	RemoveOrphans(ctx context.Context) error
	// Size says how much is in an index.
	Size(ctx context.Context, index int32) (Size, error)
}

// Runs is the part of a [Store] that lets one process at a time index. A run is
// held by renewing it; one that is not renewed for a [Lease] can be taken.
type Runs interface {
	// Take takes the run of an index and returns nil, or returns the run of the
	// process that has it. The run of dead, who is known not to live, is taken.
	Take(ctx context.Context, index int32, by Holder, dead uuid.UUID) (*Run, error)
	// Renew says that the holder lives and how far it came. [ErrLost] is returned
	// when another one has the run, or the index is gone; so it is by all that
	// writes.
	Renew(ctx context.Context, h Hold, p Progress) error
	// End lets go of a run, if the holder has it.
	End(ctx context.Context, h Hold) error
	// Run returns who indexes or did not come to the end of it, or nil.
	Run(ctx context.Context, index int32) (*Run, error)
}

// Contents is the part of a [Store] that holds what was found in the files.
type Contents interface {
	// Files calls fn with every file that was looked at.
	Files(ctx context.Context, index int32, fn func(File) error) error
	// FileAt returns the file at a path, or nil.
	FileAt(ctx context.Context, index int32, path string) (*File, error)
	// Begin empties an index for another format.
	Begin(ctx context.Context, h Hold, format int) error
	// Commit puts a batch into the index: all or nothing.
	Commit(ctx context.Context, h Hold, b *Batch) error
	// Compact puts one segment in place of several: all or nothing.
	Compact(ctx context.Context, h Hold, gone []int32, s *Segment) error
	// Finish records that an indexing came to its end.
	Finish(ctx context.Context, h Hold, commit string, took time.Duration) error
	// Segments lists the segments of an index, with their heads if asked for.
	Segments(ctx context.Context, index int32, heads bool) ([]SegmentInfo, error)
	// Postings calls fn with the postings of a segment, in order of the terms.
	Postings(ctx context.Context, index, segment int32, fn func(term string, data []byte) error) error
	// Lookup fetches what the terms of a question have in all segments, the
	// vectors of the terms, and the symbols of the names, in one round trip.
	Lookup(ctx context.Context, index int32, q Lookup) (*Found, error)
	// Fetch fetches chunks with their files and vectors, in any order, in one round
	// trip; those that are gone are left out, and none comes twice.
	Fetch(ctx context.Context, index int32, w Want) ([]ChunkRow, error)
	// ChunksOf lists the chunks of a file.
	ChunksOf(ctx context.Context, index, file int32) ([]Chunk, error)
	// SymbolsOf lists the symbols of a file, and SymbolsNamed those of a name or of a
	// beginning of names, both in lower case.
	SymbolsOf(ctx context.Context, index, file int32) ([]Symbol, error)
	// FilesWith lists the files with a symbol of one of the kinds that has one of the
	// parts in its qualified name, in any case; no kinds are all, and no parts are any.
	FilesWith(ctx context.Context, index int32, kinds, parts []string) ([]int32, error)
	SymbolsNamed(ctx context.Context, index int32, name string, prefix bool, most int) ([]Symbol, error)
}

// Models is the part of a [Store] that keeps what was learnt from an index's words.
type Models interface {
	// Model returns the model of an index, or nil.
	Model(ctx context.Context, index int32) (*Model, error)
	// ModelTerms calls fn with the vector of every term of the model, in their order.
	ModelTerms(ctx context.Context, index int32, fn func(term string, data []byte) error) error
	// ModelTermsOf returns the vectors of some terms.
	ModelTermsOf(ctx context.Context, index int32, terms []string) (map[string][]byte, error)
	// PutModel puts a model and the vectors made by it in place of others: all or
	// nothing. The terms come in order, the vectors as they come.
	PutModel(ctx context.Context, h Hold, m *Model, terms TermVectors, vectors iter.Seq[Vector]) error
}

// TermVectors are the vectors of terms, as bytes.
type TermVectors struct {
	Terms []string
	Data  [][]byte
}

// Vectors is the part of a [Store] that needs pgvector.
type Vectors interface {
	// PrepareVectors makes the tables for vectors if the database can have them. It
	// returns why not, in a sentence, or "".
	PrepareVectors(ctx context.Context) (missing string, err error)
	// VectorsMissing says without changing anything why there are no vectors, or "".
	VectorsMissing(ctx context.Context) (string, error)
	// Tidy makes or removes the index on an index's vectors, as their number asks.
	Tidy(ctx context.Context, index int32, chunks int) error
	// PrepareProvider makes the table for a provider's vectors of a length, as
	// PrepareVectors does. Vectors are put in by PutProviderVectors for the chunks
	// that Unplaced lists, in order and after one of them, and found by NearestBy; a chunk has one of one model.
	PrepareProvider(ctx context.Context, dims int) (missing string, err error)
	Unplaced(ctx context.Context, index int32, m EmbeddingModel, after Ref, most int) ([]Chunk, error)
	// Placed counts the chunks that have a vector of a provider's model.
	Placed(ctx context.Context, index int32, m EmbeddingModel) (int, error)
	PutProviderVectors(ctx context.Context, index int32, m EmbeddingModel, vectors []Vector) error
	// PlacedByOthers counts those that have one of another model, the most first, and
	// ForgetOthers removes these vectors.
	PlacedByOthers(ctx context.Context, index int32, m EmbeddingModel) ([]PlacedBy, error)
	ForgetOthers(ctx context.Context, index int32, m EmbeddingModel) error
	// EndProvider keeps how it ended when a provider was asked about an index, and
	// ProviderEnd returns that, or nil where that model was not asked last.
	EndProvider(ctx context.Context, index int32, m EmbeddingModel, end ProviderEnd) error
	ProviderEnd(ctx context.Context, index int32, m EmbeddingModel) (*ProviderEnd, error)
	NearestBy(ctx context.Context, index int32, m EmbeddingModel, to []float32, most int, files []int32) ([]Near, error)
	// Embeddings returns which vectors of a provider's model are kept, by what they
	// were made from, and PutEmbeddings keeps some.
	Embeddings(ctx context.Context, m EmbeddingModel, hashes [][]byte) (map[string][]float32, error)
	PutEmbeddings(ctx context.Context, m EmbeddingModel, hashes [][]byte, vectors [][]float32) error
}

// ErrLost says that another process took the run, or that the index was removed.
var ErrLost = errors.New("another process took over the indexing, or the index was removed")

// Checkout is a folder on a host that belongs to a project. Worktrees and clones
// are checkouts of their own.
type Checkout struct {
	Project uuid.UUID `json:"project"`
	Host    string    `json:"host"`
	Root    string    `json:"root"`
}

// Index is the index of one checkout.
type Index struct {
	ID int32 `json:"id"`
	Checkout
	// Format is which program made it.
	Format int `json:"format"`
	// Generation goes up whenever what a search finds may have changed.
	Generation int64 `json:"generation"`
	// NextFile and NextSegment are the numbers that come next.
	NextFile    int32 `json:"-"`
	NextSegment int32 `json:"-"`
	// Commit is what was checked out, and IndexedAt when, as an indexing last came
	// to its end; nil when none did.
	Commit    string        `json:"commit"`
	IndexedAt *time.Time    `json:"indexed_at"`
	Took      time.Duration `json:"-"`
}

// Size is how much is in an index.
type Size struct {
	Files  int   `json:"files"`
	Bytes  int64 `json:"bytes"`
	Chunks int   `json:"chunks"`
	// Skipped counts files by the reason why there is nothing of them.
	Skipped map[string]int `json:"skipped"`
}

// Lease is how long a run is held without being renewed.
const Lease = 5 * time.Second

// Holder is a process that indexes.
type Holder struct {
	ID   uuid.UUID `json:"-"`
	Host string    `json:"host"`
	PID  int       `json:"pid"`
	// Process tells the process from another one with the same number.
	Process string `json:"-"`
}

// Hold is a run that a process has.
type Hold struct {
	Index int32
	ID    uuid.UUID
}

// Run is an indexing that is under way, or did not come to its end.
type Run struct {
	Holder
	Progress
	BeganAt   time.Time `json:"began_at"`
	RenewedAt time.Time `json:"renewed_at"`
	// Renewed says that the time of it has not run out.
	Renewed bool `json:"renewed"`
}

// File is a file as it was when it was read.
type File struct {
	ID   int32
	Path string
	Size int64
	// Modified and Read are when the file was written, by its file system, and when
	// it was read, in nanoseconds since 1970.
	Modified, Read int64
	Hash           []byte
	Language       string
	// Skipped is why there is nothing of it in the index, or "".
	Skipped string
	Chunks  int32
}

// Ref names a chunk.
type Ref struct{ File, Ordinal int32 }

// Chunk is a piece of a file.
type Chunk struct {
	Ref
	StartLine, EndLine int32
	Symbol, Kind       string
	Signature          string
	Defines            []string
	ContentHash        []byte
}

// Want says which chunks to fetch.
type Want struct {
	Chunks []Ref
	// Near asks for the Most chunks whose vectors are nearest to this one as well;
	// nil does not. Files leaves only those of some files, if it is not nil.
	Near  []float32
	Most  int
	Files []int32
}

// ChunkRow is a chunk with its file.
type ChunkRow struct {
	Chunk
	In File
	// Vector is what it means, or nil.
	Vector []float32
}

// Symbol is a definition in a file.
type Symbol struct {
	Ref
	// Chunk is the ordinal of the chunk that it begins in.
	Chunk                  int32
	Name, Kind, Parent     string
	Line, EndLine, DocLine int32
	Signature              string
	Exported               bool
	// Path and Language are those of its file, when it is read.
	Path, Language string
}

// Vector is what a chunk means, as numbers.
type Vector struct {
	Ref
	Values []float32
}

// Near is a chunk with how near it is: the cosine between its vector and the one
// asked for, 1 when they are the same.
type Near struct {
	Ref
	Score float32
}

// Segment is a part of the word index.
type Segment struct {
	Number int32
	// Files are the numbers of its files in their order.
	Files []int32
	// Head is what ranking knows of it, as bytes.
	Head     []byte
	Chunks   int
	Postings map[string][]byte
	// head is what Head was made of, if it was made here.
	head *lexical.Head
}

// SegmentInfo is a segment without its postings.
type SegmentInfo struct {
	Number int32
	Files  []int32
	// Dead are the places in Files of those that are gone.
	Dead                  []uint32
	Head                  []byte
	FileCount, Chunks     int
	DeadFiles, DeadChunks int
}

// Batch is what one transaction changes.
type Batch struct {
	// Gone are the numbers of files that were removed or replaced.
	Gone []int32
	// GoneChunks is how many chunks they had.
	GoneChunks int
	// Touched are files of which only the times changed.
	Touched []File
	Files   []File
	Chunks  []Chunk
	Symbols []Symbol
	// Segment has the words of the files; nil when there are none.
	Segment *Segment
	// Vectors were made by the model that there is. Unplaced says that the chunks
	// have none, although there is a model, which is to be made anew.
	Vectors  []Vector
	Unplaced bool
	// NextFile and NextSegment are the numbers that come next.
	NextFile, NextSegment int32
}

// Lookup is what a question asks for first.
type Lookup struct {
	// Terms have postings and vectors, Names symbols (in lower case).
	Terms []string
	Names []string
	// Prefixes are beginnings of names.
	Prefixes []string
	// Most bounds the symbols of each.
	Most int
	// Paths asks for the path and language of every file as well.
	Paths bool
	// Generation is the one whose segments are known already: they are left out if
	// the index is still of it. None is -1.
	Generation int64
}

// Found is the answer.
type Found struct {
	Generation int64
	// Segments are nil when the generation is the one named.
	Segments []SegmentInfo
	// Postings are by segment and term.
	Postings    map[int32]map[string][]byte
	Model       *Model
	TermVectors map[string][]byte
	Symbols     []Symbol
	Paths       []FilePath
}

// FilePath is a file of which something is in the index.
type FilePath struct {
	ID             int32
	Path, Language string
}

// Model says what is known of the words of an index.
type Model struct {
	Version  int64
	Dims     int
	FittedAt time.Time
	// Chunks is of how many it was learnt, Changed how many came or went since.
	Chunks, Changed int
	Head            []byte
}

// EmbeddingModel is a provider's model.
type EmbeddingModel struct {
	Provider, Model string
	Dims            int
}
