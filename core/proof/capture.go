package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"

	"github.com/layercake-dev/layercake/core/redact"
)

// capture collects what a command prints. Each stream is redacted by itself,
// so that a secret is found even when the other stream's output falls into the
// middle of it; the pieces are then put together in the order in which they
// arrived. Standard output is kept a second time by itself for the parser.
type capture struct {
	mu        sync.Mutex
	limit     int64
	size      int64
	truncated bool
	sum       hash.Hash
	output    io.Writer // evidence; may be nil
	live      io.Writer // may be nil
	spool     *os.File  // standard output
	err       error     // the first failure to keep evidence
	failed    chan struct{}
}

// newCapture returns a capture whose spool file has no name any more: it is
// gone when it is closed, even if the process dies.
func newCapture(output, live io.Writer, limit int64) (*capture, error) {
	spool, err := os.CreateTemp("", "layercake-stdout-*")
	if err != nil {
		return nil, fmt.Errorf("create a file for the output: %w", err)
	}
	if err := os.Remove(spool.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink the file for the output: %w", err), spool.Close())
	}
	return &capture{
		limit: limit, sum: sha256.New(), output: output, live: live, spool: spool, failed: make(chan struct{}),
	}, nil
}

// stream returns a writer for one of the command's streams.
func (c *capture) stream(r *redact.Redactor, isStdout bool) *redact.Writer {
	return r.Writer(&sink{c: c, isStdout: isStdout})
}

type sink struct {
	c        *capture
	isStdout bool
}

// Write keeps p. It never reports an error, because the command's output must be
// read on to its end whatever happens; failures are found in capture.err.
func (s *sink) Write(p []byte) (int, error) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live != nil {
		if _, err := c.live.Write(p); err != nil {
			// Nobody watches any more; the evidence does not depend on it.
			c.live = nil
		}
	}
	kept := p
	if room := c.limit - c.size; int64(len(kept)) > room {
		kept = kept[:room]
		c.truncated = true
	}
	c.size += int64(len(kept))
	c.sum.Write(kept)
	if c.output != nil {
		_, err := c.output.Write(kept)
		c.fail(err)
	}
	if s.isStdout {
		_, err := c.spool.Write(kept)
		c.fail(err)
	}
	return len(p), nil
}

func (c *capture) fail(err error) {
	if err != nil && c.err == nil {
		c.err = err
		close(c.failed)
	}
}

// note adds a line of LayerCake's own to the evidence.
func (c *capture) note(format string, args ...any) {
	s := sink{c: c}
	if _, err := fmt.Fprintf(&s, "layercake: "+format+"\n", args...); err != nil {
		c.fail(err)
	}
}

func (c *capture) digest() string { return hex.EncodeToString(c.sum.Sum(nil)) }
