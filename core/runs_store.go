package core

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

// RunStore keeps what belongs to the work on runs of agents and is no event: how
// far it is, what it says meanwhile, and what it has cost so far.
type RunStore interface {
	// Workers lists the processes that work the queues.
	Workers(ctx context.Context) ([]Worker, error)

	// PutTurn keeps a turn that is complete, and Turns lists them in order.
	PutTurn(ctx context.Context, r RunRef, turn int, content []byte) error
	Turns(ctx context.Context, p uuid.UUID, run string) ([]KeptTurn, error)

	// AddOutput keeps what a run says, and tells those who follow it. Output lists
	// what came after a piece, at most limit pieces.
	AddOutput(ctx context.Context, r RunRef, pieces []OutputPiece) error
	Output(ctx context.Context, p uuid.UUID, run string, after int64, limit int) ([]OutputPiece, error)
	// FollowOutput calls fn at once, and again whenever the run may have said more,
	// until fn returns an error or the context ends.
	FollowOutput(ctx context.Context, p uuid.UUID, run string, fn func(ctx context.Context) error) error

	// Reserve sets money aside for a call of a model: as much as is wanted, or what
	// the budgets leave. When they leave less than least it returns the budget that
	// is in the way, and sets nothing aside.
	Reserve(ctx context.Context, r RunRef, least, want int64, now time.Time) (granted int64, over *BudgetState, err error)
	// Settle records what the call took, gives back what was set aside, and returns
	// the budgets that it came to.
	Settle(ctx context.Context, r RunRef, c Call) ([]BudgetState, error)
	// Totals is what a run took so far.
	Totals(ctx context.Context, p uuid.UUID, run string) (event.Usage, error)
	// BudgetStates lists the budgets of a project with what is spent of them.
	BudgetStates(ctx context.Context, p uuid.UUID, now time.Time) ([]BudgetState, error)
	// Spending adds up what calls took: by "agent", "gate", "task", "run", "model",
	// "provider" or "day".
	Spending(ctx context.Context, p uuid.UUID, by string, since, until time.Time) ([]Spending, error)

	// Hold puts a run back whose turn has come too early; it says whether it had to
	// wait indeed.
	Hold(ctx context.Context, p uuid.UUID, run string) (bool, error)
}

// RunRef is an attempt at a run, and what budgets count it to.
type RunRef struct {
	Project    uuid.UUID
	Run        string
	Attempt    int
	Role       string
	Task, Gate string
	// MaxCostMicros is the most that the run may cost; 0 is no limit.
	MaxCostMicros int64
}

// Worker is a process that works the queues.
type Worker struct {
	ID      string         `json:"id"`
	Host    string         `json:"host"`
	PID     int            `json:"pid"`
	Program string         `json:"program"`
	Queues  map[string]int `json:"queues"`
	// Alive says that it has been seen a moment ago; Draining that it takes nothing
	// new.
	Alive     bool      `json:"alive"`
	Draining  bool      `json:"draining"`
	StartedAt time.Time `json:"started_at"`
	SeenAt    time.Time `json:"seen_at"`
}

// KeptTurn is a turn of a run as it was kept.
type KeptTurn struct {
	Turn, Attempt int
	Content       []byte
}

// OutputPiece is a part of what a run says.
type OutputPiece struct {
	// ID orders the pieces of a run.
	ID      int64 `json:"id"`
	Attempt int   `json:"attempt"`
	// Kind is "text", "thinking", "tool", "result", "error" or "note".
	Kind string    `json:"kind"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Call is what one call of a model took.
type Call struct {
	Provider, Model                                           string
	InputTokens, OutputTokens, CachedTokens, CacheWriteTokens int64
	CostMicros                                                int64
	CostUnknown                                               bool
	At                                                        time.Time
}

// BudgetState is a budget and what is spent of it.
type BudgetState struct {
	project.Budget

	// SpentMicros is what has been spent, and ReservedMicros what is set aside for
	// calls under way.
	SpentMicros    int64 `json:"spent_micros"`
	ReservedMicros int64 `json:"reserved_micros"`
}

// Spending is what calls took that have something in common.
type Spending struct {
	Subject          string `json:"subject"`
	Calls            int64  `json:"calls"`
	Runs             int64  `json:"runs"`
	InputTokens      int64  `json:"input_tokens"`
	OutputTokens     int64  `json:"output_tokens"`
	CachedTokens     int64  `json:"cached_tokens"`
	CacheWriteTokens int64  `json:"cache_write_tokens"`
	CostMicros       int64  `json:"cost_micros"`
	CostUnknown      bool   `json:"cost_unknown"`
}
