package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

const (
	// pollEvery is how often one looks whether another process has finished.
	pollEvery = 100 * time.Millisecond
	// renewEvery is how often a run is renewed, several times in a [Lease].
	renewEvery = Lease / 5
	// tellEvery is how often progress is told.
	tellEvery = 100 * time.Millisecond
)

// errBusy says that another process indexes.
var errBusy = errors.New("another process indexes")

// take takes the run of an index, and waits for the process that has it. waited
// says that there was one.
func (s *Service) take(ctx context.Context, index *Index, noWait bool, tell func(Progress)) (h Hold, waited bool, err error) {
	by := Holder{ID: uuid.New(), Host: s.Host, PID: os.Getpid(), Process: processBegan(os.Getpid())}
	dead := uuid.Nil
	for {
		run, err := s.Store.Take(ctx, index.ID, by, dead)
		if err != nil {
			return Hold{}, waited, err
		}
		if run == nil {
			return Hold{Index: index.ID, ID: by.ID}, waited, nil
		}
		if run.Renewed && s.died(run) {
			dead = run.ID
			continue
		}
		if noWait {
			return Hold{}, false, errBusy
		}
		waited = true
		tell(Progress{
			Phase: PhaseWait, Waiting: run, FilesDone: run.FilesDone, FilesTotal: run.FilesTotal,
			BytesDone: run.BytesDone, BytesTotal: run.BytesTotal,
		})
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return Hold{}, waited, fmt.Errorf("wait for another process that indexes: %w", context.Cause(ctx))
		}
	}
}

// died reports whether the process of a run is known to be dead. Of other hosts
// nothing is known.
func (s *Service) died(r *Run) bool {
	if r.Host != s.Host || r.PID == 0 {
		return false
	}
	p, err := os.FindProcess(r.PID)
	if err != nil {
		return true
	}
	if err := p.Signal(syscall.Signal(0)); errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
		return true
	}
	now := processBegan(r.PID)
	return now != "" && r.Process != "" && now != r.Process
}

// processBegan says when a process began, as its system counts, or "" where that
// is not told.
func processBegan(pid int) string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return ""
	}
	// The name of the program, in brackets, may hold anything.
	_, rest, _ := strings.Cut(string(text[bytes.LastIndexByte(text, ')')+1:]), " ")
	const begins = 19 // the 22nd field, of which two and the state's place are before it
	if fields := strings.Fields(rest); len(fields) > begins {
		return fields[begins]
	}
	return ""
}

// tracker keeps how far an indexing is, renews the run, and tells whoever wants to
// know.
type tracker struct {
	mu   sync.Mutex
	now  Progress
	tell func(Progress)
	told time.Time
	// began and from are when the phase began, to know how fast it is.
	began time.Time
	clock func() time.Time
}

func (t *tracker) update(force bool, fn func(p *Progress)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.now.Phase
	fn(&t.now)
	now := t.clock()
	if t.now.Phase != before {
		t.began, force = now, true
	}
	if !force && now.Sub(t.told) < tellEvery {
		return
	}
	t.told = now
	t.now.BytesPerSecond, t.now.Remaining = 0, 0
	if spent := now.Sub(t.began).Seconds(); t.now.Phase == PhaseRead && t.now.BytesDone > 0 && spent > 0 {
		t.now.BytesPerSecond = float64(t.now.BytesDone) / spent
		t.now.Remaining = time.Duration(float64(t.now.BytesTotal-t.now.BytesDone) / t.now.BytesPerSecond * float64(time.Second))
	}
	t.tell(t.now)
}

func (t *tracker) at() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// keep renews a run until stop is called. The context that it returns ends when
// the run is lost.
func (s *Service) keep(ctx context.Context, h Hold, t *tracker) (kept context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(renewEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			// Other errors may pass; if they do not, what writes meets them.
			if err := s.Store.Renew(ctx, h, t.at()); errors.Is(err, ErrLost) {
				cancel(ErrLost)
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}
