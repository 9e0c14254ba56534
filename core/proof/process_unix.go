//go:build unix

package proof

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the command the leader of a process group of its own, so that
// all that it starts can be stopped with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// signalGroup sends a signal to every process of the command's group. A group
// without processes is no error.
func signalGroup(pid int, sig syscall.Signal) error {
	err := syscall.Kill(-pid, sig)
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) {
		// macOS answers EPERM for a group of zombies.
		return nil
	}
	if err != nil {
		return fmt.Errorf("signal process group %d: %w", pid, err)
	}
	return nil
}

func askToStop(pid int) error { return signalGroup(pid, syscall.SIGTERM) }

func forceStop(pid int) error { return signalGroup(pid, syscall.SIGKILL) }

// exitSignal returns the name of the signal that ended the process, or "".
func exitSignal(state *os.ProcessState) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return ""
	}
	return status.Signal().String()
}

// groupAlive reports whether any process of the group is left.
func groupAlive(pid int) bool { return syscall.Kill(-pid, 0) == nil }
