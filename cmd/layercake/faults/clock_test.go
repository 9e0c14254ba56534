//go:build unix

package faults

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/cmd"
)

// at runs a command in this process, whose clock stands at a time.
func (u *user) at(t *testing.T, now time.Time, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cmd.Run(t.Context(), cmd.Process{
		Args: args, In: strings.NewReader(""), Out: &stdout, Err: &stderr, Environ: u.env, Dir: u.dir, UID: os.Getuid(), ParentPID: 1,
		Now: func() time.Time { return now },
	})
	return result{args: args, code: code, stdout: stdout.String(), stderr: stderr.String()}
}

// TestClockGoesBack lets the clocks of commands disagree by years: the log's own
// time never goes back, leases hold for as long as they were given, and the chain
// verifies.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	now := time.Now().Add(time.Hour).Truncate(time.Second)
	count := newTally()
	for i, ahead := range []time.Duration{0, -time.Hour, 5 * time.Minute, -24 * 365 * time.Hour, -time.Second, 6 * time.Minute} {
		title := "task " + string(rune('a'+i))
		count.ask(title)
		r := u.at(t, now.Add(ahead), "task", "add", title, "--json")
		require.Zero(t, r.code, r.stderr)
		count.done(title)
	}
	type entry struct {
		Version    int64     `json:"version"`
		OccurredAt time.Time `json:"occurred_at"`
		RecordedAt time.Time `json:"recorded_at"`
	}
	log := jsonOf[[]entry](t, u.must(t, "log", "--json", "--limit", "100"))
	back := 0
	for i := 1; i < len(log); i++ { // newest first
		require.False(t, log[i].RecordedAt.After(log[i-1].RecordedAt), "event %d", log[i].Version)
		if log[i].OccurredAt.After(log[i-1].OccurredAt) {
			back++
		}
	}
	require.Positive(t, back, "clocks did not disagree")

	id := jsonOf[[]struct {
		ID string `json:"id"`
	}](t, u.must(t, "task", "list", "--json=id"))[0].ID
	r := u.at(t, now.Add(10*time.Minute), "task", "claim", id, "--json")
	require.Zero(t, r.code, r.stderr)
	other := u.also("GIT_CONFIG_COUNT", "1")
	other.set("GIT_CONFIG_KEY_0", "user.name")
	other.set("GIT_CONFIG_VALUE_0", "Bob")
	for _, ahead := range []time.Duration{-24 * time.Hour, 11 * time.Minute, 39 * time.Minute} {
		r = other.at(t, now.Add(ahead), "task", "claim", id, "--json")
		require.Equal(t, "task_claimed", r.refused(t).Code, "with a clock at %v", ahead)
		ready := other.at(t, now.Add(ahead), "task", "ready", "--jq", ".data | length")
		require.Equal(t, "5\n", ready.stdout, ready.stderr)
	}
	r = other.at(t, now.Add(41*time.Minute), "task", "claim", id, "--json")
	require.Zero(t, r.code, r.stderr)
	// The first one's clock says that the lease is theirs.
	r = u.at(t, now.Add(12*time.Minute), "task", "claim", id, "--json")
	require.Equal(t, "task_claimed", r.refused(t).Code)
	count.check(t, u.sound(t))
}
