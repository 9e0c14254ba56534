package embedtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// Refusal is an answer in place of vectors.
type Refusal struct {
	Status int
	Header map[string]string
	Body   string
}

func (r *Refusal) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	for name, value := range r.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write([]byte(r.Body)) // a client that went away is its own affair
}

// says is an error as it is published.
func says(status int, message, kind, param, code string) *Refusal {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	body, _ := json.Marshal(map[string]any{ // texts can always be written
		"error": map[string]any{"message": message, "type": kind, "param": orNull(param), "code": orNull(code)},
	})
	return &Refusal{Status: status, Body: string(body)}
}

func invalid(status int, message, param, code string) *Refusal {
	return says(status, message, "invalid_request_error", param, code)
}

// WrongKey refuses a key.
func WrongKey(key string) *Refusal {
	const shown = 4
	hidden := strings.Repeat("*", max(0, len(key)-shown)) + key[max(0, len(key)-shown):]
	return invalid(http.StatusUnauthorized, "Incorrect API key provided: "+hidden+
		". You can find your API key at https://platform.openai.com/account/api-keys.", "", "invalid_api_key")
}

// Behaviour may answer in place of the server: nil is what the server says. nth counts
// the requests from 1.
type Behaviour func(r *http.Request, nth int, in *Request) *Refusal

// Behave has the server do so from now on; nil is as it is published.
func (s *Server) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = b
}

// Revoked accepts no key any more.
func Revoked() Behaviour {
	return func(r *http.Request, _ int, _ *Request) *Refusal {
		return WrongKey(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
}

// RateLimited asks for so many requests to come again later. after is the value of
// Retry-After.
func RateLimited(times int64, after string) Behaviour {
	var n atomic.Int64
	return func(*http.Request, int, *Request) *Refusal {
		if n.Add(1) > times {
			return nil
		}
		r := says(http.StatusTooManyRequests, "Rate limit reached for text-embedding-3-small in organization org-x on requests per min (RPM): "+
			"Limit 3, Used 3, Requested 1. Please try again in 20s.", "requests", "", "rate_limit_exceeded")
		r.Header = map[string]string{"Retry-After": after}
		return r
	}
}

// NoQuota has no money left: the status is the same as that of [RateLimited].
func NoQuota() Behaviour {
	return func(*http.Request, int, *Request) *Refusal {
		return says(http.StatusTooManyRequests, "You exceeded your current quota, please check your plan and billing details.",
			"insufficient_quota", "", "insufficient_quota")
	}
}

// Overloaded fails so many times with 503.
func Overloaded(times int64) Behaviour {
	var n atomic.Int64
	return func(*http.Request, int, *Request) *Refusal {
		if n.Add(1) > times {
			return nil
		}
		return says(http.StatusServiceUnavailable, "The engine is currently overloaded, please try again later.", "server_error", "", "")
	}
}

// Refusing takes no request in which a text has this in it.
func Refusing(part string) Behaviour {
	return func(_ *http.Request, _ int, in *Request) *Refusal {
		if !slices.ContainsFunc(in.Texts, func(text string) bool { return strings.Contains(text, part) }) {
			return nil
		}
		return invalid(http.StatusBadRequest, "Your input was rejected by the safety system.", "input", "content_policy_violation")
	}
}

// RevokedAfter accepts no key any more after so many requests.
func RevokedAfter(requests int64) Behaviour {
	var n atomic.Int64
	return func(r *http.Request, nth int, in *Request) *Refusal {
		if n.Add(1) <= requests {
			return nil
		}
		return Revoked()(r, nth, in)
	}
}

// Hanging answers nothing until the client goes away.
func Hanging() Behaviour {
	return func(r *http.Request, _ int, _ *Request) *Refusal {
		<-r.Context().Done()
		return &Refusal{Status: http.StatusServiceUnavailable}
	}
}

// Holding answers so many requests, and holds the others until the client goes away:
// held is called for each of them.
func Holding(answered int64, held func()) Behaviour {
	var n atomic.Int64
	return func(r *http.Request, nth int, in *Request) *Refusal {
		if n.Add(1) <= answered {
			return nil
		}
		held()
		return Hanging()(r, nth, in)
	}
}

// Named is a behaviour by its name, for scripts: ok, revoked, revoked-after-1, slow-down
// (429 twice, each for a moment), stop (429 for ten minutes), no-quota, overloaded
// (503 once), refusing:TEXT, hanging.
func Named(name string) (Behaviour, error) {
	name, value, _ := strings.Cut(name, ":")
	switch name {
	case "ok":
		return func(*http.Request, int, *Request) *Refusal { return nil }, nil
	case "revoked":
		return Revoked(), nil
	case "revoked-after-1":
		return RevokedAfter(1), nil
	case "slow-down":
		return RateLimited(2, "0.05"), nil
	case "stop":
		return RateLimited(1<<30, "600"), nil
	case "no-quota":
		return NoQuota(), nil
	case "overloaded":
		return Overloaded(1), nil
	case "refusing":
		return Refusing(value), nil
	case "hanging":
		return Hanging(), nil
	}
	return nil, fmt.Errorf("no behaviour is called %q", name)
}
