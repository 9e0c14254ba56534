package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	readyPoll  = 2 * time.Millisecond
	exitSettle = 50 * time.Millisecond
)

// start creates the cluster if need be and starts the server. The caller holds
// run.lock, so no process of an earlier server is left.
func (s *supervisor) start(ctx context.Context) error {
	last, err := readInstance(s.cfg.instanceFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.say("starting anew: %v", err)
	}
	host := thisHost()
	if err := checkHost(s.disk, last, host, s.cfg.instanceFile()); err != nil {
		return err
	}
	if s.bin, err = s.cfg.chooseBinaries(ctx); err != nil {
		return err
	}
	if err := s.initialise(ctx); err != nil {
		return err
	}
	pgdata := s.cfg.dataDir(s.bin.Major)
	if err := removeStalePIDFile(pgdata); err != nil {
		return err
	}
	if err := writeServerFiles(pgdata, s.acc, s.cfg.Settings); err != nil {
		return err
	}
	// run.lock is ours, so a socket that a killed server left is nobody's; its
	// lock file would stop the start like a stale postmaster.pid.
	if err := removeSocketDir(last); err != nil {
		s.say("the old socket stays: %v", err)
	}
	socketDir, err := s.cfg.makeSocketDir(s.acc)
	if err != nil {
		return err
	}
	s.in = instance{
		SocketDir: socketDir, DataDir: pgdata, BinDir: s.bin.Dir, Major: s.bin.Major, Version: s.bin.Version,
		UID: s.acc.uid, SupervisorPID: os.Getpid(), StartedAt: s.now().UTC(), Host: host,
	}
	if err := s.in.write(s.cfg.instanceFile()); err != nil {
		return because(err, CodeDataDirUnusable, "", "cannot write %s", s.cfg.instanceFile())
	}
	if err := s.acc.own(s.cfg.instanceFile()); err != nil {
		return err
	}
	if err := s.launchUntilUp(ctx); err != nil {
		return errors.Join(err, removeSocketDir(s.in))
	}
	return nil
}

// removeStalePIDFile removes a postmaster.pid whose process is certainly not
// the server. Left alone it stops the start for as long as any process has
// that id: a zombie that nobody collects, or a stranger in a new container.
func removeStalePIDFile(pgdata string) error {
	file, err := readPostmasterFile(pgdata)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && processUses(file.pid, pgdata) {
		return nil // started by hand, perhaps: the server itself will tell
	}
	if err := os.Remove(filepath.Join(pgdata, pidFileName)); err != nil {
		return because(err, CodeDataDirUnusable, "", "cannot remove a stale %s", pidFileName)
	}
	return nil
}

// launchUntilUp tries again while the remains of a killed server are still
// going away.
func (s *supervisor) launchUntilUp(ctx context.Context) error {
	deadline := s.now().Add(runPatience)
	for {
		err := s.launch(ctx)
		if err == nil || !isTransient(err) || s.now().After(deadline) {
			return err
		}
		if err := pause(ctx, exitSettle); err != nil {
			return interrupted(ctx)
		}
	}
}

func isTransient(err error) bool {
	text := err.Error()
	return strings.Contains(text, pidFileName+`" already exists`) || strings.Contains(text, "shared memory block") && strings.Contains(text, "still in use")
}

// launch executes the server and waits until it takes commands.
func (s *supervisor) launch(ctx context.Context) error {
	if err := boundLog(s.cfg.logFile(), maxLogSize); err != nil {
		return because(err, CodeDataDirUnusable, "", "cannot shorten the log")
	}
	var offset int64
	if info, err := s.log.Stat(); err == nil {
		offset = info.Size()
	}
	// The server must not die with ctx: it is asked to stop, and waited for.
	cmd := s.command(context.WithoutCancel(ctx), serverProgram, "-D", s.in.DataDir, "-k", quoteDir(s.in.SocketDir))
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		return s.explain(because(err, CodeStartFailed, "", "cannot run %s", cmd.Path))
	}
	running := &server{pid: cmd.Process.Pid, gone: make(chan struct{})}
	go func() {
		defer close(running.gone)
		if err := cmd.Wait(); err != nil {
			s.say("the server ended: %v", err)
		}
	}()
	s.server = running
	for {
		if file, err := readPostmasterFile(s.in.DataDir); err == nil && file.pid == running.pid && file.ready {
			if found, _ := probe(ctx, s.in.SocketDir); found == answerReady {
				return nil
			}
		}
		select {
		case <-running.gone:
			return s.explain(failure(CodeStartFailed, "see "+s.cfg.logFile(), "the database server ended while it started:\n%s",
				logTail(s.cfg.logFile(), offset)))
		case <-ctx.Done():
			s.stopServer(stopFast)
			return interrupted(ctx)
		case <-time.After(readyPoll):
		}
	}
}

// quoteDir protects commas and spaces, for the server takes a list.
func quoteDir(dir string) string {
	return `"` + strings.ReplaceAll(dir, `"`, `""`) + `"`
}

// explain gives the failures that have a known way out their own code.
func (s *supervisor) explain(failed *Error) *Error {
	switch {
	case strings.Contains(failed.Error(), "could not look up effective user ID"):
		failed.Code = CodeNoServerUser
		failed.Hint = "run layercake as a user that is listed in /etc/passwd, or set " + envURL + " to a PostgreSQL server"
	case strings.Contains(failed.Error(), "No space left on device"):
		failed.Hint = "free some space on the disk of " + s.cfg.DataDir
	case failed.Hint == "":
		failed.Hint = "see " + s.cfg.logFile()
	}
	return failed
}
