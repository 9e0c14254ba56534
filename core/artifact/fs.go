package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/layercake-dev/layercake/core/fault"
)

const (
	dirMode  fs.FileMode = 0o700
	fileMode fs.FileMode = 0o400
	copySize             = 128 << 10
	// DefaultMaxSize is the largest artifact that an [FS] takes by default.
	DefaultMaxSize int64 = 256 << 20
)

// FS stores artifacts as read-only files named sha256/ab/cdef… below a
// directory. Any number of processes may use one directory at once.
type FS struct {
	root    string
	maxSize int64
}

var _ Local = (*FS)(nil)

// FSOptions are the options of [NewFS].
type FSOptions struct {
	// MaxSize is the largest artifact in bytes. Defaults to [DefaultMaxSize].
	MaxSize int64
}

// NewFS returns a store in the directory root, which is created when first
// needed.
func NewFS(root string, opts FSOptions) *FS {
	if opts.MaxSize <= 0 {
		opts.MaxSize = DefaultMaxSize
	}
	return &FS{root: root, maxSize: opts.MaxSize}
}

// Path returns where the artifact's file is, or would be.
func (s *FS) Path(sha string) (string, error) {
	if err := CheckDigest(sha); err != nil {
		return "", err
	}
	return filepath.Join(s.root, "sha256", sha[:2], sha[2:]), nil
}

// Put implements [Store].
func (s *FS) Put(ctx context.Context, r io.Reader) (Ref, error) {
	tmpDir := filepath.Join(s.root, "tmp")
	if err := os.MkdirAll(tmpDir, dirMode); err != nil {
		return Ref{}, s.failed("create", err)
	}
	tmp, err := os.CreateTemp(tmpDir, "put-*")
	if err != nil {
		return Ref{}, s.failed("create a file in", err)
	}
	ref, err := s.fill(ctx, tmp, r)
	if err == nil {
		err = s.keep(ctx, tmp.Name(), ref)
	}
	if err != nil {
		if rmErr := os.Remove(tmp.Name()); rmErr != nil && !errors.Is(rmErr, fs.ErrNotExist) {
			err = errors.Join(err, rmErr)
		}
		return Ref{}, err
	}
	return ref, nil
}

// fill writes r to tmp, durably, and closes it.
func (s *FS) fill(ctx context.Context, tmp *os.File, r io.Reader) (Ref, error) {
	sum := sha256.New()
	in := &contextReader{ctx: ctx, r: io.LimitReader(r, s.maxSize+1)}
	out := &storeWriter{w: tmp, sum: sum}
	n, err := io.CopyBuffer(out, in, make([]byte, copySize))
	switch {
	case out.err != nil:
		err = s.failed("write to", out.err)
	case err != nil:
		err = fmt.Errorf("read the content of an artifact: %w", err)
	case n > s.maxSize:
		err = fault.NotAllowed(CodeTooLarge, "the artifact is larger than %d bytes", s.maxSize).
			WithHint("hand in the part of it that shows something, such as the report")
	default:
		if err = errors.Join(tmp.Chmod(fileMode), tmp.Sync()); err != nil {
			err = s.failed("write to", err)
		}
	}
	if closeErr := tmp.Close(); closeErr != nil && err == nil {
		err = s.failed("write to", closeErr)
	}
	return Ref{SHA256: hex.EncodeToString(sum.Sum(nil)), Size: n}, err
}

// keep gives the file its name. A file that is there already is kept if it is
// whole; one that somebody altered is replaced by the right content.
func (s *FS) keep(ctx context.Context, tmp string, ref Ref) error {
	path, err := s.Path(ref.SHA256)
	if err != nil {
		return err
	}
	if s.Verify(ctx, ref.SHA256) == nil {
		if err := os.Remove(tmp); err != nil {
			return s.failed("remove a temporary file from", err)
		}
		return nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return s.failed("create a directory in", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return s.failed("name a file in", err)
	}
	// The name must survive a crash as the content does, and so must the
	// directory that may just have been made.
	if err := errors.Join(syncDir(dir), syncDir(filepath.Dir(dir))); err != nil {
		return s.failed("write to", err)
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Stat implements [Store].
func (s *FS) Stat(_ context.Context, sha string) (Ref, error) {
	path, err := s.Path(sha)
	if err != nil {
		return Ref{}, err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Ref{}, missing(sha)
	case err != nil:
		return Ref{}, s.failed("read", err)
	case !info.Mode().IsRegular():
		return Ref{}, altered(sha, "it is not a regular file")
	}
	return Ref{SHA256: sha, Size: info.Size()}, nil
}

// Open implements [Store].
func (s *FS) Open(ctx context.Context, sha string) (io.ReadCloser, error) {
	before, err := s.Stat(ctx, sha)
	if err != nil {
		return nil, err
	}
	path, err := s.Path(sha)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(sha)
	}
	if err != nil {
		return nil, s.failed("read", err)
	}
	return &checkedReader{ctx: ctx, file: file, sum: sha256.New(), ref: before}, nil
}

// Verify implements [Store].
func (s *FS) Verify(ctx context.Context, sha string) error {
	r, err := s.Open(ctx, sha)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(io.Discard, onlyReader{r}, make([]byte, copySize))
	if closeErr := r.Close(); err == nil && closeErr != nil {
		err = s.failed("read", closeErr)
	}
	return err
}

// Remove implements [Store].
func (s *FS) Remove(_ context.Context, sha string) error {
	path, err := s.Path(sha)
	if err != nil {
		return err
	}
	err = os.Remove(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return s.failed("remove from", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return s.failed("write to", err)
	}
	return nil
}

// failed reports that the store did not let itself be read or written.
func (s *FS) failed(what string, err error) error {
	return fault.Failed(CodeStore, "cannot %s the artifact store %s", what, s.root).
		WithHint("df -h %s; ls -ld %s", s.root, s.root).Wrap(err)
}

// onlyReader hides other methods, so that copying uses the buffer given.
type onlyReader struct{ io.Reader }

// contextReader stops reading when the context ends.
type contextReader struct {
	ctx context.Context //nolint:containedctx // lives as long as one call
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// storeWriter hashes what it writes, and tells its own errors from the source's.
type storeWriter struct {
	w   io.Writer
	sum hash.Hash
	err error
}

func (s *storeWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.sum.Write(p[:n])
	s.err = err
	return n, err
}

// checkedReader compares the hash at the end of the content.
type checkedReader struct {
	ctx  context.Context //nolint:containedctx // lives as long as the reader
	file *os.File
	sum  hash.Hash
	ref  Ref
	read int64
}

func (c *checkedReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.file.Read(p)
	c.sum.Write(p[:n])
	c.read += int64(n)
	if errors.Is(err, io.EOF) {
		if hex.EncodeToString(c.sum.Sum(nil)) != c.ref.SHA256 {
			return n, altered(c.ref.SHA256, fmt.Sprintf("its %d bytes hash to something else", c.read))
		}
		return n, io.EOF
	}
	if err != nil {
		return n, fmt.Errorf("read artifact %s: %w", c.ref.SHA256, err)
	}
	return n, nil
}

func (c *checkedReader) Close() error { return c.file.Close() }
