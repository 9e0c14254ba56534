package event

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// vector is the published example of docs/reference/event-chain.md. Whoever
// changes these sums has changed what every stored log means.
func vector() []Envelope {
	id := uuid.MustParse("0192d4e8-7c3a-7f00-8000-0123456789ab")
	at := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	first := Envelope{
		ProjectID: id, Version: 1, Type: TaskCreated, SchemaVersion: 1, Payload: json.RawMessage(`{"id":"7k3f9m2p","title":"Café 🎂"}`),
		Actor: "person:ada", CorrelationID: uuid.MustParse("11111111-2222-4333-8444-555555555555"), OccurredAt: at, RecordedAt: at,
	}
	first.Seal(Hash{})
	second := Envelope{
		ProjectID: id, Version: 2, Type: TaskStarted, SchemaVersion: 1, Payload: json.RawMessage(`{"id":"7k3f9m2p"}`),
		Actor: "agent:claude-code/qa-engineer", OnBehalfOf: "person:ada", Session: "s1", CorrelationID: uuid.Nil, CausationID: uuid.Nil,
		OccurredAt: at.Add(time.Second), RecordedAt: at.Add(time.Second),
	}
	second.Seal(first.Hash)
	return []Envelope{first, second}
}

// TestPublishedVectors holds the hash chain against the documentation.
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "event-chain.md"))
	require.NoError(t, err)
	for _, e := range vector() {
		require.Contains(t, string(page), e.PayloadHash.String())
		require.Contains(t, string(page), e.Hash.String())
		require.Contains(t, string(page), string(e.Payload))
	}
}

// TestVerifierFinds holds that every field is part of what is hashed.
func TestVerifierFinds(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Envelope){
		"type":        func(e *Envelope) { e.Type = TaskFailed },
		"schema":      func(e *Envelope) { e.SchemaVersion++ },
		"actor":       func(e *Envelope) { e.Actor = "person:eve" },
		"behalf":      func(e *Envelope) { e.OnBehalfOf = "" },
		"session":     func(e *Envelope) { e.Session = "s2" },
		"correlation": func(e *Envelope) { e.CorrelationID = uuid.Max },
		"causation":   func(e *Envelope) { e.CausationID = uuid.Max },
		"occurred":    func(e *Envelope) { e.OccurredAt = e.OccurredAt.Add(time.Microsecond) },
		"recorded":    func(e *Envelope) { e.RecordedAt = e.RecordedAt.Add(time.Microsecond) },
		"payload sum": func(e *Envelope) { e.PayloadHash[0]++ },
		"link":        func(e *Envelope) { e.PrevHash[0]++ },
		"own sum":     func(e *Envelope) { e.Hash[0]++ },
		"version":     func(e *Envelope) { e.Version++ },
		"stream":      func(e *Envelope) { e.ProjectID = uuid.Max },
		"clock":       func(e *Envelope) { e.RecordedAt = e.RecordedAt.Add(-time.Hour); e.Seal(e.PrevHash) },
		// Moving a character between neighbouring fields must not go unseen.
		"border": func(e *Envelope) { e.OnBehalfOf, e.Session = e.OnBehalfOf+"s", "1" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := vector()
			change(&events[1])
			v := NewVerifier(events[0].ProjectID)
			require.NoError(t, v.Next(&events[0]))
			var bad *ChainError
			require.ErrorAs(t, v.Next(&events[1]), &bad)
			require.Equal(t, int64(2), bad.Version)
		})
	}
}

