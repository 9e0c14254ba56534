package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/redact"
)

// script is a model that answers what it was told to, one step per request.
type script struct {
	mu       sync.Mutex
	steps    []step
	requests []agent.Request
	count    func(agent.Request) (int64, error)
	cost     func(agent.Usage) (int64, bool)
}

type step func(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error)

func (*script) Name() string { return "script" }

func (s *script) Turn(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, req)
	s.mu.Unlock()
	if n >= len(s.steps) {
		return nil, &agent.Error{Kind: agent.KindProtocol, Message: fmt.Sprintf("the script has no step %d", n+1)}
	}
	return s.steps[n](ctx, req, on)
}

func (s *script) Cost(_ string, u agent.Usage) (int64, bool) {
	if s.cost == nil {
		return 0, false
	}
	return s.cost(u)
}

type counting struct{ *script }

func (c counting) Count(_ context.Context, req agent.Request) (int64, error) { return c.count(req) }

var used = agent.Usage{Input: 100, Output: 10}

func says(text string) step {
	return func(_ context.Context, _ agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
		on(agent.Delta{Kind: agent.DeltaText, Text: text})
		return &agent.Answer{ID: "a", Model: "m-1", Stop: agent.StopEnd, Usage: used, Blocks: []agent.Block{{Type: agent.BlockText, Text: text}}}, nil
	}
}

func stops(stop, text string) step {
	return func(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
		a, err := says(text)(ctx, req, on)
		a.Stop = stop
		return a, err
	}
}

func calls(uses ...agent.Block) step {
	return func(context.Context, agent.Request, func(agent.Delta)) (*agent.Answer, error) {
		return &agent.Answer{Stop: agent.StopToolUse, Usage: used, Blocks: uses}, nil
	}
}

func use(id, name, input string) agent.Block {
	return agent.Block{Type: agent.BlockToolUse, ID: id, Name: name, Input: json.RawMessage(input)}
}

func fails(e agent.Error) step {
	return func(context.Context, agent.Request, func(agent.Delta)) (*agent.Answer, error) { return nil, &e }
}

// clock waits for nothing and notes for how long it should have.
type clock struct {
	mu    sync.Mutex
	waits []time.Duration
}

func (c *clock) agent() agent.Clock {
	return agent.Clock{
		Wait: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.waits = append(c.waits, d)
			return ctx.Err()
		},
		Jitter: func() float64 { return 0 },
	}
}

func spec(s *script) agent.Spec {
	return agent.Spec{
		Model: s, ModelName: "m", System: "You test.", Prompt: "Do it.", Clock: new(clock).agent(),
		Tools: []agent.Tool{{Name: "echo", Description: "Says it again.", Schema: json.RawMessage(`{"type":"object"}`)}},
		Call: func(_ context.Context, _ string, input json.RawMessage) (agent.Result, error) {
			return agent.Result{Text: "echo " + string(input)}, nil
		},
	}
}

func lastBlocks(t *testing.T, req agent.Request) []agent.Block {
	t.Helper()
	last := req.Messages[len(req.Messages)-1]
	require.Equal(t, agent.RoleUser, last.Role)
	return last.Blocks
}

func TestRunCallsToolsUntilTheModelIsDone(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{calls(use("1", "echo", `{"a":1}`), use("2", "echo", `{"b":2}`)), says("done")}}
	sp := spec(s)
	var turns []agent.Turn
	sp.Record = func(_ context.Context, turn agent.Turn) error { turns = append(turns, turn); return nil }
	var seen []string
	sp.Live = func(d agent.Delta) { seen = append(seen, d.Kind) }
	out, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, "done", out.Text)
	require.Equal(t, agent.StopEnd, out.Stop)
	require.Equal(t, 2, out.Turns)
	require.Equal(t, 2, out.ToolCalls)
	require.Equal(t, agent.Usage{Input: 200, Output: 20}, out.Usage, "the cost is not known, and nobody made one up")
	require.Len(t, turns, 2)
	require.True(t, turns[1].Final)
	require.Equal(t, []agent.Block{
		{Type: agent.BlockToolResult, ID: "1", Name: "echo", Result: `echo {"a":1}`},
		{Type: agent.BlockToolResult, ID: "2", Name: "echo", Result: `echo {"b":2}`},
	}, lastBlocks(t, s.requests[1]))
	require.Contains(t, seen, agent.DeltaToolUse)
	require.Contains(t, seen, agent.DeltaToolResult)
	require.Equal(t, agent.DeltaTurn, seen[len(seen)-1])
}

func TestRunCallsToolsAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{calls(use("1", "echo", `{}`), use("2", "echo", `{}`), use("3", "echo", `{}`)), says("done")}}
	sp := spec(s)
	var here sync.WaitGroup
	here.Add(3)
	sp.Call = func(context.Context, string, json.RawMessage) (agent.Result, error) {
		here.Done()
		here.Wait() // comes back only when all three are here
		return agent.Result{Text: "met"}, nil
	}
	_, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	for _, b := range lastBlocks(t, s.requests[1]) {
		require.Equal(t, "met", b.Result)
	}
}

func TestRunLimitsHowManyToolsRun(t *testing.T) {
	t.Parallel()
	var uses []agent.Block
	for i := range 20 {
		uses = append(uses, use(fmt.Sprint(i), "echo", `{}`))
	}
	s := &script{steps: []step{calls(uses...), says("done")}}
	sp := spec(s)
	sp.Parallel = 2
	var now, most atomic.Int32
	sp.Call = func(context.Context, string, json.RawMessage) (agent.Result, error) {
		if n := now.Add(1); n > 2 {
			most.Store(n)
		}
		defer now.Add(-1)
		for range 1000 {
			runtime.Gosched() // so that those who wait would come in
		}
		return agent.Result{}, nil
	}
	out, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, 20, out.ToolCalls)
	require.Zero(t, most.Load())
}

func TestWhatGoesWrongWithToolsGoesBackToTheModel(t *testing.T) {
	t.Parallel()
	broken := use("4", "echo", `{}`)
	broken.Malformed = `{"a":`
	s := &script{steps: []step{calls(use("1", "nothing", `{}`), use("2", "echo", `"panic"`), use("3", "echo", `"error"`), broken), says("done")}}
	sp := spec(s)
	sp.Call = func(_ context.Context, _ string, input json.RawMessage) (agent.Result, error) {
		if string(input) == `"panic"` {
			panic("oh no")
		}
		return agent.Result{}, errors.New("no such file")
	}
	out, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, agent.StopEnd, out.Stop)
	got := lastBlocks(t, s.requests[1])
	for i, want := range []string{`There is no tool "nothing". There are: echo.`, "oh no", "echo failed: no such file", "unexpected end of JSON"} {
		require.True(t, got[i].IsError)
		require.Contains(t, got[i].Result, want)
	}
}

func TestResultsOfToolsAreCutAndRedacted(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{calls(use("1", "echo", `{}`)), says("done")}}
	sp := spec(s)
	sp.Limits.Result = 1000
	sp.Redact = redact.New([]string{"API_TOKEN=planted-secret-0451"})
	sp.Call = func(context.Context, string, json.RawMessage) (agent.Result, error) {
		return agent.Result{Text: "planted-secret-0451" + strings.Repeat("ä", 1_000_000) + "\xff end"}, nil
	}
	_, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	result := lastBlocks(t, s.requests[1])[0].Result
	require.NotContains(t, result, "planted-secret")
	require.Less(t, len(result), 1300)
	require.True(t, strings.HasSuffix(result, "\uFFFD end"), result)
	require.Contains(t, result, "bytes are left out here")
	require.Equal(t, result, strings.ToValidUTF8(result, "?"))
}

func TestAfterTheLastTurnTheModelSumsUp(t *testing.T) {
	t.Parallel()
	again := calls(use("1", "echo", `{}`))
	s := &script{steps: []step{again, again, says("so far, so good")}}
	sp := spec(s)
	sp.Limits.Turns = 2
	out, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, agent.StopTurns, out.Stop)
	require.Equal(t, "so far, so good", out.Text)
	require.False(t, s.requests[1].NoTools)
	require.True(t, s.requests[2].NoTools)
	blocks := lastBlocks(t, s.requests[2])
	require.Contains(t, blocks[len(blocks)-1].Text, "no turns left")

	t.Run("even when it calls tools all the same", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{again, again}}
		sp := spec(s)
		sp.Limits.Turns = 1
		out, err := agent.Run(t.Context(), sp)
		require.NoError(t, err)
		require.Equal(t, agent.StopTurns, out.Stop)
	})
}

