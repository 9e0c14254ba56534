package embed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func instantly(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func TestOpenAI(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, nil)
	c := client(t, s.config(embed.OpenAI))
	require.Equal(t, 1536, c.Space().Dims)
	reply, err := c.Embed(t.Context(), []string{"one", "two", "three"}, embed.Document)
	require.NoError(t, err)
	for i, text := range []string{"one", "two", "three"} {
		same(t, text, reply.Vectors[i])
	}
	assert.EqualValues(t, 1+1+2, reply.Tokens)
	in := s.seen[0]
	assert.Equal(t, "text-embedding-3-small", in.Model)
	assert.Equal(t, "base64", in.EncodingFormat)
	assert.Zero(t, in.Dimensions, "a model that cannot be cut would refuse them")
	assert.Equal(t, "Bearer "+secret, s.heads[0].Get("Authorization"))

	cfg := s.config(embed.OpenAI)
	cfg.Dims = 256
	reply, err = client(t, cfg).Embed(t.Context(), []string{"one"}, embed.Document)
	require.NoError(t, err)
	assert.Len(t, reply.Vectors[0], 256)
	assert.Equal(t, 256, s.seen[1].Dimensions)
}

func TestVoyage(t *testing.T) {
	t.Parallel()
	s := serve(t, 1024, nil)
	cfg := s.config(embed.Voyage)
	cfg.Dims = 512
	c := client(t, cfg)
	for _, p := range []embed.Purpose{embed.Document, embed.Query} {
		reply, err := c.Embed(t.Context(), []string{"one"}, p)
		require.NoError(t, err)
		same(t, "one", reply.Vectors[0])
		in := s.seen[len(s.seen)-1]
		assert.Equal(t, string(p), in.InputType)
		assert.Equal(t, 512, in.OutputDimension)
		assert.Equal(t, "voyage-code-3", in.Model)
	}
}

func TestOllama(t *testing.T) {
	t.Parallel()
	s := serve(t, 768, nil)
	c := client(t, s.config(embed.Ollama))
	reply, err := c.Embed(t.Context(), []string{"one", "two"}, embed.Document)
	require.NoError(t, err)
	same(t, "search_document: one", reply.Vectors[0])
	same(t, "search_document: two", reply.Vectors[1])
	reply, err = c.Embed(t.Context(), []string{"one"}, embed.Query)
	require.NoError(t, err)
	same(t, "search_query: one", reply.Vectors[0])
	assert.EqualValues(t, 8, reply.Tokens)
	assert.Empty(t, s.heads[0].Get("Authorization"))
	assert.True(t, *s.seen[0].Truncate)
}

func TestCompatible(t *testing.T) {
	t.Parallel()
	s := serve(t, 99, nil)
	cfg := s.config(embed.Compatible)
	cfg.KeyEnv = "MY_KEY"
	cfg.BaseURL += "/embeddings/" // as people copy it
	c := client(t, cfg)
	require.Zero(t, c.Space().Dims)
	require.NoError(t, c.Learn(t.Context()))
	assert.Equal(t, 99, c.Space().Dims)
	assert.Equal(t, "openai-compatible@"+strings.TrimPrefix(s.URL, "http://")+"/v1", c.Space().Provider)
	assert.Equal(t, "float", s.seen[0].EncodingFormat)
	assert.False(t, c.Price().Known)
	assert.Equal(t, "price unknown", c.Price().String())
}

