package embed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// Options say how an [Embedder] works.
type Options struct {
	// MaxCost is how much may be spent in all, in US dollars; zero is no limit.
	MaxCost float64
	// QueryLimit is how long a question may take. Defaults to [DefaultQueryLimit].
	QueryLimit time.Duration
}

// DefaultQueryLimit is how long an answer waits for a provider.
const DefaultQueryLimit = 2 * time.Second

// Embedder takes any number of texts, looks into a cache first, and keeps to a
// budget. It is safe for concurrent use.
type Embedder struct {
	provider Provider
	cache    Cache
	opts     Options

	mu sync.Mutex
	// spent is what was paid, reserved what requests that are under way will cost.
	spent, reserved float64
}

// NewEmbedder returns an Embedder.
func NewEmbedder(p Provider, c Cache, o Options) *Embedder {
	if o.QueryLimit == 0 {
		o.QueryLimit = DefaultQueryLimit
	}
	return &Embedder{provider: p, cache: c, opts: o}
}

// Space says which vectors these are.
func (e *Embedder) Space() Space { return e.provider.Space() }

// Limits says how much the provider takes at once.
func (e *Embedder) Limits() Limits { return e.provider.Limits() }

// Estimate says what texts will cost.
type Estimate struct {
	Texts int `json:"texts"`
	// Cached of them cost nothing, because their vectors are kept.
	Cached int `json:"cached"`
	// Tokens is how many the others have, estimated rather too high.
	Tokens int64 `json:"tokens"`
	// Cost is in US dollars; it means something if Price.Known.
	Cost  float64 `json:"cost"`
	Price Price   `json:"price"`
}

// String is the estimate in a sentence.
func (s Estimate) String() string {
	cost := "what that costs is not known"
	switch {
	case s.Price.Known && s.Cost == 0:
		cost = "that costs nothing"
	case s.Price.Known:
		cost = fmt.Sprintf("about $%.4f at %s", s.Cost, s.Price)
	}
	return fmt.Sprintf("%d texts, %d of them known already; about %d tokens to embed: %s", s.Texts, s.Cached, s.Tokens, cost)
}

// Add puts two estimates together, for texts that are looked at some at a time.
func (s Estimate) Add(o Estimate) Estimate {
	s.Texts, s.Cached, s.Tokens, s.Cost, s.Price = s.Texts+o.Texts, s.Cached+o.Cached, s.Tokens+o.Tokens, s.Cost+o.Cost, o.Price
	return s
}

// Estimate says what texts would cost. Nobody is asked.
func (e *Embedder) Estimate(ctx context.Context, texts []string) (Estimate, error) {
	s := Estimate{Texts: len(texts), Price: e.provider.Price()}
	j, err := e.job(ctx, texts, Document)
	if err != nil {
		return s, err
	}
	s.Cached = j.cached
	for _, i := range j.open {
		s.Tokens += int64(Tokens(texts[i]))
	}
	s.Cost = s.Price.Cost(s.Tokens)
	return s, nil
}

// CodeBudget is the code of the error when more would be spent than is allowed.
const CodeBudget = "search_budget"

// Check refuses what an estimate says is more than is left of the budget. It is for
// before the first request.
func (e *Embedder) Check(s Estimate) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.opts.MaxCost <= 0 || !s.Price.Known || e.spent+s.Cost <= e.opts.MaxCost {
		return nil
	}
	return fault.NotAllowed(CodeBudget, "the vectors would cost about $%.4f (%d tokens, %s), and search.max_cost allows $%g",
		s.Cost, s.Tokens, s.Price, e.opts.MaxCost).
		WithHint("run `layercake config set search.max_cost %.2f` to allow it; nothing was spent", roundUp(e.spent+s.Cost)).
		WithDetails(s)
}

// roundUp is an amount with two digits that is enough.
func roundUp(cost float64) float64 { return float64(int(cost*100)+1) / 100 }

// reserve sets aside what a request will cost, or says that it is too much.
func (e *Embedder) reserve(cost float64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.opts.MaxCost > 0 && e.spent+e.reserved+cost > e.opts.MaxCost {
		return fault.NotAllowed(CodeBudget, "stopped: $%.4f are spent, the next request would go beyond the $%g that search.max_cost allows",
			e.spent, e.opts.MaxCost).
			WithHint("run `layercake config set search.max_cost %.2f` and `layercake search index` to go on: what is done is kept", roundUp(2*e.opts.MaxCost))
	}
	e.reserved += cost
	return nil
}

// settle puts what a request did cost in place of what was set aside.
func (e *Embedder) settle(reserved, spent float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reserved -= reserved
	e.spent += spent
}

// Spent says what was paid by this Embedder, as far as prices are known.
func (e *Embedder) Spent() float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.spent
}

// Query returns the vector of a question. A provider that takes longer than
// Options.QueryLimit is not waited for: the error has [CodeSlow], and the answer is
// made without.
func (e *Embedder) Query(ctx context.Context, text string) ([]float32, error) {
	text = Cut(text, e.provider.Limits().InputTokens)
	limited, cancel := context.WithTimeout(ctx, e.opts.QueryLimit)
	defer cancel()
	key := [][]byte{Key(text, Query)}
	kept, err := e.cache.Get(limited, e.Space(), key)
	if err != nil {
		return nil, err
	}
	if v, ok := kept[string(key[0])]; ok {
		return v, nil
	}
	reply, err := e.provider.Embed(limited, []string{text}, Query)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fault.New(fault.KindTimeout, CodeSlow, "%s did not answer within %s", e.Space().Provider, e.opts.QueryLimit).
			WithHint("run the search again: the answer was made without it")
	}
	if err != nil {
		return nil, err
	}
	e.settle(0, e.provider.Price().Cost(reply.Tokens))
	// It was paid for: not keeping it is no reason to fail.
	_ = e.cache.Put(ctx, e.Space(), key, reply.Vectors)
	return reply.Vectors[0], nil
}
