package search

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
)

const (
	// ahead is how many files may be read and not yet taken in.
	ahead = 16
	// smallestBatch and largestBatch bound how much text one transaction takes in,
	// and batches is how many there are of them between.
	smallestBatch = 8 << 20
	largestBatch  = 32 << 20
	batches       = 16
)

// item is a file on its way into the index.
type item struct {
	text   Text
	old    *File
	read   int64
	parsed Parsed
}

// read takes in what changed. Workers read files and take them apart, this
// goroutine gathers them into batches, and another one commits those.
func (x *indexing) read(ctx context.Context, c *changes) error {
	x.track.update(true, func(p *Progress) {
		p.Phase, p.FilesTotal, p.BytesTotal = PhaseRead, int64(len(c.read)), c.bytes
	})
	if err := x.decideFolding(ctx, c); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue, items := make(chan toRead), make(chan item, ahead)
	go func() {
		defer close(queue)
		for _, f := range c.read {
			select {
			case queue <- f:
			case <-ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for range x.s.Workers {
		workers.Go(func() {
			for f := range queue {
				it, err := x.s.readOne(ctx, x.root, f)
				if err != nil {
					cancel(err)
					return
				}
				select {
				case items <- it:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	go func() { workers.Wait(); close(items) }()
	commits := newCommitter(ctx, x, cancel)
	g := x.gather(c)
	for it := range items {
		g.add(it)
		x.track.update(false, func(p *Progress) { p.FilesDone, p.BytesDone = p.FilesDone+1, p.BytesDone+it.text.Size })
		if g.full() {
			commits.send(g.finish())
			g.begin()
		}
	}
	if ctx.Err() == nil {
		commits.send(g.finish())
	}
	commits.end()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

// readOne reads a file and takes it apart, unless it is what it was.
func (s *Service) readOne(ctx context.Context, root string, f toRead) (item, error) {
	it := item{old: f.old, read: time.Now().UnixNano()} // by the clock that files go by
	var err error
	if it.text, err = s.Source.Read(ctx, root, f.Listed); err != nil {
		return it, err
	}
	if it.text.Vanished || same(f.old, &it.text) || it.text.Skipped != "" {
		it.text.Bytes = nil
		return it, nil
	}
	if it.parsed, err = s.parse(ctx, f.Path, it.text.Bytes); err != nil {
		return it, err
	}
	if it.parsed.Skipped != "" {
		it.text.Skipped, it.text.Bytes = it.parsed.Skipped, nil
	}
	return it, nil
}

// gathering makes batches.
type gathering struct {
	x       *indexing
	limit   int64
	batch   *Batch
	builder *lexical.Builder
	bytes   int64
	files   int
	// next are the numbers that come next.
	nextFile, nextSegment int32
}

func (x *indexing) gather(c *changes) *gathering {
	g := &gathering{x: x, nextFile: x.index.NextFile, nextSegment: x.index.NextSegment, limit: x.s.BatchBytes}
	if g.limit == 0 {
		g.limit = min(max(c.bytes/batches, smallestBatch), largestBatch)
	}
	g.begin()
	g.batch.Touched = append(g.batch.Touched, c.touched...)
	for i := range c.gone {
		g.drop(&c.gone[i])
		x.done.Removed++
	}
	for _, sk := range c.skip {
		g.drop(sk.old)
		g.put(File{Path: clean(sk.Path), Skipped: sk.Reason})
	}
	return g
}

func (g *gathering) begin() {
	g.batch, g.builder, g.bytes, g.files = &Batch{}, lexical.NewBuilder(), 0, 0
}

func (g *gathering) full() bool { return g.bytes >= g.limit || g.files >= g.x.s.BatchFiles }

// drop removes what was in the index of a file.
func (g *gathering) drop(old *File) {
	if old != nil {
		g.batch.Gone = append(g.batch.Gone, old.ID)
		g.batch.GoneChunks += int(old.Chunks)
	}
}

func (g *gathering) put(f File) int32 {
	f.ID = g.nextFile
	g.nextFile++
	g.batch.Files = append(g.batch.Files, f)
	if f.Skipped != "" {
		g.x.done.Skipped++
	}
	return f.ID
}

// add takes a file in.
func (g *gathering) add(it item) {
	g.files++
	switch {
	case it.text.Vanished:
		if it.old != nil {
			g.drop(it.old)
			g.x.done.Removed++
		}
		return
	case same(it.old, &it.text):
		g.batch.Touched = append(g.batch.Touched, File{ID: it.old.ID, Size: it.text.Size, Modified: it.text.Modified, Read: it.read})
		g.x.done.Touched++
		return
	}
	g.drop(it.old)
	g.x.done.Read++
	f := File{
		Path: clean(it.text.Path), Size: it.text.Size, Modified: it.text.Modified, Read: it.read, Hash: it.text.Hash,
		Language: it.parsed.Language, Skipped: it.text.Skipped, Chunks: int32(len(it.parsed.Chunks)), //nolint:gosec // files are small
	}
	if f.Skipped != "" {
		f.Chunks = 0
		g.put(f)
		return
	}
	id := g.put(f)
	g.bytes += it.text.Size
	g.x.done.Bytes += it.text.Size
	g.x.done.Chunks += len(it.parsed.Chunks)
	g.chunks(id, &it)
	g.symbols(id, &it)
}

func (g *gathering) chunks(id int32, it *item) {
	if g.batch.Segment == nil {
		g.batch.Segment = &Segment{Number: g.nextSegment}
		g.nextSegment++
	}
	g.batch.Segment.Files = append(g.batch.Segment.Files, id)
	g.builder.AddFile(it.text.Path, it.parsed.Class)
	for i := range it.parsed.Chunks {
		c := &it.parsed.Chunks[i]
		text := it.text.Bytes[c.Start:c.End]
		g.builder.AddChunk(text, c.Defines)
		hash := sha256.Sum256(text)
		defines := make([]string, len(c.Defines))
		for j, name := range c.Defines {
			defines[j] = clean(name)
		}
		g.batch.Chunks = append(g.batch.Chunks, Chunk{
			Ref: Ref{id, int32(i)}, StartLine: int32(c.StartLine), EndLine: int32(c.EndLine), //nolint:gosec // files are small
			Symbol: clean(c.Symbol), Kind: string(c.Kind), Signature: clean(c.Signature), Defines: defines, ContentHash: hash[:],
		})
	}
}

func (g *gathering) symbols(id int32, it *item) {
	at := 0
	for i := range it.parsed.Symbols {
		s := &it.parsed.Symbols[i]
		for at+1 < len(it.parsed.Chunks) && it.parsed.Chunks[at].EndLine < s.Line {
			at++
		}
		g.batch.Symbols = append(g.batch.Symbols, Symbol{
			Ref: Ref{id, int32(i)}, Chunk: int32(at), Name: clean(s.Name), Kind: string(s.Kind), Parent: clean(s.Parent),
			Line: int32(s.Line), EndLine: int32(s.EndLine), DocLine: int32(s.DocLine), //nolint:gosec // as above
			Signature: clean(s.Signature), Exported: s.Exported,
		})
	}
}

// finish makes the batch ready to be committed.
func (g *gathering) finish() *Batch {
	b := g.batch
	b.NextFile, b.NextSegment = g.nextFile, g.nextSegment
	if b.Segment != nil {
		built := g.builder.Segment()
		b.Segment.Head, b.Segment.Chunks, b.Segment.Postings = built.Head.Encode(), len(built.Head.Lengths), built.Postings
		b.Segment.head = &built.Head
	}
	g.x.index.NextFile, g.x.index.NextSegment = g.nextFile, g.nextSegment
	return b
}

// committer commits batches one after the other, beside what makes them.
type committer struct {
	batches chan *Batch
	done    chan struct{}
}

func newCommitter(ctx context.Context, x *indexing, cancel context.CancelCauseFunc) *committer {
	c := &committer{batches: make(chan *Batch), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		for b := range c.batches {
			if ctx.Err() != nil {
				continue
			}
			if err := x.commit(ctx, b); err != nil {
				cancel(err)
			}
		}
	}()
	return c
}

func (c *committer) send(b *Batch) { c.batches <- b }

func (c *committer) end() {
	close(c.batches)
	<-c.done
}

// commit gives the chunks of a batch their vectors and commits it.
func (x *indexing) commit(ctx context.Context, b *Batch) error {
	if x.folds && b.Segment != nil {
		vectors, err := x.place(ctx, b)
		if err != nil {
			return err
		}
		b.Vectors = vectors
	}
	b.Unplaced = !x.folds && x.model != nil && len(b.Chunks) > 0
	if len(b.Gone)+len(b.Touched)+len(b.Files) == 0 {
		return nil
	}
	return x.s.Store.Commit(ctx, x.hold, b)
}

// place gives the vectors of a batch's chunks by the model that there is.
func (x *indexing) place(ctx context.Context, b *Batch) ([]Vector, error) {
	terms := slices.Sorted(maps.Keys(b.Segment.Postings))
	data, err := x.s.Store.ModelTermsOf(ctx, x.index.ID, terms)
	if err != nil {
		return nil, err
	}
	space := &latent.Space{Terms: make(map[string]latent.Axis, len(data))}
	for term, axis := range data {
		if space.Terms[term], err = decodeAxis(axis); err != nil {
			return nil, err
		}
	}
	var vectors []Vector
	err = placeAll(space, lexical.Part{Head: b.Segment.head, Postings: b.Segment.Postings}, b.Segment.Files, func(ref Ref, v *latent.Vector) {
		vectors = append(vectors, Vector{Ref: ref, Values: slices.Clone(v[:])})
	})
	return vectors, err
}

// placeAll calls fn with the vector of each living chunk of a part.
func placeAll(space *latent.Space, part lexical.Part, files []int32, fn func(ref Ref, v *latent.Vector)) error {
	corpus, err := latent.CorpusOf([]lexical.Part{part}, len(part.Head.Lengths))
	if err != nil {
		return fmt.Errorf("read the words of a segment: %w", err)
	}
	row := 0
	for ordinal, f := range part.Head.Files {
		if part.Dead[uint32(ordinal)] {
			continue
		}
		for i := range f.Docs {
			v := space.Place(corpus.Names, corpus.Docs[row])
			row++
			if !v.Zero() {
				fn(Ref{files[ordinal], int32(i)}, &v)
			}
		}
	}
	return nil
}
