package git_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

// conflicting is a repository whose branches main and side cannot be merged.
func conflicting(t *testing.T) *testRepo {
	t.Helper()
	g := newRepo(t)
	g.commit("a", "base\n")
	g.git("checkout", "--quiet", "-b", "side")
	g.commit("a", "side\n")
	g.commit("b", "side\n")
	g.git("checkout", "--quiet", "main")
	g.commit("a", "main\n")
	return g
}

func TestInProgress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		want git.Operation
		end  []string
	}{
		{"merge", []string{"merge", "side"}, git.Merge, []string{"merge", "--abort"}},
		{"rebase", []string{"rebase", "side"}, git.Rebase, []string{"rebase", "--abort"}},
		{"rebase by patches", []string{"rebase", "--apply", "side"}, git.Rebase, []string{"rebase", "--abort"}},
		{"cherry-pick", []string{"cherry-pick", "side~1"}, git.CherryPick, []string{"cherry-pick", "--abort"}},
		{"revert", []string{"revert", "--no-edit", "main~1"}, git.Revert, []string{"revert", "--abort"}},
		{"bisect", []string{"bisect", "start"}, git.Bisect, []string{"bisect", "reset"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := conflicting(t)
			_, _ = g.try(c.args...) // most end with a conflict
			op, err := git.InProgress(t.Context(), g.dir)
			require.NoError(t, err)
			require.Equal(t, c.want, op)
			g.git(c.end...)
			op, err = git.InProgress(t.Context(), g.dir)
			require.NoError(t, err)
			require.Equal(t, git.Idle, op)
		})
	}
}

func TestInProgressBetweenPicks(t *testing.T) {
	t.Parallel()
	g := conflicting(t)
	_, err := g.try("cherry-pick", "side~1", "side")
	require.Error(t, err, "the first one conflicts")
	g.write("a", "both\n")
	g.git("commit", "--quiet", "-a", "-m", "resolved") // and not cherry-pick --continue
	op, err := git.InProgress(t.Context(), g.dir)
	require.NoError(t, err)
	require.Equal(t, git.CherryPick, op, "the second one is still to come")

	h := conflicting(t)
	_, err = h.try("revert", "--no-edit", "main~1", "main")
	require.Error(t, err)
	h.write("a", "none\n")
	h.git("add", "a")
	h.git("commit", "--quiet", "-m", "resolved")
	op, err = git.InProgress(t.Context(), h.dir)
	require.NoError(t, err)
	require.Equal(t, git.Revert, op)
}

func TestInProgressByWorktree(t *testing.T) {
	t.Parallel()
	g := conflicting(t)
	other := g.in(filepath.Join(t.TempDir(), "other"))
	g.git("worktree", "add", "--quiet", "-b", "third", other.dir, "main")
	_, err := other.try("merge", "side")
	require.Error(t, err)

	op, err := git.InProgress(t.Context(), other.dir)
	require.NoError(t, err)
	require.Equal(t, git.Merge, op)
	op, err = git.InProgress(t.Context(), g.dir)
	require.NoError(t, err)
	require.Equal(t, git.Idle, op, "the first work tree merges nothing")
}

func TestInProgressDuringBisect(t *testing.T) {
	t.Parallel()
	g := conflicting(t)
	g.git("bisect", "start")
	_, err := g.try("cherry-pick", "side~1")
	require.Error(t, err)
	op, err := git.InProgress(t.Context(), g.dir)
	require.NoError(t, err)
	require.Equal(t, git.CherryPick, op)
}

func TestInProgressOutside(t *testing.T) {
	t.Parallel()
	_, err := git.InProgress(t.Context(), t.TempDir())
	require.Equal(t, git.CodeNotRepo, fault.CodeOf(err))
}
