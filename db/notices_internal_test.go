package db

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestNoticesAreGathered holds that many writes in a row make few notices.
func TestNoticesAreGathered(t *testing.T) {
	t.Parallel()
	n := newNotices(t.Context(), nil)
	one, other := uuid.New(), uuid.New()
	require.Equal(t, []string{one.String() + ":1"}, n.due(one, 1), "the first goes at once")

	n.last = time.Now().Add(time.Hour) // no time passes
	for version := range int64(100) {
		require.Empty(t, n.due(one, version+2))
	}
	require.Empty(t, n.due(one, 50), "an older version changes nothing")
	require.Empty(t, n.due(other, 7))
	require.True(t, n.timer.Stop(), "they would be sent by themselves")

	n.last = time.Time{} // long ago
	require.ElementsMatch(t, []string{one.String() + ":101", other.String() + ":8"}, n.due(other, 8))
	require.Empty(t, n.held)
}
