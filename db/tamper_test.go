package db_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
)

// unguarded begins a script of somebody who owns the database.
const unguarded = `ALTER TABLE events DISABLE TRIGGER USER; ALTER TABLE event_payloads DISABLE TRIGGER USER; ALTER TABLE streams DISABLE TRIGGER USER;`

// guarded ends it, so that only the log itself can tell.
const guarded = `;
	ALTER TABLE events ENABLE ALWAYS TRIGGER events_append_only; ALTER TABLE events ENABLE ALWAYS TRIGGER events_no_truncate;
	ALTER TABLE event_payloads ENABLE ALWAYS TRIGGER event_payloads_append_only;
	ALTER TABLE event_payloads ENABLE ALWAYS TRIGGER event_payloads_no_truncate;
	ALTER TABLE event_payloads ENABLE ALWAYS TRIGGER event_payloads_redacted_only;
	ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_no_truncate; ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_only_grow;
	ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_stay;`

// tampered is a project with five events.
func tampered(t *testing.T) (*bundle, uuid.UUID) {
	t.Helper()
	b := setup(t)
	id := b.project(t, "Tampered")
	for i := range 4 {
		_, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: fmt.Sprint("task ", i+1)})
		require.NoError(t, err)
	}
	return b, id
}

// TestTampering holds that whatever somebody changes who owns the database is
// found, with the first event that is not as it was, and what is wrong there.
func TestTampering(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql     string
		at      int64
		problem string
	}{
		"payload swapped":     {`UPDATE event_payloads SET payload = '{"id":"zzzzzzzz"}' WHERE version = 3`, 3, "its payload does not have the hash recorded for it"},
		"payload reformatted": {`UPDATE event_payloads SET payload = (payload::text || ' ')::json WHERE version = 3`, 3, "its payload does not have the hash recorded for it"},
		"two payloads exchanged": {
			`UPDATE event_payloads p SET payload = o.payload FROM event_payloads o WHERE p.version IN (3, 4) AND o.version = 7 - p.version`,
			3, "its payload does not have the hash recorded for it",
		},
		"payload deleted": {`DELETE FROM event_payloads WHERE version = 3`, 3, "its payload is missing"},
		"payload and its hash": {
			`UPDATE event_payloads SET payload = '{"id":"zzzzzzzz"}' WHERE version = 3;
			 UPDATE events SET payload_hash = sha256('{"id":"zzzzzzzz"}') WHERE version = 3`, 3, "its content does not have the hash recorded for it",
		},
		"actor changed":        {`UPDATE events SET actor = 'person:eve' WHERE version = 3`, 3, "its content does not have the hash recorded for it"},
		"time changed":         {`UPDATE events SET recorded_at = recorded_at + interval '1 microsecond' WHERE version = 3`, 3, "its content does not have the hash recorded for it"},
		"type changed":         {`UPDATE events SET type = 'TaskStarted' WHERE version = 3`, 3, "its content does not have the hash recorded for it"},
		"hash rewritten":       {`UPDATE events SET hash = sha256('x') WHERE version = 3`, 3, "its content does not have the hash recorded for it"},
		"link rewritten":       {`UPDATE events SET prev_hash = sha256('x') WHERE version = 3`, 3, "its link to the event before is broken"},
		"row deleted":          {`DELETE FROM event_payloads WHERE version = 3; DELETE FROM events WHERE version = 3`, 3, "expected version 3, found 4: events are missing"},
		"only the event's row": {`DELETE FROM events WHERE version = 3`, 3, "expected version 3, found 4: events are missing"},
		"first row deleted":    {`DELETE FROM events WHERE version = 1`, 1, "expected version 1, found 2: events are missing"},
		"row deleted, the rest moved up": {
			`DELETE FROM event_payloads WHERE version = 3; DELETE FROM events WHERE version = 3;
			 UPDATE event_payloads SET version = version - 1 WHERE version > 3; UPDATE events SET version = version - 1 WHERE version > 3;
			 UPDATE streams SET version = 4`, 3, "its link to the event before is broken",
		},
		"events reordered": {
			`UPDATE events SET version = version + 100 WHERE version IN (3, 4); UPDATE event_payloads SET version = version + 100 WHERE version IN (3, 4);
			 UPDATE events SET version = 107 - version WHERE version > 100; UPDATE event_payloads SET version = 107 - version WHERE version > 100`,
			3, "its link to the event before is broken",
		},
		"last event deleted":   {`DELETE FROM event_payloads WHERE version = 5; DELETE FROM events WHERE version = 5`, 5, "events at the end of the log are missing"},
		"all events deleted":   {`DELETE FROM event_payloads; DELETE FROM events`, 1, "events at the end of the log are missing"},
		"end set back":         {`UPDATE streams SET version = 4, head = (SELECT hash FROM events WHERE version = 4)`, 5, "it is not part of the log, which was recorded to end before it"},
		"end of another event": {`UPDATE streams SET head = sha256('x')`, 5, "the recorded end of the log is another event"},
		"end deleted":          {`DELETE FROM streams`, 5, "the record of where the log ends is missing"},
		"event of another project": {
			`UPDATE events SET project_id = gen_random_uuid() WHERE version = 5`, 5, "events at the end of the log are missing",
		},
		"event put in": {
			`INSERT INTO events SELECT project_id, 6, type, schema_version, payload_hash, actor, on_behalf_of, session, correlation_id, causation_id,
				occurred_at, recorded_at, hash, sha256('x') FROM events WHERE version = 5;
			 INSERT INTO event_payloads SELECT project_id, 6, payload FROM event_payloads WHERE version = 5; UPDATE streams SET version = 6, head = sha256('x')`,
			6, "its content does not have the hash recorded for it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, id := tampered(t)
			_, err := b.db.Pool().Exec(t.Context(), unguarded+c.sql+guarded)
			require.NoError(t, err)
			audit, err := b.app.Log.Verify(t.Context(), id)
			require.NoError(t, err)
			require.False(t, audit.OK)
			require.Equal(t, c.at, audit.FaultAt, audit.Problem)
			require.Equal(t, c.problem, audit.Problem)
			require.Empty(t, audit.Repair)
		})
	}
}

