package proof_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/proof"
)

// gitRepo is a real repository.
type gitRepo struct {
	t   *testing.T
	dir string
}

func newGitRepo(t *testing.T, initArgs ...string) *gitRepo {
	t.Helper()
	g := &gitRepo{t: t, dir: t.TempDir()}
	g.git(append([]string{"init", "--quiet", "--initial-branch=main"}, initArgs...)...)
	return g
}

// gitEnvironment is free of the machine's configuration and of the repository
// that the tests themselves may run in.
func gitEnvironment() []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GIT_") {
			env = append(env, pair)
		}
	}
	return append(env, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
}

func (g *gitRepo) git(args ...string) string {
	g.t.Helper()
	return g.gitIn(g.dir, args...)
}

func (g *gitRepo) gitIn(dir string, args ...string) string {
	g.t.Helper()
	cmd := exec.CommandContext(g.t.Context(), "git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir, cmd.Env = dir, gitEnvironment()
	out, err := cmd.CombinedOutput()
	require.NoError(g.t, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

func (g *gitRepo) write(path, content string) {
	g.t.Helper()
	full := filepath.Join(g.dir, path)
	require.NoError(g.t, os.MkdirAll(filepath.Dir(full), 0o750))
	require.NoError(g.t, os.WriteFile(full, []byte(content), 0o600))
}

func (g *gitRepo) commit() string {
	g.t.Helper()
	g.git("add", "--all")
	g.git("commit", "--quiet", "--allow-empty", "-m", "state")
	return g.git("rev-parse", "HEAD")
}

func workTree(t *testing.T, root string, opts proof.TreeOptions) proof.Tree {
	t.Helper()
	tree, err := proof.WorkTree(t.Context(), root, opts)
	require.NoError(t, err)
	return tree
}

func commitTree(t *testing.T, root, commit string, opts proof.TreeOptions) proof.Tree {
	t.Helper()
	tree, err := proof.CommitTree(t.Context(), root, commit, opts)
	require.NoError(t, err)
	return tree
}

func treePaths(tree proof.Tree) []string {
	var all []string
	for _, e := range tree.Listing {
		all = append(all, e.Path)
	}
	return all
}

// snapshot returns the names, modes and contents of all files below dir.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var found strings.Builder
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		rel, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		fmt.Fprintf(&found, "%s %s", info.Mode(), rel)
		if !d.IsDir() {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			found.WriteString(" " + hexSHA256(content))
		}
		found.WriteString("\n")
		return nil
	}))
	return found.String()
}

func fill(g *gitRepo) {
	g.write("main.go", "package main\n")
	g.write("docs/STATUS.md", "status\n")
	g.write("docs/guide.md", "guide\n")
	g.write(".layercake/project.yaml", "id: x\n")
	g.write("strange/with space.txt", "1")
	g.write("strange/new\nline", "2")
	g.write("strange/\"quoted\" 🍰 é", "3")
	g.write("strange/tab\there", "4")
	g.write("run.sh", "#!/bin/sh\n")
	require.NoError(g.t, os.Chmod(filepath.Join(g.dir, "run.sh"), 0o700))
	require.NoError(g.t, os.Symlink("main.go", filepath.Join(g.dir, "link")))
	g.write(".gitignore", "*.log\n")
	g.write("debug.log", "ignored")
}

