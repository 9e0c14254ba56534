package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	minWatch      = 20 * time.Millisecond
	maxWatch      = 30 * time.Second
	watchFraction = 10 // looks per idle timeout

	smartPatience = 5 * time.Second
	fastPatience  = 60 * time.Second // a checkpoint on a slow disk takes its time
)

// watch returns when the server has ended, for whatever reason.
func (s *supervisor) watch(ctx context.Context) error {
	interval := min(max(s.cfg.IdleTimeout/watchFraction, minWatch), maxWatch)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	lastClient := s.now()
	for {
		select {
		case <-s.server.gone:
			s.say("the server is gone")
			return nil
		case <-ctx.Done():
			s.say("asked to stop")
			s.stopServer(stopFast)
			return nil
		case <-ticker.C:
		}
		if err := boundLog(s.cfg.logFile(), maxLogSize); err != nil {
			s.say("cannot shorten the log: %v", err)
		}
		if _, err := os.Lstat(filepath.Join(s.in.SocketDir, socketFile)); errors.Is(err, fs.ErrNotExist) {
			s.say("somebody removed the socket; ending, so that the next client gets a new one")
			s.stopServer(stopFast)
			return nil
		}
		if s.inUse(ctx) {
			lastClient = s.now()
			continue
		}
		if s.now().Sub(lastClient) < s.cfg.IdleTimeout || s.wantedSince(s.now().Add(-s.cfg.IdleTimeout)) {
			continue
		}
		if s.stopIfIdle(ctx) {
			return nil
		}
		lastClient = s.now()
	}
}

// inUse tells whether anybody is connected. It costs one short session; a
// server that does not answer is looked after by s.server.gone.
func (s *supervisor) inUse(ctx context.Context) bool {
	conn, err := dial(ctx, s.in.SocketDir)
	if err != nil {
		return true // full, or busy recovering: not idle, whatever it is
	}
	count, err := clients(ctx, conn)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		s.say("cannot count clients: %v", err)
		return true
	}
	return count > 0
}

// wantedSince tells whether a process called Ensure after the given time.
func (s *supervisor) wantedSince(when time.Time) bool {
	info, err := os.Stat(s.cfg.usedFile())
	return err == nil && info.ModTime().After(when)
}

// stopIfIdle stops the server unless somebody came in the meantime. The socket
// is out of reach while it makes sure; see the package documentation.
func (s *supervisor) stopIfIdle(ctx context.Context) bool {
	lock, err := tryLock(s.cfg.startLock(), lockExclusive)
	if err != nil {
		return false // somebody is just coming or stopping it
	}
	defer func() { _ = lock.Close() }() // the process goes on or ends
	conn, err := dial(ctx, s.in.SocketDir)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close(ctx) }() // the server is going down
	// Looked at twice: once so that the socket is away for no longer than it
	// takes to look, and once when nobody can come any more.
	if !s.idle(ctx, conn) {
		return false
	}
	if err := os.Rename(filepath.Join(s.in.SocketDir, socketFile), filepath.Join(s.in.SocketDir, closedSocket)); err != nil {
		s.say("cannot take the socket away: %v", err)
		return false
	}
	if !s.idle(ctx, conn) {
		if err := reopenSocket(s.in.SocketDir); err != nil {
			s.say("cannot put the socket back: %v", err)
		}
		return false
	}
	_ = conn.Close(ctx) // a smart shutdown waits for us, too
	s.say("idle for %v, stopping", s.cfg.IdleTimeout)
	s.stopServer(stopSmart)
	return true
}

// idle tells that nobody is connected and nobody is about to connect.
func (s *supervisor) idle(ctx context.Context, conn *pgconn.PgConn) bool {
	count, err := clients(ctx, conn)
	return err == nil && count == 0 && !s.wantedSince(s.now().Add(-s.cfg.IdleTimeout))
}

// reopenSocket puts the socket back under its name.
func reopenSocket(dir string) error {
	err := os.Rename(filepath.Join(dir, closedSocket), filepath.Join(dir, socketFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// stopServer asks with growing insistence and returns when the server is gone.
func (s *supervisor) stopServer(first os.Signal) {
	steps := []struct {
		signal   os.Signal
		patience time.Duration
	}{{stopSmart, smartPatience}, {stopFast, fastPatience}, {stopImmediate, fastPatience}}
	if first != stopSmart {
		steps = steps[1:]
	}
	for _, step := range steps {
		if err := signalProcess(s.server.pid, step.signal); err != nil {
			s.say("cannot stop the server: %v", err)
		}
		select {
		case <-s.server.gone:
			return
		case <-time.After(step.patience):
		}
	}
}
