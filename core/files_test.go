package core_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// TestPathsStayInsideTheProject tries the paths that a repository or an agent
// might give to get at something else.
func TestPathsStayInsideTheProject(t *testing.T) {
	t.Parallel()
	root, outside := t.TempDir(), t.TempDir()
	put := func(path string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	}
	put(filepath.Join(root, "docs", "ok 🎂.md"))
	put(filepath.Join(root, ".git", "config"))
	put(filepath.Join(root, core.StateDir, "project.yaml"))
	put(filepath.Join(outside, "secret"))
	link := func(target, name string) { require.NoError(t, os.Symlink(target, filepath.Join(root, name))) }
	link(filepath.Join(outside, "secret"), "absolute")
	link(filepath.Join("..", filepath.Base(outside), "secret"), "relative")
	link(outside, "folder")
	link("/proc/self/environ", "environ")
	link("/dev/zero", "zero")
	link(".git/config", "git")
	link(".", "self")
	link("loop", "loop")
	link("docs/ok 🎂.md", "fine")
	require.NoError(t, exec.CommandContext(t.Context(), "mkfifo", filepath.Join(root, "pipe")).Run())
	require.NoError(t, os.Link(filepath.Join(root, ".git", "config"), filepath.Join(root, "hard"))) // the same content, under a name of the project

	for path, code := range map[string]string{
		"docs/ok 🎂.md": "", "fine": "", "docs/../fine": "", "self/docs/ok 🎂.md": "", "hard": "",
		"../x": "path_outside", "/etc/passwd": "path_outside", "docs/../../x": "path_outside", "": "path_outside",
		"absolute": "file_unreadable", "relative": "file_unreadable", "folder/secret": "file_unreadable", "environ": "file_unreadable",
		"zero": "file_unreadable", "loop": "file_unreadable", "nul\x00": "file_unreadable", strings.Repeat("x", 300): "file_unreadable",
		"git": "path_outside", ".git/config": "path_outside", "self/.git/config": "path_outside", "self/../.git/config": "path_outside",
		core.StateDir + "/project.yaml": "path_outside", "./" + core.StateDir + "/project.yaml": "path_outside",
		"docs": "not_a_file", "pipe": "not_a_file", ".": "not_a_file", "nothing": "file_not_found",
	} {
		f, err := core.OpenFile(root, path)
		require.Equal(t, code, fault.CodeOf(err), "%q: %v", path, err)
		if code == "" {
			text, err := io.ReadAll(f)
			require.NoError(t, err)
			require.Equal(t, "content", string(text))
			require.NoError(t, f.Close())
		}
	}
}

// TestSwappedLinksDoNotHelp changes a link between a harmless file and one of
// git's while it is opened again and again.
func TestSwappedLinksDoNotHelp(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, ".git"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(root, ".git", "config"), []byte("secret"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "harmless"), []byte("harmless"), 0o600))
	const swaps = 2000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range swaps {
			next := filepath.Join(root, "next")
			_ = os.Symlink([]string{"harmless", ".git/config"}[i%2], next)
			_ = os.Rename(next, filepath.Join(root, "link"))
		}
	}()
	opened := 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		f, err := core.OpenFile(root, "link")
		if err != nil {
			continue
		}
		text, err := io.ReadAll(f)
		require.NoError(t, err)
		require.Equal(t, "harmless", string(text))
		require.NoError(t, f.Close())
		opened++
	}
	t.Logf("opened %d times", opened)
}