// TestGuardsThatAreOff holds that `audit verify` says so when what keeps the log
// from being changed is switched off, whether or not anything was changed, and that
// what it names to repair that does.
func TestGuardsThatAreOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, problem string }{
		"switched off":    {`ALTER TABLE events DISABLE TRIGGER events_append_only`, "the trigger events_append_only that guards events is switched off"},
		"not always":      {`ALTER TABLE events ENABLE TRIGGER events_append_only`, "the trigger events_append_only that guards events is switched off"},
		"several":         {unguarded, "the trigger event_payloads_append_only that guards event_payloads is switched off (and 7 more)"},
		"dropped":         {`DROP TRIGGER streams_stay ON streams`, "the trigger streams_stay that guards streams is gone"},
		"made harmless":   {`CREATE OR REPLACE TRIGGER streams_stay BEFORE DELETE ON streams FOR EACH ROW WHEN (false) EXECUTE FUNCTION refuse_shrinking(); ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_stay`, "the trigger streams_stay that guards streams was changed"},
		"another put in":  {`CREATE FUNCTION public.eve() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER eve BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION public.eve()`, "there is a trigger eve on events that is not LayerCake's"},
		"function hollow": {`CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`, "the function refuse_change that guards the log was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, id := tampered(t)
			_, err := b.db.Pool().Exec(t.Context(), c.sql)
			require.NoError(t, err)
			audit, err := b.app.Log.Verify(t.Context(), id)
			require.NoError(t, err)
			require.False(t, audit.OK)
			require.Zero(t, audit.FaultAt)
			require.Equal(t, c.problem, audit.Problem)
			if audit.Repair == "" {
				require.Contains(t, c.problem, "function")
				return
			}
			_, err = b.db.Pool().Exec(t.Context(), audit.Repair)
			require.NoError(t, err)
			b.sound(t, id)
		})
	}
}

