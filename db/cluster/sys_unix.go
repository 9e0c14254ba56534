//go:build linux || darwin

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const supported = true

type lockMode int

const (
	lockShared    lockMode = unix.LOCK_SH
	lockExclusive lockMode = unix.LOCK_EX
)

// flock takes the lock without waiting, or returns errLocked.
func flock(file *os.File, mode lockMode) error {
	for {
		err := unix.Flock(int(file.Fd()), int(mode)|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("lock %s: %w", file.Name(), err)
		}
	}
}

// flockWait takes the lock, however long it takes.
func flockWait(file *os.File, mode lockMode) error {
	for {
		err := unix.Flock(int(file.Fd()), int(mode))
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("lock %s: %w", file.Name(), err)
		}
	}
}

// detach makes cmd outlive this process and its terminal.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// runAs makes cmd run with the rights of acc.
func runAs(cmd *exec.Cmd, acc account) {
	if !acc.drop {
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(acc.uid), Gid: uint32(acc.gid)}, //nolint:gosec // ids come from the system's own tables
	}
}

// fileOwner is the user and group that own the file.
func fileOwner(info os.FileInfo) (uid, gid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}

// closeOnExec keeps children from inheriting the descriptor.
func closeOnExec(fd uintptr) { unix.CloseOnExec(int(fd)) }

// The ways of asking the server to stop.
const (
	stopSmart     = unix.SIGTERM // when the last client has left
	stopFast      = unix.SIGINT  // clients are cut off, data is written out
	stopImmediate = unix.SIGQUIT // recovery at the next start
)

func signalProcess(pid int, sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return fmt.Errorf("signal %v: %w", sig, errors.ErrUnsupported)
	}
	if err := unix.Kill(pid, number); err != nil {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return nil
}

// processGone tells whether no process has this id any more.
func processGone(pid int) bool {
	return errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}

// signalServer signals the postmaster. One that is just gone needs no signal.
func signalServer(pid int, sig syscall.Signal) error {
	if err := signalProcess(pid, sig); err != nil && !errors.Is(err, unix.ESRCH) {
		return because(err, CodeStopFailed, "run 'sudo kill -INT "+strconv.Itoa(pid)+"'", "cannot signal the server, process %d", pid)
	}
	return nil
}
