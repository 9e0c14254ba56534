package markdown_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
	"github.com/layercake-dev/layercake/markdown"
)

// kept is a database of renderings.
type kept struct {
	mu   sync.Mutex
	rows map[string]bool
	// before runs before a rendering is kept.
	before func(f markdown.File) error
}

func newKept() *kept { return &kept{rows: map[string]bool{}} }

func key(file string, sum []byte) string { return fmt.Sprintf("%s %x", file, sum) }

func (k *kept) known(_ context.Context, f markdown.File) (bool, error) {
	sum := sha256.Sum256(f.Content)
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rows[key(f.Name, sum[:])], nil
}

func (k *kept) keep(_ context.Context, f markdown.File) error {
	if k.before != nil {
		if err := k.before(f); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(f.Content)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rows[key(f.Name, sum[:])] = true
	return nil
}

// bench is a project's folder with a snapshot to write.
type bench struct {
	root string
	kept *kept
	snap *core.Snapshot
}

func setup(t *testing.T) *bench {
	t.Helper()
	return &bench{root: t.TempDir(), kept: newKept(), snap: sample(t)}
}

func (b *bench) path(name string) string { return filepath.Join(b.root, "docs", name) }

func (b *bench) params(t *testing.T) markdown.WriteParams {
	t.Helper()
	files, err := markdown.Render(b.snap)
	require.NoError(t, err)
	return markdown.WriteParams{Root: b.root, Files: files, Known: b.kept.known, Keep: b.kept.keep}
}

func (b *bench) write(t *testing.T) markdown.Result {
	t.Helper()
	result, err := markdown.Write(t.Context(), b.params(t))
	require.NoError(t, err)
	return result
}

// change makes TASKS.md and STATUS.md say something else.
func (b *bench) change() {
	b.snap.Head.Version++
	b.snap.Tasks[len(b.snap.Tasks)-1].Title += "!"
}

func names(reports []markdown.FileReport) []string {
	list := []string{}
	for _, r := range reports {
		list = append(list, r.Name)
	}
	return list
}

// tree returns every file below a folder with its content.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			files[rel], err = os.Readlink(path)
			return err
		}
		content, err := os.ReadFile(path)
		files[rel] = string(content)
		return err
	}))
	return files
}

func TestWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := []string{
		"STATUS.md", "GATES.md", "TASKS.md", "DECISIONS.md", "MEMORY.md",
		"FEEDBACK_LOG.md", "COST_LOG.md", "PROJECT_CONTEXT.md", "CHANGE_REQUESTS.md",
	}
	result := b.write(t)
	require.Equal(t, all, names(result.Written))
	require.Equal(t, "docs/STATUS.md", result.Written[0].Path)
	want := render(t, b.snap)
	for _, name := range all {
		content, err := os.ReadFile(b.path(name))
		require.NoError(t, err)
		require.Equal(t, want[name], string(content))
		info, err := os.Stat(b.path(name))
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o133, "nobody but the owner writes, nobody runs it")
	}

	result = b.write(t)
	require.Equal(t, all, names(result.Unchanged))
	require.Empty(t, result.Written)

	// A change that two files show leaves the others as they are, stamps included.
	require.NoError(t, os.Chmod(b.path("TASKS.md"), 0o600))
	b.change()
	result = b.write(t)
	require.Equal(t, []string{"STATUS.md", "TASKS.md"}, names(result.Written))
	memory, err := os.ReadFile(b.path("MEMORY.md"))
	require.NoError(t, err)
	require.Equal(t, want["MEMORY.md"], string(memory))
	info, err := os.Stat(b.path("TASKS.md"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())

	// An old checkout, and one by a git that changes line ends.
	require.NoError(t, os.WriteFile(b.path("TASKS.md"), []byte(want["TASKS.md"]), 0o644))
	require.NoError(t, os.WriteFile(b.path("STATUS.md"), bytes.ReplaceAll([]byte(want["STATUS.md"]), []byte("\n"), []byte("\r\n")), 0o644))
	require.NoError(t, os.Remove(b.path("GATES.md")))
	require.Equal(t, []string{"STATUS.md", "GATES.md", "TASKS.md"}, names(b.write(t).Written))
	require.Empty(t, b.write(t).Written)
}

func TestWriteRefusesWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t)
	other := setup(t)
	other.snap.Project.ID = uuid.New()
	edited := strings.Replace(render(t, b.snap)["TASKS.md"], "- [ ] **t-ek3f9m2p**", "- [x] **t-ek3f9m2p**", 1)
	elsewhere := render(t, func() *core.Snapshot { s := sample(t); s.Decisions[0].Title = "Made elsewhere"; return s }())
	disk := map[string]string{
		"TASKS.md":     edited,
		"MEMORY.md":    render(t, other.snap)["MEMORY.md"],
		"GATES.md":     "# Our gates\n",
		"DECISIONS.md": elsewhere["DECISIONS.md"],
		"COST_LOG.md":  " \n",
		"STATUS.md":    strings.SplitN(render(t, b.snap)["STATUS.md"], "<!-- layercake", 2)[0],
	}
	for name, content := range disk {
		require.NoError(t, os.WriteFile(b.path(name), []byte(content), 0o644))
	}
	result := b.write(t)
	require.Equal(t, []string{"STATUS.md", "COST_LOG.md"}, names(result.Written), "nothing was lost with these")
	reasons := map[string]markdown.Reason{}
	for _, r := range result.Refused {
		reasons[r.Name] = r.Reason
		require.Contains(t, r.Message, "docs/"+r.Name)
		require.Contains(t, r.Hint, "layercake sync")
		content, err := os.ReadFile(b.path(r.Name))
		require.NoError(t, err)
		require.Equal(t, disk[r.Name], string(content))
	}
	require.Equal(t, map[string]markdown.Reason{
		"TASKS.md": markdown.ReasonEdited, "MEMORY.md": markdown.ReasonForeign,
		"GATES.md": markdown.ReasonForeign, "DECISIONS.md": markdown.ReasonForeign,
	}, reasons)

	p := b.params(t)
	p.Overwrite = true
	result, err := markdown.Write(t.Context(), p)
	require.NoError(t, err)
	require.Empty(t, result.Refused)
	require.Equal(t, []string{"GATES.md", "TASKS.md", "DECISIONS.md", "MEMORY.md"}, names(result.Written))
	for _, r := range result.Written {
		aside, err := os.ReadFile(filepath.Join(b.root, filepath.FromSlash(r.Aside)))
		require.NoError(t, err)
		require.Equal(t, disk[r.Name], string(aside), "what was replaced is still there")
	}
	require.Empty(t, b.write(t).Written)
}

// After a restored backup the database does not know what it wrote.
func TestWriteLearnsWhatIsAsItShouldBe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t)
	b.kept = newKept()
	require.Empty(t, b.write(t).Written)
	b.change()
	require.Equal(t, []string{"STATUS.md", "TASKS.md"}, names(b.write(t).Written))
}

