package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// hostID tells machines, boots of one machine and containers apart.
type hostID struct {
	Name string `json:"name"`
	// Boot changes with every start of the kernel, and is the same in all
	// containers on it. Empty where it cannot be found out.
	Boot string `json:"boot"`
	// PIDNamespace is the same for processes that see each other's ids.
	PIDNamespace string `json:"pid_namespace,omitempty"`
}

type fsKind int

const (
	fsLocal fsKind = iota
	fsUnknown
	fsRemote
)

type fileSystem struct {
	name string
	kind fsKind
}

// checkFileSystem refuses directories whose locks or syncs cannot be trusted.
// dir need not exist yet.
func checkFileSystem(dir string) (fileSystem, error) {
	existing := dir
	for {
		_, err := os.Stat(existing)
		if err == nil {
			break
		}
		parent := filepath.Dir(existing)
		if !errors.Is(err, fs.ErrNotExist) || parent == existing {
			return fileSystem{}, because(err, CodeDataDirUnusable, "set "+envDataDir+" to a directory on a local disk",
				"the data directory %s cannot be used", dir)
		}
		existing = parent
	}
	found, err := fileSystemOf(existing)
	if err != nil {
		return found, because(err, CodeDataDirUnusable, "", "cannot tell the file system of %s", existing)
	}
	return found, refuseRemote(dir, found)
}

func refuseRemote(dir string, found fileSystem) error {
	if found.kind == fsRemote {
		return failure(CodeNetworkFS,
			"set "+envDataDir+" to a directory on a local disk, or "+envURL+" to a PostgreSQL server",
			"the data directory %s is on %s, where a database is not safe", dir, found.name)
	}
	return nil
}

// checkHost refuses data that another machine may be running on. Where the
// file system is known to belong to this machine alone, run.lock has already
// answered that.
func checkHost(on fileSystem, last instance, now hostID, instanceFile string) error {
	if on.kind == fsLocal || last.DataDir == "" {
		return nil
	}
	sameMachine := last.Host.Name == now.Name || (last.Host.Boot != "" && last.Host.Boot == now.Boot)
	if sameMachine {
		return nil
	}
	if _, err := readPostmasterFile(last.DataDir); errors.Is(err, fs.ErrNotExist) {
		return nil // it was stopped in good order
	}
	return failure(CodeOtherHost,
		"run 'layercake db stop' on "+last.Host.Name+"; if that machine is gone for good, remove "+instanceFile,
		"the data was last used on %s and not closed there, and whether it still runs cannot be told on this file system (%s)",
		last.Host.Name, on.name)
}
