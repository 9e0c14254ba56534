package redact

import (
	"errors"
	"io"
)

// reader removes secrets from what it reads. See [Redactor.Reader].
type reader struct {
	src  io.Reader
	sc   scanner
	buf  []byte // look-behind context, then bytes not yet decided on
	pos  int    // where in buf the undecided bytes begin
	out  []byte // the last scan's result
	read int    // how much of out was handed on
	err  error  // the source's, once it is over

	piece [pieceSize]byte
}

func (r *reader) Read(p []byte) (int, error) {
	for r.read == len(r.out) {
		if r.err != nil {
			return 0, r.err
		}
		n, err := r.src.Read(r.piece[:])
		r.buf = append(r.buf, r.piece[:n]...)
		r.err = err
		// A source that fails in the middle of a secret must not let its
		// beginning through, so only a true end decides on what is held back.
		r.out, r.pos = r.sc.scan(r.out[:0], r.buf, r.pos, errors.Is(err, io.EOF))
		r.read = 0
		if drop := r.pos - lookBehind; drop > 0 {
			r.buf = append(r.buf[:0], r.buf[drop:]...)
			r.sc.base += int64(drop)
			r.pos = lookBehind
		}
	}
	n := copy(p, r.out[r.read:])
	r.read += n
	return n, nil
}