func TestTreeOfCommitAndWorkTreeAgree(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			g := newGitRepo(t, "--object-format="+format)
			fill(g)
			opts := proof.TreeOptions{Exclude: []string{".layercake/", "docs/STATUS.md"}}

			before := workTree(t, g.dir, opts)
			require.Equal(t, 9, before.Files, treePaths(before))
			require.NotContains(t, treePaths(before), "debug.log")
			require.Contains(t, treePaths(before), "strange/new\nline")

			commit := g.commit()
			git := snapshot(t, filepath.Join(g.dir, ".git"))
			after := workTree(t, g.dir, opts)
			require.Equal(t, before, after)
			require.Equal(t, before, commitTree(t, g.dir, commit, opts))
			require.Equal(t, before, commitTree(t, g.dir, "HEAD", opts))

			// What the project itself keeps is left out.
			g.write("docs/STATUS.md", "other\n")
			g.write(".layercake/cache/x", "new\n")
			require.Equal(t, before.Digest, workTree(t, g.dir, opts).Digest)
			require.NotEqual(t, before.Digest, workTree(t, g.dir, proof.TreeOptions{}).Digest)

			// An untracked file counts, and is named.
			g.write("extra.go", "package main\n")
			changed := workTree(t, g.dir, opts)
			require.NotEqual(t, before.Digest, changed.Digest)
			require.Equal(t, "added extra.go", proof.DescribeChanges(before.Listing.Diff(changed.Listing), 3))
			require.Equal(t, git, snapshot(t, filepath.Join(g.dir, ".git")), "the repository was written to")
		})
	}
}

func TestTreeSeesEveryKindOfChange(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(g *gitRepo)
		want   []proof.Change
	}{
		"content": {func(g *gitRepo) { g.write("main.go", "package other\n") }, []proof.Change{{Path: "main.go", Kind: proof.ChangeContent}}},
		"deleted": {func(g *gitRepo) { require.NoError(g.t, os.Remove(filepath.Join(g.dir, "main.go"))) }, []proof.Change{{Path: "main.go", Kind: proof.ChangeRemoved}}},
		"executable": {func(g *gitRepo) {
			require.NoError(g.t, os.Chmod(filepath.Join(g.dir, "main.go"), 0o700))
		}, []proof.Change{{Path: "main.go", Kind: proof.ChangeMode}}},
		"link target": {func(g *gitRepo) {
			require.NoError(g.t, os.Remove(filepath.Join(g.dir, "link")))
			require.NoError(g.t, os.Symlink("run.sh", filepath.Join(g.dir, "link")))
		}, []proof.Change{{Path: "link", Kind: proof.ChangeContent}}},
		"file becomes folder": {func(g *gitRepo) {
			require.NoError(g.t, os.Remove(filepath.Join(g.dir, "main.go")))
			g.write("main.go/x", "1")
		}, []proof.Change{{Path: "main.go", Kind: proof.ChangeRemoved}, {Path: "main.go/x", Kind: proof.ChangeAdded}}},
		"staged only": {func(g *gitRepo) {
			g.write("main.go", "package other\n")
			g.git("add", "main.go")
			g.write("main.go", "package main\n")
		}, nil},
		"staged for addition": {func(g *gitRepo) {
			g.write("later.go", "x")
			g.git("add", "--intent-to-add", "later.go")
		}, []proof.Change{{Path: "later.go", Kind: proof.ChangeAdded}}},
		"hidden by assume-unchanged": {func(g *gitRepo) {
			g.git("update-index", "--assume-unchanged", "main.go")
			g.write("main.go", "package other\n")
		}, []proof.Change{{Path: "main.go", Kind: proof.ChangeContent}}},
		"hidden by skip-worktree": {func(g *gitRepo) {
			g.git("update-index", "--skip-worktree", "main.go", "run.sh")
			g.write("main.go", "package other\n")
			require.NoError(g.t, os.Remove(filepath.Join(g.dir, "run.sh")))
		}, []proof.Change{{Path: "main.go", Kind: proof.ChangeContent}, {Path: "run.sh", Kind: proof.ChangeRemoved}}},
		"same size and time": {func(g *gitRepo) {
			path := filepath.Join(g.dir, "main.go")
			info, err := os.Stat(path)
			require.NoError(g.t, err)
			g.git("config", "core.trustctime", "false")
			g.git("config", "core.checkStat", "minimal")
			g.write("main.go", "package evil\n")
			require.NoError(g.t, os.Chtimes(path, time.Now(), info.ModTime()))
		}, []proof.Change{{Path: "main.go", Kind: proof.ChangeContent}}},
		"merge conflict": {func(g *gitRepo) {
			g.git("checkout", "--quiet", "-b", "side")
			g.write("main.go", "package side\n")
			g.commit()
			g.git("checkout", "--quiet", "main")
			g.write("main.go", "package mine\n")
			g.commit()
			cmd := exec.CommandContext(g.t.Context(), "git", "merge", "side")
			cmd.Dir, cmd.Env = g.dir, gitEnvironment()
			require.Error(g.t, cmd.Run())
		}, []proof.Change{{Path: "main.go", Kind: proof.ChangeContent}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGitRepo(t)
			fill(g)
			commit := g.commit()
			before := commitTree(t, g.dir, commit, proof.TreeOptions{})
			tt.change(g)
			got := workTree(t, g.dir, proof.TreeOptions{})
			require.Equal(t, tt.want, before.Listing.Diff(got.Listing))
			require.Equal(t, tt.want == nil, before.Digest == got.Digest)
			requireStanding(t, g.dir)
		})
	}
}

