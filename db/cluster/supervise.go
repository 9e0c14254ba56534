package cluster

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// supervisor is the process that keeps one server.
type supervisor struct {
	cfg     Config
	acc     account
	disk    fileSystem
	bin     Binaries
	in      instance
	log     *os.File
	runLock *os.File // nil when the server was adopted
	server  *server
	now     func() time.Time
}

// server is the running postmaster.
type server struct {
	pid int
	// gone is closed when it has ended.
	gone chan struct{}
}

const (
	lockPatience = 2 * time.Second  // for the previous supervisor to end
	runPatience  = 10 * time.Second // for a server that was started elsewhere to be seen or to end
	endPatience  = 30 * time.Second // for the last processes of a killed server to end, on a busy machine
)

// Supervise runs the server until it has been idle for [Config.IdleTimeout],
// until it ends by itself or until ctx ends or SIGTERM or SIGINT arrives, which
// stop it at once ("fast shutdown"). If the server already runs without a
// supervisor, it is adopted. It is meant to be the whole life of a process that
// [Ensure] spawned; see [SupervisorConfig].
func Supervise(ctx context.Context, cfg Config) error {
	report := inheritedReporter(cfg)
	starter := inheritedStarter(cfg)
	err := superviseAndReport(ctx, cfg, report, starter)
	report.send(nil, err) // has no effect once success was reported
	return err
}

func superviseAndReport(ctx context.Context, cfg Config, report *reporter, starter io.Closer) error {
	c, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	// A terminal that closes must not take the database with it.
	signal.Ignore(syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	s := &supervisor{cfg: c, now: time.Now}
	if s.acc, s.disk, err = c.prepare(ctx); err != nil {
		return err
	}
	if s.log, err = c.openLog(s.acc); err != nil {
		return err
	}
	defer func() { _ = s.log.Close() }() // every line was written already

	patience, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	alone, err := waitLock(patience, c.supervisorLock(), lockExclusive)
	if err != nil {
		return because(err, codeSupervised, "", "another supervisor is at work")
	}
	defer func() { _ = alone.Close() }() // the process ends
	_ = starter.Close()                  // from here on supervisor.lock tells

	if err := s.acquire(ctx); err != nil {
		s.say("no server: %v", err)
		return err
	}
	defer s.release()
	report.send(&s.in, nil)
	return s.watch(ctx)
}

// acquire adopts the running server or starts one.
func (s *supervisor) acquire(ctx context.Context) error {
	began := s.now()
	for {
		lock, err := tryLock(s.cfg.runLock(), lockExclusive)
		if err == nil {
			s.runLock = lock
			return s.start(ctx)
		}
		if !errors.Is(err, errLocked) {
			return because(err, CodeDataDirUnusable, "", "cannot lock the database directory")
		}
		adopted, err := s.adopt(ctx)
		if adopted || err != nil {
			return err
		}
		if err := s.patience(s.now().Sub(began)); err != nil {
			return err
		}
		if err := pause(ctx, retryPause); err != nil {
			return interrupted(ctx)
		}
	}
}

// patience returns an error when an earlier server has kept its lock for too long.
func (s *supervisor) patience(waited time.Duration) error {
	last, err := readInstance(s.cfg.instanceFile())
	switch {
	case err == nil && last.elsewhere() && waited > runPatience:
		return s.cfg.unreachable(last)
	case waited > endPatience:
		return failure(CodeStartFailed, "try again in a while, and see "+s.cfg.logFile(),
			"processes of an earlier server have not ended within %v", endPatience)
	}
	return nil
}

// release tidies up after the server. It lets go of run.lock last, so that
// nobody starts a server whose socket would then be removed.
func (s *supervisor) release() {
	if err := removeSocketDir(s.in); err != nil {
		s.say("socket directory stays: %v", err)
	}
	if s.runLock != nil {
		_ = s.runLock.Close()
	}
}

// adopt takes over a server whose supervisor was killed. It returns false when
// there is none that answers (yet).
func (s *supervisor) adopt(ctx context.Context) (bool, error) {
	in, err := readInstance(s.cfg.instanceFile())
	if err != nil || in.elsewhere() {
		return false, nil //nolint:nilerr // nothing to adopt is no failure
	}
	file, err := readPostmasterFile(in.DataDir)
	if err != nil || !file.ready || !processUses(file.pid, in.DataDir) {
		return false, nil //nolint:nilerr // it is on its way out
	}
	// The supervisor may have died while it had the socket renamed away.
	if err := reopenSocket(in.SocketDir); err != nil {
		return false, err
	}
	if found, _ := probe(ctx, in.SocketDir); found != answerReady {
		return false, nil
	}
	s.in = in
	s.in.SupervisorPID = os.Getpid()
	if err := s.in.write(s.cfg.instanceFile()); err != nil {
		return false, because(err, CodeDataDirUnusable, "", "cannot write %s", s.cfg.instanceFile())
	}
	s.server = &server{pid: file.pid, gone: make(chan struct{})}
	go s.awaitLock(context.WithoutCancel(ctx)) // the server outlives what ctx is for, and is stopped after its end
	s.say("adopted the server, process %d", file.pid)
	return true, s.acc.own(s.cfg.instanceFile())
}

// awaitLock notices the end of a server that is no child: all its processes
// have let go of run.lock.
func (s *supervisor) awaitLock(ctx context.Context) {
	defer close(s.server.gone)
	lock, err := waitLock(ctx, s.cfg.runLock(), lockExclusive)
	if err != nil {
		s.say("cannot watch the server: %v", err)
		return
	}
	s.runLock = lock
}
