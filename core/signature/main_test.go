package signature_test

import "time"

// How long tests wait for other processes, and how often they look.
const (
	wait = 10 * time.Second
	tick = 5 * time.Millisecond
)
