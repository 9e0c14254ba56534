package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/agent"
)

// mostMessage is how much of a provider's message is passed on, in bytes.
const mostMessage = 1000

// statusOverloaded is Anthropic's own.
const statusOverloaded = 529

// Answer is an answer that is an error.
type Answer struct {
	Status int
	Header http.Header
	// Body is what came; JSON as a rule.
	Body string
	// Type and Message are of the error, where the provider's library has read them.
	Type, Message string
	RequestID     string
}

// Trouble says what an error of a request means. ctx is the request's. answer is nil when
// there was none.
func (s *Server) Trouble(ctx context.Context, err error, answer *Answer) error {
	if ctx.Err() != nil {
		return agent.ContextError(ctx)
	}
	if answer != nil {
		return s.answered(answer)
	}
	if e, ok := errors.AsType[*agent.Error](err); ok {
		e.Provider = s.Provider
		return e
	}
	e := &agent.Error{Kind: agent.KindNetwork, Provider: s.Provider, Message: fmt.Sprintf("%s cannot be reached: %v", s.Host, reason(err)), Err: err}
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &syntax), errors.As(err, &shape):
		// The connection may have been cut inside of an event.
		e.Kind, e.Message = agent.KindServer, fmt.Sprintf("%s sent something that is no answer: %v", s.Host, err)
	case errors.As(err, &cert), errors.As(err, &unknown):
		e.Kind = agent.KindInvalid
	case s.Local:
		e.Hint = "start the server, or change agents.base_url"
	}
	return e
}

// Cut is the error of an answer that ended before its end.
func (s *Server) Cut() error {
	return &agent.Error{Kind: agent.KindNetwork, Provider: s.Provider, Message: fmt.Sprintf("the connection to %s was cut before the answer was complete", s.Host)}
}

// reason is an error without the method and the address that net/http writes before it.
func reason(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// answered says what an answer that is an error means: by its type first, because errors
// in the middle of a stream have the status 200.
func (s *Server) answered(a *Answer) error {
	typ, message := a.Type, a.Message
	if typ == "" && message == "" {
		typ, message = ofBody(a.Body)
	}
	if status, err := strconv.Atoi(typ); err == nil {
		// Some servers write the status that they mean into the middle of a stream.
		a.Status, typ = status, ""
	}
	if message == "" {
		message = strings.TrimSpace(http.StatusText(a.Status))
	}
	message = strings.ToValidUTF8(message, "\uFFFD")
	if len(message) > mostMessage {
		message = strings.ToValidUTF8(message[:mostMessage], "") + "…"
	}
	e := &agent.Error{
		Kind: s.kind(a.Status, typ, message), Provider: s.Provider, Message: message, Status: a.Status, RequestID: a.RequestID,
		RetryAfter: RetryAfter(a.Header, time.Now()),
	}
	if a.Status >= http.StatusBadRequest {
		e.Message = fmt.Sprintf("%s (%d)", message, a.Status)
	}
	switch {
	case e.Kind == agent.KindAuth && s.KeyEnv == "":
		e.Hint = "name the environment variable that holds your key with `layercake config set agents.key_env NAME`"
	case e.Kind == agent.KindAuth:
		e.Hint = fmt.Sprintf("check the key in the environment variable %s, and what it may do", s.KeyEnv)
	case e.Kind == agent.KindQuota:
		e.Hint = "look at the credit and the limits of your account with " + s.Provider
	case a.Status == http.StatusNotFound:
		e.Hint = "check the name of the model, and agents.base_url"
	}
	return e
}

func (s *Server) kind(status int, typ, message string) agent.Kind {
	lower := strings.ToLower(message)
	switch {
	case tooLong(typ, lower):
		return agent.KindTooLong
	case strings.Contains(lower, "credit balance"), typ == "billing_error", typ == "insufficient_quota":
		return agent.KindQuota
	}
	switch typ {
	case "overloaded_error", "server_is_overloaded", "slow_down":
		return agent.KindOverloaded
	case "rate_limit_error", "rate_limit_exceeded":
		return agent.KindRateLimit
	case "api_error", "timeout_error", "server_error", "internal_error", "vector_store_timeout":
		return agent.KindServer
	case "authentication_error", "permission_error", "invalid_api_key":
		return agent.KindAuth
	case "not_found_error", "invalid_request_error", "model_not_found", "invalid_prompt":
		return agent.KindInvalid
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return agent.KindAuth
	case status == http.StatusPaymentRequired:
		return agent.KindQuota
	case status == http.StatusTooManyRequests:
		return agent.KindRateLimit
	case status == statusOverloaded, status == http.StatusServiceUnavailable:
		return agent.KindOverloaded
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout, status == http.StatusConflict, status < http.StatusMultipleChoices:
		return agent.KindServer
	}
	return agent.KindInvalid
}

// tooLong reports whether an error says that the conversation does not fit.
func tooLong(typ, lower string) bool {
	if typ == "context_length_exceeded" || typ == "request_too_large" {
		return true
	}
	for _, words := range []string{
		"prompt is too long", "maximum context length", "exceed context limit", "exceeds the context", "context window", "context_length_exceeded",
	} {
		if strings.Contains(lower, words) {
			return true
		}
	}
	return false
}

// ofBody reads type and message of the bodies that servers send: {"error":{"type":…,
// "code":…,"message":…}}, {"error":"…"}, {"message":"…"}, or text.
func ofBody(body string) (typ, message string) {
	type detail struct {
		Type    string          `json:"type"`
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
	}
	var whole struct {
		detail

		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal([]byte(body), &whole) != nil {
		if strings.HasPrefix(strings.TrimSpace(body), "<") {
			return "", "" // a page for people, from some proxy
		}
		return "", strings.TrimSpace(body)
	}
	d := whole.detail
	if len(whole.Error) > 0 && json.Unmarshal(whole.Error, &d) != nil {
		_ = json.Unmarshal(whole.Error, &d.Message) // neither object nor text: nothing to say
	}
	var code string
	if json.Unmarshal(d.Code, &code) == nil && code != "" {
		return code, d.Message
	}
	if _, err := strconv.Atoi(string(d.Code)); err == nil {
		return string(d.Code), d.Message
	}
	return d.Type, d.Message
}

// RetryAfter reads how long a server asks to wait: retry-after-ms, or Retry-After in
// seconds or as a date.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return bounded(ms * float64(time.Millisecond))
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return bounded(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

func bounded(d float64) time.Duration {
	const most = float64(365 * 24 * time.Hour)
	if !(d > 0) { // not a number, too
		return 0
	}
	return time.Duration(min(d, most))
}
