package embed_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/embed"
)

const secret = "sk-test-0123456789abcdefghij"

// request is what the published APIs take.
type request struct {
	Model           string   `json:"model"`
	Input           []string `json:"input"`
	EncodingFormat  string   `json:"encoding_format"`
	Dimensions      int      `json:"dimensions"`
	InputType       string   `json:"input_type"`
	OutputDimension int      `json:"output_dimension"`
	Truncation      *bool    `json:"truncation"`
	Truncate        *bool    `json:"truncate"`
}

// server answers as the providers publish it. before may answer in its place.
type server struct {
	*httptest.Server
	dims     int
	key      string
	before   func(w http.ResponseWriter, r *http.Request, in request, nth int64) bool
	requests atomic.Int64
	now      atomic.Int64
	most     atomic.Int64

	mu    sync.Mutex
	seen  []request
	heads []http.Header
}

func serve(t *testing.T, dims int, before func(w http.ResponseWriter, r *http.Request, in request, nth int64) bool) *server {
	t.Helper()
	s := &server{dims: dims, key: secret, before: before}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nth := s.requests.Add(1)
	running := s.now.Add(1)
	defer s.now.Add(-1)
	for {
		most := s.most.Load()
		if running <= most || s.most.CompareAndSwap(most, running) {
			break
		}
	}
	var in request
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		say(w, http.StatusBadRequest, `{"error":{"message":"bad request: `+err.Error()+`","type":"invalid_request_error","param":null,"code":null}}`)
		return
	}
	s.mu.Lock()
	s.seen, s.heads = append(s.seen, in), append(s.heads, r.Header.Clone())
	s.mu.Unlock()
	if s.before != nil && s.before(w, r, in, nth) {
		return
	}
	if r.URL.Path == "/api/embed" {
		s.ollama(w, in)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v1/embeddings" {
		say(w, http.StatusNotFound, `{"error":{"message":"Invalid URL","type":"invalid_request_error","param":null,"code":null}}`)
		return
	}
	if s.key != "" && r.Header.Get("Authorization") != "Bearer "+s.key {
		say(w, http.StatusUnauthorized, `{"error":{"message":"Incorrect API key provided: `+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+
			`.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`)
		return
	}
	s.list(w, in)
}

func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// list is the answer of OpenAI and Voyage, the vectors in an order of its own.
func (s *server) list(w http.ResponseWriter, in request) {
	dims := s.dims
	if in.Dimensions+in.OutputDimension > 0 {
		dims = in.Dimensions + in.OutputDimension
	}
	type item struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}
	var data []item
	tokens := 0
	for i, text := range slices.Backward(in.Input) {
		var v any = vectorOf(text, dims)
		if in.EncodingFormat == "base64" {
			v = packed(vectorOf(text, dims))
		}
		data = append(data, item{"embedding", i, v})
		tokens += len(text)/4 + 1
	}
	out, _ := json.Marshal(map[string]any{
		"object": "list", "data": data, "model": in.Model, "usage": map[string]int{"prompt_tokens": tokens, "total_tokens": tokens},
	})
	w.Header().Set("X-Ratelimit-Remaining-Requests", "59")
	say(w, http.StatusOK, string(out))
}

func (s *server) ollama(w http.ResponseWriter, in request) {
	if in.Model != "nomic-embed-text" {
		say(w, http.StatusNotFound, `{"error":"model \"`+in.Model+`\" not found, try pulling it first"}`)
		return
	}
	var vectors [][]float32
	for _, text := range in.Input {
		vectors = append(vectors, vectorOf(text, s.dims))
	}
	out, _ := json.Marshal(map[string]any{"model": in.Model, "embeddings": vectors, "total_duration": 14143917, "load_duration": 1019500, "prompt_eval_count": 8})
	say(w, http.StatusOK, string(out))
}

// vectorOf is a text's vector, of the length one.
func vectorOf(text string, dims int) []float32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	x := h.Sum64() | 1
	v := make([]float32, dims)
	sum := 0.0
	for i := range v {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		v[i] = float32(x%2001)/1000 - 1
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

func packed(v []float32) string {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}

// config is one that asks the server, whose keys are there, and that never waits.
func (s *server) config(provider string) embed.Config {
	base := s.URL
	if provider != embed.Ollama {
		base += "/v1"
	}
	cfg := embed.Config{
		Provider: provider, BaseURL: base, Wait: instantly, Transport: s.Client().Transport,
		Getenv: func(name string) string {
			return map[string]string{"OPENAI_API_KEY": secret, "VOYAGE_API_KEY": secret, "MY_KEY": secret}[name]
		},
	}
	if provider == embed.Compatible {
		cfg.Model = "some-model"
	}
	return cfg
}

func client(t *testing.T, cfg embed.Config) *embed.Client {
	t.Helper()
	c, err := embed.New(cfg)
	require.NoError(t, err)
	return c
}

// same reports that a vector is the one of a text, whatever the precision.
func same(t *testing.T, text string, v []float32) {
	t.Helper()
	want := vectorOf(text, len(v))
	require.NotEmpty(t, v)
	for i := range v {
		if !assert.InDelta(t, want[i], v[i], 1e-5, "number %d of %q", i, text) {
			t.FailNow()
		}
	}
}
