package cluster

import (
	"context"
	"errors"
	"os"
	"time"
)

// Info tells how to reach the running cluster.
type Info struct {
	// ConnString is the URL of the database, for pgx and libpq.
	ConnString string
	// SocketDir is the directory with the server's socket.
	SocketDir string
	// Version is the server's version, such as "15.18".
	Version string
	// Started tells whether this call had to start the server.
	Started bool
}

func (in instance) info(started bool) *Info {
	return &Info{
		ConnString: connString(in.SocketDir, databaseName),
		SocketDir:  in.SocketDir,
		Version:    in.Version,
		Started:    started,
	}
}

// Ensure returns how to reach the cluster, starting it (and creating it, the
// first time) if it does not run. A running cluster costs one connection, a few
// milliseconds. Any number of processes may call it at once: one starts
// the server, the others wait for it.
//
// The server stays for [Config.IdleTimeout] after the last client has left.
func Ensure(ctx context.Context, cfg Config) (*Info, error) {
	c, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if _, lost := os.LookupEnv(EnvSupervisor); lost {
		// Without this check a program that forgets would spawn itself for ever.
		return nil, failure(CodeStartFailed, "call SupervisorConfig and Supervise first thing in main or TestMain",
			"this process was spawned as the database's supervisor and does something else")
	}
	c.touch(time.Now())
	found, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	// Once more at the end, so that the caller has the whole idle timeout for
	// connecting, however long this took.
	defer func() { c.touch(time.Now()) }()
	if found.answer == answerReady && found.supervised {
		return found.info(false), nil
	}
	return c.ensureSlowly(ctx)
}

// touch says that the cluster is wanted. It fails where there is none yet, and
// then the time does not matter.
func (c Config) touch(now time.Time) {
	_ = os.Chtimes(c.usedFile(), now, now)
}

// sighting is what a process sees of the cluster without taking a lock.
type sighting struct {
	instance
	answer answer
	// supervised is false if the server's supervisor is dead and this process
	// can see the server, so that a new one can take over.
	supervised bool
}

// look connects to the server that the last supervisor wrote down.
func (c Config) look(ctx context.Context) (sighting, error) {
	in, err := readInstance(c.instanceFile())
	if err != nil {
		return sighting{}, interrupted(ctx) // never started; or the slow path says what is wrong
	}
	if err := checkSocketDir(in.SocketDir, in.UID); err != nil {
		if hasCode(err, CodeSocketDirUnsafe) && isLocked(c.runLock()) {
			return sighting{}, err
		}
		return sighting{}, interrupted(ctx)
	}
	answer, refusal := probe(ctx, in.SocketDir)
	if err := interrupted(ctx); err != nil {
		return sighting{}, err
	}
	if refusal != nil {
		return sighting{}, because(refusal, CodeStartFailed, "run 'layercake doctor'", "the server at %s refuses us", in.SocketDir)
	}
	supervised := isLocked(c.supervisorLock()) || in.elsewhere()
	return sighting{instance: in, answer: answer, supervised: supervised}, nil
}

func interrupted(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return because(err, CodeInterrupted, "", "gave up waiting for the database")
	}
	return nil
}

// ensureSlowly starts the server, or waits for the process that does.
func (c Config) ensureSlowly(ctx context.Context) (*Info, error) {
	if _, _, err := c.prepare(ctx); err != nil {
		return nil, err
	}
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, c.StartTimeout)
	defer cancel()
	starter, err := tryLock(c.startLock(), lockExclusive)
	if errors.Is(err, errLocked) {
		// Somebody is starting or stopping it. All who wait here share the
		// lock afterwards, so that they look at the same time, not in a row.
		found, lookErr := c.lookAfter(ctx)
		if lookErr != nil {
			return nil, c.timedOut(outer, lookErr)
		}
		if found.answer == answerReady && found.supervised {
			return found.info(false), nil
		}
		// It is not running after all. Nobody asks for a shared lock twice:
		// those who do keep each other from ever getting this one.
		starter, err = waitLock(ctx, c.startLock(), lockExclusive)
	}
	if err != nil {
		return nil, c.timedOut(outer, err)
	}
	info, err := c.startLocked(ctx, starter)
	c.touch(time.Now()) // before the supervisor may stop it again
	return info, c.timedOut(outer, errors.Join(err, starter.Close()))
}

// lookAfter waits until whoever has start.lock is done, and looks.
func (c Config) lookAfter(ctx context.Context) (sighting, error) {
	waiter, err := waitLock(ctx, c.startLock(), lockShared)
	if err != nil {
		return sighting{}, err
	}
	found, err := c.look(ctx)
	return found, errors.Join(err, waiter.Close())
}

// timedOut tells a caller's cancellation from our own time limit.
func (c Config) timedOut(caller context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case caller.Err() != nil:
		return interrupted(caller)
	case errors.Is(err, context.DeadlineExceeded):
		return failure(CodeStartFailed, "see "+c.logFile(), "the database did not start within %v; its log ends with:\n%s",
			c.StartTimeout, logTail(c.logFile(), 0))
	default:
		return because(err, CodeStartFailed, "see "+c.logFile(), "the database did not start")
	}
}

// startLocked looks again and spawns supervisors until one reports success.
// The caller holds start.lock, as starter.
func (c Config) startLocked(ctx context.Context, starter *os.File) (*Info, error) {
	began := time.Now()
	c.touch(began)
	deaths := 0
	for {
		found, err := c.look(ctx)
		if err != nil {
			return nil, err
		}
		if found.answer == answerReady && found.supervised {
			return found.info(false), nil
		}
		if found.answer != answerReady && isLocked(c.supervisorLock()) {
			// Its starter gave up, or it is about to end: either way it needs
			// no company.
			if found.elsewhere() && time.Since(began) > runPatience {
				return nil, c.unreachable(found.instance)
			}
			if err := pause(ctx, retryPause); err != nil {
				return nil, err
			}
			continue
		}
		in, err := c.spawn(ctx, starter)
		if errors.Is(err, errSupervisorDied) {
			deaths++
		}
		switch {
		case err == nil:
			return in.info(found.answer != answerReady), nil
		case found.answer == answerReady:
			return found.info(false), nil // it serves; adopting it can wait for the next time
		case deaths > maxDeaths:
			return nil, because(err, CodeStartFailed, "see "+c.logFile(), "the supervisor ended %d times before it began", deaths)
		case !hasCode(err, codeSupervised) && !errors.Is(err, errSupervisorDied):
			return nil, err
		}
		if err := pause(ctx, retryPause); err != nil {
			return nil, err
		}
	}
}

// maxDeaths is how many supervisors may be killed while they start before that
// is taken for a fault of theirs.
const maxDeaths = 3

// retryPause lets a supervisor get on with what it does.
const retryPause = 10 * time.Millisecond

// unreachable is the error about a server whose lock is seen here, but not its
// socket.
func (c Config) unreachable(in instance) error {
	return failure(CodeOtherHost,
		"run 'layercake db stop' on "+in.Host.Name+", or set "+envDataDir+
			" to a directory of its own, or to one with a short path, where the socket can be shared, too",
		"a server that was started on %s and cannot be reached from here uses %s (another container?)", in.Host.Name, c.pgDir())
}
