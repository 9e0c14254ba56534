//go:build unix

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// committing is a user in whose repository LayerCake commits, and is killed.
type committing struct {
	*user
	// round counts, and change is what is done in a round.
	round  int
	change func(round int) []string
	// commands is how many there are that take turns.
	commands int
	// left counts the locks that git itself left behind.
	left, killed, made int
}

// committing prepares the user's repository.
func newCommitting(t *testing.T, setting string) *committing {
	t.Helper()
	u, _ := newUserOnServer(t)
	c := &committing{user: u, commands: 1}
	u.git(t, "init", "-q", "-b", "main")
	u.git(t, "commit", "-q", "--allow-empty", "-m", "First")
	u.must(t, "init", "--yes", "--name", "Shop", "--preset", "simple", "--level", "demo", "--git-commit", setting)
	c.change = func(round int) []string { return []string{"task", "add", fmt.Sprintf("Round %d", round)} }
	return c
}

// TestCommitKilled kills commands that commit with signal 9, at each of their calls
// of git and at moments spread over all of their time, in the repository of a person
// who is in the middle of something: HEAD is before or after, what is theirs is as it
// was, the next sync completes, and their next commit reverts nothing.
func TestCommitKilled(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"state", "gates"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			c := newCommitting(t, setting)
			if setting == "gates" {
				c.decideGates(t)
			}
			c.atWork(t)
			c.everyCall(t)
			c.anyMoment(t)
			require.NoError(t, os.RemoveAll(filepath.Join(c.top, "steps"))) // git as it is
			c.must(t, c.change(c.round)...)
			require.NoFileExists(t, filepath.Join(c.dir, ".git", "layercake.staged"))
			c.sound(t)
			t.Logf("%d rounds, %d killed, %d of them after the commit, %d locks left by git", c.round, c.killed, c.made, c.left)
		})
	}
}

// decideGates makes the change of each round a decision at a gate, once this way
// and once that.
func (c *committing) decideGates(t *testing.T) {
	t.Helper()
	answers := filepath.Join(c.top, "answers.yaml")
	require.NoError(t, os.WriteFile(answers, []byte("what: x\ndone: y\n"), 0o600))
	c.must(t, "config", "set", "--local", "git.tag_gates", "on")
	c.must(t, "intake", "--answers", answers)
	c.commit(t)
	c.must(t, "deliverable", "submit", "intake")
	c.must(t, "deliverable", "accept", "intake", "--yes")
	c.commit(t)
	c.must(t, "gate", "present", "G1")
	c.commands = 2
	c.change = func(int) []string {
		if c.status(t) == "approved" {
			return []string{"gate", "reopen", "G1", "--reason", "once more", "--yes"}
		}
		c.must(t, "gate", "present", "G1", "--no-render")
		return []string{"gate", "approve", "G1", "--yes"}
	}
}

// status is that of the gate.
func (c *committing) status(t *testing.T) string {
	t.Helper()
	return strings.Trim(strings.TrimSpace(c.must(t, "gate", "show", "G1", "--jq", ".data.status")), `"`)
}

// everyCall kills each of the commands at its first call of git, at the second, and
// so on. Commands that alternate have calls of their own each.
func (c *committing) everyCall(t *testing.T) {
	t.Helper()
	steps := c.gitSteps(t)
	never := cut{point: beforeCall, call: 1000}
	planned := map[string][]cut{}
	for range c.commands {
		steps.at(t, never)
		args := c.change(c.round)
		require.NoError(t, os.WriteFile(filepath.Join(steps.dir, "calls"), nil, 0o600)) // of this one alone
		c.must(t, args...)
		c.round++
		calls := steps.off(t)
		planned[args[1]] = cuts(calls, c.commands)
		t.Logf("%q: %d calls of git, killed at %d places", args, len(calls), len(planned[args[1]]))
	}
	require.Len(t, planned, c.commands)
	for len(planned) > 0 {
		args := c.change(c.round)
		left := planned[args[1]]
		if len(left) == 0 {
			delete(planned, args[1])
			c.must(t, args...)
			c.round++
			continue
		}
		at := left[0]
		planned[args[1]] = left[1:]
		c.try(t, args, fmt.Sprintf("%+v", at), func() bool {
			steps.at(t, at)
			killed := c.strike(t, args...).wait(t)
			steps.off(t)
			if at.writes {
				require.True(t, killed, "%q %+v", args, at)
			}
			if at.point == withinCall { // all that write here take a lock
				require.NotEmpty(t, c.leftLocks(t), "%q %+v", args, at)
			}
			return killed
		})
	}
	require.Positive(t, c.left)
}

