// Package event is the vocabulary of the log: the envelope of an event, the
// catalogue of event types with their payloads and versions, the bytes that are
// hashed, and the chain that the hashes form.
//
// The package imports nothing of LayerCake, so that a log written today can be
// read by any later program that keeps this one package.
package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Type is the name of a kind of event, such as "TaskCreated".
type Type string

// Payload is what happened. Each implementation belongs to one [Type] of the
// catalogue.
type Payload interface {
	// EventType returns the type in whose events this payload travels.
	EventType() Type
}

// Envelope is one event as it stands in the log.
type Envelope struct {
	// ProjectID names the stream.
	ProjectID uuid.UUID
	// Version is the position in the stream: 1, 2, 3, … without gaps.
	Version int64
	// Type and SchemaVersion say how to read Payload.
	Type          Type
	SchemaVersion int
	// Payload is the JSON text exactly as stored; PayloadHash is its SHA-256.
	Payload     json.RawMessage
	PayloadHash Hash
	// Actor did it ("person:ada", "agent:claude-code/qa-engineer", "system");
	// OnBehalfOf is the person behind an agent, or empty.
	Actor      string
	OnBehalfOf string
	// Session is the client session, or empty.
	Session string
	// CorrelationID is shared by everything that one request caused;
	// CausationID names the request or event that caused this one.
	CorrelationID uuid.UUID
	CausationID   uuid.UUID
	// OccurredAt is the clock of whoever did it; RecordedAt is the clock of
	// the log and never goes back within a stream. Both are UTC microseconds.
	OccurredAt time.Time
	RecordedAt time.Time
	// PrevHash is the Hash of the event before, zero for the first.
	PrevHash Hash
	Hash     Hash
}

// Encode returns the JSON text of a payload as it is stored and hashed: keys in
// the order of the Go fields, HTML characters kept as they are.
func Encode(p Payload) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("encode %s: %w", p.EventType(), err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Decode returns the payload of an event in its current shape: older versions
// are lifted by the upcasters of the catalogue first. An unknown type or a
// version from a newer program is an error, never a guess.
func Decode(t Type, version int, raw json.RawMessage) (Payload, error) {
	spec, ok := catalogue[t]
	if !ok {
		return nil, fmt.Errorf("event type %q is not known to this program", t)
	}
	return spec.payload(version, raw)
}

// Truncate brings a time to the precision and zone that the log keeps.
func Truncate(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
