package git_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/git"
)

// everything describes all of a repository that a commit could change.
func (g *testRepo) everything() string {
	g.t.Helper()
	index, _ := g.try("ls-files", "-s", "-v")
	status, _ := g.try("status", "--porcelain=v2", "--branch")
	refs, _ := g.try("for-each-ref")
	reflog, _ := g.try("reflog")
	return index + "\n" + status + "\n" + refs + "\n" + reflog
}

// Where a person is in the middle of something, nothing is touched.
func TestCommitOnlySkips(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(g *testRepo)
		reason  git.SkipReason
		says    string
	}{
		"detached": {func(g *testRepo) { g.git("checkout", "--quiet", "--detach") }, git.SkipDetached, "HEAD is detached"},
		"merge": {func(g *testRepo) {
			g.git("checkout", "--quiet", "-b", "side")
			g.commit("a", "side\n")
			g.git("checkout", "--quiet", "main")
			g.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
		}, git.SkipOperation, "a merge is under way"},
		"bisect":        {func(g *testRepo) { g.git("bisect", "start") }, git.SkipOperation, "a bisect is under way"},
		"index locked":  {func(g *testRepo) { g.write(".git/index.lock", "") }, git.SkipLocked, "index.lock"},
		"branch locked": {func(g *testRepo) { g.write(".git/refs/heads/main.lock", "") }, git.SkipLocked, "could not move main"},
		"HEAD locked":   {func(g *testRepo) { g.write(".git/HEAD.lock", "") }, git.SkipLocked, "could not move main"},
		"staged by a person": {func(g *testRepo) {
			g.write(statusFile, "by hand\n")
			g.git("add", statusFile)
		}, git.SkipStaged, "you staged docs/STATUS.md"},
		"mode staged by a person": {func(g *testRepo) {
			g.git("update-index", "--chmod=+x", statusFile)
		}, git.SkipStaged, "you staged docs/STATUS.md"},
		"removal staged": {func(g *testRepo) { g.git("rm", "--quiet", "--cached", statusFile) }, git.SkipStaged, "the removal"},
		"unmerged": {func(g *testRepo) {
			g.write("a", "a2\n")
			g.git("stash")
			g.commit("a", "a3\n")
			_, err := g.try("stash", "pop")
			require.Error(g.t, err)
		}, git.SkipUnmerged, "conflicts"},
		"assumed unchanged": {func(g *testRepo) {
			g.git("update-index", "--assume-unchanged", statusFile)
		}, git.SkipUnwatched, "not to look at docs/STATUS.md"},
		"skipped in the work tree": {func(g *testRepo) {
			g.git("update-index", "--skip-worktree", statusFile)
		}, git.SkipUnwatched, "not to look at docs/STATUS.md"},
		"new in a sparse checkout": {func(g *testRepo) {
			g.git("rm", "--quiet", statusFile)
			g.commit()
			g.git("sparse-checkout", "set", "--cone", "dir")
		}, git.SkipSparse, "sparse checkout"},
		"ignored": {func(g *testRepo) {
			g.git("rm", "--quiet", "--cached", statusFile)
			g.commit(".gitignore", "docs/\n")
		}, git.SkipIgnored, "git ignores docs/STATUS.md"},
		"nobody": {func(g *testRepo) {
			g.git("config", "--unset", "user.email")
		}, git.SkipIdentity, "user.email"},
		"no commit yet": {func(g *testRepo) {
			g.git("checkout", "--quiet", "--orphan", "empty")
		}, git.SkipUnborn, "no commit yet"},
		"a link in HEAD": {func(g *testRepo) {
			require.NoError(g.t, os.Remove(filepath.Join(g.dir, statusFile)))
			require.NoError(g.t, os.Symlink("../a", filepath.Join(g.dir, statusFile)))
			g.commit()
			require.NoError(g.t, os.Remove(filepath.Join(g.dir, statusFile)))
		}, git.SkipNotRegular, "something else than a file"},
		"a file where our folder is": {func(g *testRepo) {
			require.NoError(g.t, os.RemoveAll(filepath.Join(g.dir, "docs")))
			g.commit("docs", "a file\n")
			require.NoError(g.t, os.Remove(filepath.Join(g.dir, "docs")))
		}, git.SkipNotRegular, "something else than a file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withDocs(t)
			c.prepare(g)
			g.write(statusFile, "status 2\n")
			before := g.everything()
			out := g.commitOnly(statusFile)
			require.NotNil(t, out.Skipped)
			require.Equal(t, c.reason, out.Skipped.Reason)
			require.Contains(t, out.Skipped.Message, c.says)
			require.Empty(t, out.Commit)
			require.Equal(t, before, g.everything())
		})
	}
}

// Nothing is said about what stands against a commit when there is nothing to
// commit.
func TestCommitOnlySaysNothingWithoutChanges(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.git("checkout", "--quiet", "--detach")
	require.Nil(t, g.commitOnly(statusFile).Skipped)
}

