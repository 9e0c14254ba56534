package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxSocketPath is the longest socket name, without the closing zero byte.
const maxSocketPath = 103

// thisHost tells machines and boots apart; there are no containers.
func thisHost() hostID {
	var id hostID
	if name, err := os.Hostname(); err == nil {
		id.Name = name
	}
	if boot, err := unix.Sysctl("kern.bootsessionuuid"); err == nil {
		id.Boot = boot
	}
	return id
}

// processUses tells whether the process is alive and its command line has dir
// in it, as the server's has.
func processUses(pid int, dir string) bool {
	if processGone(pid) {
		return false
	}
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // a moment, and asked after interruptions, too
	return err != nil || strings.Contains(string(out), dir)
}

// smallSharedMemory is about Linux's /dev/shm only.
func smallSharedMemory() bool { return false }

// fileSystemOf classifies the file system that holds path.
func fileSystemOf(path string) (fileSystem, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return fileSystem{}, fmt.Errorf("statfs %s: %w", path, err)
	}
	return classifyFileSystem(unix.ByteSliceToString(stat.Fstypename[:])), nil
}

func classifyFileSystem(name string) fileSystem {
	switch name {
	case "apfs", "hfs":
		return fileSystem{name: name, kind: fsLocal}
	case "nfs", "smbfs", "afpfs", "webdav", "ftp", "macfuse", "osxfuse", "fusefs", "virtiofs", "AppleVirtIOFS", "9p":
		return fileSystem{name: name, kind: fsRemote}
	default:
		return fileSystem{name: name, kind: fsUnknown}
	}
}
