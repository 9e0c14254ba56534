package signature

import (
	"crypto/rsa"

	"golang.org/x/crypto/ssh"
)

// rsaBits returns the length of an RSA key's modulus, or 0 for what is none.
func rsaBits(public ssh.PublicKey) int {
	wrapped, ok := public.(ssh.CryptoPublicKey)
	if !ok {
		return 0
	}
	key, ok := wrapped.CryptoPublicKey().(*rsa.PublicKey)
	if !ok {
		return 0
	}
	return key.N.BitLen()
}
