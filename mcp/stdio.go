package mcp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
	mcpgo "github.com/mark3labs/mcp-go/mcp"
)

const (
	// drainTime is how long calls may go on after the client has closed its
	// end: clients wait two seconds for the process to be gone.
	drainTime = 1300 * time.Millisecond
	// stopTime is how long calls get to end once they are cancelled. It is at
	// once, unless a captured command ignores that it is asked to end; it is
	// killed after five seconds, and must not be left behind.
	stopTime = 6 * time.Second
	// writeTime is how long the client gets to read the last answer.
	writeTime = 300 * time.Millisecond
	// callsAtOnce bounds the tool calls that run at the same time.
	callsAtOnce = 8
	// maxMessage bounds one message, in bytes.
	maxMessage = 8 << 20
)

// ServeStdio speaks MCP over a pair of streams, one message a line, until in
// ends or ctx is cancelled. It answers what was asked before in ended, as far
// as that takes less than 1.3 seconds. It never reads from in after it
// returned, but a read that is under way may still be.
//
// mcp-go has a loop of its own, which loses the answers to whatever is under
// way when in ends, can send progress after the result, and serves one client
// per process.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	session := newStdioSession(uuid.NewString())
	if err := s.mcp.RegisterSession(ctx, session); err != nil {
		return fmt.Errorf("begin the session: %w", err)
	}
	defer s.mcp.UnregisterSession(context.WithoutCancel(ctx), session.id)

	calls, cancel := context.WithCancel(s.mcp.WithContext(ctx, session))
	defer cancel()
	c := &stdioConn{
		server: s, session: session, ctx: calls, slots: make(chan struct{}, callsAtOnce),
		answers: make(chan any), written: make(chan struct{}), end: make(chan struct{}),
		cancels: map[any]context.CancelFunc{}, asked: map[string]chan *reply{},
	}
	session.ask = c.ask
	go c.write(out)
	lines, readErr := make(chan []byte), make(chan error, 1)
	go read(calls, in, lines, readErr)

	err := c.serve(lines, readErr) //nolint:contextcheck // requests have the context of the conversation
	c.finish(err == nil, cancel)
	return err
}

// stdioConn is one conversation over streams.
type stdioConn struct {
	server  *Server
	session *stdioSession
	ctx     context.Context //nolint:containedctx // the life of the conversation, which is what this type is
	slots   chan struct{}

	answers chan any
	written chan struct{} // closed when nothing more is written
	end     chan struct{} // closed when nothing more is to be written

	running  sync.WaitGroup // requests that are being dealt with
	requests sync.WaitGroup // those that are to be answered before the end
	listens  sync.WaitGroup // those that last as long as the conversation

	mu      sync.Mutex
	cancels map[any]context.CancelFunc // of the requests under way, by id
	// asked are the requests to the client that it has not answered, by id.
	asked     map[string]chan *reply
	lastAsked int
}

// read sends the lines of a stream. A message that is too long is cut, which
// makes it an error in JSON that is answered as such.
func read(ctx context.Context, in io.Reader, lines chan<- []byte, failed chan<- error) {
	r := bufio.NewReader(in)
	for {
		line, err := readLine(r)
		if len(line) > 0 {
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			failed <- err
			return
		}
	}
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line) <= maxMessage {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err //nolint:wrapcheck // the end of a stream is compared
		}
	}
}

// serve takes messages until there are no more. It returns nil when the client
// closed its end, or when ctx was cancelled.
func (c *stdioConn) serve(lines <-chan []byte, failed <-chan error) error {
	for {
		select {
		case <-c.ctx.Done():
			return nil
		case <-c.written:
			return nil // the client no longer reads
		case line := <-lines:
			c.take(line)
		case err := <-failed:
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
				return nil
			}
			return fmt.Errorf("read from the client: %w", err)
		}
	}
}

// envelope is what the loop looks at in a message.
type envelope struct {
	ID     any    `json:"id"`
	Method string `json:"method"`
	Params struct {
		Meta *mcpgo.Meta `json:"_meta"` //nolint:tagliatelle // the protocol's name
		// RequestID is what a cancellation is about.
		RequestID any `json:"requestId"` //nolint:tagliatelle // the protocol's name
	} `json:"params"`
}

// take deals with one message. Notifications are dealt with at once, so that a
// cancellation overtakes nothing, and so is the handshake, which comes first.
func (c *stdioConn) take(line json.RawMessage) {
	var e envelope
	if !json.Valid(line) {
		c.answer(mcpgo.NewJSONRPCError(mcpgo.NewRequestId(nil), mcpgo.PARSE_ERROR, "the message is not JSON", nil))
		return
	}
	_ = json.Unmarshal(line, &e) // a message of another shape is refused by the handler
	switch {
	case c.replied(line, &e):
		return
	case e.Method == string(mcpgo.MethodNotificationCancelled):
		c.cancel(e.Params.RequestID)
		return
	case e.Method == string(mcpgo.MethodInitialize):
		c.session.speaks(false)
		c.answer(c.handle(c.ctx, line, e.ID))
		return
	case e.ID == nil || e.Method == "":
		c.answer(c.handle(c.ctx, line, e.ID))
		return
	case mcpgo.IsModernProtocol(e.Params.Meta.ProtocolVersion()):
		c.session.speaks(true)
	}
	// From here on it can be cancelled, even before it has begun.
	ctx, done := c.begin(e.ID)
	if e.Method == string(mcpgo.MethodSubscriptionsListen) {
		end := c.session.listen(e.ID)
		c.listens.Go(func() {
			defer done()
			defer end()
			c.answer(c.handle(ctx, line, e.ID))
		})
		return
	}
	c.running.Add(1)
	c.requests.Go(func() {
		defer done()
		c.answer(c.run(ctx, line, &e))
	})
}

// run deals with a request, if it is a tool call when it is its turn.
func (c *stdioConn) run(ctx context.Context, line json.RawMessage, e *envelope) mcpgo.JSONRPCMessage {
	defer c.running.Done()
	if e.Method == string(mcpgo.MethodToolsCall) {
		c.slots <- struct{}{}
		defer func() { <-c.slots }()
	}
	return c.handle(ctx, line, e.ID)
}

// begin makes a request one that can be cancelled, until done is called.
func (c *stdioConn) begin(id any) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(c.ctx)
	if !comparableID(id) {
		return ctx, cancel
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancels[id] = cancel
	return ctx, func() {
		cancel()
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.cancels, id)
	}
}

func (c *stdioConn) cancel(id any) {
	if !comparableID(id) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel := c.cancels[id]; cancel != nil {
		cancel()
	}
}

// comparableID reports whether an id is of a kind that the protocol allows; the
// handler refuses the others.
func comparableID(id any) bool {
	switch id.(type) {
	case string, float64:
		return true
	}
	return false
}

// handle returns the answer to one message, or nil when there is none.
func (c *stdioConn) handle(ctx context.Context, line json.RawMessage, id any) (answer mcpgo.JSONRPCMessage) {
	defer func() {
		if r := recover(); r != nil {
			c.server.logger.ErrorContext(ctx, "a request panicked", slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			answer = mcpgo.NewJSONRPCError(mcpgo.NewRequestId(id), mcpgo.INTERNAL_ERROR, "an internal error; please report it", nil)
		}
	}()
	return c.server.mcp.HandleMessage(ctx, line)
}
