package markdown_test

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/markdown"
)

// asNobody runs f without root's power over files, if the test has it.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	done := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and its rights with it.
		runtime.LockOSThread()
		_, err := unix.SetfsuidRetUid(nobody)
		if err == nil {
			f()
		}
		done <- err
	}()
	require.NoError(t, <-done)
}

// openTemp is a folder that another user may go through.
func openTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "layercake-markdown-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

func TestWriteWithoutRights(t *testing.T) {
	t.Parallel()
	for name, forbid := range map[string]func(t *testing.T, root string){
		"root": func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.RemoveAll(filepath.Join(root, ".layercake")))
			require.NoError(t, os.Chmod(root, 0o555))
		},
		"docs": func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.Chmod(filepath.Join(root, ".layercake"), 0o777))
			require.NoError(t, os.Chmod(filepath.Join(root, ".layercake", "sync.lock"), 0o666))
			require.NoError(t, os.Chmod(filepath.Join(root, "docs"), 0o555))
		},
		"a file": func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.Chmod(filepath.Join(root, ".layercake", "sync.lock"), 0o666))
			require.NoError(t, os.Chmod(filepath.Join(root, "docs"), 0o777))
			require.NoError(t, os.Chmod(filepath.Join(root, "docs", "TASKS.md"), 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.root = openTemp(t)
			b.write(t)
			b.change()
			forbid(t, b.root)
			t.Cleanup(func() {
				require.NoError(t, os.Chmod(b.root, 0o755))
				require.NoError(t, os.Chmod(b.path(""), 0o755))
				require.NoError(t, os.Chmod(b.path("TASKS.md"), 0o644))
			})
			p := b.params(t)
			var err error
			asNobody(t, func() { _, err = markdown.Write(context.Background(), p) })
			require.Equal(t, "not_writable", fault.CodeOf(err), "%v", err)
			require.NoError(t, os.Chmod(b.root, 0o755))
			require.NoError(t, os.Chmod(b.path(""), 0o755))
			require.NoError(t, os.Chmod(b.path("TASKS.md"), 0o644))
			files := tree(t, b.path(""))
			require.NotContains(t, files["TASKS.md"], "Watch the till!")
			require.Len(t, files, 9, "no temporary files")
		})
	}
}

// limitEnv makes TestWriteOnAFullDisk run in a process that cannot write large
// files.
const limitEnv = "LAYERCAKE_MARKDOWN_LIMITED"

func TestWriteOnAFullDisk(t *testing.T) {
	if root := os.Getenv(limitEnv); root != "" {
		limitedWriter(t, root)
		return
	}
	t.Parallel()
	b := setup(t)
	b.write(t)
	before := tree(t, b.root)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteOnAFullDisk$")
	cmd.Env = append(os.Environ(), limitEnv+"="+b.root)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, before, tree(t, b.root))
}

func limitedWriter(t *testing.T, root string) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	b := &bench{root: root, kept: newKept(), snap: sample(t)}
	b.change()
	p := b.params(t)
	p.Known = func(context.Context, markdown.File) (bool, error) { return true, nil }
	var was unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_FSIZE, &was))
	const limit = 4096
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: was.Max}))
	_, err := markdown.Write(t.Context(), p)
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &was)) // coverage is written to a file as well
	require.Equal(t, "disk_full", fault.CodeOf(err), "%v", err)
	require.Contains(t, fault.From(err).Hint, "df -h")
}
