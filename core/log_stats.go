package core

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Tally is how often something occurs in a log.
type Tally struct {
	Name   string `json:"name"`
	Events int64  `json:"events"`
}

// LogStats says how many events there are of each type, by each actor, on each day.
type LogStats struct {
	Events int64 `json:"events"`
	// Types and Actors have the most frequent first, Days (UTC) the latest.
	Types  []Tally `json:"types"`
	Actors []Tally `json:"actors"`
	Days   []Tally `json:"days"`
}

// Stats counts the events that fit a query; its limit counts for nothing.
func (s *Log) Stats(ctx context.Context, p uuid.UUID, q EventQuery) (*LogStats, error) {
	counts, err := s.a.store.CountEvents(ctx, p, q)
	if err != nil {
		return nil, err
	}
	types, actors, days := map[string]int64{}, map[string]int64{}, map[string]int64{}
	stats := &LogStats{}
	for _, c := range counts {
		types[c.Type] += c.Events
		actors[c.Actor] += c.Events
		days[c.Day.Format("2006-01-02")] += c.Events
		stats.Events += c.Events
	}
	frequent := func(a, b Tally) int {
		if a.Events != b.Events {
			return int(b.Events - a.Events)
		}
		return strings.Compare(a.Name, b.Name)
	}
	stats.Types, stats.Actors = tallies(types, frequent), tallies(actors, frequent)
	stats.Days = tallies(days, func(a, b Tally) int { return strings.Compare(b.Name, a.Name) })
	return stats, nil
}

func tallies(counts map[string]int64, order func(a, b Tally) int) []Tally {
	list := make([]Tally, 0, len(counts))
	for name, n := range counts {
		list = append(list, Tally{name, n})
	}
	slices.SortFunc(list, order)
	return list
}
