package openai_test

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
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wiretest"
	"github.com/layercake-dev/layercake/core/agent/provider/openai"
	"github.com/layercake-dev/layercake/core/fault"
)

const key = "sk-planted-0451"

func model(t *testing.T, s *wiretest.Server, api string) *openai.Model {
	t.Helper()
	m, err := openai.New(openai.Config{BaseURL: s.URL + "/v1", API: api, KeyEnv: "THE_KEY", Getenv: func(string) string { return key }})
	require.NoError(t, err)
	return m
}

// own is a model that believes to ask OpenAI itself.
func own(t *testing.T, s *wiretest.Server, api string) *openai.Model {
	t.Helper()
	m, err := openai.New(openai.Config{API: api, Getenv: func(string) string { return key }, Transport: diverted(s.URL)})
	require.NoError(t, err)
	return m
}

type diverted string

func (d diverted) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = "http", strings.TrimPrefix(string(d), "http://")
	return http.DefaultTransport.RoundTrip(req)
}

func request() agent.Request {
	return agent.Request{
		Model: "gpt-6.1-sol", System: "You test.", MaxTokens: 1000, Messages: []agent.Message{agent.UserText("Do it.")}, Conversation: "r-1",
		Tools: []agent.Tool{
			{Name: "read", Description: "Reads.", Schema: json.RawMessage(`{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}`)},
			{Name: "write"},
		},
	}
}

const (
	created   = `{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","error":null,"incomplete_details":null,"model":"gpt-6.1-sol","output":[]}}`
	reasoning = `{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA+/=="}`
	message   = `{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Grüße, Welt 🌍","annotations":[]}]}`
	usage     = `{"input_tokens":2310,"input_tokens_details":{"cached_tokens":2000,"cache_write_tokens":0},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":2360}`
)

func function(id, name, arguments string) string {
	return fmt.Sprintf(`{"id":"fc_%s","type":"function_call","status":"completed","call_id":%q,"name":%q,"arguments":%s}`, id, id, name, wiretest.Quote(arguments))
}

func textDelta(s string) string {
	return `{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":` + wiretest.Quote(s) + `}`
}

func completed(items ...string) string {
	return `{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","error":null,"incomplete_details":null,"model":"gpt-6.1-sol","output":[` +
		strings.Join(items, ",") + `],"usage":` + usage + `}}`
}

