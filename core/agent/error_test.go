package agent_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/fault"
)

func TestEveryKindIsAFaultWithAHint(t *testing.T) {
	t.Parallel()
	for _, kind := range []agent.Kind{
		agent.KindRateLimit, agent.KindOverloaded, agent.KindServer, agent.KindNetwork, agent.KindTimeout, agent.KindAuth, agent.KindQuota, agent.KindInvalid,
		agent.KindTooLong, agent.KindProtocol, agent.KindRefused, agent.KindBudget, agent.KindMissing, agent.KindProgram, agent.KindRecord,
	} {
		cause := errors.New("cause")
		err := &agent.Error{Kind: kind, Provider: "p", Message: "it failed", RequestID: "req_1", Err: cause}
		f := fault.From(err)
		require.Equal(t, "agent_"+string(kind), f.Code)
		require.Equal(t, "p: it failed (request req_1)", f.Error())
		require.NotEmpty(t, f.Hint, kind)
		require.ErrorIs(t, err, cause)
		wrapped := fmt.Errorf("run r-1: %w", err)
		require.Equal(t, kind, agent.KindOf(wrapped))
		require.Equal(t, f.Code, fault.CodeOf(wrapped))
	}
	own := fault.From(&agent.Error{Kind: agent.KindAuth, Message: "no", Hint: "do this"})
	require.Equal(t, "do this", own.Hint)
	require.Empty(t, agent.KindOf(errors.New("other")))
}

func TestTheErrorOfAnEndedContextSaysWhy(t *testing.T) {
	t.Parallel()
	why := &agent.Error{Kind: agent.KindTimeout, Message: "too slow"}
	for want, cause := range map[agent.Kind]error{agent.KindTimeout: why, agent.KindCancelled: errors.New("enough")} {
		ctx, stop := context.WithCancelCause(t.Context())
		stop(cause)
		require.Equal(t, want, agent.ContextError(ctx).Kind)
	}
	ctx, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	require.Equal(t, agent.KindTimeout, agent.ContextError(ctx).Kind)
}