func TestACutAnswerGoesOn(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{stops(agent.StopMaxTokens, "one, "), stops(agent.StopMaxTokens, "two, "), says("three")}}
	out, err := agent.Run(t.Context(), spec(s))
	require.NoError(t, err)
	require.Equal(t, "one, two, three", out.Text)
	require.Equal(t, agent.StopEnd, out.Stop)

	t.Run("not for ever", func(t *testing.T) {
		t.Parallel()
		cut := stops(agent.StopMaxTokens, "more ")
		s := &script{steps: []step{cut, cut, cut, cut}}
		out, err := agent.Run(t.Context(), spec(s))
		require.NoError(t, err)
		require.Equal(t, agent.StopMaxTokens, out.Stop)
		require.Equal(t, "more more more more ", out.Text)
	})
	t.Run("and a call that was cut is not made", func(t *testing.T) {
		t.Parallel()
		cut := func(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
			a, err := calls(use("1", "echo", `{"whole":1}`), use("2", "echo", `{}`))(ctx, req, on)
			a.Stop = agent.StopMaxTokens
			return a, err
		}
		s := &script{steps: []step{cut, says("done")}}
		_, err := agent.Run(t.Context(), spec(s))
		require.NoError(t, err)
		got := lastBlocks(t, s.requests[1])
		require.Equal(t, `echo {"whole":1}`, got[0].Result)
		require.True(t, got[1].IsError)
		require.Contains(t, got[1].Result, "limit of its length")
	})
}

func TestARefusalEndsTheRun(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{stops(agent.StopRefusal, "I would rather not.")}}
	var recorded int
	sp := spec(s)
	sp.Record = func(context.Context, agent.Turn) error { recorded++; return nil }
	out, err := agent.Run(t.Context(), sp)
	require.Equal(t, agent.KindRefused, agent.KindOf(err))
	require.ErrorContains(t, err, "I would rather not.")
	require.Equal(t, agent.StopRefusal, out.Stop)
	require.Equal(t, 1, recorded)
	require.Equal(t, fault.KindNotAllowed, fault.KindOf(err))
}

func TestAPausedAnswerIsSentBack(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{stops(agent.StopPause, "wait"), says("done")}}
	_, err := agent.Run(t.Context(), spec(s))
	require.NoError(t, err)
	require.Equal(t, agent.RoleAssistant, s.requests[1].Messages[1].Role)
	require.Len(t, s.requests[1].Messages, 2)
}

func TestRetries(t *testing.T) {
	t.Parallel()
	t.Run("wait longer each time, and as long as they are asked to", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{
			fails(agent.Error{Kind: agent.KindRateLimit, RetryAfter: 7 * time.Second}),
			fails(agent.Error{Kind: agent.KindOverloaded}), fails(agent.Error{Kind: agent.KindServer}), fails(agent.Error{Kind: agent.KindNetwork}), says("done"),
		}}
		c := new(clock)
		sp := spec(s)
		sp.Clock = c.agent()
		out, err := agent.Run(t.Context(), sp)
		require.NoError(t, err)
		require.Equal(t, []time.Duration{7 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, c.waits)
		require.Equal(t, 4, out.Retries)
	})
	t.Run("end", func(t *testing.T) {
		t.Parallel()
		down := fails(agent.Error{Kind: agent.KindServer, Message: "down"})
		s := &script{steps: []step{down, down, down, down}}
		sp := spec(s)
		sp.Retry.Tries = 3
		out, err := agent.Run(t.Context(), sp)
		require.ErrorContains(t, err, "down (tried 3 times)")
		require.Equal(t, agent.StopFailed, out.Stop)
		require.Len(t, s.requests, 3)
	})
	t.Run("are not made when they cannot help", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []agent.Kind{agent.KindAuth, agent.KindInvalid, agent.KindQuota, agent.KindProtocol} {
			s := &script{steps: []step{fails(agent.Error{Kind: kind, Message: "no"})}}
			_, err := agent.Run(t.Context(), spec(s))
			require.Equal(t, kind, agent.KindOf(err))
			require.Len(t, s.requests, 1)
		}
	})
	t.Run("are not made after hours", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{fails(agent.Error{Kind: agent.KindRateLimit, Message: "slow down", RetryAfter: 3 * time.Hour})}}
		_, err := agent.Run(t.Context(), spec(s))
		require.ErrorContains(t, err, "asks to wait for 3h0m0s")
	})
	t.Run("count what failed requests used", func(t *testing.T) {
		t.Parallel()
		cut := func(context.Context, agent.Request, func(agent.Delta)) (*agent.Answer, error) {
			return &agent.Answer{Usage: agent.Usage{Input: 50, Output: 3}}, &agent.Error{Kind: agent.KindNetwork, Message: "cut"}
		}
		s := &script{steps: []step{cut, says("done")}}
		out, err := agent.Run(t.Context(), spec(s))
		require.NoError(t, err)
		require.Equal(t, agent.Usage{Input: 150, Output: 13}, out.Usage)
	})
}

