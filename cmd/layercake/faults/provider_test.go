//go:build unix

package faults

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
	"github.com/layercake-dev/layercake/core/search/embed/embedtest"
)

const (
	// inFlight is how many requests an indexing makes at a time, and inRequest how
	// many texts one has, where the provider is a server of one's own.
	inFlight, inRequest = 4, 64
	// functions is how many pieces every round adds: less than are laid out at a
	// time, and enough that several requests come before and after the end.
	functions = 900
)

// shopper is a user with a provider, and so many files.
type shopper struct {
	*user

	files int
}

// TestKilledWhilePaying kills an indexing with signal 9 while a provider makes its
// vectors. What was kept is not paid for again, and the index comes to its end.
func TestKilledWhilePaying(t *testing.T) {
	t.Parallel()
	p := embedtest.New()
	defer p.Close()
	p.Vector = func(text string, dims int) []float32 { // quick
		v := make([]float32, dims)
		embedtest.Add(v, text, 1)
		return v
	}
	u := buyer(t, p)
	rounds := faulttest.Rounds(1, 50)

	// At moments when nothing is between an answer and the cache: all requests that
	// are made at a time are being held.
	for round := range rounds {
		u.file(t, fmt.Sprintf("held%d.go", round), round)
		for range 2 {
			u.killedHolding(t, p, 1+rand.N(inFlight))
		}
		p.Behave(nil)
		u.complete(t, p)
		require.Empty(t, p.Twice(), "paid for again")
	}
	t.Logf("%d kills between requests: of %d texts none was paid for twice", 2*rounds, p.Paid())

	// And at any moment: what was under way may be paid for again, and no more.
	whole := u.timed(t)
	killed := 0
	for round := range rounds {
		u.file(t, fmt.Sprintf("any%d.go", round), 100+round)
		if u.strikeAfter(t, moments{whole, rounds}.in(round), true, "search", "index") {
			killed++
		}
		u.complete(t, p)
	}
	again := len(p.Twice())
	require.LessOrEqual(t, again, killed*inFlight*inRequest)
	t.Logf("%d rounds, %d killed at any moment: %d of %d texts were paid for twice", rounds, killed, again, p.Paid())
}

// killedHolding has the provider answer some requests, and kills the indexing when
// the next ones are made.
func (u *shopper) killedHolding(t *testing.T, p *embedtest.Server, answered int) {
	t.Helper()
	held := make(chan struct{}, inFlight)
	p.Behave(embedtest.Holding(int64(answered), func() { held <- struct{}{} }))
	s := u.strike(t, "search", "index")
	timeout := time.After(patience)
	for range inFlight {
		select {
		case <-held:
		case <-timeout:
			s.kill(true)
			require.FailNow(t, "too few requests")
		}
	}
	paid := p.Paid()
	require.GreaterOrEqual(t, paid, answered*inRequest/2)
	s.kill(true)
	require.True(t, s.wait(t), "it ended by itself")
	require.Equal(t, "interrupted", u.state(t).Data.State)
	require.Equal(t, paid, p.Paid())
}

// complete ends an indexing that was cut off, and looks whether all is there.
func (u *shopper) complete(t *testing.T, p *embedtest.Server) {
	t.Helper()
	u.must(t, "search", "index")
	st := u.state(t).Data
	require.Equal(t, "current", st.State)
	require.Empty(t, st.Provider.Missing)
	require.Equal(t, st.Size.Chunks, st.Provider.Chunks)
	require.LessOrEqual(t, st.Size.Chunks, p.Paid())
	require.GreaterOrEqual(t, st.Size.Chunks, u.files*functions, "nothing was left out")
}

// timed is how long an indexing of a file takes.
func (u *shopper) timed(t *testing.T) time.Duration {
	t.Helper()
	u.file(t, "timed.go", -1)
	began := time.Now()
	u.must(t, "search", "index")
	return time.Since(began)
}

func buyer(t *testing.T, p *embedtest.Server) *shopper {
	t.Helper()
	base, _ := newUserOnServer(t)
	u := &shopper{user: base}
	u.init(t)
	u.must(t, "search", "index")
	u.set("OPENAI_API_KEY", embedtest.Key)
	for key, value := range map[string]string{
		"provider": "openai-compatible", "model": "text-embedding-3-small", "dimensions": "256", "base_url": p.Base(), "key_env": "OPENAI_API_KEY",
	} {
		u.must(t, "config", "set", "search."+key, value)
	}
	return u
}

// file writes a file with functions, each of which is a piece.
func (u *shopper) file(t *testing.T, name string, seed int) {
	t.Helper()
	u.files++
	var b strings.Builder
	b.WriteString("package shop\n")
	for f := range functions {
		const lines = 24
		fmt.Fprintf(&b, "\nfunc part%dOf%d() int {\n\ttotal := 0\n", f, seed)
		for n := range lines {
			fmt.Fprintf(&b, "\ttotal += loaves%d(%d, %d, %q)\n", (f*7+n)%97, seed, f*lines+n, "of the shop")
		}
		b.WriteString("\treturn total\n}\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(u.dir, name), []byte(b.String()), 0o644))
}

// indexState is what `search status` says.
type indexState struct {
	Data struct {
		State string `json:"state"`
		Size  struct {
			Chunks int `json:"chunks"`
		} `json:"size"`
		Provider struct {
			Chunks  int    `json:"chunks"`
			Missing string `json:"missing"`
		} `json:"provider"`
	} `json:"data"`
}

func (u *shopper) state(t *testing.T) *indexState {
	t.Helper()
	var st indexState
	require.NoError(t, json.Unmarshal([]byte(u.must(t, "search", "status", "--json")), &st))
	return &st
}
