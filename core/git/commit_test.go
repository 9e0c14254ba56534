package git_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/git"
)

const (
	statusFile = "docs/STATUS.md"
	tasksFile  = "docs/TASKS.md"
)

// withDocs is a repository with our files and others, all committed.
func withDocs(t *testing.T, initArgs ...string) *testRepo {
	t.Helper()
	g := newRepo(t, initArgs...)
	g.commit(statusFile, "status 1\n", "a", "a1\n", "b", "b1\n", "dir/c", "c1\n", "run.sh", "#!/bin/sh\n")
	return g
}

// params commits what our files hold now.
func (g *testRepo) params(paths ...string) git.CommitParams {
	g.t.Helper()
	var files []git.File
	for _, path := range paths {
		content, err := os.ReadFile(filepath.Join(g.dir, path))
		require.NoError(g.t, err)
		files = append(files, git.File{Path: path, Content: content})
	}
	return git.CommitParams{
		Files: files, Environ: environ(g.t),
		Message: func(context.Context, []git.FileChange) (string, error) { return "Record it\n\nWhy.\n", nil },
	}
}

func (g *testRepo) commitOnly(paths ...string) *git.Outcome {
	g.t.Helper()
	out, err := git.CommitOnly(g.t.Context(), g.dir, g.params(paths...))
	require.NoError(g.t, err)
	return out
}