func TestATooLongConversationIsShortenedOnce(t *testing.T) {
	t.Parallel()
	long := fails(agent.Error{Kind: agent.KindTooLong, Message: "too long"})
	again := calls(use("1", "echo", `{"x":"`+strings.Repeat("x", 500)+`"}`))
	second := calls(use("2", "echo", `{"y":"`+strings.Repeat("y", 500)+`"}`))
	s := &script{steps: []step{again, second, long, says("done")}}
	sp := spec(s)
	var turns []agent.Turn
	sp.Record = func(_ context.Context, turn agent.Turn) error { turns = append(turns, turn); return nil }
	_, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Contains(t, s.requests[3].Messages[2].Blocks[0].Result, "left out")
	require.Contains(t, s.requests[3].Messages[4].Blocks[0].Result, "yyy")
	require.Contains(t, s.requests[2].Messages[2].Blocks[0].Result, "xxx", "a request that was made does not change")
	require.Equal(t, 1, turns[2].Trimmed)

	t.Run("but first its answer, when both together are too long", func(t *testing.T) {
		t.Parallel()
		both := fails(agent.Error{Kind: agent.KindTooLong, Message: "input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000"})
		s := &script{steps: []step{again, both, says("done")}}
		_, err := agent.Run(t.Context(), spec(s))
		require.NoError(t, err)
		require.Equal(t, int64(16_000), s.requests[1].MaxTokens)
		require.Equal(t, int64(4096), s.requests[2].MaxTokens)
		require.Equal(t, s.requests[1].Messages, s.requests[2].Messages)
	})
	t.Run("and fails plainly the second time", func(t *testing.T) {
		t.Parallel()
		s := &script{steps: []step{again, long, long}}
		out, err := agent.Run(t.Context(), spec(s))
		require.Equal(t, agent.KindTooLong, agent.KindOf(err))
		require.ErrorContains(t, err, "did not help")
		require.Equal(t, agent.StopTooLong, out.Stop)
	})
	t.Run("and a later attempt leaves out the same", func(t *testing.T) {
		t.Parallel()
		again := &script{steps: []step{says("done")}}
		sp := spec(again)
		sp.Turns = append([]agent.Turn(nil), turns...)
		sp.Turns[2].Final = false
		_, err := agent.Run(t.Context(), sp)
		require.NoError(t, err)
		require.Equal(t, s.requests[3].Messages, again.requests[0].Messages[:len(s.requests[3].Messages)])
	})
}

func TestALaterAttemptGoesOn(t *testing.T) {
	t.Parallel()
	first := &script{steps: []step{calls(use("1", "echo", `{}`)), calls(use("2", "echo", `{}`)), fails(agent.Error{Kind: agent.KindAuth})}}
	sp := spec(first)
	var turns []agent.Turn
	sp.Record = func(_ context.Context, turn agent.Turn) error {
		// As they come back from a database.
		data, err := json.Marshal(turn)
		require.NoError(t, err)
		var back agent.Turn
		require.NoError(t, json.Unmarshal(data, &back))
		turns = append(turns, back)
		return nil
	}
	_, err := agent.Run(t.Context(), sp)
	require.Error(t, err)
	require.Len(t, turns, 2)

	second := &script{steps: []step{says("done")}}
	sp.Model, sp.Turns = second, turns[:2:2]
	out, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, first.requests[2].Messages, second.requests[0].Messages)
	require.Equal(t, agent.Usage{Input: 300, Output: 30}, out.Usage)
	require.Equal(t, 3, turns[2].Number)
	require.Equal(t, 3, out.Turns)

	t.Run("and one that was done does nothing", func(t *testing.T) {
		t.Parallel()
		none := &script{}
		done := sp
		done.Model, done.Turns = none, turns
		out, err := agent.Run(t.Context(), done)
		require.NoError(t, err)
		require.Equal(t, "done", out.Text)
		require.Empty(t, none.requests)
	})
}

func TestATurnThatCannotBeRecordedEndsTheRun(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{calls(use("1", "echo", `{}`)), says("done")}}
	sp := spec(s)
	sp.Record = func(context.Context, agent.Turn) error { return errors.New("disk full") }
	_, err := agent.Run(t.Context(), sp)
	require.Equal(t, agent.KindRecord, agent.KindOf(err))
	require.ErrorContains(t, err, "record turn 1: disk full")
	require.Len(t, s.requests, 1)
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	for _, sp := range []agent.Spec{{}, {Model: &script{}, ModelName: "m"}, {Model: &script{}, ModelName: "m", Prompt: "p", Tools: []agent.Tool{{Name: "x"}}}} {
		out, err := agent.Run(t.Context(), sp)
		require.Equal(t, agent.KindInvalid, agent.KindOf(err))
		require.Equal(t, agent.StopFailed, out.Stop)
	}
}
