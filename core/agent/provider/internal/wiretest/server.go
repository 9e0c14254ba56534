// Package wiretest has scripted servers that speak as providers do.
package wiretest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Request is a request that was made.
type Request struct {
	Path   string
	Header http.Header
	Body   map[string]any
	Raw    string
}

// Server answers one request after the other as it was told to.
type Server struct {
	URL string

	mu       sync.Mutex
	steps    []http.HandlerFunc
	requests []Request
}

// New starts a server that ends with the test.
func New(t testing.TB, steps ...http.HandlerFunc) *Server {
	t.Helper()
	s := &Server{steps: steps}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// ServeHTTP does the next step.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	request := Request{Path: r.URL.Path, Header: r.Header.Clone(), Raw: string(data)}
	_ = json.Unmarshal(data, &request.Body)
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, request)
	s.mu.Unlock()
	if n >= len(s.steps) {
		http.Error(w, `{"error":{"type":"invalid_request_error","message":"the script has no more steps"}}`, http.StatusBadRequest)
		return
	}
	s.steps[n](w, r)
}

// Requests are the requests that were made.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Last is the last request.
func (s *Server) Last(t testing.TB) Request {
	t.Helper()
	all := s.Requests()
	require.NotEmpty(t, all)
	return all[len(all)-1]
}

// Fails answers with an error.
func Fails(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// JSON answers with a JSON text.
func JSON(body string) http.HandlerFunc { return Fails(http.StatusOK, body) }

// Streams sends a stream of events, so many bytes at a time; all at once for 0.
func Streams(stream string, bytes int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { send(w, stream, bytes) }
}

func send(w http.ResponseWriter, stream string, bytes int) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	if bytes <= 0 {
		bytes = len(stream)
	}
	for stream != "" {
		n := min(bytes, len(stream))
		_, _ = io.WriteString(w, stream[:n])
		stream = stream[n:]
		w.(http.Flusher).Flush()
	}
}

// Cuts sends a stream and cuts the connection in the middle of the response.
func Cuts(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		send(w, stream, 0)
		panic(http.ErrAbortHandler)
	}
}

// Hangs sends a stream, says so, and goes on without a word until the client is gone.
func Hangs(stream string, sent chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if stream != "" {
			send(w, stream, 0)
		}
		if sent != nil {
			close(sent)
		}
		<-r.Context().Done()
	}
}

// Redirects sends the client elsewhere.
func Redirects(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) }
}

// Events writes events as a stream: each is a JSON text whose type is the event's name.
func Events(t testing.TB, events ...string) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		var typed struct {
			Type string `json:"type"`
		}
		require.NoError(t, json.Unmarshal([]byte(e), &typed), e)
		b.WriteString("event: " + typed.Type + "\ndata: " + e + "\n\n")
	}
	return b.String()
}

// Quote writes a text as JSON.
func Quote(text string) string {
	data, _ := json.Marshal(text)
	return string(data)
}
