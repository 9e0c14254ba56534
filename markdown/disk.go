package markdown

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// lockFile is held while the files are brought up to date.
const lockFile = core.StateDir + "/sync.lock"

// session is one process at work on a project's files. Everything goes through
// the root, which no name and no symbolic link leads out of.
type session struct {
	root *os.Root
	lock *os.File
}

// begin opens the root and waits for the lock.
func begin(ctx context.Context, dir string) (*session, error) {
	if !filepath.IsAbs(dir) {
		return nil, fault.Usage("invalid_root", "the project's folder %q is not an absolute path", dir).
			WithHint("run `layercake project show` to see the project's folder")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, ioFault(err, "open the project's folder")
	}
	lock, err := openLock(ctx, root)
	if err != nil {
		_ = root.Close() // nothing was written
		return nil, err
	}
	return &session{root: root, lock: lock}, nil
}

// end lets the next process in.
func (s *session) end() {
	_ = s.lock.Close() // closing releases the lock; nothing is written to it
	_ = s.root.Close()
}

func openLock(ctx context.Context, root *os.Root) (*os.File, error) {
	if err := root.MkdirAll(core.StateDir, 0o755); err != nil {
		return nil, ioFault(err, "make "+core.StateDir)
	}
	file, err := root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, ioFault(err, "open "+lockFile)
	}
	if err := waitLock(ctx, file); err != nil {
		_ = file.Close() // holds nothing
		return nil, err
	}
	return file, nil
}

// lockPoll is how often a lock that somebody holds is tried again. They hold it
// for as long as it takes to write some files.
const lockPoll = 5 * time.Millisecond

func waitLock(ctx context.Context, file *os.File) error {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		free, err := tryLock(file)
		switch {
		case err != nil:
			return ioFault(err, "lock "+lockFile)
		case free:
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.KindTimeout, "sync_locked", "another process is writing the project's files and did not finish in time").
				WithHint("run the command again").Wrap(ctx.Err())
		case <-tick.C:
		}
	}
}

// docsDir is the folder of the files.
type docsDir struct {
	root *os.Root
	// name is its path relative to the project's root, with slashes.
	name string
}

// openDocs opens the folder of the files, and makes it if it is not there.
func (s *session) openDocs(name string) (*docsDir, error) {
	name = docsName(name)
	if !filepath.IsLocal(name) {
		return nil, fault.Usage("docs_dir_outside", "the documents' folder %q is not inside of the project", name).
			WithHint("see `layercake project show`")
	}
	if err := s.root.MkdirAll(name, 0o755); err != nil {
		return nil, docsFault(err, name)
	}
	root, err := s.root.OpenRoot(name)
	if err != nil {
		return nil, docsFault(err, name)
	}
	return &docsDir{root: root, name: path.Clean(filepath.ToSlash(name))}, nil
}

func docsName(name string) string {
	if name == "" {
		return core.DefaultDocsDir
	}
	return name
}

// lacksDocs reports whether the documents' folder is still to be made.
func (s *session) lacksDocs(name string) bool {
	_, err := s.root.Stat(docsName(name))
	return errors.Is(err, fs.ErrNotExist)
}

// docsFault says why the documents' folder cannot be used. A folder that leads
// out of the project is one of the reasons; the system's words tell.
func docsFault(err error, name string) error {
	if e := ioFault(err, "open the documents' folder "+name); e.Code != codeWriteFailed {
		return e
	}
	return fault.Conflict("docs_dir_unusable", "the documents' folder %s is not a folder inside of the project", name).
		WithHint("see `ls -ld %s`", name).Wrap(err)
}

// tempSuffix ends the names of files that are not complete yet. Names are fixed
// because the lock leaves one writer, so what a killed one left is found.
const tempSuffix = ".layercake-tmp"

func tempName(name string) string { return "." + name + tempSuffix }

// sweep removes what a killed process left behind. What cannot be removed is in
// nobody's way, or shows as an error when it is.
func (d *docsDir) sweep() {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() && strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), tempSuffix) {
			_ = d.root.Remove(e.Name()) // see above
		}
	}
}

// writeTemp writes the new content beside the file, with the file's mode.
func (d *docsDir) writeTemp(pl *plan) error {
	temp := tempName(pl.file.Name)
	if err := writeSynced(d.root, temp, pl.file.Content, 0o644); err != nil {
		return ioFault(err, "write "+pl.report.Path)
	}
	if pl.disk == nil {
		return nil
	}
	if err := d.root.Chmod(temp, pl.mode); err != nil {
		return ioFault(err, "set the mode of "+pl.report.Path)
	}
	return nil
}

// writeSynced writes a new file and waits until it is on disk.
func writeSynced(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// unchanged refuses to go on when somebody changed a file after it was looked at.
func (d *docsDir) unchanged(plans []*plan) error {
	for _, pl := range plans {
		if !pl.write {
			continue
		}
		now, err := d.root.ReadFile(pl.file.Name)
		switch {
		case pl.disk == nil && errors.Is(err, fs.ErrNotExist):
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return ioFault(err, "read "+pl.report.Path)
		case err != nil || pl.disk == nil || !bytes.Equal(now, pl.disk):
			return fault.Conflict("file_changed", "%s was changed while LayerCake was about to write it", pl.report.Path).
				WithHint("run `layercake project render`")
		}
	}
	return nil
}

// discard removes the temporary files that are still there.
func (d *docsDir) discard(plans []*plan) {
	for _, pl := range plans {
		if pl.write {
			_ = d.root.Remove(tempName(pl.file.Name)) // those renamed are gone already
		}
	}
}

// flush waits until the renames are on disk.
func (d *docsDir) flush() error {
	dir, err := d.root.Open(".")
	if err != nil {
		return ioFault(err, "open "+d.name)
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) {
		err = nil // this file system has nothing to wait for
	}
	return ioError(errors.Join(err, dir.Close()), "finish writing "+d.name)
}

// The codes of errors that the system gives.
const (
	codeWriteFailed = "write_failed"
	codeNotWritable = "not_writable"
	codeDiskFull    = "disk_full"
)

// ioError is ioFault for an error that may be nil.
func ioError(err error, doing string) error {
	if err == nil {
		return nil
	}
	return ioFault(err, doing)
}

// ioFault says what could not be done to the project's files, and what helps.
func ioFault(err error, doing string) *fault.Error {
	code, hint := codeWriteFailed, "see what stands there: `ls -la`"
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		code, hint = codeNotWritable, "see who may write there: `ls -la`"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		code, hint = codeDiskFull, "see what is left: `df -h .`"
	}
	return fault.Failed(code, "cannot %s", doing).WithHint("%s", hint).Wrap(err)
}
