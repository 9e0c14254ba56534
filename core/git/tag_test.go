package git_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/git"
)

func (g *testRepo) tagOnce(commit string, event int64) *git.TagOutcome {
	g.t.Helper()
	out, err := git.TagOnce(g.t.Context(), g.dir, git.TagParams{
		Name: "layercake/G3", Commit: commit, Environ: environ(g.t),
		Message: "Gate G3\n\nBy Ada.\n\n" + git.Trailers{Project: "p", From: event, To: event, Head: "aa"}.String(),
	})
	require.NoError(g.t, err)
	return out
}

func TestTagOnce(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	first := g.git("rev-parse", "HEAD")
	second := g.commit("a", "a2\n")
	out := g.tagOnce(first, 7)
	require.Equal(t, &git.TagOutcome{Name: "layercake/G3", Commit: first, Created: true}, out)
	require.Equal(t, "tag", g.git("cat-file", "-t", "layercake/G3"))
	require.Equal(t, first, g.git("rev-parse", "layercake/G3^{commit}"))
	require.Equal(t, "Ada <ada@example.com>", g.git("for-each-ref", "--format=%(taggername) %(taggeremail)", "refs/tags"))
	message, err := git.ReadMessage(t.Context(), g.dir, "layercake/G3")
	require.NoError(t, err)
	trailers, ok := git.ParseTrailers(message)
	require.True(t, ok)
	require.Equal(t, git.Trailers{Project: "p", From: 7, To: 7, Head: "aa"}, trailers)

	require.Equal(t, &git.TagOutcome{Name: "layercake/G3", Commit: first}, g.tagOnce(first, 7), "it is there")
	require.Equal(t, "layercake/G3-2", g.tagOnce(second, 9).Name, "no tag is moved")
	require.Equal(t, "layercake/G3-3", g.tagOnce(second, 11).Name)
	require.Equal(t, first, g.git("rev-parse", "layercake/G3^{commit}"))
	g.git("tag", "-d", "layercake/G3")
	require.False(t, g.tagOnce(second, 11).Created)
	g.git("fsck", "--strict")
}

func TestTagOnceSkips(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	head := g.git("rev-parse", "HEAD")
	require.Equal(t, git.SkipNoCommit, g.tagOnce(strings.Repeat("a", 40), 1).Skipped.Reason)
	g.git("tag", "layercake") // where the folder of our tags would be
	out := g.tagOnce(head, 1)
	require.Equal(t, git.SkipLocked, out.Skipped.Reason)
	require.Contains(t, out.Skipped.Message, "'refs/tags/layercake' exists")
	out, err := git.TagOnce(t.Context(), g.dir, git.TagParams{Name: "layercake/a..b", Commit: head, Message: "m", Environ: environ(t)})
	require.NoError(t, err)
	require.Equal(t, git.SkipName, out.Skipped.Reason)
	require.Equal(t, "layercake", g.git("tag", "--list"))
}

func TestOtherObjectFormat(t *testing.T) {
	t.Parallel()
	g := newRepo(t, "--object-format=sha256")
	g.commit(statusFile, "1\n")
	head := g.git("rev-parse", "HEAD")
	out := g.tagOnce(head, 1)
	require.Equal(t, git.SkipFormat, out.Skipped.Reason)
	require.Contains(t, out.Skipped.Message, "by sha256")
	require.Empty(t, g.git("tag", "--list"))
	trailers := git.Trailers{Project: "p", From: 7, To: 7, Head: "aa"}
	g.git("tag", "-a", "-m", "Gate G3\n\n"+trailers.String(), "by-hand")
	g.git("commit", "--allow-empty", "-q", "-m", "Theirs\n\n"+trailers.String())
	for _, name := range []string{"by-hand", "HEAD"} {
		message, err := git.ReadMessage(t.Context(), g.dir, name)
		require.NoError(t, err)
		read, ok := git.ParseTrailers(message)
		require.True(t, ok, message)
		require.Equal(t, trailers, read)
	}

	g.write(statusFile, "2\n")
	two, kept := g.files(), g.checkpoint("two")
	require.Equal(t, g.git("rev-parse", "HEAD"), kept.Base)
	g.write(statusFile, "3\n")
	g.restore(git.RestoreParams{ID: kept.ID})
	require.Equal(t, two, g.files())
	g.git("fsck", "--strict")
}

func TestTrailers(t *testing.T) {
	t.Parallel()
	for _, want := range []git.Trailers{
		{Project: "p"}, {Project: "p", From: 3, To: 3, Head: "ff"}, {Project: "p", From: 3, To: 12, Head: "ff"},
	} {
		for _, message := range []string{
			"Subject\n\n" + want.String(), want.String(), "Subject\r\n\r\nSigned-off-by: A\r\n" + strings.ReplaceAll(want.String(), "\n", "\r\n"),
			"Subject\n\nBody\nof it\n\n" + want.String() + "Reviewed-by: B <b@example.com>\n",
		} {
			got, ok := git.ParseTrailers(message)
			require.True(t, ok, message)
			require.Equal(t, want, got)
		}
	}
	for _, message := range []string{"", "Subject", "LayerCake-Project: p\n\nfurther down"} {
		_, ok := git.ParseTrailers(message)
		require.False(t, ok, message)
	}
	for _, events := range []string{"0", "-1", "5-3", "x", "1-x", "99999999999999999999"} {
		got, ok := git.ParseTrailers("LayerCake-Project: p\nLayerCake-Events: " + events)
		require.True(t, ok)
		require.Zero(t, got.To, events)
	}
}
