//go:build !unix

package git

import (
	"errors"
	"os"
)

// flock is not to be had here.
func flock(*os.File) error { return errors.ErrUnsupported }
