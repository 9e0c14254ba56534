package db_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
)

// TestPayloadsAreGuarded holds that nobody replaces a payload past the log,
// whichever way it is tried.
func TestPayloadsAreGuarded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	id := b.project(t, "Guarded")
	_, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "a secret"})
	require.NoError(t, err)
	_, err = b.app.Redactions.Redact(ctx, b.ada, id, core.Target{Text: "secret"}, "it was one")
	require.NoError(t, err)
	conn, err := pgx.Connect(ctx, b.url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	for _, sql := range []string{
		"UPDATE layercake.event_payloads SET payload = '{}' WHERE version = 2",
		"SELECT layercake.redact_payload(project_id, version, '{}') FROM layercake.events WHERE version = 2",
		// The redaction is on record, but of another transaction.
		"SELECT layercake.redact_payload(project_id, version, payload) FROM layercake.event_payloads WHERE version = 2",
		"SET session_replication_role = replica; UPDATE layercake.event_payloads SET payload = '{}' WHERE version = 2",
		"UPDATE layercake.event_payloads SET version = 9 WHERE version = 2",
		"DELETE FROM layercake.event_payloads",
		"TRUNCATE layercake.event_payloads",
	} {
		_, err := conn.Exec(ctx, sql)
		require.ErrorContains(t, err, "append-only", sql)
	}
	b.sound(t, id)
}
