package git_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/git"
)

// Several commit at once, each a file of its own: none is lost, none is in
// another one's way, and what a person staged stays staged.
func TestCommitOnlySideBySide(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.write("a", "a2\n")
	g.git("add", "a")
	const writers = 8
	var all sync.WaitGroup
	outcomes, errs := make([]*git.Outcome, writers), make([]error, writers)
	for i := range writers {
		path := fmt.Sprintf("docs/%d.md", i)
		g.write(path, "content\n")
		p := g.params(path)
		all.Go(func() { outcomes[i], errs[i] = git.CommitOnly(t.Context(), g.dir, p) })
	}
	all.Wait()
	for i := range writers {
		require.NoError(t, errs[i])
		require.Nil(t, outcomes[i].Skipped)
		require.NotEmpty(t, outcomes[i].Commit)
	}
	require.Equal(t, fmt.Sprint(writers+1), g.git("rev-list", "--count", "HEAD"))
	require.Equal(t, "M  a", g.git("status", "--porcelain"))
	g.git("fsck", "--strict")
}

// A person commits all the time while LayerCake does.
func TestCommitOnlyBesideAPerson(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	const rounds = 20
	done := make(chan struct{})
	var failed []string
	go func() {
		defer close(done)
		for i := range rounds {
			if err := os.WriteFile(filepath.Join(g.dir, "b"), fmt.Appendf(nil, "%d\n", i), 0o600); err != nil {
				failed = append(failed, err.Error())
			}
			// It may find the index locked, or the branch moved, as beside any other git.
			out, err := g.try("commit", "--quiet", "-m", fmt.Sprint(i), "--", "b")
			if err != nil && !strings.Contains(out, ".lock") && !strings.Contains(out, "cannot lock ref") {
				failed = append(failed, out)
			}
		}
	}()
	for i := range rounds {
		g.write(statusFile, fmt.Sprintf("status %d\n", i+2))
		g.commitOnly(statusFile)
	}
	<-done
	require.Empty(t, failed)
	require.Nil(t, g.commitOnly(statusFile).Skipped)
	require.Equal(t, fmt.Sprintf("status %d", rounds+1), g.git("show", "HEAD:"+statusFile))
	status, err := g.try("status", "--porcelain", "docs")
	require.NoError(t, err)
	require.Empty(t, status)
	for commit := range strings.FieldsSeq(g.git("rev-list", "HEAD")) {
		require.NotContains(t, g.git("diff-tree", "--no-commit-id", "--name-only", "-r", commit), "b\ndocs", "nobody commits another one's files")
	}
	g.git("fsck", "--strict")
}
