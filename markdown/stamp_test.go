package markdown_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/markdown"
)

func TestStamp(t *testing.T) {
	t.Parallel()
	s := sample(t)
	content := []byte(render(t, s)["TASKS.md"])
	body, _, _ := bytes.Cut(content, []byte("<!-- layercake"))
	stamp, ok := markdown.ParseStamp(content)
	require.True(t, ok)
	require.Equal(t, markdown.Stamp{Project: s.Project.ID, Database: s.Database, Version: 321, Renderer: 2, SHA256: sha256.Sum256(body)}, stamp)
	require.False(t, markdown.Edited(content))
	require.True(t, bytes.HasSuffix(content, []byte(stamp.String()+"\n")))

	crlf := bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
	stamp, ok = markdown.ParseStamp(crlf)
	require.True(t, ok)
	require.EqualValues(t, 321, stamp.Version)
	require.False(t, markdown.Edited(crlf), "git changes line ends")
}

func TestEdited(t *testing.T) {
	t.Parallel()
	content := render(t, sample(t))["TASKS.md"]
	for name, edit := range map[string]func(string) string{
		"ticked":             func(s string) string { return strings.Replace(s, "- [ ]", "- [x]", 1) },
		"added after stamp":  func(s string) string { return s + "- [ ] one more\n" },
		"empty line after":   func(s string) string { return s + "\n" },
		"text before":        func(s string) string { return "x" + s },
		"two stamps":         func(s string) string { return s + s },
		"final line end cut": func(s string) string { return strings.TrimSuffix(s, "\n") + " " },
	} {
		edited := edit(content)
		require.NotEqual(t, content, edited, name)
		require.True(t, markdown.Edited([]byte(edited)), name)
	}
	_, ok := markdown.ParseStamp([]byte(content + "- [ ] one more\n"))
	require.True(t, ok, "the base is found though somebody added to the end")
	require.False(t, markdown.Edited([]byte(strings.TrimSuffix(content, "\n"))), "some editors drop the last line end")
}

func TestNoStamp(t *testing.T) {
	t.Parallel()
	good := markdown.Stamp{Project: uuid.New(), Version: 1, Renderer: 1}.String()
	for _, s := range []string{
		"", "\n", "x", "# Tasks\n", "> " + good, " " + good, good + " ", "x" + good,
		strings.Replace(good, "version=1", "version=99999999999999999999", 1),
		strings.Replace(good, "version=1", "version=9999999999999999999", 1),
		strings.Replace(good, "sha256=0", "sha256=g", 1),
		strings.Replace(good, "-->", "", 1),
	} {
		_, ok := markdown.ParseStamp([]byte(s))
		require.False(t, ok, s)
		require.True(t, markdown.Edited([]byte(s)), s)
	}
	_, ok := markdown.ParseStamp([]byte(good))
	require.True(t, ok)
}

func FuzzParseStamp(f *testing.F) {
	f.Add([]byte("a\n" + markdown.Stamp{Version: 1, Renderer: 1}.String() + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		s, ok := markdown.ParseStamp(content)
		if ok {
			require.Contains(t, string(content), s.String())
		} else {
			require.True(t, markdown.Edited(content))
		}
	})
}
