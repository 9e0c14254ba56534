package db_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/search"
)

// indexing is an index of a folder and a process that has its run.
type indexing struct {
	*bundle
	store search.Store
	index *search.Index
	hold  search.Hold
}

func newIndexing(t testing.TB) *indexing {
	t.Helper()
	b := setup(t)
	x := &indexing{bundle: b, store: b.db.Search()}
	var err error
	x.index, err = x.store.Add(t.Context(), search.Checkout{Project: b.project(t, "Search"), Host: "here", Root: "/src"}, 1)
	require.NoError(t, err)
	x.hold = x.take(t)
	return x
}

func (x *indexing) take(t testing.TB) search.Hold {
	t.Helper()
	by := search.Holder{ID: uuid.New(), Host: "here", PID: 1}
	run, err := x.store.Take(t.Context(), x.index.ID, by, uuid.Nil)
	require.NoError(t, err)
	require.Nil(t, run)
	return search.Hold{Index: x.index.ID, ID: by.ID}
}

// batch has files with one chunk each, whose postings say so.
func batch(segment int32, files ...int32) *search.Batch {
	b := &search.Batch{
		Segment:  &search.Segment{Number: segment, Files: files, Head: []byte{1}, Chunks: len(files), Postings: map[string][]byte{}},
		NextFile: slices.Max(files) + 1, NextSegment: segment + 1,
	}
	for _, f := range files {
		ref := search.Ref{File: f}
		name := fmt.Sprintf("Name%d", f)
		b.Files = append(b.Files, search.File{ID: f, Path: fmt.Sprintf("dir/%d.go", f), Size: 10, Modified: 1, Read: 2, Hash: []byte{3}, Language: "go", Chunks: 1})
		b.Chunks = append(b.Chunks, search.Chunk{Ref: ref, StartLine: 1, EndLine: 9, Symbol: name, Kind: "function", Defines: []string{name, "other"}, ContentHash: []byte{4}})
		b.Symbols = append(b.Symbols, search.Symbol{Ref: ref, Name: name, Kind: "function", Line: 2, EndLine: 9, DocLine: 1, Signature: "func " + name, Exported: true})
		b.Segment.Postings[strings.ToLower(name)] = []byte{byte(f)}
		b.Segment.Postings["common"] = append(b.Segment.Postings["common"], byte(f))
	}
	return b
}

func TestIndexHoldsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	require.NoError(t, x.store.Commit(ctx, x.hold, batch(1, 1, 2, 3)))
	require.NoError(t, x.store.Commit(ctx, x.hold, batch(2, 4)))

	found, err := x.store.Lookup(ctx, x.index.ID, search.Lookup{
		Terms: []string{"common", "name2", "never"}, Names: []string{"name4"}, Prefixes: []string{"name"}, Most: 2, Paths: true, Generation: -1,
	})
	require.NoError(t, err)
	require.Len(t, found.Segments, 2)
	require.Equal(t, []int32{1, 2, 3}, found.Segments[0].Files)
	require.Equal(t, map[int32]map[string][]byte{1: {"common": {1, 2, 3}, "name2": {2}}, 2: {"common": {4}}}, found.Postings)
	require.Len(t, found.Symbols, 3, "two that begin so and one that is called so")
	require.Equal(t, "Name4", found.Symbols[2].Name)
	require.Len(t, found.Paths, 4)
	again, err := x.store.Lookup(ctx, x.index.ID, search.Lookup{Generation: found.Generation})
	require.NoError(t, err)
	require.Empty(t, again.Segments, "they are known")

	// A file is replaced, another goes, one was only touched.
	next := batch(3, 5)
	next.Gone, next.GoneChunks = []int32{1, 4}, 2
	next.Files[0].Path = "dir/1.go"
	next.Touched = []search.File{{ID: 2, Size: 10, Modified: 7, Read: 8}}
	require.NoError(t, x.store.Commit(ctx, x.hold, next))
	segments, err := x.store.Segments(ctx, x.index.ID, true)
	require.NoError(t, err)
	require.Len(t, segments, 3)
	require.Equal(t, []uint32{0}, segments[0].Dead)
	require.Equal(t, 1, segments[1].DeadChunks)
	require.Equal(t, []byte{1}, segments[0].Head)
	rows, err := x.store.Fetch(ctx, x.index.ID, search.Want{Chunks: []search.Ref{{File: 1}, {File: 2}, {File: 5}}})
	require.NoError(t, err)
	require.Len(t, rows, 2, "what is gone is left out")
	require.Equal(t, []string{"Name2", "other"}, rows[0].Defines)
	require.Equal(t, int64(7), rows[0].In.Modified)
	file, err := x.store.FileAt(ctx, x.index.ID, "dir/1.go")
	require.NoError(t, err)
	require.Equal(t, int32(5), file.ID)
	symbols, err := x.store.SymbolsNamed(ctx, x.index.ID, "name", true, 10)
	require.NoError(t, err)
	require.Len(t, symbols, 3)
	require.Equal(t, "dir/2.go", symbols[0].Path)
	size, err := x.store.Size(ctx, x.index.ID)
	require.NoError(t, err)
	require.Equal(t, search.Size{Files: 3, Bytes: 30, Chunks: 3, Skipped: map[string]int{}}, size)

	// Segments are put together; what they say stays.
	whole := &search.Segment{Number: 4, Files: []int32{2, 3, 5}, Head: []byte{2}, Chunks: 3, Postings: map[string][]byte{"common": {9}}}
	require.NoError(t, x.store.Compact(ctx, x.hold, []int32{1, 2, 3}, whole))
	found, err = x.store.Lookup(ctx, x.index.ID, search.Lookup{Terms: []string{"common", "name2"}, Generation: -1})
	require.NoError(t, err)
	require.Len(t, found.Segments, 1)
	require.Equal(t, map[int32]map[string][]byte{4: {"common": {9}}}, found.Postings)

	require.NoError(t, x.store.Begin(ctx, x.hold, 2))
	size, err = x.store.Size(ctx, x.index.ID)
	require.NoError(t, err)
	require.Zero(t, size.Files)
}