// TestFailures says what each failure is called, what people read, and how often it
// was tried.
func TestFailures(t *testing.T) {
	t.Parallel()
	const three = 3
	answer := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { say(w, status, body) }
	}
	list := func(vectors ...string) func(http.ResponseWriter) {
		var items []string
		for i, v := range vectors {
			items = append(items, fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%s}`, i, v))
		}
		return answer(http.StatusOK, `{"object":"list","data":[`+strings.Join(items, ",")+`],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}`)
	}
	for _, x := range []struct {
		name     string
		provider string
		answer   func(w http.ResponseWriter)
		code     string
		says     []string
		tries    int64
	}{
		{"wrong key", embed.OpenAI, answer(401, `{"error":{"message":"Incorrect API key provided: `+secret+`.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`),
			embed.CodeKeyRefused, []string{"OPENAI_API_KEY", "Incorrect API key", "[redacted]", "export OPENAI_API_KEY="}, 1},
		{"no rights", embed.Voyage, answer(403, `{"detail":"Forbidden"}`), embed.CodeKeyRefused, []string{"VOYAGE_API_KEY", "Forbidden"}, 1},
		{"no money", embed.OpenAI, answer(429, `{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`),
			embed.CodeQuota, []string{"nothing left", "what is done is kept"}, 1},
		{"rate", embed.OpenAI, answer(429, `{"error":{"message":"Rate limit reached for text-embedding-3-small","type":"requests","param":null,"code":"rate_limit_exceeded"}}`),
			embed.CodeBusy, []string{"Rate limit reached", "tried 3 times"}, three},
		{"overloaded", embed.Voyage, answer(503, `{"detail":"overloaded"}`), embed.CodeBusy, []string{"503", "overloaded"}, three},
		{"model", embed.OpenAI, answer(404, `{"error":{"message":"The model 'x' does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}`),
			embed.CodeModel, []string{"text-embedding-3-small", "search.model"}, 1},
		{"voyage model", embed.Voyage, answer(400, `{"detail":"Model voyage-code-9 is not supported. Supported models are ['voyage-4']."}`), embed.CodeModel, []string{"voyage-4"}, 1},
		{"model not pulled", embed.Ollama, answer(404, `{"error":"model \"nomic-embed-text\" not found, try pulling it first"}`), embed.CodeModel, []string{"ollama pull nomic-embed-text"}, 1},
		{"wrong address", embed.Compatible, answer(404, `404 page not found`), embed.CodeAddress, []string{"search.base_url", "/v1/embeddings"}, 1},
		{"redirect", embed.Compatible, func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(http.StatusFound)
		}, embed.CodeAddress, []string{"elsewhere.example"}, 1},
		{"text", embed.OpenAI, answer(400, `{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 9000 tokens","type":"invalid_request_error","param":null,"code":null}}`),
			embed.CodeRefused, []string{"8192"}, 1},
		{"ollama text", embed.Ollama, answer(500, `{"error":"the input length exceeds the context length"}`), embed.CodeRefused, []string{"context length"}, 1},
		{"dimensions parameter", embed.OpenAI, answer(400, `{"error":{"message":"This model does not support specifying dimensions.","type":"invalid_request_error","param":null,"code":null}}`),
			embed.CodeProviderSays, []string{"dimensions"}, 1},
		{"page", embed.OpenAI, answer(200, `<html><body>Sign in</body></html>`), embed.CodeNonsense, []string{"web page", "search.base_url"}, 1},
		{"error page", embed.OpenAI, answer(502, `<html>Bad gateway</html>`), embed.CodeBusy, []string{"502", "web page"}, three},
		{"torn", embed.OpenAI, answer(200, `{"object":"list","data":[{"object":"embed`), embed.CodeNonsense, []string{"broken JSON"}, three},
		{"broken", embed.OpenAI, answer(200, `{"object":"list","data":[{"index":zero}],"usage":{"total_tokens":1}}`), embed.CodeNonsense, []string{"broken JSON"}, 1},
		{"too few", embed.OpenAI, list(`[1,2]`), embed.CodeNonsense, []string{"1 vectors for 2 texts"}, 1},
		{"dimension", embed.OpenAI, list(`[1,2]`, `[1,2]`), embed.CodeDimensions, []string{"have 2 numbers, and 1536 were expected", "layercake config set search.dimensions 2"}, 1},
		{"twice", embed.Compatible, answer(200, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`), embed.CodeNonsense, []string{"comes twice"}, 1},
		{"missing", embed.Compatible, answer(200, `{"data":[{"index":0},{"index":1,"embedding":[1]}]}`), embed.CodeNonsense, []string{"vector 0 is missing"}, 1},
		{"null", embed.Compatible, list(`[1,null]`, `[1,2]`), embed.CodeNonsense, []string{"a number is missing"}, 1},
		{"zero", embed.Compatible, list(`[0,0]`, `[1,2]`), embed.CodeNonsense, []string{"zero"}, 1},
		{"uneven", embed.Compatible, list(`[1,2]`, `[1,2,3]`), embed.CodeNonsense, []string{"has 3 numbers"}, 1},
		{"too large a number", embed.Compatible, list(`[1e99,2]`, `[1,2]`), embed.CodeNonsense, []string{"no list of numbers"}, 1},
		{"NaN", embed.Compatible, list(`"`+packed([]float32{1, float32(nan())})+`"`, `[1,2]`), embed.CodeNonsense, []string{"no number"}, 1},
		{"base64", embed.Compatible, list(`"AAAA"`, `[1,2]`), embed.CodeNonsense, []string{"no base64"}, 1},
		{"huge", embed.Compatible, func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"object":"`))
			for range 8 {
				_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
			}
		}, embed.CodeNonsense, []string{"larger than"}, 1},
		{"reset", embed.OpenAI, func(w http.ResponseWriter) { cutOff(w, `{"object":"list","data":[`) }, embed.CodeUnreachable, []string{"tried 3 times"}, three},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, 4, func(w http.ResponseWriter, _ *http.Request, _ request, _ int64) bool { x.answer(w); return true })
			cfg := s.config(x.provider)
			cfg.Tries = three
			_, err := client(t, cfg).Embed(t.Context(), []string{"one", "two"}, embed.Document)
			require.Error(t, err)
			f := fault.From(err)
			assert.Equal(t, x.code, f.Code, "%v", err)
			text := f.Error() + "\n" + f.Hint
			for _, part := range x.says {
				assert.Contains(t, text, part)
			}
			assert.NotContains(t, text, secret)
			assert.Equal(t, x.tries, s.requests.Load())
			if x.code != embed.CodeRefused {
				assert.NotEmpty(t, f.Hint)
			}
			t.Log(text)
		})
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// cutOff sends the beginning of an answer and breaks the connection.
func cutOff(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Length", "100000")
	_, _ = w.Write([]byte(body))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// TestComesAgain says that what passes is tried again, after the time that is asked
// for.
func TestComesAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		name, header, value string
		least, most         time.Duration
	}{
		{"seconds", "Retry-After", "7", 7 * time.Second, 7 * time.Second},
		{"date", "Retry-After", now.Add(9 * time.Second).Format(http.TimeFormat), 9 * time.Second, 9 * time.Second},
		{"date that is over", "Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), 0, 0},
		{"milliseconds", "Retry-After-Ms", "250", 250 * time.Millisecond, 250 * time.Millisecond},
		{"nothing", "X-Nothing", "1", 250 * time.Millisecond, 500 * time.Millisecond},
		{"nonsense", "Retry-After", "soon", 250 * time.Millisecond, 500 * time.Millisecond},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, 1536, func(w http.ResponseWriter, _ *http.Request, _ request, nth int64) bool {
				if nth > 1 {
					return false
				}
				w.Header().Set(x.header, x.value)
				say(w, http.StatusTooManyRequests, `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`)
				return true
			})
			cfg := s.config(embed.OpenAI)
			var waited []time.Duration
			cfg.Now = func() time.Time { return now }
			cfg.Wait = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
			reply, err := client(t, cfg).Embed(t.Context(), []string{"one"}, embed.Document)
			require.NoError(t, err)
			same(t, "one", reply.Vectors[0])
			require.Len(t, waited, 1)
			assert.GreaterOrEqual(t, waited[0], x.least)
			assert.LessOrEqual(t, waited[0], x.most)
		})
	}
}

