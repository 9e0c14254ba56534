package mcp_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// editor reads and changes files, and looks on the disk at what came of it.
func (s *scenario) editor(t *testing.T, b *bundle, _ *core.App) {
	t.Helper()
	onDisk := func(name string) string {
		content, err := os.ReadFile(filepath.Join(b.root, name))
		require.NoError(t, err)
		return string(content)
	}
	made := s.do("write_file", map[string]any{"path": "src/oven/heat.go", "content": "package oven\n\nconst hot = 230\nconst max = 230\n"})
	require.Equal(t, true, made["created"])
	require.InDelta(t, 4, made["lines"], 0)
	require.Contains(t, s.fails("write_file", map[string]any{"path": "src/oven/heat.go", "content": "x", "new_only": true}), "file_exists")
	require.Contains(t, s.fails("edit_file", map[string]any{"path": "src/oven/heat.go", "old": "230", "new": "240"}), "in lines 3, 4")
	require.Contains(t, s.fails("edit_file", map[string]any{"path": "src/oven/heat.go", "old": "const  hot", "new": "x"}), "Line 3 is the same but for white space")
	require.Contains(t, s.fails("edit_file", map[string]any{"path": "src/oven/heat.go", "old": "cold", "new": "x"}), "text_not_found")
	require.InDelta(t, 3, s.do("edit_file", map[string]any{"path": "src/oven/heat.go", "old": "hot = 230", "new": "hot = 240"})["line"], 0)
	require.InDelta(t, 2, s.do("edit_file", map[string]any{"path": "src/oven/heat.go", "old": "const ", "new": "var ", "all": true})["replaced"], 0)
	require.Equal(t, "package oven\n\nvar hot = 240\nvar max = 230\n", onDisk("src/oven/heat.go"))

	read := s.do("read_file", map[string]any{"path": "src/oven/heat.go", "from_line": 3, "lines": 1})
	require.Equal(t, "var hot = 240\n", read["text"])
	require.Contains(t, read["notice"], "from_line 4")
	require.Contains(t, s.fails("read_file", map[string]any{"path": "src/oven/heat.go", "from_line": 9}), "4 lines")
	write(t, b.root, "src/key.txt", "token = ghp_"+strings.Repeat("a1B2", 9)+"\n")
	require.NotContains(t, s.do("read_file", map[string]any{"path": "src/key.txt"})["text"], strings.Repeat("a1B2", 9))
	write(t, b.root, "src/picture.bin", "a\x00b")
	require.Contains(t, s.fails("read_file", map[string]any{"path": "src/picture.bin"}), "not_text")

	found, _ := s.do("grep_files", map[string]any{"pattern": `HOT = \d+`, "ignore_case": true, "glob": "*.go"})["matches"].([]any)
	require.Equal(t, []any{map[string]any{"path": "src/oven/heat.go", "line": 3.0, "text": "var hot = 240"}}, found)
	require.Empty(t, s.do("grep_files", map[string]any{"pattern": `\d+`, "literal": true, "path": "src/oven"})["matches"])
	require.Contains(t, s.do("grep_files", map[string]any{"pattern": "^var", "limit": 1, "path": "src/oven"})["notice"], "there are more")
	require.Contains(t, s.fails("grep_files", map[string]any{"pattern": "("}), "invalid_pattern")

	paths := func(args map[string]any) []string {
		var out []string
		files, _ := s.do("list_files", args)["files"].([]any)
		for _, f := range files {
			out = append(out, f.(map[string]any)["path"].(string))
		}
		return out
	}
	require.Equal(t, []string{"src/oven/heat.go"}, paths(map[string]any{"glob": "src/**/*.go"}))
	require.ElementsMatch(t, []string{"src/key.txt", "src/oven/heat.go", "src/picture.bin"}, paths(map[string]any{"path": "src"}))
	require.Contains(t, s.fails("list_files", map[string]any{"path": "nowhere"}), "file_not_found")
	require.Contains(t, s.fails("list_files", map[string]any{"glob": "["}), "invalid_glob")

	s.do("delete_file", map[string]any{"path": "src/oven/heat.go"})
	require.NoFileExists(t, filepath.Join(b.root, "src/oven/heat.go"))
	require.Contains(t, s.fails("delete_file", map[string]any{"path": "src/oven/heat.go"}), "file_not_found")
}

