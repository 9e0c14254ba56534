package anthropic_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/anthropic"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wiretest"
	"github.com/layercake-dev/layercake/core/fault"
)

const key = "sk-ant-planted-0451"

func model(t *testing.T, s *wiretest.Server) *anthropic.Model {
	t.Helper()
	m, err := anthropic.New(anthropic.Config{BaseURL: s.URL, KeyEnv: "THE_KEY", Getenv: func(name string) string {
		return map[string]string{"THE_KEY": key, "ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}[name]
	}})
	require.NoError(t, err)
	return m
}

const (
	start = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5-5","content":[],"stop_reason":null,"stop_sequence":null,` +
		`"usage":{"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":2000,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":1}}}`
	ping = `{"type":"ping"}`
	stop = `{"type":"message_stop"}`
)

func blockStart(i int, block string) string {
	return fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":%s}`, i, block)
}

func delta(i int, delta string) string {
	return fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":%s}`, i, delta)
}

func blockStop(i int) string { return fmt.Sprintf(`{"type":"content_block_stop","index":%d}`, i) }

func end(reason string, output int) string {
	return fmt.Sprintf(`{"type":"message_delta","delta":{"stop_reason":%q,"stop_sequence":null},"usage":{"output_tokens":%d,"output_tokens_details":{"thinking_tokens":5}}}`, reason, output)
}

func text(i int, parts ...string) []string {
	all := []string{blockStart(i, `{"type":"text","text":""}`)}
	for _, p := range parts {
		all = append(all, delta(i, `{"type":"text_delta","text":`+wiretest.Quote(p)+`}`))
	}
	return append(all, blockStop(i))
}

func call(i int, id, name string, parts ...string) []string {
	all := []string{blockStart(i, fmt.Sprintf(`{"type":"tool_use","id":%q,"name":%q,"input":{}}`, id, name)), delta(i, `{"type":"input_json_delta","partial_json":""}`)}
	for _, p := range parts {
		all = append(all, delta(i, `{"type":"input_json_delta","partial_json":`+wiretest.Quote(p)+`}`))
	}
	return append(all, blockStop(i))
}

func stream(t *testing.T, parts ...[]string) string {
	t.Helper()
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return wiretest.Events(t, all...)
}

func one(events ...string) []string { return events }

func request() agent.Request {
	return agent.Request{
		Model: "claude-opus-5-5", System: "You test.", MaxTokens: 1000, Messages: []agent.Message{agent.UserText("Do it.")},
		Tools: []agent.Tool{
			{Name: "read", Description: "Reads.", Schema: json.RawMessage(`{"type":"object","properties":{"path":{"type":"string"}},"required":["path"],"additionalProperties":false}`)},
			{Name: "write", Schema: json.RawMessage(`{"type":"object"}`)},
		},
	}
}

// thought is a thinking block with all that has to come back unchanged.
func thought() []string {
	return []string{
		blockStart(0, `{"type":"thinking","thinking":"","signature":""}`), delta(0, `{"type":"thinking_delta","thinking":"hm <b> & "}`),
		delta(0, `{"type":"thinking_delta","thinking":"so"}`), delta(0, `{"type":"signature_delta","signature":"EqQBCg=="}`), blockStop(0),
		blockStart(1, `{"type":"redacted_thinking","data":"c2VjcmV0"}`), blockStop(1),
	}
}

func whole(t *testing.T) string {
	t.Helper()
	return stream(t, one(start, ping), thought(), text(2, "Grüße, ", "Welt 🌍"), one(ping, `{"type":"something_new","index":7,"x":{"y":1}}`),
		call(3, "toolu_1", "read", `{"pa`, `th":"ä`, `"}`), call(4, "toolu_2", "write"), one(end("tool_use", 50), stop))
}

func TestAnAnswerIsTheSameHoweverItIsCut(t *testing.T) {
	t.Parallel()
	s := whole(t)
	for _, bytes := range []int{0, 1, 2, 3, 7, 64, 1000} {
		for _, s := range []string{s, strings.ReplaceAll(s, "\n", "\r\n")} {
			server := wiretest.New(t, wiretest.Streams(s, bytes))
			var said, thought string
			a, err := model(t, server).Turn(t.Context(), request(), func(d agent.Delta) {
				switch d.Kind {
				case agent.DeltaText:
					said += d.Text
				case agent.DeltaThinking:
					thought += d.Text
				}
			})
			require.NoError(t, err)
			require.Equal(t, "Grüße, Welt 🌍", said)
			require.Equal(t, "hm <b> & so", thought)
			require.Equal(t, "msg_1", a.ID)
			require.Equal(t, "claude-opus-5-5", a.Model)
			require.Equal(t, agent.StopToolUse, a.Stop)
			require.Equal(t, agent.Usage{Input: 10, Output: 50, CacheRead: 2000, CacheWrite: 100, CacheWrite1h: 200, Reasoning: 5}, a.Usage)
			require.Len(t, a.Blocks, 5)
			require.JSONEq(t, `{"type":"thinking","thinking":"hm <b> & so","signature":"EqQBCg=="}`, string(a.Blocks[0].Opaque))
			require.JSONEq(t, `{"type":"redacted_thinking","data":"c2VjcmV0"}`, string(a.Blocks[1].Opaque))
			require.Equal(t, agent.Block{Type: agent.BlockToolUse, ID: "toolu_1", Name: "read", Input: json.RawMessage(`{"path":"ä"}`)}, a.Blocks[3])
			require.Equal(t, agent.Block{Type: agent.BlockToolUse, ID: "toolu_2", Name: "write", Input: json.RawMessage(`{}`)}, a.Blocks[4])
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	s := wiretest.New(t, wiretest.Streams(whole(t), 0), wiretest.Streams(stream(t, one(start), text(0, "ok"), one(end("end_turn", 2), stop)), 0))
	m := model(t, s)
	req := request()
	a, err := m.Turn(t.Context(), req, nil)
	require.NoError(t, err)
	first := s.Last(t)
	require.Equal(t, "/v1/messages", first.Path)
	require.Equal(t, key, first.Header.Get("X-Api-Key"))
	require.Equal(t, "0", first.Header.Get("X-Stainless-Retry-Count"))
	require.JSONEq(t, `{"max_tokens":1000,"model":"claude-opus-5-5","stream":true,
		"system":[{"type":"text","text":"You test.","cache_control":{"type":"ephemeral"}}],
		"tools":[{"name":"read","description":"Reads.","input_schema":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"],"additionalProperties":false}},
			{"name":"write","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}],
		"messages":[{"role":"user","content":[{"type":"text","text":"Do it.","cache_control":{"type":"ephemeral"}}]}]}`, first.Raw)

	// The answer comes back as it was, from a database, too.
	data, err := json.Marshal(agent.Message{Role: agent.RoleAssistant, Blocks: append(a.Blocks,
		agent.Block{Type: agent.BlockText, Text: " "}, agent.Block{Type: agent.BlockThinking, Opaque: json.RawMessage(`{"type":"reasoning","encrypted_content":"x"}`)})})
	require.NoError(t, err)
	var back agent.Message
	require.NoError(t, json.Unmarshal(data, &back))
	req.Messages = append(req.Messages, back, agent.Message{Role: agent.RoleUser, Blocks: []agent.Block{
		{Type: agent.BlockToolResult, ID: "toolu_1", Result: "text"}, {Type: agent.BlockToolResult, ID: "toolu_2", Result: "no", IsError: true},
	}})
	req.NoTools, req.Effort, req.CacheFor = true, agent.EffortHigh, time.Hour
	_, err = m.Turn(t.Context(), req, nil)
	require.NoError(t, err)
	second := s.Last(t)
	messages, err := json.Marshal(second.Body["messages"])
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"role":"user","content":[{"type":"text","text":"Do it.","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
		{"role":"assistant","content":[
			{"type":"thinking","thinking":"hm <b> & so","signature":"EqQBCg=="},{"type":"redacted_thinking","data":"c2VjcmV0"},{"type":"text","text":"Grüße, Welt 🌍"},
			{"type":"tool_use","id":"toolu_1","name":"read","input":{"path":"ä"}},{"type":"tool_use","id":"toolu_2","name":"write","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"text"}]},
			{"type":"tool_result","tool_use_id":"toolu_2","content":[{"type":"text","text":"no"}],"is_error":true,"cache_control":{"type":"ephemeral","ttl":"1h"}}]}]`, string(messages))
	require.Equal(t, map[string]any{"type": "none"}, second.Body["tool_choice"])
	require.Equal(t, map[string]any{"type": "adaptive"}, second.Body["thinking"])
	require.Equal(t, map[string]any{"effort": "high"}, second.Body["output_config"])
}

func TestThinkingIsAskedForWhereItIsOffered(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]any{
		"claude-sonnet-5": map[string]any{"type": "adaptive"}, "claude-opus-4-6": map[string]any{"type": "adaptive"},
		"claude-haiku-4-5-20251001": map[string]any{"type": "enabled", "budget_tokens": 8976.0}, "claude-3-haiku-20240307": nil, "other": nil,
		"claude-opus-4-20250514": nil,
	} {
		s := wiretest.New(t, wiretest.Streams(stream(t, one(start, end("end_turn", 0), stop)), 0))
		req := request()
		req.Model, req.Effort, req.MaxTokens, req.CacheFor = name, agent.EffortMedium, 10_000, -1
		_, err := model(t, s).Turn(t.Context(), req, nil)
		require.NoError(t, err)
		require.Equal(t, want, s.Last(t).Body["thinking"], name)
		require.NotContains(t, s.Last(t).Raw, "cache_control")
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"end_turn": agent.StopEnd, "stop_sequence": agent.StopEnd, "max_tokens": agent.StopMaxTokens, "pause_turn": agent.StopPause,
		"model_context_window_exceeded": agent.StopTooLong, "something_new": agent.StopEnd,
	} {
		s := wiretest.New(t, wiretest.Streams(stream(t, one(start), text(0, "x"), one(end(reason, 1), stop)), 0))
		a, err := model(t, s).Turn(t.Context(), request(), nil)
		require.NoError(t, err)
		require.Equal(t, want, a.Stop, reason)
	}
	refusal := `{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":"cyber","explanation":"It is about weapons."}},"usage":{"output_tokens":3}}`
	s := wiretest.New(t, wiretest.Streams(stream(t, one(start, refusal, stop)), 0))
	a, err := model(t, s).Turn(t.Context(), request(), nil)
	require.NoError(t, err)
	require.Equal(t, agent.StopRefusal, a.Stop)
	require.Equal(t, "It is about weapons.", agent.Message{Blocks: a.Blocks}.Text())
}

func TestInputsOfCalls(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 1<<20)
	parts := []string{`{"text":"`}
	for i := 0; i < len(huge); i += 1000 {
		parts = append(parts, huge[i:min(i+1000, len(huge))])
	}
	parts = append(parts, `"}`)
	s := wiretest.New(t, wiretest.Streams(stream(t, one(start), call(0, "1", "write", parts...), call(1, "2", "write", `{"a":`), call(2, "3", "write", `[1]`),
		call(3, "4", "write", `null`), call(4, "5", "write", `{"a":1}}`), one(end("tool_use", 9), stop)), 4096))
	a, err := model(t, s).Turn(t.Context(), request(), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"text":"`+huge+`"}`, string(a.Blocks[0].Input))
	for i, malformed := range []string{"", `{"a":`, `[1]`, `null`, `{"a":1}}`} {
		require.Equal(t, malformed, a.Blocks[i].Malformed)
		if i > 0 {
			require.Equal(t, "{}", string(a.Blocks[i].Input))
		}
	}
}

func failure(t *testing.T, step http.HandlerFunc) (*agent.Answer, *agent.Error) {
	t.Helper()
	s := wiretest.New(t, step)
	a, err := model(t, s).Turn(t.Context(), request(), nil)
	var e *agent.Error
	require.ErrorAs(t, err, &e)
	require.Len(t, s.Requests(), 1, "the library may not try again by itself")
	require.NotContains(t, e.Error(), key)
	return a, e
}

func body(typ, message string) string {
	return fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q},"request_id":"req_1"}`, typ, message)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	date := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		status int
		body   string
		header []string
		kind   agent.Kind
		passes bool
	}{
		{429, body("rate_limit_error", "slow down"), []string{"Retry-After", "17"}, agent.KindRateLimit, true},
		{429, body("rate_limit_error", "slow down"), []string{"Retry-After", date}, agent.KindRateLimit, true},
		{529, body("overloaded_error", "Overloaded"), nil, agent.KindOverloaded, true},
		{529, "", nil, agent.KindOverloaded, true},
		{500, body("api_error", "Internal server error"), nil, agent.KindServer, true},
		{502, "<html><h1>Bad gateway</h1></html>", nil, agent.KindServer, true},
		{503, "", nil, agent.KindOverloaded, true},
		{504, body("timeout_error", "too slow"), nil, agent.KindServer, true},
		{401, body("authentication_error", "invalid x-api-key"), nil, agent.KindAuth, false},
		{403, body("permission_error", "not yours"), nil, agent.KindAuth, false},
		{404, body("not_found_error", "model: claude-nine"), nil, agent.KindInvalid, false},
		{400, body("invalid_request_error", "messages: at least one"), nil, agent.KindInvalid, false},
		{400, body("invalid_request_error", "prompt is too long: 212345 tokens > 200000 maximum"), nil, agent.KindTooLong, false},
		{413, body("request_too_large", "Request exceeds the maximum size"), nil, agent.KindTooLong, false},
		{400, body("invalid_request_error", "Your credit balance is too low"), nil, agent.KindQuota, false},
		{200, "<html>Sign in</html>", []string{"Content-Type", "text/html; charset=utf-8"}, agent.KindInvalid, false},
		{302, "", []string{"Location", "http://127.0.0.1:1/"}, agent.KindInvalid, false},
	} {
		_, e := failure(t, wiretest.Fails(c.status, c.body, c.header...))
		require.Equal(t, c.kind, e.Kind, "%d %s", c.status, c.body)
		require.Equal(t, c.passes, e.Passes())
		require.Equal(t, c.status, e.Status)
		require.NotContains(t, e.Message, "<html>")
		switch {
		case len(c.header) == 0 || c.header[0] != "Retry-After":
			require.Zero(t, e.RetryAfter)
		case c.header[1] == "17":
			require.Equal(t, 17*time.Second, e.RetryAfter)
		default:
			require.InDelta(t, 89, e.RetryAfter.Seconds(), 2)
		}
		if c.kind == agent.KindAuth {
			require.Contains(t, e.Hint, "THE_KEY")
		}
	}
}

func TestTroubleInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	begun := wiretest.Events(t, append([]string{start}, text(0, strings.Repeat("word ", 60))[:2]...)...)
	for name, c := range map[string]struct {
		step http.HandlerFunc
		kind agent.Kind
	}{
		"overloaded":         {wiretest.Streams(begun+wiretest.Events(t, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), 0), agent.KindOverloaded},
		"an error of theirs": {wiretest.Streams(begun+wiretest.Events(t, `{"type":"error","error":{"type":"api_error","message":"oops"}}`), 1), agent.KindServer},
		"no JSON":            {wiretest.Streams(begun+"event: content_block_delta\ndata: {\"type\":\n\n", 0), agent.KindServer},
		"a wrong index":      {wiretest.Streams(begun+wiretest.Events(t, delta(9, `{"type":"text_delta","text":"x"}`)), 0), agent.KindServer},
		"a cut connection":   {wiretest.Cuts(begun), agent.KindNetwork},
		"an early end":       {wiretest.Streams(begun, 0), agent.KindNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, e := failure(t, c.step)
			require.Equal(t, c.kind, e.Kind, e.Message)
			require.True(t, e.Passes())
			require.NotNil(t, a)
			require.Equal(t, agent.Usage{Input: 10, Output: 100, CacheRead: 2000, CacheWrite: 100, CacheWrite1h: 200}, a.Usage, "it was used, if not finished")
			require.Empty(t, a.Blocks)
		})
	}
	t.Run("before it began", func(t *testing.T) {
		t.Parallel()
		a, e := failure(t, wiretest.Streams("", 0))
		require.Equal(t, agent.KindNetwork, e.Kind)
		require.Nil(t, a)
	})
}

func TestCancellingIsQuick(t *testing.T) {
	t.Parallel()
	for name, begun := range map[string]string{"before an answer": "", "within one": wiretest.Events(t, start)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan struct{})
			s := wiretest.New(t, wiretest.Hangs(begun, sent))
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			go func() { <-sent; at = time.Now(); cancel() }()
			_, err := model(t, s).Turn(ctx, request(), nil)
			require.Equal(t, agent.KindCancelled, agent.KindOf(err))
			require.Less(t, time.Since(at), time.Second)
		})
	}
}

func TestAServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	s := wiretest.New(t, wiretest.Hangs("", nil), wiretest.Hangs(wiretest.Events(t, start), nil))
	_, err := agent.Run(t.Context(), agent.Spec{
		Model: model(t, s), ModelName: "m", Prompt: "p", Limits: agent.Limits{Silence: 200 * time.Millisecond}, Retry: agent.Retry{First: time.Millisecond},
	})
	require.ErrorContains(t, err, "nothing came for 200ms")
	require.Len(t, s.Requests(), 2)
}

func TestARunThroughTrouble(t *testing.T) {
	t.Parallel()
	s := wiretest.New(t, wiretest.Fails(529, body("overloaded_error", "Overloaded")), wiretest.Streams(whole(t), 16),
		wiretest.Cuts(wiretest.Events(t, start)), wiretest.Streams(stream(t, one(start), text(0, "done"), one(end("end_turn", 4), stop)), 1))
	out, err := agent.Run(t.Context(), agent.Spec{
		Model: model(t, s), ModelName: "claude-opus-5-5", Prompt: "p", Tools: request().Tools, Retry: agent.Retry{First: time.Millisecond},
		Call: func(_ context.Context, name string, _ json.RawMessage) (agent.Result, error) {
			return agent.Result{Text: name + " did"}, nil
		},
	})
	require.NoError(t, err)
	require.Equal(t, "done", out.Text)
	require.Equal(t, 2, out.ToolCalls)
	require.Equal(t, 2, out.Retries)
	require.Equal(t, int64(3*2310+50+1+4), out.Usage.Total())
	require.Contains(t, s.Last(t).Raw, "write did")
}

