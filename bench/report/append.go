//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

const sectionAppend = "Writing, in one process, every commit on the disk"

// operation is done by one of several writers, again and again.
type operation func(ctx context.Context, writer int) error

// window runs an operation in several goroutines for a while, and returns how
// many were done in a second and how long each took.
func window(ctx context.Context, writers int, length time.Duration, op operation) (float64, sample, error) {
	var mu sync.Mutex
	var all sample
	var failed error
	var wg sync.WaitGroup
	began := time.Now()
	for w := range writers {
		wg.Go(func() {
			var took sample
			var err error
			for err == nil && time.Since(began) < length {
				from := time.Now()
				err = op(ctx, w)
				took = append(took, inMillis(time.Since(from)))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			failed = errors.Join(failed, err)
		})
	}
	wg.Wait()
	return float64(len(all)) / time.Since(began).Seconds(), all, failed
}

// contest runs operations in turn, many short windows each, and returns the
// median rates and all times.
func contest(ctx context.Context, rounds, writers int, ops ...operation) ([]float64, []sample, error) {
	const length = 300 * time.Millisecond
	rates, took := make([]sample, len(ops)), make([]sample, len(ops))
	for round := range rounds + 1 {
		for i, op := range ops {
			rate, each, err := window(ctx, writers, length, op)
			if err != nil {
				return nil, nil, err
			}
			if round > 0 { // the first one warms up
				rates[i] = append(rates[i], rate)
				took[i] = append(took[i], each...)
			}
		}
	}
	medians := make([]float64, len(ops))
	for i := range rates {
		medians[i] = rates[i].at(half)
	}
	return medians, took, nil
}

// decision is a command of everyday size.
func decision(id string) *project.MakeDecision {
	return &project.MakeDecision{ID: id, Title: "Make the layer", Decision: "with a filling"}
}

// appends measures writing beside a bare INSERT that commits.
func (r *rig) appends(ctx context.Context) ([]*figure, error) {
	pool := r.db.Pool()
	if _, err := pool.Exec(ctx, "CREATE TABLE raw (id uuid PRIMARY KEY, body json NOT NULL)"); err != nil {
		return nil, fmt.Errorf("make the bare table: %w", err)
	}
	const projects = 8
	ids := make([]uuid.UUID, projects)
	for i := range ids {
		p, err := r.app.Projects.Create(ctx, r.ada, core.NewProject{Name: fmt.Sprintf("Writer %d", i)})
		if err != nil {
			return nil, err
		}
		ids[i] = p.ID
	}
	body := `{"id":"abcdefgh","title":"Make the layer","decision":"with a filling","status":"accepted"}`
	raw := func(ctx context.Context, _ int) error {
		_, err := pool.Exec(ctx, "INSERT INTO raw VALUES ($1, $2)", [16]byte(uuid.New()), body)
		return err //nolint:wrapcheck // it ends the run
	}
	write := func(to ...uuid.UUID) operation {
		return func(ctx context.Context, w int) error {
			_, err := r.db.Write(ctx, core.Write{Project: to[w%len(to)], Command: decision(newID()), Actor: r.ada.Actor, Now: time.Now()})
			return err
		}
	}
	decide := func(ctx context.Context, _ int) error {
		_, err := r.app.Records.Decide(ctx, r.ada, ids[0], *decision(""))
		return err
	}
	const rounds, quiet, ratio = 20, 1000, 0.5
	n := r.rounds(rounds)
	beside := "INSERT and COMMIT"

	one, took, err := contest(ctx, n, 1, raw, write(ids[0]), decide, write(r.big.id), write(r.huge.id))
	if err != nil {
		return nil, err
	}
	same, sameTook, err := contest(ctx, n, projects, raw, write(ids[0]))
	if err != nil {
		return nil, err
	}
	spread, _, err := contest(ctx, n, projects, raw, write(ids...))
	if err != nil {
		return nil, err
	}
	return []*figure{
		newFigure(sectionAppend, "append with chain and projections, 1 writer", perSecond, one[1]).goal(quiet).besides(beside, one[0], ratio),
		newFigure(sectionAppend, "the same, p50", millis, took[1].at(half)).besides(beside, took[0].at(half), nan),
		newFigure(sectionAppend, "the same, p99", millis, took[1].at(nearly)).besides(beside, took[0].at(nearly), nan),
		newFigure(sectionAppend, fmt.Sprintf("the same, to a log of %s events, p50", group(int64(r.big.events()))), millis, took[3].at(half)).
			tenfold(float64(r.big.events()), took[4].at(half)),
		newFigure(sectionAppend, "decide and read the decision back, 1 writer", perSecond, one[2]).besides(beside, one[0], nan),
		newFigure(sectionAppend, "append, 8 writers, 8 projects", perSecond, spread[1]).goal(quiet).besides(beside, spread[0], ratio),
		newFigure(sectionAppend, "append, 8 writers, 1 project", perSecond, same[1]).goal(quiet).besides(beside, same[0], nan),
		newFigure(sectionAppend, "the same, p99", millis, sameTook[1].at(nearly)).besides(beside, sameTook[0].at(nearly), nan),
	}, nil
}

// newID makes an id for a record.
func newID() string {
	u := uuid.New()
	return strings.Map(func(c rune) rune { return rune(project.IDAlphabet[int(c)%len(project.IDAlphabet)]) }, string(asRunes(u[:project.IDLength])))
}

// asRunes makes one character of each byte.
func asRunes(b []byte) []rune {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return runes
}
