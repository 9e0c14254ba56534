package jobs

import (
	"log/slog"
	"math/rand/v2"
	"time"
)

// quiet is a logger that says nothing: what goes wrong reaches the caller as an
// error.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// jitter returns a time between nothing and most.
func jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return rand.N(most) //nolint:gosec // spreads what would come at once; nothing secret
}
