package project

import (
	"errors"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/signature"
)

// Presence is how a person showed that it is them.
type Presence struct {
	// Terminal says that a real terminal was there to type at.
	Terminal bool
	// Word is the approving word as typed.
	Word string
	// AgentSigns lists what was seen of an agent: in the environment, among
	// the parent processes.
	AgentSigns []string
	// Signature is the person's, or a machine's, under the decision.
	Signature *Signed
	// Through is the MCP client in which the person answered, if that is how
	// they decide.
	Through string
}

// Signed is a signature under the statement of a decision.
type Signed struct {
	// Armored is the signature in OpenSSH's form.
	Armored string
	// Version is the place in the log that the statement names.
	Version int64
}

// Signable is a command that takes a decision of a person, which can be signed.
type Signable interface {
	Command
	// Shown returns how the person showed that it is them.
	Shown() *Presence
	// describe writes what is decided, and on what, into the statement.
	describe(s *State, st *event.Statement)
}

// needs adds what a decision that may be signed looks at.
func (p *Presence) needs(n Needs) Needs {
	n.Signers = true
	if p.Signature != nil {
		n.Link = p.Signature.Version
	}
	return n
}

// decided returns how the decision was taken, and refuses one that the project's
// level does not allow. what names it in the refusal, as in "only a person can
// approve a gate".
func (p *Presence) decided(s *State, m Meta, d Signable, what string) (event.Decided, error) {
	if m.Actor.Kind == ActorCI {
		return p.byMachine(s, m, d, what)
	}
	if err := personOnly(m, what); err != nil {
		return event.Decided{}, err
	}
	level := s.Project.Level
	switch {
	case level == LevelDemo:
		return event.Decided{Level: string(LevelDemo)}, nil
	case p.Through != "":
		return p.elicited(s, d, what)
	case len(p.AgentSigns) > 0:
		return event.Decided{}, fault.NotAllowed("agent_detected", "only a person can %s, and an agent is at work here (%s)",
			what, strings.Join(p.AgentSigns, ", ")).
			WithHint("a person runs the same command in their own terminal; `layercake gate list` shows what waits")
	case !p.Terminal:
		return event.Decided{}, fault.NotAllowed("terminal_required", "this project asks that a person at a terminal decides, and there is no terminal").
			WithHint("run the same command in a terminal; `layercake gate list` shows what waits")
	case p.Signature != nil:
		return p.signed(s, d, ActorPerson)
	case level == LevelSigned:
		return event.Decided{}, signatureRequired(s, what)
	}
	return event.Decided{Level: string(LevelTerminal)}, nil
}

// signatureRequired refuses a decision without a signature, and says how to come
// by one.
func signatureRequired(s *State, what string) error {
	e := fault.NotAllowed("signature_required", "in %s a person signs what they decide, and nothing was signed to %s", s.Project.Slug, what)
	if len(s.people()) == 0 {
		return e.WithHint("nobody can sign yet: `layercake signer add --help` says how to enroll a key")
	}
	return e.WithHint("run `layercake signer list` to see whose keys count; --key names the file of yours")
}

