package agent

import (
	"context"
	"time"
)

// Model answers one turn of a conversation. It must be safe for concurrent use.
type Model interface {
	// Name is the provider's name, such as "anthropic".
	Name() string
	// Turn sends the request and waits for the whole answer, which it hands to on piece
	// by piece as it comes; on may be nil. It does not try again: errors are [*Error]s
	// that say whether trying again may help. An error may come with an Answer, which
	// then holds what was used before it failed. It returns within a second of ctx's end.
	Turn(ctx context.Context, req Request, on func(Delta)) (*Answer, error)
}

// Counter is a Model that can say how many tokens a request has before it is sent.
type Counter interface {
	// Count returns the tokens of a request's prompt, as the provider counts them.
	Count(ctx context.Context, req Request) (int64, error)
}

// Request is what a model is asked.
type Request struct {
	// Model is the provider's name of the model. Required.
	Model string
	// System says who the model is and what it has to do. Optional.
	System   string
	Messages []Message
	Tools    []Tool
	// MaxTokens is how many tokens the answer may have, thoughts included. Required.
	MaxTokens int64
	// Effort is how hard the model should think: one of the Effort constants. Models
	// that do not think ignore it.
	Effort string
	// CacheFor is how long the provider should keep the prompt for the next turn, where
	// that can be chosen: five minutes or an hour. Zero means the provider's usual,
	// negative not at all.
	CacheFor time.Duration
	// NoTools forbids the model to call tools in this turn. They are described all the
	// same, because calls of earlier turns refer to them.
	NoTools bool
	// Conversation is an id under which the provider may group requests. Optional.
	Conversation string
}

// How hard a model should think.
const (
	EffortUsual  = "" // what the model does by itself
	EffortLow    = "low"
	EffortMedium = "medium"
	EffortHigh   = "high"
	EffortMax    = "max"
)

// Answer is what a model answered.
type Answer struct {
	// ID is the provider's name of the answer.
	ID string
	// Model is the model that answered, as the provider calls it.
	Model  string
	Blocks []Block
	// Stop is one of the Stop constants.
	Stop string
	// Usage has no cost yet, unless the provider names one.
	Usage Usage
	// FirstChunk is how long the first piece of the answer took.
	FirstChunk time.Duration
}

// Why an answer ended, and with it a run.
const (
	StopEnd       = "end"        // it is complete
	StopToolUse   = "tool_use"   // tools are to be called
	StopMaxTokens = "max_tokens" // it was cut off
	StopRefusal   = "refusal"    // the model will not answer
	StopTooLong   = "too_long"   // the conversation has no room left in the model
	StopPause     = "pause"      // the provider interrupted a long answer; send it back to go on
)

// Why a run ended, beside those.
const (
	StopTurns     = "turns"     // the limit of turns was reached, and the model summed up
	StopTokens    = "tokens"    // the limit of tokens was reached
	StopBudget    = "budget"    // a budget is used up
	StopTime      = "time"      // it took longer than it may
	StopCancelled = "cancelled" // the caller cancelled
	StopFailed    = "failed"    // see the error
)

// The kinds of deltas.
const (
	DeltaText       = "text"        // Text: a piece of the answer
	DeltaThinking   = "thinking"    // Text: a piece of a thought
	DeltaToolUse    = "tool_use"    // ID, Tool: a call begins; Text: its input as far as it is known, cut
	DeltaToolResult = "tool_result" // ID, Tool, IsError; Text: the result, cut
	DeltaRetry      = "retry"       // Text: why; Wait: for how long
	DeltaNotice     = "notice"      // Text: what a person should know
	DeltaTurn       = "turn"        // a turn is complete; Usage: what it used
)

// Delta is what people see of a run while it goes on. Its Text is at most [MaxDelta]
// bytes; a longer piece comes in several or is cut.
type Delta struct {
	Kind    string        `json:"kind"`
	Turn    int           `json:"turn,omitempty"`
	Text    string        `json:"text,omitempty"`
	ID      string        `json:"id,omitempty"`
	Tool    string        `json:"tool,omitempty"`
	IsError bool          `json:"is_error,omitempty"`
	Wait    time.Duration `json:"wait,omitempty"`
	Usage   *Usage        `json:"usage,omitempty"`
}

// MaxDelta is the most bytes of a Delta's Text.
const MaxDelta = 16 << 10
