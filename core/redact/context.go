package redact

import "bytes"

// contextWords are what the matchers of this file begin with, in any case.
func contextWords() []string {
	return []string{"authorization", "bearer", "secret", "://", "eyJ", pemDashes}
}

const (
	maxJWTHeader = 4 << 10
	minJWTPart   = 10
	maxAuthority = 1 << 10
	minCred      = 8
	minBareCred  = 16
	credSample   = 32
	maxAssign    = 12
	awsSecretLen = 40
)

// context looks at buf[i] for a credential that is known by what stands around
// it.
func (sc *scanner) context(buf []byte, i int, final bool) (m match, ok, more bool) {
	switch buf[i] {
	case '-':
		return sc.pemHeader(buf, i, final)
	case ':':
		return sc.urlPassword(buf, i, final)
	case 'e':
		return sc.jwt(buf, i, final)
	case 'a', 'A':
		return sc.authorization(buf, i, final)
	case 'b', 'B':
		return sc.bearer(buf, i, final)
	case 's', 'S':
		return sc.awsSecret(buf, i, final)
	default:
		return match{}, false, false
	}
}

// foldPrefix reports whether b begins with the lower-case word, in any case.
func foldPrefix(b []byte, word string, final bool) (ok, more bool) {
	n := min(len(b), len(word))
	for j := range n {
		c := b[j]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[j] {
			return false, false
		}
	}
	if n < len(word) {
		return false, !final
	}
	return true, false
}

// jwt finds header.payload.signature in base64url, where the header is a JSON
// object.
func (sc *scanner) jwt(buf []byte, i int, final bool) (m match, ok, more bool) {
	rest := buf[i:]
	if len(rest) < len("eyJ") {
		return match{}, false, !final
	}
	if rest[1] != 'y' || rest[2] != 'J' || !sc.wordBegins(buf, i) {
		return match{}, false, false
	}
	n := sc.r.set.url64.run(rest, maxJWTHeader)
	if n == len(rest) && n < maxJWTHeader {
		return match{}, false, !final
	}
	if n < minJWTPart || n == maxJWTHeader || rest[n] != '.' {
		return match{}, false, false
	}
	payload := rest[n+1:]
	p := sc.r.set.url64.run(payload, minJWTPart)
	if p < minJWTPart {
		return match{}, false, p == len(payload) && !final
	}
	return match{from: i, to: i + n + 1 + p, kind: kindJWT, rest: sc.r.set.jwt}, true, false
}

// urlPassword finds the password in scheme://user:password@host.
func (sc *scanner) urlPassword(buf []byte, i int, final bool) (m match, ok, more bool) {
	const sep = "://"
	rest := buf[i:]
	if len(rest) < len(sep) {
		return match{}, false, !final
	}
	if rest[1] != '/' || rest[2] != '/' {
		return match{}, false, false
	}
	rest = rest[len(sep):]
	end, ended := sc.until(rest, sc.r.set.hostStop)
	if !ended && !final {
		return match{}, false, true
	}
	authority := rest[:end]
	colon := bytes.IndexByte(authority, ':')
	if colon < 0 || authority[0] == '[' {
		return match{}, false, false
	}
	at := bytes.LastIndexByte(authority, '@')
	if at < 0 {
		// A password may hold an unescaped slash; a port is a number.
		port := authority[colon+1:]
		if sc.r.set.digit.run(port, len(port)) == len(port) {
			return match{}, false, false
		}
		if end, ended = sc.until(rest, sc.r.set.textStop); !ended && !final {
			return match{}, false, true
		}
		at = bytes.IndexByte(rest[:end], '@')
	}
	if at <= colon+1 {
		return match{}, false, false
	}
	start := i + len(sep)
	return match{from: start + colon + 1, to: start + at, kind: kindURL}, true, false
}

// until returns where the first byte of the class is, within the length of an
// authority, and whether that is known.
func (*scanner) until(b []byte, stop *class) (end int, known bool) {
	for j := range min(len(b), maxAuthority) {
		if stop[b[j]] {
			return j, true
		}
	}
	return min(len(b), maxAuthority), len(b) >= maxAuthority
}

// authorization finds the credentials of an Authorization header.
func (sc *scanner) authorization(buf []byte, i int, final bool) (m match, ok, more bool) {
	const word = "authorization"
	if ok, more = foldPrefix(buf[i:], word, final); !ok {
		return match{}, false, more
	}
	at := i + len(word)
	sep := sc.r.set.assign.run(buf[at:], maxAssign)
	if at+sep == len(buf) && sep < maxAssign {
		return match{}, false, !final
	}
	if sep == 0 || sep == maxAssign {
		return match{}, false, false
	}
	at += sep
	for _, scheme := range []string{"bearer ", "basic ", "token ", "negotiate ", "apikey ", "bot "} {
		ok, more = foldPrefix(buf[at:], scheme, final)
		if more {
			return match{}, false, true
		}
		if ok {
			return sc.credential(buf, at+len(scheme), minCred, final)
		}
	}
	return sc.credential(buf, at, minBareCred, final)
}

// bearer finds "Bearer <token>" outside of a header.
func (sc *scanner) bearer(buf []byte, i int, final bool) (m match, ok, more bool) {
	const word = "bearer "
	if ok, more = foldPrefix(buf[i:], word, final); !ok {
		return match{}, false, more
	}
	if !sc.wordBegins(buf, i) {
		return match{}, false, false
	}
	return sc.credential(buf, i+len(word), minBareCred, final)
}

// credential matches an opaque token of at least atLeast bytes. A digit among
// the first bytes tells a token from a word.
func (sc *scanner) credential(buf []byte, at, atLeast int, final bool) (m match, ok, more bool) {
	for at < len(buf) && buf[at] == ' ' {
		at++
	}
	body := buf[at:]
	n := sc.r.set.cred.run(body, credSample)
	if n == len(body) && n < credSample && !final {
		return match{}, false, true
	}
	if n < atLeast {
		return match{}, false, false
	}
	for _, c := range body[:n] {
		if sc.r.set.digit[c] {
			return match{from: at, to: at + n, kind: kindAuth, rest: sc.r.set.cred}, true, false
		}
	}
	return match{}, false, false
}

// awsSecret finds the 40 characters after secret_access_key.
func (sc *scanner) awsSecret(buf []byte, i int, final bool) (m match, ok, more bool) {
	at := -1
	for _, word := range []string{"secret_access_key", "secretaccesskey", "secret access key"} {
		ok, more = foldPrefix(buf[i:], word, final)
		if more {
			return match{}, false, true
		}
		if ok {
			at = i + len(word)
		}
	}
	if at < 0 {
		return match{}, false, false
	}
	sep := sc.r.set.assign.run(buf[at:], maxAssign)
	if sep == 0 || sep == maxAssign {
		return match{}, false, at == len(buf) && !final
	}
	body := buf[at+sep:]
	n := sc.r.set.std64.run(body, awsSecretLen+1)
	if n == len(body) && n <= awsSecretLen && !final {
		return match{}, false, true
	}
	if n != awsSecretLen {
		return match{}, false, false
	}
	return match{from: at + sep, to: at + sep + n, kind: kindAWSSecret}, true, false
}
