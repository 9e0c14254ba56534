package git_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

func says(text string) func([]byte) bool {
	return func(content []byte) bool { return string(content) == text }
}

func TestFindBlob(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	first := g.commit("docs/a b.md", "one\n", "other", "1")
	g.commit("other", "2")
	second := g.commit("docs/a b.md", "two\n")
	g.git("rm", "--quiet", "docs/a b.md")
	g.commit()
	g.commit("docs/a b.md", "three\n")

	v, err := git.FindBlob(t.Context(), g.dir, git.Search{Path: "docs/a b.md"}, says("one\n"))
	require.NoError(t, err)
	require.Equal(t, first, v.Commit)
	require.Equal(t, "one\n", string(v.Content))
	require.Equal(t, g.git("rev-parse", first+":docs/a b.md"), v.Blob)
	require.WithinDuration(t, time.Now(), v.Time, time.Hour)

	var shown []string
	v, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "docs/a b.md"}, func(content []byte) bool {
		shown = append(shown, string(content))
		return bytes.HasPrefix(content, []byte("t")) && len(shown) > 1
	})
	require.NoError(t, err)
	require.Equal(t, second, v.Commit)
	require.Equal(t, []string{"three\n", "two\n"}, shown, "newest first, and no more than needed")

	v, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "docs/a b.md"}, says("four\n"))
	require.NoError(t, err)
	require.Nil(t, v)
	v, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "docs/*.md"}, says("one\n"))
	require.NoError(t, err)
	require.Nil(t, v, "a path is no pattern")
}

func TestFindBlobBounds(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	g.commit("f", "old\n")
	g.commit("f", strings.Repeat("x", 100))
	g.commit("f", "new\n")

	v, err := git.FindBlob(t.Context(), g.dir, git.Search{Path: "f", Most: 2}, says("old\n"))
	require.NoError(t, err)
	require.Nil(t, v)
	v, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "f", MaxSize: 50}, func(content []byte) bool {
		require.Less(t, len(content), 50)
		return string(content) == "old\n"
	})
	require.NoError(t, err)
	require.NotNil(t, v, "what is too large is passed over")
}

// A merge that takes one side leaves the other side's contents in the history.
func TestFindBlobOnSideBranches(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	g.commit("f", "base\n")
	g.git("checkout", "--quiet", "-b", "side")
	side := g.commit("f", "side\n")
	g.git("checkout", "--quiet", "main")
	g.commit("f", "main\n")
	g.git("merge", "--quiet", "-s", "ours", "-m", "merge", "side")
	v, err := git.FindBlob(t.Context(), g.dir, git.Search{Path: "f"}, says("side\n"))
	require.NoError(t, err)
	require.Equal(t, side, v.Commit)

	// What a merge itself wrote is found, too.
	g.git("checkout", "--quiet", "-b", "third", "main~1")
	g.commit("f", "third\n")
	g.git("checkout", "--quiet", "main")
	g.commit("f", "fourth\n")
	_, err = g.try("merge", "third")
	require.Error(t, err)
	merged := g.commit("f", "both\n")
	g.commit("f", "later\n")
	v, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "f"}, says("both\n"))
	require.NoError(t, err)
	require.Equal(t, merged, v.Commit)

	g.git("checkout", "--quiet", "--orphan", "alone")
	v, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "f"}, says("base\n"))
	require.NoError(t, err)
	require.Nil(t, v, "a branch without commits")
	v, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "f", From: []string{"main", "third"}}, says("third\n"))
	require.NoError(t, err)
	require.NotNil(t, v)
	_, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "f", From: []string{"nowhere"}}, says(""))
	require.Equal(t, git.CodeFailed, fault.CodeOf(err))
	_, err = git.FindBlob(t.Context(), g.dir, git.Search{Path: "f", From: []string{"--output=x"}}, says(""))
	require.Equal(t, git.CodeNoCommit, fault.CodeOf(err))
}

func TestFindBlobFromBelow(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	g.commit("app/docs/f", "one\n")
	g.commit("app/docs/f", "two\n")
	v, err := git.FindBlob(t.Context(), g.dir+"/app", git.Search{Path: "docs/f"}, says("one\n"))
	require.NoError(t, err)
	require.NotNil(t, v, "paths are from the folder that is given")
}

func TestFindBlobInShallowClone(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	for i := range 5 {
		g.commit("f", fmt.Sprint(i))
	}
	c := g.in(t.TempDir() + "/clone")
	g.git("clone", "--quiet", "--depth=2", "file://"+g.dir, c.dir)
	v, err := git.FindBlob(t.Context(), c.dir, git.Search{Path: "f"}, says("3"))
	require.NoError(t, err)
	require.NotNil(t, v)
	v, err = git.FindBlob(t.Context(), c.dir, git.Search{Path: "f"}, says("1"))
	require.NoError(t, err)
	require.Nil(t, v)
}
