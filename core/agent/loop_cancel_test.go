package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long a cancelled run may take at most.
const soon = time.Second

func TestCancelling(t *testing.T) {
	t.Parallel()
	t.Run("a model that listens", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{steps: []step{calls(use("1", "echo", `{}`)), func(ctx context.Context, _ agent.Request, _ func(agent.Delta)) (*agent.Answer, error) {
			cancel()
			<-ctx.Done()
			return &agent.Answer{Usage: agent.Usage{Input: 7}}, ctx.Err()
		}}}
		out, err := agent.Run(ctx, spec(s))
		require.Equal(t, agent.KindCancelled, agent.KindOf(err))
		require.Equal(t, fault.KindInterrupted, fault.KindOf(err))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, agent.StopCancelled, out.Stop)
		require.Equal(t, 1, out.Turns, "what was complete is kept")
		require.Equal(t, int64(107), out.Usage.Input, "and what was used is counted")
	})
	t.Run("a model that does not listen", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan struct{})
		t.Cleanup(func() { close(end) })
		s := &script{steps: []step{func(_ context.Context, _ agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
			cancel()
			<-end
			on(agent.Delta{Kind: agent.DeltaText, Text: "too late"})
			return nil, errors.New("late")
		}}}
		sp := spec(s)
		sp.Live = func(d agent.Delta) { require.NotEqual(t, "too late", d.Text) }
		start := time.Now()
		_, err := agent.Run(ctx, sp)
		require.Less(t, time.Since(start), soon)
		require.Equal(t, agent.KindCancelled, agent.KindOf(err))
	})
	t.Run("while tools work, which is recorded", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan struct{})
		t.Cleanup(func() { close(end) })
		s := &script{steps: []step{calls(use("1", "echo", `"quick"`), use("2", "echo", `"deaf"`), use("3", "echo", `"late"`))}}
		sp := spec(s)
		sp.Parallel = 1
		sp.Call = func(_ context.Context, _ string, input json.RawMessage) (agent.Result, error) {
			if string(input) == `"quick"` {
				return agent.Result{Text: "done"}, nil
			}
			cancel()
			<-end
			return agent.Result{}, nil
		}
		var turns []agent.Turn
		sp.Record = func(ctx context.Context, turn agent.Turn) error { turns = append(turns, turn); return ctx.Err() }
		start := time.Now()
		_, err := agent.Run(ctx, sp)
		require.Less(t, time.Since(start), soon)
		require.Equal(t, agent.KindCancelled, agent.KindOf(err))
		require.Len(t, turns, 1)
		stopped := 0
		for _, b := range turns[0].Reply.Blocks {
			if strings.Contains(b.Result, "was stopped") {
				stopped++
			}
		}
		require.GreaterOrEqual(t, stopped, 2)
	})
	t.Run("while it waits to try again", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{steps: []step{fails(agent.Error{Kind: agent.KindServer, Message: "down", RetryAfter: time.Minute})}}
		sp := spec(s)
		sp.Clock = agent.Clock{}
		sp.Live = func(d agent.Delta) {
			if d.Kind == agent.DeltaRetry {
				require.GreaterOrEqual(t, d.Wait, time.Minute)
				cancel()
			}
		}
		start := time.Now()
		_, err := agent.Run(ctx, sp)
		require.Less(t, time.Since(start), soon)
		require.Equal(t, agent.KindCancelled, agent.KindOf(err))
	})
}

func hangs(ctx context.Context, _ agent.Request, _ func(agent.Delta)) (*agent.Answer, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestLimitsOfTime(t *testing.T) {
	t.Parallel()
	t.Run("of the run", func(t *testing.T) {
		t.Parallel()
		sp := spec(&script{steps: []step{hangs}})
		sp.Limits.Time = 20 * time.Millisecond
		out, err := agent.Run(t.Context(), sp)
		require.Equal(t, agent.KindTimeout, agent.KindOf(err))
		require.ErrorContains(t, err, "the run took longer than the 20ms that it may")
		require.Equal(t, agent.StopTime, out.Stop)
		require.Equal(t, fault.KindTimeout, fault.KindOf(err))
	})
	t.Run("of a request", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{hangs}}
		sp := spec(s)
		sp.Limits.Turn = 20 * time.Millisecond
		_, err := agent.Run(t.Context(), sp)
		require.ErrorContains(t, err, "the answer took longer than 20ms")
		require.Len(t, s.requests, 1)
	})
	t.Run("of silence, which may pass once", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{hangs, hangs, says("done")}}
		sp := spec(s)
		sp.Limits.Silence = 20 * time.Millisecond
		_, err := agent.Run(t.Context(), sp)
		require.ErrorContains(t, err, "nothing came for 20ms")
		require.Len(t, s.requests, 2)
	})
	t.Run("of silence, after which nobody listens", func(t *testing.T) {
		t.Parallel()
		second, end := make(chan struct{}), make(chan struct{})
		s := &script{steps: []step{func(_ context.Context, _ agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
			<-second
			on(agent.Delta{Kind: agent.DeltaText, Text: "too late"})
			close(end)
			return nil, errors.New("late")
		}, func(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
			close(second)
			<-end
			return says("done")(ctx, req, on)
		}}}
		sp := spec(s)
		sp.Limits.Silence = 20 * time.Millisecond
		sp.Live = func(d agent.Delta) { require.NotEqual(t, "too late", d.Text) }
		_, err := agent.Run(t.Context(), sp)
		require.NoError(t, err)
	})
	t.Run("of silence, with a provider that is alive", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{func(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for range 75 {
				<-tick.C
				agent.Alive(ctx)
			}
			return says("done")(ctx, req, on)
		}}}
		sp := spec(s)
		sp.Limits.Silence = time.Second
		_, err := agent.Run(t.Context(), sp)
		require.NoError(t, err)
	})
	t.Run("of a tool", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{calls(use("1", "echo", `{}`)), says("done")}}
		sp := spec(s)
		sp.Limits.Tool = 20 * time.Millisecond
		end := make(chan struct{})
		t.Cleanup(func() { close(end) })
		sp.Call = func(context.Context, string, json.RawMessage) (agent.Result, error) {
			<-end
			return agent.Result{}, nil
		}
		_, err := agent.Run(t.Context(), sp)
		require.NoError(t, err)
		require.Contains(t, lastBlocks(t, s.requests[1])[0].Result, "took longer than 20ms")
	})
}

func TestAProviderThatPanicsIsAnError(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{func(context.Context, agent.Request, func(agent.Delta)) (*agent.Answer, error) { panic("nil map") }}}
	_, err := agent.Run(t.Context(), spec(s))
	require.Equal(t, agent.KindProtocol, agent.KindOf(err))
	require.ErrorContains(t, err, "nil map")
}

func TestLongTextsComeInPieces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ö", agent.MaxDelta)
	s := &script{steps: []step{says(long)}}
	sp := spec(s)
	var whole strings.Builder
	sp.Live = func(d agent.Delta) {
		require.LessOrEqual(t, len(d.Text), agent.MaxDelta)
		require.Equal(t, d.Text, strings.ToValidUTF8(d.Text, "?"))
		if d.Kind == agent.DeltaText {
			whole.WriteString(d.Text)
		}
	}
	_, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, long, whole.String())
}
