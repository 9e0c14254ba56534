package process

import (
	"os/exec"
	"runtime"
	"syscall"
)

// noOrphan has the kernel kill the command when this process dies, by whatever it
// dies: nobody would hear what the command says, and another worker begins the same
// work. The kernel watches the thread that started the command, so the caller keeps
// it until it has ended, and then calls the function that is returned.
//
// What the command started itself is not killed with it.
func noOrphan(cmd *exec.Cmd) (ended func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return runtime.UnlockOSThread
}