func TestOneProcessHasTheRun(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	other := search.Holder{ID: uuid.New(), Host: "there", PID: 2}
	run, err := x.store.Take(ctx, x.index.ID, other, uuid.Nil)
	require.NoError(t, err)
	require.Equal(t, x.hold.ID, run.ID)
	require.True(t, run.Renewed)
	require.NoError(t, x.store.Renew(ctx, x.hold, search.Progress{Phase: search.PhaseRead, FilesDone: 3, FilesTotal: 9}))
	run, err = x.store.Run(ctx, x.index.ID)
	require.NoError(t, err)
	require.Equal(t, int64(3), run.FilesDone)

	// Its process is known to be dead, and so another one takes over.
	run, err = x.store.Take(ctx, x.index.ID, other, x.hold.ID)
	require.NoError(t, err)
	require.Nil(t, run)
	require.ErrorIs(t, x.store.Renew(ctx, x.hold, search.Progress{}), search.ErrLost)
	require.ErrorIs(t, x.store.Commit(ctx, x.hold, batch(1, 1)), search.ErrLost)
	require.ErrorIs(t, x.store.Finish(ctx, x.hold, "", time.Second), search.ErrLost)
	require.NoError(t, x.store.End(ctx, x.hold), "it has nothing to let go of")

	// Its time ran out.
	_, err = x.db.Pool().Exec(ctx, "UPDATE search_runs SET expires_at = now() - interval '1 second'")
	require.NoError(t, err)
	run, err = x.store.Run(ctx, x.index.ID)
	require.NoError(t, err)
	require.False(t, run.Renewed)
	x.hold = x.take(t)
	require.NoError(t, x.store.Commit(ctx, x.hold, batch(1, 1)))
	require.NoError(t, x.store.Finish(ctx, x.hold, "abc", time.Second))
	require.NoError(t, x.store.End(ctx, x.hold))
	found, err := x.store.Find(ctx, x.index.Checkout)
	require.NoError(t, err)
	require.Equal(t, "abc", found.Commit)
	require.NotNil(t, found.IndexedAt)
}

