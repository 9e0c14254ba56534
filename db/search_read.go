package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Files calls fn with every file that was looked at.
func (s *searchStore) Files(ctx context.Context, index int32, fn func(search.File) error) error {
	ctx, cancel := within(ctx, indexLimit)
	defer cancel()
	rows, err := s.pool.Query(ctx, dbsqlc.SearchFiles, index)
	if err != nil {
		return translate(fmt.Errorf("list the files: %w", err))
	}
	var r dbsqlc.SearchFile
	_, err = pgx.ForEachRow(rows, []any{
		&r.IndexID, &r.FileID, &r.Size, &r.ModifiedNs, &r.ReadNs, &r.Chunks, &r.Path, &r.Language, &r.Skipped, &r.Hash,
	}, func() error {
		f := toFile(&r)
		r.Hash = nil // the next row gets memory of its own
		return fn(f)
	})
	if err != nil {
		return translate(fmt.Errorf("list the files: %w", err))
	}
	return nil
}

// FileAt returns the file at a path, or nil.
func (s *searchStore) FileAt(ctx context.Context, index int32, path string) (*search.File, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	row, err := dbsqlc.New(s.pool).SearchFileAt(ctx, dbsqlc.SearchFileAtParams{IndexID: index, Path: path})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil //nolint:nilnil // the interface says so
	case err != nil:
		return nil, translate(fmt.Errorf("look up %s: %w", path, err))
	}
	f := toFile(&row)
	return &f, nil
}

// Segments lists the segments of an index.
func (s *searchStore) Segments(ctx context.Context, index int32, heads bool) ([]search.SegmentInfo, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	q := dbsqlc.New(s.pool)
	if heads {
		rows, err := q.SearchSegments(ctx, dbsqlc.SearchSegmentsParams{IndexID: index, Known: noGeneration})
		if err != nil {
			return nil, translate(fmt.Errorf("read the segments: %w", err))
		}
		return convert(rows, toSegment), nil
	}
	rows, err := q.SearchSegmentFiles(ctx, index)
	if err != nil {
		return nil, translate(fmt.Errorf("read the segments: %w", err))
	}
	return convert(rows, func(r *dbsqlc.SearchSegmentFilesRow) search.SegmentInfo {
		return toSegment(&dbsqlc.SearchSegment{
			Segment: r.Segment, Files: r.Files, Dead: r.Dead, FileCount: r.FileCount, ChunkCount: r.ChunkCount,
			DeadFiles: r.DeadFiles, DeadChunks: r.DeadChunks,
		})
	}), nil
}

// noGeneration is none that an index has.
const noGeneration = -1

// Postings calls fn with the postings of a segment, in order of the terms.
func (s *searchStore) Postings(ctx context.Context, index, segment int32, fn func(term string, data []byte) error) error {
	ctx, cancel := within(ctx, indexLimit)
	defer cancel()
	rows, err := s.pool.Query(ctx, dbsqlc.SearchPostingsOf, index, segment)
	return eachTerm(rows, err, "read the postings", fn)
}

// ModelTerms calls fn with the vector of every term of the model, in their order.
func (s *searchStore) ModelTerms(ctx context.Context, index int32, fn func(term string, data []byte) error) error {
	ctx, cancel := within(ctx, indexLimit)
	defer cancel()
	rows, err := s.pool.Query(ctx, dbsqlc.AllSearchModelTerms, index)
	return eachTerm(rows, err, "read the model", fn)
}

// ModelTermsOf returns the vectors of some terms of the model.
func (s *searchStore) ModelTermsOf(ctx context.Context, index int32, terms []string) (map[string][]byte, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(s.pool).SearchModelTerms(ctx, dbsqlc.SearchModelTermsParams{IndexID: index, Terms: terms})
	if err != nil {
		return nil, translate(fmt.Errorf("read the model: %w", err))
	}
	found := make(map[string][]byte, len(rows))
	for i := range rows {
		found[rows[i].Term] = rows[i].Data
	}
	return found, nil
}

