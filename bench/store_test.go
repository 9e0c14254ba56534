package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/bench/fill"
	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

// BenchmarkAppend writes tasks: lock, decide, append with the chain, apply,
// notify, commit. "raw" is an INSERT and COMMIT of a row of the same size. The
// goal is half of raw's rate for one writer and for eight projects.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name              string
		writers, projects int
	}{{"1writer", 1, 1}, {"8writers-1project", 8, 1}, {"8writers-8projects", 8, 8}} {
		b.Run(c.name+"/raw", func(b *testing.B) {
			x := setup(b, 8)
			_, err := x.db.Pool().Exec(b.Context(), "CREATE TABLE raw (id uuid PRIMARY KEY, body json)")
			require.NoError(b, err)
			body := `{"id":"abcdefgh","title":"Make the layer","description":"with a filling","type":"generation"}`
			spread(b, c.writers, func(ctx context.Context, _ int) error {
				_, err := x.db.Pool().Exec(ctx, "INSERT INTO raw VALUES ($1, $2)", uuid.New(), body)
				return err
			})
		})
		b.Run(c.name+"/layercake", func(b *testing.B) {
			x := setup(b, 8)
			ids := make([]uuid.UUID, c.projects)
			for i := range ids {
				ids[i] = x.project(b, fmt.Sprintf("p%d", i))
			}
			spread(b, c.writers, func(ctx context.Context, w int) error {
				_, err := x.app.Records.Decide(ctx, x.ada, ids[w%len(ids)], project.MakeDecision{Title: "Make the layer", Decision: "with a filling"})
				return err
			})
		})
	}
}

// spread runs b.N operations in several goroutines.
func spread(b *testing.B, writers int, op func(ctx context.Context, writer int) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for w := range writers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := op(b.Context(), w); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}

// BenchmarkTimeTravel looks at a project as it was at its last event but one.
// The goals are 150 ms for 10 000 events and 1 s for 100 000.
func BenchmarkTimeTravel(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := setup(b, 2)
			id := x.project(b, "Long")
			x.fill(b, id, n)
			head, err := x.app.Log.Head(b.Context(), id)
			require.NoError(b, err)
			b.ResetTimer()
			for range b.N {
				_, err := x.app.Status(b.Context(), core.Place{Project: id}, core.At{Seq: head.Version - 1})
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkReplay decodes and folds a log, beside a bare scan of the same rows.
// The goal is 300 000 events/s and a third of the scan's rate.
func BenchmarkReplay(b *testing.B) {
	const n = 100_000
	x := setup(b, 2)
	id := x.project(b, "Long")
	x.fill(b, id, n)
	run := func(name string, fn func(*project.Rows, *event.Envelope) error) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				rows := project.NewRows(id)
				require.NoError(b, x.db.Stream(b.Context(), id, 0, func(e *event.Envelope) error { return fn(rows, e) }))
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
	run("scan", func(*project.Rows, *event.Envelope) error { return nil })
	b.Run("fold", func(b *testing.B) {
		for range b.N {
			_, _, err := x.db.Fold(b.Context(), id)
			require.NoError(b, err)
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
	})
	v := event.NewVerifier(id)
	run("verify", func(_ *project.Rows, e *event.Envelope) error {
		if e.Version == 1 {
			v = event.NewVerifier(id)
		}
		return v.Next(e)
	})
}

// BenchmarkTaskList lists the tasks of a project with 10 000.
func BenchmarkTaskList(b *testing.B) {
	x := setup(b, 2)
	id := x.project(b, "Many")
	x.fill(b, id, 10_000*fill.PerTask)
	for _, limit := range []int{0, 50} {
		b.Run(fmt.Sprintf("limit%d", limit), func(b *testing.B) {
			for range b.N {
				_, err := x.app.Tasks.List(b.Context(), core.View{Project: id}, core.TaskQuery{Limit: limit})
				require.NoError(b, err)
			}
		})
	}
}
