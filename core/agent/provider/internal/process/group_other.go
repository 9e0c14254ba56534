//go:build !unix

package process

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: only the command itself can be stopped here.
func ownGroup(*exec.Cmd) {}

func ask(pid int) { kill(pid) }

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill() // one that has ended is what was wanted
	}
}

func signalOf(*os.ProcessState) string { return "" }