// anyMoment kills at moments spread over the time that the command takes.
func (c *committing) anyMoment(t *testing.T) {
	t.Helper()
	var whole time.Duration
	for range c.commands {
		args := c.change(c.round)
		began := time.Now()
		c.must(t, args...)
		c.round++
		whole = max(whole, time.Since(began))
	}
	rounds := faulttest.Rounds(2, 200)
	when := moments{whole, rounds}
	for i := range rounds {
		group := i%4 != 0
		args := c.change(c.round)
		c.try(t, args, fmt.Sprintf("at %v of %v, group %v", when.in(i), whole, group), func() bool {
			return c.strikeAfter(t, when.in(i), group, args...)
		})
	}
}

// try makes one round.
func (c *committing) try(t *testing.T, args []string, what string, run func() (killed bool)) {
	t.Helper()
	was := c.status(t)
	before, head := c.theirs(t), c.git(t, "rev-parse", "HEAD")
	versions := c.versions(t, "HEAD")
	killed := run()
	if killed {
		c.killed++
	}
	failed := func() {
		if t.Failed() {
			t.Logf("round %d, %q killed %s", c.round, args, what)
		}
	}
	defer failed()
	if c.unlock(t) {
		c.left++
	}
	require.Equal(t, before, c.theirs(t))
	c.git(t, "fsck", "--strict", "--no-dangling")
	if now := c.git(t, "rev-parse", "HEAD"); now != head {
		c.made++
		c.oneCommit(t, head, now)
	}
	// The user's own commit comes before the next sync or after it.
	commits := []func(){func() { c.must(t, "sync") }, func() { versions = c.theirCommit(t, versions) }}
	for i := range commits {
		commits[(i+c.round)%len(commits)]()
	}
	c.must(t, "sync")
	if args[0] == "task" || c.status(t) != was {
		require.Empty(t, c.git(t, "status", "--porcelain", "--", "docs", ".layercake"), "what was left is committed")
	}
	c.wholeFiles(t)
	c.round++
}

// oneCommit holds that one commit was made, of LayerCake's files alone.
func (c *committing) oneCommit(t *testing.T, before, after string) {
	t.Helper()
	require.Equal(t, before, c.git(t, "rev-parse", after+"^"))
	for path := range strings.Lines(c.git(t, "diff-tree", "-r", "--name-only", before, after)) {
		require.True(t, ours(path), path)
	}
}

// versions are those of the files in a commit.
func (c *committing) versions(t *testing.T, commit string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for _, name := range []string{"docs/STATUS.md", "docs/GATES.md", "docs/TASKS.md"} {
		found[name] = c.rendered(t, commit, name)
	}
	return found
}

// theirCommit lets the user commit what they staged, and holds that it has all of
// that, and nothing of LayerCake's as it was before.
func (c *committing) theirCommit(t *testing.T, before map[string]int64) map[string]int64 {
	t.Helper()
	staged := map[string]bool{}
	for path := range strings.Lines(c.git(t, "diff", "--cached", "--name-only", "--no-renames")) {
		staged[strings.TrimSpace(path)] = true
	}
	require.True(t, staged["staged.txt"])
	c.git(t, "commit", "-q", "-m", fmt.Sprintf("Theirs in round %d", c.round))
	for path := range strings.Lines(c.git(t, "diff-tree", "-r", "--name-only", "--no-renames", "HEAD^", "HEAD")) {
		require.True(t, staged[strings.TrimSpace(path)], path)
		delete(staged, strings.TrimSpace(path))
	}
	require.Empty(t, staged)
	after := c.versions(t, "HEAD")
	for path, version := range before {
		require.GreaterOrEqual(t, after[path], version, "%s was reverted", path)
	}
	c.busy(t, c.round+1)
	return after
}
