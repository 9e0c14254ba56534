// Package transfer is the form in which a whole project travels between databases:
// a text file of JSON lines. The first line says what is in it, then comes a line
// for each event with its payload to the byte and its hash, then, if asked for, the
// evidence, and the last line says again where the log ends, so that a file which
// was cut off is found.
//
// The package reads and writes that form. Whether the chain holds is checked by who
// reads.
package transfer

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
)

// Format is what the first line of a file says of itself, and formatPrefix how it
// begins in every version.
const (
	Format       = "layercake/project/v1"
	formatPrefix = "layercake/project/"
)

// Header is the first line.
type Header struct {
	Format  string    `json:"format"`
	Project uuid.UUID `json:"project"`
	Slug    string    `json:"slug"`
	// Events is how many there are, and Head the hash of the last.
	Events int64  `json:"events"`
	Head   string `json:"head"`
	// Artifacts is how many pieces of evidence the file holds.
	Artifacts int `json:"artifacts,omitempty"`
}

// footer is the last line.
type footer struct {
	End    bool   `json:"end"`
	Events int64  `json:"events"`
	Head   string `json:"head"`
}

// timeForm is how times are written: always with the microseconds, which are hashed.
const timeForm = "2006-01-02T15:04:05.000000Z"

// line is an event.
type line struct {
	Version       int64     `json:"version"`
	Type          string    `json:"type"`
	SchemaVersion int       `json:"schema_version"`
	Actor         string    `json:"actor"`
	OnBehalfOf    string    `json:"on_behalf_of"`
	Session       string    `json:"session"`
	CorrelationID uuid.UUID `json:"correlation_id"`
	CausationID   uuid.UUID `json:"causation_id"`
	OccurredAt    string    `json:"occurred_at"`
	RecordedAt    string    `json:"recorded_at"`
	PayloadHash   string    `json:"payload_hash"`
	PrevHash      string    `json:"prev_hash"`
	Hash          string    `json:"hash"`
	// Payload is the text as it was written. PayloadText takes its place where there
	// are line ends in it or spaces around it.
	Payload     json.RawMessage `json:"payload,omitempty"`
	PayloadText string          `json:"payload_text,omitempty"`
}

func newLine(e *event.Envelope) line {
	return line{
		Version: e.Version, Type: string(e.Type), SchemaVersion: e.SchemaVersion, Actor: e.Actor, OnBehalfOf: e.OnBehalfOf, Session: e.Session,
		CorrelationID: e.CorrelationID, CausationID: e.CausationID,
		OccurredAt: e.OccurredAt.UTC().Format(timeForm), RecordedAt: e.RecordedAt.UTC().Format(timeForm),
		PayloadHash: e.PayloadHash.String(), PrevHash: e.PrevHash.String(), Hash: e.Hash.String(),
	}
}

func (l *line) envelope(project uuid.UUID) (*event.Envelope, error) {
	e := &event.Envelope{
		ProjectID: project, Version: l.Version, Type: event.Type(l.Type), SchemaVersion: l.SchemaVersion, Payload: l.Payload,
		Actor: l.Actor, OnBehalfOf: l.OnBehalfOf, Session: l.Session, CorrelationID: l.CorrelationID, CausationID: l.CausationID,
	}
	if l.PayloadText != "" {
		e.Payload = json.RawMessage(l.PayloadText)
		if !json.Valid(e.Payload) {
			return nil, errors.New("its payload is no JSON")
		}
	}
	if len(e.Payload) == 0 {
		return nil, errors.New("it has no payload")
	}
	var errs [5]error
	e.OccurredAt, errs[0] = time.Parse(timeForm, l.OccurredAt)
	e.RecordedAt, errs[1] = time.Parse(timeForm, l.RecordedAt)
	e.PayloadHash, errs[2] = event.ParseHash(l.PayloadHash)
	e.PrevHash, errs[3] = event.ParseHash(l.PrevHash)
	e.Hash, errs[4] = event.ParseHash(l.Hash)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("event %d: %w", l.Version, err)
	}
	return e, nil
}

// chunk is a part of a piece of evidence.
type chunk struct {
	Artifact string `json:"artifact"`
	// Offset is where in it the part belongs, and Last says that it ends with it.
	Offset  int64  `json:"offset"`
	Last    bool   `json:"last,omitempty"`
	Content []byte `json:"content"`
}

// chunkSize is how much of a piece of evidence one line holds, in bytes.
const chunkSize = 1 << 20
