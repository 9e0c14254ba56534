package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// State is the state of the private cluster.
type State string

// The states.
const (
	StateRunning        State = "running"         // it takes connections
	StateStopped        State = "stopped"         // Ensure would start it
	StateNotInitialised State = "not_initialised" // Ensure would create it
	StateBroken         State = "broken"          // Ensure would fail; see Problem
)

// Status describes the private cluster.
type Status struct {
	State State
	// Problem says why the state is broken, as [Ensure] would.
	Problem error
	// PID and SupervisorPID are 0 when there is no such process.
	PID, SupervisorPID int
	// Version of the server, running or to be started; empty if none is found.
	Version string
	// BinDir holds the server's programs.
	BinDir string
	// DataDir is PostgreSQL's own data directory; empty before it exists.
	DataDir string
	// SocketDir is empty unless the server runs.
	SocketDir string
	// SizeBytes is the size of everything in DataDir on disk.
	SizeBytes int64
	// VectorVersion is the version of pgvector that can be installed into
	// the database; empty if it is missing.
	VectorVersion string
	// Connections counts the clients, this call's own one not included.
	Connections int
	// StartedAt is zero unless the server runs.
	StartedAt time.Time
	// LogFile is where the server and its supervisor write.
	LogFile string
}

// GetStatus looks at the cluster and changes nothing. Problems with the
// cluster are in [Status.Problem]; the error is about looking.
func GetStatus(ctx context.Context, cfg Config) (*Status, error) {
	c, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkPlatform(); err != nil {
		return &Status{State: StateBroken, Problem: err, LogFile: c.logFile()}, nil //nolint:nilerr // it is in Problem
	}
	status := &Status{State: StateNotInitialised, LogFile: c.logFile()}
	major, problem := c.existingMajor()
	if major > 0 {
		status.State = StateStopped
		status.DataDir = c.dataDir(major)
		status.SizeBytes = diskUsage(status.DataDir)
	}
	bin, err := c.chooseBinaries(ctx)
	if problem == nil {
		problem = err
	}
	status.Version, status.BinDir, status.VectorVersion = bin.Version, bin.Dir, bin.Vector
	if _, err := checkFileSystem(c.DataDir); err != nil {
		problem = err
	}
	running, err := c.addRunning(ctx, status)
	if err != nil {
		problem = err
	}
	if err := ctx.Err(); err != nil {
		return nil, interrupted(ctx)
	}
	if problem != nil && !running {
		status.State, status.Problem = StateBroken, problem
	}
	return status, nil
}

// addRunning fills in what only a running server has.
func (c Config) addRunning(ctx context.Context, status *Status) (bool, error) {
	in, err := readInstance(c.instanceFile())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, because(err, CodeDataDirUnusable, "remove "+c.instanceFile(), "cannot read what runs")
	}
	if err := checkSocketDir(in.SocketDir, in.UID); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, err
	}
	conn, err := dial(ctx, in.SocketDir)
	if err != nil {
		if isLocked(c.runLock()) {
			return false, because(err, CodeStartFailed, "see "+c.logFile(), "the server runs, but does not answer")
		}
		return false, nil
	}
	count, err := clients(ctx, conn)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return false, because(err, CodeStartFailed, "see "+c.logFile(), "the server answers, but not to questions")
	}
	status.State, status.Connections = StateRunning, count
	status.SocketDir, status.StartedAt = in.SocketDir, in.StartedAt
	if file, err := readPostmasterFile(in.DataDir); err == nil {
		status.PID = file.pid
	}
	if isLocked(c.supervisorLock()) {
		status.SupervisorPID = in.SupervisorPID
	}
	return true, nil
}

// diskUsage adds up the files; those that vanish meanwhile do not count.
func diskUsage(dir string) int64 {
	var total int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // a file or directory that has just gone
		}
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// PSQL is a command line that runs psql, or another of PostgreSQL's client programs, on
// the cluster.
type PSQL struct {
	Path string
	Args []string // without the program's name
	Env  []string // to be added to the environment
}

// Shell returns how to run psql on the running cluster that info describes,
// with the given arguments after the connection's.
func Shell(ctx context.Context, cfg Config, info *Info, args ...string) (*PSQL, error) {
	return Client(ctx, cfg, info, shellProgram, args...)
}

// Client is [Shell] for another of PostgreSQL's client programs, such as pg_dump: that
// of the server's own version where there is one.
func Client(ctx context.Context, cfg Config, info *Info, program string, args ...string) (*PSQL, error) {
	c, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	bin, err := c.chooseBinaries(ctx)
	if err != nil {
		return nil, err
	}
	path, err := exec.LookPath(filepath.Join(bin.Dir, program))
	if err != nil {
		// Some distributions keep the client apart from the server.
		path, err = exec.LookPath(program)
	}
	if err != nil {
		return nil, because(err, CodePostgresNotFound, "run 'layercake setup'", "%s is not installed", program)
	}
	return &PSQL{
		Path: path,
		Args: args,
		Env: []string{
			"PGHOST=" + info.SocketDir, "PGPORT=" + strconv.Itoa(port), "PGUSER=" + roleName, "PGDATABASE=" + databaseName,
		},
	}, nil
}
