package db_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// bundle is an App over a database of its own.
type bundle struct {
	db  *db.DB
	app *core.App
	url string
	ada core.Caller
}

func setup(t testing.TB) *bundle {
	t.Helper()
	url := clustertest.Database(t)
	store, err := db.Open(t.Context(), url, db.Options{MaxConns: 8, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	app := core.New(core.Config{Store: store, Artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})})
	ada := core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}}
	ada.Presence = project.Presence{Terminal: true, Word: "approve"}
	return &bundle{db: store, app: app, url: url, ada: ada}
}

func (b *bundle) project(t testing.TB, name string) uuid.UUID {
	t.Helper()
	p, err := b.app.Projects.Create(t.Context(), b.ada, core.NewProject{Name: name, Level: project.LevelDemo})
	require.NoError(t, err)
	return p.ID
}

// sound checks what must hold after everything: the chain verifies, and the
// projections are what the log folds to.
func (b *bundle) sound(t *testing.T, id uuid.UUID) {
	t.Helper()
	faulttest.Sound(t, b.app, id)
}

func TestTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	id := b.project(t, "Tasks")
	v := core.View{Project: id}

	first, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "first 🎂"})
	require.NoError(t, err)
	second, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "second", DependsOn: []string{first.ShortID}, Priority: "high"})
	require.NoError(t, err)
	require.Equal(t, []string{first.ID}, second.DependsOn)
	require.False(t, second.Ready)
	require.Equal(t, []string{"t-" + first.ID + " is not started"}, second.Waits)

	ready, err := b.app.Tasks.Ready(ctx, v, 0)
	require.NoError(t, err)
	require.Len(t, ready, 1)
	require.Equal(t, first.ID, ready[0].ID)

	_, err = b.app.Tasks.Depend(ctx, b.ada, id, first.ID, second.ID, false)
	require.Equal(t, "dependency_cycle", fault.CodeOf(err))
	require.ErrorContains(t, err, "t-"+first.ID+" → t-"+second.ID+" → t-"+first.ID)

	_, err = b.app.Tasks.Step(ctx, b.ada, id, second.ID, project.StepStart, "", 0)
	require.Equal(t, "task_not_ready", fault.CodeOf(err))

	_, err = b.app.Tasks.Step(ctx, b.ada, id, first.ID, project.StepFail, "it broke", 0)
	require.NoError(t, err)
	second, err = b.app.Tasks.Get(ctx, v, second.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskBlocked, second.Status)
	require.Equal(t, first.ID, second.BlockedBy)

	_, err = b.app.Tasks.Step(ctx, b.ada, id, first.ID, project.StepStart, "", 0)
	require.NoError(t, err)
	_, err = b.app.Tasks.Step(ctx, b.ada, id, first.ID, project.StepDone, "done now", 0)
	require.NoError(t, err)
	second, err = b.app.Tasks.Get(ctx, v, second.ID)
	require.NoError(t, err)
	require.Equal(t, project.TaskNotStarted, second.Status)
	require.True(t, second.Ready)
	b.sound(t, id)
}

// TestTimeTravel holds that each earlier moment looks as it looked then.
func TestTimeTravel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	id := b.project(t, "Then and now")
	seen := map[int64][]project.Task{}
	for i := range 12 {
		task, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: fmt.Sprintf("task %d", i)})
		require.NoError(t, err)
		if i%3 == 0 {
			_, err = b.app.Tasks.Step(ctx, b.ada, id, task.ID, project.StepStart, "", 0)
			require.NoError(t, err)
		}
		head, err := b.app.Log.Head(ctx, id)
		require.NoError(t, err)
		seen[head.Version], err = b.app.Tasks.List(ctx, core.View{Project: id}, core.TaskQuery{})
		require.NoError(t, err)
	}
	for version, want := range seen {
		got, err := b.app.Tasks.List(ctx, core.View{Project: id, At: core.At{Seq: version}}, core.TaskQuery{})
		require.NoError(t, err)
		require.Equal(t, want, got, "at %d", version)
	}
	// The present is untouched by looking back, on the very same connections.
	head, err := b.app.Log.Head(ctx, id)
	require.NoError(t, err)
	now, err := b.app.Tasks.List(ctx, core.View{Project: id}, core.TaskQuery{})
	require.NoError(t, err)
	require.Equal(t, seen[head.Version], now)

	_, err = b.app.Tasks.List(ctx, core.View{Project: id, At: core.At{Seq: head.Version + 1}}, core.TaskQuery{})
	require.Equal(t, "invalid_seq", fault.CodeOf(err))
	_, err = b.app.Tasks.List(ctx, core.View{Project: id, At: core.At{Time: time.Unix(0, 0)}}, core.TaskQuery{})
	require.Equal(t, "before_project", fault.CodeOf(err))
}

