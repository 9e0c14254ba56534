package cmd

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Main(m)) }

// bundle is a program that runs in a test.
type bundle struct {
	process  Process
	in       *strings.Reader
	out, err bytes.Buffer
}

func noon() time.Time { return time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC) }

// setup returns a program in an empty folder, with an empty home and a clock
// that stands at noon. Nothing around it looks like an agent.
func setup(t *testing.T, environ ...string) *bundle {
	t.Helper()
	b := &bundle{in: strings.NewReader("")}
	b.process = Process{
		In: b.in, Out: &b.out, Err: &b.err, Dir: t.TempDir(), Now: noon, ParentPID: 1, UID: os.Getuid(),
		Environ: append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1"}, environ...),
		Build:   Build{Version: "1.2.3"},
	}
	return b
}

// run runs a command and returns its exit code.
func (b *bundle) run(t *testing.T, args ...string) int {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	p := b.process
	p.Args = args
	return Run(t.Context(), p)
}

// factory returns what commands get, as if the streams were terminals of the
// given width.
func (b *bundle) factory(width int) *Factory {
	f := newFactory(b.process)
	f.IO.InTTY, f.IO.OutTTY, f.IO.ErrTTY, f.IO.Width = true, true, true, width
	return f
}

func TestVersionIsOneLine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Zero(t, b.run(t, "--version"))
	require.Equal(t, "layercake 1.2.3\n", b.out.String())
	require.Empty(t, b.err.String())
}

func TestInterruptEndsWith130(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := b.process
	p.Args = []string{"doctor"}
	require.Equal(t, 130, Run(ctx, p))
	require.Equal(t, "interrupted\n", b.err.String())
	require.Empty(t, b.out.String())
}

// How long tests wait for other processes, and how often they look.
const (
	wait = 10 * time.Second
	tick = 5 * time.Millisecond
)
