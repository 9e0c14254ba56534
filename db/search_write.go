package db

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// held runs fn in a transaction that counts only if the holder has the run to its end.
func (s *searchStore) held(ctx context.Context, h search.Hold, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		// Encoding a large batch may take a while, in which nothing is said.
		if _, err := tx.Exec(ctx, rebuildIdle); err != nil {
			return fmt.Errorf("set a time-out: %w", err)
		}
		q := dbsqlc.New(tx)
		if _, err := q.LockSearchIndex(ctx, h.Index); err != nil {
			return kept(err)
		}
		_, err := q.HoldSearchRun(ctx, dbsqlc.HoldSearchRunParams{IndexID: h.Index, Holder: h.ID})
		if err := kept(err); err != nil {
			return err
		}
		if err := fn(ctx, tx); err != nil {
			return err
		}
		// In a long transaction the run may have been taken. Until now it was only
		// looked at, so that it could be renewed meanwhile.
		_, err = q.ConfirmSearchRun(ctx, dbsqlc.ConfirmSearchRunParams{IndexID: h.Index, Holder: h.ID})
		return kept(err)
	})
}

// kept returns what it means when a run is not found.
func kept(err error) error {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return search.ErrLost
	case err != nil:
		return fmt.Errorf("keep the indexing: %w", err)
	}
	return nil
}

// Begin empties an index for another format.
func (s *searchStore) Begin(ctx context.Context, h search.Hold, format int) error {
	tables, err := s.vectorTables(ctx)
	if err != nil {
		return err
	}
	return s.held(ctx, h, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.empty(ctx, tx, h.Index, tables); err != nil {
			return err
		}
		err := dbsqlc.New(tx).ResetSearchIndex(ctx, dbsqlc.ResetSearchIndexParams{
			IndexID: h.Index, Format: int32(format), //nolint:gosec // formats are few
		})
		if err != nil {
			return fmt.Errorf("begin the index anew: %w", err)
		}
		return nil
	})
}

// Commit puts a batch into the index: all or nothing.
func (s *searchStore) Commit(ctx context.Context, h search.Hold, batch *search.Batch) error {
	tables, err := s.vectorTables(ctx)
	if err != nil {
		return err
	}
	return s.held(ctx, h, func(ctx context.Context, tx pgx.Tx) error {
		var b pgx.Batch
		if len(batch.Gone) > 0 {
			if err := queueGone(ctx, tx, &b, h.Index, batch, tables); err != nil {
				return err
			}
		}
		queueTouched(&b, h.Index, batch.Touched)
		queueFiles(&b, h.Index, batch.Files)
		queueChunks(&b, h.Index, batch.Chunks)
		queueSymbols(&b, h.Index, batch.Symbols)
		if batch.Segment != nil {
			queueSegment(&b, h.Index, batch.Segment)
		}
		if changed := batch.GoneChunks + len(batch.Chunks); changed > 0 {
			atLeast := 0
			if batch.Unplaced {
				atLeast = outdated
			}
			b.Queue(dbsqlc.ChangeSearchModel, changed, atLeast, h.Index)
		}
		b.Queue(dbsqlc.AdvanceSearchIndex, batch.NextFile, batch.NextSegment, h.Index)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("write to the index: %w", err)
		}
		if len(tables) > 0 && len(batch.Vectors) > 0 {
			return s.copyVectors(ctx, tx, h.Index, slices.Values(batch.Vectors))
		}
		return nil
	})
}

// outdated is how many chunks have changed since a model was learnt that is to be
// learnt anew in any case.
const outdated = 1_000_000_000

