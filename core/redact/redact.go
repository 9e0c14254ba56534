// Package redact takes secrets out of text before it is hashed, stored or shown.
//
// Two kinds of secrets are known: the values that the environment holds under
// names such as API_TOKEN or DATABASE_URL, which are looked for literally (and
// as JSON, URL and base64 would write them), and texts that have the shape of a
// well-known credential: provider tokens, JWTs, private keys, passwords in URLs,
// Authorization headers. There is deliberately no rule for "anything that looks
// random": git hashes, UUIDs, digests and test data must come through unharmed,
// because evidence is read by people and parsers afterwards.
//
// The same text gives the same result no matter how it was cut into writes.
package redact

import "io"

// Redactor removes secrets. It is immutable and safe for concurrent use; the
// writers that it makes are not.
type Redactor struct {
	literals *literalSet
	// start says for each pair of neighbouring bytes which matchers may
	// begin there. Looking at two bytes at a time keeps plain text fast.
	start *[1 << 16]uint8
	// first says whether anything may begin with a byte; needed at the end
	// of what has been written so far.
	first *[1 << 8]bool
	// tokens are the tokens with a fixed prefix, by its first byte.
	tokens map[byte][]token
	set    *classes
}

// The bits of Redactor.start.
const (
	startShape   uint8 = 1 << iota // a credential's shape may begin here
	startLiteral                   // a value from the environment may begin here
)

// New returns a Redactor for the well-known shapes and for the secrets found in
// env, a list of NAME=value as os.Environ returns it. A nil env means shapes
// alone.
func New(env []string) *Redactor {
	r := &Redactor{
		literals: newLiteralSet(Secrets(env)),
		start:    new([1 << 16]uint8),
		first:    new([1 << 8]bool),
		set:      newClasses(),
		tokens:   map[byte][]token{},
	}
	for _, t := range knownTokens(r.set) {
		r.tokens[t.prefix[0]] = append(r.tokens[t.prefix[0]], t)
		r.mark(pairOf(t.prefix[0], t.prefix[1]), startShape)
	}
	for _, word := range contextWords() {
		for _, a := range foldByte(word[0]) {
			for _, b := range foldByte(word[1]) {
				r.mark(pairOf(a, b), startShape)
			}
		}
	}
	for pair := range r.literals.byStart {
		r.mark(pair, startLiteral)
	}
	return r
}

func (r *Redactor) mark(pair uint16, bit uint8) {
	r.start[pair] |= bit
	r.first[pair>>8] = true
}

// String returns s without secrets.
func (r *Redactor) String(s string) string {
	if r == nil || s == "" {
		return s
	}
	sc := scanner{r: r}
	out, _ := sc.scan(nil, []byte(s), 0, true)
	return string(out)
}

// Bytes returns a copy of b without secrets.
func (r *Redactor) Bytes(b []byte) []byte {
	if r == nil {
		return append([]byte(nil), b...)
	}
	sc := scanner{r: r}
	out, _ := sc.scan(nil, b, 0, true)
	return out
}

// Writer returns a writer that passes on to w what it is given, without
// secrets. It holds back the end of a write for as long as a secret may have
// begun there; Close passes on the rest and leaves w open.
func (r *Redactor) Writer(w io.Writer) *Writer {
	return &Writer{sc: scanner{r: r}, w: w}
}

// Reader returns a reader of what src holds, without secrets.
func (r *Redactor) Reader(src io.Reader) io.Reader {
	return &reader{src: src, sc: scanner{r: r}, buf: make([]byte, 0, pieceSize)}
}