// signed checks the signature against the decision as it stands now: the
// statement is made anew from what is stored, so a signature under anything else
// does not fit.
func (p *Presence) signed(s *State, d Signable, kind ActorKind) (event.Decided, error) {
	fingerprint, err := signature.Fingerprint([]byte(p.Signature.Armored))
	if err != nil {
		return event.Decided{}, fault.NotAllowed("signature_invalid", "the signature cannot be read").Wrap(err).
			WithHint("run the same command again to sign anew")
	}
	signer := s.signerOf(d, fingerprint, kind)
	if signer == nil {
		return event.Decided{}, fault.NotAllowed("signer_unknown", "the key %s is not one whose signatures count here", fingerprint).
			WithHint("run `layercake signer list` to see whose do")
	}
	if p.Signature.Version < s.lastUse(fingerprint) {
		return event.Decided{}, fault.Conflict("signature_used", "the signature was made before the key %s was last used, and counts no more", fingerprint).
			WithHint("run the same command again to sign anew")
	}
	head, ok := s.Links[p.Signature.Version]
	if !ok {
		return event.Decided{}, fault.Conflict("signature_stale", "the signature names event %d, which the log does not have", p.Signature.Version).
			WithHint("run the same command again to sign anew")
	}
	text, err := StatementText(s, d, p.Signature.Version, head)
	if err != nil {
		return event.Decided{}, err
	}
	key, err := signature.ParseKey([]byte(signer.Key))
	if err != nil {
		return event.Decided{}, fault.Failed("signer_unreadable", "the key of %s in the log cannot be read", signer.Name).Wrap(err).
			WithHint("run `layercake audit verify`")
	}
	err = signature.Verify(text, []byte(p.Signature.Armored), key)
	if errors.Is(err, signature.ErrInvalid) {
		return event.Decided{}, fault.Conflict("signature_stale", "the signature of %s is not under this decision as it stands now: something changed since",
			signer.Name).Wrap(err).WithHint("read the brief again, then run the same command to sign anew")
	}
	if err != nil {
		return event.Decided{}, err
	}
	level := LevelSigned
	if kind == ActorCI {
		level = LevelCI
	}
	return event.Decided{Level: string(level), Signature: &event.Signature{
		Signer: signer.Name, Key: fingerprint, Statement: string(text), Armored: p.Signature.Armored,
	}}, nil
}

// byMachine lets a machine approve the gates that a person named when they
// enrolled its key, and nothing else.
func (p *Presence) byMachine(s *State, m Meta, d Signable, what string) (event.Decided, error) {
	approval, ok := d.(*ApproveGate)
	if !ok || approval.Force || len(approval.Conditions) > 0 {
		return event.Decided{}, fault.NotAllowed("person_required", "only a person can %s; %s may approve gates that are ready, without conditions", what, m.Actor).
			WithHint("a person runs the same command in a terminal")
	}
	if len(p.AgentSigns) > 0 {
		return event.Decided{}, fault.NotAllowed("agent_detected", "an agent is at work here (%s), and it cannot use the identity of a machine",
			strings.Join(p.AgentSigns, ", ")).WithHint("`layercake gate list` shows what waits")
	}
	if p.Signature == nil {
		return event.Decided{}, signatureRequired(s, what)
	}
	how, err := p.signed(s, d, ActorCI)
	if err != nil {
		return event.Decided{}, err
	}
	signer := s.signerOf(d, how.Signature.Key, ActorCI)
	g, err := s.Gate(approval.Gate)
	if err != nil {
		return event.Decided{}, err
	}
	switch {
	case signer.Name != m.Actor.Name:
		return event.Decided{}, fault.NotAllowed("signer_mismatch", "the key belongs to %s, not to %s", signer.Name, m.Actor.Name).
			WithHint("run `layercake signer list`")
	case !slices.Contains(signer.Gates, g.ID):
		return event.Decided{}, fault.NotAllowed("gate_not_delegated", "%s may approve %s, and not gate %s", signer.Name, strings.Join(signer.Gates, ", "), g.ID).
			WithHint("a person approves it: `layercake gate show %s`", g.ID)
	}
	return how, nil
}

// elicited takes an answer that a person gave in an MCP client, where a person
// has said that such answers count.
func (p *Presence) elicited(s *State, d Signable, what string) (event.Decided, error) {
	simple := false
	switch d := d.(type) {
	case *ApproveGate:
		simple = !d.Force
	case *RejectGate:
		simple = true
	}
	if !simple || s.Project.Level != LevelElicited {
		return event.Decided{}, fault.NotAllowed("terminal_required", "an answer given in %s is not enough to %s here", p.Through, what).
			WithHint("a person runs the command in a terminal; `layercake gate list` shows what waits")
	}
	return event.Decided{Level: string(LevelElicited)}, nil
}

// observed lists what the log keeps of the circumstances.
func (p *Presence) observed() []string {
	var seen []string
	if p.Terminal {
		seen = append(seen, "terminal")
	}
	if p.Through != "" {
		seen = append(seen, "answered in "+p.Through)
	}
	return append(seen, p.AgentSigns...)
}
