//go:build unix

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const sectionStart, sectionRead = "Start", "Reading commands, as whole processes, the database running"

// version measures a command that needs nothing.
func (r *rig) version(ctx context.Context) ([]*figure, error) {
	const rounds, limit, ratio = 200, 10, 2
	s, err := r.race(ctx, r.rounds(rounds), r.process(ctx, r.dir, r.cobra, "--version"), r.process(ctx, r.dir, r.binary, "--version"))
	if err != nil {
		return nil, err
	}
	bare, ours := s[0], s[1]
	return []*figure{
		newFigure(sectionStart, "`layercake --version`, p50", millis, ours.at(half)).goal(limit).besides("bare cobra", bare.at(half), ratio),
		newFigure(sectionStart, "`layercake --version`, p95", millis, ours.at(most)).besides("bare cobra", bare.at(most), nan),
	}, nil
}

// reads measures what people look at most.
func (r *rig) reads(ctx context.Context) ([]*figure, error) {
	const p50, p95, trips = 40, 100, 3
	counter, err := r.newCounter(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = counter.listener.Close() }() // nothing is lost with it
	var figures []*figure
	for _, c := range []struct {
		args []string
		sql  string
	}{
		{[]string{"task", "list"}, "SELECT * FROM layercake.tasks WHERE project_id = '%s' ORDER BY created_version LIMIT 50"},
		{[]string{"status"}, "SELECT status, count(*) FROM layercake.tasks WHERE project_id = '%s' GROUP BY status"},
		{[]string{"status", "--json"}, "SELECT status, count(*) FROM layercake.tasks WHERE project_id = '%s' GROUP BY status"},
		{[]string{"log"}, "SELECT e.*, p.payload FROM layercake.events e JOIN layercake.event_payloads p" + //nolint:unqueryvet // read in whole
			" USING (project_id, version) WHERE project_id = '%s' ORDER BY version DESC LIMIT 50"},
	} {
		name := strings.Join(c.args, " ")
		r.say("%s", name)
		args := append([]string{r.binary}, c.args...)
		const rounds = 40
		s, err := r.race(ctx, r.rounds(rounds),
			r.process(ctx, r.dir, r.query, r.url, fmt.Sprintf(c.sql, r.big.id)),
			r.process(ctx, r.big.dir, args...), r.process(ctx, r.huge.dir, args...))
		if err != nil {
			return nil, err
		}
		counter.count()
		if _, err := r.took(ctx, r.big.dir, args, "LAYERCAKE_DATABASE_URL="+counter.url); err != nil {
			return nil, err
		}
		waits := counter.count()
		size := float64(r.big.tasks)
		figures = append(figures,
			newFigure(sectionRead, "`"+name+"`, p50", millis, s[1].at(half)).goal(p50).besides("connect and query", s[0].at(half), nan).tenfold(size, s[2].at(half)),
			newFigure(sectionRead, "`"+name+"`, p95", millis, s[1].at(most)).goal(p95).besides("connect and query", s[0].at(most), nan).tenfold(size, s[2].at(most)),
			newFigure(sectionRead, "`"+name+"`, round trips once connected", times, float64(waits)).goal(trips),
		)
	}
	return figures, nil
}

// travel measures looking at the past.
func (r *rig) travel(ctx context.Context) ([]*figure, error) {
	const rounds, small, big = 15, 150, 1000
	seq := func(s *subject) func() (time.Duration, error) {
		return r.process(ctx, s.dir, r.binary, "status", "--seq", strconv.Itoa(s.events()))
	}
	s, err := r.race(ctx, r.rounds(rounds), seq(r.small), seq(r.big))
	if err != nil {
		return nil, err
	}
	return []*figure{
		newFigure(sectionReplay, fmt.Sprintf("`status --seq` at %s events, p50", group(int64(r.small.events()))), millis, s[0].at(half)).
			goal(small).tenfold(float64(r.small.events()), s[1].at(half)),
		newFigure(sectionReplay, fmt.Sprintf("`status --seq` at %s events, p50", group(int64(r.big.events()))), millis, s[1].at(half)).goal(big),
	}, nil
}

// memory measures the most memory that commands have.
func (r *rig) memory(ctx context.Context) ([]*figure, error) {
	const limit = 60
	var figures []*figure
	for _, args := range [][]string{{"--version"}, {"task", "list"}, {"status", "--json"}, {"task", "add", "One more"}} {
		var at [2]float64
		for i, s := range []*subject{r.big, r.huge} {
			var err error
			if at[i], err = r.peakOf(ctx, s.dir, append([]string{r.binary}, args...)...); err != nil {
				return nil, err
			}
		}
		f := newFigure(sectionMemory, "`"+strings.Join(args, " ")+"`, peak", megabytes, at[0]).goal(limit).tenfold(float64(r.big.tasks), at[1])
		figures = append(figures, f)
	}
	return figures, nil
}