func whole(t *testing.T) string {
	t.Helper()
	return wiretest.Events(t, created, `{"type":"response.reasoning_summary_text.delta","delta":"hm"}`, textDelta("Grüße, "), `{"type":"response.something_new","x":[1]}`, textDelta("Welt 🌍"),
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"{\"pa"}`,
		completed(reasoning, message, function("c1", "read", `{"path":"ä"}`), function("c2", "write", `{"a":`)))
}

func TestResponsesAreTheSameHoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	stream := whole(t)
	for _, bytes := range []int{0, 1, 2, 3, 7, 64, 1000} {
		for _, stream := range []string{stream, strings.ReplaceAll(stream, "\n", "\r\n"), ": comment\n\n" + stream + "data: [DONE]\n\n"} {
			var said, thought string
			a, err := model(t, wiretest.New(t, wiretest.Streams(stream, bytes)), openai.APIResponses).Turn(t.Context(), request(), func(d agent.Delta) {
				switch d.Kind {
				case agent.DeltaText:
					said += d.Text
				case agent.DeltaThinking:
					thought += d.Text
				}
			})
			require.NoError(t, err)
			require.Equal(t, "Grüße, Welt 🌍", said)
			require.Equal(t, "hm", thought)
			require.Equal(t, agent.StopToolUse, a.Stop)
			require.Equal(t, agent.Usage{Input: 310, CacheRead: 2000, Output: 50, Reasoning: 5}, a.Usage)
			require.Len(t, a.Blocks, 4)
			require.JSONEq(t, reasoning, string(a.Blocks[0].Opaque))
			require.Equal(t, "Grüße, Welt 🌍", a.Blocks[1].Text)
			require.Equal(t, "c1", a.Blocks[2].ID)
			require.JSONEq(t, `{"path":"ä"}`, string(a.Blocks[2].Input))
			require.Equal(t, `{"a":`, a.Blocks[3].Malformed)
		}
	}
}

func TestWhatResponsesAreSent(t *testing.T) {
	t.Parallel()
	s := wiretest.New(t, wiretest.Streams(whole(t), 0), wiretest.Streams(wiretest.Events(t, created, completed(message)), 0))
	m := own(t, s, "")
	req := request()
	a, err := m.Turn(t.Context(), req, nil)
	require.NoError(t, err)
	first := s.Last(t)
	require.Equal(t, "/v1/responses", first.Path)
	require.Equal(t, "Bearer "+key, first.Header.Get("Authorization"))
	require.JSONEq(t, `{"model":"gpt-6.1-sol","max_output_tokens":1000,"store":false,"stream":true,"instructions":"You test.","prompt_cache_key":"r-1",
		"include":["reasoning.encrypted_content"],"input":[{"role":"user","content":"Do it."}],
		"tools":[{"type":"function","name":"read","description":"Reads.","strict":false,"parameters":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}},
			{"type":"function","name":"write","strict":false,"parameters":{"type":"object","properties":{}}}]}`, first.Raw)

	data, err := json.Marshal(agent.Message{Role: agent.RoleAssistant, Blocks: append(a.Blocks,
		agent.Block{Type: agent.BlockThinking, Opaque: json.RawMessage(`{"type":"thinking","signature":"x"}`)}, agent.Block{Type: agent.BlockText, Text: "Also."},
		agent.Block{Type: agent.BlockToolUse, ID: "c3", Name: "write", Input: json.RawMessage(`{}`)})})
	require.NoError(t, err)
	var back agent.Message
	require.NoError(t, json.Unmarshal(data, &back))
	req.Messages = append(req.Messages, back, agent.Message{Role: agent.RoleUser, Blocks: []agent.Block{
		{Type: agent.BlockToolResult, ID: "c1", Result: "text"}, {Type: agent.BlockToolResult, ID: "c2", Result: "no", IsError: true},
	}})
	req.NoTools, req.Effort = true, agent.EffortHigh
	_, err = m.Turn(t.Context(), req, nil)
	require.NoError(t, err)
	second := s.Last(t)
	input, err := json.Marshal(second.Body["input"])
	require.NoError(t, err)
	require.JSONEq(t, `[{"role":"user","content":"Do it."},`+reasoning+`,`+message+`,`+function("c1", "read", `{"path":"ä"}`)+`,`+function("c2", "write", `{"a":`)+`,
		{"role":"assistant","content":"Also."},{"type":"function_call","call_id":"c3","name":"write","arguments":"{}"},
		{"type":"function_call_output","call_id":"c1","output":"text"},{"type":"function_call_output","call_id":"c2","output":"Error: no"}]`, string(input))
	require.Equal(t, "none", second.Body["tool_choice"])
	require.Equal(t, map[string]any{"effort": "high"}, second.Body["reasoning"])
}

func TestHowResponsesEnd(t *testing.T) {
	t.Parallel()
	incomplete := func(reason string) string {
		return strings.NewReplacer(`"response.completed"`, `"response.incomplete"`, `"incomplete_details":null`, `"incomplete_details":{"reason":"`+reason+`"}`).Replace(completed(message))
	}
	refusal := `{"id":"msg_2","type":"message","status":"completed","role":"assistant","content":[{"type":"refusal","refusal":"No."}]}`
	for want, events := range map[string][]string{
		agent.StopEnd: {completed(message)}, agent.StopMaxTokens: {incomplete("max_output_tokens")}, agent.StopRefusal: {completed(refusal)},
		agent.StopToolUse: {`{"type":"response.output_item.done","output_index":0,"item":` + function("c1", "read", `{}`) + `}`, completed()},
	} {
		s := wiretest.New(t, wiretest.Streams(wiretest.Events(t, append([]string{created}, events...)...), 0))
		a, err := model(t, s, openai.APIResponses).Turn(t.Context(), request(), nil)
		require.NoError(t, err)
		require.Equal(t, want, a.Stop)
		require.Len(t, a.Blocks, 1)
	}
	s := wiretest.New(t, wiretest.Streams(wiretest.Events(t, created, incomplete("content_filter")), 0))
	a, err := model(t, s, openai.APIResponses).Turn(t.Context(), request(), nil)
	require.NoError(t, err)
	require.Equal(t, agent.StopRefusal, a.Stop)
}

func chunk(delta, finish string) string {
	reason := "null"
	if finish != "" {
		reason = wiretest.Quote(finish)
	}
	return `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"qwen3","choices":[{"index":0,"delta":` + delta + `,"finish_reason":` + reason + `}]}` + "\n\n"
}

const (
	chatUsage = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"qwen3","choices":[],"usage":{"prompt_tokens":2310,"completion_tokens":50,"total_tokens":2360,"prompt_tokens_details":{"cached_tokens":2000},"completion_tokens_details":{"reasoning_tokens":5}}}` + "\n\n"
	done      = "data: [DONE]\n\n"
)

func chat() string {
	return ": OPENROUTER PROCESSING\n\n" + chunk(`{"role":"assistant","content":""}`, "") + chunk(`{"reasoning_content":"hm"}`, "") + chunk(`{"content":"Grüße, "}`, "") + chunk(`{"content":"Welt 🌍"}`, "") +
		chunk(`{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"read","arguments":""}}]}`, "") +
		chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"path\":"}}]}`, "") + chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"\"ä\"}"}}]}`, "") +
		chunk(`{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"write","arguments":"{\"a\":"}}]}`, "") + chunk(`{}`, "tool_calls") + chatUsage + done
}