// others describes everything but our files: the index with its flags, the files
// with their modes and times, and where HEAD and the branches are.
func (g *testRepo) others() string {
	g.t.Helper()
	var b strings.Builder
	for record := range strings.SplitSeq(g.git("ls-files", "-s", "-v", "-z"), "\x00") {
		if !strings.Contains(record, "\tdocs/") {
			b.WriteString(record + "\n")
		}
	}
	b.WriteString(g.git("symbolic-ref", "HEAD") + "\n" + g.git("stash", "list") + "\n")
	b.WriteString(g.git("for-each-ref", "--format=%(refname)") + "\n")
	err := filepath.WalkDir(g.dir, func(path string, e os.DirEntry, err error) error {
		require.NoError(g.t, err)
		if e.Name() == ".git" {
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := e.Info()
		require.NoError(g.t, err)
		if !e.IsDir() {
			b.WriteString(path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
		}
		return nil
	})
	require.NoError(g.t, err)
	return b.String()
}

// copied is a copy of the repository, its index and all times included.
func (g *testRepo) copied() *testRepo {
	g.t.Helper()
	dir := filepath.Join(g.t.TempDir(), "copy")
	out, err := exec.CommandContext(g.t.Context(), "cp", "-a", g.dir, dir).CombinedOutput()
	require.NoError(g.t, err, "%s", out)
	return g.in(dir)
}

// states are what a person may have done with everything else.
func states() map[string]func(g *testRepo) {
	return map[string]func(g *testRepo){
		"nothing": func(*testRepo) {},
		"staged":  func(g *testRepo) { g.write("a", "a2\n"); g.git("add", "a") },
		"partly staged": func(g *testRepo) {
			g.write("a", "a2\n")
			g.git("add", "a")
			g.write("a", "a3\n")
		},
		"unstaged":  func(g *testRepo) { g.write("b", "b2\n") },
		"untracked": func(g *testRepo) { g.write("new", "n\n") },
		"new staged": func(g *testRepo) {
			g.write("new", "n\n")
			g.git("add", "new")
		},
		"renamed":        func(g *testRepo) { g.git("mv", "dir/c", "moved") },
		"removed":        func(g *testRepo) { g.git("rm", "--quiet", "b") },
		"removed cached": func(g *testRepo) { g.git("rm", "--quiet", "--cached", "b") },
		"executable": func(g *testRepo) {
			require.NoError(g.t, os.Chmod(filepath.Join(g.dir, "run.sh"), 0o755))
			g.git("add", "run.sh")
		},
		"symbolic link": func(g *testRepo) {
			require.NoError(g.t, os.Symlink("a", filepath.Join(g.dir, "link")))
			g.git("add", "link")
		},
		"intent to add": func(g *testRepo) {
			g.write("meant", "m\n")
			g.git("add", "--intent-to-add", "meant")
		},
		"our new file meant to be added": func(g *testRepo) { g.git("add", "--intent-to-add", tasksFile) },
		"our file staged as it is":       func(g *testRepo) { g.git("add", statusFile) },
		"assumed unchanged": func(g *testRepo) {
			g.git("update-index", "--assume-unchanged", "a")
			g.write("a", "a2\n")
		},
		"skipped in the work tree": func(g *testRepo) {
			g.git("update-index", "--skip-worktree", "a")
			g.write("a", "a2\n")
		},
		"split index": func(g *testRepo) {
			g.git("update-index", "--split-index")
			g.write("a", "a2\n")
			g.git("add", "a")
		},
		"split index, always": func(g *testRepo) {
			g.git("config", "core.splitIndex", "true")
			g.write("a", "a2\n")
			g.git("add", "a")
		},
		"untracked cache": func(g *testRepo) {
			g.git("update-index", "--force-untracked-cache")
			g.write("new", "n\n")
			g.git("status")
		},
		"index of version 4": func(g *testRepo) { g.git("update-index", "--index-version", "4") },
		"line ends of Windows": func(g *testRepo) {
			g.git("config", "core.autocrlf", "true")
			g.write("a", "a2\r\n")
			g.git("add", "a")
		},
		"our files with line ends of Windows": func(g *testRepo) {
			g.git("config", "core.autocrlf", "true")
			g.write(statusFile, "status 2\r\nmore\r\n")
		},
		"strict about line ends": func(g *testRepo) {
			g.git("config", "core.autocrlf", "true")
			g.git("config", "core.safecrlf", "true")
		},
		"attributes": func(g *testRepo) {
			g.write(".gitattributes", "docs/*.md filter=shout\n")
			g.git("config", "filter.shout.clean", "tr a-z A-Z")
			g.git("config", "filter.shout.smudge", "tr A-Z a-z")
		},
		"long history": func(g *testRepo) {
			for range 3 {
				g.git("commit", "--quiet", "--allow-empty", "-m", "x")
			}
			g.git("gc", "--quiet")
		},
		"stash": func(g *testRepo) {
			g.write("a", "a2\n")
			g.git("stash", "push", "--quiet", "a")
		},
		"other refs": func(g *testRepo) {
			g.git("branch", "side")
			g.git("tag", "v1")
		},
		"sparse checkout that has our files": func(g *testRepo) {
			g.git("add", "--intent-to-add", tasksFile)
			g.git("sparse-checkout", "set", "--no-cone", "/docs/", "/a", "/b", "/run.sh")
		},
	}
}

// It does what "git commit --only" does, and what that leaves alone stays as it
// was.
func TestCommitOnlyAsGitDoes(t *testing.T) {
	t.Parallel()
	for name, prepare := range states() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withDocs(t)
			g.write(statusFile, "status 2\n")
			g.write(tasksFile, "tasks\n")
			prepare(g)
			gits := g.copied()
			gits.git("add", "--intent-to-add", tasksFile)
			gits.git("-c", "core.safecrlf=false", "commit", "--quiet", "--only", "-m", "Record it", "--", statusFile, tasksFile)

			before, head, reflog := g.others(), g.git("rev-parse", "HEAD"), g.git("reflog")
			out := g.commitOnly(statusFile, tasksFile)
			require.Nil(t, out.Skipped)
			require.Equal(t, "main", out.Branch)
			require.Equal(t, []string{statusFile, tasksFile}, out.Files)
			require.Equal(t, before, g.others())
			require.Equal(t, out.Commit, g.git("rev-parse", "HEAD"))
			require.Equal(t, head, g.git("rev-parse", "HEAD~1"))
			require.Len(t, strings.Split(g.git("reflog"), "\n"), len(strings.Split(reflog, "\n"))+1)
			require.Contains(t, g.git("reflog", "-1"), "commit: Record it")
			require.Contains(t, g.git("reflog", "-1", "main"), "commit: Record it")
			require.Equal(t, "Ada <ada@example.com>", g.git("log", "-1", "--format=%an <%ae>"))
			require.Equal(t, "Record it\n\nWhy.", g.git("log", "-1", "--format=%B"))

			require.Equal(t, gits.git("rev-parse", "HEAD^{tree}"), g.git("rev-parse", "HEAD^{tree}"))
			require.Equal(t, gits.git("ls-files", "-s", "-v"), g.git("ls-files", "-s", "-v"))
			require.Equal(t, gits.git("diff-files"), g.git("diff-files"), "the index knows the times of our files")
			require.Equal(t, gits.git("status", "--porcelain", "--no-renames"), g.git("status", "--porcelain", "--no-renames"))
			g.git("fsck", "--strict")

			g.git("commit", "--quiet", "--allow-empty", "-m", "next")
			require.NotContains(t, g.git("diff", "--name-only", "HEAD~1", "HEAD"), "docs/", "the next commit reverts nothing")
		})
	}
}

func TestCommitOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	head := g.git("rev-parse", "HEAD")
	out := g.commitOnly(statusFile)
	require.Empty(t, out.Commit)
	require.Nil(t, out.Skipped)

	g.write(statusFile, "status 2\n")
	p := g.params(statusFile)
	var seen []git.FileChange
	p.Message = func(_ context.Context, changes []git.FileChange) (string, error) {
		seen = changes
		return "", nil
	}
	out, err := git.CommitOnly(t.Context(), g.dir, p)
	require.NoError(t, err)
	require.Empty(t, out.Commit)
	require.Equal(t, []git.FileChange{{Path: statusFile, Before: []byte("status 1\n"), After: []byte("status 2\n")}}, seen)
	require.Equal(t, head, g.git("rev-parse", "HEAD"))
	require.Equal(t, "M docs/STATUS.md", g.git("status", "--porcelain"), "nothing was staged")
}

func TestCommitOnlyBelowTheTop(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	g.commit("app/"+statusFile, "1\n", "docs/STATUS.md", "another\n")
	app := g.in(filepath.Join(g.dir, "app"))
	app.write(statusFile, "2\n")
	app.write(tasksFile, "new\n")
	g.write("docs/STATUS.md", "changed\n")
	out := app.commitOnly(statusFile, tasksFile)
	require.Nil(t, out.Skipped)
	require.Equal(t, "app/docs/STATUS.md\napp/docs/TASKS.md", g.git("diff", "--name-only", "HEAD~1", "HEAD"))
	require.Equal(t, "M docs/STATUS.md", g.git("status", "--porcelain"))
}

// Each linked worktree has its own branch and index.
func TestCommitOnlyInWorktree(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.write("a", "a2\n")
	g.git("add", "a")
	other := g.in(filepath.Join(t.TempDir(), "other"))
	g.git("worktree", "add", "--quiet", "-b", "side", other.dir)
	other.write(statusFile, "status of side\n")
	other.write("b", "b2\n")
	other.git("add", "b")
	before, main := g.others(), g.git("rev-parse", "main")
	out := other.commitOnly(statusFile)
	require.Nil(t, out.Skipped)
	require.Equal(t, "side", out.Branch)
	require.Equal(t, out.Commit, g.git("rev-parse", "side"))
	require.Equal(t, main, g.git("rev-parse", "main"))
	require.Equal(t, before, g.others())
	require.Equal(t, "M  b", other.git("status", "--porcelain"))
}

func TestCommitOnlyInShallowClone(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.commit("a", "a2\n")
	c := g.in(filepath.Join(t.TempDir(), "clone"))
	g.git("clone", "--quiet", "--depth=1", "file://"+g.dir, c.dir)
	c.git("config", "user.name", "Ada")
	c.git("config", "user.email", "ada@example.com")
	c.write(statusFile, "status 2\n")
	out := c.commitOnly(statusFile)
	require.Nil(t, out.Skipped)
	require.Equal(t, "2", c.git("rev-list", "--count", "HEAD"))
	require.Empty(t, c.git("status", "--porcelain"))
}

// A clone that borrows objects from another repository, and one that left out
// what it did not need.
func TestCommitOnlyInClonesWithoutAllObjects(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.git("config", "uploadpack.allowFilter", "true")
	for _, args := range [][]string{{"--shared"}, {"--filter=blob:none"}} {
		c := g.in(filepath.Join(t.TempDir(), "clone"))
		from := g.dir
		if args[0] != "--shared" {
			from = "file://" + g.dir
		}
		g.git(append(append([]string{"clone", "--quiet"}, args...), from, c.dir)...)
		c.git("config", "user.name", "Ada")
		c.git("config", "user.email", "ada@example.com")
		c.write(statusFile, "status 2\n")
		out := c.commitOnly(statusFile)
		require.Nil(t, out.Skipped, args)
		require.Empty(t, c.git("status", "--porcelain"))
		c.git("fsck")
	}
}