func TestTreeOfSubdirectory(t *testing.T) {
	t.Parallel()
	g := newGitRepo(t)
	g.write("api/main.go", "package main\n")
	g.write("web/index.ts", "1")
	commit := g.commit()
	api := filepath.Join(g.dir, "api")
	before := workTree(t, api, proof.TreeOptions{})
	require.Equal(t, []string{"main.go"}, treePaths(before))
	require.Equal(t, before, commitTree(t, api, commit, proof.TreeOptions{}))

	g.write("web/index.ts", "2")
	second := g.commit()
	g.write("web/more.ts", "3")
	require.Equal(t, before, workTree(t, api, proof.TreeOptions{}))
	dirty, err := proof.Dirty(t.Context(), api, proof.TreeOptions{})
	require.NoError(t, err)
	require.Empty(t, dirty)
	drift, err := proof.Drift(t.Context(), api, commit, proof.TreeOptions{})
	require.NoError(t, err)
	require.Zero(t, drift)
	drift, err = proof.Drift(t.Context(), g.dir, commit, proof.TreeOptions{})
	require.NoError(t, err)
	require.Equal(t, proof.DriftInfo{Commits: 1, Changes: []proof.Change{{Path: "web/index.ts", Kind: proof.ChangeContent}}}, drift)
	require.NotEqual(t, commit, second)
}

func TestTreePaths(t *testing.T) {
	t.Parallel()
	g := newGitRepo(t)
	fill(g)
	g.write("docs2/x", "1")
	for _, tt := range []struct {
		paths, exclude, want []string
	}{
		{[]string{"docs"}, nil, []string{"docs/STATUS.md", "docs/guide.md"}},
		{[]string{"docs/"}, []string{"docs/STATUS.md"}, []string{"docs/guide.md"}},
		{[]string{"./main.go", "docs/guide.md"}, nil, []string{"docs/guide.md", "main.go"}},
		{[]string{"."}, []string{".layercake", "docs/", "docs2", "strange", ".gitignore"}, []string{"link", "main.go", "run.sh"}},
	} {
		require.Equal(t, tt.want, treePaths(workTree(t, g.dir, proof.TreeOptions{Paths: tt.paths, Exclude: tt.exclude})))
	}
	for _, bad := range []string{"../x", "/etc", "", "a/../../x", ".."} {
		_, err := proof.WorkTree(t.Context(), g.dir, proof.TreeOptions{Paths: []string{bad}})
		requireCode(t, proof.CodeBadPath, err)
		_, err = proof.WorkTree(t.Context(), g.dir, proof.TreeOptions{Exclude: []string{bad}})
		requireCode(t, proof.CodeBadPath, err)
	}
	_, err := proof.WorkTree(t.Context(), g.dir, proof.TreeOptions{Paths: []string{"main.g", "main.go/"}})
	requireCode(t, proof.CodeNoFiles, err)
}

