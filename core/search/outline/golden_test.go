package outline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/language"
	"github.com/layercake-dev/layercake/core/search/outline"
)

// TestGolden compares the outlines of samples with what is written beside them.
// LAYERCAKE_UPDATE=1 writes them anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.src")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, "testdata/"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			id := filepath.Base(filepath.Dir(file))
			_, ok := language.ByID(id)
			require.True(t, ok, "a folder is named by the ID of a language")
			got := render(outline.Of(id, src))
			want := strings.TrimSuffix(file, ".src") + ".want"
			if os.Getenv("LAYERCAKE_UPDATE") != "" {
				require.NoError(t, os.WriteFile(want, []byte(got), 0o600))
			}
			expected, err := os.ReadFile(want)
			require.NoError(t, err)
			assert.Equal(t, string(expected), got)

			withReturns := []byte(strings.ReplaceAll(string(src), "\n", "\r\n"))
			assert.Equal(t, got, render(outline.Of(id, withReturns)), "with CRLF")
			assert.Equal(t, got, render(outline.Of(id, append([]byte("\xef\xbb\xbf"), src...))), "with a BOM")
		})
	}
}

func render(f outline.File) string {
	var b strings.Builder
	for _, s := range f.Symbols {
		lines := fmt.Sprintf("%d-%d", s.Line, s.EndLine)
		if s.DocLine != s.Line {
			lines = fmt.Sprintf("(%d) %s", s.DocLine, lines)
		}
		sign := "-"
		if s.Exported {
			sign = "+"
		}
		fmt.Fprintf(&b, "%s %s %s %s | %s\n", lines, sign, s.Kind, s.Qualified(), s.Signature)
	}
	return b.String()
}
