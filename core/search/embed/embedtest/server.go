// Package embedtest has a server for tests that answers as OpenAI's published API of
// embeddings does: with the same checks, the same errors and the same limits.
//
// See https://platform.openai.com/docs/api-reference/embeddings.
package embedtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Key is the key that the server accepts.
const Key = "sk-test-0123456789abcdefghij"

// The limits that are published.
const (
	mostInputs        = 2048
	mostTokens        = 8192
	mostRequestTokens = 300_000
	mostBody          = 32 << 20
)

// dims are the models and how many numbers their vectors have.
func dims() map[string]int {
	return map[string]int{"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
}

// Request is what is asked for.
type Request struct {
	Model          string          `json:"model"`
	Input          json.RawMessage `json:"input"`
	EncodingFormat string          `json:"encoding_format"`
	Dimensions     *int            `json:"dimensions"`
	User           string          `json:"user"`

	// Texts is Input, read.
	Texts []string `json:"-"`
}

// Server answers at URL.
type Server struct {
	*httptest.Server

	// Vector makes the vector of a text; its length does not matter. Defaults to
	// [Words].
	Vector func(text string, dims int) []float32

	mu       sync.Mutex
	before   Behaviour
	requests int
	paid     map[string]int
}

// New starts a server. The caller closes it.
func New() *Server {
	s := &Server{Vector: Words, paid: map[string]int{}}
	s.Server = httptest.NewServer(s)
	return s
}

// Base is the address for search.base_url.
func (s *Server) Base() string { return s.URL + "/v1" }

// Requests is how often it was asked, whatever the answer was.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Paid is how many texts were answered, and Twice those of them that were more than
// once: somebody paid for them again.
func (s *Server) Paid() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.paid {
		n += times
	}
	return n
}

// Twice are the texts that were answered more than once.
func (s *Server) Twice() (texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for text, times := range s.paid {
		if times > 1 {
			texts = append(texts, text)
		}
	}
	return texts
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	nth, before := s.requests, s.before
	s.mu.Unlock()
	w.Header().Set("X-Request-ID", fmt.Sprintf("req_%d", nth))
	in, refusal := s.read(r)
	if before != nil {
		if other := before(r, nth, in); other != nil {
			refusal = other
		}
	}
	if refusal == nil {
		refusal = in.check()
	}
	if refusal != nil {
		refusal.write(w)
		return
	}
	s.answer(w, in)
}

// read takes the question, and refuses what is none.
func (s *Server) read(r *http.Request) (*Request, *Refusal) {
	in := &Request{}
	// Read to the end, so that the connection tells when the client goes away.
	var body bytes.Buffer
	if n, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, mostBody)); err != nil {
		return in, invalid(http.StatusRequestEntityTooLarge, fmt.Sprintf("Request body too large (%d bytes read)", n), "", "")
	}
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case r.URL.Path != "/v1/embeddings":
		return in, invalid(http.StatusNotFound, fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path), "", "")
	case r.Method != http.MethodPost:
		return in, invalid(http.StatusMethodNotAllowed, fmt.Sprintf(
			"Not allowed to %s on %s. (HINT: Perhaps you meant to use a different HTTP method?)", r.Method, r.URL.Path), "", "method_not_supported")
	case !bearer:
		return in, invalid(http.StatusUnauthorized, "You didn't provide an API key. You need to provide your API key in an Authorization header using "+
			"Bearer auth (i.e. Authorization: Bearer YOUR_KEY).", "", "")
	case key != Key:
		return in, WrongKey(key)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return in, invalid(http.StatusBadRequest, "you must provide a model parameter", "", "")
	}
	if !utf8.Valid(body.Bytes()) {
		return in, invalid(http.StatusBadRequest, "We could not parse the JSON body of your request.", "", "")
	}
	d := json.NewDecoder(&body)
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil {
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return in, invalid(http.StatusBadRequest, "Unrecognized request argument supplied: "+strings.Trim(name, `"`), "", "")
		}
		return in, invalid(http.StatusBadRequest, "We could not parse the JSON body of your request.", "", "")
	}
	var one string
	if json.Unmarshal(in.Input, &one) == nil {
		in.Texts = []string{one}
	} else if json.Unmarshal(in.Input, &in.Texts) != nil {
		return in, invalid(http.StatusBadRequest, "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.", "", "")
	}
	return in, nil
}

// check refuses what goes beyond the limits.
func (in *Request) check() *Refusal {
	full, known := dims()[in.Model]
	switch {
	case in.Model == "":
		return invalid(http.StatusBadRequest, "you must provide a model parameter", "", "")
	case !known:
		return invalid(http.StatusNotFound, "The model `"+in.Model+"` does not exist or you do not have access to it.", "", "model_not_found")
	case len(in.Texts) == 0 || len(in.Texts) > mostInputs:
		return invalid(http.StatusBadRequest, fmt.Sprintf("'input' must have between 1 and %d elements.", mostInputs), "input", "")
	case in.EncodingFormat != "" && in.EncodingFormat != "float" && in.EncodingFormat != "base64":
		return invalid(http.StatusBadRequest, "'"+in.EncodingFormat+"' is not one of ['float', 'base64'] - 'encoding_format'", "encoding_format", "")
	case in.Dimensions != nil && in.Model == "text-embedding-ada-002":
		return invalid(http.StatusBadRequest, "This model does not support specifying dimensions.", "", "")
	case in.Dimensions != nil && (*in.Dimensions < 1 || *in.Dimensions > full):
		return invalid(http.StatusBadRequest, fmt.Sprintf("Invalid value for 'dimensions' = %d. Must be between 1 and %d.", *in.Dimensions, full), "dimensions", "")
	}
	sum := 0
	for _, text := range in.Texts {
		n := Tokens(text)
		sum += n
		if text == "" {
			return invalid(http.StatusBadRequest,
				"'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.", "", "")
		}
		if n > mostTokens {
			return invalid(http.StatusBadRequest, fmt.Sprintf("This model's maximum context length is %d tokens, however you requested %d tokens "+
				"(%d in your prompt; 0 for the completion). Please reduce your prompt; or completion length.", mostTokens, n, n), "", "")
		}
	}
	if sum > mostRequestTokens {
		return invalid(http.StatusBadRequest, fmt.Sprintf("Requested %d tokens, max %d tokens per request", sum, mostRequestTokens), "", "max_tokens_per_request")
	}
	return nil
}

// answer makes the vectors, in an order of its own: each says which text it is of.
func (s *Server) answer(w http.ResponseWriter, in *Request) {
	n := dims()[in.Model]
	if in.Dimensions != nil {
		n = *in.Dimensions
	}
	type item struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}
	data := make([]item, 0, len(in.Texts))
	tokens := 0
	for i, text := range slices.Backward(in.Texts) {
		var v any = unit(s.Vector(text, n))
		if in.EncodingFormat == "base64" {
			v = packed(unit(s.Vector(text, n)))
		}
		data = append(data, item{"embedding", i, v})
		tokens += Tokens(text)
	}
	body, err := json.Marshal(map[string]any{
		"object": "list", "data": data, "model": in.Model, "usage": map[string]int{"prompt_tokens": tokens, "total_tokens": tokens},
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	for _, text := range in.Texts {
		s.paid[text]++
	}
	s.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Openai-Model", in.Model)
	h.Set("X-Ratelimit-Limit-Requests", "3000")
	h.Set("X-Ratelimit-Remaining-Requests", "2999")
	_, _ = w.Write(body) // a client that went away is its own affair
}
