package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// probe makes the further requests and runs the probe command.
func (s *server) probe(ctx context.Context) {
	for _, target := range s.spec.Gets {
		u, err := s.ready.Parse(target)
		if err != nil {
			s.fail(ReasonBadAnswer, "%q is not a URL", target)
			continue
		}
		status, err := s.get(ctx, u.String())
		switch {
		case err != nil:
			s.fail(ReasonBadAnswer, "GET %s: %v", u.Redacted(), err)
		case !isOK(status):
			s.fail(ReasonBadAnswer, "GET %s answered %d", u.Redacted(), status)
		default:
			s.note("GET %s -> %d", u.Redacted(), status)
		}
	}
	if len(s.spec.Probe) == 0 {
		return
	}
	s.note("probe: %q", s.spec.Probe)
	code, err := s.runProbe(ctx)
	switch {
	case err != nil:
		s.fail(ReasonProbeFailed, "the probe could not be run: %v", err)
	case code != 0:
		s.fail(ReasonProbeFailed, "the probe ended with exit code %d", code)
	default:
		s.note("probe passed")
	}
}

// runProbe runs the probe command into the same evidence.
func (s *server) runProbe(ctx context.Context) (int, error) {
	spec := s.spec.Spec
	spec.Argv = s.spec.Probe
	p, err := startInto(spec, s.process.capture, true)
	if err != nil {
		return 0, err
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
	}
	p.stop()
	run, err := p.finish()
	if err == nil {
		err = context.Cause(ctx)
	}
	return run.ExitCode, err
}

func isOK(status int) bool {
	return status >= http.StatusOK && status < http.StatusBadRequest
}

// get returns the status that a URL answers with.
func (s *server) get(ctx context.Context, target string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	resp, err := s.spec.Client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("no answer: %w", err)
	}
	_, err = io.CopyN(io.Discard, resp.Body, maxBody)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	return resp.StatusCode, nil
}

// probeClient asks the server itself: no proxy, no kept connections, no
// redirects to somewhere else.
func probeClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// listening reports whether anything accepts connections at the URL's address.
func listening(ctx context.Context, u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = u.Scheme // "http" and "https" are names of ports
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return false
	}
	// Only whether it connected matters.
	_ = conn.Close()
	return true
}
