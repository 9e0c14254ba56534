package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"
)

// signWithin is how long a program may take to sign. One that waits for a person
// takes longer.
const signWithin = 10 * time.Second

// sign signs a commit as the user's settings ask for, if that is possible without
// asking anybody. Git itself would let the program ask, in the middle of a
// command that is about something else.
func (r *Repo) sign(ctx context.Context, config map[string]string, payload []byte, who object.Signature) (string, *Skip, error) {
	key := config["user.signingkey"]
	const hint = "git config --get-regexp '^(gpg|user)'"
	switch format := config["gpg.format"]; format {
	case "", "openpgp":
		if key == "" {
			key = fmt.Sprintf("%s <%s>", who.Name, who.Email)
		}
		program := first(config["gpg.openpgp.program"], config["gpg.program"], "gpg")
		if !isProgram(program, "gpg", "gpg2") {
			return "", skip(SkipSigning, hint, "commits are signed by %s, which may ask you something", program), nil
		}
		return r.signBy(ctx, payload, program, "--batch", "--no-tty", "--pinentry-mode=error", "--detach-sign", "--armor", "--local-user", key)
	case "ssh":
		program := first(config["gpg.ssh.program"], "ssh-keygen")
		if !isProgram(program, "ssh-keygen") {
			return "", skip(SkipSigning, hint, "commits are signed by %s, which may ask you something", program), nil
		}
		if key == "" {
			return "", skip(SkipSigning, hint, "commits are to be signed, and user.signingkey names no key"), nil
		}
		return r.signBySSH(ctx, payload, program, key)
	default:
		return "", skip(SkipSigning, hint, "commits are to be signed by %s, which may ask you something", format), nil
	}
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	i := slices.IndexFunc(texts, func(s string) bool { return s != "" })
	return texts[max(i, 0)]
}

func isProgram(path string, names ...string) bool {
	return slices.Contains(names, strings.TrimSuffix(filepath.Base(path), ".exe"))
}

// signBySSH signs with a key file, or, when the public key itself is configured,
// with the agent that has the other half.
func (r *Repo) signBySSH(ctx context.Context, payload []byte, program, key string) (signature string, refused *Skip, err error) {
	args := []string{"-Y", "sign", "-n", "git"}
	literal, isLiteral := strings.CutPrefix(key, "key::")
	if isLiteral || strings.HasPrefix(key, "ssh-") {
		file, err := os.CreateTemp("", "layercake-key-*.pub")
		if err != nil {
			return "", nil, fmt.Errorf("make a file for the key: %w", err)
		}
		defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
		_, writeErr := file.WriteString(literal + "\n")
		if err := errors.Join(writeErr, file.Close()); err != nil {
			return "", nil, fmt.Errorf("write the key: %w", err)
		}
		return r.signBy(ctx, payload, program, append(args, "-U", "-f", file.Name())...)
	}
	if strings.HasPrefix(key, "~") {
		if key, err = r.line(ctx, "config", "--type=path", "--get", "user.signingkey"); err != nil {
			return "", nil, err
		}
	}
	return r.signBy(ctx, payload, program, append(args, "-f", key)...)
}

// signBy lets a program sign what it reads. It has no terminal to ask at.
func (r *Repo) signBy(ctx context.Context, payload []byte, program string, args ...string) (string, *Skip, error) {
	within, stop := context.WithTimeout(ctx, signWithin)
	defer stop()
	cmd := exec.CommandContext(within, program, args...)
	cmd.Dir = r.root
	cmd.Env = append(slices.DeleteFunc(slices.Clone(r.env), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains([]string{"GPG_TTY", "DISPLAY", "WAYLAND_DISPLAY", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE"}, name)
	}), "SSH_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=force")
	cmd.Stdin = bytes.NewReader(payload)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case err == nil && stdout.Len() > 0:
		return stdout.String(), nil, nil
	case ctx.Err() != nil:
		return "", nil, ctx.Err()
	case within.Err() != nil:
		return "", skip(SkipSigning, "git config --get-regexp '^(gpg|user)'", "commits are to be signed, and %s waits for somebody", program), nil
	}
	said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
	return "", skip(SkipSigning, "git config --get-regexp '^(gpg|user)'", "commits are to be signed, and %s cannot without asking: %s", program, said), nil
}
