package core

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// The types of statements; docs/reference/attestations.md describes them.
const (
	StatementType         = "https://in-toto.io/Statement/v1"
	predicates            = "https://github.com/layercake-dev/layercake/attestations/"
	PredicateTypeProof    = predicates + "proof/v1"
	PredicateTypeApproval = predicates + "approval/v1"
)

// Statement is an in-toto Statement, version 1, about a proof or an approval.
type Statement struct {
	Type          string    `json:"_type"` //nolint:tagliatelle // in-toto's name
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"` //nolint:tagliatelle // in-toto's name
	Predicate     Predicate `json:"predicate"`
}

// Subject is what a statement is about, by content.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// Predicate is what a statement says: an event of the log.
type Predicate struct {
	Project PredicateProject `json:"project"`
	Event   PredicateEvent   `json:"event"`
	// Details is the event's payload, as docs/reference/events.md describes it.
	Details json.RawMessage `json:"details"`
}

// PredicateProject names the project.
type PredicateProject struct {
	ID   uuid.UUID `json:"id"`
	Slug string    `json:"slug"`
}

// PredicateEvent names the place in the log, from which it can be checked.
type PredicateEvent struct {
	Version    int64      `json:"version"`
	Type       event.Type `json:"type"`
	Hash       string     `json:"hash"`
	RecordedAt time.Time  `json:"recorded_at"`
	Actor      string     `json:"actor"`
	OnBehalfOf string     `json:"on_behalf_of,omitempty"`
}

// StatementQuery selects statements; empty fields select everything.
type StatementQuery struct {
	Gate string
	// Proof is the id of the one proof that is meant.
	Proof string
}

// Statements returns what the log says of proofs and approvals as in-toto Statements,
// in its order. A log that does not verify is worth no statement.
func (s *Log) Statements(ctx context.Context, p uuid.UUID, q StatementQuery) ([]Statement, error) {
	audit, err := s.Verify(ctx, p)
	if err != nil {
		return nil, err
	}
	if !audit.OK {
		return nil, fault.Conflict("log_broken", "the log does not verify, so it is worth no statement: %s", audit.Summary()).WithHint("run `layercake audit verify`")
	}
	if q.Proof != "" {
		if q.Proof, err = s.a.find(ctx, p, KindProof, q.Proof); err != nil {
			return nil, err
		}
	}
	list, slug := []Statement{}, ""
	err = s.a.store.Stream(ctx, p, 0, func(e *event.Envelope) error {
		payload, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Version, err)
		}
		if created, ok := payload.(*event.ProjectCreatedPayload); ok {
			slug = created.Slug
		}
		if st := statementOf(e, payload, &q); st != nil {
			st.Predicate.Project = PredicateProject{p, slug}
			list = append(list, *st)
		}
		return nil
	})
	return list, err
}

// statementOf returns what an event states, or nil.
func statementOf(e *event.Envelope, payload event.Payload, q *StatementQuery) *Statement {
	st := &Statement{Type: StatementType, Predicate: Predicate{
		Event: PredicateEvent{
			Version: e.Version, Type: e.Type, Hash: e.Hash.String(), RecordedAt: e.RecordedAt, Actor: e.Actor, OnBehalfOf: e.OnBehalfOf,
		},
		Details: append(json.RawMessage{}, e.Payload...),
	}}
	if ev := evidenceOf(payload); ev != nil {
		if q.Gate != "" && ev.Gate != q.Gate || q.Proof != "" && ev.ID != q.Proof {
			return nil
		}
		st.PredicateType = PredicateTypeProof
		st.Subject = append([]Subject{{Name: ev.Kind, Digest: map[string]string{"sha256": ev.SHA256}}}, commitSubject(ev.Commit)...)
		return st
	}
	a := approvalOf(payload)
	if a == nil || q.Gate != "" && a.Gate != q.Gate || q.Proof != "" {
		return nil
	}
	st.PredicateType = PredicateTypeApproval
	st.Subject = commitSubject(a.Commit)
	for _, p := range a.Proofs {
		st.Subject = append(st.Subject, Subject{Name: p.Type, Digest: map[string]string{"sha256": p.SHA256}})
	}
	if len(st.Subject) == 0 { // a gate that asks for no evidence, decided without a commit
		st.Subject = []Subject{{Name: "event", Digest: map[string]string{"sha256": e.Hash.String()}}}
	}
	return st
}

func commitSubject(commit string) []Subject {
	if commit == "" {
		return nil
	}
	return []Subject{{Name: "commit", Digest: map[string]string{"gitCommit": commit}}}
}

func evidenceOf(payload event.Payload) *event.Evidence {
	switch p := payload.(type) {
	case *event.ProofCapturedPayload:
		return &p.Evidence
	case *event.ProofAttestedPayload:
		return &p.Evidence
	case *event.ProofSubmittedPayload:
		return &p.Evidence
	}
	return nil
}

func approvalOf(payload event.Payload) *event.Approval {
	switch p := payload.(type) {
	case *event.GateApprovedPayload:
		return &p.Approval
	case *event.GateApprovedWithConditionsPayload:
		return &p.Approval
	case *event.GateForcedPayload:
		return &p.Approval
	}
	return nil
}
