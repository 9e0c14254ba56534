package redact

import (
	"errors"
	"fmt"
	"io"
)

// pieceSize bounds how much is scanned, and so buffered, at a time.
const pieceSize = 64 << 10

// errClosed is returned by writes after Close.
var errClosed = errors.New("redact: write after close")

// Writer removes secrets from a stream. See [Redactor.Writer].
type Writer struct {
	sc     scanner
	w      io.Writer
	buf    []byte // look-behind context, then bytes not yet decided on
	pos    int    // where in buf the undecided bytes begin
	out    []byte
	err    error
	closed bool
}

// Write takes all of p, or reports the error of the underlying writer. After an
// error every write fails.
func (w *Writer) Write(p []byte) (int, error) {
	if w.closed {
		return 0, errClosed
	}
	written := 0
	for len(p) > 0 {
		if w.err != nil {
			return written, w.err
		}
		n := min(len(p), pieceSize)
		w.buf = append(w.buf, p[:n]...)
		w.step(false)
		p = p[n:]
		written += n
	}
	return written, w.err
}

// Close decides on what was held back and passes it on.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	if w.err == nil {
		w.step(true)
	}
	return w.err
}

// step scans what is buffered and keeps what is undecided, with enough of what
// went before to tell where words begin.
func (w *Writer) step(final bool) {
	w.out, w.pos = w.sc.scan(w.out[:0], w.buf, w.pos, final)
	if drop := w.pos - lookBehind; drop > 0 {
		w.buf = append(w.buf[:0], w.buf[drop:]...)
		w.sc.base += int64(drop)
		w.pos = lookBehind
	}
	if len(w.out) == 0 {
		return
	}
	if _, err := w.w.Write(w.out); err != nil {
		w.err = fmt.Errorf("write redacted text: %w", err)
	}
}
