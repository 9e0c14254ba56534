package core

import (
	"io"

	"github.com/layercake-dev/layercake/core/fault"
)

// bounded reads up to a limit and fails when there is more: what is cut off
// without a word is not evidence.
type bounded struct {
	from io.Reader
	left int64
	name string
}

// Read reads what is left below the limit.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fault.Usage("file_too_large", "%s has more than %d bytes, and no more are kept", b.name, maxFile).
			WithHint("keep the part of it that matters, or its report")
	}
	return n, err
}
