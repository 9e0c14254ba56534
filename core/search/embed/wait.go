package embed

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstPause, longestPause = 500 * time.Millisecond, 30 * time.Second
	// mostSeconds is what an hour has, beyond which nobody waits.
	mostSeconds = 1e6
)

// retryAfter is how long a provider asks to wait: in seconds, as a date, or in
// OpenAI's own way in milliseconds. Negative where it asks for nothing.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil && ms >= 0 && ms < mostSeconds {
		return time.Duration(ms * float64(time.Millisecond))
	}
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, mostSeconds) * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return -1
}

// pauseAfter says how long to wait before the next try, if there is to be one. Who
// says when to come again is believed; others are asked ever more seldom, not all at
// the same moment.
func (c *Client) pauseAfter(t *trouble, try int) (time.Duration, bool) {
	passes := t.what == unreachable || t.what == slow || t.what == busy || t.passing
	if !passes || t.final || try >= c.tries {
		return 0, false
	}
	if t.after >= 0 && t.what == busy {
		return t.after, t.after <= c.longest
	}
	d := min(firstPause<<(try-1), longestPause)
	return d/2 + rand.N(d/2+1), true //nolint:gosec // who comes first is no secret
}
