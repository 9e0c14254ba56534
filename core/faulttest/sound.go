package faulttest

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
)

// Sound checks what must hold of a project after every fault: the chain verifies,
// and the projections are what the log folds to. Tests of the program itself do the
// same by its commands; see cmd/layercake/faults.
func Sound(t testing.TB, app *core.App, id uuid.UUID) {
	t.Helper()
	ctx := context.Background() // also for what is checked when the test is over
	audit, err := app.Log.Verify(ctx, id)
	require.NoError(t, err)
	require.True(t, audit.OK, "%+v", audit)
	diffs, err := app.Log.Compare(ctx, id)
	require.NoError(t, err)
	require.Empty(t, diffs)
}
