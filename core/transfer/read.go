package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
)

// The errors of reading; each is a sentence for people.
var (
	// ErrNotAProject is returned for what does not begin as a file of this form.
	ErrNotAProject = errors.New("it is not a project that LayerCake exported")
	// ErrNewer is returned for a form of a later version.
	ErrNewer = errors.New("it was written by a newer LayerCake, in a form that this one does not know")
	// ErrCutOff is returned for a file whose end is missing.
	ErrCutOff = errors.New("its end is missing: it was cut off")
)

// LineError says in which line something is wrong.
type LineError struct {
	Line int64
	Err  error
}

// Error names the line.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// Parts is what is done with what a file holds; nil parts are passed over.
type Parts struct {
	Header func(h *Header) error
	Event  func(e *event.Envelope) error
	// Artifact gets a piece of evidence; what it does not read is passed over.
	Artifact func(sha string, content io.Reader) error
}

// maxLine bounds one line, in bytes. A payload in Postgres has less than 1 GiB; what
// people and tools write stays far below this.
const maxLine = 256 << 20

// Read reads a whole file. Errors of the parts are returned as they are.
func Read(r io.Reader, parts Parts) error {
	in := &reader{lines: bufio.NewReaderSize(r, chunkSize)}
	header, err := in.header()
	if err != nil {
		return err
	}
	if parts.Header != nil {
		if err := parts.Header(header); err != nil {
			return err
		}
	}
	for range header.Events {
		if err := in.event(header, parts.Event); err != nil {
			return err
		}
	}
	for range header.Artifacts {
		if err := in.artifact(parts.Artifact); err != nil {
			return err
		}
	}
	return in.end(header)
}

type reader struct {
	lines  *bufio.Reader
	number int64
}

func (r *reader) fail(err error) error { return &LineError{r.number, err} }

// next returns the next line, or [ErrCutOff].
func (r *reader) next() ([]byte, error) {
	r.number++
	var whole []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		whole = append(whole, part...)
		switch {
		case err == nil:
			return whole, nil
		case errors.Is(err, io.EOF):
			return nil, r.fail(ErrCutOff)
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("read the project: %w", err)
		case len(whole) > maxLine:
			return nil, r.fail(errors.New("it is too long"))
		}
	}
}

// decode reads a line of which every member is known.
func decode(text []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	if dec.More() {
		return errors.New("it holds more than one value")
	}
	return nil
}

func (r *reader) header() (*Header, error) {
	text, err := r.next()
	if errors.Is(err, ErrCutOff) {
		return nil, r.fail(ErrNotAProject)
	}
	if err != nil {
		return nil, err
	}
	var named struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(text, &named) != nil || !strings.HasPrefix(named.Format, formatPrefix) {
		return nil, r.fail(ErrNotAProject)
	}
	if named.Format != Format {
		return nil, r.fail(ErrNewer)
	}
	var h Header
	if err := decode(text, &h); err != nil {
		return nil, r.fail(err)
	}
	if h.Events < 1 || h.Artifacts < 0 {
		return nil, r.fail(errors.New("it says that there are no events"))
	}
	return &h, nil
}

func (r *reader) event(h *Header, fn func(*event.Envelope) error) error {
	text, err := r.next()
	if err != nil {
		return err
	}
	var l line
	if err := decode(text, &l); err != nil {
		return r.fail(err)
	}
	e, err := l.envelope(h.Project)
	if err != nil {
		return r.fail(err)
	}
	if fn == nil {
		return nil
	}
	return fn(e)
}

func (r *reader) artifact(fn func(sha string, content io.Reader) error) error {
	first, err := r.chunk("", 0)
	if err != nil {
		return err
	}
	content := &pieces{r: r, sha: first.Artifact, at: int64(len(first.Content)), rest: first.Content, last: first.Last}
	if fn != nil {
		if err := fn(first.Artifact, content); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, content)
	return err
}

// chunk reads the part of an artifact that belongs at an offset.
func (r *reader) chunk(sha string, offset int64) (*chunk, error) {
	text, err := r.next()
	if err != nil {
		return nil, err
	}
	var c chunk
	if err := decode(text, &c); err != nil {
		return nil, r.fail(err)
	}
	if c.Artifact == "" || sha != "" && c.Artifact != sha || c.Offset != offset || !c.Last && len(c.Content) == 0 {
		return nil, r.fail(errors.New("it is not the part of the evidence that follows"))
	}
	return &c, nil
}

// pieces yields the content of an artifact.
type pieces struct {
	r    *reader
	sha  string
	at   int64
	rest []byte
	last bool
}

// Read implements [io.Reader].
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.last {
			return 0, io.EOF
		}
		c, err := p.r.chunk(p.sha, p.at)
		if err != nil {
			return 0, err
		}
		p.rest, p.last, p.at = c.Content, c.Last, p.at+int64(len(c.Content))
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (r *reader) end(h *Header) error {
	text, err := r.next()
	if err != nil {
		return err
	}
	var f footer
	if err := decode(text, &f); err != nil {
		return r.fail(err)
	}
	if !f.End || f.Events != h.Events || f.Head != h.Head {
		return r.fail(errors.New("the last line does not say the same as the first"))
	}
	r.number++
	if _, err := r.lines.ReadByte(); !errors.Is(err, io.EOF) {
		return r.fail(errors.New("there is something behind the last line"))
	}
	return nil
}
