package faults

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// TestDiskOfTheDatabaseFull fills the disk of the private database while tasks are
// added, so that sometimes its tables and sometimes its log cannot grow.
func TestDiskOfTheDatabaseFull(t *testing.T) {
	t.Parallel()
	u := newUser(t, func(u *user) {
		require.NoError(t, os.Mkdir(u.data, enterable))
		newBox(t, tmpfs("192m"), u.data).move(u)
	})
	u.init(t)
	count := newTally()
	ballast := filepath.Join(u.root, u.data, "ballast")
	codes := map[string]int{}
	for round := range faulttest.Rounds(3, 20) {
		fill(t, ballast, []int{0, 300_000, 2_000_000}[round%3])
		failed := false
		for n := 0; n < 300 && !failed; n++ {
			title := fmt.Sprintf("round %d, task %d", round, n)
			count.ask(title)
			r := u.run(t, "task", "add", title, "--description", incompressible(10_000), "--json", "--no-render")
			if r.code == 0 {
				count.done(title)
				continue
			}
			failed = true
			codes[r.refused(t).Code]++
		}
		require.True(t, failed, "the disk never was full")
		// With nothing to go on, the next command says it as well.
		if r := u.run(t, "task", "list", "--json"); r.code != 0 {
			codes[r.refused(t).Code]++
		}
		require.NoError(t, os.Remove(ballast))
		title := fmt.Sprintf("round %d, with room", round)
		count.ask(title)
		u.must(t, "task", "add", title)
		count.done(title)
		count.check(t, u.sound(t))
	}
	t.Logf("refused with %v", codes)
}

// TestDiskOfTheRepositoryFull fills the disk of the repository: the change is
// made and said to be, and no file is half-written.
func TestDiskOfTheRepositoryFull(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	newBox(t, tmpfs("2m")+"\nmkdir \"$1/other\"", u.dir).move(u)
	u.init(t)
	count := newTally()
	ballast := filepath.Join(u.root, u.dir, "ballast")
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(u.root, u.dir, name))
		require.NoError(t, err)
		return string(text)
	}
	u.must(t, "config", "set", "--local", "render", "on")
	for round, leave := range []int{0, 4096, 3 * 4096} {
		project, workflow, config := read(".layercake/project.yaml"), read(".layercake/workflow.yaml"), read(".layercake/config.yaml")
		fill(t, ballast, leave)
		title := fmt.Sprintf("round %d: %s", round, strings.Repeat("x", 200))
		count.ask(title)
		r := u.run(t, "task", "add", title, "--description", strings.Repeat("long ", 8000), "--json")
		require.Zero(t, r.code, r.stderr)
		count.done(title)
		require.Contains(t, r.stderr, "the change is recorded, but the markdown files were not written")
		u.wholeFiles(t)

		refused := func(args ...string) {
			r := u.run(t, append(args, "--json")...)
			require.Contains(t, r.refused(t).Message, "no space left")
			require.Equal(t, 1, r.code)
		}
		refused("project", "render")
		if leave == 0 {
			refused("config", "set", "--local", "idle_timeout", "45m")
			v := *u
			v.wrap = append([]string{}, u.wrap...)
			v.wrap[len(v.wrap)-1] = filepath.Join(u.dir, "other")
			r := v.run(t, "init", "--yes", "--here", "--json")
			require.Contains(t, r.refused(t).Message, "no space left")
			require.NoFileExists(t, filepath.Join(u.root, u.dir, "other/.layercake/project.yaml"))
		}
		require.Equal(t, project, read(".layercake/project.yaml"))
		require.Equal(t, workflow, read(".layercake/workflow.yaml"))
		require.Equal(t, config, read(".layercake/config.yaml"))

		require.NoError(t, os.Remove(ballast))
		count.check(t, u.sound(t))
		require.Contains(t, read("docs/TASKS.md"), title)
	}
	left, err := filepath.Glob(filepath.Join(u.root, u.dir, ".layercake/.*-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestDiskOfTheEvidenceFull fills the disk on which evidence is kept.
func TestDiskOfTheEvidenceFull(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	require.NoError(t, os.Mkdir(u.data, enterable))
	newBox(t, tmpfs("1m"), u.data).move(u)
	u.init(t)
	evidence := filepath.Join(u.dir, "evidence.txt")
	require.NoError(t, os.WriteFile(evidence, []byte(strings.Repeat("all is well\n", 10_000)), 0o600))
	ballast := filepath.Join(u.root, u.data, "ballast")
	for _, leave := range []int{0, 8192, 65536} {
		fill(t, ballast, leave)
		for _, args := range [][]string{
			{"proof", "submit", "G6", "test_output", "--file", evidence, "--json"},
			{"proof", "capture", "G6", "test_output", "--json", "--", "cat", evidence},
		} {
			r := u.run(t, args...)
			require.Contains(t, r.refused(t).Message, "no space left")
		}
		require.NoError(t, os.Remove(ballast))
	}
	u.must(t, "proof", "submit", "G6", "test_output", "--file", evidence)
	proofs := jsonOf[[]struct {
		ID string `json:"id"`
	}](t, u.must(t, "proof", "list", "--json"))
	require.Len(t, proofs, 1)
	u.must(t, "proof", "verify", proofs[0].ID)
	left, err := filepath.Glob(filepath.Join(u.root, u.data, "artifacts/tmp/*"))
	require.NoError(t, err)
	require.Empty(t, left)
	u.sound(t)
}

// incompressible returns text that a database cannot make smaller.
func incompressible(size int) string {
	raw := make([]byte, size)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
