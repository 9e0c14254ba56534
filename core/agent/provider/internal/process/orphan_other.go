//go:build !linux

package process

import "os/exec"

// noOrphan does nothing: only Linux ends a command with the one that started it.
func noOrphan(*exec.Cmd) (ended func()) { return func() {} }