// TestRedaction holds that a replaced payload is accepted if and only if a later
// event accounts for it.
func TestRedaction(t *testing.T) {
	t.Parallel()
	run := func(oldHash, newHash string) error {
		events := vector()
		events[0].Payload = json.RawMessage(`{"id":"7k3f9m2p","title":"[redacted]"}`)
		raw, err := Encode(&PayloadRedactedPayload{Version: 1, OldHash: oldHash, NewHash: newHash, Reason: "a key was in it"})
		require.NoError(t, err)
		third := Envelope{
			ProjectID: events[0].ProjectID, Version: 3, Type: PayloadRedacted, SchemaVersion: 1, Payload: raw,
			RecordedAt: events[1].RecordedAt, OccurredAt: events[1].OccurredAt,
		}
		third.Seal(events[1].Hash)
		v := NewVerifier(events[0].ProjectID)
		for _, e := range append(events, third) {
			if err := v.Next(&e); err != nil {
				return err
			}
		}
		require.Equal(t, []int64{1}, v.Redacted())
		return v.Done()
	}
	fresh := Envelope{Payload: json.RawMessage(`{"id":"7k3f9m2p","title":"[redacted]"}`)}
	fresh.Seal(Hash{})
	was := vector()[0].PayloadHash.String()
	require.NoError(t, run(was, fresh.PayloadHash.String()))
	require.ErrorContains(t, run(was, strings.Repeat("0", 64)), "event 1: its payload does not have the hash")
	require.ErrorContains(t, run(strings.Repeat("0", 64), fresh.PayloadHash.String()), "another payload than event 1 had")
	require.ErrorContains(t, run("", ""), "names no hash")
}

// TestRedactionUndone holds that a payload that was redacted must stay so.
func TestRedactionUndone(t *testing.T) {
	t.Parallel()
	events := vector()
	raw, err := Encode(&PayloadRedactedPayload{Version: 1, OldHash: events[0].PayloadHash.String(), NewHash: strings.Repeat("ab", 32), Reason: "x"})
	require.NoError(t, err)
	third := Envelope{
		ProjectID: events[0].ProjectID, Version: 3, Type: PayloadRedacted, SchemaVersion: 1, Payload: raw,
		RecordedAt: events[1].RecordedAt, OccurredAt: events[1].OccurredAt,
	}
	third.Seal(events[1].Hash)
	v := NewVerifier(events[0].ProjectID)
	for _, e := range append(events, third) {
		require.NoError(t, v.Next(&e))
	}
	require.ErrorContains(t, v.Done(), "event 1: its payload was redacted, and what was removed is back")
}

// TestRewrite holds that only strings change, and everything else stays to the
// byte.
func TestRewrite(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`{"a":"x\"key","key":{"list":["key",1e3, "éékey"]},"n":null}`)
	out, fields, err := Rewrite(raw, func(_, s string) string { return strings.ReplaceAll(s, "key", "<gone>") })
	require.NoError(t, err)
	require.Equal(t, []string{"a", "key/list/0", "key/list/2"}, fields)
	require.Equal(t, `{"a":"x\"<gone>","key":{"list":["<gone>",1e3, "éé<gone>"]},"n":null}`, string(out)) //nolint:testifylint // to the byte
	same, fields, err := Rewrite(raw, func(_, s string) string { return s })
	require.NoError(t, err)
	require.Empty(t, fields)
	require.Equal(t, raw, same)
}

// TestCatalogue holds that every type can be made, encoded and decoded, and that
// unknown ones are refused.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(Catalogue()), 30)
	for _, s := range Catalogue() {
		raw, err := Encode(s.New())
		require.NoError(t, err)
		p, err := Decode(s.Type, s.Version, raw)
		require.NoError(t, err, s.Type)
		require.Equal(t, s.Type, p.EventType())
		_, err = Decode(s.Type, s.Version+1, raw)
		require.ErrorContains(t, err, "not known to this program")
	}
	_, err := Decode("CakeEaten", 1, nil)
	require.ErrorContains(t, err, "not known to this program")
}

// FuzzDecode holds that no stored text makes decoding panic.
func FuzzDecode(f *testing.F) {
	for _, s := range Catalogue() {
		f.Add(string(s.Type), 1, []byte(`{"id":"x","gate":"G1"}`))
	}
	f.Fuzz(func(_ *testing.T, name string, version int, raw []byte) {
		_, _ = Decode(Type(name), version, raw)
	})
}