func TestChatIsTheSameHoweverItIsCut(t *testing.T) {
	t.Parallel()
	for _, bytes := range []int{0, 1, 2, 3, 7, 64, 1000} {
		var said, thought string
		a, err := model(t, wiretest.New(t, wiretest.Streams(chat(), bytes)), "").Turn(t.Context(), request(), func(d agent.Delta) {
			switch d.Kind {
			case agent.DeltaText:
				said += d.Text
			case agent.DeltaThinking:
				thought += d.Text
			}
		})
		require.NoError(t, err)
		require.Equal(t, "Grüße, Welt 🌍", said)
		require.Equal(t, "hm", thought)
		require.Equal(t, agent.StopToolUse, a.Stop)
		require.Equal(t, "qwen3", a.Model)
		require.Equal(t, agent.Usage{Input: 310, CacheRead: 2000, Output: 50, Reasoning: 5}, a.Usage)
		require.Equal(t, []agent.Block{
			{Type: agent.BlockThinking, Text: "hm"}, {Type: agent.BlockText, Text: "Grüße, Welt 🌍"},
			{Type: agent.BlockToolUse, ID: "c1", Name: "read", Input: json.RawMessage(`{"path":"ä"}`)},
			{Type: agent.BlockToolUse, ID: "c2", Name: "write", Input: json.RawMessage(`{}`), Malformed: `{"a":`},
		}, a.Blocks)
	}
}

