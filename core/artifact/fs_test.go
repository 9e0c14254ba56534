package artifact_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/fault"
)

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// files lists every file below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	}))
	return found
}

func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, fault.CodeOf(err), err)
}

// overwrite alters a stored file as somebody with the account could.
func overwrite(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func TestPutAndOpen(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "hello", strings.Repeat("x", 1<<20)} {
		root := filepath.Join(t.TempDir(), "store")
		store := artifact.NewFS(root, artifact.FSOptions{})
		ref, err := store.Put(t.Context(), strings.NewReader(content))
		require.NoError(t, err)
		require.Equal(t, artifact.Ref{SHA256: digest(content), Size: int64(len(content))}, ref)

		again, err := store.Put(t.Context(), iotest.OneByteReader(strings.NewReader(content[:min(len(content), 1000)]+content[min(len(content), 1000):])))
		require.NoError(t, err)
		require.Equal(t, ref, again)
		require.Len(t, files(t, root), 1)

		path, err := store.Path(ref.SHA256)
		require.NoError(t, err)
		require.Equal(t, []string{path}, files(t, root))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o400), info.Mode().Perm())
		dir, err := os.Stat(filepath.Dir(path))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o700), dir.Mode().Perm())

		stat, err := store.Stat(t.Context(), ref.SHA256)
		require.NoError(t, err)
		require.Equal(t, ref, stat)
		require.NoError(t, store.Verify(t.Context(), ref.SHA256))
		r, err := store.Open(t.Context(), ref.SHA256)
		require.NoError(t, err)
		require.NoError(t, iotest.TestReader(r, []byte(content)))
		require.NoError(t, r.Close())
	}
}

func TestAlteredAndMissing(t *testing.T) {
	t.Parallel()
	const content = "evidence"
	store := artifact.NewFS(t.TempDir(), artifact.FSOptions{})
	requireCode(t, artifact.CodeMissing, store.Verify(t.Context(), digest(content)))
	_, err := store.Open(t.Context(), digest(content))
	requireCode(t, artifact.CodeMissing, err)
	_, err = store.Stat(t.Context(), digest(content))
	requireCode(t, artifact.CodeMissing, err)

	ref, err := store.Put(t.Context(), strings.NewReader(content))
	require.NoError(t, err)
	path, err := store.Path(ref.SHA256)
	require.NoError(t, err)

	for _, bad := range []string{"Evidence", "", "evidence and more"} {
		overwrite(t, path, bad)
		requireCode(t, artifact.CodeAltered, store.Verify(t.Context(), ref.SHA256))
		r, err := store.Open(t.Context(), ref.SHA256)
		require.NoError(t, err)
		_, err = io.ReadAll(r)
		requireCode(t, artifact.CodeAltered, err)
		require.NoError(t, r.Close())
	}

	// Storing the right content again heals the store.
	_, err = store.Put(t.Context(), strings.NewReader(content))
	require.NoError(t, err)
	require.NoError(t, store.Verify(t.Context(), ref.SHA256))

	// A link to the right content elsewhere is not the artifact.
	elsewhere := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(elsewhere, []byte(content), 0o600))
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink(elsewhere, path))
	requireCode(t, artifact.CodeAltered, store.Verify(t.Context(), ref.SHA256))
}

func TestBadDigest(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	store := artifact.NewFS(filepath.Join(root, "store"), artifact.FSOptions{})
	require.NoError(t, os.WriteFile(filepath.Join(root, "secret"), []byte("x"), 0o600))
	for _, sha := range []string{
		"", "../../secret", "..", strings.Repeat("a", 63), strings.Repeat("a", 65), strings.ToUpper(digest("x")),
		strings.Repeat("g", 64), strings.Repeat("/", 64), "../" + strings.Repeat("a", 61), strings.Repeat("a", 63) + "\n", strings.Repeat("é", 32),
	} {
		_, err := store.Open(t.Context(), sha)
		requireCode(t, artifact.CodeBadDigest, err)
		_, err = store.Stat(t.Context(), sha)
		requireCode(t, artifact.CodeBadDigest, err)
		_, err = store.Path(sha)
		requireCode(t, artifact.CodeBadDigest, err)
		requireCode(t, artifact.CodeBadDigest, store.Verify(t.Context(), sha))
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	store := artifact.NewFS(root, artifact.FSOptions{MaxSize: 10})

	_, err := store.Put(t.Context(), strings.NewReader("eleven byte"))
	requireCode(t, artifact.CodeTooLarge, err)
	_, err = store.Put(t.Context(), strings.NewReader("ten bytes!"))
	require.NoError(t, err)
	require.Len(t, files(t, root), 1)

	broken := errors.New("broken pipe")
	_, err = store.Put(t.Context(), io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = store.Put(ctx, strings.NewReader("abc"))
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, files(t, root), 1)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = artifact.NewFS(file, artifact.FSOptions{}).Put(t.Context(), strings.NewReader("abc"))
	requireCode(t, artifact.CodeStore, err)
}

// limitedEnv makes this test binary store a large artifact under a limit on
// file sizes, which fails a write halfway exactly as a full disk does.
const limitedEnv = "ARTIFACT_TEST_LIMITED_ROOT"

func TestFullDisk(t *testing.T) {
	t.Parallel()
	if root := os.Getenv(limitedEnv); root != "" {
		signal.Ignore(syscall.SIGXFSZ)
		store := artifact.NewFS(root, artifact.FSOptions{})
		_, err := store.Put(t.Context(), bytes.NewReader(make([]byte, 1<<20)))
		requireCode(t, artifact.CodeStore, err)
		require.ErrorIs(t, err, syscall.EFBIG)
		return
	}
	root := t.TempDir()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 64 && exec "$0" -test.run '^TestFullDisk$'`, exe)
	cmd.Env = append(os.Environ(), limitedEnv+"="+root)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "PASS")
	require.Empty(t, files(t, root))
}

func TestConcurrentPut(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			store := artifact.NewFS(root, artifact.FSOptions{})
			content := strings.Repeat(fmt.Sprint(i%4), 10_000)
			ref, err := store.Put(t.Context(), strings.NewReader(content))
			if err == nil {
				err = store.Verify(t.Context(), ref.SHA256)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, files(t, root), 4)
}
