//go:build !unix

package proof

import (
	"errors"
	"os"
	"os/exec"
)

// ownGroup does nothing: only the command itself can be stopped here.
func ownGroup(*exec.Cmd) {}

func askToStop(pid int) error { return forceStop(pid) }

func forceStop(pid int) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return nil
	}
	if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

func exitSignal(*os.ProcessState) string { return "" }

func groupAlive(int) bool { return false }