// TestWritersAtOnce holds that no write is lost or doubled when many write to
// one project, and that the chain stays whole.
func TestWritersAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Busy")
	const writers, each = 10, 10
	var wg sync.WaitGroup
	errs := make(chan error, writers*each)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := b.app.Tasks.Add(context.WithoutCancel(t.Context()), b.ada, id, core.NewTask{Title: fmt.Sprintf("%d/%d", w, i)})
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	counts, err := b.app.Tasks.Count(t.Context(), core.View{Project: id})
	require.NoError(t, err)
	require.Equal(t, writers*each, counts[project.TaskNotStarted])
	b.sound(t, id)
}

// TestClaimOnce holds that of many who claim the same task one gets it.
func TestClaimOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Claims")
	task, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: "only one"})
	require.NoError(t, err)
	const agents = 8
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range agents {
		by := core.Caller{Actor: project.Actor{Kind: project.ActorAgent, Name: fmt.Sprintf("robot/%d", i)}}
		wg.Go(func() {
			_, err := b.app.Tasks.Step(context.WithoutCancel(t.Context()), by, id, task.ID, project.StepClaim, "", 0)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if fault.CodeOf(err) != "task_claimed" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, won)
	b.sound(t, id)
}

// TestIdempotency holds that a key answers a repeated request with the first
// answer, and refuses another request.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Again")
	w := core.Write{
		Project: id, Command: &project.AddTask{ID: "abcdefgh", Title: "once"}, Actor: b.ada.Actor, Now: time.Now(), Key: "k1",
		CorrelationID: uuid.New(),
	}
	first, err := b.db.Write(t.Context(), w)
	require.NoError(t, err)
	require.False(t, first.Repeated)
	w.Command = &project.AddTask{ID: "abcdefgh", Title: "once"}
	again, err := b.db.Write(t.Context(), w)
	require.NoError(t, err)
	require.True(t, again.Repeated)
	require.Equal(t, first.Events, again.Events)
	w.Command = &project.AddTask{ID: "abcdefgh", Title: "twice"}
	_, err = b.db.Write(t.Context(), w)
	require.Equal(t, "idempotency_key_reused", fault.CodeOf(err))
	w.Key = "k2"
	_, err = b.db.Write(t.Context(), w)
	require.ErrorIs(t, err, core.ErrTaken)
	b.sound(t, id)
}

// TestAppendOnly holds that the log refuses every way of changing it that a
// role without the right to alter tables has, also with triggers "off".
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Stone")
	for _, mode := range []string{"origin", "replica"} {
		for _, sql := range []string{
			"UPDATE events SET actor = 'x' WHERE project_id = $1",
			"DELETE FROM events WHERE project_id = $1",
			"UPDATE event_payloads SET payload = '{}' WHERE project_id = $1",
			"DELETE FROM event_payloads WHERE project_id = $1",
			"UPDATE streams SET version = 0 WHERE project_id = $1",
			"DELETE FROM streams WHERE project_id = $1",
		} {
			conn, err := b.db.Pool().Acquire(t.Context())
			require.NoError(t, err)
			_, err = conn.Exec(t.Context(), "SET session_replication_role = "+mode)
			require.NoError(t, err)
			_, err = conn.Exec(t.Context(), sql, id)
			require.ErrorContains(t, err, "refused", "%s in mode %s", sql, mode)
			_, err = conn.Exec(t.Context(), "RESET session_replication_role")
			require.NoError(t, err)
			conn.Release()
		}
	}
	for _, table := range []string{"events", "event_payloads", "streams"} {
		_, err := b.db.Pool().Exec(t.Context(), "TRUNCATE "+table+" CASCADE")
		require.ErrorContains(t, err, "refused")
	}
	b.sound(t, id)
}

