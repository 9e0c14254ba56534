package signature_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/layercake-dev/layercake/core/signature"
)

// securityKey signs as a FIDO security key does (OpenSSH's PROTOCOL.u2f): over
// the application, the flags and a counter, besides the message.
type securityKey struct {
	public  ssh.PublicKey
	private ed25519.PrivateKey
	flags   byte
}

const application = "ssh:"

func newSecurityKey(t *testing.T, flags byte) *securityKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	blob := ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, application})
	key, err := ssh.ParsePublicKey(blob)
	require.NoError(t, err)
	return &securityKey{key, private, flags}
}

func (k *securityKey) PublicKey() ssh.PublicKey { return k.public }

func (k *securityKey) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	const counter = 7
	app, message := sha256.Sum256([]byte(application)), sha256.Sum256(data)
	rest := binary.BigEndian.AppendUint32([]byte{k.flags}, counter)
	signed := append(append(append([]byte{}, app[:]...), rest...), message[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, signed), Rest: rest}, nil
}

// TestSecurityKeysHaveToBeTouched holds what the level "signed" claims of them.
func TestSecurityKeysHaveToBeTouched(t *testing.T) {
	t.Parallel()
	const userPresent = 1
	for flags, holds := range map[byte]bool{userPresent: true, 0: false} {
		k := newSecurityKey(t, flags)
		sig, err := sshsig.Sign(strings.NewReader("x"), k, sshsig.HashSHA512, signature.Namespace)
		require.NoError(t, err)
		key, err := signature.ParseKey(ssh.MarshalAuthorizedKey(k.public))
		require.NoError(t, err)
		require.True(t, key.Presence)
		err = signature.Verify([]byte("x"), sshsig.Armor(sig), key)
		if holds {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, signature.ErrInvalid)
		}
	}
}
