// Package price knows what tokens cost. The prices are a file of dated rows, each with
// its source; what is not in it has no known price.
package price

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"sync"

	"github.com/layercake-dev/layercake/core/agent"
)

//go:embed prices.json
var file []byte

// Row is the price of a model.
type Row struct {
	// Provider is the provider's name here, such as "anthropic", Model its own name of
	// the model, without a date.
	Provider string `json:"provider"`
	Model    string `json:"model"`
	// AsOf is when it was so, and Source who said it.
	AsOf   string `json:"as_of"`
	Source string `json:"source"`
	// Note says which of the numbers are not from the source.
	Note string `json:"note,omitempty"`
	// Tiers are the prices by the size of the prompt, the smallest first. The prices of a
	// tier hold for all tokens of a request.
	Tiers []Tier `json:"tiers"`
}

// Tier are the prices of requests whose prompt has at most UpTo tokens; the last tier has
// no end. Prices are US dollars per million tokens.
type Tier struct {
	UpTo   int64   `json:"up_to,omitempty"`
	Input  float64 `json:"input"`
	Output float64 `json:"output"`
	// CacheRead, CacheWrite and CacheWrite1h are the price of Input when they are zero.
	CacheRead    float64 `json:"cache_read,omitempty"`
	CacheWrite   float64 `json:"cache_write,omitempty"`
	CacheWrite1h float64 `json:"cache_write_1h,omitempty"`
}

//nolint:gochecknoglobals // read once, when it is first needed, and never changed
var table = sync.OnceValues(func() ([]Row, error) { return Parse(file) })

// Parse reads rows and checks them.
func Parse(data []byte) ([]Row, error) {
	var rows []Row
	if err := json.Unmarshal(data, &rows); err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	for _, r := range rows {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("the price of %s %s: %w", r.Provider, r.Model, err)
		}
	}
	return rows, nil
}

// check sees to it that more tokens never cost less, which budgets build on.
func (r Row) check() error {
	if r.Provider == "" || r.Model == "" || r.AsOf == "" || r.Source == "" || len(r.Tiers) == 0 {
		return errors.New("it lacks a provider, a model, a date, a source or tiers")
	}
	var last Tier
	for i, t := range r.Tiers {
		if end := i == len(r.Tiers)-1; end != (t.UpTo == 0) || !end && t.UpTo <= last.UpTo {
			return errors.New("the ends of its tiers do not rise, or the last has one")
		}
		t = t.whole()
		for _, pair := range [][2]float64{
			{last.Input, t.Input}, {last.Output, t.Output}, {last.CacheRead, t.CacheRead}, {last.CacheWrite, t.CacheWrite}, {last.CacheWrite1h, t.CacheWrite1h},
		} {
			if pair[1] < pair[0] || pair[1] > 1e6 {
				return errors.New("a price falls from one tier to the next, or is negative or absurd")
			}
		}
		last = t
	}
	return nil
}

func (t Tier) whole() Tier {
	for _, p := range []*float64{&t.CacheRead, &t.CacheWrite, &t.CacheWrite1h} {
		if *p == 0 {
			*p = t.Input
		}
	}
	return t
}

// List returns all rows.
func List() []Row {
	rows, err := table()
	if err != nil {
		return nil // a test reads the file
	}
	return rows
}

// Find returns the row of a model. Its name may have a date at its end, as in
// claude-haiku-4-5-20251001, and the provider's name before it, as in openai/gpt-5.5.
func Find(provider, model string) (Row, bool) {
	model = strings.TrimPrefix(model, provider+"/")
	for _, r := range List() {
		if r.Provider != provider {
			continue
		}
		if rest, ok := strings.CutPrefix(model, r.Model); ok && (rest == "" || rest == "-latest" || isDate(rest)) {
			return r, true
		}
	}
	return Row{}, false
}

// isDate reports whether the end of a name is -20260131 or -2026-01-31.
func isDate(end string) bool {
	const digits = 8
	compact := strings.ReplaceAll(end, "-", "")
	if !strings.HasPrefix(end, "-20") || len(compact) != digits || len(end) != digits+1 && len(end) != digits+3 {
		return false
	}
	return strings.Trim(compact, "0123456789") == ""
}

// Cost is the cost of a request in millionths of a US dollar, rounded up. known is false
// for a model without a row.
func Cost(provider, model string, u agent.Usage) (micros int64, known bool) {
	row, ok := Find(provider, model)
	if !ok {
		return 0, false
	}
	return row.Cost(u), true
}

// Cost is the cost of a request in millionths of a US dollar, rounded up.
func (r Row) Cost(u agent.Usage) int64 {
	tier := r.Tiers[len(r.Tiers)-1]
	for _, t := range r.Tiers {
		if u.Prompt() <= t.UpTo {
			tier = t
			break
		}
	}
	t := tier.whole()
	var sum amount
	sum.add(u.Input, t.Input)
	sum.add(u.Output, t.Output)
	sum.add(u.CacheRead, t.CacheRead)
	sum.add(u.CacheWrite, t.CacheWrite)
	sum.add(u.CacheWrite1h, t.CacheWrite1h)
	return sum.micros()
}

// perMillion turns dollars into their millionths, and tokens into their millions.
const perMillion = 1_000_000

// amount is a sum of tokens times millionths of a dollar per million of them, exact.
type amount struct{ high, low uint64 }

func (a *amount) add(tokens int64, dollars float64) {
	high, low := bits.Mul64(uint64(max(0, tokens)), uint64(math.Round(dollars*perMillion)))
	var carry uint64
	a.low, carry = bits.Add64(a.low, low, 0)
	a.high += high + carry
}

func (a *amount) micros() int64 {
	low, carry := bits.Add64(a.low, perMillion-1, 0)
	if a.high += carry; a.high >= perMillion {
		return math.MaxInt64
	}
	n, _ := bits.Div64(a.high, low, perMillion)
	return int64(min(n, math.MaxInt64))
}
