package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"status", "start", "task", "trust", "deliverable"}
	for word, want := range map[string]string{
		"stat": "status", "sttaus": "status", "tsak": "task", "TASK": "task", "deliverables": "deliverable", "xyzzy": "", "": "",
	} {
		require.Equal(t, want, nearest(word, words), word)
	}
}
