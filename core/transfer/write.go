package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/layercake-dev/layercake/core/event"
)

// Writer writes a project. Errors of writing show in [Writer.Close].
type Writer struct {
	w      *bufio.Writer
	header Header
}

// NewWriter begins a file.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	h.Format = Format
	out := &Writer{w: bufio.NewWriter(w), header: h}
	if err := out.line(h); err != nil {
		return nil, err
	}
	return out, nil
}

// line writes a value as one line.
func (w *Writer) line(v any) error {
	text, err := encode(v)
	if err == nil {
		_, err = w.w.Write(append(text, '\n'))
	}
	return wrap(err)
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("write the project: %w", err)
	}
	return nil
}

// encode is json.Marshal that leaves < > & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// Event writes the event that follows.
func (w *Writer) Event(e *event.Envelope) error {
	l := newLine(e)
	if bytes.ContainsAny(e.Payload, "\r\n") || len(bytes.TrimSpace(e.Payload)) != len(e.Payload) {
		l.PayloadText = string(e.Payload)
		return w.line(l)
	}
	text, err := encode(l)
	if err != nil {
		return wrap(err)
	}
	// By hand: the encoder would write the payload in its own way.
	text = append(text[:len(text)-1], `,"payload":`...)
	text = append(append(text, e.Payload...), '}', '\n')
	_, err = w.w.Write(text)
	return wrap(err)
}

// Artifact writes a piece of evidence, after the events.
func (w *Writer) Artifact(sha string, content io.Reader) error {
	buf := make([]byte, chunkSize)
	for offset := int64(0); ; {
		n, err := io.ReadFull(content, buf)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("read the artifact %s: %w", sha, err)
		}
		if err := w.line(chunk{Artifact: sha, Offset: offset, Last: last, Content: buf[:n]}); err != nil {
			return err
		}
		if offset += int64(n); last {
			return nil
		}
	}
}

// Close writes the last line.
func (w *Writer) Close() error {
	if err := w.line(footer{End: true, Events: w.header.Events, Head: w.header.Head}); err != nil {
		return err
	}
	return wrap(w.w.Flush())
}
