package artifact

import (
	"context"
	"io"
)

// Nowhere is a store without a place: whatever is asked of it fails with its error.
// Commands that need no evidence work without one.
type Nowhere struct{ Err error }

var _ Store = Nowhere{}

// Put implements [Store].
func (n Nowhere) Put(context.Context, io.Reader) (Ref, error) { return Ref{}, n.Err }

// Open implements [Store].
func (n Nowhere) Open(context.Context, string) (io.ReadCloser, error) { return nil, n.Err }

// Stat implements [Store].
func (n Nowhere) Stat(context.Context, string) (Ref, error) { return Ref{}, n.Err }

// Verify implements [Store].
func (n Nowhere) Verify(context.Context, string) error { return n.Err }

// Remove implements [Store].
func (n Nowhere) Remove(context.Context, string) error { return n.Err }