func TestWhatChatIsSent(t *testing.T) {
	t.Parallel()
	s := wiretest.New(t, wiretest.Streams(chat(), 0), wiretest.Streams(chat(), 9))
	req := request()
	m := model(t, s, "")
	a, err := m.Turn(t.Context(), req, nil)
	require.NoError(t, err)
	require.Equal(t, "/v1/chat/completions", s.Last(t).Path)
	req.Messages = append(req.Messages, agent.Message{Role: agent.RoleAssistant, Blocks: a.Blocks}, agent.Message{Role: agent.RoleUser, Blocks: []agent.Block{
		{Type: agent.BlockToolResult, ID: "c1", Result: "text"}, {Type: agent.BlockToolResult, ID: "c2", Result: "no", IsError: true},
		{Type: agent.BlockToolResult, ID: "c3"}, {Type: agent.BlockText, Text: "Sum up."},
	}})
	req.NoTools = true
	_, err = m.Turn(t.Context(), req, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"model":"gpt-6.1-sol","max_tokens":1000,"stream":true,"stream_options":{"include_usage":true},"tool_choice":"none",
		"tools":[{"type":"function","function":{"name":"read","description":"Reads.","parameters":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}}},
			{"type":"function","function":{"name":"write","parameters":{"type":"object","properties":{}}}}],
		"messages":[{"role":"system","content":"You test."},{"role":"user","content":"Do it."},
			{"role":"assistant","content":"Grüße, Welt 🌍","tool_calls":[{"id":"c1","type":"function","function":{"name":"read","arguments":"{\"path\":\"ä\"}"}},
				{"id":"c2","type":"function","function":{"name":"write","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"c1","content":"text"},{"role":"tool","tool_call_id":"c2","content":"Error: no"},{"role":"tool","tool_call_id":"c3","content":"(empty)"},{"role":"user","content":"Sum up."}]}`, s.Last(t).Raw)

	o := wiretest.New(t, wiretest.Streams(chat(), 0))
	_, err = own(t, o, openai.APIChat).Turn(t.Context(), request(), nil)
	require.NoError(t, err)
	require.InDelta(t, 1000, o.Last(t).Body["max_completion_tokens"], 0)
	require.NotContains(t, o.Last(t).Body, "max_tokens")
}

func TestWaysOfOtherServers(t *testing.T) {
	t.Parallel()
	turn := func(stream string) *agent.Answer {
		a, err := model(t, wiretest.New(t, wiretest.Streams(stream, 0)), "").Turn(t.Context(), request(), nil)
		require.NoError(t, err)
		return a
	}
	// Whole calls at once, all with the index 0, as old versions of Ollama do.
	a := turn(chunk(`{"tool_calls":[{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}]}`, "") +
		chunk(`{"tool_calls":[{"index":0,"id":"b","function":{"name":"write","arguments":"{\"x\":1}"}}]}`, "stop") + done)
	require.Equal(t, agent.StopToolUse, a.Stop)
	require.Len(t, a.Blocks, 2)
	require.Equal(t, `{"x":1}`, string(a.Blocks[1].Input))
	// No ids, no usage, no [DONE].
	a = turn(chunk(`{"tool_calls":[{"index":0,"function":{"name":"read","arguments":"{}"}},{"index":1,"function":{"name":"read","arguments":"{}"}}]}`, "tool_calls"))
	require.Len(t, a.Blocks, 2)
	require.NotEmpty(t, a.Blocks[0].ID)
	require.NotEqual(t, a.Blocks[0].ID, a.Blocks[1].ID)
	require.Zero(t, a.Usage.Total())
	// A cost, as OpenRouter names it.
	a = turn(chunk(`{"content":"x"}`, "stop") + strings.Replace(chatUsage, `"total_tokens"`, `"cost":0.0012345,"total_tokens"`, 1) + done)
	require.Equal(t, int64(1235), a.Usage.CostMicros)
	require.True(t, a.Usage.CostKnown)
	require.Equal(t, agent.StopMaxTokens, turn(chunk(`{"content":"x"}`, "length")+done).Stop)
	require.Equal(t, agent.StopRefusal, turn(chunk(`{"content":"x"}`, "content_filter")+done).Stop)
	require.Equal(t, agent.StopRefusal, turn(chunk(`{"refusal":"No."}`, "stop")+done).Stop)
	// A megabyte of input in small pieces.
	huge := strings.Repeat("x", 1<<20)
	var b strings.Builder
	b.WriteString(chunk(`{"tool_calls":[{"index":0,"id":"c1","function":{"name":"write","arguments":"{\"text\":\""}}]}`, ""))
	for i := 0; i < len(huge); i += 4096 {
		b.WriteString(chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"`+huge[i:i+4096]+`"}}]}`, ""))
	}
	a = turn(b.String() + chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"\"}"}}]}`, "tool_calls") + done)
	require.Len(t, a.Blocks[0].Input, len(huge)+len(`{"text":""}`))
	require.Empty(t, a.Blocks[0].Malformed)
}

func failure(t *testing.T, api string, step http.HandlerFunc) (*agent.Answer, *agent.Error) {
	t.Helper()
	s := wiretest.New(t, step)
	a, err := model(t, s, api).Turn(t.Context(), request(), nil)
	var e *agent.Error
	require.ErrorAs(t, err, &e)
	require.Len(t, s.Requests(), 1, "the library may not try again by itself")
	require.NotContains(t, e.Error(), key)
	return a, e
}

func body(code, typ, message string) string {
	return fmt.Sprintf(`{"error":{"message":%q,"type":%q,"param":null,"code":%s}}`, message, typ, code)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	date := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for _, api := range []string{openai.APIResponses, openai.APIChat} {
		for _, c := range []struct {
			status int
			body   string
			header []string
			kind   agent.Kind
			after  float64
		}{
			{429, body(`"rate_limit_exceeded"`, "requests", "slow down"), []string{"Retry-After", "17"}, agent.KindRateLimit, 17},
			{429, body(`null`, "requests", "slow down"), []string{"Retry-After", date}, agent.KindRateLimit, 89},
			{429, body(`null`, "requests", "slow down"), []string{"Retry-After-Ms", "1500", "Retry-After", "2"}, agent.KindRateLimit, 1.5},
			{429, body(`"insufficient_quota"`, "insufficient_quota", "You exceeded your current quota"), nil, agent.KindQuota, 0},
			{500, body(`null`, "server_error", "oops"), nil, agent.KindServer, 0},
			{502, "<html>Bad gateway</html>", nil, agent.KindServer, 0},
			{503, body(`"server_is_overloaded"`, "service_unavailable_error", "overloaded"), nil, agent.KindOverloaded, 0},
			{401, body(`"invalid_api_key"`, "invalid_request_error", "Incorrect API key provided"), nil, agent.KindAuth, 0},
			{404, body(`"model_not_found"`, "invalid_request_error", "The model does not exist"), nil, agent.KindInvalid, 0},
			{404, `{"error":"model \"qwen9\" not found, try pulling it first"}`, nil, agent.KindInvalid, 0},
			{400, body(`"context_length_exceeded"`, "invalid_request_error", "Your input exceeds the context window of this model."), nil, agent.KindTooLong, 0},
			{400, `{"object":"error","message":"This model's maximum context length is 8192 tokens.","type":"BadRequestError","code":400}`, nil, agent.KindTooLong, 0},
			{400, body(`null`, "invalid_request_error", "bad"), nil, agent.KindInvalid, 0},
		} {
			_, e := failure(t, api, wiretest.Fails(c.status, c.body, c.header...))
			require.Equal(t, c.kind, e.Kind, "%s %d %s: %s", api, c.status, c.body, e.Message)
			require.InDelta(t, c.after, e.RetryAfter.Seconds(), 2)
			require.NotContains(t, e.Message, "<html>")
			require.NotEmpty(t, e.Message)
		}
	}
}

func TestTroubleInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 60)
	responses := wiretest.Events(t, created, textDelta(long))
	completions := chunk(`{"role":"assistant","content":"`+long+`"}`, "")
	for name, c := range map[string]struct {
		api  string
		step http.HandlerFunc
		kind agent.Kind
	}{
		"failed":             {openai.APIResponses, wiretest.Streams(responses+wiretest.Events(t, `{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"}}}`), 0), agent.KindRateLimit},
		"error":              {openai.APIResponses, wiretest.Streams(responses+wiretest.Events(t, `{"type":"error","code":"server_error","message":"oops","param":null}`), 1), agent.KindServer},
		"error in an object": {openai.APIResponses, wiretest.Streams(responses+wiretest.Events(t, `{"type":"error","error":{"type":"server_error","code":"server_is_overloaded","message":"busy"}}`), 0), agent.KindOverloaded},
		"no JSON":            {openai.APIResponses, wiretest.Streams(responses+"event: response.output_text.delta\ndata: {\"type\":\n\n", 0), agent.KindServer},
		"cut":                {openai.APIResponses, wiretest.Cuts(responses), agent.KindNetwork},
		"an early end":       {openai.APIResponses, wiretest.Streams(responses, 0), agent.KindNetwork},
		"chat: error":        {openai.APIChat, wiretest.Streams(completions+`data: {"id":"x","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}`+"\n\n", 0), agent.KindServer},
		"chat: finish":       {openai.APIChat, wiretest.Streams(completions+chunk(`{}`, "error")+done, 0), agent.KindServer},
		"chat: no JSON":      {openai.APIChat, wiretest.Streams(completions+"data: {\"id\":\n\n", 0), agent.KindServer},
		"chat: cut":          {openai.APIChat, wiretest.Cuts(completions), agent.KindNetwork},
		"chat: an early end": {openai.APIChat, wiretest.Streams(completions, 0), agent.KindNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, e := failure(t, c.api, c.step)
			require.Equal(t, c.kind, e.Kind, e.Message)
			require.True(t, e.Passes())
			require.NotNil(t, a)
			require.Equal(t, int64(100), a.Usage.Output, "it was written, if not finished")
			require.Positive(t, a.Usage.Input)
		})
	}
}

