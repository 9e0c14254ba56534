//go:build !unix

package markdown

import (
	"errors"
	"os"
)

// tryLock fails: without a lock that ends with its process, two processes could
// write at once.
func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
