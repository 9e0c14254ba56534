package cluster

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxSocketPath is the longest socket name, without the closing zero byte.
const maxSocketPath = 107

// thisHost tells machines, boots and containers apart.
func thisHost() hostID {
	var id hostID
	if name, err := os.Hostname(); err == nil {
		id.Name = name
	}
	if boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		id.Boot = strings.TrimSpace(string(boot))
	}
	if namespace, err := os.Readlink("/proc/self/ns/pid"); err == nil {
		id.PIDNamespace = namespace
	}
	return id
}

// processUses tells whether the process is alive (a zombie is not) and its
// working directory is dir, as is the server's. When that cannot be found out
// it says yes, which is the answer that leaves things as they are.
func processUses(pid int, dir string) bool {
	if processGone(pid) {
		return false
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return !os.IsNotExist(err)
	}
	// The state follows the command, which is in parentheses and may contain any character.
	if _, rest, ok := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " "); ok && strings.HasPrefix(rest, "Z") {
		return false
	}
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil {
		return !os.IsNotExist(err)
	}
	resolved, err := filepath.EvalSymlinks(dir)
	return err != nil || cwd == resolved
}

// File system types by the magic number of statfs(2).
const (
	fsNFS       = 0x6969
	fsSMB       = 0x517B
	fsSMB2      = 0xFE534D42
	fsCIFS      = 0xFF534D42
	fs9P        = 0x01021997
	fsFUSE      = 0x65735546
	fsVirtioFS  = 0x6A656A63 // reported as FUSE by current kernels
	fsAFS       = 0x5346414F
	fsCeph      = 0x00C36400
	fsCoda      = 0x73757245
	fsLustre    = 0x0BD00BD0
	fsVBoxShare = 0x786F4256
	fsExt       = 0xEF53
	fsXFS       = 0x58465342
	fsBtrfs     = 0x9123683E
	fsZFS       = 0x2FC12FC1
	fsF2FS      = 0xF2F52010
	fsOverlay   = 0x794C7630
	fsTmpfs     = 0x01021994
	fsBcachefs  = 0xCA451A4E
)

// fileSystemOf classifies the file system that holds path.
func fileSystemOf(path string) (fileSystem, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return fileSystem{}, fmt.Errorf("statfs %s: %w", path, err)
	}
	return classifyFileSystem(uint32(stat.Type)), nil //nolint:gosec // magic numbers have 32 bits
}

func classifyFileSystem(magic uint32) fileSystem {
	remote := map[uint32]string{
		fsNFS: "NFS", fsSMB: "SMB", fsSMB2: "SMB", fsCIFS: "CIFS", fs9P: "9p", fsFUSE: "FUSE", fsVirtioFS: "virtiofs",
		fsAFS: "AFS", fsCeph: "Ceph", fsCoda: "Coda", fsLustre: "Lustre", fsVBoxShare: "a VirtualBox share",
	}
	if name, ok := remote[magic]; ok {
		return fileSystem{name: name, kind: fsRemote}
	}
	switch magic {
	case fsExt, fsXFS, fsBtrfs, fsZFS, fsF2FS, fsOverlay, fsTmpfs, fsBcachefs:
		return fileSystem{kind: fsLocal}
	default:
		return fileSystem{name: "type 0x" + strconv.FormatUint(uint64(magic), 16), kind: fsUnknown}
	}
}

// smallSharedMemory tells whether /dev/shm is too small for the server's
// dynamic shared memory, as is Docker's default of 64 MB, or closed to the
// user that the server runs as, as it is in some chroots.
func smallSharedMemory() bool {
	const (
		enough        = 256 << 20
		othersMayMake = 0o003
	)
	var dir unix.Stat_t
	if err := unix.Stat("/dev/shm", &dir); err != nil || dir.Mode&othersMayMake != othersMayMake {
		return true
	}
	var stat unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &stat); err != nil {
		return true
	}
	return stat.Type != fsTmpfs || stat.Blocks*uint64(stat.Bsize) < enough //nolint:gosec // block sizes are positive
}