func TestDoesNotWaitForHours(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, func(w http.ResponseWriter, _ *http.Request, _ request, _ int64) bool {
		w.Header().Set("Retry-After", "7200")
		say(w, http.StatusTooManyRequests, `{"error":{"message":"slow down"}}`)
		return true
	})
	_, err := client(t, s.config(embed.OpenAI)).Embed(t.Context(), []string{"one"}, embed.Document)
	require.ErrorContains(t, err, "asks to wait 2h0m0s")
	assert.EqualValues(t, 1, s.requests.Load())
}

// TestPausesGrow says that tries become ever more seldom, and not all at once.
func TestPausesGrow(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, func(w http.ResponseWriter, _ *http.Request, _ request, _ int64) bool {
		say(w, http.StatusInternalServerError, `{}`)
		return true
	})
	cfg := s.config(embed.OpenAI)
	cfg.Tries = 12
	var waited []time.Duration
	cfg.Wait = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
	_, err := client(t, cfg).Embed(t.Context(), []string{"one"}, embed.Document)
	require.Error(t, err)
	require.Len(t, waited, 11)
	for i, d := range waited {
		full := min(500*time.Millisecond<<i, 30*time.Second)
		assert.GreaterOrEqual(t, d, full/2)
		assert.LessOrEqual(t, d, full)
	}
}

