package redact

import "bytes"

// pemMode says how to go on after the header of a private key.
type pemMode int

const (
	pemNone pemMode = iota
	// pemWhole: the body follows as it should; everything up to the footer
	// goes.
	pemWhole
	// pemPieces: something else stands between the lines (JSON of a test
	// run, log prefixes, string concatenation), which must survive for the
	// sake of whoever parses it. Only what looks like key material goes.
	pemPieces
)

const (
	pemDashes   = "-----"
	pemBegin    = "-----BEGIN "
	pemEnd      = "-----END "
	maxPEMLabel = 48
	maxPEMGap   = 64
	// maxPEM is how far from its header the footer of a key is looked for.
	maxPEM = 64 << 10
	// minPEMLine is the least length of the first line of a body.
	minPEMLine = 32
	// minPEMPiece is the least length of key material among other text, and
	// longPEMPiece the length from which nothing else is asked of it.
	minPEMPiece, longPEMPiece = 16, 60
	minPadded                 = 4
)

// pemHeader finds "-----BEGIN … PRIVATE KEY…-----".
func (sc *scanner) pemHeader(buf []byte, i int, final bool) (m match, ok, more bool) {
	end, label, more := sc.pemFrame(buf, i, pemBegin, final)
	if more || end == 0 {
		return match{}, false, more
	}
	if !bytes.Contains(label, []byte("PRIVATE KEY")) {
		return match{}, false, false
	}
	mode, more := sc.pemBody(buf[end:], final)
	if more {
		return match{}, false, true
	}
	return match{from: i, to: end, kind: kindPEM, pem: mode}, true, false
}

// pemFrame matches a header or footer at buf[i] and returns its end and label.
func (sc *scanner) pemFrame(buf []byte, i int, prefix string, final bool) (end int, label []byte, more bool) {
	rest := buf[i:]
	n := min(len(rest), len(prefix))
	if string(rest[:n]) != prefix[:n] {
		return 0, nil, false
	}
	if n < len(prefix) {
		return 0, nil, !final
	}
	n += sc.r.set.pemLabel.run(rest[n:], maxPEMLabel)
	label = rest[len(prefix):n]
	tail := rest[n:]
	if len(tail) < len(pemDashes) {
		return 0, nil, !final && pemDashes[:len(tail)] == string(tail)
	}
	if string(tail[:len(pemDashes)]) != pemDashes {
		return 0, nil, false
	}
	return i + n + len(pemDashes), label, false
}

// pemBody looks at what follows a header.
func (sc *scanner) pemBody(rest []byte, final bool) (mode pemMode, more bool) {
	i := 0
	for i < len(rest) && i < maxPEMGap {
		switch {
		case sc.r.set.space[rest[i]]:
			i++
			continue
		case rest[i] == '\\' && i+1 < len(rest) && isEscape(rest[i+1]):
			i += 2
			continue
		}
		break
	}
	body := rest[i:]
	n := sc.r.set.std64.run(body, minPEMLine)
	if n == minPEMLine {
		return pemWhole, false
	}
	if !final && i < maxPEMGap && (n == len(body) || string(body) == `\`) {
		return pemNone, true
	}
	return pemPieces, false
}

func isEscape(c byte) bool { return c == 'n' || c == 'r' || c == 't' }

// skipPEM drops the body of a key up to its footer and returns where it
// stopped. When something turns up that does not belong there, it goes on
// piecewise.
func (sc *scanner) skipPEM(buf []byte, pos int, final bool) (next int, more bool) {
	for pos < len(buf) {
		c := buf[pos]
		switch {
		case sc.base+int64(pos) >= sc.pemUntil:
			sc.pem = pemNone
			return pos, false
		case sc.r.set.std64[c] || sc.r.set.space[c]:
			pos++
		case c == '\\':
			if pos+1 == len(buf) && !final {
				return pos, true
			}
			if pos+1 == len(buf) || !isEscape(buf[pos+1]) {
				sc.pem = pemPieces
				return pos, false
			}
			pos += 2
		default:
			end, _, more := sc.pemFrame(buf, pos, pemEnd, final)
			if more {
				return pos, true
			}
			if end == 0 {
				sc.pem = pemPieces
				return pos, false
			}
			sc.pem = pemNone
			return end, false
		}
	}
	return pos, false
}

// piece looks for a piece of a key, or its footer, at buf[i].
func (sc *scanner) piece(buf []byte, i int, final bool) (end int, more bool) {
	set := sc.r.set
	if buf[i] == '-' {
		if end, _, more = sc.pemFrame(buf, i, pemEnd, final); end > 0 {
			sc.pem = pemNone
		}
		return end, more
	}
	if !set.std64[buf[i]] || (i > 0 && buf[i-1] == '\\') {
		return 0, false
	}
	if i > 0 && set.std64[buf[i-1]] && (i < 2 || buf[i-2] != '\\') {
		return 0, false
	}
	n := set.std64.run(buf[i:], maxPEM)
	if i+n == len(buf) && !final && n < maxJWTHeader {
		return 0, true
	}
	run := buf[i : i+n]
	switch {
	case n >= longPEMPiece, n >= minPadded && run[n-1] == '=':
		return i + n, false
	case n >= minPEMPiece && bytes.ContainsAny(run, digits) && bytes.ContainsAny(run, uppers) && bytes.ContainsAny(run, lowers):
		return i + n, false
	}
	return 0, false
}
