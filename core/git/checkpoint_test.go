package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

func (g *testRepo) repo() *git.Repo { return git.AtWith(g.dir, environ(g.t)) }

func (g *testRepo) checkpoint(text string) *git.Checkpoint {
	g.t.Helper()
	c, err := g.repo().Checkpoint(g.t.Context(), text)
	require.NoError(g.t, err)
	return c
}

func (g *testRepo) restore(p git.RestoreParams) *git.Restored {
	g.t.Helper()
	out, err := g.repo().Restore(g.t.Context(), p)
	require.NoError(g.t, err)
	return out
}

// files are the contents and modes of all files, ignored ones included.
func (g *testRepo) files() map[string]string {
	g.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(g.dir, func(path string, e os.DirEntry, err error) error {
		require.NoError(g.t, err)
		if e.Name() == ".git" && e.IsDir() {
			return filepath.SkipDir
		}
		rel, err := filepath.Rel(g.dir, path)
		require.NoError(g.t, err)
		info, err := e.Info()
		require.NoError(g.t, err)
		switch {
		case e.IsDir():
		case info.Mode()&os.ModeSymlink != 0:
			target, err := os.Readlink(path)
			require.NoError(g.t, err)
			files[rel] = "-> " + target
		default:
			content, err := os.ReadFile(path)
			require.NoError(g.t, err)
			files[rel] = info.Mode().String() + " " + string(content)
		}
		return nil
	})
	require.NoError(g.t, err)
	return files
}

// unrelated describes what neither a checkpoint nor a restore may change.
func (g *testRepo) unrelated() string {
	g.t.Helper()
	index, _ := g.try("ls-files", "-s", "-v")
	return index + "\n" + g.git("symbolic-ref", "HEAD") + "\n" + g.git("for-each-ref", "refs/heads", "refs/tags", "refs/stash") + "\n" + g.git("reflog")
}

// messy does to a repository what people do.
func messy(g *testRepo) {
	g.write("a", "a2\n")
	g.git("add", "a")
	g.write("a", "a3\n")
	g.write("b", "b2\n")
	g.write("new", "new\n")
	g.write("meant", "m\n")
	g.git("add", "--intent-to-add", "meant")
	g.git("mv", "dir/c", "moved")
	require.NoError(g.t, os.Chmod(filepath.Join(g.dir, "run.sh"), 0o755))
	require.NoError(g.t, os.Symlink("a", filepath.Join(g.dir, "link")))
	g.write("ignored", "secret\n")
}

func TestCheckpointAndRestore(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.commit(".gitignore", "ignored\n")
	messy(g)
	before, files := g.unrelated(), g.files()
	c := g.checkpoint("half way")
	require.Equal(t, 1, c.ID)
	require.Equal(t, "half way", c.Text)
	require.Equal(t, "main", c.Branch)
	require.Equal(t, g.git("rev-parse", "HEAD"), c.Base)
	require.Equal(t, before, g.unrelated())
	require.Equal(t, files, g.files())
	require.NotContains(t, g.git("ls-tree", "-r", "--name-only", c.Commit), "ignored")
	require.Equal(t, "a2", g.git("show", c.Commit+"^2:a"), "the index is kept, too")

	g.git("commit", "--quiet", "-m", "on with it")
	g.write("a", "a4\n")
	g.write("later", "l\n")
	g.write("deep/er/later", "l\n")
	require.NoError(t, os.Remove(filepath.Join(g.dir, "link")))
	require.NoError(t, os.Remove(filepath.Join(g.dir, "b")))
	require.NoError(t, os.Chmod(filepath.Join(g.dir, "run.sh"), 0o644))
	before, changed := g.unrelated(), g.files()
	want := []git.FileEffect{
		{Path: "a", Effect: git.EffectChanged}, {Path: "b", Effect: git.EffectBack}, {Path: "deep/er/later", Effect: git.EffectExtra},
		{Path: "later", Effect: git.EffectExtra}, {Path: "link", Effect: git.EffectBack}, {Path: "run.sh", Effect: git.EffectChanged},
	}
	dry := g.restore(git.RestoreParams{ID: 1, DryRun: true})
	require.Equal(t, want, dry.Files)
	require.Equal(t, changed, g.files())
	require.Nil(t, dry.Before)

	out := g.restore(git.RestoreParams{ID: 1})
	require.Equal(t, want, out.Files)
	require.Equal(t, before, g.unrelated())
	with := g.files()
	require.Contains(t, with, "later", "what was made since stays, unless it is to go")
	out = g.restore(git.RestoreParams{ID: 1, Remove: true})
	require.Equal(t, []git.FileEffect{{Path: "deep/er/later", Effect: git.EffectExtra}, {Path: "later", Effect: git.EffectExtra}}, out.Files)
	require.Equal(t, files, g.files())
	require.NoDirExists(t, filepath.Join(g.dir, "deep"))
	require.Equal(t, before, g.unrelated())

	// What was there before is a checkpoint as well.
	g.restore(git.RestoreParams{ID: 2})
	require.Equal(t, changed["a"], g.files()["a"])
	g.restore(git.RestoreParams{ID: 3, Remove: true})
	require.Equal(t, with, g.files())
	g.git("fsck", "--strict")
}

