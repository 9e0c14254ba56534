package embed_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// narrow is a provider with other limits and another price.
type narrow struct {
	embed.Provider
	limits embed.Limits
	price  embed.Price
}

func (n narrow) Limits() embed.Limits { return n.limits }
func (n narrow) Price() embed.Price   { return n.price }

func numbered(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("text number %d", i)
	}
	return texts
}

// TestInOrder says that vectors come in the order of the texts, whatever the limits,
// and that no request is beyond them.
func TestInOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, 8, nil)
	cfg := s.config(embed.Compatible)
	cfg.Dims, cfg.KeyEnv = 8, "MY_KEY"
	c := client(t, cfg)
	rapid.Check(t, func(r *rapid.T) {
		limits := embed.Limits{
			InputTokens: 1000, Inputs: rapid.IntRange(1, 9).Draw(r, "inputs"),
			RequestTokens: rapid.IntRange(1, 60).Draw(r, "tokens"), Requests: rapid.IntRange(1, 5).Draw(r, "requests"),
		}
		texts := rapid.SliceOfN(rapid.StringMatching(`[a-c]{1,3}( [a-z]{1,9}){0,5}`), 0, 40).Draw(r, "texts")
		before := len(s.seen)
		e := embed.NewEmbedder(narrow{c, limits, embed.Price{}}, embed.NewMemory(), embed.Options{})
		result, err := e.Documents(context.Background(), texts)
		if err != nil {
			r.Fatal(err)
		}
		for i, text := range texts {
			want := vectorOf(text, 8)
			for d := range want {
				if diff := want[d] - result.Vectors[i][d]; diff > 1e-5 || diff < -1e-5 {
					r.Fatalf("vector %d is another one", i)
				}
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		asked := map[string]bool{}
		for _, in := range s.seen[before:] {
			tokens := 0
			for _, text := range in.Input {
				if asked[text] {
					r.Fatalf("%q was asked for twice", text)
				}
				asked[text] = true
				tokens += embed.Tokens(text)
			}
			if len(in.Input) > limits.Inputs || len(in.Input) > 1 && tokens > limits.RequestTokens {
				r.Fatalf("a request has %d texts with %d tokens", len(in.Input), tokens)
			}
		}
	})
}

// TestAtATime says that so many requests are under way, and no more.
func TestAtATime(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	waiting, release := 0, make(chan struct{})
	s := serve(t, 1536, func(_ http.ResponseWriter, r *http.Request, _ request, _ int64) bool {
		mu.Lock()
		waiting++
		if waiting == 3 {
			close(release) // all that may be are there
		}
		mu.Unlock()
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return false
	})
	c := client(t, s.config(embed.OpenAI))
	limits := embed.Limits{InputTokens: 100, Inputs: 2, RequestTokens: 1000, Requests: 3}
	e := embed.NewEmbedder(narrow{c, limits, embed.Price{}}, embed.NewMemory(), embed.Options{})
	result, err := e.Documents(t.Context(), numbered(30))
	require.NoError(t, err)
	assert.Equal(t, 15, result.Requests)
	assert.EqualValues(t, 3, s.most.Load())
}

// TestOneBadText says that a text that is not taken is found, and only that one is
// left out.
func TestOneBadText(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, func(w http.ResponseWriter, _ *http.Request, in request, _ int64) bool {
		if !slices.ContainsFunc(in.Input, func(text string) bool { return strings.Contains(text, "number 17") }) {
			return false
		}
		say(w, http.StatusBadRequest, `{"error":{"message":"Invalid 'input[0]'","type":"invalid_request_error","param":"input","code":null}}`)
		return true
	})
	cache := embed.NewMemory()
	e := embed.NewEmbedder(client(t, s.config(embed.OpenAI)), cache, embed.Options{})
	texts := append(numbered(40), "  \n", "text number 17")
	result, err := e.Documents(t.Context(), texts)
	require.NoError(t, err)
	require.Len(t, result.Skipped, 3)
	assert.Equal(t, embed.Skipped{Text: 40, Reason: "there is nothing in it"}, result.Skipped[0])
	assert.Equal(t, 17, result.Skipped[1].Text)
	assert.Equal(t, 41, result.Skipped[2].Text)
	assert.Contains(t, result.Skipped[1].Reason, "Invalid 'input[0]'")
	for i := range numbered(40) {
		if i != 17 {
			same(t, texts[i], result.Vectors[i])
		}
	}
	assert.Nil(t, result.Vectors[17])
	assert.LessOrEqual(t, s.requests.Load(), int64(13))
}

// TestAllBad says that it is not tried with each text when no text is taken at all.
func TestAllBad(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, func(w http.ResponseWriter, _ *http.Request, _ request, _ int64) bool {
		say(w, http.StatusBadRequest, `{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}`)
		return true
	})
	e := embed.NewEmbedder(client(t, s.config(embed.OpenAI)), embed.NewMemory(), embed.Options{})
	_, err := e.Documents(t.Context(), numbered(200))
	require.Equal(t, embed.CodeRefused, fault.CodeOf(err), "%v", err)
	assert.Less(t, s.requests.Load(), int64(20))
}