func TestTreeWithSubmodule(t *testing.T) {
	t.Parallel()
	lib := newGitRepo(t)
	lib.write("lib.go", "package lib\n")
	lib.commit()
	g := newGitRepo(t)
	g.write("main.go", "package main\n")
	g.git("submodule", "--quiet", "add", lib.dir, "lib")
	commit := g.commit()
	before := commitTree(t, g.dir, commit, proof.TreeOptions{})
	require.Equal(t, []string{".gitmodules", "lib", "main.go"}, treePaths(before))
	require.Equal(t, before, workTree(t, g.dir, proof.TreeOptions{}))

	g.write("lib/lib.go", "package changed\n")
	dirty, err := proof.Dirty(t.Context(), g.dir, proof.TreeOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"lib"}, dirty, "changes inside of a submodule count")
	g.git("config", "submodule.lib.ignore", "all")
	g.gitIn(filepath.Join(g.dir, "lib"), "update-index", "--assume-unchanged", "lib.go")
	requireStanding(t, g.dir)
	g.gitIn(filepath.Join(g.dir, "lib"), "update-index", "--no-assume-unchanged", "lib.go")
	require.NotEqual(t, before.Digest, workTree(t, g.dir, proof.TreeOptions{}).Digest)

	g.gitIn(filepath.Join(g.dir, "lib"), "commit", "--quiet", "--all", "-m", "new")
	require.NotEqual(t, before.Digest, workTree(t, g.dir, proof.TreeOptions{}).Digest)

	clone := newGitRepo(t)
	clone.git("pull", "--quiet", g.dir, "main")
	require.Equal(t, before, workTree(t, clone.dir, proof.TreeOptions{}), "a submodule that is not checked out")
}

func TestTreeInLinkedWorktreeAndSparseCheckout(t *testing.T) {
	t.Parallel()
	g := newGitRepo(t)
	fill(g)
	commit := g.commit()
	before := commitTree(t, g.dir, commit, proof.TreeOptions{})

	linked := filepath.Join(t.TempDir(), "with: colon")
	g.git("worktree", "add", "--quiet", "-b", "topic", linked)
	require.Equal(t, before, workTree(t, linked, proof.TreeOptions{}))
	head, err := proof.Head(t.Context(), linked)
	require.NoError(t, err)
	require.Equal(t, proof.HeadInfo{Commit: commit, Branch: "topic"}, head)

	g.git("sparse-checkout", "set", "docs")
	require.NoDirExists(t, filepath.Join(g.dir, "strange"))
	require.Equal(t, before, workTree(t, g.dir, proof.TreeOptions{}), "files left out on purpose are as committed")
	g.write("strange/tab\there", "changed")
	dirty, err := proof.Dirty(t.Context(), g.dir, proof.TreeOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"strange/tab\there"}, dirty)
	requireStanding(t, g.dir)
	requireStanding(t, linked)
}

