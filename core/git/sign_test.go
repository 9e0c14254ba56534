package git_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/git"
)

// signing is a repository with a change to commit, and commits that are signed.
func signing(t *testing.T, config ...string) *testRepo {
	t.Helper()
	g := withDocs(t)
	g.git("config", "commit.gpgSign", "true")
	for i := 0; i < len(config); i += 2 {
		g.git("config", config[i], config[i+1])
	}
	g.write(statusFile, "status 2\n")
	return g
}

// sshKey makes a key pair and returns the path of the private half.
func sshKey(t *testing.T, passphrase string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "ada", "-f", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return file
}

func TestCommitOnlySignsBySSH(t *testing.T) {
	t.Parallel()
	key := sshKey(t, "")
	g := signing(t, "gpg.format", "ssh", "user.signingKey", key)
	public, err := os.ReadFile(key + ".pub")
	require.NoError(t, err)
	signers := filepath.Join(t.TempDir(), "signers")
	require.NoError(t, os.WriteFile(signers, append([]byte("ada@example.com "), public...), 0o600))
	g.git("config", "gpg.ssh.allowedSignersFile", signers)

	out := g.commitOnly(statusFile)
	require.Nil(t, out.Skipped)
	g.git("verify-commit", "HEAD")
	require.Equal(t, "G", g.git("log", "-1", "--format=%G?"))
	g.git("fsck", "--strict")
}

func TestCommitOnlySignsByGPG(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Skip("gpg is not installed")
	}
	home, err := os.MkdirTemp("", "lcgpg") // short, for the sockets in it
	require.NoError(t, err)
	t.Cleanup(func() {
		stop := exec.CommandContext(context.WithoutCancel(t.Context()), "gpgconf", "--kill", "all")
		stop.Env = append(os.Environ(), "GNUPGHOME="+home)
		_ = stop.Run() // there may be none
		require.NoError(t, os.RemoveAll(home))
	})
	for _, c := range []struct{ name, passphrase string }{{"Ada", ""}, {"Bea", "secret"}} {
		gen := exec.CommandContext(t.Context(), "gpg", "--batch", "--pinentry-mode=loopback", "--passphrase", c.passphrase,
			"--quick-gen-key", c.name+" <"+c.name+"@example.com>", "ed25519", "sign", "never")
		gen.Env = append(os.Environ(), "GNUPGHOME="+home)
		out, err := gen.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	g := signing(t, "user.signingKey", "Ada@example.com")
	p := g.params(statusFile)
	p.Environ = append(p.Environ, "GNUPGHOME="+home)
	out, err := git.CommitOnly(t.Context(), g.dir, p)
	require.NoError(t, err)
	require.Nil(t, out.Skipped)
	verify := exec.CommandContext(t.Context(), "git", "verify-commit", "HEAD")
	verify.Dir, verify.Env = g.dir, p.Environ
	said, err := verify.CombinedOutput()
	require.NoError(t, err, "%s", said)

	stop := exec.CommandContext(t.Context(), "gpgconf", "--kill", "gpg-agent") // which knows the passphrase
	stop.Env = p.Environ
	require.NoError(t, stop.Run())
	g.git("config", "user.signingKey", "Bea@example.com")
	g.write(statusFile, "status 3\n")
	p = g.params(statusFile)
	p.Environ = append(p.Environ, "GNUPGHOME="+home)
	head := g.git("rev-parse", "HEAD")
	out, err = git.CommitOnly(t.Context(), g.dir, p)
	require.NoError(t, err)
	require.Equal(t, git.SkipSigning, out.Skipped.Reason)
	require.Equal(t, head, g.git("rev-parse", "HEAD"))
}

// Nobody is asked for anything.
func TestCommitOnlySkipsWhatWouldAsk(t *testing.T) {
	t.Parallel()
	for name, config := range map[string][]string{
		"passphrase":      {"gpg.format", "ssh", "user.signingKey", sshKey(t, "secret")},
		"no such key":     {"gpg.format", "ssh", "user.signingKey", "/nowhere/key"},
		"no key":          {"gpg.format", "ssh"},
		"another program": {"gpg.format", "ssh", "gpg.ssh.program", "/opt/sign", "user.signingKey", "/key"},
		"another gpg":     {"gpg.program", "/opt/sign"},
		"smart card":      {"gpg.format", "x509"},
		"agent":           {"gpg.format", "ssh", "user.signingKey", "key::ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHTX8cLv3yGCF0JI9Hc+ZCcmLOYc9VKfmgFw6LpFdmWB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := signing(t, config...)
			before := g.everything()
			out := g.commitOnly(statusFile)
			require.NotNil(t, out.Skipped)
			require.Equal(t, git.SkipSigning, out.Skipped.Reason)
			require.Equal(t, before, g.everything())
		})
	}
}
