package anthropic

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"github.com/layercake-dev/layercake/core/agent"
)

// params writes a request as the API has it.
func params(req agent.Request) sdk.MessageNewParams {
	p := sdk.MessageNewParams{Model: req.Model, MaxTokens: req.MaxTokens}
	if req.System != "" {
		p.System = []sdk.TextBlockParam{{Text: req.System}}
	}
	for _, t := range req.Tools {
		tool := sdk.ToolParam{Name: t.Name, InputSchema: param.Override[sdk.ToolInputSchemaParam](t.Schema)}
		if t.Description != "" {
			tool.Description = sdk.String(t.Description)
		}
		p.Tools = append(p.Tools, sdk.ToolUnionParam{OfTool: &tool})
	}
	if req.NoTools && len(p.Tools) > 0 {
		p.ToolChoice = sdk.ToolChoiceUnionParam{OfNone: &sdk.ToolChoiceNoneParam{}}
	}
	for _, m := range req.Messages {
		if blocks := content(m); len(blocks) > 0 {
			p.Messages = append(p.Messages, sdk.MessageParam{Role: sdk.MessageParamRole(m.Role), Content: blocks})
		}
	}
	cache(&p, req.CacheFor)
	think(&p, req)
	return p
}

// content writes the blocks of a message. Empty texts are left out, which the API does
// not take, and so are thoughts of other providers.
func content(m agent.Message) []sdk.ContentBlockParamUnion {
	var blocks []sdk.ContentBlockParamUnion
	for _, b := range m.Blocks {
		switch {
		case b.Type == agent.BlockText && !own(b.Opaque):
			if strings.TrimSpace(b.Text) != "" {
				blocks = append(blocks, sdk.NewTextBlock(b.Text))
			}
		case b.Type == agent.BlockToolUse:
			input := b.Input
			if len(input) == 0 {
				input = json.RawMessage("{}")
			}
			blocks = append(blocks, sdk.NewToolUseBlock(b.ID, input, b.Name))
		case b.Type == agent.BlockToolResult:
			blocks = append(blocks, result(b))
		case own(b.Opaque):
			blocks = append(blocks, param.Override[sdk.ContentBlockParamUnion](b.Opaque))
		}
	}
	return blocks
}

func result(b agent.Block) sdk.ContentBlockParamUnion {
	r := sdk.ToolResultBlockParam{ToolUseID: b.ID}
	if b.Result != "" {
		r.Content = []sdk.ToolResultBlockParamContentUnion{{OfText: &sdk.TextBlockParam{Text: b.Result}}}
	}
	if b.IsError {
		r.IsError = sdk.Bool(true)
	}
	return sdk.ContentBlockParamUnion{OfToolResult: &r}
}

// own reports whether a block is one of Anthropic's.
func own(opaque json.RawMessage) bool {
	var block struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(opaque, &block) != nil {
		return false
	}
	switch block.Type {
	case "", "message", "reasoning", "function_call": // OpenAI's
		return false
	}
	return true
}

// cache marks what the provider should keep: tools and system, and the conversation up
// to its last two messages of the user. The last but one is marked because a marker
// finds what was kept only a few blocks back.
func cache(p *sdk.MessageNewParams, keep time.Duration) {
	if keep < 0 {
		return
	}
	mark := sdk.NewCacheControlEphemeralParam()
	if keep >= time.Hour {
		mark.TTL = sdk.CacheControlEphemeralTTLTTL1h
	}
	if n := len(p.Tools); n > 0 {
		p.Tools[n-1].OfTool.CacheControl = mark
	}
	if n := len(p.System); n > 0 {
		p.System[n-1].CacheControl = mark
	}
	marked := 0
	for i := len(p.Messages) - 1; i >= 0 && marked < 2; i-- {
		m := p.Messages[i]
		if m.Role != sdk.MessageParamRoleUser {
			continue
		}
		switch last := m.Content[len(m.Content)-1]; {
		case last.OfText != nil:
			last.OfText.CacheControl = mark
		case last.OfToolResult != nil:
			last.OfToolResult.CacheControl = mark
		}
		marked++
	}
}

// Thoughts of models that are told how many tokens they may think.
const (
	leastThought = 1024
	roomToAnswer = 1024
	thoughtLow   = 4096
	thoughtUsual = 16384
	thoughtHigh  = 32768
)

// think asks for thoughts as hard as the request wants them. What the model does by
// itself is not touched, because some models cannot be kept from thinking.
func think(p *sdk.MessageNewParams, req agent.Request) {
	if req.Effort == agent.EffortUsual {
		return
	}
	major, minor, ok := version(req.Model)
	const adaptiveMajor, adaptiveMinor, thinkingMinor = 4, 6, 5
	switch {
	case !ok || major < adaptiveMajor || major == adaptiveMajor && minor < thinkingMinor:
	case major > adaptiveMajor || minor >= adaptiveMinor:
		p.Thinking = sdk.ThinkingConfigParamUnion{OfAdaptive: &sdk.ThinkingConfigAdaptiveParam{}}
		p.OutputConfig.Effort = sdk.OutputConfigEffort(req.Effort)
	default:
		var budget int64 = thoughtHigh
		switch req.Effort {
		case agent.EffortLow:
			budget = thoughtLow
		case agent.EffortMedium:
			budget = thoughtUsual
		}
		if budget = min(budget, req.MaxTokens-roomToAnswer); budget >= leastThought {
			p.Thinking = sdk.ThinkingConfigParamOfEnabled(budget)
		}
	}
}

// version reads the version out of a name such as claude-opus-4-8 or claude-sonnet-5.
func version(model string) (major, minor int, ok bool) {
	words := strings.Split(model, "-")
	const family, majorAt, minorAt, mostMinor = 1, 2, 3, 99
	if len(words) <= majorAt || words[0] != "claude" || words[family] == "" {
		return 0, 0, false
	}
	major, err := strconv.Atoi(words[majorAt])
	if err != nil {
		return 0, 0, false
	}
	if len(words) > minorAt {
		if n, err := strconv.Atoi(words[minorAt]); err == nil && n <= mostMinor { // more is a date
			minor = n
		}
	}
	return major, minor, true
}