// TestFilesStayInside holds that the file tools reach the project's own files only,
// by whatever name.
func TestFilesStayInside(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, files, at := t.Context(), b.app.WorkFiles, b.at
	outside := t.TempDir()
	write(t, outside, "secret", "secret\n")
	write(t, b.root, ".layercake/config.yaml", "a: b\n")
	link := func(to, name string) { require.NoError(t, os.Symlink(to, filepath.Join(b.root, name))) }
	link(outside, "out")
	link(filepath.Join(outside, "secret"), "out-file")
	link(".git", "innocent")
	link(".layercake", "own")
	link("nowhere", "dangling")
	require.NoError(t, os.Mkdir(filepath.Join(b.root, "docs"), 0o700))
	link("../.git/hooks", "docs/hooks")
	for _, name := range []string{
		"../x", "/etc/passwd", filepath.Join(outside, "secret"), "docs/../../x", ".git/config", ".GIT/config", ".git/hooks/post-commit", "sub/.git/config",
		".git", ".layercake/config.yaml", ".LayerCake/config.yaml", ".layercake/agents/x.md", "out/secret", "out/new", "out-file", "innocent/config",
		"innocent/new", "own/config.yaml", "own/agents/x.md", "docs/hooks/post-commit", "docs/hooks/new/deep", "a/../.git/x", "", ".", "docs/",
	} {
		_, err := files.Write(ctx, at, name, "mine\n", false)
		require.Error(t, err, "write %q", name)
		_, err = files.Edit(ctx, at, name, "secret", "mine", false)
		require.Error(t, err, "edit %q", name)
		if name != "out-file" { // a link of the project's own
			require.Error(t, files.Delete(ctx, at, name), "delete %q", name)
		}
		_, err = files.Read(ctx, at, name, 1, 10, 1000)
		require.Error(t, err, "read %q", name)
	}
	for _, name := range []string{"dangling", "out-file"} {
		_, err := files.Write(ctx, at, name, "mine\n", false)
		require.Equal(t, "is_a_link", fault.CodeOf(err), name)
	}
	content, err := os.ReadFile(filepath.Join(outside, "secret"))
	require.NoError(t, err)
	require.Equal(t, "secret\n", string(content))
	list, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoDirExists(t, filepath.Join(b.root, ".git/hooks/new"))
	require.NoDirExists(t, filepath.Join(b.root, ".layercake/agents"))

	// A link inside of the project is a way like any other, and deleting one leaves
	// what it leads to.
	link("docs", "papers")
	_, err = files.Write(ctx, at, "papers/a.md", "a\n", false)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(b.root, "docs/a.md"))
	require.NoError(t, files.Delete(ctx, at, "out-file"))
	require.FileExists(t, filepath.Join(outside, "secret"))
	entries, err := files.Files(ctx, at, "", "")
	require.NoError(t, err)
	for i := range entries {
		require.NotContains(t, entries[i].Path, ".layercake")
	}

	// What is replaced keeps its mode, and nothing is left beside it.
	if runtime.GOOS != "windows" {
		write(t, b.root, "run.sh", "#!/bin/sh\n")
		require.NoError(t, os.Chmod(filepath.Join(b.root, "run.sh"), 0o750))
		_, err = files.Write(ctx, at, "run.sh", "#!/bin/sh\ntrue\n", false)
		require.NoError(t, err)
		info, err := os.Stat(filepath.Join(b.root, "run.sh"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o750), info.Mode().Perm())
	}
	left, err := filepath.Glob(filepath.Join(b.root, ".*.tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = files.Read(ctx, core.Place{Project: at.Project}, "README.md", 1, 1, 1)
	require.Equal(t, "no_work_tree", fault.CodeOf(err))
}
