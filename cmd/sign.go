package cmd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// signs says whether a decision is signed.
type signs int

const (
	// ifAsked: where the project asks for signatures, or the person has named a
	// key of theirs.
	ifAsked signs = iota
	// ifEnrolled: also where anybody is enrolled who could sign.
	ifEnrolled
)

// prepareToSign lets the caller sign what they decide, with the key that is
// theirs among those that count. Without one the rules refuse, where a signature
// is asked for.
func (s *session) prepareToSign(ctx context.Context, by *core.Caller, p *project.Project, when signs) error {
	if p.Level == project.LevelDemo || !by.Actor.IsPerson() || !by.Presence.Terminal || len(by.Presence.AgentSigns) > 0 {
		return nil
	}
	c, err := s.f.config()
	if err != nil {
		return err
	}
	if p.Level != project.LevelSigned && c.SigningKey == "" && when != ifEnrolled {
		return nil
	}
	signers, err := s.Signers.List(ctx, s.view(), false)
	if err != nil {
		return err
	}
	signers = slices.DeleteFunc(signers, func(k project.Signer) bool { return k.Kind != project.ActorPerson })
	file, err := s.f.ownKey(ctx, c.SigningKey, signers)
	if err != nil || file == "" {
		return err
	}
	by.Sign = s.f.signer(file)
	return nil
}

// signer makes signatures of decisions with the key in a file.
func (f *Factory) signer(file string) func(ctx context.Context, statement []byte) ([]byte, error) {
	return f.signerIn(signature.Namespace, file)
}

// signerIn makes signatures for a purpose with the key in a file.
func (f *Factory) signerIn(namespace, file string) func(ctx context.Context, statement []byte) ([]byte, error) {
	signer := signature.Signer{KeyFile: file, Namespace: namespace, Dir: f.process.Dir, Environ: f.env.list, Messages: f.IO.Err}
	return func(ctx context.Context, statement []byte) ([]byte, error) {
		f.say("signing with %s", file)
		armored, err := signer.Sign(ctx, statement)
		switch {
		case errors.Is(err, signature.ErrNoSSHKeygen):
			return nil, fault.Failed("no_ssh_keygen", "signatures are made with ssh-keygen, which is not installed").
				WithHint("install OpenSSH's client programs, then try again")
		case err != nil && ctx.Err() == nil:
			return nil, fault.Failed("not_signed", "%s did not sign: %v", file, err).
				WithHint("try `ssh-keygen -Y sign -n %s -f %s` on a file of yours; `layercake config list` shows signing_key", namespace, file)
		}
		return armored, err
	}
}

// ownKey finds the file of the person's private key among those whose signatures
// count: the one they named, the one that git signs with, or one in ~/.ssh.
func (f *Factory) ownKey(ctx context.Context, named string, signers []project.Signer) (string, error) {
	if named != "" {
		key, err := f.readKey(ctx, named)
		if err != nil {
			return "", err
		}
		if len(signers) > 0 && !counts(key, signers) {
			return "", fault.NotAllowed("signer_unknown", "the key %s in %s is not one whose signatures count here", key.Fingerprint, named).
				WithHint("run `layercake signer list` to see whose do, and `layercake config list` for signing_key")
		}
		return signature.PrivateFile(named), nil
	}
	files := []string{f.gitSigningKey(ctx)}
	if home := f.env.get("HOME"); home != "" {
		found, _ := filepath.Glob(filepath.Join(home, ".ssh", "*"+signature.PublicSuffix)) // the pattern is right
		files = append(files, found...)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, signature.PublicSuffix) {
			file += signature.PublicSuffix
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue // nothing there that could be tried
		}
		if key, err := signature.ParseKey(text); err == nil && counts(key, signers) && exists(signature.PrivateFile(file)) {
			return signature.PrivateFile(file), nil
		}
	}
	return "", nil
}

func counts(key *signature.Key, signers []project.Signer) bool {
	return slices.ContainsFunc(signers, func(k project.Signer) bool { return k.Fingerprint == key.Fingerprint })
}

// readKey reads the public key that belongs to a file which the user named.
func (f *Factory) readKey(ctx context.Context, file string) (*signature.Key, error) {
	key, err := signature.ReadPublic(ctx, file, f.env.list)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.NotFound("key_not_found", "there is no key file %s", file).WithHint("run `ls ~/.ssh` to see the keys you have")
	case errors.Is(err, fs.ErrPermission):
		return nil, fault.Failed("permission_denied", "cannot read %s", file).Wrap(err).WithHint("run `ls -l %s`", file)
	case err != nil:
		return nil, fault.Usage("invalid_key", "%s cannot be used: %v", file, err).WithHint("run `ssh-keygen -l -f %s` to see what it is", file)
	}
	return key, nil
}

// gitSigningKey is the file of the key that git signs with, or "".
func (f *Factory) gitSigningKey(ctx context.Context) string {
	get := func(key string) string {
		cmd := exec.CommandContext(ctx, "git", "config", "--get", "--type=path", key)
		cmd.Dir, cmd.Env = f.process.Dir, f.env.list
		out, err := cmd.Output()
		if err != nil {
			return "" // not set
		}
		return strings.TrimSpace(string(out))
	}
	if get("gpg.format") != "ssh" {
		return ""
	}
	return get("user.signingkey")
}

// asMachine makes the caller the machine whose key signing_key names, for a
// decision that a person has delegated to it.
func (s *session) asMachine(ctx context.Context) (core.Caller, error) {
	by := s.by(ctx)
	c, err := s.f.config()
	if err != nil {
		return by, err
	}
	if c.SigningKey == "" {
		return by, fault.Usage("missing_key", "a machine approves with a key of its own").
			WithHint("set LAYERCAKE_SIGNING_KEY to the file of its private key; see `layercake help approvals`")
	}
	key, err := s.f.readKey(ctx, c.SigningKey)
	if err != nil {
		return by, err
	}
	signers, err := s.Signers.List(ctx, s.view(), false)
	if err != nil {
		return by, err
	}
	for i := range signers {
		k := &signers[i]
		if k.Fingerprint != key.Fingerprint || k.Kind != project.ActorCI {
			continue
		}
		by.Actor = project.Actor{Kind: project.ActorCI, Name: k.Name}
		by.Sign = s.f.signer(signature.PrivateFile(c.SigningKey))
		return by, nil
	}
	return by, fault.NotAllowed("signer_unknown", "the key %s is not one with which a machine may approve here", key.Fingerprint).
		WithHint("a person enrolls it: `layercake signer add --help`")
}
