//go:build unix

package faults

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestManyWritersOnAStoppedCluster starts a hundred processes at once, each of
// which adds a task to the same project, while the database is down.
func TestManyWritersOnAStoppedCluster(t *testing.T) {
	t.Parallel()
	const writers = 100
	u := newUser(t)
	u.init(t)
	u.must(t, "db", "stop")
	count := newTally()
	results := make([]result, writers)
	ready := make(chan struct{})
	var group sync.WaitGroup
	for i := range writers {
		title := fmt.Sprintf("task %d", i)
		count.ask(title)
		group.Go(func() {
			<-ready
			results[i] = u.run(t, "task", "add", title, "--json")
		})
	}
	began := time.Now()
	close(ready)
	group.Wait()
	t.Logf("%d processes in %v", writers, time.Since(began))
	for i := range results {
		require.Zero(t, results[i].code, results[i].stderr)
		require.Empty(t, results[i].stderr)
		count.done(fmt.Sprintf("task %d", i))
	}
	titles := u.sound(t)
	require.Len(t, titles, writers)
	count.check(t, titles)
}