func TestHeadDirtyDrift(t *testing.T) {
	t.Parallel()
	g := newGitRepo(t)
	head, err := proof.Head(t.Context(), g.dir)
	require.NoError(t, err)
	require.Equal(t, proof.HeadInfo{Branch: "main"}, head)
	require.Zero(t, workTree(t, g.dir, proof.TreeOptions{}).Files)
	g.write("b", "1")
	g.write("a/x", "1")
	dirty, err := proof.Dirty(t.Context(), g.dir, proof.TreeOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"a/x", "b"}, dirty)
	_, err = proof.Drift(t.Context(), g.dir, "HEAD", proof.TreeOptions{})
	requireCode(t, proof.CodeNoCommit, err)

	first := g.commit()
	head, err = proof.Head(t.Context(), g.dir)
	require.NoError(t, err)
	require.Equal(t, proof.HeadInfo{Commit: first, Branch: "main"}, head)
	dirty, err = proof.Dirty(t.Context(), g.dir, proof.TreeOptions{})
	require.NoError(t, err)
	require.Empty(t, dirty)

	g.git("checkout", "--quiet", "-b", "feature/x")
	g.write("b", "2")
	g.write("docs/STATUS.md", "x")
	g.commit()
	head, err = proof.Head(t.Context(), g.dir)
	require.NoError(t, err)
	require.Equal(t, "feature/x", head.Branch)
	drift, err := proof.Drift(t.Context(), g.dir, first, proof.TreeOptions{Exclude: []string{"docs/STATUS.md"}})
	require.NoError(t, err)
	require.Equal(t, proof.DriftInfo{Commits: 1, Changes: []proof.Change{{Path: "b", Kind: proof.ChangeContent}}}, drift)

	g.git("checkout", "--quiet", "--detach", first)
	head, err = proof.Head(t.Context(), g.dir)
	require.NoError(t, err)
	require.Equal(t, proof.HeadInfo{Commit: first, Detached: true}, head)
	drift, err = proof.Drift(t.Context(), g.dir, "feature/x", proof.TreeOptions{})
	require.NoError(t, err)
	require.True(t, drift.Diverged)

	for _, bad := range []string{"nothing", "--all", "-1", "HEAD:b", ""} {
		_, err = proof.CommitTree(t.Context(), g.dir, bad, proof.TreeOptions{})
		requireCode(t, proof.CodeNoCommit, err)
	}
}

func TestTreeWhereThereIsNone(t *testing.T) {
	t.Parallel()
	_, err := proof.WorkTree(t.Context(), t.TempDir(), proof.TreeOptions{})
	requireCode(t, proof.CodeNotRepo, err)
	require.NotEmpty(t, fault.From(err).Hint)
	_, err = proof.Head(t.Context(), filepath.Join(t.TempDir(), "gone"))
	requireCode(t, proof.CodeBadDir, err)
	bare := newGitRepo(t, "--bare")
	_, err = proof.Dirty(t.Context(), bare.dir, proof.TreeOptions{})
	requireCode(t, proof.CodeBareRepo, err)
	g := newGitRepo(t)
	_, err = proof.Head(t.Context(), filepath.Join(g.dir, ".git"))
	requireCode(t, proof.CodeNotRepo, err)
}

// A hook's variables point to a repository; it must not be mistaken for the
// project's.
func TestTreeIgnoresCallersGit(t *testing.T) {
	g, other := newGitRepo(t), newGitRepo(t)
	fill(g)
	g.commit()
	other.write("other", "1")
	other.commit()
	want := workTree(t, g.dir, proof.TreeOptions{})
	t.Setenv("GIT_DIR", filepath.Join(other.dir, ".git"))
	t.Setenv("GIT_WORK_TREE", other.dir)
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other.dir, ".git", "index"))
	t.Setenv("GIT_OBJECT_DIRECTORY", filepath.Join(other.dir, ".git", "objects"))
	t.Setenv("GIT_PREFIX", "x/")
	t.Setenv("GIT_TRACE", "1")
	require.Equal(t, want, workTree(t, g.dir, proof.TreeOptions{}))
	require.Equal(t, want, commitTree(t, g.dir, "HEAD", proof.TreeOptions{}))
}

func TestDigestTellsListingsApart(t *testing.T) {
	t.Parallel()
	one := proof.Listing{{Path: "a\n100644 2 b", Mode: "100644", Blob: "1"}}
	two := proof.Listing{{Path: "a", Mode: "100644", Blob: "1"}, {Path: "b", Mode: "100644", Blob: "2"}}
	three := proof.Listing{{Path: `"a\n100644 2 b"`, Mode: "100644", Blob: "1"}}
	require.NotEqual(t, one.Digest(), two.Digest())
	require.NotEqual(t, one.Digest(), three.Digest())
	require.Equal(t, hexSHA256([]byte("100644 1 a\n100644 2 b\n")), two.Digest())
	changes := proof.Listing{}.Diff(two)
	require.Equal(t, "added a, and 1 more", proof.DescribeChanges(changes, 1))
	require.Empty(t, proof.DescribeChanges(nil, 3))
}
