// Package wire is what the providers that speak HTTP have in common: addresses, keys,
// clients, and what answers mean that are no answers.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/price"
	"github.com/layercake-dev/layercake/core/fault"
)

// Codes of the errors about settings.
const (
	CodeSettings = "agent_provider_settings"
	CodeKey      = "agent_key_missing"
)

// Server is whom to ask.
type Server struct {
	// Provider is the provider's name, and Setting how the setting of its address is called.
	Provider string
	// URL is the address, without a slash at its end.
	URL string
	// Host is its name, Local whether it is this machine, Own whether it is the
	// provider's own address rather than one that was set.
	Host       string
	Local, Own bool
	// Key is the key, and KeyEnv the variable that it comes from.
	Key, KeyEnv string
}

// Config says how to find a server.
type Config struct {
	Provider string
	// BaseURL is what is set, Usual the provider's own address.
	BaseURL, Usual string
	// KeyEnv is what is set, UsualKeyEnv the provider's own variable.
	KeyEnv, UsualKeyEnv string
	Getenv              func(string) string
	// Suffixes are ends of addresses that people copy along, such as /v1/messages.
	Suffixes []string
}

// Find checks address and key. A server that is not the provider's own needs a key only
// when the variable of one is named.
func Find(c Config) (*Server, error) {
	s := &Server{Provider: c.Provider, KeyEnv: c.KeyEnv, URL: c.BaseURL}
	if s.URL == "" {
		s.URL = c.Usual
	}
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, settings("agents.base_url is no address; it should look like https://host/v1")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, settings("agents.base_url may not hold a name, a password or parameters; a key belongs into the environment variable that agents.key_env names")
	}
	s.URL = strings.TrimRight(s.URL, "/")
	for _, suffix := range c.Suffixes {
		if short, ok := strings.CutSuffix(s.URL, suffix); ok {
			s.URL = strings.TrimRight(short, "/")
			break
		}
	}
	s.Host, s.Own = u.Host, s.URL == strings.TrimRight(c.Usual, "/")
	ip := net.ParseIP(u.Hostname())
	s.Local = u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if s.KeyEnv == "" && s.Own {
		s.KeyEnv = c.UsualKeyEnv
	}
	if err := s.takeKey(c.Getenv); err != nil {
		return nil, err
	}
	if u.Scheme == "http" && !s.Local && s.Key != "" {
		return nil, settings("agents.base_url begins with http://, which would send your key in clear to %s; it should begin with https://", u.Host)
	}
	return s, nil
}

func (s *Server) takeKey(getenv func(string) string) error {
	if s.KeyEnv == "" {
		return nil
	}
	if getenv != nil {
		s.Key = strings.TrimSpace(getenv(s.KeyEnv))
	}
	if s.Key == "" {
		return fault.Usage(CodeKey, "%s needs a key, and the environment variable %s is not set", s.Provider, s.KeyEnv).
			WithHint("run `export %s=...` with your key", s.KeyEnv)
	}
	if strings.ContainsFunc(s.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fault.Usage(CodeKey, "the environment variable %s holds no key: there are blanks or strange characters in it", s.KeyEnv).
			WithHint("run `export %s=...` with your key", s.KeyEnv)
	}
	return nil
}

// Cost is the cost of a request by the provider's published prices. A server of one's own
// costs nothing, and what somebody else takes is not known.
func (s *Server) Cost(model string, u agent.Usage) (micros int64, known bool) {
	if !s.Own {
		return 0, s.Local
	}
	return price.Cost(s.Provider, model, u)
}

// Object reads the input of a call: an object, or malformed. Nothing is an empty object.
func Object(raw []byte) (object json.RawMessage, malformed string) {
	var fields map[string]json.RawMessage
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return json.RawMessage("{}"), ""
	}
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return json.RawMessage("{}"), string(raw)
	}
	return json.RawMessage(raw), ""
}

func settings(format string, args ...any) error {
	return fault.Usage(CodeSettings, format, args...).WithHint("run `layercake config list` to see the settings")
}

// Client returns an HTTP client for the server. It follows no redirects, which would
// carry the key to somebody else, and tells the loop about every piece that arrives. A
// nil transport is the usual one.
func Client(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &http.Client{Transport: alive{transport}}
}

type alive struct{ http.RoundTripper }

func (a alive) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := a.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err //nolint:wrapcheck // a transport hands on what another one says
	}
	if e := elsewhere(res); e != nil {
		return nil, errors.Join(e, res.Body.Close())
	}
	if res.StatusCode >= http.StatusBadRequest {
		plainError(res)
	}
	agent.Alive(req.Context())
	res.Body = &body{ReadCloser: res.Body, ctx: req.Context()}
	return res, nil
}

// plainError turns an error that is a text, {"error":"…"} as Ollama has it, or not in an
// object of its own, {"message":"…"} as vLLM has it, into what the providers' libraries
// read.
func plainError(res *http.Response) {
	const most = 64 << 10
	data, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return // who reads on sees the same
	}
	if object := errorObject(data); object != nil {
		data = object
		res.Header.Del("Content-Length")
		res.ContentLength = -1
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(data), res.Body), res.Body}
}

func errorObject(data []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return nil
	}
	var text string
	var inner any
	switch {
	case fields["error"] == nil && fields["message"] != nil:
		inner = json.RawMessage(data)
	case json.Unmarshal(fields["error"], &text) == nil && text != "":
		inner = map[string]string{"message": text}
	default:
		return nil
	}
	object, err := json.Marshal(map[string]any{"error": inner})
	if err != nil {
		return nil
	}
	return object
}

// elsewhere is the error of a server that is none of the kind that is asked: it redirects,
// or shows a page for people.
func elsewhere(res *http.Response) error {
	e := &agent.Error{Kind: agent.KindInvalid, Status: res.StatusCode, Hint: "check agents.base_url"}
	page := strings.HasPrefix(res.Header.Get("Content-Type"), "text/html")
	switch {
	case res.StatusCode >= http.StatusMultipleChoices && res.StatusCode < http.StatusBadRequest:
		e.Message = fmt.Sprintf("%s redirects elsewhere (%d), which is not followed", res.Request.URL.Host, res.StatusCode)
		if to, err := res.Location(); err == nil {
			e.Message = fmt.Sprintf("%s redirects to %s (%d), which is not followed", res.Request.URL.Host, to.Scheme+"://"+to.Host+to.Path, res.StatusCode)
		}
	case res.StatusCode < http.StatusMultipleChoices && page:
		e.Message = fmt.Sprintf("%s shows a web page instead of an answer", res.Request.URL.Host)
	default:
		return nil
	}
	return e
}

type body struct {
	io.ReadCloser

	ctx context.Context //nolint:containedctx // the request's, as http.Request has it
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		agent.Alive(b.ctx)
	}
	return n, err
}
