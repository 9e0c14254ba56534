package agent

import (
	"context"
	"encoding/json"
	"time"

	"github.com/layercake-dev/layercake/core/redact"
)

// Spec is a run of the loop.
type Spec struct {
	// Model answers; ModelName says which of its models. Both are required.
	Model     Model
	ModelName string
	// System and Prompt begin the conversation. Prompt is required.
	System, Prompt string
	// Effort and CacheFor are handed to the model; see [Request].
	Effort   string
	CacheFor time.Duration
	// Conversation is an id under which the provider may group requests. Optional.
	Conversation string

	Tools []Tool
	// Call calls a tool. It is called for several tools at once, must stop when ctx
	// ends, and may panic: a panic and an error are results that say so to the model.
	// Required when there are Tools.
	Call func(ctx context.Context, name string, input json.RawMessage) (Result, error)
	// Parallel is how many tools run at the same time. Defaults to 8.
	Parallel int

	Limits Limits
	// Ledger holds the budgets. Without one, nothing but Limits is held.
	Ledger Ledger
	// Price knows what tokens cost. Defaults to the Model, when it is a [Pricer].
	Price Pricer

	// Turns are the completed turns of an earlier attempt; the loop goes on after them.
	// They count against Limits, and their Usage into the Outcome, but they are not
	// settled with the Ledger again.
	Turns []Turn
	// Record is called after each turn with its tool results, before the next begins.
	// When it returns, the turn must be durable. An error ends the run. Its context does
	// not end when the run is cancelled.
	Record func(ctx context.Context, turn Turn) error
	// Live is shown what happens. It is called by one goroutine at a time, and holds up
	// the run while it works. Optional.
	Live func(Delta)
	// Redact takes secrets out of what tools answer, before anybody sees it. Optional.
	Redact *redact.Redactor

	Retry Retry
	// Clock is the time. Defaults to the real one.
	Clock Clock
}

// Limits end a run. Zero means the default.
type Limits struct {
	// Turns is how often the model is asked. After the last it is asked once more to sum
	// up, without tools. Defaults to 50.
	Turns int
	// Tokens is how many tokens may be sent and received in all. No default.
	Tokens int64
	// Time is how long the run may take, waiting included. Earlier attempts do not
	// count. No default.
	Time time.Duration
	// Turn is how long one request may take. Defaults to 15 minutes.
	Turn time.Duration
	// Silence is how long a request may go on without a piece of an answer. Defaults to
	// 5 minutes.
	Silence time.Duration
	// Answer is how many tokens one answer may have. Defaults to 16 000.
	Answer int64
	// Result is how many bytes of a tool's result are sent to the model. Defaults to
	// 64 KiB.
	Result int
	// Tool is how long one tool may take. Defaults to 10 minutes.
	Tool time.Duration
}

// Retry says how often and when a request is made again that failed for a reason that
// may pass. Zero means the default.
type Retry struct {
	// Tries is how often one request is made at most. Defaults to 6.
	Tries int
	// First and Longest are the shortest and the longest wait; it doubles each time, less
	// up to a quarter at random. Default to 1 second and 1 minute.
	First, Longest time.Duration
	// LongestAsked is how long a provider may ask to wait (Retry-After); when it asks
	// for more, the run fails and says so. Defaults to 5 minutes.
	LongestAsked time.Duration
}

// Clock is the time.
type Clock struct {
	// Now defaults to time.Now.
	Now func() time.Time
	// Wait waits, or returns why not.
	Wait func(ctx context.Context, d time.Duration) error
	// Jitter is a random number of [0,1).
	Jitter func() float64
}

// Result is what a tool answered.
type Result struct {
	Text    string
	IsError bool
}

// Ledger holds budgets. Amounts are millionths of a US dollar. It must be safe for
// concurrent use, and is the only one who knows which budgets there are.
type Ledger interface {
	// Reserve takes between least and want out of every budget that the run counts
	// against and returns how much. When one of them has less than least left, it takes
	// nothing and returns an [*Error] of KindBudget that names the budget. Both are zero
	// when the price of the model is not known; a ledger may refuse that, too.
	Reserve(ctx context.Context, least, want int64) (granted int64, err error)
	// Settle gives back what was reserved and books what was used. It is called once for
	// each Reserve that did not fail, also when nothing was used, with a context that
	// does not end when the run is cancelled. Usage that has a cost never costs more
	// than was granted, unless the provider counted more tokens than [Bound] allows.
	Settle(ctx context.Context, reserved int64, u Usage) error
}

// Turn is one request and what came of it. The conversation is the prompt followed by
// the Answer and the Reply of each turn.
type Turn struct {
	// Number counts from 1.
	Number int `json:"number"`
	// ID and Model are the provider's names of the answer and of the model.
	ID    string `json:"id,omitempty"`
	Model string `json:"model,omitempty"`
	// Answer is what the model said, Reply what was sent back: the results of the tools
	// in the order of the calls, and notes of the loop. Reply has no blocks after the
	// last turn.
	Answer Message `json:"answer"`
	Reply  Message `json:"reply"`
	// Stop is why the answer ended.
	Stop  string `json:"stop"`
	Usage Usage  `json:"usage"`
	// StartedAt is when the first request was made, EndedAt when the last tool answered.
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	// FirstChunk is how long the first piece of the answer took.
	FirstChunk time.Duration `json:"first_chunk,omitempty"`
	// Retries is how often the request was made again.
	Retries int `json:"retries,omitempty"`
	// Trimmed is of how many turns, from the first, the results of tools are left out of
	// the conversation from this turn on, because it had become too long.
	Trimmed int `json:"trimmed,omitempty"`
	// Final says that the run ended with this turn.
	Final bool `json:"final,omitempty"`
}
