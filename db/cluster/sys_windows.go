package cluster

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// supported is false: the private cluster needs Unix sockets with
// permissions, file locks that children inherit and signals. What follows is
// there so that LayerCake with a database URL runs on Windows.
const supported = false

type lockMode int

const (
	lockShared lockMode = iota
	lockExclusive
)

func flock(*os.File, lockMode) error     { return errors.ErrUnsupported }
func flockWait(*os.File, lockMode) error { return errors.ErrUnsupported }

func detach(*exec.Cmd)         {}
func runAs(*exec.Cmd, account) {}
func closeOnExec(uintptr)      {}

func fileOwner(os.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }

const (
	stopSmart     = syscall.SIGTERM
	stopFast      = syscall.SIGINT
	stopImmediate = syscall.SIGQUIT
)

func signalProcess(int, os.Signal) error      { return errors.ErrUnsupported }
func signalServer(int, syscall.Signal) error  { return errors.ErrUnsupported }
func thisHost() hostID                        { return hostID{} }
func processUses(int, string) bool            { return false }
func fileSystemOf(string) (fileSystem, error) { return fileSystem{}, errors.ErrUnsupported }
func smallSharedMemory() bool                 { return false }

const maxSocketPath = 107
