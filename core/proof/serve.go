package proof

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

const (
	// DefaultReadyTimeout is how long a server has to become ready.
	DefaultReadyTimeout = time.Minute
	readyPoll           = 100 * time.Millisecond
	requestTimeout      = 5 * time.Second
	maxBody             = 64 << 10
)

// ServeSpec says which server to start and how to see that it works.
type ServeSpec struct {
	// Spec is the server's command. Its Timeout bounds everything together.
	Spec
	// Ready is the http or https URL that answers with a 2xx or 3xx status
	// once the server is ready. Required.
	Ready string
	// ReadyTimeout is how long that may take. Defaults to
	// [DefaultReadyTimeout].
	ReadyTimeout time.Duration
	// Gets are further URLs, absolute or relative to Ready, that must answer
	// with a 2xx or 3xx status once the server is ready.
	Gets []string
	// Probe is a command that must succeed once the server is ready.
	Probe []string
	// Client makes the requests. Defaults to one that follows no redirects
	// and reuses no connections.
	Client *http.Client
}

// ServeRun is what came of starting a server. Close it.
type ServeRun struct {
	// Run is the server's own run. Its exit code is that of a process that
	// was stopped and says nothing once the server was ready. Stdout is the
	// probe's if there is one, for a report parser.
	*Run
	// Ready says that the server became ready, and ReadyAfter how long that
	// took.
	Ready      bool          `json:"ready"`
	ReadyAfter time.Duration `json:"ready_after"`
	// Failures says what went wrong. Empty means that the server became
	// ready, answered, passed its probe and ended when it was told to.
	Failures []Reason `json:"failures,omitempty"`
}

// The reasons for which a server fails.
const (
	ReasonPortTaken   = "port_taken"
	ReasonExitedEarly = "server_exited"
	ReasonNotReady    = "server_not_ready"
	ReasonBadAnswer   = "bad_answer"
	ReasonProbeFailed = "probe_failed"
	ReasonLeftBehind  = "server_left_behind"
)

// Serve starts a server, waits until it answers, probes it and stops it with all
// of its process group. A server that something else stands in for does not
// count: the address must be silent before the start, and the command must still
// run after the probes.
func Serve(ctx context.Context, spec ServeSpec) (*ServeRun, error) {
	ready, err := url.Parse(spec.Ready)
	if err != nil || ready.Host == "" || (ready.Scheme != "http" && ready.Scheme != "https") {
		return nil, fault.Usage(CodeBadURL, "%q is not an http or https URL", spec.Redactor.String(spec.Ready)).
			WithHint("layercake proof capture --help")
	}
	if spec.Spec, err = spec.complete(); err != nil {
		return nil, err
	}
	if spec.ReadyTimeout <= 0 {
		spec.ReadyTimeout = DefaultReadyTimeout
	}
	if spec.Client == nil {
		spec.Client = probeClient()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, spec.Timeout, errServeTimeout)
	defer cancel()

	if listening(ctx, ready) {
		return refuse(spec, ready)
	}
	p, err := start(spec.Spec, len(spec.Probe) == 0)
	if err != nil {
		return nil, err
	}
	s := &server{spec: spec, process: p, ready: ready, result: &ServeRun{Run: p.run}}
	s.observe(ctx)
	_, err = p.finish()
	switch {
	case err != nil:
	case errors.Is(context.Cause(ctx), errServeTimeout):
		s.result.TimedOut = true
	case ctx.Err() != nil:
		s.result.Cancelled = true
		err = fault.From(ctx.Err())
	}
	return s.result, err
}

var errServeTimeout = errors.New("the server took longer than was allowed")

// refuse reports that the server's address was taken before it was started.
func refuse(spec ServeSpec, ready *url.URL) (*ServeRun, error) {
	capture, err := newCapture(spec.Output, spec.Live, spec.MaxOutput)
	if err != nil {
		return nil, fault.Failed(CodeStart, "cannot capture output").
			WithHint("run `layercake doctor`").Wrap(err)
	}
	p := newProcess(spec.Spec, capture)
	p.run.StartedAt, p.run.ExitCode = spec.Now(), -1
	s := &server{spec: spec, process: p, ready: ready, result: &ServeRun{Run: p.run}}
	s.fail(ReasonPortTaken, "something else already answers at %s; nothing was started", ready.Host)
	return s.result, p.seal(nil)
}

// server is one observed server.
type server struct {
	spec    ServeSpec
	process *process
	ready   *url.URL
	result  *ServeRun
}

func (s *server) fail(code, format string, args ...any) {
	reason := Reason{Code: code, Message: s.spec.Redactor.String(fmt.Sprintf(format, args...))}
	s.result.Failures = append(s.result.Failures, reason)
	s.note("failed: %s", reason.Message)
}

// note adds a line to the evidence.
func (s *server) note(format string, args ...any) {
	s.process.capture.note("%s", s.spec.Redactor.String(fmt.Sprintf(format, args...)))
}

// observe waits for the server, probes it and stops it.
func (s *server) observe(ctx context.Context) {
	if s.awaitReady(ctx) {
		s.probe(ctx)
		select {
		case <-s.process.exited:
			s.fail(ReasonExitedEarly, "the server ended while it was probed (%s)", s.process.cmd.ProcessState)
		default:
		}
	}
	s.process.stop()
	// Even when the context is over it must be known whether it is gone.
	if listening(context.WithoutCancel(ctx), s.ready) {
		s.fail(ReasonLeftBehind, "%s still answers although the server was stopped: it left a process behind", s.ready.Host)
	}
}

// awaitReady asks until the server is ready, ends, or takes too long.
func (s *server) awaitReady(ctx context.Context) bool {
	began := s.spec.Now()
	deadline := time.NewTimer(s.spec.ReadyTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	var last string
	for {
		status, err := s.get(ctx, s.ready.String())
		select {
		case <-s.process.exited:
			s.fail(ReasonExitedEarly, "the server ended before it was ready (%s)", s.process.cmd.ProcessState)
			return false
		default:
		}
		if err == nil && isOK(status) {
			s.result.Ready = true
			s.result.ReadyAfter = s.spec.Now().Sub(began)
			s.note("ready after %s: GET %s -> %d", s.result.ReadyAfter.Round(time.Millisecond), s.ready.Redacted(), status)
			return true
		}
		if err != nil {
			last = err.Error()
		} else {
			last = fmt.Sprintf("status %d", status)
		}
		select {
		case <-tick.C:
		case <-s.process.exited:
		case <-deadline.C:
			s.fail(ReasonNotReady, "the server was not ready after %s (%s)", s.spec.ReadyTimeout, last)
			return false
		case <-ctx.Done():
			s.fail(ReasonNotReady, "the server was not ready when it was stopped (%s)", last)
			return false
		}
	}
}
