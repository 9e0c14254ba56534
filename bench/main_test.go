// Package bench measures LayerCake beside the limits of the machine: each
// benchmark has a bare counterpart that runs in the same process on the same
// server, so that the ratio means something on a machine whose speed does not.
package bench

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Main(m)) }

// bundle is an App on a server of its own, as durable as a user's.
type bundle struct {
	db  *db.DB
	app *core.App
	ada core.Caller
}

func setup(b *testing.B, conns int32) *bundle {
	b.Helper()
	info, err := cluster.Ensure(b.Context(), clustertest.Own(b))
	require.NoError(b, err)
	store, err := db.Open(b.Context(), info.ConnString, db.Options{MaxConns: conns, Migrate: true})
	require.NoError(b, err)
	b.Cleanup(store.Close)
	return &bundle{
		db:  store,
		app: core.New(core.Config{Store: store, Artifacts: artifact.NewFS(b.TempDir(), artifact.FSOptions{})}),
		ada: core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}},
	}
}

func (x *bundle) project(b *testing.B, name string) uuid.UUID {
	b.Helper()
	p, err := x.app.Projects.Create(b.Context(), x.ada, core.NewProject{Name: name})
	require.NoError(b, err)
	return p.ID
}

// bulk adds many events at once, to fill a log.
type bulk struct{ from, n int }

func (*bulk) CommandName() string  { return "bench.bulk" }
func (*bulk) Needs() project.Needs { return project.Needs{} }

// Decide adds tasks and starts every other one, so that the log holds changes
// as well as additions.
func (c *bulk) Decide(*project.State, project.Meta) ([]event.Payload, error) {
	var events []event.Payload
	for i := c.from; len(events) < c.n; i++ {
		id := fmt.Sprintf("%08d", i)
		events = append(events, &event.TaskCreatedPayload{
			ID: id, Title: "Make the layer number " + id, Description: "with a filling that somebody has to choose first",
			Kind: "generation", Priority: "medium", Phase: "development",
		})
		if i%2 == 0 {
			events = append(events, &event.TaskStartedPayload{ID: id})
		}
	}
	return events, nil
}

// fill appends n events to a project.
func (x *bundle) fill(b *testing.B, id uuid.UUID, n int) {
	b.Helper()
	const each = 5000
	for done := 0; done < n; done += each {
		_, err := x.db.Write(b.Context(), core.Write{
			Project: id, Command: &bulk{from: done, n: min(each, n-done)}, Actor: x.ada.Actor, Now: time.Now(),
		})
		require.NoError(b, err)
	}
}