func TestCancellingIsQuick(t *testing.T) {
	t.Parallel()
	for _, api := range []string{openai.APIResponses, openai.APIChat} {
		for _, begun := range []string{"", wiretest.Events(t, created)} {
			sent := make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			go func() { <-sent; at = time.Now(); cancel() }()
			_, err := model(t, wiretest.New(t, wiretest.Hangs(begun, sent)), api).Turn(ctx, request(), nil)
			require.Equal(t, agent.KindCancelled, agent.KindOf(err))
			require.Less(t, time.Since(at), time.Second)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	s := wiretest.New(t, wiretest.JSON(`{"object":"response.input_tokens","input_tokens":2095}`))
	n, err := own(t, s, "").Count(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, int64(2095), n)
	require.Equal(t, "/v1/responses/input_tokens", s.Last(t).Path)
	_, err = model(t, s, "").Count(t.Context(), request())
	require.Error(t, err)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	_, err := openai.New(openai.Config{})
	require.Equal(t, fault.KindUsage, fault.KindOf(err))
	require.Contains(t, fault.From(err).Hint, "OPENAI_API_KEY")
	_, err = openai.New(openai.Config{BaseURL: "http://localhost:11434/v1", API: "assistants"})
	require.Equal(t, fault.KindUsage, fault.KindOf(err))
	local, err := openai.New(openai.Config{BaseURL: "http://localhost:11434/v1/chat/completions/"})
	require.NoError(t, err)
	micros, known := local.Cost("qwen3", agent.Usage{Input: 5})
	require.True(t, known)
	require.Zero(t, micros)
	own, err := openai.New(openai.Config{Getenv: func(string) string { return key }})
	require.NoError(t, err)
	micros, known = own.Cost("gpt-6.1-sol", agent.Usage{Input: 5})
	require.True(t, known)
	require.Equal(t, int64(10), micros)
}
