package openai

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wire"
)

// responsesParams writes a request as the Responses API has it. Nothing is stored by the
// provider, so thoughts travel along, encrypted.
func (m *Model) responsesParams(req agent.Request) responses.ResponseNewParams {
	p := responses.ResponseNewParams{Model: req.Model, MaxOutputTokens: param.NewOpt(req.MaxTokens), Store: param.NewOpt(false)}
	if req.System != "" {
		p.Instructions = param.NewOpt(req.System)
	}
	for _, message := range req.Messages {
		for _, b := range message.Blocks {
			if item, ok := inputItem(message.Role, b); ok {
				p.Input.OfInputItemList = append(p.Input.OfInputItemList, item)
			}
		}
	}
	for _, t := range req.Tools {
		function := responses.FunctionToolParam{Name: t.Name, Parameters: schema(t.Schema), Strict: param.NewOpt(false)}
		if t.Description != "" {
			function.Description = param.NewOpt(t.Description)
		}
		p.Tools = append(p.Tools, responses.ToolUnionParam{OfFunction: &function})
	}
	if req.NoTools && len(p.Tools) > 0 {
		p.ToolChoice.OfToolChoiceMode = param.NewOpt(responses.ToolChoiceOptionsNone)
	}
	if m.thinks(req.Model) {
		p.Include = []responses.ResponseIncludable{responses.ResponseIncludableReasoningEncryptedContent}
	}
	if req.Effort != agent.EffortUsual && (m.thinks(req.Model) || !m.server.Own) {
		p.Reasoning.Effort = shared.ReasoningEffort(req.Effort)
	}
	if req.Conversation != "" && req.CacheFor >= 0 {
		p.PromptCacheKey = param.NewOpt(req.Conversation)
	}
	return p
}

func schema(raw json.RawMessage) map[string]any {
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return map[string]any{"type": "object", "properties": map[string]any{}}
	}
	return object
}

// inputItem writes a block. What came from this API goes back as it came; thoughts of
// other providers are left out.
func inputItem(role string, b agent.Block) (item responses.ResponseInputItemUnionParam, ok bool) {
	switch own := own(b.Opaque); {
	case own:
		return param.Override[responses.ResponseInputItemUnionParam](b.Opaque), true
	case b.Type == agent.BlockText && !blank(b.Text):
		return responses.ResponseInputItemParamOfMessage(b.Text, responses.EasyInputMessageRole(role)), true
	case b.Type == agent.BlockToolUse:
		return responses.ResponseInputItemParamOfFunctionCall(arguments(b), b.ID, b.Name), true
	case b.Type == agent.BlockToolResult:
		item := responses.ResponseInputItemParamOfFunctionCallOutput(result(b))
		item.OfFunctionCallOutput.CallID = param.NewOpt(b.ID)
		return item, true
	}
	return item, false
}

// result is a tool's result as text; the API has no mark for those that are errors.
func result(b agent.Block) string {
	if b.IsError {
		return "Error: " + b.Result
	}
	return b.Result
}

// arguments is the input of a call as the model wrote it.
func arguments(b agent.Block) string {
	switch {
	case b.Malformed != "":
		return b.Malformed
	case len(b.Input) == 0:
		return "{}"
	}
	return string(b.Input)
}

// own reports whether a block is an item of this API.
func own(opaque json.RawMessage) bool {
	var item struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(opaque, &item) != nil {
		return false
	}
	return slices.Contains([]string{"message", "reasoning", "function_call", "compaction"}, item.Type) || strings.HasSuffix(item.Type, "_search_call")
}

func (m *Model) turnResponses(ctx context.Context, r *reading) (*agent.Answer, error) {
	stream := m.responses.NewStreaming(ctx, m.responsesParams(r.req))
	defer stream.Close() //nolint:errcheck // it was only read from
	var items []responses.ResponseOutputItemUnion
	for stream.Next() {
		event := stream.Current()
		switch event.Type {
		case "response.created", "response.in_progress":
			r.started, r.id, r.model = true, event.Response.ID, event.Response.Model
		case "response.output_text.delta", "response.refusal.delta":
			r.said(agent.DeltaText, event.Delta)
		case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
			r.said(agent.DeltaThinking, event.Delta)
		case "response.function_call_arguments.delta":
			r.count(event.Delta)
		case "response.output_item.done":
			items = append(items, event.Item)
		case "response.completed", "response.incomplete":
			return r.response(&event.Response, items), nil
		case "response.failed":
			failed := event.Response.Error
			return r.failed(&event.Response), m.server.Trouble(ctx, nil, &wire.Answer{Status: okStatus, Type: string(failed.Code), Message: failed.Message})
		case "error":
			return r.partial(), m.server.Trouble(ctx, nil, &wire.Answer{Status: okStatus, Type: event.Code, Message: event.Message})
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

// okStatus is the status of errors in the middle of a stream.
const okStatus = 200

// failed is what is known of an answer that failed: what was counted, or else an estimate.
func (r *reading) failed(response *responses.Response) *agent.Answer {
	if response.Usage.TotalTokens == 0 {
		return r.partial()
	}
	return &agent.Answer{ID: response.ID, Model: response.Model, Usage: used(response.Usage), FirstChunk: r.first}
}

func used(u responses.ResponseUsage) agent.Usage {
	read, written := u.InputTokensDetails.CachedTokens, u.InputTokensDetails.CacheWriteTokens
	return agent.Usage{
		Input: whole(u.InputTokens, read, written), Output: u.OutputTokens, CacheRead: read, CacheWrite: written,
		Reasoning: u.OutputTokensDetails.ReasoningTokens,
	}
}

// response reads an answer that is complete. items are those that came one by one, for
// servers that do not repeat them at the end.
func (r *reading) response(response *responses.Response, items []responses.ResponseOutputItemUnion) *agent.Answer {
	a := &agent.Answer{ID: response.ID, Model: response.Model, Usage: used(response.Usage), FirstChunk: r.first, Stop: agent.StopEnd}
	if len(response.Output) > 0 {
		items = response.Output
	}
	calls, refused := false, false
	for i := range items {
		block, refusal := outputItem(&items[i])
		calls = calls || block.Type == agent.BlockToolUse
		refused = refused || refusal
		a.Blocks = append(a.Blocks, block)
	}
	switch {
	case response.IncompleteDetails.Reason == "max_output_tokens":
		a.Stop = agent.StopMaxTokens
	case response.IncompleteDetails.Reason == "content_filter", refused && !calls:
		a.Stop = agent.StopRefusal
	case calls:
		a.Stop = agent.StopToolUse
	}
	return a
}

// outputItem reads an item, and keeps it as it came, so that it can go back.
func outputItem(item *responses.ResponseOutputItemUnion) (block agent.Block, refused bool) {
	block = agent.Block{Type: item.Type, Opaque: json.RawMessage(item.RawJSON())}
	switch item.Type {
	case "message":
		block.Type = agent.BlockText
		for _, part := range item.Content {
			block.Text += part.Text + part.Refusal
			refused = refused || part.Type == "refusal"
		}
	case "function_call":
		block.Type, block.ID, block.Name = agent.BlockToolUse, item.CallID, item.Name
		block.Input, block.Malformed = wire.Object([]byte(item.Arguments.OfString))
	case "reasoning":
		block.Type = agent.BlockThinking
		for _, part := range item.Summary {
			block.Text += part.Text
		}
	}
	return block, refused
}
