package cmd

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// errOutputClosed says that whoever read the output has gone, as head does. Only
// writing the output makes it: a database that is gone shows as the same error of
// the system, and is no reason to be quiet.
var errOutputClosed = errors.New("the output is closed")

// out is the standard output, for everything that writes to it.
func (f *Factory) out() io.Writer { return quietOutput{f.IO.Out} }

type quietOutput struct{ io.Writer }

// Write satisfies the interface.
func (o quietOutput) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		return n, fmt.Errorf("%w: %w", errOutputClosed, err)
	}
	return n, err
}
