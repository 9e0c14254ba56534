package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/agent"
)

// purse is a ledger with one budget.
type purse struct {
	mu                      sync.Mutex
	left, held, spent, over int64
	open                    int
}

func (p *purse) Reserve(_ context.Context, least, want int64) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left < least {
		return 0, &agent.Error{Kind: agent.KindBudget, Budget: "purse", Message: fmt.Sprintf("%d are left of the purse", p.left)}
	}
	granted := min(p.left, want)
	p.left -= granted
	p.held += granted
	p.open++
	return granted, nil
}

func (p *purse) Settle(_ context.Context, reserved int64, u agent.Usage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.held -= reserved
	p.left += reserved - u.CostMicros
	p.spent += u.CostMicros
	p.over = max(p.over, u.CostMicros-reserved)
	return nil
}

// prices are dollars per million tokens, which is millionths of a dollar per token.
type prices struct{ input, output, read, write, write1h float64 }

func (p prices) cost(u agent.Usage) (int64, bool) {
	c := p.input*float64(u.Input) + p.output*float64(u.Output) + p.read*float64(u.CacheRead) + p.write*float64(u.CacheWrite) + p.write1h*float64(u.CacheWrite1h)
	n := int64(c)
	if float64(n) < c {
		n++
	}
	return n, true
}

func TestNoBudgetIsEverOverrun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		price := func(name string) float64 { return float64(rapid.IntRange(0, 50_000).Draw(r, name)) / 1000 }
		p := prices{price("input"), price("output"), 0, price("write"), price("write 1h")}
		p.read = min(p.input, price("read"))
		budget := rapid.Int64Range(0, 3_000_000).Draw(r, "budget")
		tokens := rapid.Int64Range(0, 400_000).Draw(r, "tokens")
		s := &script{cost: p.cost}
		// Each request uses anything that a provider may count: a prompt within the bound,
		// spread over the caches, and an answer within MaxTokens.
		var previous int64
		answer := func(_ context.Context, req agent.Request, _ func(agent.Delta)) (*agent.Answer, error) {
			require.Positive(r, req.MaxTokens)
			most := agent.Bound(req)
			if previous > 0 {
				// What was counted before does not count for more the next time.
				most = min(most, previous+200)
			}
			prompt := rapid.Int64Range(min(previous, most), most).Draw(r, "prompt")
			u := agent.Usage{Output: rapid.Int64Range(1, req.MaxTokens).Draw(r, "answer")}
			u.CacheRead = rapid.Int64Range(0, prompt).Draw(r, "read")
			u.CacheWrite = rapid.Int64Range(0, prompt-u.CacheRead).Draw(r, "write")
			u.Input = prompt - u.CacheRead - u.CacheWrite
			switch rapid.IntRange(0, 5).Draw(r, "what happens") {
			case 0:
				return &agent.Answer{Usage: u}, &agent.Error{Kind: agent.KindServer, Message: "cut"}
			case 1:
				return nil, &agent.Error{Kind: agent.KindOverloaded, Message: "busy"}
			}
			previous = u.Prompt() + u.Output
			return &agent.Answer{Stop: agent.StopToolUse, Usage: u, Blocks: []agent.Block{use("1", "echo", `{"text":"again"}`)}}, nil
		}
		for range 200 {
			s.steps = append(s.steps, answer)
		}
		purse := &purse{left: budget}
		sp := spec(s)
		sp.Ledger = purse
		sp.Limits.Turns, sp.Limits.Tokens, sp.Limits.Answer = 20, tokens, rapid.Int64Range(1, 20_000).Draw(r, "most of an answer")
		out, _ := agent.Run(context.Background(), sp)
		require.LessOrEqual(r, purse.spent, budget)
		require.LessOrEqual(r, purse.over, int64(0), "no turn costs more than it was granted")
		require.Zero(r, purse.open)
		require.Zero(r, purse.held)
		require.Equal(r, purse.spent, out.Usage.CostMicros)
		if tokens > 0 {
			require.LessOrEqual(r, out.Usage.Total(), tokens)
		}
	})
}

