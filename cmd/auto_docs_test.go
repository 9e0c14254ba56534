package cmd

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// The example that people read is the one that is tried.
func TestAutoExampleIsTheOneThatIsTried(t *testing.T) {
	t.Parallel()
	script, err := txtar.ParseFile("testdata/script/auto.txtar")
	require.NoError(t, err)
	text, err := os.ReadFile("../docs/auto.md")
	require.NoError(t, err)
	require.Len(t, script.Files, 2)
	for _, f := range script.Files {
		require.Contains(t, string(text), "\n"+string(f.Data)+"END\n", f.Name)
	}
}