// TestCache says that nothing is paid for twice, by whatever way it comes.
func TestCache(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, nil)
	cache := embed.NewMemory()
	first := embed.NewEmbedder(client(t, s.config(embed.OpenAI)), cache, embed.Options{})
	_, err := first.Documents(t.Context(), numbered(10))
	require.NoError(t, err)
	asked := s.requests.Load()

	again := embed.NewEmbedder(client(t, s.config(embed.OpenAI)), cache, embed.Options{})
	estimate, err := again.Estimate(t.Context(), numbered(10))
	require.NoError(t, err)
	assert.Equal(t, 10, estimate.Cached)
	assert.Zero(t, estimate.Tokens)
	result, err := again.Documents(t.Context(), numbered(10))
	require.NoError(t, err)
	assert.Equal(t, 10, result.Cached)
	assert.Zero(t, result.Tokens)
	assert.Equal(t, asked, s.requests.Load())
	for i, text := range numbered(10) {
		same(t, text, result.Vectors[i])
	}

	// Of other dimensions, and as a question, it is another vector.
	cfg := s.config(embed.OpenAI)
	cfg.Dims = 512
	result, err = embed.NewEmbedder(client(t, cfg), cache, embed.Options{}).Documents(t.Context(), numbered(1))
	require.NoError(t, err)
	assert.Len(t, result.Vectors[0], 512)
	_, err = again.Query(t.Context(), numbered(1)[0])
	require.NoError(t, err)
	assert.Equal(t, asked+2, s.requests.Load())
	_, err = again.Query(t.Context(), numbered(1)[0])
	require.NoError(t, err)
	assert.Equal(t, asked+2, s.requests.Load())
}

func dear() embed.Price {
	return embed.Price{Known: true, PerMillion: 1e6, AsOf: "today", Source: "test"}
}

// TestBudget says that too dear a job is refused before it begins, and that one that
// becomes too dear stops, and keeps what is done.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, nil)
	c := client(t, s.config(embed.OpenAI))
	limits := embed.Limits{InputTokens: 100, Inputs: 1, RequestTokens: 1000, Requests: 1}
	cache := embed.NewMemory()
	texts := numbered(10)
	each := float64(embed.Tokens(texts[0])) // a dollar a token
	e := embed.NewEmbedder(narrow{c, limits, dear()}, cache, embed.Options{MaxCost: 4 * each})
	estimate, err := e.Estimate(t.Context(), texts)
	require.NoError(t, err)
	assert.InDelta(t, 10*each, estimate.Cost, 1e-6)
	err = e.Check(estimate)
	require.Equal(t, embed.CodeBudget, fault.CodeOf(err), "%v", err)
	assert.Contains(t, err.Error(), "search.max_cost allows")
	assert.Zero(t, s.requests.Load(), "nobody is asked for an estimate")

	result, err := e.Documents(t.Context(), texts)
	require.Equal(t, embed.CodeBudget, fault.CodeOf(err), "%v", err)
	require.Positive(t, result.Requests)
	require.Less(t, result.Requests, 10)
	assert.LessOrEqual(t, e.Spent(), 4*each)
	kept, err := embed.NewEmbedder(narrow{c, limits, dear()}, cache, embed.Options{}).Estimate(t.Context(), texts)
	require.NoError(t, err)
	assert.Equal(t, result.Requests, kept.Cached)

	unknown := embed.NewEmbedder(narrow{c, limits, embed.Price{}}, embed.NewMemory(), embed.Options{MaxCost: 0.01})
	estimate, err = unknown.Estimate(t.Context(), texts)
	require.NoError(t, err)
	require.NoError(t, unknown.Check(estimate))
	assert.Contains(t, estimate.String(), "not known")
}

// TestPartial says that what was made before a failure is kept.
func TestPartial(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, func(w http.ResponseWriter, _ *http.Request, _ request, nth int64) bool {
		if nth <= 3 {
			return false
		}
		say(w, http.StatusUnauthorized, `{"error":{"message":"revoked","code":"invalid_api_key"}}`)
		return true
	})
	limits := embed.Limits{InputTokens: 100, Inputs: 2, RequestTokens: 1000, Requests: 1}
	cache := embed.NewMemory()
	e := embed.NewEmbedder(narrow{client(t, s.config(embed.OpenAI)), limits, embed.Price{}}, cache, embed.Options{})
	result, err := e.Documents(t.Context(), numbered(20))
	require.Equal(t, embed.CodeKeyRefused, fault.CodeOf(err), "%v", err)
	for i, text := range numbered(6) {
		same(t, text, result.Vectors[i])
	}
	assert.Nil(t, result.Vectors[6])
	estimate, err := e.Estimate(t.Context(), numbered(20))
	require.NoError(t, err)
	assert.Equal(t, 6, estimate.Cached)
}

// TestSlowQuestion says that an answer does not wait for a slow provider.
func TestSlowQuestion(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, func(_ http.ResponseWriter, r *http.Request, _ request, _ int64) bool {
		<-r.Context().Done()
		return true
	})
	e := embed.NewEmbedder(client(t, s.config(embed.OpenAI)), embed.NewMemory(), embed.Options{QueryLimit: 50 * time.Millisecond})
	began := time.Now()
	_, err := e.Query(t.Context(), "where is it")
	require.Equal(t, embed.CodeSlow, fault.CodeOf(err), "%v", err)
	assert.Less(t, time.Since(began), 5*time.Second)
}

// broken is a cache that fails.
type broken struct{ *embed.Memory }

func (broken) Put(context.Context, embed.Space, [][]byte, [][]float32) error {
	return errors.New("disk full")
}

func TestCacheFails(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, nil)
	e := embed.NewEmbedder(client(t, s.config(embed.OpenAI)), broken{embed.NewMemory()}, embed.Options{})
	_, err := e.Documents(t.Context(), numbered(2))
	require.ErrorContains(t, err, "disk full")
	v, err := e.Query(t.Context(), "it was paid for")
	require.NoError(t, err)
	same(t, "it was paid for", v)
}