// TestSlowBody says that an answer that comes in drops has its limit, too.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := serve(t, 1536, func(w http.ResponseWriter, r *http.Request, _ request, _ int64) bool {
		_, _ = w.Write([]byte(`{"object":`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	cfg := s.config(embed.OpenAI)
	cfg.Timeout, cfg.Tries = 50*time.Millisecond, 2
	_, err := client(t, cfg).Embed(t.Context(), []string{"one"}, embed.Document)
	require.Equal(t, embed.CodeSlow, fault.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "tried 2 times")
}

// TestChunks says that an answer in many pieces is put together.
func TestChunks(t *testing.T) {
	t.Parallel()
	s := serve(t, 2, func(w http.ResponseWriter, _ *http.Request, _ request, _ int64) bool {
		for _, b := range []byte(`{"data":[{"index":0,"embedding":[3,4]}],"usage":{"total_tokens":5}}`) {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
		}
		return true
	})
	c := client(t, s.config(embed.Compatible))
	reply, err := c.Embed(t.Context(), []string{"one"}, embed.Document)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float32{0.6, 0.8}, reply.Vectors[0], 1e-6)
}

// TestCancel says that cancelling ends a request, and a pause, at once.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, pausing := range []bool{false, true} {
		t.Run(fmt.Sprintf("pausing=%v", pausing), func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 1)
			s := serve(t, 1536, func(w http.ResponseWriter, r *http.Request, _ request, _ int64) bool {
				asked <- struct{}{}
				if pausing {
					w.Header().Set("Retry-After", "60")
					say(w, http.StatusTooManyRequests, `{}`)
				} else {
					<-r.Context().Done()
				}
				return true
			})
			cfg := s.config(embed.OpenAI)
			cfg.Wait = nil // the real one
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-asked; cancel() }()
			began := time.Now()
			_, err := client(t, cfg).Embed(ctx, []string{"one"}, embed.Document)
			require.ErrorIs(t, err, context.Canceled)
			assert.Less(t, time.Since(began), time.Second)
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	s := serve(t, 4, nil)
	cfg := s.config(embed.Ollama)
	cfg.Wait = func(context.Context, time.Duration) error {
		return errors.New("it should not wait for a server that is not started")
	}
	s.Close()
	_, err := client(t, cfg).Embed(t.Context(), []string{"one"}, embed.Document)
	require.Equal(t, embed.CodeUnreachable, fault.CodeOf(err), "%v", err)
	assert.Contains(t, fault.From(err).Hint, "`ollama serve`")
	assert.Contains(t, fault.From(err).Hint, "`ollama pull nomic-embed-text`")
}