// TestProjectionDrift holds that a projection changed behind the log's back is
// found.
func TestProjectionDrift(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Drift")
	task, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: "real"})
	require.NoError(t, err)
	_, err = b.db.Pool().Exec(t.Context(), "UPDATE tasks SET title = 'forged' WHERE task_id = $1", task.ID)
	require.NoError(t, err)
	diffs, err := b.app.Log.Compare(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []core.Difference{{Table: "tasks", Key: task.ID, Column: "title", Stored: "forged", Derived: "real"}}, diffs)
}

// TestTables holds the description of the projections against the database.
func TestTables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, table := range project.Tables() {
		rows, err := b.db.Pool().Query(t.Context(), `SELECT column_name::text FROM information_schema.columns
			WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`, db.Schema, table.Name)
		require.NoError(t, err)
		var got []string
		for rows.Next() {
			var name string
			require.NoError(t, rows.Scan(&name))
			got = append(got, name)
		}
		require.NoError(t, rows.Err())
		want := []string{"project_id"}
		for _, c := range table.Columns {
			want = append(want, c.Name)
		}
		require.Equal(t, want, got, table.Name)
	}
}

// TestOpen holds what is said of databases that cannot be used.
func TestOpen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()

	empty := clustertest.Database(t)
	_, err := db.Open(ctx, empty, db.Options{})
	require.Equal(t, "schema_missing", fault.CodeOf(err))

	b := setup(t)
	_, err = b.db.Pool().Exec(ctx, "UPDATE schema_info SET version = 99, min_compatible = 99")
	require.NoError(t, err)
	_, err = db.Open(ctx, b.url, db.Options{Migrate: true})
	require.Equal(t, "schema_newer", fault.CodeOf(err))

	_, err = b.db.Pool().Exec(ctx, "DROP TABLE schema_info")
	require.NoError(t, err)
	_, err = db.Open(ctx, b.url, db.Options{Migrate: true})
	require.Equal(t, "database_foreign", fault.CodeOf(err))

	_, err = db.Open(ctx, "postgres://nobody@127.0.0.1:1/none", db.Options{})
	require.Equal(t, "database_unreachable", fault.CodeOf(err))
	require.Equal(t, 6, fault.KindOf(err).ExitCode())
}

// TestMigrateAtOnce holds that many processes may set up one database.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := clustertest.Database(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			d, err := db.Open(context.WithoutCancel(t.Context()), url, db.Options{Migrate: true})
			if err != nil {
				t.Error(err)
				return
			}
			d.Close()
		})
	}
	wg.Wait()
}

// TestAnyName holds that no name of an actor breaks a write.
func TestAnyName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Names")
	for _, name := range []string{"a\x00b", "\xff\xfe", "🎂", "x\ny", ""} {
		by := core.Caller{Actor: project.Actor{Kind: project.ActorAgent, Name: name, OnBehalfOf: name, Session: name}}
		_, err := b.app.Records.Note(t.Context(), by, id, project.AddNote{Text: "hello"})
		require.NoError(t, err, "%q", name)
	}
	b.sound(t, id)
}

// TestClock holds that the log's time never goes back, whatever clocks say.
func TestClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Clock")
	past := time.Now().Add(-time.Hour)
	_, err := b.db.Write(t.Context(), core.Write{
		Project: id, Command: &project.AddNote{ID: "aaaaaaaa", Text: "from the past"}, Actor: b.ada.Actor, Now: past,
	})
	require.NoError(t, err)
	events, err := b.app.Log.Events(t.Context(), id, core.EventQuery{})
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, event.Truncate(past), events[0].OccurredAt)
	require.False(t, events[0].RecordedAt.Before(events[1].RecordedAt))
	b.sound(t, id)
}