// TestForgedProjections holds that every kind of change to what commands read is
// found by comparing it with the log.
func TestForgedProjections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string
		want core.Difference
	}{
		"a row edited":   {`UPDATE tasks SET title = 'forged' WHERE title = 'task 1'`, core.Difference{Table: "tasks", Column: "title", Stored: "forged", Derived: "task 1"}},
		"a row deleted":  {`DELETE FROM tasks WHERE title = 'task 1'`, core.Difference{Table: "tasks", Column: "(row)", Stored: "false", Derived: "true"}},
		"a row put in":   {`INSERT INTO risks (project_id, risk_id, created_at) SELECT project_id, 'r', now() FROM projects`, core.Difference{Table: "risks", Column: "(row)", Stored: "true", Derived: "false"}},
		"a gate passed":  {`UPDATE gates SET status = 'approved' WHERE gate_id = 'G1'`, core.Difference{Table: "gates", Column: "status", Stored: "approved", Derived: "pending"}},
		"project hidden": {`DELETE FROM projects`, core.Difference{Table: "projects", Column: "(row)", Stored: "false", Derived: "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, id := tampered(t)
			_, err := b.db.Pool().Exec(t.Context(), c.sql)
			require.NoError(t, err)
			found, err := b.app.Log.Compare(t.Context(), id)
			require.NoError(t, err)
			for i := range found {
				found[i].Key = ""
			}
			require.Contains(t, found, c.want)
			audit, err := b.app.Log.Verify(t.Context(), id)
			require.NoError(t, err)
			require.True(t, audit.OK, "the log is not what was changed: %s", audit.Problem)
		})
	}
}

// TestRowsWithoutALog holds that a project which no event made is found.
func TestRowsWithoutALog(t *testing.T) {
	t.Parallel()
	b, id := tampered(t)
	ghost := uuid.New()
	_, err := b.db.Pool().Exec(t.Context(), `INSERT INTO projects (project_id, slug, created_at, updated_at) VALUES ($1, 'ghost', now(), now())`, ghost)
	require.NoError(t, err)
	streams, err := b.app.Log.Streams(t.Context())
	require.NoError(t, err)
	require.Len(t, streams, 2)
	require.Equal(t, []uuid.UUID{id, ghost}, []uuid.UUID{streams[0].Project, streams[1].Project})
	require.Zero(t, streams[1].Head.Version)
	found, err := b.app.Log.Compare(t.Context(), ghost)
	require.NoError(t, err)
	require.Contains(t, found, core.Difference{Table: "projects", Key: ghost.String(), Column: "(row)", Stored: "true", Derived: "false"})
}

// TestARewrittenLogNeedsAnAnchor says what the chain alone cannot show: a log whose
// hashes were all computed anew verifies. Anchors are there for that.
func TestARewrittenLogNeedsAnAnchor(t *testing.T) {
	t.Parallel()
	b, id := tampered(t)
	b.forge(t, id, "task 1", "task 9")
	audit, err := b.app.Log.Verify(t.Context(), id)
	require.NoError(t, err)
	require.True(t, audit.OK, audit.Problem)
}

// forge replaces a text in a log and computes all hashes anew, as somebody can who
// owns the database and has this program's source.
func (b *bundle) forge(t *testing.T, id uuid.UUID, text, with string) {
	t.Helper()
	ctx := t.Context()
	var log []event.Envelope
	require.NoError(t, b.db.Stream(ctx, id, 0, func(e *event.Envelope) error {
		kept := *e
		kept.Payload = append([]byte{}, e.Payload...)
		log = append(log, kept)
		return nil
	}))
	_, err := b.db.Pool().Exec(ctx, unguarded+fmt.Sprintf(
		`UPDATE event_payloads SET payload = replace(payload::text, '%s', '%s')::json WHERE project_id = '%s'`, text, with, id))
	require.NoError(t, err)
	prev := event.Hash{}
	for i := range log {
		e := &log[i]
		require.NoError(t, b.db.Pool().QueryRow(ctx, "SELECT payload::text FROM event_payloads WHERE project_id = $1 AND version = $2", id, e.Version).Scan(&e.Payload))
		e.Seal(prev)
		prev = e.Hash
		_, err := b.db.Pool().Exec(ctx, "UPDATE events SET payload_hash = $3, prev_hash = $4, hash = $5 WHERE project_id = $1 AND version = $2",
			id, e.Version, e.PayloadHash[:], e.PrevHash[:], e.Hash[:])
		require.NoError(t, err)
	}
	_, err = b.db.Pool().Exec(ctx, "UPDATE streams SET head = $2 WHERE project_id = $1", id, prev[:])
	require.NoError(t, err)
	_, err = b.db.Pool().Exec(ctx, `UPDATE tasks SET title = replace(title, $2, $3) WHERE project_id = $1`, id, text, with)
	require.NoError(t, err)
	_, err = b.db.Pool().Exec(ctx, guarded)
	require.NoError(t, err)
}
