//go:build !unix

package cmd

import "context"

// untilOutputGone returns the context as it is: here, that the output is gone shows
// at the next line.
func (*Factory) untilOutputGone(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}
