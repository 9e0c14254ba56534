package redact_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/redact"
)

// TestRepositoryHoldsNoSecrets looks for the shapes of keys and tokens in every
// file that git tracks here, apart from tests, which plant some.
func TestRepositoryHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	scanner := redact.New(nil)
	looked := 0
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // removed, and not committed yet
		}
		require.NoError(t, err)
		if !utf8.Valid(text) {
			continue
		}
		looked++
		// The word itself, in examples, is no password.
		plain := strings.ReplaceAll(string(text), "user:password@", "user@")
		if scanner.String(plain) == plain {
			continue
		}
		for i, line := range strings.Split(plain, "\n") {
			require.Equal(t, line, scanner.String(line), "%s:%d looks like it holds a secret", name, i+1)
		}
		require.Fail(t, "looks like it holds a secret of several lines", name)
	}
	require.Greater(t, looked, 300)
}
