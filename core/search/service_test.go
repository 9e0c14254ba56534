package search_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/walk"
)

// subjects are what the files of a small project are about.
var subjects = []string{"retry", "cache", "login", "invoice", "parser", "queue", "render", "upload", "webhook", "session"}

func (b *bench) small(t testing.TB) {
	t.Helper()
	b.git(t, "init", "-q")
	for _, s := range subjects {
		b.write(t, s+"/"+s+".go", source(s))
	}
	b.git(t, "add", "-A")
	b.git(t, "commit", "-qm", "first")
}

func TestWhatIsIndexedIsFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	_, err := b.Search(t.Context(), b.place, search.Query{Text: "anything"})
	require.Equal(t, search.CodeNotIndexed, fault.CodeOf(err))
	st := b.status(t)
	require.Equal(t, search.StateNone, st.State)

	var told []search.Phase
	done, err := b.Index(t.Context(), b.place, search.IndexOptions{Progress: func(p search.Progress) { told = append(told, p.Phase) }})
	require.NoError(t, err)
	require.Equal(t, len(subjects), done.Read)
	require.True(t, done.Fitted)
	require.Empty(t, done.VectorsMissing)
	require.Equal(t, b.git(t, "rev-parse", "HEAD"), done.Index.Commit)
	require.Contains(t, told, search.PhaseRead)
	require.Equal(t, search.PhaseDone, told[len(told)-1])

	require.Equal(t, "invoice/invoice.go", b.find(t, "where are invoice requests handled")[0])
	require.Equal(t, "queue/queue.go", b.find(t, "QueueHandler")[0])
	answer, err := b.Search(t.Context(), b.place, search.Query{Text: "handler lang:go path:c*/", Limit: 1})
	require.NoError(t, err)
	require.Equal(t, "cache/cache.go", answer.Hits[0].Path)
	require.Contains(t, answer.Hits[0].Snippet, "func CacheHandler")
	require.True(t, answer.Fresh.Current())
	st = b.status(t)
	require.Equal(t, search.StateCurrent, st.State)
	require.Equal(t, len(subjects), st.Size.Files)

	found, _, err := b.Symbols(t.Context(), b.place, search.SymbolQuery{Name: "loginhandler"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "LoginHandler", found[0].Name)
	out, err := b.Outline(t.Context(), b.place, "login/login.go")
	require.NoError(t, err)
	require.Equal(t, "LoginHandler", out.Symbols[0].Name)
	around, err := b.Context(t.Context(), b.place, "login/login.go", 5)
	require.NoError(t, err)
	require.Equal(t, "LoginHandler", around.Symbols[0].Name)
	similar, err := b.Similar(t.Context(), b.place, "login/login.go", 5, search.Query{})
	require.NoError(t, err)
	require.NotEmpty(t, similar.Hits)
	require.NotEqual(t, "login/login.go", similar.Hits[0].Path)
	_, err = b.Outline(t.Context(), b.place, "../etc/passwd")
	require.Equal(t, "outside_of_project", fault.CodeOf(err))
}

func TestOnlyWhatChangedIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	old := time.Now().Add(-time.Hour)
	for _, s := range subjects {
		require.NoError(t, os.Chtimes(filepath.Join(b.place.Root, s, s+".go"), old, old))
	}
	b.index(t)
	b.reads.reads.Store(0)
	done := b.index(t)
	require.Zero(t, b.reads.reads.Load(), "nothing changed")
	require.Equal(t, len(subjects), done.Unchanged)
	require.False(t, done.Fitted)

	b.write(t, "cache/cache.go", source("cache")+"\nfunc EvictOldest() {}\n")
	b.write(t, "new.go", source("payment"))
	require.NoError(t, os.Remove(filepath.Join(b.place.Root, "queue/queue.go")))
	later := old.Add(time.Minute)
	require.NoError(t, os.Chtimes(filepath.Join(b.place.Root, "login/login.go"), later, later))
	st := b.status(t)
	require.Equal(t, search.StateStale, st.State)
	require.Equal(t, [3]int{2, 1, 1}, [3]int{st.Fresh.Changed, st.Fresh.New, st.Fresh.Removed})

	b.reads.reads.Store(0)
	done = b.index(t)
	require.Equal(t, int64(3), b.reads.reads.Load())
	require.Equal(t, [4]int{2, 1, 1, 7}, [4]int{done.Read, done.Touched, done.Removed, done.Unchanged})
	require.Equal(t, "cache/cache.go", b.find(t, "evict oldest")[0])
	require.Equal(t, "new.go", b.find(t, "PaymentHandler")[0])
	require.NotContains(t, b.find(t, "QueueHandler"), "queue/queue.go")
	symbols, _, err := b.Symbols(t.Context(), b.place, search.SymbolQuery{Name: "Queue", Prefix: true, Update: search.UpdateNever})
	require.NoError(t, err)
	require.Empty(t, symbols)
}

