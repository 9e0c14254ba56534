//go:build unix

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// TestSyncKilledAtRandomPoints edits TASKS.md by hand, kills the sync that reads
// it with signal 9 at a random moment, and lets the next one finish: each line is
// taken in once, the text around them is kept, and no file is half.
func TestSyncKilledAtRandomPoints(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	file := filepath.Join(u.dir, "docs", "TASKS.md")
	var want []string
	killed := 0
	whole := 200 * time.Millisecond // what a sync takes, about
	rounds := faulttest.Rounds(10, 200)
	for round := range rounds {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := ""
		for i := range 1 + rand.IntN(4) {
			title := fmt.Sprintf("Round %d line %d", round, i)
			want = append(want, title)
			lines += "- [ ] " + title + "\n"
		}
		edited := strings.Replace(string(text), "\n<!-- layercake", lines+"\nNote of round "+fmt.Sprint(round)+".\n\n<!-- layercake", 1)
		// Something ticked and something retitled as well.
		edited = strings.Replace(edited, "\n- [ ] **", "\n- [x] **", 1)
		require.NoError(t, os.WriteFile(file, []byte(edited), 0o600))

		ctx, cancel := context.WithTimeout(context.Background(), patience)
		cmd := u.command(ctx, "sync")
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(time.Duration(rand.Int64N(int64(whole))), func() { _ = cmd.Process.Kill() })
		if cmd.Wait() != nil {
			killed++
		}
		timer.Stop()
		cancel()

		r := u.run(t, "sync")
		require.Zero(t, r.code, "%s%s", r.stdout, r.stderr)
		if strings.Contains(r.stdout, "read ") {
			whole = r.took
		}
		u.must(t, "sync", "--check")
		require.ElementsMatch(t, want, u.titles(t), "in round %d", round)
		text, err = os.ReadFile(file)
		require.NoError(t, err)
		for i := range round + 1 {
			require.Equal(t, 1, strings.Count(string(text), fmt.Sprintf("Note of round %d.", i)), "in round %d:\n%s", round, text)
		}
		require.NotContains(t, string(text), "conflict x-")
	}
	u.sound(t)
	t.Logf("%d of %d syncs were killed", killed, rounds)
}

// TestSyncWhileOthersWrite edits the file again and again while other processes
// change the same project: nothing that anybody wrote gets lost, and what both
// changed is a conflict with both sides.
func TestSyncWhileOthersWrite(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	shared := strings.TrimSpace(u.must(t, "task", "add", "Everybody's", "-q"))
	file := filepath.Join(u.dir, "docs", "TASKS.md")
	rounds := faulttest.Rounds(6, 60)
	const others = 3
	var group sync.WaitGroup
	for n := range others {
		// As agents do, which leave edited files alone.
		other := u.also("LAYERCAKE_ACTOR", "")
		other.set("LAYERCAKE_RENDER", "off")
		group.Go(func() {
			for i := range rounds {
				other.must(t, "task", "add", fmt.Sprintf("Other %d of %d", i, n), "-q")
				other.must(t, "task", "edit", shared, "--description", fmt.Sprintf("From %d, the %d.", n, i))
			}
		})
	}
	var want []string
	theirs := ""
	for i := range rounds {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		title := fmt.Sprintf("By hand %d", i)
		want = append(want, title)
		theirs = fmt.Sprintf("Everybody's, round %d", i)
		edited := strings.Replace(string(text), "\n<!-- layercake", "- [ ] "+title+"\n\n<!-- layercake", 1)
		lines := strings.Split(edited, "\n")
		for n, line := range lines {
			if strings.Contains(line, "** Everybody's") {
				lines[n] = line[:strings.Index(line, "** ")+3] + theirs
			}
		}
		require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
		r := u.run(t, "sync")
		require.Zero(t, r.code, "%s%s", r.stdout, r.stderr)
	}
	group.Wait()
	for n := range others {
		for i := range rounds {
			want = append(want, fmt.Sprintf("Other %d of %d", i, n))
		}
	}
	require.ElementsMatch(t, append(want, theirs), u.titles(t))
	u.must(t, "sync")
	u.sound(t)
}
