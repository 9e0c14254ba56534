package price_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/price"
)

func TestTheFileIsWhole(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("prices.json")
	require.NoError(t, err)
	rows, err := price.Parse(data)
	require.NoError(t, err)
	require.Equal(t, rows, price.List())
	require.GreaterOrEqual(t, len(rows), 18)
	seen := map[string]bool{}
	for _, r := range rows {
		require.False(t, seen[r.Provider+r.Model], r.Model)
		seen[r.Provider+r.Model] = true
		require.Regexp(t, `^20\d\d-\d\d(-\d\d)?$`, r.AsOf)
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	const million = 1_000_000
	for _, c := range []struct {
		provider, model string
		u               agent.Usage
		want            int64
	}{
		{"anthropic", "claude-opus-5-5", agent.Usage{Input: million, Output: million, CacheRead: million, CacheWrite: million, CacheWrite1h: million}, 37_200_000},
		{"anthropic", "claude-opus-5-5", agent.Usage{Input: 1}, 4},
		{"anthropic", "claude-opus-5-5", agent.Usage{CacheRead: 1}, 1}, // 0.2, rounded up
		{"anthropic", "claude-opus-5-5", agent.Usage{CacheRead: 6}, 2}, // 1.2
		{"anthropic", "claude-opus-5-5", agent.Usage{CacheRead: 5}, 1}, // exactly 1
		{"anthropic", "claude-haiku-5-5", agent.Usage{Input: 100_000, Output: 1000}, 10_500},
		{"anthropic", "claude-haiku-5-5", agent.Usage{Input: 100_001, Output: 1000}, 52_501}, // all of it at the higher price
		{"anthropic", "claude-haiku-5-5", agent.Usage{CacheRead: 100_001}, 5001},
		{"openai", "gpt-6.1-sol", agent.Usage{Input: 1000, CacheRead: 1000, Output: 100}, 3100},
		{"openai", "gpt-6.1-sol", agent.Usage{Input: 300_000, Output: 100}, 1_201_500},
		{"openai", "gpt-5.4-mini", agent.Usage{Input: million, CacheWrite: million}, 1_500_000},
	} {
		got, known := price.Cost(c.provider, c.model, c.u)
		require.True(t, known, c.model)
		require.Equal(t, c.want, got, "%s %+v", c.model, c.u)
	}
	huge, _ := price.Cost("anthropic", "claude-opus-5-5", agent.Usage{Input: math.MaxInt64 / 2, Output: math.MaxInt64 / 2})
	require.Equal(t, int64(math.MaxInt64), huge)
}

func TestFind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"claude-haiku-4-5-20251001": "claude-haiku-4-5", "claude-opus-5": "claude-opus-5", "claude-opus-5-5": "claude-opus-5-5",
		"claude-opus-5-latest": "claude-opus-5", "anthropic/claude-opus-5-5": "claude-opus-5-5",
	} {
		row, ok := price.Find("anthropic", name)
		require.True(t, ok, name)
		require.Equal(t, want, row.Model)
	}
	row, ok := price.Find("openai", "gpt-5.4-2026-03-05")
	require.True(t, ok)
	require.Equal(t, "gpt-5.4", row.Model)
	for _, name := range []string{"claude-opus-5-7", "claude-opus-5x", "claude-opus-5-fast", "", "gpt-5.4", "claude", "claude-opus-5-2026010x"} {
		_, ok := price.Find("anthropic", name)
		require.False(t, ok, name)
	}
}

func TestMoreTokensNeverCostLess(t *testing.T) {
	t.Parallel()
	rows := price.List()
	rapid.Check(t, func(r *rapid.T) {
		row := rapid.SampledFrom(rows).Draw(r, "row")
		n := func(name string) int64 { return rapid.Int64Range(0, 500_000).Draw(r, name) }
		u := agent.Usage{Input: n("input"), Output: n("output"), CacheRead: n("read"), CacheWrite: n("write"), CacheWrite1h: n("write 1h")}
		more := u
		*rapid.SampledFrom([]*int64{&more.Input, &more.Output, &more.CacheRead, &more.CacheWrite, &more.CacheWrite1h}).Draw(r, "which") += n("more")
		require.GreaterOrEqual(r, row.Cost(more), row.Cost(u))
	})
}

func TestBrokenRowsAreRefused(t *testing.T) {
	t.Parallel()
	good := price.Row{Provider: "p", Model: "m", AsOf: "2026-01", Source: "s", Tiers: []price.Tier{{UpTo: 10, Input: 1, Output: 2}, {Input: 2, Output: 2}}}
	for name, change := range map[string]func(*price.Row){
		"no source":       func(r *price.Row) { r.Source = "" },
		"no date":         func(r *price.Row) { r.AsOf = "" },
		"no tiers":        func(r *price.Row) { r.Tiers = nil },
		"falling":         func(r *price.Row) { r.Tiers[1].Input = 0.5 },
		"negative":        func(r *price.Row) { r.Tiers[0].Output = -1 },
		"no last":         func(r *price.Row) { r.Tiers[1].UpTo = 20 },
		"ends that fall":  func(r *price.Row) { r.Tiers = []price.Tier{{UpTo: 10}, {UpTo: 5}, {}} },
		"an end too soon": func(r *price.Row) { r.Tiers[0].UpTo = 0 },
	} {
		row := good
		row.Tiers = append([]price.Tier(nil), good.Tiers...)
		change(&row)
		data, err := json.Marshal([]price.Row{row})
		require.NoError(t, err)
		_, err = price.Parse(data)
		require.Error(t, err, name)
	}
	_, err := price.Parse([]byte("{"))
	require.Error(t, err)
}