func TestSearchTakesInFewChanges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	b.index(t)
	b.write(t, "cache/cache.go", source("cache")+"\nfunc EvictOldest() {}\n")
	answer, err := b.Search(t.Context(), b.place, search.Query{Text: "EvictOldest"})
	require.NoError(t, err)
	require.True(t, answer.Fresh.Updated)
	require.Equal(t, "cache/cache.go", answer.Hits[0].Path)
	require.False(t, answer.Hits[0].Stale)

	b.write(t, "cache/cache.go", "package cache\n\n\n\n"+source("cache"))
	answer, err = b.Search(t.Context(), b.place, search.Query{Text: "EvictOldest", Update: search.UpdateNever})
	require.NoError(t, err)
	require.True(t, answer.Hits[0].Stale)
	require.False(t, answer.Fresh.Checked)
}

// TestSameTick holds that a file which was written again in the tick of the clock
// in which it was read is noticed: size and time are as they were.
func TestSameTick(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	file := filepath.Join(b.place.Root, "cache/cache.go")
	// Later than it is read: it may still be written in that tick.
	tick := time.Now().Add(time.Minute)
	require.NoError(t, os.Chtimes(file, tick, tick))
	b.index(t)
	require.Equal(t, search.StateCurrent, b.status(t).State)
	b.write(t, "cache/cache.go", strings.ReplaceAll(source("cache"), "deals", "meals"))
	require.NoError(t, os.Chtimes(file, tick, tick))
	require.Equal(t, 1, b.status(t).Fresh.Changed)
	done := b.index(t)
	require.Equal(t, 1, done.Read)
	require.Equal(t, "cache/cache.go", b.find(t, "meals")[0])
}

func TestBranchSwitchReadsWhatDiffers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	old := time.Now().Add(-time.Hour)
	for _, s := range subjects {
		require.NoError(t, os.Chtimes(filepath.Join(b.place.Root, s, s+".go"), old, old))
	}
	b.index(t)
	b.git(t, "checkout", "-qb", "other")
	b.git(t, "mv", "login/login.go", "login/signin.go")
	b.write(t, "cache/cache.go", source("cachet"))
	b.git(t, "commit", "-qam", "second")
	b.reads.reads.Store(0)
	done := b.index(t)
	require.Equal(t, 2, done.Read)
	require.Equal(t, 1, done.Removed)
	require.Equal(t, b.git(t, "rev-parse", "HEAD"), done.Index.Commit)
	require.Equal(t, "login/signin.go", b.find(t, "LoginHandler")[0])
	b.git(t, "checkout", "-q", "main")
	done = b.index(t)
	require.Equal(t, 2, done.Read)
	require.Equal(t, "login/login.go", b.find(t, "LoginHandler")[0])
	require.NotContains(t, b.find(t, "CachetHandler"), "cachet")
}

