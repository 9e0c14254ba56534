package signature_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/signature"
)

// keygen makes a key and returns its file.
func keygen(t *testing.T, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "id")
	args = append([]string{"-q", "-N", "", "-C", "ada@laptop", "-f", file}, args...)
	out, err := exec.CommandContext(t.Context(), "ssh-keygen", args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return file
}

func public(t *testing.T, file string) *signature.Key {
	t.Helper()
	text, err := os.ReadFile(file + ".pub")
	require.NoError(t, err)
	key, err := signature.ParseKey(text)
	require.NoError(t, err)
	return key
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	message := []byte(`{"decision":"gate.approve"}`)
	for _, kind := range [][]string{{"-t", "ed25519"}, {"-t", "rsa", "-b", "2048"}, {"-t", "ecdsa"}} {
		file := keygen(t, kind...)
		key := public(t, file)
		require.Equal(t, "ada@laptop", key.Comment)
		require.False(t, key.Presence)
		signer := signature.Signer{KeyFile: file, Dir: t.TempDir(), Environ: os.Environ()}
		armored, err := signer.Sign(t.Context(), message)
		require.NoError(t, err, kind)
		require.NoError(t, signature.Verify(message, armored, key), kind)
		by, err := signature.Fingerprint(armored)
		require.NoError(t, err)
		require.Equal(t, key.Fingerprint, by)

		require.ErrorIs(t, signature.Verify(append(message, ' '), armored, key), signature.ErrInvalid)
		require.ErrorIs(t, signature.Verify(message, armored, public(t, keygen(t, kind...))), signature.ErrInvalid)
		require.ErrorIs(t, signature.Verify(message, armored[:len(armored)/2], key), signature.ErrInvalid)
	}
}

// TestOpenSSHAgrees checks a signature as a person can who does not trust us.
func TestOpenSSHAgrees(t *testing.T) {
	t.Parallel()
	file := keygen(t, "-t", "ed25519")
	message := []byte("a decision")
	signer := signature.Signer{KeyFile: file, Dir: t.TempDir(), Environ: os.Environ()}
	armored, err := signer.Sign(t.Context(), message)
	require.NoError(t, err)
	dir := t.TempDir()
	allowed, sig := filepath.Join(dir, "allowed"), filepath.Join(dir, "sig")
	require.NoError(t, os.WriteFile(allowed, []byte("ada "+public(t, file).Line+"\n"), 0o600))
	require.NoError(t, os.WriteFile(sig, armored, 0o600))
	check := func(message string) error {
		cmd := exec.CommandContext(t.Context(), "ssh-keygen", "-Y", "verify", "-n", signature.Namespace, "-f", allowed, "-I", "ada", "-s", sig)
		cmd.Stdin = strings.NewReader(message)
		return cmd.Run()
	}
	require.NoError(t, check("a decision"))
	require.Error(t, check("another"))
}

func TestOtherNamespacesDoNotCount(t *testing.T) {
	t.Parallel()
	file := keygen(t, "-t", "ed25519")
	cmd := exec.CommandContext(t.Context(), "ssh-keygen", "-Y", "sign", "-n", "git", "-f", file)
	cmd.Stdin = strings.NewReader("a commit")
	armored, err := cmd.Output()
	require.NoError(t, err)
	require.ErrorIs(t, signature.Verify([]byte("a commit"), armored, public(t, file)), signature.ErrInvalid)
}

func TestSecurityKeysAreTold(t *testing.T) {
	t.Parallel()
	// From OpenSSH's documentation of the type: a key whose private half is in
	// a security key. It cannot sign here; it can be enrolled.
	line := "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAABHNzaDo= ada"
	key, err := signature.ParseKey([]byte(line))
	require.NoError(t, err)
	require.True(t, key.Presence)
}

func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	file := keygen(t, "-t", "ed25519")
	private, err := os.ReadFile(file)
	require.NoError(t, err)
	line, err := os.ReadFile(file + ".pub")
	require.NoError(t, err)
	short, err := os.ReadFile(keygen(t, "-t", "rsa", "-b", "1024") + ".pub")
	require.NoError(t, err)
	for want, text := range map[error][]byte{
		signature.ErrPrivateKey: private,
		signature.ErrNotAKey:    []byte("hello"),
		signature.ErrSeveral:    bytes.Repeat(line, 2),
		signature.ErrOptions:    append([]byte(`command="x" `), line...),
		signature.ErrWeak:       short,
	} {
		_, err := signature.ParseKey(text)
		require.ErrorIs(t, err, want)
	}
	_, err = signature.ParseKey(nil)
	require.ErrorIs(t, err, signature.ErrNotAKey)
}

// TestAgentsOfSSHAreNotAsked holds that a key which only an agent holds does not
// sign: the agent would do so for anybody.
func TestAgentsOfSSHAreNotAsked(t *testing.T) {
	t.Parallel()
	file := keygen(t, "-t", "ed25519")
	dir, err := os.MkdirTemp("", "lc-agent-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	agent := exec.CommandContext(t.Context(), "ssh-agent", "-D", "-a", socket)
	require.NoError(t, agent.Start())
	t.Cleanup(func() { _ = agent.Process.Kill(); _ = agent.Wait() })
	require.Eventually(t, func() bool { _, err := os.Stat(socket); return err == nil }, wait, tick)
	environ := append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	add := exec.CommandContext(t.Context(), "ssh-add", "-q", file)
	add.Env = environ
	require.NoError(t, add.Run())
	require.NoError(t, os.Remove(file))

	// OpenSSH would sign with the agent, given the public key's file.
	bare := exec.CommandContext(t.Context(), "ssh-keygen", "-Y", "sign", "-n", signature.Namespace, "-f", file+".pub")
	bare.Env, bare.Stdin = environ, strings.NewReader("x")
	require.NoError(t, bare.Run())
	signer := signature.Signer{KeyFile: file + ".pub", Dir: t.TempDir(), Environ: environ}
	_, err = signer.Sign(t.Context(), []byte("x"))
	require.Error(t, err)
	require.NotErrorIs(t, err, signature.ErrNoSSHKeygen)
}
