package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/openai/openai-go/v3/packages/ssestream"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wire"
)

// The library's own types for Chat Completions come with all that OpenAI offers: 20 MB of
// program and a millisecond of every start. These are the few that are needed.

type chatRequest struct {
	Model               string        `json:"model"`
	Messages            []chatMessage `json:"messages"`
	Tools               []chatTool    `json:"tools,omitempty"`
	ToolChoice          string        `json:"tool_choice,omitempty"`
	MaxTokens           int64         `json:"max_tokens,omitempty"`
	MaxCompletionTokens int64         `json:"max_completion_tokens,omitempty"`
	ReasoningEffort     string        `json:"reasoning_effort,omitempty"`
	Stream              bool          `json:"stream"`
	StreamOptions       streamOptions `json:"stream_options"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type chatTool struct {
	Type     string       `json:"type"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Parameters  map[string]any `json:"parameters"`
}

type chatMessage struct {
	Role       string     `json:"role"`
	Content    string     `json:"content,omitempty"`
	ToolCalls  []chatCall `json:"tool_calls,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

type chatCall struct {
	Index    int64  `json:"index,omitempty"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type chatChunk struct {
	ID      string `json:"id"`
	Model   string `json:"model"`
	Choices []struct {
		Index        int64     `json:"index"`
		Delta        chatDelta `json:"delta"`
		FinishReason string    `json:"finish_reason"`
	} `json:"choices"`
	Usage *chatUsage `json:"usage"`
}

// chatDelta is a piece of an answer. ReasoningContent and Reasoning are not in OpenAI's API;
// servers of open models have one of them.
type chatDelta struct {
	Content          string     `json:"content"`
	Refusal          string     `json:"refusal"`
	ToolCalls        []chatCall `json:"tool_calls"`
	ReasoningContent string     `json:"reasoning_content"`
	Reasoning        string     `json:"reasoning"`
}

type chatUsage struct {
	PromptTokens        int64 `json:"prompt_tokens"`
	CompletionTokens    int64 `json:"completion_tokens"`
	PromptTokensDetails struct {
		CachedTokens     int64 `json:"cached_tokens"`
		CacheWriteTokens int64 `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionTokensDetails struct {
		ReasoningTokens int64 `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
	// Cost is what OpenRouter takes, in dollars.
	Cost *float64 `json:"cost"`
}

// chatParams writes a request as Chat Completions has it.
func (m *Model) chatParams(req agent.Request) chatRequest {
	p := chatRequest{Model: req.Model, Stream: true, StreamOptions: streamOptions{IncludeUsage: true}}
	if m.server.Own {
		p.MaxCompletionTokens = req.MaxTokens
	} else {
		p.MaxTokens = req.MaxTokens // the name that other servers know
	}
	if req.System != "" {
		p.Messages = append(p.Messages, chatMessage{Role: "system", Content: req.System})
	}
	for _, message := range req.Messages {
		p.Messages = append(p.Messages, chatMessages(message)...)
	}
	for _, t := range req.Tools {
		p.Tools = append(p.Tools, chatTool{Type: "function", Function: chatFunction{t.Name, t.Description, schema(t.Schema)}})
	}
	if req.NoTools && len(p.Tools) > 0 {
		p.ToolChoice = "none"
	}
	if req.Effort != agent.EffortUsual && (m.thinks(req.Model) || !m.server.Own) {
		p.ReasoningEffort = req.Effort
	}
	return p
}

// chatMessages writes a message, of which the results of tools become messages of their
// own, before its text.
func chatMessages(message agent.Message) []chatMessage {
	var all []chatMessage
	var texts []string
	said := chatMessage{Role: message.Role}
	for _, b := range message.Blocks {
		switch b.Type {
		case agent.BlockText:
			if !blank(b.Text) {
				texts = append(texts, b.Text)
			}
		case agent.BlockToolUse:
			call := chatCall{ID: b.ID, Type: "function"}
			call.Function.Name, call.Function.Arguments = b.Name, arguments(b)
			if b.Malformed != "" {
				call.Function.Arguments = "{}" // templates of open models read it as JSON
			}
			said.ToolCalls = append(said.ToolCalls, call)
		case agent.BlockToolResult:
			all = append(all, chatMessage{Role: "tool", ToolCallID: b.ID, Content: first(result(b), "(empty)")})
		}
	}
	said.Content = strings.Join(texts, "\n\n")
	if said.Content != "" || len(said.ToolCalls) > 0 {
		all = append(all, said)
	}
	return all
}

// chat is an answer of Chat Completions that is being read.
type chat struct {
	*reading

	text, refusal, thought strings.Builder
	calls                  []*call
	byIndex                map[int64]*call
	finish                 string
	usage                  agent.Usage
}

type call struct {
	id, name string
	input    strings.Builder
}

func (m *Model) turnChat(ctx context.Context, r *reading) (*agent.Answer, error) {
	c := chat{reading: r, byIndex: map[int64]*call{}}
	res, err := m.post(ctx, "/chat/completions", m.chatParams(r.req))
	if err != nil {
		return nil, m.server.Trouble(ctx, err, nil)
	}
	defer res.Body.Close() //nolint:errcheck // it was only read from
	if res.StatusCode != http.StatusOK {
		const most = 64 << 10
		said, _ := io.ReadAll(io.LimitReader(res.Body, most)) // as much as came
		return nil, m.server.Trouble(ctx, nil, &wire.Answer{
			Status: res.StatusCode, Header: res.Header, Body: string(said), RequestID: res.Header.Get("X-Request-ID"),
		})
	}
	events := ssestream.NewDecoder(res)
	for events.Next() {
		data := bytes.TrimSpace(events.Event().Data)
		if string(data) == "[DONE]" {
			break
		}
		if err := c.event(data); err != nil {
			return c.partial(), m.trouble(ctx, err)
		}
	}
	switch err := events.Err(); {
	case err != nil && c.finish == "":
		return c.partial(), m.trouble(ctx, err)
	case ctx.Err() != nil:
		return c.partial(), agent.ContextError(ctx)
	case c.finish == "":
		return c.partial(), m.server.Cut()
	case c.finish == "error":
		return c.partial(), m.server.Trouble(ctx, nil, &wire.Answer{Status: okStatus, Type: "server_error", Message: "the server failed in the middle of the answer"})
	}
	return c.answer(), nil
}

// post sends a request.
func (m *Model) post(ctx context.Context, path string, request any) (*http.Response, error) {
	data, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.server.URL+path, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	if m.server.Key != "" {
		req.Header.Set("Authorization", "Bearer "+m.server.Key)
	}
	return m.http.Do(req) //nolint:wrapcheck // the caller says whose it is
}

// event takes a chunk.
func (c *chat) event(data []byte) error {
	var chunk struct {
		chatChunk

		Error json.RawMessage `json:"error"`
	}
	if len(data) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, &chunk); err != nil {
		return err //nolint:wrapcheck // the caller says whose it is
	}
	if len(chunk.Error) > 0 && string(chunk.Error) != "null" {
		return &ssestream.StreamError{Event: ssestream.Event{Data: data}}
	}
	c.id, c.model, c.started = first(chunk.ID, c.id), first(chunk.Model, c.model), true
	for i := range chunk.Choices {
		if chunk.Choices[i].Index == 0 {
			c.delta(&chunk.Choices[i].Delta)
			c.finish = first(chunk.Choices[i].FinishReason, c.finish)
		}
	}
	if chunk.Usage != nil {
		c.used(chunk.Usage)
	}
	return nil
}

func (c *chat) delta(d *chatDelta) {
	c.text.WriteString(d.Content)
	c.refusal.WriteString(d.Refusal)
	c.said(agent.DeltaText, d.Content)
	c.said(agent.DeltaText, d.Refusal)
	thought := first(d.ReasoningContent, d.Reasoning)
	c.thought.WriteString(thought)
	c.said(agent.DeltaThinking, thought)
	for i := range d.ToolCalls {
		c.call(&d.ToolCalls[i])
	}
}

// call takes a piece of a call. Some servers give every call the index 0, and tell them
// apart by their ids.
func (c *chat) call(d *chatCall) {
	current := c.byIndex[d.Index]
	if current == nil || d.ID != "" && current.id != "" && d.ID != current.id {
		current = &call{}
		c.byIndex[d.Index] = current
		c.calls = append(c.calls, current)
	}
	current.id = first(current.id, d.ID)
	if current.name == "" || d.Function.Name != current.name {
		current.name += d.Function.Name
	}
	current.input.WriteString(d.Function.Arguments)
	c.count(d.Function.Arguments)
}

const perDollar = 1e6

func (c *chat) used(u *chatUsage) {
	read, written := u.PromptTokensDetails.CachedTokens, u.PromptTokensDetails.CacheWriteTokens
	c.usage = agent.Usage{
		Input: whole(u.PromptTokens, read, written), Output: u.CompletionTokens, CacheRead: read, CacheWrite: written,
		Reasoning: u.CompletionTokensDetails.ReasoningTokens,
	}
	if u.Cost != nil && *u.Cost >= 0 && *u.Cost < math.MaxInt32 {
		c.usage.CostMicros, c.usage.CostKnown = int64(math.Ceil(*u.Cost*perDollar)), true
	}
}

func (c *chat) answer() *agent.Answer {
	a := &agent.Answer{ID: c.id, Model: c.model, Usage: c.usage, FirstChunk: c.first, Stop: agent.StopEnd}
	if c.thought.Len() > 0 {
		a.Blocks = append(a.Blocks, agent.Block{Type: agent.BlockThinking, Text: c.thought.String()})
	}
	if said := c.text.String() + c.refusal.String(); said != "" {
		a.Blocks = append(a.Blocks, text(said))
	}
	for i, call := range c.calls {
		b := agent.Block{Type: agent.BlockToolUse, ID: call.id, Name: call.name}
		if b.ID == "" {
			b.ID = "call_" + strconv.Itoa(len(c.req.Messages)) + "_" + strconv.Itoa(i)
		}
		b.Input, b.Malformed = wire.Object([]byte(call.input.String()))
		a.Blocks = append(a.Blocks, b)
	}
	switch {
	case c.finish == "length":
		a.Stop = agent.StopMaxTokens
	case c.finish == "content_filter", c.refusal.Len() > 0 && len(c.calls) == 0:
		a.Stop = agent.StopRefusal
	case len(c.calls) > 0:
		a.Stop = agent.StopToolUse
	}
	return a
}
