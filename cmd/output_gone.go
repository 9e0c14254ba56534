//go:build unix

package cmd

import (
	"context"

	"golang.org/x/sys/unix"
)

// untilOutputGone returns a context that ends when nobody reads the standard output
// any more, with that as its cause: who waits for news would not notice until some
// come. It is for outputs that are pipes; others are never gone.
func (f *Factory) untilOutputGone(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	out, ok := f.IO.Out.(descriptor)
	if !ok {
		return ctx, func() { cancel(nil) }
	}
	const patience = 250 // milliseconds, after which it looks whether it is still needed
	go func() {
		for ctx.Err() == nil {
			// Asked for nothing, poll tells of errors alone.
			fds := []unix.PollFd{{Fd: int32(out.Fd())}} //nolint:gosec // descriptors are small
			if n, _ := unix.Poll(fds, patience); n > 0 && fds[0].Revents&unix.POLLERR != 0 {
				cancel(errOutputClosed)
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}
