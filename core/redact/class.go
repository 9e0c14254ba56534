package redact

// class is a set of bytes.
type class [256]bool

func newClass(chars string) *class {
	var c class
	for i := range len(chars) {
		c[chars[i]] = true
	}
	return &c
}

// run returns how many of the first limit bytes of b are in the class before
// the first that is not.
func (c *class) run(b []byte, limit int) int {
	n := min(limit, len(b))
	for i := range n {
		if !c[b[i]] {
			return i
		}
	}
	return n
}

const (
	digits = "0123456789"
	uppers = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowers = "abcdefghijklmnopqrstuvwxyz"
	alnums = digits + uppers + lowers
)

// classes are the alphabets that credentials are written in.
type classes struct {
	alnum    *class
	base32   *class // AWS key ids
	url64    *class // base64url and most provider tokens
	word     *class // letters, digits, underscore
	dashed   *class // letters, digits, hyphen
	std64    *class // base64 with padding
	jwt      *class // base64url and dots
	cred     *class // token68 of RFC 9110 and the colon of some schemes
	space    *class
	assign   *class // what stands between a name and its value
	pemLabel *class
	hostStop *class // what ends the authority of a URL
	textStop *class // what ends a URL in running text
	digit    *class
}

func newClasses() *classes {
	const blank = " \t\r\n\v\f"
	const control = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x1a\x1b\x7f"
	return &classes{
		alnum:    newClass(alnums),
		base32:   newClass(uppers + "234567"),
		url64:    newClass(alnums + "_-"),
		word:     newClass(alnums + "_"),
		dashed:   newClass(alnums + "-"),
		std64:    newClass(alnums + "+/="),
		jwt:      newClass(alnums + "_-."),
		cred:     newClass(alnums + "._~+/=:-"),
		space:    newClass(blank),
		assign:   newClass(" \t\"'`:=\\,["),
		pemLabel: newClass(uppers + digits + " "),
		hostStop: newClass(blank + control + "\"'`<>/?#\\"),
		textStop: newClass(blank + control + "\"'`<>\\"),
		digit:    newClass(digits),
	}
}

// foldByte returns a byte in both cases, or alone when it has none.
func foldByte(b byte) []byte {
	switch {
	case b >= 'a' && b <= 'z':
		return []byte{b, b - 'a' + 'A'}
	case b >= 'A' && b <= 'Z':
		return []byte{b, b - 'A' + 'a'}
	default:
		return []byte{b}
	}
}
