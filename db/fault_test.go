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
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
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

// TestMigrationCut breaks the connection at every point of a migration. After each
// of them the database has all of the schema or nothing of it, and the next
// migration completes it.
func TestMigrationCut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	nothing, all := 0, 0
	for _, direction := range []string{"write", "read"} {
		step := int64(faulttest.Rounds(2, 1))
		if direction == "read" {
			step = 1 // one of them is the answer to the commit
		}
		// One that is not noticed says little: what was cut may have been read ahead.
		uncut, enough := 0, 3
		for n := int64(1); ; n += step {
			url := clustertest.Database(t)
			var cut cutter
			if direction == "write" {
				cut.arm(n, never)
			} else {
				cut.arm(never, n)
			}
			broken, err := db.Open(ctx, url, db.Options{
				MaxConns: 1, Migrate: true, Configure: func(cfg *pgxpool.Config) { cfg.ConnConfig.DialFunc = cut.dial },
			})
			if err == nil {
				broken.Close()
				uncut++
				if uncut == enough {
					break // there is nothing more to cut
				}
				continue
			}
			uncut = 0
			require.NotEqual(t, "internal", fault.CodeOf(err), "%s %d: %v", direction, n, err)
			found, err := db.Open(ctx, url, db.Options{})
			if err == nil {
				all++
				found.Close()
			} else {
				nothing++
				require.Equal(t, "schema_missing", fault.CodeOf(err), "%s %d: %v", direction, n, err)
			}
			whole, err := db.Open(ctx, url, db.Options{Migrate: true})
			require.NoError(t, err, "%s %d", direction, n)
			whole.Close()
		}
	}
	require.Positive(t, nothing, "no migration was interrupted")
	require.Positive(t, all, "no answer to a commit was lost")
	t.Logf("interrupted migrations: %d left nothing, %d everything", nothing, all)
}
