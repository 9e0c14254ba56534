package cluster

import (
	"context"
	"errors"
	"io/fs"
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
	in, err := readInstance(c.instanceFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil // never started
	}
	if err != nil {
		return because(err, CodeStopFailed, "", "cannot tell what runs")
	}
	lock, err := waitLock(ctx, c.startLock(), lockExclusive)
	if err != nil {
		return because(err, CodeInterrupted, "", "waiting for another process that starts or stops the database")
	}
	return errors.Join(c.stopLocked(ctx, in), lock.Close())
}

// stopLocked signals the server rather than its supervisor, which ends with
// it: the supervisor may be dead, or belong to root.
func (c Config) stopLocked(ctx context.Context, in instance) error {
	if run, err := tryLock(c.runLock(), lockExclusive); err == nil {
		return errors.Join(removeSocketDir(in), run.Close())
	}
	if in.Host.PIDNamespace != thisHost().PIDNamespace {
		return failure(CodeStopFailed, "run 'layercake db stop' there", "the server was started on %s", in.Host.Name)
	}
	sent := stopFast
	if err := c.signalServer(in, sent); err != nil {
		return err
	}
	began := time.Now()
	for {
		run, err := tryLock(c.runLock(), lockExclusive)
		if err == nil {
			return errors.Join(removeSocketDir(in), run.Close())
		}
		if sent == stopFast && time.Since(began) > immediateAfter {
			sent = stopImmediate
			if err := c.signalServer(in, sent); err != nil {
				return err
			}
		}
		if err := pause(ctx, readyPoll); err != nil {
			return because(err, CodeInterrupted, "see "+c.logFile(), "the server is still stopping")
		}
	}
}
