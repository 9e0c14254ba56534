package core_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

// TestRewrittenDecisionsAreFound takes a log with signed decisions and changes it
// as somebody can who owns the database: the hashes are computed anew, so the
// chain is whole, and only the signatures can tell.
func TestRewrittenDecisionsAreFound(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{})
	ada := b.enroll(t)
	_, err := b.app.Gates.Approve(t.Context(), signing(b.ada, ada), b.place, core.Approval{
		Gate: "G1", Note: "good", Conditions: []core.NewCondition{{Text: "limits", Blocks: "G3"}},
	})
	require.NoError(t, err)
	_, err = b.app.Projects.SetLevel(t.Context(), signing(b.ada, ada), b.place.Project, project.LevelElicited, "trial")
	require.NoError(t, err)
	var log []event.Envelope
	require.NoError(t, b.db.Stream(t.Context(), b.place.Project, 0, func(e *event.Envelope) error {
		kept := *e
		kept.Payload = json.RawMessage(strings.Clone(string(e.Payload)))
		log = append(log, kept)
		return nil
	}))
	id := b.place.Project.String()
	require.Empty(t, audit(t, id, log))

	eve := newPen(t, "eve")
	for name, change := range map[string]func(e *event.Envelope) bool{
		"another gate": replaceIn(event.GateApprovedWithConditions, `"gate":"G1"`, `"gate":"G3"`),
		"another note": replaceIn(event.GateApprovedWithConditions, `"note":"good"`, `"note":"bad"`),
		"another commit": func(e *event.Envelope) bool {
			return edit(e, event.GateApprovedWithConditions, func(p map[string]any) { p["commit"] = strings.Repeat("0", 40) })
		},
		"fewer conditions": func(e *event.Envelope) bool {
			return edit(e, event.GateApprovedWithConditions, func(p map[string]any) { p["conditions"] = []any{} })
		},
		"as if without conditions": func(e *event.Envelope) bool {
			if e.Type != event.GateApprovedWithConditions {
				return false
			}
			e.Type = event.GateApproved
			return true
		},
		"as if forced": func(e *event.Envelope) bool {
			if e.Type != event.GateApprovedWithConditions {
				return false
			}
			e.Type = event.GateForced
			return true
		},
		"no signature": func(e *event.Envelope) bool {
			return edit(e, event.GateApprovedWithConditions, func(p map[string]any) { delete(p, "signature") })
		},
		"as if at a terminal": func(e *event.Envelope) bool {
			return edit(e, event.GateApprovedWithConditions, func(p map[string]any) { delete(p, "signature"); p["level"] = "terminal" })
		},
		"as in a demonstration": func(e *event.Envelope) bool {
			return edit(e, event.GateApprovedWithConditions, func(p map[string]any) { delete(p, "signature"); p["level"] = "demo" })
		},
		"no level": func(e *event.Envelope) bool {
			return edit(e, event.GateApprovedWithConditions, func(p map[string]any) { delete(p, "signature"); delete(p, "level") })
		},
		"by a machine": replaceIn(event.GateApprovedWithConditions, `"level":"signed"`, `"level":"ci"`),
		"another key enrolled": func(e *event.Envelope) bool {
			return edit(e, event.SignerAdded, func(p map[string]any) { p["key"] = strings.TrimSpace(string(eve.line)) })
		},
		"another level":     replaceIn(event.LevelChanged, `"to":"elicited"`, `"to":"terminal"`),
		"another statement": replaceIn(event.GateApprovedWithConditions, `gate.approve`, `gate.reject`),
	} {
		rewritten, at := rewrite(log, change)
		require.NotZero(t, at, name)
		// Signatures name places in the log, so the next one breaks in any
		// case; the changed event itself has to be found.
		require.Contains(t, audit(t, id, rewritten), fmt.Sprintf("event %d: ", at), name)
	}
}

// audit checks a log and returns what is wrong with its signatures. The chain
// itself has to be whole.
func audit(t *testing.T, id string, log []event.Envelope) string {
	t.Helper()
	v, a := event.NewVerifier(log[0].ProjectID), project.NewAuditor(id)
	problem := ""
	for i := range log {
		require.NoError(t, v.Next(&log[i]))
		if err := a.Next(&log[i]); err != nil && problem == "" {
			problem = err.Error()
		}
	}
	require.NoError(t, v.Done())
	return problem
}

// rewrite changes the events that change wants to, and links the log anew. It
// returns the first position that changed, or 0.
func rewrite(log []event.Envelope, change func(e *event.Envelope) bool) (rewritten []event.Envelope, at int64) {
	rewritten = make([]event.Envelope, len(log))
	copy(rewritten, log)
	prev := event.Hash{}
	for i := range rewritten {
		if change(&rewritten[i]) && at == 0 {
			at = rewritten[i].Version
		}
		rewritten[i].Seal(prev)
		prev = rewritten[i].Hash
	}
	return rewritten, at
}

func replaceIn(t event.Type, old, with string) func(e *event.Envelope) bool {
	return func(e *event.Envelope) bool {
		if e.Type != t || !strings.Contains(string(e.Payload), old) {
			return false
		}
		e.Payload = json.RawMessage(strings.ReplaceAll(string(e.Payload), old, with))
		return true
	}
}

func edit(e *event.Envelope, t event.Type, fn func(p map[string]any)) bool {
	if e.Type != t {
		return false
	}
	var p map[string]any
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return false
	}
	fn(p)
	raw, err := json.Marshal(p)
	if err != nil {
		return false
	}
	e.Payload = raw
	return true
}

// TestASignatureCountsOnce holds that the audit finds a signed decision that was put
// into the log a second time, as somebody can who owns the database: the signature
// is right, the key counts, the statement fits, and the chain is whole.
func TestASignatureCountsOnce(t *testing.T) {
	t.Parallel()
	b := presented(t, core.NewProject{})
	ada := b.enroll(t)
	for _, level := range []project.Level{project.LevelElicited, project.LevelSigned} {
		_, err := b.app.Projects.SetLevel(t.Context(), signing(b.ada, ada), b.place.Project, level, "trial")
		require.NoError(t, err)
	}
	var log []event.Envelope
	require.NoError(t, b.db.Stream(t.Context(), b.place.Project, 0, func(e *event.Envelope) error {
		kept := *e
		kept.Payload = json.RawMessage(strings.Clone(string(e.Payload)))
		log = append(log, kept)
		return nil
	}))
	id := b.place.Project.String()
	require.Empty(t, audit(t, id, log))
	last := log[len(log)-1]
	again := log[len(log)-2]
	require.Equal(t, event.LevelChanged, again.Type)
	again.Version, again.RecordedAt = last.Version+1, last.RecordedAt
	again.Seal(last.Hash)
	require.Contains(t, audit(t, id, append(log, again)), fmt.Sprintf("event %d: the signature was made before event %d", again.Version, last.Version))
}
