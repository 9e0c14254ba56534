// Package faulttest holds what all tests of faults share.
package faulttest

import "os"

// envFaults names the variable that asks for the full number of tries.
const envFaults = "LAYERCAKE_FAULTS"

// Full reports whether faults are to be tried as often as docs/faults.md
// promises, as `make test-faults` does every night.
func Full() bool { return os.Getenv(envFaults) == "full" }

// Rounds is how often a fault is tried: short in every run of the tests, full
// when [Full] says so.
func Rounds(short, full int) int {
	if Full() {
		return full
	}
	return short
}