func TestWriteStaysInside(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "TASKS.md"), []byte("theirs"), 0o644))
	for _, c := range []struct {
		name, docs, code string
		prepare          func(t *testing.T, root string)
	}{
		{"docs leads out", "docs", "docs_dir_unusable", func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.Symlink(outside, filepath.Join(root, "docs")))
		}},
		{"parent of docs leads out", "a/docs", "docs_dir_unusable", func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.Symlink(outside, filepath.Join(root, "a")))
		}},
		{"relative link leads out", "docs", "docs_dir_unusable", func(t *testing.T, root string) {
			t.Helper()
			rel, err := filepath.Rel(root, outside)
			require.NoError(t, err)
			require.NoError(t, os.Symlink(rel, filepath.Join(root, "docs")))
		}},
		{"file leads out", "docs", "file_not_regular", func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.Mkdir(filepath.Join(root, "docs"), 0o755))
			require.NoError(t, os.Symlink(filepath.Join(outside, "TASKS.md"), filepath.Join(root, "docs", "TASKS.md")))
		}},
		{"temporary file leads out", "docs", "", func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.Mkdir(filepath.Join(root, "docs"), 0o755))
			require.NoError(t, os.Symlink(filepath.Join(outside, "TASKS.md"), filepath.Join(root, "docs", ".TASKS.md.layercake-tmp")))
		}},
		{"dots", "../docs", "docs_dir_outside", nil},
		{"hidden dots", "a/../../docs", "docs_dir_outside", nil},
		{"absolute", outside, "docs_dir_outside", nil},
		{"a file in the way of docs", "docs", "docs_dir_unusable", func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(root, "docs"), nil, 0o644))
		}},
		{"a folder in the way of a file", "docs", "file_not_regular", func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.MkdirAll(filepath.Join(root, "docs", "MEMORY.md"), 0o755))
		}},
		{"the state folder leads out", "docs", "write_failed", func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.Symlink(outside, filepath.Join(root, ".layercake")))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			if c.prepare != nil {
				c.prepare(t, b.root)
			}
			before := tree(t, b.root)
			p := b.params(t)
			p.DocsDir = c.docs
			result, err := markdown.Write(t.Context(), p)
			require.Equal(t, c.code == "", err == nil, "%v", err)
			if err != nil {
				require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
				require.NotEmpty(t, fault.From(err).Hint)
				require.Empty(t, result.Written)
				after := tree(t, b.root)
				delete(after, ".layercake/sync.lock")
				require.Equal(t, before, after, "nothing was left behind")
			}
			require.Equal(t, map[string]string{"TASKS.md": "theirs"}, tree(t, outside))
		})
	}
}

func TestWriteInsideLinksAndNestedFolders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, os.MkdirAll(filepath.Join(b.root, "site", "content"), 0o755))
	require.NoError(t, os.Symlink("site/content", filepath.Join(b.root, "docs")))
	b.write(t)
	require.FileExists(t, filepath.Join(b.root, "site", "content", "TASKS.md"))
	p := b.params(t)
	p.DocsDir = "a/b/c"
	result, err := markdown.Write(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, "a/b/c/STATUS.md", result.Written[0].Path)
}

func TestWriteChecksItsParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"a/b.md", "../b.md", "", ".", ".."} {
		p := b.params(t)
		p.Files = append(p.Files, markdown.File{Name: name})
		_, err := markdown.Write(t.Context(), p)
		require.Equal(t, "invalid_file_name", fault.CodeOf(err), name)
	}
	p := b.params(t)
	p.Root = "relative"
	_, err := markdown.Write(t.Context(), p)
	require.Equal(t, "invalid_root", fault.CodeOf(err))
	p.Root = filepath.Join(b.root, "missing")
	_, err = markdown.Write(t.Context(), p)
	require.Equal(t, fault.KindFailed, fault.KindOf(err))
	require.NoDirExists(t, p.Root)
}

var errKeep = errors.New("the database is gone")

func TestWriteIsAllOrNone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t)
	before := tree(t, b.root)
	b.change()
	n := 0
	b.kept.before = func(markdown.File) error {
		n++
		if n == 2 {
			return errKeep
		}
		return nil
	}
	_, err := markdown.Write(t.Context(), b.params(t))
	require.ErrorIs(t, err, errKeep)
	require.Equal(t, before, tree(t, b.root))
	b.kept.before = nil
	require.Equal(t, []string{"STATUS.md", "TASKS.md"}, names(b.write(t).Written))

	p := b.params(t)
	p.Known = func(context.Context, markdown.File) (bool, error) { return false, errKeep }
	_, err = markdown.Write(t.Context(), p)
	require.ErrorIs(t, err, errKeep)
}

