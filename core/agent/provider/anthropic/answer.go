package anthropic

import (
	"encoding/json"
	"time"

	sdk "github.com/anthropics/anthropic-sdk-go"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/wire"
)

// reading is an answer that is being read.
type reading struct {
	on      func(agent.Delta)
	begun   time.Time
	first   time.Duration
	message sdk.Message
	// inputs are the inputs of calls by block, because the library empties those that
	// are no JSON.
	inputs  map[int64][]byte
	bytes   int64 // of what the model has written so far
	started bool
	done    bool
}

// event takes the next event of the stream.
func (r *reading) event(event sdk.MessageStreamEventUnion) error {
	if err := r.message.Accumulate(event); err != nil {
		return err //nolint:wrapcheck // the caller says whose it is
	}
	switch event.Type {
	case "message_start":
		r.started = true
	case "content_block_delta":
		if r.first == 0 {
			r.first = time.Since(r.begun)
		}
		d := event.Delta
		r.bytes += int64(len(d.Text) + len(d.Thinking) + len(d.PartialJSON))
		switch d.Type {
		case "text_delta":
			r.on(agent.Delta{Kind: agent.DeltaText, Text: d.Text})
		case "input_json_delta":
			if r.inputs == nil {
				r.inputs = map[int64][]byte{}
			}
			r.inputs[event.Index] = append(r.inputs[event.Index], d.PartialJSON...)
		case "thinking_delta":
			r.on(agent.Delta{Kind: agent.DeltaThinking, Text: d.Thinking})
		}
	case "message_stop":
		r.done = true
	}
	return nil
}

// usage is what the provider counted.
func (r *reading) usage() agent.Usage {
	u := r.message.Usage
	used := agent.Usage{
		Input: u.InputTokens, Output: u.OutputTokens, CacheRead: u.CacheReadInputTokens, CacheWrite: u.CacheCreationInputTokens,
		CacheWrite1h: u.CacheCreation.Ephemeral1hInputTokens, Reasoning: u.OutputTokensDetails.ThinkingTokens,
	}
	used.CacheWrite = max(0, used.CacheWrite-used.CacheWrite1h)
	return used
}

// partial is what is known of an answer that was cut: its usage. The provider counts
// what it wrote at the end only, so that is estimated.
func (r *reading) partial() *agent.Answer {
	if !r.started {
		return nil
	}
	used := r.usage()
	used.Output = max(used.Output, agent.EstimateBytes(r.bytes))
	return &agent.Answer{ID: r.message.ID, Model: r.message.Model, Usage: used, FirstChunk: r.first}
}

func (r *reading) answer() *agent.Answer {
	m := &r.message
	a := &agent.Answer{ID: m.ID, Model: m.Model, Usage: r.usage(), FirstChunk: r.first, Stop: agent.StopEnd}
	switch m.StopReason {
	case sdk.StopReasonToolUse:
		a.Stop = agent.StopToolUse
	case sdk.StopReasonMaxTokens:
		a.Stop = agent.StopMaxTokens
	case sdk.StopReasonRefusal:
		a.Stop = agent.StopRefusal
	case sdk.StopReasonPauseTurn:
		a.Stop = agent.StopPause
	case sdk.StopReasonModelContextWindowExceeded:
		a.Stop = agent.StopTooLong
	case sdk.StopReasonEndTurn, sdk.StopReasonStopSequence:
	}
	for i := range m.Content {
		a.Blocks = append(a.Blocks, r.block(int64(i)))
	}
	if a.Stop == agent.StopRefusal && m.StopDetails.Explanation != "" {
		a.Blocks = append(a.Blocks, agent.Block{Type: agent.BlockText, Text: m.StopDetails.Explanation})
	}
	return a
}

// block reads a block. What is not a plain text or a call is kept as it came.
func (r *reading) block(index int64) agent.Block {
	b := &r.message.Content[index]
	switch b.Type {
	case "text":
		text := agent.Block{Type: agent.BlockText, Text: b.Text}
		if len(b.Citations) > 0 {
			text.Opaque = json.RawMessage(b.RawJSON())
		}
		return text
	case "tool_use":
		use := agent.Block{Type: agent.BlockToolUse, ID: b.ID, Name: b.Name}
		raw := r.inputs[index]
		if len(raw) == 0 {
			raw = b.Input
		}
		use.Input, use.Malformed = wire.Object(raw)
		return use
	case "thinking":
		return agent.Block{Type: agent.BlockThinking, Text: b.Thinking, Opaque: json.RawMessage(b.RawJSON())}
	case "redacted_thinking":
		return agent.Block{Type: agent.BlockThinking, Opaque: json.RawMessage(b.RawJSON())}
	}
	return agent.Block{Type: b.Type, Opaque: json.RawMessage(b.RawJSON())}
}