func TestCommitOnlyOutsideOfRepositories(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := &testRepo{t: t, dir: dir}
	g.write(statusFile, "1\n")
	require.Equal(t, git.SkipNoRepo, g.commitOnly(statusFile).Skipped.Reason)
	bare := newRepo(t, "--bare")
	bare.write(statusFile, "1\n")
	require.Equal(t, git.SkipNoRepo, bare.commitOnly(statusFile).Skipped.Reason)

	named := newRepo(t, "--object-format=sha256")
	named.commit(statusFile, "1\n")
	named.write(statusFile, "2\n")
	require.Equal(t, git.SkipFormat, named.commitOnly(statusFile).Skipped.Reason)
}

func TestCommitOnlyInSubmodule(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	super := newRepo(t)
	super.git("submodule", "--quiet", "add", g.dir, "part")
	super.commit()
	part := super.in(filepath.Join(super.dir, "part"))
	part.write(statusFile, "status 2\n")
	out := part.commitOnly(statusFile)
	require.Equal(t, git.SkipSubmodule, out.Skipped.Reason)
	require.Contains(t, out.Skipped.Message, super.dir)
}

// A hook of a commit that runs this must not have the branch moved under it.
func TestCommitOnlyInsideOfGit(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.write(statusFile, "status 2\n")
	p := g.params(statusFile)
	p.Environ = append(p.Environ, "GIT_INDEX_FILE=.git/index")
	out, err := git.CommitOnly(t.Context(), g.dir, p)
	require.NoError(t, err)
	require.Equal(t, git.SkipInsideGit, out.Skipped.Reason)
}

// Hooks are the person's, for the person's own commits.
func TestCommitOnlyRunsNoHooks(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	for _, hook := range []string{"pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "reference-transaction", "post-index-change"} {
		path := filepath.Join(g.dir, ".git", "hooks", hook)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\ntouch "+g.dir+"/ran\nexit 1\n"), 0o700))
	}
	g.write(statusFile, "status 2\n")
	require.Nil(t, g.commitOnly(statusFile).Skipped)
	require.NoFileExists(t, filepath.Join(g.dir, "ran"))
}

// Somebody commits between the look and the commit: it is done on top.
func TestCommitOnlyWhileTheBranchMoves(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.write(statusFile, "status 2\n")
	p := g.params(statusFile)
	tries := 0
	p.Message = func(context.Context, []git.FileChange) (string, error) {
		tries++
		if tries == 1 {
			g.write("b", "b2\n")
			g.git("commit", "--quiet", "-m", "by somebody", "--", "b") //nolint:contextcheck // the test's own
		}
		return "Record it", nil
	}
	out, err := git.CommitOnly(t.Context(), g.dir, p)
	require.NoError(t, err)
	require.Equal(t, 2, tries)
	require.Equal(t, out.Commit, g.git("rev-parse", "HEAD"))
	require.Equal(t, "Record it\nby somebody\nstate", g.git("log", "--format=%s"))
	require.Empty(t, g.git("status", "--porcelain"))

	// Each time again: it gives up, and stages nothing.
	g.write(statusFile, "status 3\n")
	p = g.params(statusFile)
	p.Message = func(context.Context, []git.FileChange) (string, error) {
		g.git("commit", "--quiet", "--allow-empty", "--only", "-m", "by somebody") //nolint:contextcheck // the test's own
		return "Record it", nil
	}
	out, err = git.CommitOnly(t.Context(), g.dir, p)
	require.NoError(t, err)
	require.Equal(t, git.SkipMoved, out.Skipped.Reason)
	require.Equal(t, "M docs/STATUS.md", g.git("status", "--porcelain"))
	require.Equal(t, "by somebody", g.git("log", "-1", "--format=%s"))
}

// What died between the index and the branch left the files staged: that is in
// nobody's way, and the next time they are committed.
func TestCommitOnlyAfterAKill(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.write(statusFile, "status 2\n")
	g.git("add", statusFile)
	require.NotEmpty(t, g.commitOnly(statusFile).Commit)
	require.Empty(t, g.git("status", "--porcelain"))

	// Also when the file has changed since: it is known who staged it.
	g.write(statusFile, "status 3\n")
	g.git("add", statusFile)
	g.write(".git/layercake.staged", g.git("rev-parse", ":"+statusFile)+" "+statusFile+"\x00")
	g.write(statusFile, "status 4\n")
	require.NotEmpty(t, g.commitOnly(statusFile).Commit)
	require.Empty(t, g.git("status", "--porcelain"))
	require.NoFileExists(t, filepath.Join(g.dir, ".git", "layercake.staged"))
}

// In a sparse checkout, a file that git knows and that is there is looked at,
// wherever it is.
func TestCommitOnlyInSparseCheckout(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.git("sparse-checkout", "set", "--cone", "nothing")
	require.NoFileExists(t, filepath.Join(g.dir, "dir", "c"))
	before := g.git("ls-files", "-t", "dir")
	require.Equal(t, "S dir/c", before)
	g.write(statusFile, "status 2\n")
	require.NotEmpty(t, g.commitOnly(statusFile).Commit)
	require.Equal(t, before, g.git("ls-files", "-t", "dir"))
	require.Equal(t, statusFile, g.git("diff", "--name-only", "HEAD~1", "HEAD"))
	require.Empty(t, g.git("status", "--porcelain"))
}