// Somebody saves a file between the look at it and the rename.
func TestWriteSeesAnEditInBetween(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(b *bench) error{
		"saved":   func(b *bench) error { return os.WriteFile(b.path("TASKS.md"), []byte("mine"), 0o644) },
		"deleted": func(b *bench) error { return os.Remove(b.path("TASKS.md")) },
		"a new one": func(b *bench) error {
			return os.WriteFile(b.path("STATUS.md"), []byte("mine"), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.write(t)
			require.NoError(t, os.Remove(b.path("STATUS.md")))
			b.change()
			var once sync.Once
			b.kept.before = func(markdown.File) (err error) { once.Do(func() { err = edit(b) }); return err }
			var after map[string]string
			_, err := markdown.Write(t.Context(), b.params(t))
			require.Equal(t, "file_changed", fault.CodeOf(err))
			after = tree(t, b.root)
			for path := range after {
				require.NotContains(t, path, "layercake-tmp")
			}
			require.NotContains(t, after["docs/TASKS.md"], "Watch the till!")
		})
	}
}

// helperEnv makes the test binary write files and kill itself on the way.
const helperEnv = "LAYERCAKE_MARKDOWN_HELPER"

func TestMain(m *testing.M) {
	if root := os.Getenv(helperEnv); root != "" {
		os.Exit(killedWriter(root))
	}
	os.Exit(clustertest.Main(m))
}

// killedWriter dies after the temporary files are written and before they are
// in place.
func killedWriter(root string) int {
	files := []markdown.File{{Name: "TASKS.md", Content: []byte("new")}, {Name: "STATUS.md", Content: []byte("new")}}
	_, err := markdown.Write(context.Background(), markdown.WriteParams{
		Root: root, Files: files,
		Known: func(context.Context, markdown.File) (bool, error) { return true, nil },
		Keep: func(context.Context, markdown.File) error {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		},
	})
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func TestWriteAfterAKill(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t)
	want := tree(t, b.root)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+b.root)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "%s", out)
	require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), "%s", out)
	after := tree(t, b.root)
	require.Equal(t, "new", after["docs/.TASKS.md.layercake-tmp"], "killed in between")
	delete(after, "docs/.TASKS.md.layercake-tmp")
	delete(after, "docs/.STATUS.md.layercake-tmp")
	require.Equal(t, want, after)
	require.Empty(t, b.write(t).Written)
	require.Equal(t, want, tree(t, b.root), "swept")
}

func TestWriteWaitsForTheLock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t)
	held, release := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	b.change()
	var once sync.Once
	p := b.params(t)
	p.Keep = func(context.Context, markdown.File) error {
		once.Do(func() { close(held); <-release })
		return nil
	}
	go func() {
		_, err := markdown.Write(context.Background(), p)
		done <- err
	}()
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := markdown.Write(ctx, b.params(t))
	require.Equal(t, "sync_locked", fault.CodeOf(err))
	require.Equal(t, fault.KindTimeout, fault.KindOf(err))
	close(release)
	require.NoError(t, <-done)
}

// Many at once, each with a state of its own: the files are of one state each.
func TestWriteManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var writers sync.WaitGroup
	const many = 16
	errs := make([]error, many)
	for i := range many {
		snap := sample(t)
		snap.Head.Version = int64(i)
		snap.Project.Name = fmt.Sprintf("State %d", i)
		snap.Tasks[0].Title = snap.Project.Name
		p := (&bench{root: b.root, kept: b.kept, snap: snap}).params(t)
		writers.Go(func() { _, errs[i] = markdown.Write(context.Background(), p) })
	}
	writers.Wait()
	require.NoError(t, errors.Join(errs...))
	files := tree(t, filepath.Join(b.root, "docs"))
	stamp, ok := markdown.ParseStamp([]byte(files["STATUS.md"]))
	require.True(t, ok)
	require.Contains(t, files["TASKS.md"], fmt.Sprintf("State %d\n", stamp.Version))
	for name, content := range files {
		require.False(t, markdown.Edited([]byte(content)), name)
	}
}
