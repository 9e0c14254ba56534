package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Hash is a SHA-256 sum.
type Hash [sha256.Size]byte

// String returns the sum in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether h is the sum of nothing, as before the first event.
func (h Hash) IsZero() bool { return h == Hash{} }

// HashFromBytes returns the hash stored as b, which must hold 32 bytes.
func HashFromBytes(b []byte) (Hash, error) {
	var h Hash
	if len(b) != len(h) {
		return h, fmt.Errorf("a hash has %d bytes, not %d", len(h), len(b))
	}
	copy(h[:], b)
	return h, nil
}

// ParseHash reads a sum in lower-case hexadecimal.
func ParseHash(text string) (Hash, error) {
	b, err := hex.DecodeString(text)
	if err != nil {
		return Hash{}, fmt.Errorf("read a hash: %w", err)
	}
	return HashFromBytes(b)
}

// domain separates these sums from every other use of SHA-256 and names the
// layout of the bytes below.
const domain = "layercake/event/v1\n"

// Seal fills in the payload's sum, the link to the event before, and the
// event's own sum.
func (e *Envelope) Seal(prev Hash) {
	e.PayloadHash = sha256.Sum256(e.Payload)
	e.PrevHash = prev
	e.Hash = e.sum()
}

// sum hashes the envelope: the domain, then each field in a fixed order.
// Numbers are 8 bytes big-endian, texts are preceded by their length in 4 bytes
// big-endian, times are microseconds since 1970. The payload enters by its sum,
// so that a redacted payload leaves the chain whole.
func (e *Envelope) sum() Hash {
	b := make([]byte, 0, 512)
	b = append(b, domain...)
	b = append(b, e.ProjectID[:]...)
	b = appendInt(b, e.Version)
	b = appendText(b, string(e.Type))
	b = appendInt(b, int64(e.SchemaVersion))
	b = append(b, e.PayloadHash[:]...)
	b = appendText(b, e.Actor)
	b = appendText(b, e.OnBehalfOf)
	b = appendText(b, e.Session)
	b = append(b, e.CorrelationID[:]...)
	b = append(b, e.CausationID[:]...)
	b = appendInt(b, e.OccurredAt.UnixMicro())
	b = appendInt(b, e.RecordedAt.UnixMicro())
	b = append(b, e.PrevHash[:]...)
	return sha256.Sum256(b)
}

func appendInt(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(n)) //nolint:gosec // two's complement is the wire form
}

func appendText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s))) //nolint:gosec // a text column holds less than 1 GiB
	return append(b, s...)
}

// ChainError says what is wrong with a chain, and where.
type ChainError struct {
	Version int64  `json:"version"`
	Problem string `json:"problem"`
}

// Error returns the position and the problem.
func (f *ChainError) Error() string { return fmt.Sprintf("event %d: %s", f.Version, f.Problem) }

// Verifier checks a stream, one event after the other.
type Verifier struct {
	stream   uuid.UUID
	version  int64
	head     Hash
	recorded time.Time
	// open holds the sums of the payloads that are not what their events say.
	open map[int64]Hash
	// sums are those that the payloads of the log had when they were written;
	// redacted are those that later events say they have now.
	sums     []Hash
	redacted map[int64]Hash
}

// NewVerifier returns a verifier for the stream from its first event.
func NewVerifier(stream uuid.UUID) *Verifier {
	return &Verifier{stream: stream, redacted: map[int64]Hash{}, open: map[int64]Hash{}}
}

// Next checks the event that follows. It returns a [*ChainError] for the first thing
// that is wrong: a gap, a foreign stream, an altered payload or envelope, a
// broken link, a clock that went back.
//
// A payload that no longer has its recorded sum is accepted for the moment if
// it was redacted: the PayloadRedacted event that says so comes later in the
// stream, and [Verifier.Done] tells whether it came.
func (v *Verifier) Next(e *Envelope) error {
	want := v.version + 1
	switch {
	case e.Version != want:
		return &ChainError{want, fmt.Sprintf("expected version %d, found %d: events are missing", want, e.Version)}
	case e.ProjectID != v.stream:
		return &ChainError{want, "belongs to another project"}
	case e.PrevHash != v.head:
		return &ChainError{want, "its link to the event before is broken"}
	case e.sum() != e.Hash:
		return &ChainError{want, "its content does not have the hash recorded for it"}
	case e.Payload == nil:
		return &ChainError{want, "its payload is missing"}
	case e.RecordedAt.Before(v.recorded):
		return &ChainError{want, "was recorded before the event that precedes it"}
	}
	if got := Hash(sha256.Sum256(e.Payload)); got != e.PayloadHash {
		v.open[e.Version] = got
	}
	v.sums = append(v.sums, e.PayloadHash)
	if e.Type == PayloadRedacted {
		if problem := v.redaction(e); problem != "" {
			return &ChainError{want, problem}
		}
	}
	v.version, v.head, v.recorded = e.Version, e.Hash, e.RecordedAt
	return nil
}

// redaction takes note of a payload that was replaced, and says what is wrong
// with that, if anything is. Each replacement builds on the one before, so that
// none can be slipped in between.
func (v *Verifier) redaction(e *Envelope) string {
	p, err := Decode(e.Type, e.SchemaVersion, e.Payload)
	r, ok := p.(*PayloadRedactedPayload)
	if err != nil || !ok {
		return "it cannot be read"
	}
	oldSum, oldErr := hex.DecodeString(r.OldHash)
	newSum, newErr := hex.DecodeString(r.NewHash)
	if oldErr != nil || newErr != nil || len(oldSum) != len(Hash{}) || len(newSum) != len(Hash{}) {
		return "it names no hash"
	}
	if r.Version < 1 || r.Version >= e.Version {
		return fmt.Sprintf("it redacts event %d, which does not come before it", r.Version)
	}
	last, again := v.redacted[r.Version]
	if !again {
		last = v.sums[r.Version-1]
	}
	if Hash(oldSum) != last {
		return fmt.Sprintf("it redacts another payload than event %d had", r.Version)
	}
	v.redacted[r.Version] = Hash(newSum)
	return ""
}

// Redacted returns the events whose payloads were replaced, in order.
func (v *Verifier) Redacted() []int64 {
	found := slices.AppendSeq(make([]int64, 0, len(v.redacted)), maps.Keys(v.redacted))
	slices.Sort(found)
	return found
}

// Done ends the stream and returns a [*ChainError] for the first payload that was
// altered without a PayloadRedacted event accounting for its new content.
func (v *Verifier) Done() error {
	first, problem := int64(0), ""
	for at, got := range v.open {
		if v.redacted[at] != got && (first == 0 || at < first) {
			first, problem = at, "its payload does not have the hash recorded for it"
		}
	}
	for at, want := range v.redacted {
		if _, replaced := v.open[at]; !replaced && want != v.sums[at-1] && (first == 0 || at < first) {
			first, problem = at, "its payload was redacted, and what was removed is back"
		}
	}
	if first != 0 {
		return &ChainError{first, problem}
	}
	return nil
}

// Head returns the version and hash of the last event checked.
func (v *Verifier) Head() (int64, Hash) { return v.version, v.head }
