package walk_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/walk"
)

type folder struct {
	t   *testing.T
	dir string
	env []string
}

func newFolder(t *testing.T) *folder {
	t.Helper()
	env := []string{}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GIT_") && !strings.HasPrefix(pair, "HOME=") {
			env = append(env, pair)
		}
	}
	f := &folder{t: t, dir: t.TempDir(), env: append(env, "HOME="+t.TempDir(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")}
	f.env = append(f.env, "GIT_CEILING_DIRECTORIES="+filepath.Dir(f.dir))
	return f
}

func newRepo(t *testing.T) *folder {
	t.Helper()
	f := newFolder(t)
	f.git("init", "--quiet", "--initial-branch=main")
	f.git("config", "user.name", "Ada")
	f.git("config", "user.email", "ada@example.com")
	return f
}

func (f *folder) git(args ...string) string {
	f.t.Helper()
	cmd := exec.CommandContext(f.t.Context(), "git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir, cmd.Env = f.dir, f.env
	out, err := cmd.CombinedOutput()
	require.NoError(f.t, err, "git %v: %s", args, out)
	return string(out)
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) write(name, content string) {
	f.t.Helper()
	require.NoError(f.t, os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	require.NoError(f.t, os.WriteFile(f.path(name), []byte(content), 0o644))
}

func (f *folder) commit() {
	f.t.Helper()
	f.git("add", "--all")
	f.git("commit", "--quiet", "-m", "state")
}

// tree returns the paths found, and the reasons of the others.
func (f *folder) tree() (paths []string, why map[string]walk.Reason) {
	f.t.Helper()
	entries, skipped, err := walk.Tree(f.t.Context(), f.dir, walk.Options{Env: f.env})
	require.NoError(f.t, err)
	paths, why = []string{}, map[string]walk.Reason{}
	for _, e := range entries {
		paths = append(paths, e.Path)
	}
	for _, s := range skipped {
		why[s.Path] = s.Reason
	}
	return paths, why
}

func (f *folder) read(name string) (walk.File, walk.Reason) {
	f.t.Helper()
	file, skipped, err := walk.Read(f.t.Context(), f.dir, walk.Entry{Path: name})
	require.NoError(f.t, err)
	if skipped != nil {
		assert.Equal(f.t, name, skipped.Path)
		return file, skipped.Reason
	}
	return file, ""
}

func TestRepository(t *testing.T) {
	t.Parallel()
	f := newRepo(t)
	for _, name := range []string{
		"a.go", "dir/b.go", "dir/ignored.log", "vendor/c.go", "gone.go", "logo.png", "app.min.js", "yarn.lock", "api.pb.go", "big.txt", "deploy.key",
		".env.example", "docs/keep.md", "docs/drop.md",
	} {
		f.write(name, "content of "+name+"\n")
	}
	f.write("empty.go", "")
	f.write("big.txt", strings.Repeat("x", walk.MaxSize+1))
	f.write(".gitignore", "*.log\nbuild/\n")
	f.commit()
	require.NoError(t, os.Remove(f.path("gone.go")))
	f.write("new ünd\ttab.go", "x")
	f.write("build/out.go", "x")
	f.write("node_modules/x/index.js", "x")
	f.write(".layercakeignore", "# what we do not want\ndocs/*\n!docs/keep.md\n")
	f.write("dir/.layercakeignore", "deep\r\n")
	f.write("dir/deep/x.go", "x")
	f.write("deep/x.go", "x")
	require.NoError(t, os.Symlink("/etc/passwd", f.path("link.go")))
	require.NoError(t, os.Symlink("..", f.path("dir/loop")))
	require.NoError(t, syscall.Mkfifo(f.path("pipe"), 0o644))
	require.NoError(t, os.WriteFile(f.path("bad\xff.go"), []byte("x"), 0o644))

	paths, why := f.tree()
	assert.Equal(t, []string{
		".env.example", ".gitignore", ".layercakeignore", "a.go", "deep/x.go", "dir/.layercakeignore", "dir/b.go", "docs/keep.md", "new ünd\ttab.go", "vendor/c.go",
	}, paths)
	assert.Equal(t, map[string]walk.Reason{
		"gone.go": walk.Missing, "logo.png": walk.Binary, "app.min.js": walk.Minified, "yarn.lock": walk.Generated, "api.pb.go": walk.Generated,
		"big.txt": walk.TooLarge, "empty.go": walk.Empty, "docs/drop.md": walk.Ignored, "dir/deep/x.go": walk.Ignored, "link.go": walk.Symlink,
		"dir/loop": walk.Symlink, "bad\ufffd.go": walk.BadName, "deploy.key": walk.Secret,
		"node_modules/x/index.js": walk.Vendored,
	}, why)

	entries, _, err := walk.Tree(t.Context(), f.dir, walk.Options{Env: f.env})
	require.NoError(t, err)
	for _, e := range entries {
		assert.Equal(t, e.Path == "vendor/c.go", e.Vendored, e.Path)
		assert.Equal(t, e.Path == "a.go" || e.Path == "dir/b.go" || e.Path == "vendor/c.go" || e.Path == "docs/keep.md" || e.Path == ".env.example" || e.Path == ".gitignore",
			e.Tracked, e.Path)
		info, err := os.Lstat(f.path(e.Path))
		require.NoError(t, err)
		assert.Equal(t, info.Size(), e.Size)
		assert.True(t, info.ModTime().Equal(e.ModTime))
	}
}

// A root below the top of a repository has what is below it.
func TestRootInsideOfRepository(t *testing.T) {
	t.Parallel()
	f := newRepo(t)
	f.write("a.go", "x")
	f.write("sub/b.go", "x")
	f.commit()
	f.write("sub/c.go", "x")
	f.dir = f.path("sub")
	paths, _ := f.tree()
	assert.Equal(t, []string{"b.go", "c.go"}, paths)
}

func TestOtherRepositoriesInside(t *testing.T) {
	t.Parallel()
	other := newRepo(t)
	other.write("o.go", "x")
	other.commit()
	f := newRepo(t)
	f.write("a.go", "x")
	f.commit()
	f.git("submodule", "add", "--quiet", other.dir, "libs/other")
	f.commit()
	f.git("clone", "--quiet", other.dir, "nested")
	paths, why := f.tree()
	assert.Equal(t, []string{".gitmodules", "a.go"}, paths)
	assert.Equal(t, map[string]walk.Reason{"libs/other": walk.Submodule, "nested/": walk.Submodule}, why)
}

func TestSparseCheckout(t *testing.T) {
	t.Parallel()
	f := newRepo(t)
	f.write("in/a.go", "x")
	f.write("out/b.go", "x")
	f.commit()
	f.git("sparse-checkout", "set", "in")
	paths, why := f.tree()
	assert.Equal(t, []string{"in/a.go"}, paths)
	assert.Equal(t, map[string]walk.Reason{"out/b.go": walk.Sparse}, why)
}

func TestConflictsAreListedOnce(t *testing.T) {
	t.Parallel()
	f := newRepo(t)
	f.write("a.go", "one\n")
	f.commit()
	f.git("switch", "--quiet", "-c", "other")
	f.write("a.go", "two\n")
	f.commit()
	f.git("switch", "--quiet", "main")
	f.write("a.go", "three\n")
	f.commit()
	cmd := exec.CommandContext(t.Context(), "git", "merge", "other")
	cmd.Dir, cmd.Env = f.dir, f.env
	require.Error(t, cmd.Run())
	paths, _ := f.tree()
	assert.Equal(t, []string{"a.go"}, paths)
}

// git goes on listing what was in a folder that is a link now.
func TestFolderThatBecameALink(t *testing.T) {
	t.Parallel()
	outside := newFolder(t)
	outside.write("a.go", "secret of others")
	f := newRepo(t)
	f.write("dir/a.go", "x")
	f.commit()
	require.NoError(t, os.RemoveAll(f.path("dir")))
	require.NoError(t, os.Symlink(outside.dir, f.path("dir")))
	paths, why := f.tree()
	assert.Empty(t, paths)
	assert.Equal(t, walk.Symlink, why["dir/a.go"])
	_, reason := f.read("dir/a.go")
	assert.Equal(t, walk.Unreadable, reason)
	_, reason = f.read("../" + filepath.Base(outside.dir) + "/a.go")
	assert.Equal(t, walk.Unreadable, reason)
}

func TestCaseOnlyRename(t *testing.T) {
	t.Parallel()
	f := newRepo(t)
	f.write("README.md", "x")
	f.commit()
	f.git("mv", "README.md", "Readme.md")
	paths, why := f.tree()
	assert.Equal(t, []string{"Readme.md"}, paths)
	assert.Empty(t, why)

	// Where case does not count, two names of one file are still two when the
	// folder has both.
	require.NoError(t, os.Link(f.path("Readme.md"), f.path("README.md")))
	f.git("add", "--all")
	f.git("config", "core.ignorecase", "true")
	paths, _ = f.tree()
	assert.Equal(t, []string{"README.md", "Readme.md"}, paths)
}

func TestFolderWithoutGit(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("a.go", "x")
	f.write("node_modules/x.js", "x")
	f.write("sub/b.py", "x")
	f.write("sub/c.log", "x")
	f.write("sub/.gitignore", "*.log\n")
	f.write("skip/d.go", "x")
	f.write(".layercakeignore", "/skip/\n")
	f.write("repo/.git/HEAD", "x")
	f.write("repo/e.go", "x")
	require.NoError(t, os.Symlink(".", f.path("loop")))
	paths, why := f.tree()
	assert.Equal(t, []string{".layercakeignore", "a.go", "sub/.gitignore", "sub/b.py"}, paths)
	assert.Equal(t, map[string]walk.Reason{"loop": walk.Symlink, "skip/d.go": walk.Ignored, "repo/": walk.Submodule}, why)
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("file", "x")
	for _, dir := range []string{"nowhere", "file"} {
		_, _, err := walk.Tree(t.Context(), f.path(dir), walk.Options{})
		assert.Equal(t, walk.CodeNoFolder, fault.CodeOf(err))
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	f := newFolder(t)
	f.write("a.go", "x")
	f.write("dir/b.go", "x")
	require.NoError(t, os.Chmod(f.path("a.go"), 0))
	require.NoError(t, os.Chmod(f.path("dir"), 0))
	t.Cleanup(func() { _ = os.Chmod(f.path("dir"), 0o700) })
	_, why := f.tree()
	assert.Equal(t, walk.Unreadable, why["dir/"])
	_, reason := f.read("a.go")
	assert.Equal(t, walk.Unreadable, reason)
}

func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := newFolder(t)
	f.write("a.go", "x")
	_, _, err := walk.Tree(ctx, f.dir, walk.Options{Env: f.env})
	assert.Equal(t, fault.From(context.Canceled).Code, fault.CodeOf(err))
	_, _, err = walk.Read(ctx, f.dir, walk.Entry{Path: "a.go"})
	assert.Equal(t, fault.From(context.Canceled).Code, fault.CodeOf(err))
}

// stamp is how a file ends that LayerCake rendered.
const stamp = "<!-- layercake: project=018f6b1e-0000-7000-8000-000000000000 database=018f6b1e-0000-7000-8000-000000000001 version=7 renderer=2 " +
	"sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 -->"

func TestRead(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	for _, c := range []struct {
		name, content, want string
		why                 walk.Reason
	}{
		{"a.go", "package a\r\n", "package a\r\n", ""},
		{"bom.go", "\xef\xbb\xbfpackage a", "package a", ""},
		{"utf16.cs", "\xff\xfea\x00\xe4\x00\n\x00", "aä\n", ""},
		{"latin.c", strings.Repeat("plain ", 10) + "gr\xfc\xdfe", strings.Repeat("plain ", 10) + "gr\ufffde", ""},
		{"bytes.txt", strings.Repeat("\xfe\x01\xff", 50), "", walk.Binary},
		{"nul.txt", "text\x00more", "", walk.Binary},
		{"pointer.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "", walk.LFSPointer},
		{"empty.go", "", "", walk.Empty},
		{"blank.go", " \n\t\n", "", walk.Empty},
		{"big.go", strings.Repeat("x\n", walk.MaxSize), "", walk.TooLarge},
		{"made.go", "// Code generated by stringer. DO NOT EDIT.\npackage a\n", "", walk.Generated},
		{"made.js", "/**\n * @generated SignedSource<<1>>\n */\n", "", walk.Generated},
		{"made.cs", "// <auto-generated/>\n", "", walk.Generated},
		{"made.py", "# This file is autogenerated.\n# Do not edit it.\n", "", walk.Generated},
		{"maker.go", "package a\n\nconst head = `// Code generated by x. DO NOT EDIT.`\n", "package a\n\nconst head = `// Code generated by x. DO NOT EDIT.`\n", ""},
		{"TASKS.md", "# Tasks\n\n" + stamp + "\n", "", walk.Rendered},
		{"TASKS-windows.md", "# Tasks\r\n" + stamp + "\r\nWritten behind it.\r\n", "", walk.Rendered},
		{"of-stamps.md", "The stamp:\n\n    " + stamp + "\n", "The stamp:\n\n    " + stamp + "\n", ""},
		{"short.js", "a", "a", ""},
		{"long.js", strings.Repeat("var a=1;", 1000), "", walk.Minified},
		{"long.md", strings.Repeat("A long text. ", 1000), strings.Repeat("A long text. ", 1000), ""},
	} {
		f.write(c.name, c.content)
		file, why := f.read(c.name)
		assert.Equal(t, c.why, why, c.name)
		assert.Equal(t, c.want, string(file.Text), c.name)
		if why == "" {
			assert.Equal(t, int64(len(c.content)), file.Entry.Size, c.name)
			assert.NotZero(t, file.Hash)
		}
	}
}

// What turned into something else after it was listed neither blocks nor leads
// outside.
func TestReadWhatIsNoFile(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	require.NoError(t, syscall.Mkfifo(f.path("pipe"), 0o644))
	require.NoError(t, os.Mkdir(f.path("dir"), 0o755))
	require.NoError(t, os.Symlink("/etc/passwd", f.path("link")))
	for name, want := range map[string]walk.Reason{
		"pipe": walk.Irregular, "dir": walk.Submodule, "link": walk.Symlink, "gone": walk.Missing, "gone/too": walk.Missing, "/etc/passwd": walk.Unreadable,
	} {
		_, why := f.read(name)
		assert.Equal(t, want, why, name)
	}
}

// A file that is written to without end is given up; one that was changed since
// it was listed is read as it is.
func TestReadWhatChanges(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("a.go", "one")
	entries, _, err := walk.Tree(t.Context(), f.dir, walk.Options{Env: f.env})
	require.NoError(t, err)
	f.write("a.go", "three")
	require.NoError(t, os.Chtimes(f.path("a.go"), time.Time{}, time.Unix(1e9, 0)))
	file, skipped, err := walk.Read(t.Context(), f.dir, entries[0])
	require.NoError(t, err)
	assert.Nil(t, skipped)
	assert.Equal(t, "three", string(file.Text))
	assert.Equal(t, int64(5), file.Entry.Size)
	assert.True(t, file.Entry.ModTime.Equal(time.Unix(1e9, 0)))
}

func TestManyFiles(t *testing.T) {
	t.Parallel()
	const count = 5000
	f := newRepo(t)
	for i := range count {
		f.write(fmt.Sprintf("d%d/e%d/f%d.go", i%50, i%7, i), "package x\n")
	}
	paths, why := f.tree()
	assert.Len(t, paths, count)
	assert.Empty(t, why)
	assert.IsNonDecreasing(t, paths)
}
