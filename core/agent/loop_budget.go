package agent

import (
	"context"
	"fmt"
	"sort"
	"time"
)

// BudgetTokens is the Error.Budget of Limits.Tokens.
const BudgetTokens = "tokens"

// leastAnswer is the shortest answer worth asking for, in tokens.
const leastAnswer = 256

// Room for what a provider counts differently from one request to the next, such as the
// instructions about tools.
const (
	slackTurn  = 512
	slackCount = 64
	slackShare = 50 // a fiftieth of the provider's own count
)

// bound is how many tokens the prompt has at most. Once the provider has counted the
// conversation, only what was added since is bounded by its bytes.
func (l *loop) bound(req Request) int64 {
	if l.counted == 0 {
		return Bound(req)
	}
	n := l.counted + slackTurn
	for i := len(l.messages) - 1; i >= 0 && l.messages[i].Role == RoleUser; i-- {
		n += sizeOf(l.messages[i])
	}
	return n
}

// reserve takes what the request costs at most out of the budgets, and lowers its
// MaxTokens to what they have left.
func (l *loop) reserve(ctx context.Context, req *Request, t *Turn) (granted int64, err error) {
	prompt := l.bound(*req)
	granted, err = l.grant(ctx, req, prompt, t)
	if err == nil || KindOf(err) != KindBudget {
		return granted, err
	}
	// The bound is far above most counts. Before giving up, have it counted.
	counter, ok := l.Model.(Counter)
	if !ok {
		return 0, err
	}
	counted, failed := counter.Count(ctx, *req)
	if failed != nil {
		return 0, err
	}
	exact := counted + counted/slackShare + slackCount
	if exact >= prompt {
		return 0, err
	}
	return l.grant(ctx, req, exact, t)
}

func (l *loop) grant(ctx context.Context, req *Request, prompt int64, t *Turn) (int64, error) {
	least, most := min(leastAnswer, l.Limits.Answer), l.Limits.Answer
	if limit := l.Limits.Tokens; limit > 0 {
		left := limit - l.usage.Total() - t.Usage.Total()
		most = min(most, left-prompt)
		if most < least {
			return 0, &Error{
				Kind: KindBudget, Budget: BudgetTokens,
				Message: fmt.Sprintf("the run may use %d tokens; the %d that are left do not do for another turn", limit, max(left, 0)),
			}
		}
	}
	req.MaxTokens = most
	if l.Ledger == nil {
		return 0, nil
	}
	if _, known := l.worst(prompt, most); !known {
		return l.Ledger.Reserve(ctx, 0, 0)
	}
	cost := func(answer int64) int64 {
		micros, _ := l.worst(prompt, answer)
		return micros
	}
	granted, err := l.Ledger.Reserve(ctx, cost(least), cost(most))
	if err != nil {
		return 0, err
	}
	// The longest answer that the grant pays for.
	req.MaxTokens = int64(sort.Search(int(most), func(n int) bool { return cost(int64(n)+1) > granted }))
	if req.MaxTokens < least {
		if err := l.settle(ctx, granted, Usage{}); err != nil {
			return 0, err
		}
		return 0, &Error{Kind: KindBudget, Message: fmt.Sprintf("%d millionths of a dollar do not pay for another turn", granted)}
	}
	return granted, nil
}

// worst is what a request costs at most: all of its prompt at the dearest price.
func (l *loop) worst(prompt, answer int64) (micros int64, known bool) {
	if l.Price == nil {
		return 0, false
	}
	cases := []Usage{{Input: prompt, Output: answer}}
	if l.CacheFor >= 0 {
		cases = append(cases, Usage{CacheWrite: prompt, Output: answer})
	}
	if l.CacheFor >= time.Hour {
		cases = append(cases, Usage{CacheWrite1h: prompt, Output: answer})
	}
	for _, u := range cases {
		cost, known := l.Price.Cost(l.ModelName, u)
		if !known {
			return 0, false
		}
		micros = max(micros, cost)
	}
	return micros, true
}

// price completes the usage of an answer.
func (l *loop) price(req Request, answer *Answer, err error) Usage {
	u := answer.Usage
	if err == nil && u.Total() == 0 {
		// Some servers count nothing.
		u = Usage{Input: Estimate(req), Output: EstimateBytes(sizeOf(Message{Blocks: answer.Blocks}))}
	}
	if u.Empty() || u.CostKnown || l.Price == nil {
		return u
	}
	u.CostMicros, u.CostKnown = l.Price.Cost(l.ModelName, u)
	if !u.CostKnown && answer.Model != "" {
		// A name such as "default" has no price; the model that it stands for may have.
		u.CostMicros, u.CostKnown = l.Price.Cost(answer.Model, u)
	}
	return u
}

// settle books what was used.
func (l *loop) settle(ctx context.Context, granted int64, u Usage) error {
	if l.Ledger == nil {
		return nil
	}
	if err := l.Ledger.Settle(context.WithoutCancel(ctx), granted, u); err != nil {
		return &Error{Kind: KindRecord, Message: fmt.Sprintf("book the cost of a turn: %v", err), Err: err}
	}
	return nil
}
