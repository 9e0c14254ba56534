package analysis

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// repository makes a folder with the given files, named by their paths.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		full := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte(text), 0o600))
	}
	return root
}

// lines turns a text with one path in each line into empty files.
func lines(text string) map[string]string {
	out := map[string]string{}
	for name := range strings.FieldsSeq(text) {
		out[name] = "x\n"
	}
	return out
}

// writeMany writes n Go files into folders of 100.
func writeMany(tb testing.TB, root string, n int, text string) {
	tb.Helper()
	for i := range n {
		dir := filepath.Join(root, fmt.Sprintf("d%03d", i/100))
		if i%100 == 0 {
			require.NoError(tb, os.Mkdir(dir, 0o755))
		}
		require.NoError(tb, os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d.go", i)), []byte(text), 0o600))
	}
}
