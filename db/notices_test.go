package db_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/db"
)

// TestNotices holds that whoever listens hears of the last of many writes, and
// that closing loses none.
func TestNotices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "News")
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	listener, err := pgx.Connect(ctx, b.url)
	require.NoError(t, err)
	defer func() { _ = listener.Close(context.WithoutCancel(ctx)) }()
	_, err = listener.Exec(ctx, "LISTEN "+db.Channel)
	require.NoError(t, err)

	// until waits for the notice of a version, and for none that is newer.
	until := func(version int64) {
		t.Helper()
		for last := int64(0); last < version; {
			n, err := listener.WaitForNotification(ctx)
			require.NoError(t, err)
			name, number, _ := strings.Cut(n.Payload, ":")
			require.Equal(t, id.String(), name)
			_, err = fmt.Sscan(number, &last)
			require.NoError(t, err)
			require.LessOrEqual(t, last, version)
		}
	}
	add := func() int64 {
		_, err := b.app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "Bake"})
		require.NoError(t, err)
		head, err := b.app.Log.Head(ctx, id)
		require.NoError(t, err)
		return head.Version
	}
	const writes = 100
	var last int64
	for range writes {
		last = add()
	}
	until(last)

	other, err := db.Open(ctx, b.url, db.Options{})
	require.NoError(t, err)
	app := core.New(core.Config{Store: other})
	for range 3 {
		_, err := app.Tasks.Add(ctx, b.ada, id, core.NewTask{Title: "Bake"})
		require.NoError(t, err)
	}
	other.Close()
	until(last + 3)
}
