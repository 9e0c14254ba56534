package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// maxSmallFile bounds the files that people write by hand, in bytes.
const maxSmallFile = 1 << 20

// readSmallFile reads a file that people write by hand. What is no file is
// refused before it is read, for a pipe would be waited for, and so is what is too
// large to be one.
func readSmallFile(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case info.Size() > maxSmallFile:
		return nil, fmt.Errorf("it has %d bytes; at most %d are read", info.Size(), maxSmallFile)
	}
	return io.ReadAll(io.LimitReader(file, maxSmallFile))
}