func TestCount(t *testing.T) {
	t.Parallel()
	s := wiretest.New(t, wiretest.JSON(`{"input_tokens":2095}`), wiretest.Fails(401, body("authentication_error", "no")))
	m := model(t, s)
	n, err := m.Count(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, int64(2095), n)
	require.Equal(t, "/v1/messages/count_tokens", s.Last(t).Path)
	require.Contains(t, s.Last(t).Raw, `"required":["path"]`)
	require.NotContains(t, s.Last(t).Body, "max_tokens")
	_, err = m.Count(t.Context(), request())
	require.Equal(t, agent.KindAuth, agent.KindOf(err))
}

func TestSettings(t *testing.T) {
	t.Parallel()
	with := func(c anthropic.Config, env ...string) error {
		c.Getenv = func(name string) string {
			for i := 0; i < len(env); i += 2 {
				if env[i] == name {
					return env[i+1]
				}
			}
			return ""
		}
		_, err := anthropic.New(c)
		return err
	}
	require.NoError(t, with(anthropic.Config{}, "ANTHROPIC_API_KEY", key))
	require.NoError(t, with(anthropic.Config{BaseURL: "http://localhost:4000/v1/messages"}))
	for _, err := range []error{
		with(anthropic.Config{}), with(anthropic.Config{KeyEnv: "OTHER"}, "ANTHROPIC_API_KEY", key), with(anthropic.Config{}, "ANTHROPIC_API_KEY", "a b"),
		with(anthropic.Config{BaseURL: "localhost"}), with(anthropic.Config{BaseURL: "https://me:pw@host"}),
		with(anthropic.Config{BaseURL: "http://example.com", KeyEnv: "K"}, "K", key),
	} {
		require.Error(t, err)
		require.Equal(t, fault.KindUsage, fault.KindOf(err))
		require.NotEmpty(t, fault.From(err).Hint)
		require.NotContains(t, err.Error(), key)
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	own, err := anthropic.New(anthropic.Config{Getenv: func(string) string { return key }})
	require.NoError(t, err)
	micros, known := own.Cost("claude-opus-5-5", agent.Usage{Input: 1000})
	require.True(t, known)
	require.Equal(t, int64(4000), micros)
	_, known = own.Cost("claude-nine", agent.Usage{Input: 1000})
	require.False(t, known)
	elsewhere, err := anthropic.New(anthropic.Config{BaseURL: "https://proxy.example.com"})
	require.NoError(t, err)
	_, known = elsewhere.Cost("claude-opus-5-5", agent.Usage{Input: 1000})
	require.False(t, known)
}
