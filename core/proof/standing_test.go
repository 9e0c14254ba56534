package proof_test

import (
	"crypto/sha1"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/proof"
)

// requireStanding holds that Stand says what Head and Dirty say, for all files and
// without LayerCake's own.
func requireStanding(t *testing.T, root string) {
	t.Helper()
	for _, opts := range []proof.TreeOptions{{}, own(), {Exclude: []string{"main.go"}}, {Paths: []string{"docs"}}} {
		head, err := proof.Head(t.Context(), root)
		require.NoError(t, err)
		dirty, err := proof.Dirty(t.Context(), root, opts)
		require.NoError(t, err)
		st, err := proof.Stand(t.Context(), root, opts)
		require.NoError(t, err)
		require.Equal(t, proof.Standing{HeadInfo: head, Dirty: dirty}, st, "%+v", opts)
	}
}

func own() proof.TreeOptions {
	return proof.TreeOptions{Exclude: []string{".layercake/", "docs/STATUS.md"}}
}

// TestStandsCleanTheShortWay holds that the short way is taken where it may be.
func TestStandsCleanTheShortWay(t *testing.T) {
	t.Parallel()
	g := newGitRepo(t)
	fill(g)
	require.False(t, proof.StandsClean(t.Context(), g.dir, own()), "nothing is committed")
	requireStanding(t, g.dir)
	commit := g.commit()
	require.True(t, proof.StandsClean(t.Context(), g.dir, proof.TreeOptions{}))
	requireStanding(t, g.dir)

	g.write("docs/STATUS.md", "new\n")
	g.write(".layercake/new\nfile", "1")
	g.git("add", ".layercake")
	require.False(t, proof.StandsClean(t.Context(), g.dir, proof.TreeOptions{}))
	require.True(t, proof.StandsClean(t.Context(), g.dir, own()))
	requireStanding(t, g.dir)

	g.git("checkout", "--quiet", "--detach")
	before := snapshot(t, filepath.Join(g.dir, ".git"))
	require.NoError(t, os.Chtimes(filepath.Join(g.dir, "main.go"), time.Now(), time.Now())) // git would like to note it
	require.True(t, proof.StandsClean(t.Context(), g.dir, own()))
	requireStanding(t, g.dir)
	require.Equal(t, before, snapshot(t, filepath.Join(g.dir, ".git")), "nothing is written")

	docs := filepath.Join(g.dir, "docs")
	require.True(t, proof.StandsClean(t.Context(), docs, proof.TreeOptions{Exclude: []string{"STATUS.md"}}))
	st, err := proof.Stand(t.Context(), docs, proof.TreeOptions{Exclude: []string{"docs/STATUS.md"}})
	require.NoError(t, err)
	require.Equal(t, []string{"STATUS.md"}, st.Dirty, "paths are relative to the root")
	require.Equal(t, commit, st.Commit)
}

// TestStandLooksClosely holds that whatever makes git look less hard is for the
// thorough way.
func TestStandLooksClosely(t *testing.T) {
	t.Parallel()
	g := newGitRepo(t)
	fill(g)
	g.commit()
	g.git("config", "status.showUntrackedFiles", "no")
	g.git("config", "status.renames", "copies")
	g.git("config", "core.preloadIndex", "false")
	g.write("new.go", "1")
	require.False(t, proof.StandsClean(t.Context(), g.dir, own()))
	requireStanding(t, g.dir)
	require.NoError(t, os.Remove(filepath.Join(g.dir, "new.go")))
	require.True(t, proof.StandsClean(t.Context(), g.dir, own()))

	inner := newGitRepo(t)
	inner.write("x", "1")
	inner.commit()
	require.NoError(t, os.Rename(inner.dir, filepath.Join(g.dir, "inner")))
	require.False(t, proof.StandsClean(t.Context(), g.dir, own()), "a repository inside")
	requireStanding(t, g.dir)
}

// TestTreeSeesWhatChangedAtTheMomentOfTheIndex is about a file that changes
// within the second in which the index is written, and keeps its size: most builds
// of git look at seconds only, and compare contents as long as they see the
// index's own time. A copy of the index that is made later must not look newer.
func TestTreeSeesWhatChangedAtTheMomentOfTheIndex(t *testing.T) {
	t.Parallel()
	g := newGitRepo(t)
	g.write("a.txt", "old\n")
	commit := g.commit()
	want := commitTree(t, g.dir, commit, proof.TreeOptions{})

	// An index that holds the new file's times, but the old one's content.
	was := g.git("rev-parse", "HEAD:a.txt")
	g.write("a.txt", "new\n")
	g.git("add", "a.txt")
	is := g.git("rev-parse", ":a.txt")
	path := filepath.Join(g.dir, ".git", "index")
	index, err := os.ReadFile(path)
	require.NoError(t, err)
	oldID, err := hex.DecodeString(was)
	require.NoError(t, err)
	newID, err := hex.DecodeString(is)
	require.NoError(t, err)
	body := strings.Replace(string(index[:len(index)-sha1.Size]), string(newID), string(oldID), 1)
	sum := sha1.Sum([]byte(body))
	require.NoError(t, os.WriteFile(path, append([]byte(body), sum[:]...), 0o600))
	info, err := os.Stat(filepath.Join(g.dir, "a.txt"))
	require.NoError(t, err)
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	const patience, tick = 10 * time.Second, 10 * time.Millisecond
	require.Eventually(t, func() bool { return time.Now().Unix() > info.ModTime().Unix() }, patience, tick, "the next second")

	require.NotEqual(t, want.Digest, workTree(t, g.dir, proof.TreeOptions{}).Digest)
	st, err := proof.Stand(t.Context(), g.dir, proof.TreeOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"a.txt"}, st.Dirty)
}

// TestCommits holds that a name is looked up each time, and content by its id.
func TestCommits(t *testing.T) {
	t.Parallel()
	g, other := newGitRepo(t), newGitRepo(t)
	var commits proof.Commits
	tree := func(root, name string) string {
		c, err := commits.Get(t.Context(), root, name)
		require.NoError(t, err)
		tree, err := c.Tree(proof.TreeOptions{})
		require.NoError(t, err)
		require.Equal(t, commitTree(t, root, name, proof.TreeOptions{}), tree)
		return tree.Digest
	}
	seen := map[string]bool{}
	for _, text := range []string{"1", "2", "3", "4"} {
		g.write("a/x", text)
		first := g.commit()
		for range 2 {
			seen[tree(g.dir, "HEAD")] = true
			seen[tree(g.dir, first)] = true
			tree(filepath.Join(g.dir, "a"), "HEAD")
		}
	}
	require.Len(t, seen, 4)
	other.write("b", "1")
	other.commit()
	_, err := commits.Get(t.Context(), other.dir, g.git("rev-parse", "HEAD"))
	requireCode(t, proof.CodeNoCommit, err)
}
