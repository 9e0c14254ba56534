package project

import (
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/signature"
)

// Signer is a key whose signatures count in a project.
type Signer struct {
	Fingerprint string `json:"fingerprint"`
	Name        string `json:"name"`
	// Kind is "person" or "ci".
	Kind ActorKind `json:"kind"`
	// Key is the public key as in an authorized_keys file.
	Key string `json:"key"`
	// Presence says that the key signs only when it is touched.
	Presence bool `json:"presence"`
	// Gates are those that a machine may approve.
	Gates   []string  `json:"gates"`
	AddedBy string    `json:"added_by"`
	AddedAt time.Time `json:"added_at"`
	// RemovedAt is when the key ceased to count.
	RemovedAt *time.Time `json:"removed_at"`
	// Version is the last event that it signed or that changed it.
	Version int64 `json:"version"`
}

// Active reports whether signatures by the key count today.
func (s *Signer) Active() bool { return s.RemovedAt == nil }

// people lists the keys of people that count.
func (s *State) people() []Signer {
	return slices.DeleteFunc(slices.Clone(s.Signers), func(k Signer) bool { return !k.Active() || k.Kind != ActorPerson })
}

// signerOf returns the signer whose key may sign the decision, or nil. Only the
// first person who enrolls signs with the key that is being enrolled.
func (s *State) signerOf(d Signable, fingerprint string, kind ActorKind) *Signer {
	for i := range s.Signers {
		if k := &s.Signers[i]; k.Fingerprint == fingerprint && k.Kind == kind && k.Active() {
			return k
		}
	}
	if c, ok := d.(*AddSigner); ok && c.Kind == ActorPerson && c.Fingerprint == fingerprint && len(s.people()) == 0 {
		return &Signer{Fingerprint: c.Fingerprint, Name: strings.TrimSpace(c.Name), Kind: c.Kind, Key: c.Key}
	}
	return nil
}

// lastUse is the event that a key signed, or changed it, last; 0 for one that was
// never enrolled.
func (s *State) lastUse(fingerprint string) int64 {
	for i := range s.Signers {
		if s.Signers[i].Fingerprint == fingerprint {
			return s.Signers[i].Version
		}
	}
	return 0
}

// gateIDs returns the ids of gates as they are stored, in order and once each.
func (s *State) gateIDs(typed []string) []string {
	ids := make([]string, 0, len(typed))
	for _, g := range typed {
		ids = append(ids, s.gateID(g))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// AddSigner enrolls a key.
type AddSigner struct {
	Presence    Presence
	Name        string
	Kind        ActorKind
	Key         string
	Fingerprint string
	// Gates are those that a machine may approve.
	Gates []string
}

// CommandName returns "signer.add".
func (*AddSigner) CommandName() string { return "signer.add" }

// Needs returns the signers.
func (c *AddSigner) Needs() Needs { return c.Presence.needs(Needs{}) }

// Decide enrolls a key: a person decides, and once there are signers, one of
// them signs. The first person signs with the very key that is enrolled, which
// shows that they have it.
func (c *AddSigner) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "enroll a signer")
	if err != nil {
		return nil, s.bySigner(c, err)
	}
	if how.Signature == nil && (len(s.people()) > 0 || c.Kind == ActorPerson) && s.Project.Level != LevelDemo {
		return nil, signatureRequired(s, "enroll a signer")
	}
	if err := check(func(k *checker) { k.title("name", &c.Name) }); err != nil {
		return nil, err
	}
	key, err := signature.ParseKey([]byte(c.Key))
	if err != nil || key.Fingerprint != c.Fingerprint {
		return nil, fault.Usage("invalid_key", "the key cannot be enrolled").Wrap(err).WithHint("run `layercake signer add --help`")
	}
	if err := oneOf("kind", c.Kind, []ActorKind{ActorPerson, ActorCI}); err != nil {
		return nil, err
	}
	if err := c.gates(s); err != nil {
		return nil, err
	}
	for i := range s.Signers {
		switch k := &s.Signers[i]; {
		case !k.Active():
		case k.Fingerprint == c.Fingerprint:
			return nil, fault.Conflict("signer_exists", "the key is enrolled already, for %s", k.Name).WithHint("run `layercake signer list`")
		case k.Name == c.Name && k.Kind == ActorCI && c.Kind == ActorCI:
			return nil, fault.Conflict("signer_exists", "there is a machine called %s already", k.Name).WithHint("run `layercake signer list`")
		}
	}
	return []event.Payload{&event.SignerAddedPayload{
		Name: c.Name, Kind: string(c.Kind), Key: key.Line, Fingerprint: key.Fingerprint, Presence: key.Presence, Gates: c.Gates, Decided: how,
	}}, nil
}