// eachTerm calls fn with rows of a term and bytes, which are fn's to keep.
func eachTerm(rows pgx.Rows, err error, what string, fn func(term string, data []byte) error) error {
	if err == nil {
		var term string
		var data []byte
		_, err = pgx.ForEachRow(rows, []any{&term, &data}, func() error {
			mine := data
			data = nil
			return fn(term, mine)
		})
	}
	if err != nil {
		return translate(fmt.Errorf("%s: %w", what, err))
	}
	return nil
}

// Lookup fetches what a question asks for first, in one round trip, all as it was
// at one moment.
func (s *searchStore) Lookup(ctx context.Context, index int32, in search.Lookup) (*search.Found, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	found := &search.Found{Postings: map[int32]map[string][]byte{}, TermVectors: map[string][]byte{}}
	var b pgx.Batch
	b.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	b.Queue(dbsqlc.SearchGeneration, index).QueryRow(func(row pgx.Row) error { return row.Scan(&found.Generation) })
	b.Queue(dbsqlc.SearchSegments, index, in.Generation).Query(each(func(r *dbsqlc.SearchSegment) {
		found.Segments = append(found.Segments, toSegment(r))
	}))
	b.Queue(dbsqlc.GetSearchModel, index).Query(each(func(r *dbsqlc.SearchModel) { found.Model = toModel(r) }))
	if len(in.Terms) > 0 {
		b.Queue(dbsqlc.SearchPostings, in.Terms, index).Query(each(func(r *dbsqlc.SearchPostingsRow) {
			if found.Postings[r.Segment] == nil {
				found.Postings[r.Segment] = map[string][]byte{}
			}
			found.Postings[r.Segment][r.Term] = r.Data
		}))
		b.Queue(dbsqlc.SearchModelTerms, index, in.Terms).Query(each(func(r *dbsqlc.SearchModelTermsRow) { found.TermVectors[r.Term] = r.Data }))
	}
	if lowest, beyond := ranges(in.Names, in.Prefixes); len(lowest) > 0 {
		b.Queue(dbsqlc.SearchSymbolsBetween, lowest, beyond, index, in.Most).Query(each(func(r *dbsqlc.SearchSymbolsBetweenRow) {
			found.Symbols = append(found.Symbols, toSymbol(r))
		}))
	}
	if in.Paths {
		b.Queue(dbsqlc.SearchPaths, index).Query(each(func(r *dbsqlc.SearchPathsRow) {
			found.Paths = append(found.Paths, search.FilePath{ID: r.FileID, Path: r.Path, Language: r.Language})
		}))
	}
	b.Queue("COMMIT")
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, translate(fmt.Errorf("connect: %w", err))
	}
	defer conn.Release() // one that is left inside a transaction is closed by the pool
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, search.ErrLost
		}
		return nil, translate(fmt.Errorf("look up the words of the question: %w", err))
	}
	return found, nil
}

// ranges returns between what the names lie, and those with the prefixes. No name
// has a control character.
func ranges(names, prefixes []string) (lowest, beyond []string) {
	for _, name := range names {
		lowest, beyond = append(lowest, name), append(beyond, name+"\x01")
	}
	for _, prefix := range prefixes {
		lowest, beyond = append(lowest, prefix), append(beyond, prefix+string(utf8.MaxRune))
	}
	return lowest, beyond
}

// SymbolsNamed lists the symbols of a name, or of a beginning of names.
func (s *searchStore) SymbolsNamed(ctx context.Context, index int32, name string, prefix bool, most int) ([]search.Symbol, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	lowest, beyond := ranges([]string{name}, nil)
	if prefix {
		lowest, beyond = ranges(nil, []string{name})
	}
	rows, err := dbsqlc.New(s.pool).SearchSymbolsBetween(ctx, dbsqlc.SearchSymbolsBetweenParams{
		Lowest: lowest, Beyond: beyond, IndexID: index, Most: int32(most), //nolint:gosec // callers bound it
	})
	if err != nil {
		return nil, translate(fmt.Errorf("look up symbols: %w", err))
	}
	return convert(rows, toSymbol), nil
}

