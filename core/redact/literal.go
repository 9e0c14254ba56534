package redact

import (
	"bytes"
	"slices"
)

// kindEnv marks what came from the environment.
const kindEnv = "env"

// literalSet finds known values.
type literalSet struct {
	// byStart holds the values by their first two bytes, longest first.
	byStart map[uint16][][]byte
}

func newLiteralSet(secrets []string) *literalSet {
	set := &literalSet{byStart: map[uint16][][]byte{}}
	var all []string
	for _, s := range secrets {
		all = append(all, variants(s)...)
	}
	slices.Sort(all)
	for _, s := range slices.Compact(all) {
		key := pairOf(s[0], s[1])
		set.byStart[key] = append(set.byStart[key], []byte(s))
	}
	for _, list := range set.byStart {
		slices.SortStableFunc(list, func(a, b []byte) int { return len(b) - len(a) })
	}
	return set
}

func pairOf(a, b byte) uint16 { return uint16(a)<<8 | uint16(b) }

// at returns where the longest value that begins at buf[i] ends. more says that
// the buffer ends too early to tell.
func (l *literalSet) at(buf []byte, i int, final bool) (end int, more bool) {
	rest := buf[i:]
	if len(rest) < 2 {
		// The scanner holds a last byte back by itself.
		return 0, false
	}
	for _, lit := range l.byStart[pairOf(rest[0], rest[1])] {
		if len(rest) < len(lit) {
			if !final && bytes.HasPrefix(lit, rest) {
				return 0, true
			}
			continue
		}
		if bytes.HasPrefix(rest, lit) {
			return i + len(lit), false
		}
	}
	return 0, false
}

// extend moves end on while another value begins before it and reaches beyond,
// so that of two overlapping secrets no rest is left over.
func (l *literalSet) extend(buf []byte, i, end int, final bool) (int, bool) {
	for j := i + 1; j < end; j++ {
		e, more := l.at(buf, j, final)
		if more {
			return 0, true
		}
		end = max(end, e)
	}
	return end, false
}