// bySigner says of a refused signature that another key has to make it.
func (s *State) bySigner(d Signable, err error) error {
	people := s.people()
	if fault.CodeOf(err) != "signer_unknown" || len(people) == 0 {
		return err
	}
	names := make([]string, len(people))
	for i := range people {
		names[i] = people[i].Name
	}
	return fault.NotAllowed("signer_unknown", "to %s, somebody signs who is enrolled already: %s", strings.ReplaceAll(d.CommandName(), ".", " "), few(names)).
		WithHint("--key names the file of an enrolled key; run `layercake signer list`")
}

// gates checks which gates a machine may approve.
func (c *AddSigner) gates(s *State) error {
	if (len(c.Gates) > 0) != (c.Kind == ActorCI) {
		return fault.Usage("invalid_gates", "a machine is enrolled for named gates, a person for all").WithHint("run `layercake signer add --help`")
	}
	for _, typed := range c.Gates {
		if _, err := s.Gate(typed); err != nil {
			return err
		}
	}
	c.Gates = s.gateIDs(c.Gates)
	if len(c.Gates) == 0 {
		c.Gates = nil
	}
	return nil
}

// RemoveSigner ends that a key counts.
type RemoveSigner struct {
	Presence    Presence
	Fingerprint string
	Reason      string
}

// CommandName returns "signer.remove".
func (*RemoveSigner) CommandName() string { return "signer.remove" }

// Needs returns the signers.
func (c *RemoveSigner) Needs() Needs { return c.Presence.needs(Needs{}) }

// Decide removes a key; a signer signs that, perhaps with the key itself. The
// last one stays while decisions have to be signed.
func (c *RemoveSigner) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "remove a signer")
	if err != nil {
		return nil, s.bySigner(c, err)
	}
	people := s.people()
	if how.Signature == nil && len(people) > 0 && s.Project.Level != LevelDemo {
		return nil, signatureRequired(s, "remove a signer")
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	for i := range s.Signers {
		k := &s.Signers[i]
		if k.Fingerprint != c.Fingerprint || !k.Active() {
			continue
		}
		if s.Project.Level == LevelSigned && k.Kind == ActorPerson && len(people) == 1 {
			return nil, fault.Conflict("last_signer", "%s is the last one who can sign, and in %s decisions have to be signed", k.Name, s.Project.Slug).
				WithHint("enroll another key first: `layercake signer add --help`")
		}
		return []event.Payload{&event.SignerRemovedPayload{Fingerprint: k.Fingerprint, Reason: c.Reason, Decided: how}}, nil
	}
	return nil, fault.NotFound("signer_not_found", "there is no signer with the key %s", c.Fingerprint).WithHint("run `layercake signer list`")
}

// ChangeLevel changes how decisions are made in a project.
type ChangeLevel struct {
	Presence Presence
	To       Level
	Reason   string
}

// CommandName returns "project.level".
func (*ChangeLevel) CommandName() string { return "project.level" }

// Needs returns the signers.
func (c *ChangeLevel) Needs() Needs { return c.Presence.needs(Needs{}) }

// Decide changes the level in the way that the present level asks for. A
// demonstration stays one, and nothing becomes one.
func (c *ChangeLevel) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	from := s.Project.Level
	if err := oneOf("level", c.To, ChosenLevels()); err != nil {
		return nil, err
	}
	if c.To != from && (from == LevelDemo || c.To == LevelDemo) {
		return nil, fault.Conflict("level_fixed", "whether a project is a demonstration is fixed when it is created").
			WithHint("run `layercake init --help`")
	}
	how, err := c.Presence.decided(s, m, c, "change how decisions are made")
	if err != nil {
		return nil, err
	}
	people := s.people()
	if how.Signature == nil && len(people) > 0 {
		return nil, signatureRequired(s, "change how decisions are made")
	}
	if err := check(func(k *checker) { k.body("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	if c.To == from {
		return nil, nil
	}
	if c.To == LevelSigned && len(people) == 0 {
		return nil, fault.Conflict("no_signer", "nobody can sign yet, so nothing could be decided any more").
			WithHint("enroll a key first: `layercake signer add --help`")
	}
	return []event.Payload{&event.LevelChangedPayload{From: string(from), To: string(c.To), Reason: c.Reason, Decided: how}}, nil
}
