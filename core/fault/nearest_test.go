package fault_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"status", "start", "task", "trust", "deliverable", "get_gates", "G1"}
	for word, want := range map[string]string{
		"stat": "status", "sttaus": "status", "tsak": "task", "TASK": "task", "deliverables": "deliverable", "gates": "get_gates",
		"g1": "G1", "xyzzy": "", "": "", "ok": "", strings.Repeat("status", 100): "",
	} {
		require.Equal(t, want, fault.Nearest(word, words), word)
	}
}
