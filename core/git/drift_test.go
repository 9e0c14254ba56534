package git_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/git"
)

func TestDrift(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	from := g.commit("src/a", "1\n", "other", "1\n")
	g.commit("other", "2\n")
	var files []string
	for i := range 30 {
		files = append(files, fmt.Sprintf("src/f%02d", i), "x\n")
	}
	g.commit(files...)
	g.commit("src/a", "2\n", "src/with space", "x\n")
	src := func(path string) bool { return strings.HasPrefix(path, "src/") }
	d, err := g.repo().Drift(t.Context(), git.DriftParams{From: from, Covers: src, Most: 2})
	require.NoError(t, err)
	require.Equal(t, &git.Drift{
		Commits: 2, Total: 32, Files: []git.PathChange{{Path: "src/a", Change: "changed"}, {Path: "src/f00", Change: "added"}},
	}, d)
	d, err = g.repo().Drift(t.Context(), git.DriftParams{From: from, Covers: func(string) bool { return false }, Most: 2})
	require.NoError(t, err)
	require.Nil(t, d)
	_, err = g.repo().Drift(t.Context(), git.DriftParams{From: strings.Repeat("a", 40), Covers: src, Most: 2})
	require.Error(t, err, "a commit that is not here")
}
