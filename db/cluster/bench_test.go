package cluster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
)

// What a command pays when the server runs. Goal: less than 5 ms.
func BenchmarkEnsureRunning(b *testing.B) {
	cfg := newConfig(b)
	_, err := cluster.Ensure(b.Context(), cfg)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := cluster.Ensure(b.Context(), cfg); err != nil {
			b.Fatal(err)
		}
	}
}

// What the first command after a pause pays. Goal: less than 250 ms.
func BenchmarkEnsureStopped(b *testing.B) {
	cfg := newConfig(b)
	_, err := cluster.Ensure(b.Context(), cfg)
	require.NoError(b, err)
	for b.Loop() {
		b.StopTimer()
		require.NoError(b, cluster.Stop(b.Context(), cfg))
		b.StartTimer()
		if _, err := cluster.Ensure(b.Context(), cfg); err != nil {
			b.Fatal(err)
		}
	}
}

// What the very first command pays. Goal: less than 3 s.
func BenchmarkEnsureFirst(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		cfg := newConfig(b)
		b.StartTimer()
		_, err := cluster.Ensure(b.Context(), cfg)
		b.StopTimer()
		if err := errors.Join(err, cluster.Stop(context.Background(), cfg)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
