package core

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
)

// target is a file that is about to be changed: the folder that it is in, opened, and
// its name there.
type target struct {
	dir  *os.Root
	name string
	// rel is the path as it was given, in one form.
	rel    string
	exists bool
	mode   fs.FileMode
}

func (t *target) close() { _ = t.dir.Close() } // nothing was written through it

// openTarget opens the folder of a file for a change. make makes the folders on the
// way; without it, the file must be there. What is changed is the folder that was
// looked at, also when a link on the way is swapped meanwhile.
func openTarget(at Place, rel string, create bool) (*target, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	clean := path.Clean(filepath.ToSlash(rel))
	if clean == "." || strings.HasSuffix(filepath.ToSlash(rel), "/") {
		return nil, fault.Usage("not_a_file", "%q names no file", rel).WithHint("give the path of a file, relative to the project's folder")
	}
	if !filepath.IsLocal(filepath.FromSlash(clean)) || isPrivate(clean) || strings.ContainsRune(clean, 0) {
		return nil, outside(rel)
	}
	root, err := os.OpenRoot(at.Root)
	if err != nil {
		return nil, fault.Failed("no_work_tree", "the project's folder cannot be opened").WithHint("run `ls -ld %s`", at.Root).Wrap(err)
	}
	defer func() { _ = root.Close() }() // the folder stays open without it
	parent := path.Dir(clean)
	if create && parent != "." {
		// A folder that is made through a link must not be where it may not be.
		if err := checkExisting(at.Root, parent); err != nil {
			return nil, err
		}
		if err := root.MkdirAll(filepath.FromSlash(parent), folderMode); err != nil {
			return nil, cannotWrite(rel, err)
		}
	}
	dir, err := root.OpenRoot(filepath.FromSlash(parent))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fileNotFound(rel)
	case err != nil:
		return nil, cannotWrite(rel, err)
	}
	t := &target{dir: dir, name: path.Base(clean), rel: clean, mode: fileMode}
	if err := t.look(at.Root, parent, create); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// look finds out what is there.
func (t *target) look(root, parent string, create bool) error {
	if !t.own(root, parent) {
		return outside(t.rel)
	}
	info, err := t.dir.Lstat(t.name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fileNotFound(t.rel)
	case err != nil:
		return cannotWrite(t.rel, err)
	case info.IsDir():
		return fault.Usage("not_a_file", "%s is a folder", t.rel).WithHint("name a file in it")
	case info.Mode()&fs.ModeSymlink != 0 && create:
		return fault.NotAllowed("is_a_link", "%s is a link to another file", t.rel).WithHint("name the file that it leads to, or delete the link first")
	case info.Mode()&fs.ModeSymlink == 0 && !info.Mode().IsRegular():
		return fault.Usage("not_a_file", "%s is not a file", t.rel).WithHint("run `ls -ld %s` in the project's folder", t.rel)
	}
	t.exists, t.mode = true, info.Mode().Perm()
	return nil
}

// own reports whether the folder that was opened is inside of the root, and neither
// git's nor LayerCake's own, by whatever name it was reached.
func (t *target) own(root, parent string) bool {
	opened, err := t.dir.Stat(".")
	if err != nil {
		return false
	}
	base, err := filepath.EvalSymlinks(root)
	if err != nil {
		return false
	}
	actual, err := filepath.EvalSymlinks(filepath.Join(base, filepath.FromSlash(parent)))
	if err != nil {
		return false
	}
	found, err := os.Stat(actual)
	return err == nil && os.SameFile(opened, found) && ownPath(base, actual)
}

// ownPath reports whether a path without links is inside of the root, and neither
// git's nor LayerCake's own. It compares the folders themselves, too, because file
// systems differ in which names they take for the same.
func ownPath(base, actual string) bool {
	inside, err := filepath.Rel(base, actual)
	if err != nil || !filepath.IsLocal(inside) || isPrivate(inside) {
		return false
	}
	var private []fs.FileInfo
	for _, name := range []string{".git", StateDir} {
		if info, err := os.Stat(filepath.Join(base, name)); err == nil {
			private = append(private, info)
		}
	}
	for dir := actual; dir != base; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			continue // to be made
		}
		for _, p := range private {
			if os.SameFile(info, p) {
				return false
			}
		}
	}
	return true
}

// checkExisting holds that the part of a path which is there leads to nothing
// private.
func checkExisting(root, rel string) error {
	base, err := filepath.EvalSymlinks(root)
	if err != nil {
		return fault.Failed("no_work_tree", "the project's folder cannot be opened").WithHint("run `ls -ld %s`", root).Wrap(err)
	}
	for at := rel; at != "."; at = path.Dir(at) {
		actual, err := filepath.EvalSymlinks(filepath.Join(base, filepath.FromSlash(at)))
		if err != nil {
			continue
		}
		if !ownPath(base, actual) {
			return outside(rel)
		}
		return nil
	}
	return nil
}

// replace puts a content in place of the file, in whole or not at all.
func (t *target) replace(content []byte) (err error) {
	tmp := "." + t.name + "." + uuid.NewString()[:8] + ".tmp"
	const exclusive = os.O_CREATE | os.O_EXCL | os.O_WRONLY
	f, err := t.dir.OpenFile(tmp, exclusive, t.mode)
	if err != nil {
		return cannotWrite(t.rel, err)
	}
	defer func() {
		if err != nil {
			_ = t.dir.Remove(tmp) // the error says more
			err = cannotWrite(t.rel, err)
		}
	}()
	_, writeErr := f.Write(content)
	if t.exists {
		writeErr = errors.Join(writeErr, f.Chmod(t.mode)) // whatever the umask is
	}
	if err := errors.Join(writeErr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return t.dir.Rename(tmp, t.name)
}

func fileNotFound(rel string) error {
	return fault.NotFound("file_not_found", "there is no file %s", rel).WithHint("run `git ls-files` to see the files")
}

func cannotWrite(rel string, err error) error {
	return fault.Failed("cannot_write", "cannot write %s", rel).WithHint("run `ls -ld %s` in the project's folder", path.Dir(filepath.ToSlash(rel))).Wrap(err)
}
