package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// freshFile is a file that is being written: it gets its name when it is whole, and
// one that exists under that name is not touched.
type freshFile struct {
	*os.File

	name string
}

// newFile begins a file beside where it is to be.
func newFile(name string, perm os.FileMode) (*freshFile, error) {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.layercake-tmp")
	if err != nil {
		return nil, err
	}
	f := &freshFile{File: tmp, name: name}
	if err := tmp.Chmod(perm); err != nil {
		f.abandon()
		return nil, err
	}
	return f, nil
}

// abandon removes what was written.
func (f *freshFile) abandon() {
	_ = f.Close()           // what it holds does not matter any more
	_ = os.Remove(f.Name()) // what is left is named as nobody's
}

// keep gives the file its name, unless that is taken meanwhile.
func (f *freshFile) keep() error {
	err := errors.Join(f.Sync(), f.Close())
	if err == nil {
		// Unlike renaming, it replaces nothing. Some file systems have no links.
		err = os.Link(f.Name(), f.name)
		if _, missing := os.Lstat(f.name); err != nil && errors.Is(missing, fs.ErrNotExist) {
			return os.Rename(f.Name(), f.name)
		}
	}
	if err != nil {
		f.abandon()
		return err
	}
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("remove the temporary name: %w", err)
	}
	return nil
}
