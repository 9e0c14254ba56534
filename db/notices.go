package db

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Channel is where notices of new events are sent: "project:version". A notice
// is a reason to look, not the news: whoever follows a project reads the log
// behind its cursor when one comes, and once a second besides, because the notice
// of a process that was killed may be missing. See docs/decisions/0004.
const Channel = "layercake"

const (
	// noticePause is how long after a notice the next one is held back, so that
	// many writes in a row make few.
	noticePause = 20 * time.Millisecond
	// noticeTime bounds the sending of one.
	noticeTime = 2 * time.Second
)

// notices tells other processes of new events. The first notice goes with the
// write itself, those that follow soon are gathered.
type notices struct {
	// send sends them, in a time of its own: the write is long over by then.
	send func(messages []string)

	mu   sync.Mutex
	last time.Time
	// held are the newest versions that nobody was told of.
	held  map[uuid.UUID]int64
	timer *time.Timer
	// sending is under way in the background.
	sending sync.WaitGroup
	closed  bool
}

// newNotices returns the notices of a process. They outlive the context that the
// pool was opened with, whose values they have.
func newNotices(ctx context.Context, pool *pgxpool.Pool) *notices {
	ctx = context.WithoutCancel(ctx)
	send := func(messages []string) {
		ctx, cancel := context.WithTimeout(ctx, noticeTime)
		defer cancel()
		// When that fails, those who follow find the news by themselves, only later.
		_, _ = pool.Exec(ctx, dbsqlc.Notify, messages)
	}
	return &notices{send: send, held: map[uuid.UUID]int64{}}
}

// due notes that a project has a new version, and returns the notices to be sent
// now: none when the last ones were sent a moment ago.
func (n *notices) due(project uuid.UUID, version int64) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held[project] = max(version, n.held[project])
	wait := noticePause - time.Since(n.last)
	if wait <= 0 || n.closed {
		return n.take()
	}
	if n.timer == nil {
		n.sending.Add(1)
		n.timer = time.AfterFunc(wait, func() {
			defer n.sending.Done()
			n.flush()
		})
	}
	return nil
}

// take returns what is held. The caller has the lock.
func (n *notices) take() []string {
	messages := make([]string, 0, len(n.held))
	for project, version := range n.held {
		messages = append(messages, project.String()+":"+strconv.FormatInt(version, 10))
	}
	clear(n.held)
	n.last = time.Now()
	return messages
}

// flush sends what is held.
func (n *notices) flush() {
	n.mu.Lock()
	n.timer = nil
	messages := n.take()
	n.mu.Unlock()
	if len(messages) > 0 {
		n.send(messages)
	}
}

// close sends what is held.
func (n *notices) close() {
	n.mu.Lock()
	n.closed = true
	if n.timer != nil && n.timer.Stop() {
		n.sending.Done()
	}
	n.timer = nil
	n.mu.Unlock()
	n.sending.Wait()
	n.flush()
}