// queueGone removes what is kept of files, and marks them in the segments that
// they are in.
func queueGone(ctx context.Context, tx pgx.Tx, b *pgx.Batch, index int32, batch *search.Batch, vectorTables []string) error {
	b.Queue(dbsqlc.DropSearchFiles, index, batch.Gone)
	b.Queue(dbsqlc.DropSearchChunks, index, batch.Gone)
	b.Queue(dbsqlc.DropSearchSymbols, index, batch.Gone)
	for _, table := range vectorTables {
		b.Queue("DELETE FROM "+table+" WHERE index_id = $1 AND file_id = ANY($2)", index, batch.Gone)
	}
	q := dbsqlc.New(tx)
	counts, err := q.SearchFilesByID(ctx, dbsqlc.SearchFilesByIDParams{IndexID: index, Files: batch.Gone})
	if err != nil {
		return fmt.Errorf("look up the files that are gone: %w", err)
	}
	chunks := make(map[int32]int32, len(counts))
	for i := range counts {
		chunks[counts[i].FileID] = counts[i].Chunks
	}
	segments, err := q.SearchSegmentFiles(ctx, index)
	if err != nil {
		return fmt.Errorf("read the segments: %w", err)
	}
	for i := range segments {
		r := &segments[i]
		dead, changed := decodeDead(r.Dead), false
		for place, file := range decodeFiles(r.Files) {
			if n, gone := chunks[file]; gone {
				dead, changed = append(dead, uint32(place)), true
				r.DeadFiles, r.DeadChunks = r.DeadFiles+1, r.DeadChunks+n
			}
		}
		if changed {
			b.Queue(dbsqlc.SetSearchDead, encodeDead(dead), r.DeadFiles, r.DeadChunks, index, r.Segment)
		}
	}
	return nil
}

func queueTouched(b *pgx.Batch, index int32, files []search.File) {
	if len(files) == 0 {
		return
	}
	ids, sizes := make([]int32, len(files)), make([]int64, len(files))
	modified, read := make([]int64, len(files)), make([]int64, len(files))
	for i := range files {
		ids[i], sizes[i], modified[i], read[i] = files[i].ID, files[i].Size, files[i].Modified, files[i].Read
	}
	b.Queue(dbsqlc.TouchSearchFiles, index, ids, sizes, modified, read)
}

func queueFiles(b *pgx.Batch, index int32, files []search.File) {
	if len(files) == 0 {
		return
	}
	n := len(files)
	ids, chunks := make([]int32, n), make([]int32, n)
	sizes, modified, read := make([]int64, n), make([]int64, n), make([]int64, n)
	paths, languages, skipped, hashes := make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
	for i := range files {
		f := &files[i]
		ids[i], chunks[i], sizes[i], modified[i], read[i] = f.ID, f.Chunks, f.Size, f.Modified, f.Read
		paths[i], languages[i], skipped[i], hashes[i] = f.Path, f.Language, f.Skipped, orEmpty(f.Hash)
	}
	b.Queue(dbsqlc.AddSearchFiles, index, ids, sizes, modified, read, chunks, paths, languages, skipped, hashes)
}

func queueChunks(b *pgx.Batch, index int32, all []search.Chunk) {
	if len(all) == 0 {
		return
	}
	n := len(all)
	files, ordinals, starts, ends := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	symbols, kinds, signatures, defines, hashes := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
	for i := range all {
		c := &all[i]
		files[i], ordinals[i], starts[i], ends[i] = c.File, c.Ordinal, c.StartLine, c.EndLine
		symbols[i], kinds[i], signatures[i], hashes[i] = c.Symbol, c.Kind, c.Signature, orEmpty(c.ContentHash)
		defines[i] = strings.Join(c.Defines, "\n")
	}
	b.Queue(dbsqlc.AddSearchChunks, index, files, ordinals, starts, ends, symbols, kinds, signatures, defines, hashes)
}