func TestCheckpointIsAStashForGit(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.write("a", "a2\n")
	g.git("add", "a")
	g.write("b", "b2\n")
	c := g.checkpoint("")
	g.git("reset", "--quiet", "--hard")
	g.git("stash", "apply", "--index", c.Commit)
	require.Equal(t, "M  a\n M b", g.git("status", "--porcelain"))
}

func TestCheckpointNumbers(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.checkpoint("one")
	g.checkpoint("two")
	_, err := g.repo().DropCheckpoint(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, 3, g.checkpoint("three").ID, "no number is given twice")
	list, err := g.repo().Checkpoints(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "three", list[0].Text)
	require.Equal(t, "one", list[1].Text)
	_, err = g.repo().FindCheckpoint(t.Context(), 2)
	require.Equal(t, git.CodeNoCheckpoint, fault.CodeOf(err))
	_, err = g.repo().Restore(t.Context(), git.RestoreParams{ID: 2})
	require.Equal(t, git.CodeNoCheckpoint, fault.CodeOf(err))
	require.Empty(t, g.git("ls-remote", g.dir, "refs/heads/layercake*"))
}

func TestCheckpointEverywhere(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(g *testRepo){
		"no commit yet": func(g *testRepo) { g.git("checkout", "--quiet", "--orphan", "fresh") },
		"detached":      func(g *testRepo) { g.git("checkout", "--quiet", "--detach") },
		"nobody":        func(g *testRepo) { g.git("config", "--unset", "user.email"); g.git("config", "--unset", "user.name") },
		"merge": func(g *testRepo) {
			g.git("checkout", "--quiet", "-b", "side")
			g.commit("a", "side\n")
			g.git("checkout", "--quiet", "main")
			g.commit("a", "main\n")
			_, err := g.try("merge", "side")
			require.Error(g.t, err)
		},
		"split index":       func(g *testRepo) { g.git("update-index", "--split-index") },
		"assumed unchanged": func(g *testRepo) { g.git("update-index", "--assume-unchanged", "a") },
		"signed commits": func(g *testRepo) {
			g.git("config", "commit.gpgSign", "true")
			g.git("config", "user.signingKey", "nobody")
		},
		"line ends": func(g *testRepo) { g.git("config", "core.autocrlf", "true") },
		"hooks": func(g *testRepo) {
			g.write(".git/hooks/reference-transaction", "#!/bin/sh\nexit 1\n")
			require.NoError(g.t, os.Chmod(filepath.Join(g.dir, ".git/hooks/reference-transaction"), 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withDocs(t)
			prepare(g)
			g.write("a", "mine\r\n")
			index, _ := g.try("ls-files", "-s", "-v")
			status, _ := g.try("status", "--porcelain")
			c := g.checkpoint("now")
			after, _ := g.try("ls-files", "-s", "-v")
			require.Equal(t, index, after)
			now, _ := g.try("status", "--porcelain")
			require.Equal(t, status, now)
			require.Equal(t, strings.TrimSpace("mine"), g.git("show", c.Commit+":a"))
		})
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	g := conflicting(t)
	g.checkpoint("")
	_, err := g.try("merge", "side")
	require.Error(t, err)
	files := g.files()
	_, err = g.repo().Restore(t.Context(), git.RestoreParams{ID: 1})
	require.Equal(t, git.CodeRestore, fault.CodeOf(err))
	require.Equal(t, files, g.files())
}

// A file that stands where a folder was, and the other way round, goes only when
// files may be removed; what git does not know is never removed.
func TestRestoreObstacles(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.commit("x/y", "y\n", "z", "z\n", ".gitignore", "*.log\n")
	g.checkpoint("")
	require.NoError(t, os.RemoveAll(filepath.Join(g.dir, "x")))
	g.write("x", "a file now\n")
	require.NoError(t, os.Remove(filepath.Join(g.dir, "z")))
	g.write("z/inner", "a folder now\n")
	files := g.files()
	_, err := g.repo().Restore(t.Context(), git.RestoreParams{ID: 1})
	require.Equal(t, git.CodeRestore, fault.CodeOf(err))
	require.Equal(t, files, g.files())

	g.write("z/kept.log", "ignored\n")
	_, err = g.repo().Restore(t.Context(), git.RestoreParams{ID: 1, Remove: true})
	require.ErrorContains(t, err, "z/kept.log is in its place")
	require.FileExists(t, filepath.Join(g.dir, "z/kept.log"))
	require.NoError(t, os.Remove(filepath.Join(g.dir, "z/kept.log")))
	g.restore(git.RestoreParams{ID: 1, Remove: true})
	require.Contains(t, g.files()["x/y"], "y\n")
	require.Contains(t, g.files()["z"], "z\n")

	// A link to somewhere else is not written through.
	outside := t.TempDir()
	require.NoError(t, os.RemoveAll(filepath.Join(g.dir, "x")))
	require.NoError(t, os.Symlink(outside, filepath.Join(g.dir, "x")))
	_, err = g.repo().Restore(t.Context(), git.RestoreParams{ID: 1})
	require.Equal(t, git.CodeRestore, fault.CodeOf(err))
	g.restore(git.RestoreParams{ID: 1, Remove: true})
	require.NoFileExists(t, filepath.Join(outside, "y"))
	require.FileExists(t, filepath.Join(g.dir, "x/y"))
}

// A file that git ignores by now is not lost when another takes its place.
func TestRestoreKeepsIgnoredFiles(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.write("conf", "old\n")
	g.checkpoint("")
	g.write(".gitignore", "conf\n")
	g.write("conf", "precious\n")
	out := g.restore(git.RestoreParams{ID: 1})
	require.Equal(t, []git.FileEffect{{Path: ".gitignore", Effect: git.EffectExtra}, {Path: "conf", Effect: git.EffectChanged}}, out.Files)
	require.Contains(t, g.files()["conf"], "old\n")
	g.restore(git.RestoreParams{ID: out.Before.ID})
	require.Contains(t, g.files()["conf"], "precious\n")
}

func TestRestoreBelowTheTop(t *testing.T) {
	t.Parallel()
	g := newRepo(t)
	g.commit("app/a", "1\n", "lib/b", "1\n")
	app := g.in(filepath.Join(g.dir, "app"))
	app.checkpoint("")
	g.write("app/a", "2\n")
	g.write("lib/b", "2\n")
	out := app.restore(git.RestoreParams{ID: 1})
	require.Equal(t, []git.FileEffect{{Path: "a", Effect: git.EffectChanged}}, out.Files)
	require.Contains(t, g.files()["lib/b"], "2\n", "another project is left alone")
	require.Contains(t, g.files()["app/a"], "1\n")
}

func TestRestoreFilters(t *testing.T) {
	t.Parallel()
	g := withDocs(t)
	g.git("config", "filter.shout.clean", "tr a-z A-Z")
	g.git("config", "filter.shout.smudge", "tr A-Z a-z")
	g.commit(".gitattributes", "*.txt filter=shout\n*.dos eol=crlf\n", "f.txt", "text\n", "g.dos", "text\r\n")
	g.checkpoint("")
	g.write("f.txt", "other\n")
	g.write("g.dos", "other\r\n")
	g.restore(git.RestoreParams{ID: 1})
	require.Contains(t, g.files()["f.txt"], "text\n")
	require.Contains(t, g.files()["g.dos"], "text\r\n")
	require.Empty(t, g.git("status", "--porcelain"))
}
