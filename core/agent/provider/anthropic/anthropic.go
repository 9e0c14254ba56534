// Package anthropic asks Anthropic's models through the Messages API.
package anthropic

import (
	"context"
	"errors"
	"net/http"
	"time"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wire"
)

// What is usual.
const (
	Name    = "anthropic"
	BaseURL = "https://api.anthropic.com"
	KeyEnv  = "ANTHROPIC_API_KEY"
)

// Config says whom to ask. Its zero value is Anthropic itself.
type Config struct {
	// BaseURL is the address of another server that speaks the same way.
	BaseURL string
	// KeyEnv names the variable that holds the key.
	KeyEnv string
	// Getenv looks up environment variables. Without it there are none.
	Getenv func(string) string
	// Transport carries the requests. Optional.
	Transport http.RoundTripper
}

// Model asks Anthropic's models.
type Model struct {
	server   *wire.Server
	messages sdk.MessageService
}

var (
	_ agent.Counter = (*Model)(nil)
	_ agent.Pricer  = (*Model)(nil)
)

// New returns a Model. It asks nobody.
func New(c Config) (*Model, error) {
	server, err := wire.Find(wire.Config{
		Provider: Name, BaseURL: c.BaseURL, Usual: BaseURL, KeyEnv: c.KeyEnv, UsualKeyEnv: KeyEnv, Getenv: c.Getenv,
		Suffixes: []string{"/v1/messages", "/v1"},
	})
	if err != nil {
		return nil, err
	}
	// The service, unlike the library's client, takes nothing from the environment, and a
	// binary that has no client is smaller. The loop tries again by itself.
	options := []option.RequestOption{
		option.WithBaseURL(server.URL), option.WithMaxRetries(0), option.WithHTTPClient(wire.Client(c.Transport)),
	}
	if server.Key != "" {
		options = append(options, option.WithAPIKey(server.Key))
	}
	return &Model{server: server, messages: sdk.NewMessageService(options...)}, nil
}

// Name returns "anthropic".
func (*Model) Name() string { return Name }

// Cost is the cost by Anthropic's published prices; those of other servers are unknown.
func (m *Model) Cost(model string, u agent.Usage) (int64, bool) {
	return m.server.Cost(model, u)
}

// Turn asks for one answer.
func (m *Model) Turn(ctx context.Context, req agent.Request, on func(agent.Delta)) (*agent.Answer, error) {
	if on == nil {
		on = func(agent.Delta) {}
	}
	var options []option.RequestOption
	if req.Conversation != "" {
		options = append(options, option.WithOpenTelemetryConversationID(req.Conversation))
	}
	begun := time.Now()
	stream := m.messages.NewStreaming(ctx, params(req), options...)
	defer stream.Close() //nolint:errcheck // it was only read from
	r := reading{on: on, begun: begun}
	for stream.Next() {
		if err := r.event(stream.Current()); err != nil {
			return r.partial(), m.server.Trouble(ctx, &agent.Error{Kind: agent.KindServer, Provider: Name, Message: err.Error(), Err: err}, nil)
		}
		if r.done {
			return r.answer(), nil
		}
	}
	if err := stream.Err(); err != nil {
		return r.partial(), m.trouble(ctx, err)
	}
	if ctx.Err() != nil {
		return r.partial(), agent.ContextError(ctx)
	}
	return r.partial(), m.server.Cut()
}

// Count asks how many tokens a request has. It costs nothing.
func (m *Model) Count(ctx context.Context, req agent.Request) (int64, error) {
	p := params(req)
	count := sdk.MessageCountTokensParams{Messages: p.Messages, Model: p.Model, ToolChoice: p.ToolChoice, Thinking: p.Thinking, OutputConfig: p.OutputConfig}
	count.System.OfTextBlockArray = p.System
	for _, t := range p.Tools {
		count.Tools = append(count.Tools, sdk.MessageCountTokensToolUnionParam{OfTool: t.OfTool})
	}
	counted, err := m.messages.CountTokens(ctx, count)
	if err != nil {
		return 0, m.trouble(ctx, err)
	}
	return counted.InputTokens, nil
}

func (m *Model) trouble(ctx context.Context, err error) error {
	var e *sdk.Error
	if !errors.As(err, &e) {
		return m.server.Trouble(ctx, err, nil)
	}
	a := &wire.Answer{Status: e.StatusCode, Body: e.RawJSON(), RequestID: e.RequestID}
	if e.Response != nil {
		a.Header = e.Response.Header
	}
	return m.server.Trouble(ctx, err, a)
}
