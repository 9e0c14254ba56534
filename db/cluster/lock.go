package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	filePerm = 0o600
	dirPerm  = 0o700
)

// errLocked says that somebody else holds the lock.
var errLocked = errors.New("lock is held by another process")

func openLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, filePerm)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	return file, nil
}

// tryLock takes the lock on path without waiting; it returns errLocked when
// another process has it. Closing the file releases the lock, unless a child
// process inherited it.
func tryLock(path string, mode lockMode) (*os.File, error) {
	file, err := openLock(path)
	if err != nil {
		return nil, err
	}
	if err := flock(file, mode); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// waitLock takes the lock on path, waiting until ctx ends. The kernel does the
// waiting: hundreds of processes that poll a lock leave no time to the one that
// has it. When ctx ends first, a goroutine stays until the lock comes free.
func waitLock(ctx context.Context, path string, mode lockMode) (*os.File, error) {
	file, err := tryLock(path, mode)
	if err == nil || !errors.Is(err, errLocked) {
		return file, err
	}
	if file, err = openLock(path); err != nil {
		return nil, err
	}
	locked := make(chan error)
	go func() {
		err := flockWait(file, mode)
		select {
		case locked <- err:
		case <-ctx.Done():
			_ = file.Close() // nobody wants it any more
		}
	}()
	select {
	case err := <-locked:
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return file, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// isLocked tells whether some process holds the lock exclusively. A lock file
// that does not exist is not locked.
func isLocked(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // closing releases the lock again
	return errors.Is(flock(file, lockShared), errLocked)
}

// pause waits for d or until ctx ends, and then returns its error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
