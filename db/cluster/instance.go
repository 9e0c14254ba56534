package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// instance is what the supervisor writes down about the server it runs, so
// that every other process finds the same socket whatever its environment.
type instance struct {
	SocketDir     string    `json:"socket_dir"`
	DataDir       string    `json:"data_dir"` // of PostgreSQL, with PG_VERSION in it
	BinDir        string    `json:"bin_dir"`
	Major         int       `json:"major"`
	Version       string    `json:"version"`
	UID           int       `json:"uid"` // of the server
	SupervisorPID int       `json:"supervisor_pid"`
	StartedAt     time.Time `json:"started_at"`
	Host          hostID    `json:"host"`
}

func readInstance(path string) (instance, error) {
	var in instance
	text, err := os.ReadFile(path)
	if err != nil {
		return in, err
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return in, fmt.Errorf("read %s: %w", path, err)
	}
	return in, nil
}

// elsewhere tells that the server's process ids mean nothing here: it was
// started in another container.
func (in instance) elsewhere() bool {
	return in.Host.PIDNamespace != thisHost().PIDNamespace
}

// write replaces the file in one step, so that a reader never sees half of it.
func (in instance) write(path string) error {
	text, err := json.MarshalIndent(in, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return writeFileAtomically(path, append(text, '\n'), filePerm)
}

func writeFileAtomically(path string, text []byte, perm fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Chmod(perm), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// postmasterFile is what the server itself writes into postmaster.pid.
type postmasterFile struct {
	pid   int
	ready bool
}

const (
	pidFileName     = "postmaster.pid"
	pidStatusLine   = 7 // counted from 0
	pidStatusReady  = "ready"
	versionFileName = "PG_VERSION"
)

// readPostmasterFile reads postmaster.pid. The error is fs.ErrNotExist when
// the server is not running and was stopped in good order.
func readPostmasterFile(pgdata string) (postmasterFile, error) {
	text, err := os.ReadFile(filepath.Join(pgdata, pidFileName))
	if err != nil {
		return postmasterFile{}, err
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return postmasterFile{}, fmt.Errorf("first line of %s: %w", pidFileName, err)
	}
	ready := len(lines) > pidStatusLine && strings.TrimSpace(lines[pidStatusLine]) == pidStatusReady
	return postmasterFile{pid: pid, ready: ready}, nil
}
