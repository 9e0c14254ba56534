//go:build unix

package faults

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// TestRestoreKilled kills restores with signal 9 at random moments, whole groups of
// processes and the program alone, while others write: what is there afterwards is
// what was there or what the backup holds, and sound.
func TestRestoreKilled(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	for i := range 20 {
		u.must(t, "task", "add", "kept "+strconv.Itoa(i))
	}
	file := filepath.Join(u.top, "backup.dump")
	u.must(t, "db", "backup", "-o", file)
	u.must(t, "task", "add", "later")
	began := time.Now()
	u.must(t, "db", "restore", file, "--dry-run")
	whole := time.Since(began)
	killed, put := 0, 0
	for range faulttest.Rounds(6, 200) {
		before := u.titles(t)
		ctx, cancel := context.WithCancel(context.Background())
		cmd := u.command(ctx, "db", "restore", file, "--yes")
		require.NoError(t, cmd.Start())
		var wg sync.WaitGroup
		wg.Go(func() {
			// A moment of the restore is what is random.
			timer := time.NewTimer(rand.N(whole * 3))
			defer timer.Stop()
			<-timer.C
			cancel()
		})
		if cmd.Wait() != nil {
			killed++
		}
		wg.Wait()
		after := u.sound(t)
		if !slices.Equal(before, after) {
			put++
			require.Len(t, after, 20)
			require.NotContains(t, after, "later")
		}
		u.must(t, "task", "add", "later")
	}
	t.Logf("%d restores killed, %d times the backup took the place", killed, put)
	require.Positive(t, killed)
	u.must(t, "db", "restore", file, "--yes")
	require.Len(t, u.sound(t), 20)
	schemas := u.must(t, "db", "psql", "--", "-Atc", "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'layercake_%'")
	require.Equal(t, "0\n", schemas)
}
