package search_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db"
)

// What tells a test binary to index a folder, as a process of its own.
const (
	envIndexer = "LAYERCAKE_TEST_INDEXER"
	envURL     = "LAYERCAKE_TEST_INDEXER_URL"
	envProject = "LAYERCAKE_TEST_INDEXER_PROJECT"
	envLarge   = "LAYERCAKE_TEST_INDEXER_LARGE"
)

// indexAsProcess is a process that is killed, or one of two at once.
func indexAsProcess(root string) int {
	ctx := context.Background()
	store, err := db.Open(ctx, os.Getenv(envURL), db.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer store.Close()
	cfg := search.Config{Store: store.Search(), Host: "here", BatchFiles: 5}
	if os.Getenv(envLarge) != "" {
		cfg.BatchFiles = 0 // as it is
	}
	var peak atomic.Uint64
	done, err := search.New(cfg).Index(ctx, search.Place{Project: uuid.MustParse(os.Getenv(envProject)), Root: root}, search.IndexOptions{
		Progress: func(search.Progress) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(done.Read, done.Waited, peak.Load()>>20)
	return 0
}

func (b *bench) process(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), envIndexer+"="+b.place.Root, envURL+"="+b.url, envProject+"="+b.place.Project.String())
	cmd.Stderr = os.Stderr
	return cmd
}

// many writes files about n subjects.
func (b *bench) many(t *testing.T, n, round int) {
	t.Helper()
	for i := range n {
		b.write(t, fmt.Sprintf("dir%d/f%d.go", i%7, i), source(fmt.Sprintf("subject%dround%d", i, round)))
	}
}

// TestKilledIndexingGoesOn kills processes that index, at random moments: the next
// one begins at once and goes on, and in the end all is there, once.
func TestKilledIndexingGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.git(t, "init", "-q")
	const files = 60
	rounds := faulttest.Rounds(20, 200)
	killed := 0
	for round := range rounds {
		b.many(t, files, round)
		cmd := b.process(t)
		require.NoError(t, cmd.Start())
		kill := time.AfterFunc(time.Duration(20+round*7%160)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			killed++
		}
		kill.Stop()
		st := b.status(t)
		require.NotEqual(t, search.StateIndexing, st.State, "nobody does")
		began := time.Now()
		done := b.index(t)
		require.False(t, done.Waited)
		require.Less(t, time.Since(began), 20*time.Second)
		b.whole(t, files, round)
	}
	t.Logf("%d of %d processes were killed", killed, rounds)
	require.Positive(t, killed)
}

// whole holds that the index has every file once, as it is now, and nothing else.
func (b *bench) whole(t *testing.T, files, round int) {
	t.Helper()
	st := b.status(t)
	require.Equal(t, search.StateCurrent, st.State)
	require.Equal(t, files, st.Size.Files)
	var chunks, symbols, vectors, rows int
	row := b.db.Pool().QueryRow(t.Context(), `SELECT (SELECT sum(chunk_count - dead_chunks) FROM search_segments), (SELECT count(*) FROM search_symbols),
		(SELECT count(*) FROM search_vectors), (SELECT count(*) FROM search_chunks)`)
	require.NoError(t, row.Scan(&chunks, &symbols, &vectors, &rows))
	require.Equal(t, [4]int{files, files, files, files}, [4]int{chunks, symbols, vectors, rows})
	for _, i := range []int{0, files / 2, files - 1} {
		name := fmt.Sprintf("Subject%dround%dHandler", i, round)
		require.Equal(t, fmt.Sprintf("dir%d/f%d.go", i%7, i), b.find(t, name)[0])
	}
}

// TestTwoProcessesDoTheWorkOnce lets several processes index the same folder.
func TestTwoProcessesDoTheWorkOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.git(t, "init", "-q")
	const files, processes = 40, 4
	b.many(t, files, 0)
	type result struct {
		read   int
		waited bool
	}
	results := make(chan result, processes)
	for range processes {
		cmd := b.process(t)
		go func() {
			var r result
			out, err := cmd.Output()
			if err == nil {
				_, err = fmt.Sscan(string(out), &r.read, &r.waited)
			}
			if err != nil {
				t.Error(err)
			}
			results <- r
		}()
	}
	read := 0
	for range processes {
		read += (<-results).read
	}
	require.Equal(t, files, read)
	b.whole(t, files, 0)
}

// TestMemoryIsBounded indexes a tree of some 4 MB, or in the tests of faults one of
// 135 000 files, and looks how much memory that took.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	files, pieces, most := 250, 80, 250
	if faulttest.Full() {
		files, pieces, most = 135_000, 60, 2000
	}
	b := setup(t)
	for i := range files {
		var text strings.Builder
		for piece := range pieces {
			text.WriteString(source(fmt.Sprintf("subject%dpart%d", i, piece)))
		}
		b.write(t, fmt.Sprintf("dir%d/file%d.go", i%97, i), text.String())
	}
	cmd := b.process(t)
	cmd.Env = append(cmd.Env, envLarge+"=1")
	out, err := cmd.Output()
	require.NoError(t, err)
	var read, peak int
	var waited bool
	_, err = fmt.Sscan(string(out), &read, &waited, &peak)
	require.NoError(t, err)
	require.Equal(t, files, read)
	require.Less(t, peak, most, "MB")
	st := b.status(t)
	require.Equal(t, search.StateCurrent, st.State)
	t.Logf("%d files, %d MB, %d chunks: %d MB of memory", st.Size.Files, st.Size.Bytes>>20, st.Size.Chunks, peak)
}
