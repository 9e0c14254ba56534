//go:build !unix

package git

import (
	"errors"
	"os"
)

// flock is not to be had here.
func flock(*os.File) error { return errors.ErrUnsupported }

// tryFlock is not to be had here either.
func tryFlock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
