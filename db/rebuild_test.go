package db_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
)

// TestRebuildRepairs holds that whatever was done to what commands read is put right.
func TestRebuildRepairs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql      string
		repaired int64
	}{
		"nothing":             {`SELECT 1`, 0},
		"a row edited":        {`UPDATE tasks SET title = 'forged' WHERE title = 'task 1'`, 1},
		"json edited":         {`UPDATE projects SET intake = '{"what":"x"}'`, 1},
		"rows deleted":        {`DELETE FROM tasks`, 4},
		"a row put in":        {`INSERT INTO risks (project_id, risk_id, created_at) SELECT project_id, 'r', now() FROM projects`, 1},
		"the project hidden":  {`DELETE FROM projects`, 1},
		"all of it":           {`DELETE FROM projects; DELETE FROM gates; DELETE FROM workflows; DELETE FROM deliverables; DELETE FROM tasks`, 0},
		"a null where a text": {`UPDATE tasks SET finished_at = now()`, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, id := tampered(t)
			_, err := b.db.Pool().Exec(t.Context(), c.sql)
			require.NoError(t, err)
			done, err := b.app.Log.Rebuild(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, int64(5), done.Events)
			if name == "all of it" {
				require.Positive(t, done.Repaired)
			} else {
				require.Equal(t, c.repaired, done.Repaired)
			}
			b.sound(t, id)
			again, err := b.app.Log.Rebuild(t.Context(), id)
			require.NoError(t, err)
			require.Zero(t, again.Repaired)
		})
	}
}

// TestRebuildOfSlugsExchanged holds that two projects whose short names somebody
// exchanged get their own back.
func TestRebuildOfSlugsExchanged(t *testing.T) {
	t.Parallel()
	b, one := tampered(t)
	two := b.project(t, "Two")
	_, err := b.db.Pool().Exec(t.Context(), `UPDATE projects SET slug = 'x' WHERE slug = 'two'; UPDATE projects SET slug = 'two' WHERE slug = 'tampered';
		UPDATE projects SET slug = 'tampered' WHERE slug = 'x'`)
	require.NoError(t, err)
	for _, id := range []uuid.UUID{one, two} {
		_, err := b.app.Log.Rebuild(t.Context(), id)
		require.NoError(t, err)
	}
	b.sound(t, one)
	b.sound(t, two)
}

// TestRebuildWithoutALog holds that rows go that no event made, and that nothing is
// made from a log that does not verify.
func TestRebuildWithoutALog(t *testing.T) {
	t.Parallel()
	b, id := tampered(t)
	ghost := uuid.New()
	_, err := b.db.Pool().Exec(t.Context(), `INSERT INTO projects (project_id, slug, created_at, updated_at) VALUES ($1, 'ghost', now(), now())`, ghost)
	require.NoError(t, err)
	done, err := b.app.Log.Rebuild(t.Context(), ghost)
	require.NoError(t, err)
	require.Equal(t, int64(1), done.Repaired)
	streams, err := b.app.Log.Streams(t.Context())
	require.NoError(t, err)
	require.Len(t, streams, 1)
	_, err = b.db.Pool().Exec(t.Context(), unguarded+`UPDATE event_payloads SET payload = replace(payload::text, 'task 1', 'task 9')::json`+guarded)
	require.NoError(t, err)
	_, err = b.app.Log.Rebuild(t.Context(), id)
	require.Equal(t, "log_broken", fault.CodeOf(err))
}

// TestRebuildWhileOthersWork holds that readers and eight writers go on during
// rebuilds: none fails, none is told anything wrong, and afterwards everything is
// what the log folds to.
func TestRebuildWhileOthersWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Busy")
	const writers, each = 8, 40
	work, stop := context.WithCancel(t.Context())
	defer stop()
	var tasks atomic.Int64
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				task, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: fmt.Sprint(w, " ", i)})
				if err != nil {
					t.Errorf("add: %v", err)
					return
				}
				tasks.Add(1)
				if _, err := b.app.Tasks.Step(t.Context(), b.ada, id, task.ID, project.StepStart, "", 0); err != nil {
					t.Errorf("start: %v", err)
					return
				}
				if i%10 == 0 { // a forgery, which the next rebuild takes back
					if _, err := b.db.Pool().Exec(t.Context(), "UPDATE tasks SET title = 'forged' WHERE project_id = $1 AND task_id = $2", id, task.ID); err != nil {
						t.Errorf("forge: %v", err)
					}
				}
			}
		})
	}
	readers, err := db.Open(t.Context(), b.url, db.Options{MaxConns: 2})
	require.NoError(t, err)
	defer readers.Close()
	for range 2 {
		reading.Go(func() {
			for work.Err() == nil {
				before := tasks.Load()
				//nolint:contextcheck // a reader of its own, which ends by itself
				err := readers.Read(t.Context(), core.View{Project: id}, func(ctx context.Context, r core.Reader) error {
					counts, err := r.CountTasks(ctx)
					if err != nil {
						return err
					}
					sum := 0
					for _, n := range counts {
						sum += n
					}
					if int64(sum) < before {
						t.Errorf("%d tasks were seen after %d had been added", sum, before)
					}
					p, err := r.Project(ctx)
					if err == nil && p.Slug != "busy" {
						t.Errorf("the project is called %q", p.Slug)
					}
					return err
				})
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	rebuilds, repaired := 0, int64(0)
	for running := true; running; {
		select {
		case <-done:
			running = false // and once more, when nobody writes
		default:
		}
		r, err := b.app.Log.Rebuild(t.Context(), id)
		require.NoError(t, err)
		rebuilds++
		repaired += r.Repaired
	}
	stop()
	reading.Wait()
	t.Logf("%d rebuilds put %d rows right beside %d writers", rebuilds, repaired, writers)
	require.Greater(t, rebuilds, 2)
	require.Positive(t, repaired)
	b.sound(t, id)
	counts, err := b.app.Tasks.Count(t.Context(), core.View{Project: id})
	require.NoError(t, err)
	require.Equal(t, writers*each, counts[project.TaskInProgress])
}

// TestRebuildBringsNoSecretBack holds that a text that is redacted while a rebuild
// runs does not come back with it.
func TestRebuildBringsNoSecretBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Leaky")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 30 {
			secret := fmt.Sprintf("hunter-%02d", i)
			if _, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: secret}); err != nil {
				t.Errorf("add: %v", err)
			}
			if _, err := b.app.Redactions.Redact(t.Context(), b.ada, id, core.Target{Text: secret}, "a secret"); err != nil {
				t.Errorf("redact: %v", err)
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		_, err := b.app.Log.Rebuild(t.Context(), id)
		require.NoError(t, err)
		var leaked int
		require.NoError(t, b.db.Pool().QueryRow(t.Context(),
			`SELECT count(*) FROM tasks t JOIN events e ON e.type = 'TaskCreated' JOIN event_payloads p ON p.version = e.version AND p.payload ->> 'id' = t.task_id
			 WHERE t.title <> p.payload ->> 'title'`).Scan(&leaked))
		require.Zero(t, leaked, "tasks have a title that their log does not have any more")
	}
	b.sound(t, id)
}
