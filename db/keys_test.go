package db_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// TestOldKeysAreForgotten holds that the keys of requests are known for a month, and
// do not gather for ever.
func TestOldKeysAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, id := t.Context(), b.project(t, "Keys")
	admin, err := pgx.Connect(ctx, b.url)
	require.NoError(t, err)
	defer func() { _ = admin.Close(context.WithoutCancel(ctx)) }()
	note := func(key, text string) error {
		by := b.ada
		by.Key = key
		_, err := b.app.Records.Note(ctx, by, id, project.AddNote{Text: text})
		return err
	}
	keys := func() int {
		var n int
		require.NoError(t, admin.QueryRow(ctx, "SELECT count(*) FROM layercake.commands WHERE project_id = $1", id).Scan(&n))
		return n
	}
	require.NoError(t, note("old", "a"))
	require.NoError(t, note("recent", "b"))
	_, err = admin.Exec(ctx, "UPDATE layercake.commands SET created_at = now() - interval '31 days' WHERE key = 'old'")
	require.NoError(t, err)
	_, err = admin.Exec(ctx, "UPDATE layercake.commands SET created_at = now() - interval '29 days' WHERE key = 'recent'")
	require.NoError(t, err)
	require.Error(t, note("old", "another request"), "it is known until it is removed")

	const enough = 200
	for n := range enough {
		require.NoError(t, note("", fmt.Sprint(n)))
	}
	require.Equal(t, enough+2, keys(), "the project, the recent one and these")
	require.Equal(t, "idempotency_key_reused", fault.CodeOf(note("recent", "another request")))
	require.NoError(t, note("old", "another request"), "nobody knows it any more")
	b.sound(t, id)
}
