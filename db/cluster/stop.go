package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// immediateAfter is how long Stop waits for a fast shutdown.
const immediateAfter = 30 * time.Second

// Stop stops the server at once: clients are disconnected, their unfinished
// transactions rolled back, everything acknowledged is on disk. It returns
// when no process of the server is left, and at once if none ran.
func Stop(ctx context.Context, cfg Config) error {
	c, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.startLock()); errors.Is(err, fs.ErrNotExist) {
		return nil // never started
	}
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, c.StartTimeout)
	defer cancel()
	lock, err := waitLock(ctx, c.startLock(), lockExclusive)
	if err != nil {
		return c.notStopped(outer, err, "waiting for another process that starts or stops the database")
	}
	return errors.Join(c.stopLocked(ctx, outer), lock.Close())
}

// notStopped tells a caller's cancellation from our own time limit.
func (c Config) notStopped(caller context.Context, err error, what string) error {
	if caller.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return because(err, CodeStopFailed, "try again, and see "+c.logFile(), "%s took longer than %v", what, c.StartTimeout)
	}
	return because(err, CodeInterrupted, "see "+c.logFile(), "%s", what)
}

// stopLocked signals the server rather than its supervisor, which ends with
// it: the supervisor may be dead, or belong to root. A supervisor whose starter
// gave up may still be starting the server; then that is waited for.
func (c Config) stopLocked(ctx, caller context.Context) error {
	began := time.Now()
	signalled := 0
	for {
		in, err := readInstance(c.instanceFile())
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return because(err, CodeStopFailed, "", "cannot tell what runs")
		}
		run, err := tryLock(c.runLock(), lockExclusive)
		if err == nil {
			err = errors.Join(removeSocketDir(in), run.Close())
			if err != nil || !isLocked(c.supervisorLock()) {
				return err
			}
		} else if signalled, err = c.stopOnce(in, signalled, time.Since(began)); err != nil {
			return err
		}
		if err := pause(ctx, readyPoll); err != nil {
			return c.notStopped(caller, err, "stopping the server")
		}
	}
}

// stopOnce signals the server unless it has been. It returns the process that
// need not be signalled again.
func (c Config) stopOnce(in instance, signalled int, waited time.Duration) (int, error) {
	if in.DataDir == "" {
		return 0, nil // still being created
	}
	if in.elsewhere() {
		return 0, failure(CodeStopFailed, "run 'layercake db stop' there", "the server was started on %s", in.Host.Name)
	}
	file, err := readPostmasterFile(in.DataDir)
	if err != nil || !processUses(file.pid, in.DataDir) {
		return signalled, nil //nolint:nilerr // not there yet, or not there any more
	}
	sig := stopFast
	if waited > immediateAfter {
		sig = stopImmediate
	} else if file.pid == signalled {
		return signalled, nil
	}
	return file.pid, signalServer(file.pid, sig)
}
