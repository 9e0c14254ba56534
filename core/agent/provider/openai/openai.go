// Package openai asks OpenAI's models, and servers that speak as OpenAI does, such as
// Ollama, vLLM, LM Studio and OpenRouter: through the Responses API, or through Chat
// Completions where there is no other.
package openai

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/packages/ssestream"
	"github.com/openai/openai-go/v3/responses"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wire"
	"github.com/layercake-dev/layercake/core/fault"
)

// What is usual.
const (
	Name    = "openai"
	BaseURL = "https://api.openai.com/v1"
	KeyEnv  = "OPENAI_API_KEY"
)

// The APIs.
const (
	APIResponses = "responses"
	APIChat      = "chat"
)

// Config says whom to ask. Its zero value is OpenAI itself.
type Config struct {
	// BaseURL is the address of another server that speaks the same way, with its /v1.
	BaseURL string
	// API is APIResponses or APIChat. Defaults to responses for OpenAI itself and to chat
	// for other servers.
	API string
	// KeyEnv names the variable that holds the key. Other servers need none by default.
	KeyEnv string
	// Getenv looks up environment variables. Without it there are none.
	Getenv func(string) string
	// Transport carries the requests. Optional.
	Transport http.RoundTripper
}

// Model asks models.
type Model struct {
	server    *wire.Server
	api       string
	responses responses.ResponseService
	http      *http.Client
}

var (
	_ agent.Counter = (*Model)(nil)
	_ agent.Pricer  = (*Model)(nil)
)

// New returns a Model. It asks nobody.
func New(c Config) (*Model, error) {
	server, err := wire.Find(wire.Config{
		Provider: Name, BaseURL: c.BaseURL, Usual: BaseURL, KeyEnv: c.KeyEnv, UsualKeyEnv: KeyEnv, Getenv: c.Getenv,
		Suffixes: []string{"/chat/completions", "/responses"},
	})
	if err != nil {
		return nil, err
	}
	api := c.API
	switch {
	case api == "" && server.Own:
		api = APIResponses
	case api == "":
		api = APIChat
	case api != APIResponses && api != APIChat:
		return nil, fault.Usage(wire.CodeSettings, "agents.api is %q, and may be %s or %s", api, APIResponses, APIChat).
			WithHint("run `layercake config list` to see the settings")
	}
	// The service, unlike the library's client, takes nothing from the environment. The
	// loop tries again by itself.
	client := wire.Client(c.Transport)
	options := []option.RequestOption{option.WithBaseURL(server.URL), option.WithMaxRetries(0), option.WithHTTPClient(client)}
	if server.Key != "" {
		options = append(options, option.WithAPIKey(server.Key))
	}
	return &Model{server: server, api: api, responses: responses.NewResponseService(options...), http: client}, nil
}

// Name returns "openai".
func (*Model) Name() string { return Name }

// Cost is the cost by OpenAI's published prices; those of other servers are unknown, but
// for servers on this machine, which cost nothing.
func (m *Model) Cost(model string, u agent.Usage) (int64, bool) { return m.server.Cost(model, u) }

// Turn asks for one answer.
func (m *Model) Turn(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
	if on == nil {
		on = func(agent.Delta) {}
	}
	r := reading{on: on, begun: time.Now(), req: req}
	if m.api == APIChat {
		return m.turnChat(ctx, &r)
	}
	return m.turnResponses(ctx, &r)
}

// Count asks how many tokens a request has, which Responses offers and costs nothing.
func (m *Model) Count(ctx context.Context, req agent.Request) (int64, error) {
	if m.api != APIResponses {
		return 0, &agent.Error{Kind: agent.KindInvalid, Provider: Name, Message: "this server does not count tokens before they are sent"}
	}
	p := m.responsesParams(req)
	count := responses.InputTokenCountParams{Model: param.NewOpt(req.Model), Instructions: p.Instructions, Tools: p.Tools, Reasoning: p.Reasoning}
	count.Input.OfResponseInputItemArray = p.Input.OfInputItemList
	counted, err := m.responses.InputTokens.Count(ctx, count)
	if err != nil {
		return 0, m.trouble(ctx, err)
	}
	return counted.InputTokens, nil
}

// trouble says what an error of a request or of a stream means.
func (m *Model) trouble(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*responses.Error](err); ok {
		a := &wire.Answer{Status: e.StatusCode, Body: e.RawJSON(), Type: first(e.Code, e.Type), Message: e.Message}
		if e.Response != nil {
			a.Header, a.RequestID = e.Response.Header, e.Response.Header.Get("X-Request-ID")
		}
		return m.server.Trouble(ctx, err, a)
	}
	if s, ok := errors.AsType[*ssestream.StreamError](err); ok {
		return m.server.Trouble(ctx, err, &wire.Answer{Status: http.StatusOK, Body: string(s.Event.Data)})
	}
	return m.server.Trouble(ctx, err, nil)
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// thinks reports whether a model of OpenAI thinks before it answers.
func (m *Model) thinks(model string) bool {
	return m.server.Own && regexp.MustCompile(`^(gpt-([5-9]|\d\d)|o\d)`).MatchString(model)
}

// reading is an answer that is being read.
type reading struct {
	req     agent.Request
	on      func(agent.Delta)
	begun   time.Time
	first   time.Duration
	bytes   int64 // of what the model has written so far
	started bool
	id      string
	model   string
}

// said hands on a piece of an answer.
func (r *reading) said(kind, text string) {
	r.count(text)
	if text != "" {
		r.on(agent.Delta{Kind: kind, Text: text})
	}
}

func (r *reading) count(text string) {
	if r.first == 0 {
		r.first = time.Since(r.begun)
	}
	r.started = true
	r.bytes += int64(len(text))
}

// partial is what is known of an answer that was cut: nothing was counted yet, so its
// usage is estimated.
func (r *reading) partial() *agent.Answer {
	if !r.started {
		return nil
	}
	used := agent.Usage{Input: agent.Estimate(r.req), Output: agent.EstimateBytes(r.bytes)}
	return &agent.Answer{ID: r.id, Model: r.model, Usage: used, FirstChunk: r.first}
}

// whole is what of a prompt was neither read from the cache nor written to it.
func whole(prompt, read, written int64) int64 { return max(0, prompt-read-written) }

func text(s string) agent.Block { return agent.Block{Type: agent.BlockText, Text: s} }

func blank(s string) bool { return strings.TrimSpace(s) == "" }
