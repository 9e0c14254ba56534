//go:build unix

package faults

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/markdown"
)

// sound checks what must hold after every fault: the chain verifies, the
// projections are what the log folds to, the markdown files are whole and are
// written again, and no half of a file is left. It returns the titles of all
// tasks.
func (u *user) sound(t testing.TB) []string {
	t.Helper()
	u.wholeFiles(t)
	audit := jsonOf[struct {
		OK      bool
		Events  int
		Problem string
	}](t, u.must(t, "audit", "verify", "--json"))
	require.True(t, audit.OK, "%+v", audit)
	for _, p := range jsonOf[[]struct {
		OK          bool
		Differences []any
	}](t, u.must(t, "db", "verify", "--json")) {
		require.True(t, p.OK, "%+v", p)
	}
	u.must(t, "project", "render")
	u.wholeFiles(t)
	left, err := filepath.Glob(filepath.Join(u.root, u.dir, "docs", ".*.layercake-tmp*"))
	require.NoError(t, err)
	require.Empty(t, left, "temporary files")
	return u.titles(t)
}

// wholeFiles checks that each markdown file is one that was rendered, to its
// last byte.
func (u *user) wholeFiles(t testing.TB) {
	t.Helper()
	for _, name := range []string{"STATUS.md", "GATES.md", "TASKS.md", "DECISIONS.md", "MEMORY.md"} {
		file := filepath.Join(u.root, u.dir, "docs", name)
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // never written yet
		}
		require.NoError(t, err)
		require.False(t, markdown.Edited(text), "%s is not whole:\n%s", file, text)
	}
}

// titles lists the titles of all tasks.
func (u *user) titles(t testing.TB) []string {
	t.Helper()
	tasks := jsonOf[[]struct{ ID, Title string }](t, u.must(t, "task", "list", "--json=id,title"))
	titles := make([]string, len(tasks))
	ids := make(map[string]bool, len(tasks))
	for i, task := range tasks {
		require.False(t, ids[task.ID], "id %s is there twice", task.ID)
		ids[task.ID], titles[i] = true, task.Title
	}
	return titles
}

// tally keeps in mind what was asked for and what was acknowledged.
type tally struct {
	acknowledged map[string]bool
	asked        map[string]bool
}

func newTally() *tally { return &tally{acknowledged: map[string]bool{}, asked: map[string]bool{}} }

// ask notes a title that is about to be added.
func (c *tally) ask(title string) { c.asked[title] = true }

// done notes a title that was reported as added.
func (c *tally) done(title string) { c.acknowledged[title] = true }

// check holds that what was acknowledged is there, that what was not is there
// once or not at all, and that nothing else is there.
func (c *tally) check(t testing.TB, titles []string) {
	t.Helper()
	seen := map[string]int{}
	for _, title := range titles {
		seen[title]++
		require.True(t, c.asked[title], "nobody asked for %q", title)
		require.Equal(t, 1, seen[title], "%q is there more than once", title)
	}
	var missing []string
	for title := range c.acknowledged {
		if seen[title] == 0 {
			missing = append(missing, title)
		}
	}
	require.Empty(t, missing, "acknowledged and lost; there is: %s", strings.Join(titles, ", "))
}

// add takes over what another one kept in mind.
func (c *tally) add(other *tally) {
	maps.Copy(c.asked, other.asked)
	maps.Copy(c.acknowledged, other.acknowledged)
}