func TestRemovedIndexLeavesNothing(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	missing, err := x.store.PrepareVectors(ctx)
	require.NoError(t, err)
	require.Empty(t, missing)
	b := batch(1, 1, 2)
	b.Vectors = []search.Vector{{Ref: search.Ref{File: 1}, Values: make([]float32, 128)}}
	require.NoError(t, x.store.Commit(ctx, x.hold, b))
	terms := search.TermVectors{Terms: []string{"a"}, Data: [][]byte{{1}}}
	require.NoError(t, x.store.PutModel(ctx, x.hold, &search.Model{Version: 1, Dims: 128, Chunks: 2}, terms, slices.Values(b.Vectors)))

	require.NoError(t, x.app.Projects.Delete(ctx, x.ada, x.index.Project, "search", "no longer needed"))
	require.NoError(t, x.store.RemoveOrphans(ctx))
	for _, table := range []string{
		"indexes", "runs", "files", "segments", "postings", "chunks", "symbols", "models", "model_terms", "vectors",
	} {
		var n int
		require.NoError(t, x.db.Pool().QueryRow(ctx, "SELECT count(*) FROM search_"+table).Scan(&n))
		require.Zero(t, n, table)
	}
	require.ErrorIs(t, x.store.Commit(ctx, x.hold, batch(2, 3)), search.ErrLost)
	_, err = x.store.Take(ctx, x.index.ID, search.Holder{ID: uuid.New()}, uuid.Nil)
	require.ErrorIs(t, err, search.ErrLost)
	_, err = x.store.Lookup(ctx, x.index.ID, search.Lookup{})
	require.ErrorIs(t, err, search.ErrLost)
}

func TestIndexMovesWithItsFolder(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	moved, err := x.store.Move(ctx, x.index.ID, "/elsewhere")
	require.NoError(t, err)
	require.True(t, moved)
	again, err := x.store.Add(ctx, x.index.Checkout, 1)
	require.NoError(t, err)
	require.NotEqual(t, x.index.ID, again.ID)
	moved, err = x.store.Move(ctx, again.ID, "/elsewhere")
	require.NoError(t, err)
	require.False(t, moved, "that folder has one")
	all, err := x.store.Indexes(ctx, x.index.Project)
	require.NoError(t, err)
	require.Len(t, all, 2)
}

func TestEmbeddingsAreShared(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	m := search.EmbeddingModel{Provider: "openai", Model: "small", Dims: 3}
	hashes := [][]byte{{1}, {2}}
	require.NoError(t, x.store.PutEmbeddings(ctx, m, hashes, [][]float32{{1, 0.5, -0.25}, {0, 1, 0}}))
	require.NoError(t, x.store.PutEmbeddings(ctx, m, hashes[:1], [][]float32{{9, 9, 9}}), "the first stays")
	found, err := x.store.Embeddings(ctx, m, [][]byte{{1}, {3}})
	require.NoError(t, err)
	require.Equal(t, map[string][]float32{"\x01": {1, 0.5, -0.25}}, found)
	m.Dims = 4
	found, err = x.store.Embeddings(ctx, m, hashes)
	require.NoError(t, err)
	require.Empty(t, found)
}

// TestSearchIsNoPartOfTheLog holds that the checks of the log do not look at it.
func TestSearchIsNoPartOfTheLog(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	require.NoError(t, x.store.Commit(t.Context(), x.hold, batch(1, 1)))
	x.sound(t, x.index.Project)
	_, err := x.app.Log.Verify(t.Context(), x.index.Project)
	require.NoError(t, err)
	_, err = x.app.Snapshot(t.Context(), core.View{Project: x.index.Project})
	require.NoError(t, err)
}

// TestDyingProcessIsNoDeadlock lets the backend of a process that was killed go on
// while the next one writes: that one waits for it, or passes it, and neither ends
// the other.
func TestDyingProcessIsNoDeadlock(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	old, err := x.db.Pool().Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = old.Rollback(context.Background()) }()
	exec := func(sql string) {
		t.Helper()
		_, err := old.Exec(ctx, sql, x.index.ID)
		require.NoError(t, err)
	}

	exec("SELECT FROM search_runs WHERE index_id = $1 FOR KEY SHARE")
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	require.NoError(t, x.store.Commit(limited, x.hold, batch(1, 1, 2)), "it is not in the way")

	exec("UPDATE search_indexes SET generation = generation + 1 WHERE index_id = $1")
	done := make(chan error, 1)
	go func() { done <- x.store.Commit(limited, x.hold, batch(2, 3)) }()
	require.Eventually(t, func() bool {
		var waiting bool
		row := x.db.Pool().QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database())")
		return row.Scan(&waiting) == nil && waiting
	}, 10*time.Second, 5*time.Millisecond)
	exec("INSERT INTO search_files SELECT $1, 99, 1, 1, 1, 1, 'dir/3.go', 'go', '', ''") // what the other one is to write
	exec("SELECT FROM search_runs WHERE index_id = $1 FOR UPDATE")
	require.NoError(t, old.Rollback(ctx))
	require.NoError(t, <-done)
}
