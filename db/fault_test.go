package db_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
)

// cutter breaks connections at a chosen point: after so many writes to the
// server, or after so many reads from it.
type cutter struct {
	writes, reads atomic.Int64
}

const never = 1 << 40

func (c *cutter) arm(writes, reads int64) { c.writes.Store(writes); c.reads.Store(reads) }

func (c *cutter) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &cutConn{Conn: conn, c: c}, nil
}

type cutConn struct {
	net.Conn
	c *cutter
}

func (c *cutConn) Write(p []byte) (int, error) {
	if c.c.writes.Add(-1) == 0 {
		// Half of the message may have left.
		n, _ := c.Conn.Write(p[:len(p)/2])
		_ = c.Close()
		return n, net.ErrClosed
	}
	return c.Conn.Write(p)
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.c.reads.Add(-1) == 0 {
		// The server has done it, and the answer is lost.
		_, _ = c.Conn.Read(p)
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Read(p)
}

// TestConnectionCut breaks the connection at every point of a write, in both
// directions, the answer to COMMIT included. Each write must be there once, and
// reported as done.
func TestConnectionCut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Cut")
	var cut cutter
	cut.arm(never, never)
	store, err := db.Open(t.Context(), b.url, db.Options{MaxConns: 1, Configure: func(cfg *pgxpool.Config) { cfg.ConnConfig.DialFunc = cut.dial }})
	require.NoError(t, err)
	defer store.Close()
	app := core.New(core.Config{Store: store, Artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})})
	want := 0
	for n := int64(1); n <= 12; n++ {
		for _, direction := range []string{"write", "read"} {
			title := fmt.Sprintf("%s %d", direction, n)
			if direction == "write" {
				cut.arm(n, never)
			} else {
				cut.arm(never, n)
			}
			_, err := store.Write(t.Context(), core.Write{
				Project: id, Command: &project.AddTask{ID: fmt.Sprintf("%s%07d", direction[:1], n), Title: title},
				Actor: b.ada.Actor, Now: time.Now(), CorrelationID: uuid.New(),
			})
			cut.arm(never, never)
			require.NoError(t, err, title)
			want++
			tasks, err := app.Tasks.List(t.Context(), core.View{Project: id}, core.TaskQuery{})
			require.NoError(t, err)
			require.Len(t, tasks, want, title)
		}
	}
	b.sound(t, id)
}