// SymbolsOf lists the symbols of a file.
func (s *searchStore) SymbolsOf(ctx context.Context, index, file int32) ([]search.Symbol, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(s.pool).SearchSymbolsOf(ctx, dbsqlc.SearchSymbolsOfParams{IndexID: index, FileID: file})
	if err != nil {
		return nil, translate(fmt.Errorf("list symbols: %w", err))
	}
	return convert(rows, func(r *dbsqlc.SearchSymbolsOfRow) search.Symbol {
		return toSymbol((*dbsqlc.SearchSymbolsBetweenRow)(r))
	}), nil
}

// FilesWith lists the files that have a symbol of one of the kinds and with one of the
// parts in its name.
func (s *searchStore) FilesWith(ctx context.Context, index int32, kinds, parts []string) ([]int32, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	lower := make([]string, len(parts))
	for i := range parts {
		lower[i] = strings.ToLower(parts[i])
	}
	files, err := dbsqlc.New(s.pool).SearchFilesWith(ctx, dbsqlc.SearchFilesWithParams{
		IndexID: index, Kinds: append([]string{}, kinds...), Parts: lower,
	})
	if err != nil {
		return nil, translate(fmt.Errorf("look for symbols: %w", err))
	}
	return files, nil
}

// ChunksOf lists the chunks of a file.
func (s *searchStore) ChunksOf(ctx context.Context, index, file int32) ([]search.Chunk, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(s.pool).SearchChunksOf(ctx, dbsqlc.SearchChunksOfParams{IndexID: index, FileID: file})
	if err != nil {
		return nil, translate(fmt.Errorf("read the chunks of a file: %w", err))
	}
	return convert(rows, func(r *dbsqlc.SearchChunk) search.Chunk {
		return search.Chunk{
			Ref: search.Ref{File: r.FileID, Ordinal: r.Ordinal}, StartLine: r.StartLine, EndLine: r.EndLine, Symbol: r.Symbol,
			Kind: r.Kind, Signature: r.Signature, Defines: r.Defines, ContentHash: r.ContentHash,
		}
	}), nil
}

// Model returns the model of an index, or nil.
func (s *searchStore) Model(ctx context.Context, index int32) (*search.Model, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(s.pool).GetSearchModel(ctx, index)
	if err != nil {
		return nil, translate(fmt.Errorf("read the model: %w", err))
	}
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // the interface says so
	}
	return toModel(&rows[0]), nil
}

func toFile(r *dbsqlc.SearchFile) search.File {
	return search.File{
		ID: r.FileID, Path: r.Path, Size: r.Size, Modified: r.ModifiedNs, Read: r.ReadNs, Hash: r.Hash, Language: r.Language,
		Skipped: r.Skipped, Chunks: r.Chunks,
	}
}

func toSegment(r *dbsqlc.SearchSegment) search.SegmentInfo {
	return search.SegmentInfo{
		Number: r.Segment, Files: decodeFiles(r.Files), Dead: decodeDead(r.Dead), Head: r.Head, FileCount: int(r.FileCount),
		Chunks: int(r.ChunkCount), DeadFiles: int(r.DeadFiles), DeadChunks: int(r.DeadChunks),
	}
}

func toSymbol(r *dbsqlc.SearchSymbolsBetweenRow) search.Symbol {
	return search.Symbol{
		Ref: search.Ref{File: r.FileID, Ordinal: r.Ordinal}, Name: r.Name, Kind: r.Kind, Parent: r.Parent, Line: r.Line,
		Chunk: r.Chunk, EndLine: r.EndLine, DocLine: r.DocLine, Signature: r.Signature, Exported: r.Exported, Path: r.Path, Language: r.Language,
	}
}

func toModel(r *dbsqlc.SearchModel) *search.Model {
	return &search.Model{
		Version: r.Version, Dims: int(r.Dims), FittedAt: r.FittedAt, Chunks: int(r.Chunks), Changed: int(r.Changed), Head: r.Head,
	}
}
