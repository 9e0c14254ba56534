package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
)

// answer hands a message over to be written.
func (c *stdioConn) answer(message mcpgo.JSONRPCMessage) {
	if message == nil {
		return
	}
	select {
	case c.answers <- message:
	case <-c.written:
	case <-c.end:
	}
}

// write writes answers and notices. One goroutine does, so that the notices of
// a call come before its answer.
func (c *stdioConn) write(out io.Writer) {
	defer close(c.written)
	for {
		var err error
		select {
		case n := <-c.session.notifications:
			err = c.writeNotice(out, n)
		case answer := <-c.answers:
			if err = c.writeNotices(out); err == nil {
				err = writeLine(out, answer)
			}
		case <-c.end:
			return
		}
		if err != nil {
			c.server.logger.DebugContext(c.ctx, "the client does not read", slog.String("error", err.Error()))
			return
		}
	}
}

func (c *stdioConn) writeNotices(out io.Writer) error {
	for {
		select {
		case n := <-c.session.notifications:
			if err := c.writeNotice(out, n); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (c *stdioConn) writeNotice(out io.Writer, n mcpgo.JSONRPCNotification) error {
	for _, n := range c.session.addressed(n) {
		if err := writeLine(out, n); err != nil {
			return err
		}
	}
	return nil
}

func writeLine(out io.Writer, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	_, err = out.Write(append(text, '\n'))
	return err
}

// finish lets what is under way come to its end, at once if ctx was cancelled.
func (c *stdioConn) finish(drain bool, cancel context.CancelFunc) {
	if drain && c.ctx.Err() == nil {
		select {
		case <-ended(&c.requests):
		case <-c.written:
		case <-c.ctx.Done():
		case <-time.After(drainTime):
		}
	}
	cancel()
	select {
	case <-ended(&c.running): // whatever was started by a call is gone now
	case <-time.After(stopTime):
	}
	select {
	case <-ended(&c.requests, &c.listens):
	case <-time.After(writeTime): // the client does not read
	}
	close(c.end)
	select {
	case <-c.written:
	case <-time.After(writeTime): // the write ends with the process
	}
}

// ended returns a channel that is closed when all groups are done.
func ended(groups ...*sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, g := range groups {
			g.Wait()
		}
	}()
	return done
}