func TestABudgetLowersTheAnswerToTheToken(t *testing.T) {
	t.Parallel()
	p := prices{input: 1, output: 10, write: 1}
	s := &script{steps: []step{says("done")}, cost: p.cost}
	sp := spec(s)
	bound := agent.Bound(agent.Request{System: sp.System, Messages: []agent.Message{agent.UserText(sp.Prompt)}, Tools: sp.Tools})
	sp.Ledger = &purse{left: bound + 10*1234 + 9}
	_, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, int64(1234), s.requests[0].MaxTokens)
}

func TestAUsedUpBudgetStopsBeforeTheRequest(t *testing.T) {
	t.Parallel()
	p := prices{input: 1, output: 10}
	for _, c := range []struct {
		name   string
		change func(*agent.Spec)
		stop   string
		words  string
	}{
		{"money", func(sp *agent.Spec) { sp.Ledger = &purse{left: 3000} }, agent.StopBudget, "3000 are left of the purse"},
		{"tokens", func(sp *agent.Spec) { sp.Limits.Tokens = 500 }, agent.StopTokens, "the run may use 500 tokens"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &script{cost: p.cost}
			sp := spec(s)
			c.change(&sp)
			out, err := agent.Run(t.Context(), sp)
			require.Equal(t, agent.KindBudget, agent.KindOf(err))
			require.ErrorContains(t, err, c.words)
			require.Equal(t, c.stop, out.Stop)
			require.Empty(t, s.requests)
		})
	}
}

func TestBeforeABudgetEndsARunTheProviderCounts(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{says("done")}, cost: prices{input: 1, output: 1}.cost}
	s.count = func(agent.Request) (int64, error) { return 300, nil }
	sp := spec(s)
	sp.Model = counting{s}
	sp.Prompt = strings.Repeat("word ", 10_000)
	sp.Ledger = &purse{left: 1000}
	_, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.Equal(t, int64(1000-300-6-64), s.requests[0].MaxTokens)
}

func TestAnUnknownPriceReservesNothingAndCountsTokens(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{says("done")}}
	sp := spec(s)
	purse := &purse{left: 5}
	sp.Ledger = purse
	out, err := agent.Run(t.Context(), sp)
	require.NoError(t, err)
	require.False(t, out.Usage.CostKnown)
	require.Equal(t, int64(110), out.Usage.Total())
	require.Equal(t, int64(5), purse.left)
}

func TestAServerThatDoesNotCountIsCountedFor(t *testing.T) {
	t.Parallel()
	silent := func(context.Context, agent.Request, func(agent.Delta)) (*agent.Answer, error) {
		return &agent.Answer{Stop: agent.StopEnd, Blocks: []agent.Block{{Type: agent.BlockText, Text: strings.Repeat("x", 300)}}}, nil
	}
	out, err := agent.Run(t.Context(), spec(&script{steps: []step{silent}}))
	require.NoError(t, err)
	require.Greater(t, out.Usage.Output, int64(99))
	require.Positive(t, out.Usage.Input)
}

func TestBoundCountsEveryByte(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.String()
		req := agent.Request{System: text.Draw(r, "system")}
		bytes := len(req.System)
		for range rapid.IntRange(0, 5).Draw(r, "messages") {
			b := agent.Block{Text: text.Draw(r, "text"), Result: text.Draw(r, "result"), Input: json.RawMessage(text.Draw(r, "input"))}
			bytes += len(b.Text) + len(b.Result) + len(b.Input)
			req.Messages = append(req.Messages, agent.Message{Blocks: []agent.Block{b}})
		}
		require.GreaterOrEqual(r, agent.Bound(req), int64(bytes))
		require.GreaterOrEqual(r, agent.Estimate(req)*3, int64(bytes))
	})
}
