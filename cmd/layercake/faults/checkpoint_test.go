//go:build unix

package faults

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// keeping is a user who keeps their files aside and takes them back, and is killed.
type keeping struct {
	*user
	// restores says that files are taken back.
	restores bool
	// states are what checkpoints 1 and 2 hold.
	states [2]map[string]string
	round  int
	// killed, mixed and left count rounds: killed, with files of both states after
	// it, with locks that git left.
	killed, mixed, left int
}

// TestCheckpointKilled kills checkpoint and restore with signal 9 at their calls of
// git and at moments spread over all of their time. What the person had is in the
// work tree or in a checkpoint, no checkpoint is half, the index and HEAD are as they
// were, and the command run again completes.
func TestCheckpointKilled(t *testing.T) {
	t.Parallel()
	for _, restores := range []bool{false, true} {
		t.Run(map[bool]string{false: "checkpoint", true: "restore"}[restores], func(t *testing.T) {
			t.Parallel()
			u, _ := newUserOnServer(t)
			u.git(t, "init", "-q", "-b", "main")
			u.git(t, "commit", "-q", "--allow-empty", "-m", "First")
			u.must(t, "init", "--yes", "--name", "Shop", "--preset", "simple", "--git-commit", "off")
			k := &keeping{user: u, restores: restores}
			k.prepare(t)
			steps := u.gitSteps(t)
			steps.at(t, cut{point: beforeCall, call: 1000})
			began := time.Now()
			k.must(t, k.args()...)
			whole := time.Since(began)
			calls := steps.off(t)
			k.round++
			for _, at := range cuts(calls, 0) {
				k.try(t, fmt.Sprintf("%+v", at), func(args []string) bool {
					steps.at(t, at)
					killed := k.strike(t, args...).wait(t)
					steps.off(t)
					require.True(t, killed || !at.writes, "%+v", at)
					return killed
				})
			}
			rounds := faulttest.Rounds(3, 200)
			when := moments{whole, rounds}
			for i := range rounds {
				k.try(t, fmt.Sprint("at ", when.in(i)), func(args []string) bool {
					return k.strikeAfter(t, when.in(i), i%4 != 0, args...)
				})
			}
			require.Positive(t, k.left)
			k.sound(t)
			t.Logf("%d calls of git; %d rounds, %d killed, %d with files of both states, %d with locks", len(calls), k.round, k.killed, k.mixed, k.left)
		})
	}
}

// prepare makes the two states, and a checkpoint of each.
func (k *keeping) prepare(t *testing.T) {
	t.Helper()
	k.edit(t, "work/staged.txt", "staged")
	k.git(t, "add", "work")
	const lines = 20_000
	for i, state := range []string{"old", "new"} {
		for _, name := range []string{"a", "b/c", "b/d", "e"} {
			k.edit(t, "work/"+name+".txt", strings.Repeat(state+" "+name+"\n", lines))
		}
		k.edit(t, "work/only "+state+".txt", state)
		if i == 1 {
			require.NoError(t, os.Remove(filepath.Join(k.dir, "work", "only old.txt")))
		}
		k.must(t, "checkpoint", "-m", state)
		k.states[i] = k.work(t)
	}
}

// args are the command of a round.
func (k *keeping) args() []string {
	if !k.restores {
		return []string{"checkpoint", "-m", "Round " + strconv.Itoa(k.round)}
	}
	return []string{"restore", strconv.Itoa(k.round%2 + 1), "--remove"}
}

// work are the files that the person works at.
func (k *keeping) work(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	top := filepath.Join(k.dir, "work")
	require.NoError(t, filepath.WalkDir(top, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files["work/"+filepath.ToSlash(path[len(top)+1:])] = string(content)
		return err
	}))
	return files
}

// kept are those files in a checkpoint.
func (k *keeping) kept(t *testing.T, commit string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for path := range strings.SplitSeq(k.git(t, "ls-tree", "-r", "-z", "--name-only", commit, "--", "work"), "\x00") {
		if path != "" {
			files[path] = strings.TrimSpace(k.git(t, "show", commit+":"+path))
		}
	}
	return files
}

// trim is what [user.git] leaves of contents.
func trim(files map[string]string) map[string]string {
	trimmed := map[string]string{}
	for path, content := range files {
		trimmed[path] = strings.TrimSpace(content)
	}
	return trimmed
}

// checkpoints lists the commits of the checkpoints, newest first.
func (k *keeping) checkpoints(t *testing.T) []string {
	t.Helper()
	var commits []string
	for _, c := range jsonOf[[]struct{ Commit string }](t, k.must(t, "checkpoint", "list", "--json")) {
		commits = append(commits, c.Commit)
	}
	return commits
}

// try makes one round.
func (k *keeping) try(t *testing.T, what string, run func(args []string) (killed bool)) {
	t.Helper()
	args := k.args()
	k.edit(t, "work/round.txt", "what nothing else has, of round "+strconv.Itoa(k.round))
	old, before := k.work(t), k.checkpoints(t)
	index, head := k.git(t, "ls-files", "-s"), k.git(t, "rev-parse", "HEAD")
	defer func() {
		if t.Failed() {
			t.Logf("round %d, %q killed %s", k.round, args, what)
		}
	}()
	if run(args) {
		k.killed++
	}
	now, list := k.work(t), k.checkpoints(t)
	require.Contains(t, []int{0, 1}, len(list)-len(before))
	require.Equal(t, before, list[len(list)-len(before):], "checkpoints that were there")
	if len(list) > len(before) {
		require.Equal(t, trim(old), k.kept(t, list[0]), "a checkpoint is whole")
	}
	if !maps.Equal(old, now) {
		require.True(t, k.restores)
		require.Greater(t, len(list), len(before), "what was there is kept before it is changed")
		if !maps.Equal(now, k.states[k.round%2]) {
			k.mixed++
		}
	}
	if len(k.leftLocks(t)) > 0 {
		k.left++
		if maps.Equal(old, now) { // the lock is that of the checkpoint to be made
			again := k.run(t, append(args, "--json")...)
			require.Contains(t, again.refused(t).Hint, "layercake doctor")
		}
		k.unlock(t)
	}
	k.must(t, args...)
	if k.restores {
		require.Equal(t, trim(k.states[k.round%2]), trim(k.work(t)))
	} else {
		require.Equal(t, old, k.work(t))
		require.Equal(t, trim(old), k.kept(t, k.checkpoints(t)[0]))
	}
	require.Equal(t, index, k.git(t, "ls-files", "-s"))
	require.Equal(t, head, k.git(t, "rev-parse", "HEAD"))
	k.git(t, "fsck", "--strict", "--no-dangling")
	k.round++
}
