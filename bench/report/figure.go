//go:build unix

package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unit is what a number counts.
type unit string

const (
	millis    unit = "ms"
	perSecond unit = "/s"
	megabytes unit = "MB"
	// megaPerSecond is a rate in MB/s.
	megaPerSecond unit = "MB/s"
	times         unit = ""
)

// show writes a number with three significant digits and its unit.
func (u unit) show(v float64) string {
	var s string
	switch {
	case math.IsNaN(v):
		return "-"
	case u == times:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case v >= 100:
		s = group(int64(math.Round(v)))
	case v >= 10:
		s = strconv.FormatFloat(v, 'f', 1, 64)
	default:
		s = strconv.FormatFloat(v, 'f', 2, 64)
	}
	if u == perSecond {
		return s + "/s"
	}
	return s + " " + string(u)
}

// group puts a space between thousands.
func group(n int64) string {
	const three = 3
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%three == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// figure is one line of the report. Numbers that were not taken are NaN.
type figure struct {
	section, what string
	unit          unit
	got           float64
	// beside says what the machine's limit is that bare was measured with.
	beside string
	bare   float64
	// limit bounds got: from above, or from below for rates. ratio bounds
	// got/bare in the same sense. NaN is no limit.
	limit, ratio float64
	// grown is got at ten times the size, which is size.
	grown float64
	size  float64
}

// newFigure is a figure without limits.
func newFigure(section, what string, u unit, got float64) *figure {
	nan := math.NaN()
	return &figure{section: section, what: what, unit: u, got: got, bare: nan, limit: nan, ratio: nan, grown: nan, size: nan}
}

func (f *figure) goal(limit float64) *figure { f.limit = limit; return f }

func (f *figure) besides(what string, bare, ratio float64) *figure {
	f.beside, f.bare, f.ratio = what, bare, ratio
	return f
}

// tenfold notes the figure at ten times a size that is given.
func (f *figure) tenfold(size, grown float64) *figure { f.size, f.grown = size, grown; return f }

func (f *figure) rate() bool { return f.unit == perSecond || f.unit == megaPerSecond }

// growth is by how much the work grew when the size grew tenfold: for times the
// quotient, for rates per item the quotient times ten.
func (f *figure) growth() float64 {
	const ten = 10
	if f.rate() {
		return ten * f.got / f.grown
	}
	return f.grown / f.got
}

// noise is by how much two equal measurements may differ.
const noise = 1.15

// allowed is n log n for ten times the size, with room for noise.
func (f *figure) allowed() float64 {
	const ten = 10
	return ten * math.Log(ten*f.size) / math.Log(f.size) * noise
}

// verdict says whether the goals are met.
func (f *figure) verdict() string {
	var missed []string
	held := func(v, limit float64) bool {
		if f.rate() {
			return v >= limit
		}
		return v <= limit
	}
	if !math.IsNaN(f.limit) && !held(f.got, f.limit) {
		missed = append(missed, "goal")
	}
	if !math.IsNaN(f.ratio) && !held(f.got/f.bare, f.ratio) {
		missed = append(missed, "ratio")
	}
	if !math.IsNaN(f.grown) && f.growth() > f.allowed() {
		missed = append(missed, "growth")
	}
	switch {
	case len(missed) > 0:
		return "**missed: " + strings.Join(missed, ", ") + "**"
	case math.IsNaN(f.limit) && math.IsNaN(f.ratio) && math.IsNaN(f.grown):
		return "for comparison"
	}
	return "met"
}

// goals says the limits in words.
func (f *figure) goals() string {
	sign := "≤"
	if f.rate() {
		sign = "≥"
	}
	var parts []string
	if !math.IsNaN(f.limit) {
		parts = append(parts, sign+" "+f.unit.show(f.limit))
	}
	if !math.IsNaN(f.ratio) {
		parts = append(parts, fmt.Sprintf("%s %gx", sign, f.ratio))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// row is the line of the table.
func (f *figure) row() string {
	bare, ratio, grown := "-", "-", "-"
	if !math.IsNaN(f.bare) {
		bare = f.unit.show(f.bare) + " " + f.beside
		ratio = fmt.Sprintf("%.2fx", f.got/f.bare)
	}
	if !math.IsNaN(f.grown) {
		grown = fmt.Sprintf("%s (work x%.1f)", f.unit.show(f.grown), f.growth())
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", f.what, f.goals(), f.unit.show(f.got), bare, ratio, grown, f.verdict())
}

// sample is a set of measurements, in one unit.
type sample []float64

// inMillis is a duration in milliseconds.
func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// at returns the value below which a share of the sample lies.
func (s sample) at(share float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

const (
	half   = 0.50
	most   = 0.95
	nearly = 0.99
)
