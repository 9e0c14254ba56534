package cmd

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBrokenPipes holds that an output that nobody reads is quiet, and that a
// database that broke its connection is not: both show as the same error of the
// system.
func TestBrokenPipes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f := newFactory(b.process)
	require.Equal(t, 1, f.report(t.Context(), nil, fmt.Errorf("write to the database: %w", syscall.EPIPE)))
	require.NotEmpty(t, b.err.String())

	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	defer func() { _ = w.Close() }()
	b.process.Out = w
	b.err.Reset()
	f = newFactory(b.process)
	require.Zero(t, f.report(t.Context(), nil, f.write([]byte("hello"))))
	require.Empty(t, b.err.String())
}
