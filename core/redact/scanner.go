package redact

// scanner walks over text. Its state is what a stream must remember between two
// writes.
type scanner struct {
	r *Redactor
	// skip is the alphabet of a token that was found and has not ended yet.
	skip *class
	// pem is not pemNone inside of a private key, until pemUntil at most.
	pem      pemMode
	pemUntil int64
	// base is the offset in the stream of the first byte of the buffer.
	base int64
}

// scan appends buf[pos:] without secrets to dst and returns it along with the
// position up to which it has decided. Only when final is set does it decide on
// everything. What stands before pos was decided on earlier.
func (sc *scanner) scan(dst, buf []byte, pos int, final bool) (out []byte, next int) {
	for pos < len(buf) {
		var more bool
		switch {
		case sc.skip != nil:
			pos, more = sc.skipToken(buf, pos, final)
		case sc.pem == pemWhole:
			pos, more = sc.skipPEM(buf, pos, final)
		default:
			dst, pos, more = sc.plain(dst, buf, pos, final)
		}
		if more {
			break
		}
	}
	return dst, pos
}

// skipToken drops the rest of a token, and any known value that begins in it.
func (sc *scanner) skipToken(buf []byte, pos int, final bool) (next int, more bool) {
	for pos < len(buf) {
		if pos+1 == len(buf) && !final && sc.r.first[buf[pos]] {
			return pos, true
		}
		if pos+1 < len(buf) && sc.r.start[pairOf(buf[pos], buf[pos+1])]&startLiteral != 0 {
			end, more := sc.r.literals.at(buf, pos, final)
			if more {
				return pos, true
			}
			if end > 0 {
				pos = end
				continue
			}
		}
		if !sc.skip[buf[pos]] {
			sc.skip = nil
			return pos, false
		}
		pos++
	}
	return pos, false
}

// plain copies text up to and including the replacement of the first secret.
func (sc *scanner) plain(dst, buf []byte, pos int, final bool) (out []byte, next int, more bool) {
	from, i := pos, pos
	for i < len(buf) {
		if sc.pem == pemPieces {
			if sc.base+int64(i) >= sc.pemUntil {
				sc.pem = pemNone
				continue
			}
			end, more := sc.piece(buf, i, final)
			if more {
				return append(dst, buf[from:i]...), i, true
			}
			if end > 0 {
				dst = append(dst, buf[from:i]...)
				if buf[i] != '-' {
					dst = appendMark(dst, kindPEM)
				}
				return dst, end, false
			}
		} else {
			i = sc.skipPlain(buf, i)
		}
		if i+1 >= len(buf) {
			if i < len(buf) && !final && sc.r.first[buf[i]] {
				return append(dst, buf[from:i]...), i, true
			}
			return append(dst, buf[from:]...), len(buf), false
		}
		m, ok, more := sc.secret(buf, i, final)
		if more {
			return append(dst, buf[from:i]...), i, true
		}
		if ok {
			dst = append(dst, buf[from:i]...)
			if m.from > i {
				// What introduces the secret, such as the user of a URL,
				// may be one itself.
				dst = append(dst, sc.r.Bytes(buf[i:m.from])...)
			}
			sc.enter(m)
			return appendMark(dst, m.kind), m.to, false
		}
		i++
	}
	return append(dst, buf[from:]...), len(buf), false
}

// skipPlain returns the next position at which anything may begin, or the last
// position of buf.
func (sc *scanner) skipPlain(buf []byte, i int) int {
	start := sc.r.start
	for ; i+1 < len(buf); i++ {
		if start[uint16(buf[i])<<8|uint16(buf[i+1])] != 0 {
			return i
		}
	}
	return i
}

// secret looks for a secret at buf[i].
func (sc *scanner) secret(buf []byte, i int, final bool) (m match, ok, more bool) {
	bits := sc.r.start[pairOf(buf[i], buf[i+1])]
	if bits&startLiteral != 0 {
		end, more := sc.r.literals.at(buf, i, final)
		if !more && end > 0 {
			end, more = sc.r.literals.extend(buf, i, end, final)
		}
		if more || end > 0 {
			return match{from: i, to: end, kind: kindEnv}, !more, more
		}
	}
	if bits&startShape == 0 {
		return match{}, false, false
	}
	if m, ok, more = sc.token(buf, i, final); ok || more {
		return m, ok, more
	}
	return sc.context(buf, i, final)
}

// enter sets the state after a match.
func (sc *scanner) enter(m match) {
	sc.skip = m.rest
	if m.pem != pemNone {
		sc.pem = m.pem
		sc.pemUntil = sc.base + int64(m.to) + maxPEM
	}
}

func appendMark(dst []byte, kind string) []byte {
	dst = append(dst, "[redacted:"...)
	dst = append(dst, kind...)
	return append(dst, ']')
}