func queueSymbols(b *pgx.Batch, index int32, all []search.Symbol) {
	if len(all) == 0 {
		return
	}
	n := len(all)
	files, ordinals, chunks, lines, ends, docs := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	exported := make([]bool, n)
	names, lower, kinds, parents, signatures := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i := range all {
		s := &all[i]
		files[i], ordinals[i], chunks[i], lines[i], ends[i], docs[i] = s.File, s.Ordinal, s.Chunk, s.Line, s.EndLine, s.DocLine
		exported[i], names[i], lower[i] = s.Exported, s.Name, strings.ToLower(s.Name)
		kinds[i], parents[i], signatures[i] = s.Kind, s.Parent, s.Signature
	}
	b.Queue(dbsqlc.AddSearchSymbols, index, files, ordinals, chunks, lines, ends, docs, exported, names, lower, kinds, parents, signatures)
}

// queueSegment adds a segment. Its terms come in order, so that the index on them
// grows at one place.
func queueSegment(b *pgx.Batch, index int32, s *search.Segment) {
	terms := make([]string, 0, len(s.Postings))
	for term := range s.Postings {
		terms = append(terms, term)
	}
	slices.Sort(terms)
	data := make([][]byte, len(terms))
	for i, term := range terms {
		data[i] = s.Postings[term]
	}
	b.Queue(dbsqlc.AddSearchSegment, index, s.Number, encodeFiles(s.Files), s.Head, len(s.Files), s.Chunks)
	b.Queue(dbsqlc.AddSearchPostings, index, s.Number, terms, data)
}

// Compact puts one segment in place of several: all or nothing.
func (s *searchStore) Compact(ctx context.Context, h search.Hold, gone []int32, segment *search.Segment) error {
	return s.held(ctx, h, func(ctx context.Context, tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(dbsqlc.DropSearchPostings, h.Index, gone)
		b.Queue(dbsqlc.DropSearchSegments, h.Index, gone)
		if segment != nil && len(segment.Files) > 0 {
			queueSegment(&b, h.Index, segment)
		}
		b.Queue(dbsqlc.MoveOnSearchSegments, segment.Number+1, h.Index)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("put segments together: %w", err)
		}
		return nil
	})
}

// Finish records that an indexing came to its end.
func (s *searchStore) Finish(ctx context.Context, h search.Hold, commit string, took time.Duration) error {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	n, err := dbsqlc.New(s.pool).FinishSearchIndex(ctx, dbsqlc.FinishSearchIndexParams{
		CommitID: commit, TookMs: took.Milliseconds(), IndexID: h.Index, Holder: h.ID,
	})
	if err != nil {
		return translate(fmt.Errorf("record the end of the indexing: %w", err))
	}
	if n == 0 {
		return search.ErrLost
	}
	return nil
}

func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// encodeFiles writes the numbers of files as distances between neighbours.
func encodeFiles(files []int32) []byte {
	out, last := make([]byte, 0, 2*len(files)), int64(0)
	for _, f := range files {
		out = binary.AppendVarint(out, int64(f)-last)
		last = int64(f)
	}
	return out
}

func decodeFiles(data []byte) []int32 {
	files, last := make([]int32, 0, len(data)), int64(0)
	for len(data) > 0 {
		d, n := binary.Varint(data)
		if n <= 0 {
			break
		}
		last += d
		files, data = append(files, int32(last)), data[n:] //nolint:gosec // written by encodeFiles
	}
	return files
}

// encodeDead writes places, in any order, as distances between neighbours.
func encodeDead(dead []uint32) []byte {
	slices.Sort(dead)
	out, last := make([]byte, 0, 2*len(dead)), uint32(0)
	for _, d := range slices.Compact(dead) {
		out = binary.AppendUvarint(out, uint64(d-last))
		last = d
	}
	return out
}

func decodeDead(data []byte) []uint32 {
	var dead []uint32
	last := uint64(0)
	for len(data) > 0 {
		d, n := binary.Uvarint(data)
		if n <= 0 {
			break
		}
		last += d
		dead, data = append(dead, uint32(last)), data[n:] //nolint:gosec // written by encodeDead
	}
	return dead
}
