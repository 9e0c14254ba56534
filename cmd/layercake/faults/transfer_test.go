//go:build unix

package faults

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// manyTasks makes a project with some history, and returns how many events it has.
func (u *user) manyTasks(t *testing.T) int {
	t.Helper()
	u.init(t)
	const tasks = 20
	for i := range tasks {
		u.must(t, "task", "add", "kept "+strconv.Itoa(i), "--no-render")
	}
	return u.events(t)
}

// events is how many the log of the project has, which is sound.
func (u *user) events(t *testing.T) int {
	t.Helper()
	audit := jsonOf[struct {
		OK     bool
		Events int
	}](t, u.must(t, "audit", "verify", "-p", "shop", "--json"))
	require.True(t, audit.OK)
	return audit.Events
}

// TestImportKilled kills imports into an empty database with signal 9 at moments
// spread over all of their time: the project is there whole or not at all, and the
// import run again completes.
func TestImportKilled(t *testing.T) {
	t.Parallel()
	from, _ := newUserOnServer(t)
	events := from.manyTasks(t)
	file := filepath.Join(from.top, "shop.jsonl")
	from.must(t, "project", "export", "-o", file)
	into, _ := newUserOnServer(t)
	began := time.Now()
	into.must(t, "project", "import", file)
	rounds := faulttest.Rounds(4, 200)
	when := moments{time.Since(began), rounds}
	killed, whole := 0, 0
	for i := range rounds {
		t.Run(strconv.Itoa(i), func(t *testing.T) { // with a database that goes afterwards
			u, _ := newUserOnServer(t)
			if u.strikeAfter(t, when.in(i), i%4 != 0, "project", "import", file) {
				killed++
			}
			if list := jsonOf[[]struct{ Slug string }](t, u.must(t, "project", "list", "--json")); len(list) > 0 {
				whole++
				require.Equal(t, events, u.events(t))
			}
			u.must(t, "project", "import", file, "--update")
			require.Equal(t, events, u.events(t))
			u.must(t, "db", "verify")
		})
	}
	require.Positive(t, killed)
	t.Logf("%d imports, %d killed, %d there after it", rounds, killed, whole)
}

// TestRebuildKilled kills rebuilds that have something to put right with signal 9 at
// moments spread over all of their time: the wrong row is as it was or right, nothing
// else changes or is left, and the rebuild run again completes.
func TestRebuildKilled(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	events := u.manyTasks(t)
	titles := u.titles(t)
	forge := func() {
		u.must(t, "db", "psql", "--", "-qc", "UPDATE tasks SET title = 'forged' WHERE title = 'kept 3'")
	}
	forge()
	began := time.Now()
	u.must(t, "db", "rebuild")
	rounds := faulttest.Rounds(4, 200)
	when := moments{time.Since(began), rounds}
	require.Equal(t, titles, u.titles(t))
	killed, done := 0, 0
	for i := range rounds {
		forge()
		wrong := u.titles(t)
		require.NotEqual(t, titles, wrong)
		if u.strikeAfter(t, when.in(i), i%4 != 0, "db", "rebuild") {
			killed++
		}
		if now := u.titles(t); !slices.Equal(now, wrong) {
			done++
			require.Equal(t, titles, now)
		}
		u.must(t, "db", "rebuild")
		require.Equal(t, titles, u.titles(t))
		require.Equal(t, events, u.events(t))
		u.must(t, "db", "verify")
	}
	require.Positive(t, killed)
	schemas := u.must(t, "db", "psql", "--", "-Atc", "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'layercake_%'")
	require.Equal(t, "0\n", schemas)
	t.Logf("%d rebuilds, %d killed, %d had put it right", rounds, killed, done)
}
