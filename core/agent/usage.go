package agent

// Usage counts the tokens of one turn or of several, and what they cost. Each token is
// counted once: Input is what was neither read from a cache nor written to one.
type Usage struct {
	// Input, Output, CacheRead and CacheWrite are tokens. CacheWrite are those that the
	// provider keeps for its usual time (five minutes with Anthropic), CacheWrite1h those
	// that it keeps for an hour.
	Input        int64 `json:"input"`
	Output       int64 `json:"output"`
	CacheRead    int64 `json:"cache_read"`
	CacheWrite   int64 `json:"cache_write"`
	CacheWrite1h int64 `json:"cache_write_1h"`
	// Reasoning is how many tokens of Output were thoughts, where the provider says so.
	Reasoning int64 `json:"reasoning"`
	// CostMicros is the cost in millionths of a US dollar, rounded up.
	CostMicros int64 `json:"cost_micros"`
	// CostKnown says that CostMicros is all of the cost. Without it the tokens are right
	// and CostMicros is what is known of the cost, often zero.
	CostKnown bool `json:"cost_known"`
}

// Prompt is how many tokens were sent, from wherever the provider took them.
func (u Usage) Prompt() int64 { return u.Input + u.CacheRead + u.CacheWrite + u.CacheWrite1h }

// Total is how many tokens were sent and received.
func (u Usage) Total() int64 { return u.Prompt() + u.Output }

// Empty reports whether nothing was counted.
func (u Usage) Empty() bool { return u.Total() == 0 && u.CostMicros == 0 }

// Plus returns the sum of two usages. Its cost is known when both are; nothing used
// costs nothing.
func (u Usage) Plus(o Usage) Usage {
	if u.Empty() {
		return o
	}
	if o.Empty() {
		return u
	}
	return Usage{
		Input:        u.Input + o.Input,
		Output:       u.Output + o.Output,
		CacheRead:    u.CacheRead + o.CacheRead,
		CacheWrite:   u.CacheWrite + o.CacheWrite,
		CacheWrite1h: u.CacheWrite1h + o.CacheWrite1h,
		Reasoning:    u.Reasoning + o.Reasoning,
		CostMicros:   u.CostMicros + o.CostMicros,
		CostKnown:    u.CostKnown && o.CostKnown,
	}
}

// Pricer knows what tokens cost. The cost must not fall when any count of u rises,
// because budgets are held by asking for the dearest case.
type Pricer interface {
	// Cost is the cost of u in millionths of a US dollar, rounded up, at the price of
	// one request whose prompt has u.Prompt() tokens. known is false for a model whose
	// price nobody has written down.
	Cost(model string, u Usage) (micros int64, known bool)
}
