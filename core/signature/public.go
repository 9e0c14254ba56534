package signature

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// PublicSuffix ends the name of the file in which OpenSSH keeps a public key; the
// private one has the same name without it.
const PublicSuffix = ".pub"

// maxKeyFile bounds what is read of a key's file, in bytes; keys have a few
// hundred, or three thousand.
const maxKeyFile = 64 << 10

// ReadPublic returns the public key that belongs to a file: the one in it, the
// one beside it, or, where there is none, the one that ssh-keygen makes from the
// private key. That asks for the passphrase, if it has one.
func ReadPublic(ctx context.Context, file string, environ []string) (*Key, error) {
	text, err := readKeyFile(file)
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(text)
	if !errors.Is(err, ErrPrivateKey) {
		return key, err
	}
	text, err = readKeyFile(file + PublicSuffix)
	if err == nil {
		return ParseKey(text)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		return nil, ErrNoSSHKeygen
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "-y", "-f", file)
	cmd.Env, cmd.Stdout, cmd.Stderr = alone(environ), &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("ssh-keygen cannot read the key: %s", lastLine(said.String(), err))
	}
	return ParseKey(out.Bytes())
}

// PrivateFile returns the file of the private key that belongs to a file of
// either.
func PrivateFile(file string) string { return strings.TrimSuffix(file, PublicSuffix) }

// readKeyFile reads an ordinary file that may hold a key.
func readKeyFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return nil, ErrNotAKey
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return text, nil
}
