package core

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// Signers keeps the keys whose signatures count in a project.
type Signers struct{ a *App }

// NewSigner is a key to enroll.
type NewSigner struct {
	// Name is who signs with it; empty takes the key's comment.
	Name string
	// Key is the public key as in an authorized_keys file.
	Key []byte
	// Gates makes it the key of a machine, which may approve these.
	Gates []string
}

// List returns the keys that count, or with all also those that did.
func (s *Signers) List(ctx context.Context, v View, all bool) ([]project.Signer, error) {
	list, err := read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Signer, error) { return r.Signers(ctx) })
	if err != nil {
		return nil, err
	}
	kept := []project.Signer{}
	for i := range list {
		if all || list[i].Active() {
			kept = append(kept, list[i])
		}
	}
	return kept, nil
}

// Find returns the one signer whose name or fingerprint is typed; the beginning
// of a fingerprint is enough.
func (s *Signers) Find(ctx context.Context, p uuid.UUID, typed string) (*project.Signer, error) {
	list, err := s.List(ctx, View{Project: p}, false)
	if err != nil {
		return nil, err
	}
	var found []*project.Signer
	for i := range list {
		if k := &list[i]; k.Name == typed || (typed != "" && strings.HasPrefix(strings.TrimPrefix(k.Fingerprint, "SHA256:"), strings.TrimPrefix(typed, "SHA256:"))) {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.NotFound("signer_not_found", "there is no signer %q", typed).WithHint("run `layercake signer list`")
	case 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, k := range found {
		names[i] = k.Name + " " + k.Fingerprint
	}
	return nil, fault.Usage("ambiguous_signer", "%q is several signers: %s", typed, joinFew(names)).WithHint("name one by its fingerprint")
}

// Add enrolls a key; only a person can, and once there are signers, one of them
// signs.
func (s *Signers) Add(ctx context.Context, by Caller, p uuid.UUID, in NewSigner) (*project.Signer, error) {
	key, err := signature.ParseKey(in.Key)
	if err != nil {
		return nil, fault.Usage("invalid_key", "the key cannot be enrolled: %v", err).WithHint("run `layercake signer add --help`")
	}
	cmd := &project.AddSigner{
		Presence: by.Presence, Name: in.Name, Kind: project.ActorPerson, Key: key.Line, Fingerprint: key.Fingerprint, Gates: in.Gates,
	}
	if cmd.Name == "" {
		cmd.Name = key.Comment
	}
	if len(in.Gates) > 0 {
		cmd.Kind = project.ActorCI
	}
	if _, err := s.a.write(ctx, by, p, cmd); err != nil {
		return nil, err
	}
	return s.Find(ctx, p, key.Fingerprint)
}

// Remove ends that a key counts; what it signed stays signed.
func (s *Signers) Remove(ctx context.Context, by Caller, p uuid.UUID, fingerprint, reason string) error {
	_, err := s.a.write(ctx, by, p, &project.RemoveSigner{Presence: by.Presence, Fingerprint: fingerprint, Reason: reason})
	return err
}

// sign puts the caller's signature under a decision: made over the state as it
// is now, and checked again under the project's lock.
func (a *App) sign(ctx context.Context, by Caller, id uuid.UUID, d project.Signable) error {
	st, head, err := a.store.State(ctx, id, d.Needs())
	if err != nil {
		return err
	}
	if st.Project == nil {
		return nil // Decide says that there is none
	}
	text, err := project.StatementText(st, d, head.Version, head.Hash)
	if err != nil {
		return err
	}
	armored, err := by.Sign(ctx, text)
	if err != nil {
		return err
	}
	d.Shown().Signature = &project.Signed{Armored: string(armored), Version: head.Version}
	return nil
}
