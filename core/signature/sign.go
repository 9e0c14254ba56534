package signature

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// Signer makes signatures with a key in a file.
type Signer struct {
	// KeyFile is the private key, or the handle of a security key.
	KeyFile string
	// Namespace is what the signature is for. Defaults to [Namespace].
	Namespace string
	// Dir is the working directory, and Environ the environment, of ssh-keygen.
	Dir     string
	Environ []string
	// Messages gets what ssh-keygen says, such as "touch the key".
	Messages io.Writer
}

// ErrNoSSHKeygen says that the program that makes signatures is missing.
var ErrNoSSHKeygen = errors.New("ssh-keygen is not installed")

// Sign returns the armored signature over the message.
//
// The key itself is used, never an agent that holds it: what answers at
// SSH_AUTH_SOCK does so for every process of the account. For the same reason a
// passphrase is asked for at the terminal and not by a program.
func (s *Signer) Sign(ctx context.Context, message []byte) ([]byte, error) {
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		return nil, ErrNoSSHKeygen
	}
	var out, said bytes.Buffer
	namespace := s.Namespace
	if namespace == "" {
		namespace = Namespace
	}
	cmd := exec.CommandContext(ctx, program, "-Y", "sign", "-n", namespace, "-f", s.KeyFile)
	cmd.Dir, cmd.Env = s.Dir, alone(s.Environ)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(message), &out, &said
	if s.Messages != nil {
		cmd.Stderr = io.MultiWriter(&said, plainly{s.Messages})
	}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("ssh-keygen made no signature: %s", lastLine(said.String(), err))
	}
	return out.Bytes(), nil
}

// plainly passes on what ssh-keygen says, but for what says nothing to a person:
// where the text comes from.
type plainly struct{ to io.Writer }

func (w plainly) Write(p []byte) (int, error) {
	if rest := bytes.ReplaceAll(p, []byte("Signing data on standard input\n"), nil); len(rest) > 0 {
		if _, err := w.to.Write(rest); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// alone takes from an environment what would let another program answer for the
// person.
func alone(environ []string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "SSH_AUTH_SOCK" || strings.HasPrefix(name, "SSH_ASKPASS")
	})
	return append(kept, "SSH_ASKPASS_REQUIRE=never")
}

// lastLine returns the last line that a program said, which has its reason.
func lastLine(said string, err error) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return err.Error()
}