func TestWorktreesHaveIndexesOfTheirOwnAndMoveWithTheirFolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	first := b.index(t)
	tree := search.Place{Project: b.place.Project, Root: filepath.Join(t.TempDir(), "tree")}
	b.git(t, "worktree", "add", "-q", tree.Root)
	second, err := b.Index(t.Context(), tree, search.IndexOptions{})
	require.NoError(t, err)
	require.NotEqual(t, first.Index.ID, second.Index.ID)
	require.Equal(t, len(subjects), second.Read)

	moved := search.Place{Project: b.place.Project, Root: tree.Root + "-moved"}
	require.NoError(t, os.Rename(tree.Root, moved.Root))
	b.git(t, "worktree", "repair", moved.Root)
	st, err := b.Status(t.Context(), moved)
	require.NoError(t, err)
	require.Equal(t, second.Index.ID, st.Index.ID, "it is the index of the folder that is gone")
	third, err := b.Index(t.Context(), moved, search.IndexOptions{})
	require.NoError(t, err)
	require.Zero(t, third.Read)
	removed, err := b.Store.Remove(t.Context(), second.Index.ID)
	require.NoError(t, err)
	require.True(t, removed)
	require.NotEmpty(t, b.find(t, "LoginHandler"))
}

func TestManyEditsStayFewSegments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	b.index(t)
	for i := range 30 {
		b.write(t, "cache/cache.go", source("cache")+"\nfunc Edit"+strings.Repeat("x", i)+"() {}\n")
		b.index(t)
	}
	st := b.status(t)
	require.LessOrEqual(t, st.Segments, 8)
	require.LessOrEqual(t, st.DeadChunks, st.Size.Chunks)
	for _, s := range subjects {
		require.Equal(t, s+"/"+s+".go", b.find(t, strings.ToUpper(s[:1])+s[1:]+"Handler")[0])
	}
	require.Equal(t, "cache/cache.go", b.find(t, "Edit"+strings.Repeat("x", 29))[0])
}

func TestFilesThatCannotBeTakenApart(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	b := setup(t, func(c *search.Config) {
		c.ParseLimit = 50 * time.Millisecond
		c.Parse = func(path string, text []byte) search.Parsed {
			switch path {
			case "bad.go":
				panic("broken")
			case "slow.go":
				<-hang
			}
			return search.Parse(path, text)
		}
	})
	b.small(t)
	for _, name := range []string{"bad.go", "slow.go"} {
		b.write(t, name, source("any"))
	}
	b.write(t, "data.bin", "a\x00b")
	b.write(t, "empty.go", "")
	b.write(t, "one.js", strings.Repeat("var a=1;", 2000))
	b.write(t, "latin.go", "package latin\n\n// caf\xe9 \xff\nfunc Grinder() {}\n")
	require.NoError(t, os.Symlink("login/login.go", filepath.Join(b.place.Root, "link.go")))
	require.NoError(t, os.Symlink(".", filepath.Join(b.place.Root, "loop")))
	b.write(t, walk.IgnoreFile, "webhook/\n")
	b.index(t)
	st := b.status(t)
	require.Equal(t, map[string]int{
		"broken": 1, "too-slow": 1, "binary": 1, "empty": 1, "minified": 1, "symlink": 2, "ignored": 1, "unknown-language": 1,
	}, st.Size.Skipped)
	require.Equal(t, "latin.go", b.find(t, "Grinder")[0])
	require.Empty(t, b.find(t, "WebhookHandler lang:none"))
	again := b.index(t)
	require.Zero(t, again.Read+again.Skipped, "what was skipped is not read again")
}

// vanishing removes a file between listing and reading it.
type vanishing struct{ search.Source }

func (v vanishing) Read(ctx context.Context, root string, f search.Listed) (search.Text, error) {
	if strings.HasPrefix(f.Path, "cache") {
		_ = os.Remove(filepath.Join(root, f.Path))
	}
	return v.Source.Read(ctx, root, f)
}

func TestFilesThatVanish(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *search.Config) { c.Source = vanishing{c.Source} })
	b.small(t)
	done := b.index(t)
	require.Equal(t, len(subjects)-1, done.Read)
	require.NotContains(t, b.find(t, "CacheHandler"), "cache/cache.go")
}

