package signature

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// ErrInvalid is what [Verify] returns, wrapped, when a signature does not hold.
var ErrInvalid = errors.New("the signature does not hold")

// Fingerprint says which key made an armored signature. It checks nothing.
func Fingerprint(armored []byte) (string, error) {
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		return "", fmt.Errorf("%w: it cannot be read: %w", ErrInvalid, err)
	}
	return ssh.FingerprintSHA256(sig.PublicKey), nil
}

// Verify checks that the key made the armored signature over the message, in the
// namespace of decisions. A security key must have been touched for it.
func Verify(message, armored []byte, key *Key) error {
	return VerifyIn(Namespace, message, armored, key)
}

// VerifyIn is [Verify] for another namespace.
func VerifyIn(namespace string, message, armored []byte, key *Key) error {
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		return fmt.Errorf("%w: it cannot be read: %w", ErrInvalid, err)
	}
	// OpenSSH's own rule: no SHA-1, also where a key could make it.
	if !slices.Contains(sshsig.SupportedHashAlgorithms(), sig.HashAlgorithm) || sig.Signature.Format == ssh.KeyAlgoRSA {
		return fmt.Errorf("%w: its hash is not strong enough", ErrInvalid)
	}
	if err := sshsig.Verify(bytes.NewReader(message), sig, key.public, sig.HashAlgorithm, namespace); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// Contained returns the public key that an armored signature names. Whose it is has
// to be known from elsewhere.
func Contained(armored []byte) (*Key, error) {
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read: %w", ErrInvalid, err)
	}
	return ParseKey(ssh.MarshalAuthorizedKey(sig.PublicKey))
}
