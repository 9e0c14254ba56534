package openai

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/respjson"
	"github.com/openai/openai-go/v3/shared"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wire"
)

// chatParams writes a request as Chat Completions has it.
func (m *Model) chatParams(req agent.Request) sdk.ChatCompletionNewParams {
	p := sdk.ChatCompletionNewParams{Model: req.Model, StreamOptions: sdk.ChatCompletionStreamOptionsParam{IncludeUsage: sdk.Bool(true)}}
	if m.server.Own {
		p.MaxCompletionTokens = sdk.Int(req.MaxTokens)
	} else {
		p.MaxTokens = sdk.Int(req.MaxTokens) // the name that other servers know
	}
	if req.System != "" {
		p.Messages = append(p.Messages, sdk.SystemMessage(req.System))
	}
	for _, message := range req.Messages {
		p.Messages = append(p.Messages, chatMessages(message)...)
	}
	for _, t := range req.Tools {
		function := shared.FunctionDefinitionParam{Name: t.Name, Parameters: schema(t.Schema)}
		if t.Description != "" {
			function.Description = sdk.String(t.Description)
		}
		p.Tools = append(p.Tools, sdk.ChatCompletionFunctionTool(function))
	}
	if req.NoTools && len(p.Tools) > 0 {
		p.ToolChoice.OfAuto = sdk.String("none")
	}
	if req.Effort != agent.EffortUsual && (m.thinks(req.Model) || !m.server.Own) {
		p.ReasoningEffort = shared.ReasoningEffort(req.Effort)
	}
	return p
}

// chatMessages writes a message, of which the results of tools become messages of their
// own, before its text.
func chatMessages(message agent.Message) []sdk.ChatCompletionMessageParamUnion {
	var all []sdk.ChatCompletionMessageParamUnion
	var texts []string
	var calls []sdk.ChatCompletionMessageToolCallUnionParam
	for _, b := range message.Blocks {
		switch b.Type {
		case agent.BlockText:
			if !blank(b.Text) {
				texts = append(texts, b.Text)
			}
		case agent.BlockToolUse:
			call := sdk.ChatCompletionMessageFunctionToolCallParam{ID: b.ID}
			call.Function.Name, call.Function.Arguments = b.Name, arguments(b)
			if b.Malformed != "" {
				call.Function.Arguments = "{}" // templates of open models read it as JSON
			}
			calls = append(calls, sdk.ChatCompletionMessageToolCallUnionParam{OfFunction: &call})
		case agent.BlockToolResult:
			all = append(all, sdk.ToolMessage(result(b), b.ID))
		}
	}
	said := strings.Join(texts, "\n\n")
	switch {
	case message.Role == agent.RoleUser && said != "":
		all = append(all, sdk.UserMessage(said))
	case message.Role == agent.RoleAssistant && (said != "" || len(calls) > 0):
		m := sdk.ChatCompletionAssistantMessageParam{ToolCalls: calls}
		if said != "" {
			m.Content.OfString = sdk.String(said)
		}
		all = append(all, sdk.ChatCompletionMessageParamUnion{OfAssistant: &m})
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
	stream := m.chat.NewStreaming(ctx, m.chatParams(r.req))
	defer stream.Close() //nolint:errcheck // it was only read from
	c := chat{reading: r, byIndex: map[int64]*call{}}
	for stream.Next() {
		chunk := stream.Current()
		c.id, c.model, c.started = first(chunk.ID, c.id), first(chunk.Model, c.model), true
		for i := range chunk.Choices {
			if chunk.Choices[i].Index == 0 {
				c.delta(&chunk.Choices[i].Delta)
				c.finish = first(chunk.Choices[i].FinishReason, c.finish)
			}
		}
		if chunk.JSON.Usage.Valid() {
			c.used(&chunk.Usage)
		}
	}
	err := stream.Err()
	switch {
	case err != nil:
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

func (c *chat) delta(d *sdk.ChatCompletionChunkChoiceDelta) {
	c.text.WriteString(d.Content)
	c.refusal.WriteString(d.Refusal)
	c.said(agent.DeltaText, d.Content)
	c.said(agent.DeltaText, d.Refusal)
	for _, name := range []string{"reasoning_content", "reasoning"} {
		// Neither is in OpenAI's API; servers of open models have one of them.
		if thought := extraText(d.JSON.ExtraFields[name]); thought != "" {
			c.thought.WriteString(thought)
			c.said(agent.DeltaThinking, thought)
			break
		}
	}
	for i := range d.ToolCalls {
		c.call(&d.ToolCalls[i])
	}
}

func extraText(f respjson.Field) string {
	var text string
	if f.Raw() == "" || json.Unmarshal([]byte(f.Raw()), &text) != nil {
		return ""
	}
	return text
}

// call takes a piece of a call. Some servers give every call the index 0, and tell them
// apart by their ids.
func (c *chat) call(d *sdk.ChatCompletionChunkChoiceDeltaToolCall) {
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

func (c *chat) used(u *sdk.CompletionUsage) {
	read, written := u.PromptTokensDetails.CachedTokens, u.PromptTokensDetails.CacheWriteTokens
	c.usage = agent.Usage{
		Input: whole(u.PromptTokens, read, written), Output: u.CompletionTokens, CacheRead: read, CacheWrite: written,
		Reasoning: u.CompletionTokensDetails.ReasoningTokens,
	}
	// OpenRouter says what it takes.
	if dollars, err := strconv.ParseFloat(u.JSON.ExtraFields["cost"].Raw(), 64); err == nil && dollars >= 0 && dollars < math.MaxInt32 {
		c.usage.CostMicros, c.usage.CostKnown = int64(math.Ceil(dollars*perDollar)), true
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
