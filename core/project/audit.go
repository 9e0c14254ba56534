package project

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/signature"
)

// Auditor checks the signatures in a log, event by event, from the first. It
// knows only what the log says: which keys counted at each moment, and from
// when on decisions had to be signed.
type Auditor struct {
	project string
	level   Level
	signers map[string]*Signer
	people  []*Signer
	hashes  []event.Hash
	used    map[string]use
	// Signed counts the signatures that hold.
	Signed int
	// Unsigned are the decisions that count without a signature, as the level of the
	// project allows; those of a demonstration are not among them.
	Unsigned []int64
	// Redacted counts decisions whose text was redacted, so that the signature
	// can no longer be compared with it.
	Redacted int
}

// use is when a key signed last, and what came of it.
type use struct {
	version int64
	armored string
}

// NewAuditor returns an auditor for a project's log.
func NewAuditor(project string) *Auditor {
	return &Auditor{project: project, signers: map[string]*Signer{}, used: map[string]use{}}
}

// Next checks the event that follows. It returns a [*event.ChainError] for a
// signature that does not hold, or one that is missing.
func (a *Auditor) Next(e *event.Envelope) error {
	a.hashes = append(a.hashes, e.Hash)
	p, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
	if err != nil {
		return &event.ChainError{Version: e.Version, Problem: "its payload cannot be read: " + err.Error()}
	}
	switch p := p.(type) {
	case *event.ProjectCreatedPayload:
		a.level = Level(p.Level)
	case *event.AnchorRecordedPayload:
		if p.Version < 1 || p.Version >= e.Version || a.hashes[p.Version-1].String() != p.Hash {
			return &event.ChainError{Version: e.Version, Problem: "it records an anchor of another log"}
		}
	case event.Signable:
		if problem := a.decision(e, p); problem != "" {
			return &event.ChainError{Version: e.Version, Problem: problem}
		}
		a.follow(p)
	}
	return nil
}

// People lists the keys of people that count, or did at some time.
func (a *Auditor) People() []*Signer { return a.people }

// follow keeps up with who may sign.
func (a *Auditor) follow(p event.Signable) {
	switch p := p.(type) {
	case *event.SignerAddedPayload:
		k := &Signer{Fingerprint: p.Fingerprint, Name: p.Name, Kind: ActorKind(p.Kind), Key: p.Key, Gates: p.Gates}
		a.signers[p.Fingerprint] = k
		if k.Kind == ActorPerson {
			a.people = append(a.people, k)
		}
	case *event.SignerRemovedPayload:
		delete(a.signers, p.Fingerprint)
	case *event.LevelChangedPayload:
		a.level = Level(p.To)
	}
}

// decision says what is wrong with how a decision was taken, or nothing.
func (a *Auditor) decision(e *event.Envelope, p event.Signable) string {
	how := p.How()
	if how.Signature == nil {
		if l := Level(how.Level); l == LevelTerminal || l == LevelElicited {
			a.Unsigned = append(a.Unsigned, e.Version)
		}
		return a.unsigned(how, p)
	}
	if e.PayloadHash != sha256.Sum256(e.Payload) {
		a.Redacted++
		return ""
	}
	var st event.Statement
	if err := json.Unmarshal([]byte(how.Signature.Statement), &st); err != nil {
		return "the statement that was signed cannot be read"
	}
	signer := a.signer(p, how.Signature.Key)
	if signer == nil {
		return fmt.Sprintf("it is signed with the key %s, which did not count then", how.Signature.Key)
	}
	key, err := signature.ParseKey([]byte(signer.Key))
	if err != nil || key.Fingerprint != signer.Fingerprint {
		return "the key it is signed with cannot be read"
	}
	if err := signature.Verify([]byte(how.Signature.Statement), []byte(how.Signature.Armored), key); err != nil {
		return fmt.Sprintf("the signature of %s does not hold", signer.Name)
	}
	if problem := a.fits(e, p, &st, signer); problem != "" {
		return fmt.Sprintf("%s signed something else: %s", signer.Name, problem)
	}
	if problem := a.once(e, how.Signature, &st); problem != "" {
		return problem
	}
	a.Signed++
	return ""
}

// once says whether a signature was used before. One command may lead to several
// events in a row, which then all carry its signature.
func (a *Auditor) once(e *event.Envelope, s *event.Signature, st *event.Statement) string {
	last := a.used[s.Key]
	a.used[s.Key] = use{version: e.Version, armored: s.Armored}
	if st.ChainVersion >= last.version || (last.armored == s.Armored && last.version == e.Version-1) {
		return ""
	}
	return fmt.Sprintf("the signature was made before event %d, which is signed with the same key: it was used again", last.version)
}

// unsigned says whether a decision without a signature should have had one.
func (a *Auditor) unsigned(how *event.Decided, p event.Signable) string {
	switch {
	case how.Level == "":
		// Not a decision: an agent handed a deliverable in, or a gate went
		// back to pending by itself.
		return undecided(p)
	case Level(how.Level) == LevelSigned || Level(how.Level) == LevelCI:
		return fmt.Sprintf("it claims the level %q and has no signature", how.Level)
	case a.level == LevelSigned:
		return fmt.Sprintf("it was decided at level %q where decisions had to be signed", how.Level)
	case Level(how.Level) == LevelDemo && a.level != LevelDemo:
		return "it was decided as in a demonstration, which the project is not"
	case Level(how.Level) == LevelElicited && a.level != LevelElicited:
		return "it was decided in an MCP client where that did not count"
	}
	return ""
}

// undecided says what is wrong with an event that has no level though it records
// a decision.
func undecided(p event.Signable) string {
	switch p := p.(type) {
	case *event.GateReopenedPayload:
		return ""
	case *event.DeliverableUpdatedPayload:
		if p.Status == string(DeliverableSubmitted) || p.Status == string(DeliverablePending) {
			return ""
		}
	}
	return "it does not say how it was decided"
}

// signer returns the key that may have signed a payload, or nil. The first
// person's own enrolment is signed with the key that it enrolls.
func (a *Auditor) signer(p event.Signable, fingerprint string) *Signer {
	if k := a.signers[fingerprint]; k != nil {
		return k
	}
	added, ok := p.(*event.SignerAddedPayload)
	if !ok || added.Fingerprint != fingerprint || added.Kind != string(ActorPerson) {
		return nil
	}
	for _, k := range a.signers {
		if k.Kind == ActorPerson {
			return nil
		}
	}
	return &Signer{Fingerprint: added.Fingerprint, Name: added.Name, Kind: ActorPerson, Key: added.Key}
}
