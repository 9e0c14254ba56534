package markdown

import (
	"math"
	"slices"
)

// ranks gives the records of a section that were moved, or written between
// others, a place in the order: their ranks. The other records keep theirs, so
// that a move is a change of what moved and of nothing else.
//
// order are the records of the section as they stand in the file, with "" for
// those without an id, before the order they had, and rank the ranks they have
// in the database. What stays is the longest run of records whose order is as
// before; new records at the very end get no rank, which puts them last.
func ranks(order, before []string, rank map[string]float64) map[int]float64 {
	place := make(map[string]int, len(before))
	for i, key := range before {
		place[key] = i
	}
	stays := longestRun(order, place, rank)
	out := map[int]float64{}
	for i := 0; i < len(order); {
		if stays[i] {
			i++
			continue
		}
		end := i
		for end < len(order) && !stays[end] {
			end++
		}
		spread(out, order, rank, i, end)
		i = end
	}
	return respaced(out, order, rank)
}

// respaced returns the places, or whole numbers for the whole section when there
// is no number left between two neighbours: a place can be halved some fifty
// times.
func respaced(out map[int]float64, order []string, rank map[string]float64) map[int]float64 {
	if len(out) == 0 {
		return out
	}
	last := math.Inf(-1)
	for i, key := range order {
		at, ok := out[i]
		if !ok {
			if at, ok = rank[key]; !ok {
				continue // new, and at the end
			}
		}
		if at <= last {
			for n := range order {
				out[n] = float64(n + 1)
			}
			return out
		}
		last = at
	}
	return out
}

// spread places the records from start to end between their neighbours.
func spread(out map[int]float64, order []string, rank map[string]float64, start, end int) {
	hasLow, hasHigh := start > 0, end < len(order)
	if !hasHigh && onlyNew(order[start:end]) {
		return
	}
	var low, high float64
	switch {
	case hasLow && hasHigh:
		low, high = rank[order[start-1]], rank[order[end]]
	case hasLow:
		low = rank[order[start-1]]
		high = low + 1
	case hasHigh:
		high = rank[order[end]]
		low = high - 1
	default:
		low, high = 0, 1
	}
	step := (high - low) / float64(end-start+1)
	for i := start; i < end; i++ {
		out[i] = low + step*float64(i-start+1)
	}
}

func onlyNew(keys []string) bool {
	for _, k := range keys {
		if k != "" {
			return false
		}
	}
	return true
}

// longestRun marks the records that can stay: the longest sequence that stands in
// the order of before and of the ranks. It takes n log n steps.
func longestRun(order []string, place map[string]int, rank map[string]float64) []bool {
	type end struct{ at, place int }
	var tails []end // the least place at which a run of each length ends
	previous := make([]int, len(order))
	for i, key := range order {
		previous[i] = -1
		p, known := place[key]
		if _, ranked := rank[key]; key == "" || !known || !ranked {
			continue
		}
		n, _ := slices.BinarySearchFunc(tails, p, func(t end, p int) int { return t.place - p })
		if n > 0 {
			previous[i] = tails[n-1].at
		}
		if n == len(tails) {
			tails = append(tails, end{i, p})
		} else {
			tails[n] = end{i, p}
		}
	}
	stays := make([]bool, len(order))
	if len(tails) == 0 {
		return stays
	}
	for at := tails[len(tails)-1].at; at >= 0; at = previous[at] {
		stays[at] = true
	}
	return stays
}
