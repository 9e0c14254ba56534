// Package bench measures LayerCake beside the limits of the machine: each
// benchmark has a bare counterpart that runs in the same process on the same
// server, so that the ratio means something on a machine whose speed does not.
package bench

import (
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/bench/fill"
	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
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

// fill appends events, ten for each task, to a project.
func (x *bundle) fill(b *testing.B, id uuid.UUID, events int) {
	b.Helper()
	require.NoError(b, fill.Tasks(b.Context(), x.db, id, events/fill.PerTask))
	_, err := x.db.Pool().Exec(b.Context(), "VACUUM ANALYZE") // as autovacuum would soon
	require.NoError(b, err)
}
