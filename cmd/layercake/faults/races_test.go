//go:build unix

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// together runs commands at the same time, each in a process of its own.
func (u *user) together(t *testing.T, commands ...[]string) []result {
	t.Helper()
	results := make([]result, len(commands))
	ready := make(chan struct{})
	var group sync.WaitGroup
	for i, args := range commands {
		group.Go(func() {
			<-ready
			results[i] = u.run(t, args...)
		})
	}
	close(ready)
	group.Wait()
	return results
}

// TestCircleClosedAtOnce lets processes close a circle of dependencies together:
// each of them alone would be allowed.
func TestCircleClosedAtOnce(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	for round := range faulttest.Rounds(3, 50) {
		const links = 4
		ids := make([]string, links)
		for i := range ids {
			ids[i] = jsonOf[struct {
				ID string `json:"id"`
			}](t, u.must(t, "task", "add", fmt.Sprintf("round %d, task %d", round, i), "--json", "--no-render")).ID
		}
		commands := make([][]string, links)
		for i := range commands {
			commands[i] = []string{"task", "dep", "add", ids[i], ids[(i+1)%links], "--json", "--no-render"}
		}
		refused := 0
		for _, r := range u.together(t, commands...) {
			if r.code != 0 {
				require.Equal(t, "dependency_cycle", r.refused(t).Code)
				require.Equal(t, 5, r.code)
				refused++
			}
		}
		require.Equal(t, 1, refused, "the one that would close the circle")
	}
	u.sound(t)
}

// TestOneTaskForMany lets processes claim the only task that is ready, and the same
// task by its id: one gets it.
func TestOneTaskForMany(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	for round := range faulttest.Rounds(2, 50) {
		id := jsonOf[struct {
			ID string `json:"id"`
		}](t, u.must(t, "task", "add", fmt.Sprintf("round %d", round), "--json", "--no-render")).ID
		const people = 6
		results := make([]result, people)
		var group sync.WaitGroup
		for i := range people {
			somebody := u.also("GIT_CONFIG_COUNT", "1")
			somebody.set("GIT_CONFIG_KEY_0", "user.name")
			somebody.set("GIT_CONFIG_VALUE_0", fmt.Sprintf("Person %d", i))
			group.Go(func() { results[i] = somebody.run(t, "task", "claim", id, "--json", "--no-render") })
		}
		group.Wait()
		won := 0
		for i := range results {
			if results[i].code == 0 {
				won++
				continue
			}
			require.Equal(t, "task_claimed", results[i].refused(t).Code)
		}
		require.Equal(t, 1, won)
	}
	u.sound(t)
}

// TestTwoApprovalsAtOnce lets processes approve the same gate: one wins, the others
// get a conflict.
func TestTwoApprovalsAtOnce(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t, "--level", "demo")
	answers := filepath.Join(u.dir, "answers.yaml")
	require.NoError(t, os.WriteFile(answers, []byte("what: x\ndone: y\n"), 0o600))
	u.must(t, "intake", "--answers", answers)
	u.commit(t)
	u.must(t, "deliverable", "submit", "intake")
	u.must(t, "deliverable", "accept", "intake", "--yes")
	u.commit(t)
	for range faulttest.Rounds(2, 50) {
		u.must(t, "gate", "present", "G1")
		approve := []string{"gate", "approve", "G1", "--yes", "--json"}
		won := 0
		for _, r := range u.together(t, approve, approve, approve, approve) {
			if r.code == 0 {
				won++
				continue
			}
			require.Equal(t, 5, r.code, r.stderr)
			require.Equal(t, "gate_passed", r.refused(t).Code)
		}
		require.Equal(t, 1, won)
		u.must(t, "gate", "reopen", "G1", "--reason", "once more", "--yes")
		u.sound(t)
	}
	approvals := jsonOf[[]struct {
		Version int64 `json:"version"`
	}](t, u.must(t, "log", "--type", "GateApproved", "--limit", "1000", "--json"))
	require.Len(t, approvals, faulttest.Rounds(2, 50))
}

// commit commits everything in the user's repository.
func (u *user) commit(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{{"add", "-A"}, {"commit", "--quiet", "--allow-empty", "--message", "Work"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir, cmd.Env = u.dir, u.env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
}