func TestRemovedWhileIndexing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	b.index(t)
	removed, err := b.Remove(t.Context(), b.place)
	require.NoError(t, err)
	_ = removed // the project is no project of the database, so its index is an orphan
	_, err = b.Search(t.Context(), b.place, search.Query{Text: "x"})
	require.Equal(t, search.CodeNotIndexed, fault.CodeOf(err))

	b.service(func(c *search.Config) {
		c.Parse = func(path string, text []byte) search.Parsed {
			_, err := b.db.Pool().Exec(context.Background(), "DELETE FROM search_indexes")
			if err != nil {
				panic(err)
			}
			return search.Parse(path, text)
		}
	})
	_, err = b.Index(t.Context(), b.place, search.IndexOptions{})
	require.Equal(t, search.CodeRemoved, fault.CodeOf(err))
}

func TestPlacesOfOtherProjects(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	b.index(t)
	_, err := b.Search(t.Context(), search.Place{Project: uuid.New(), Root: b.place.Root}, search.Query{Text: "x"})
	require.Equal(t, search.CodeNotIndexed, fault.CodeOf(err))
}

// TestSymbolFiltersSelectBeforeRanking has more pieces that answer better than are
// looked at closely, and one of the kind and the name that is asked for.
func TestSymbolFiltersSelectBeforeRanking(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 450 {
		b.write(t, fmt.Sprintf("relay/relay%d.go", i), fmt.Sprintf("package relay\n\n// relay%[1]d relays to the relay.\nfunc relay%[1]d() { relay() }\n", i))
	}
	b.write(t, "store/rows.go", "package store\n\n// Rows are kept"+strings.Repeat(" here and there", 60)+" until the relay has them.\ntype Rows struct{}\n")
	b.index(t)
	for _, text := range []string{"relay kind:struct", "relay symbol:row", "relay kind:struct symbol:Rows lang:go"} {
		require.Equal(t, []string{"store/rows.go"}, b.find(t, text), text)
	}
	require.Empty(t, b.find(t, "relay kind:enum"))
	require.Empty(t, b.find(t, "relay symbol:rows path:relay/"))
}

// TestReferencesReadOnlyFilesThatHaveTheName counts the files that are read for a name.
func TestReferencesReadOnlyFilesThatHaveTheName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.small(t)
	b.write(t, "use.go", "package use\n\nfunc use() { processCache(\"\") }\n\nvar _ = \"nothing of the kind\"\n")
	old := time.Now().Add(-time.Hour)
	for _, s := range subjects {
		require.NoError(t, os.Chtimes(filepath.Join(b.place.Root, s, s+".go"), old, old))
	}
	require.NoError(t, os.Chtimes(filepath.Join(b.place.Root, "use.go"), old, old))
	references := func(name string) (paths []string, read int) {
		t.Helper()
		found, err := b.References(t.Context(), b.place, search.ScanQuery{Pattern: name}, false)
		require.NoError(t, err)
		for i := range found.Matches {
			paths = append(paths, found.Matches[i].Path)
		}
		return paths, found.Files
	}

	paths, read := references("processCache")
	require.Equal(t, []string{"cache/cache.go", "use.go"}, paths)
	require.Equal(t, len(subjects)+1, read, "without an index, all are")
	b.index(t)
	paths, read = references("processCache")
	require.Equal(t, []string{"cache/cache.go", "use.go"}, paths)
	require.Equal(t, 2, read)
	paths, read = references("input") // a name of one word is kept as its stem
	require.Len(t, paths, 2*len(subjects))
	require.Equal(t, len(subjects), read)

	b.write(t, "queue/queue.go", source("queue")+"\nvar _ = processCache\n")
	b.write(t, "new.go", "package new\n\nvar _ = processCache\n")
	paths, read = references("processCache")
	require.Equal(t, []string{"cache/cache.go", "new.go", "queue/queue.go", "use.go"}, paths, "what is not in the index yet is read as well")
	require.Equal(t, 4, read)
}
