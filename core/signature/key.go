// Package signature makes and checks signatures by SSH keys, in the SSHSIG form
// of OpenSSH (PROTOCOL.sshsig): people have such keys, ssh-keygen makes the
// signatures and can check them without LayerCake.
//
// Checking is pure. Making a signature runs ssh-keygen, which asks for the key's
// passphrase or for a touch of the security key by itself.
package signature

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Namespace keeps signatures of decisions apart from all others that the same
// key makes, such as those of git commits.
const Namespace = "layercake-gate"

// Key is a public key.
type Key struct {
	// Line is the key as in an authorized_keys file: type and base64, without
	// a comment.
	Line string
	// Fingerprint is the SHA-256 as ssh-keygen -l prints it ("SHA256:…").
	Fingerprint string
	// Comment is what stood behind the key, often "ada@laptop".
	Comment string
	// Presence says that the key lives in a security key (FIDO), which signs
	// only when somebody touches it.
	Presence bool

	public ssh.PublicKey
}

// securityKeyPrefix begins the types of keys that live in a security key, and
// certificates are not keys.
const (
	securityKeyPrefix = "sk-"
	certificateMark   = "-cert-v01@"
	typeDSA           = "ssh-dss"
	// leastRSA is the shortest RSA key that counts, in bits (NIST SP 800-57).
	leastRSA = 2048
)

// The errors of keys; each is a sentence for people.
var (
	ErrNotAKey     = errors.New("it is not an SSH public key: one line that begins with its type, such as ssh-ed25519")
	ErrPrivateKey  = errors.New("it is a private key; the public one is in the file of the same name with .pub")
	ErrSeveral     = errors.New("it holds several keys; one at a time")
	ErrOptions     = errors.New("it has options before the key, which do not count here; leave them out")
	ErrCertificate = errors.New("it is a certificate; the key itself is what counts")
	ErrWeak        = errors.New("DSA keys and RSA keys of less than 2048 bits are too weak")
)

// ParseKey reads one public key in the form of an authorized_keys file.
func ParseKey(text []byte) (*Key, error) {
	if bytes.Contains(text, []byte("PRIVATE KEY-----")) {
		return nil, ErrPrivateKey
	}
	public, comment, options, rest, err := ssh.ParseAuthorizedKey(text)
	switch {
	case err != nil:
		return nil, ErrNotAKey
	case len(options) > 0:
		return nil, ErrOptions
	case strings.Contains(public.Type(), certificateMark):
		return nil, ErrCertificate
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey(rest); err == nil {
		return nil, ErrSeveral
	}
	if weak(public) {
		return nil, ErrWeak
	}
	return &Key{
		Line:        strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))),
		Fingerprint: ssh.FingerprintSHA256(public),
		Comment:     comment,
		Presence:    strings.HasPrefix(public.Type(), securityKeyPrefix),
		public:      public,
	}, nil
}

func weak(public ssh.PublicKey) bool {
	switch public.Type() {
	case typeDSA:
		return true
	case ssh.KeyAlgoRSA:
		return rsaBits(public) < leastRSA
	}
	return false
}
