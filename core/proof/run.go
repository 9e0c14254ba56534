package proof

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/redact"
)

// The limits of a run.
const (
	// DefaultTimeout is how long a command may run by default.
	DefaultTimeout = 10 * time.Minute
	// MaxTimeout is the longest time that may be asked for.
	MaxTimeout = 2 * time.Hour
	// DefaultMaxOutput is how much output is kept by default, in bytes.
	DefaultMaxOutput int64 = 16 << 20
	// DefaultGrace is how long a command has to end after it was asked to.
	DefaultGrace = 5 * time.Second
	// drainTime is how long output is waited for after a command ended: only
	// a process that left the command's group can still hold the pipe open.
	drainTime = 2 * time.Second
)

// Spec says what to run and how.
type Spec struct {
	// Argv is the command, run without a shell. Required.
	Argv []string
	// Dir is the directory that it runs in. Required.
	Dir string
	// Env is the environment as NAME=value. The command gets it without
	// LayerCake's own secrets and without the variables that tie git to a
	// repository. Defaults to this process's environment.
	Env []string
	// Timeout is how long it may run. Defaults to [DefaultTimeout]; more than
	// [MaxTimeout] is refused.
	Timeout time.Duration
	// Grace is the time between SIGTERM and SIGKILL. Defaults to
	// [DefaultGrace].
	Grace time.Duration
	// Hurry, once it is closed, cuts that time short: whoever waits has asked a
	// second time. Optional.
	Hurry <-chan struct{}
	// MaxOutput is how many bytes of redacted output are kept. The rest is
	// read and dropped, and the run is marked truncated. Defaults to
	// [DefaultMaxOutput].
	MaxOutput int64
	// Live is shown the redacted output as it comes. Optional; its errors
	// are ignored.
	Live io.Writer
	// Output receives the evidence: standard output and standard error,
	// redacted, in the order in which they arrived. Optional.
	Output io.Writer
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Redactor removes secrets. Defaults to one made from Env.
	Redactor *redact.Redactor
}

// Run is what came of running a command. Close it.
type Run struct {
	// Argv is the command as it was given, redacted.
	Argv []string `json:"argv"`
	// StartedAt is when it was started.
	StartedAt time.Time `json:"started_at"`
	// Duration is how long it ran.
	Duration time.Duration `json:"duration"`
	// ExitCode is its exit code; -1 when a signal ended it.
	ExitCode int `json:"exit_code"`
	// Signal names the signal that ended it, or is empty.
	Signal string `json:"signal,omitempty"`
	// TimedOut says that it was stopped because it took too long.
	TimedOut bool `json:"timed_out,omitempty"`
	// Cancelled says that it was stopped because the context ended.
	Cancelled bool `json:"cancelled,omitempty"`
	// Truncated says that it printed more than was kept.
	Truncated bool `json:"truncated,omitempty"`
	// OutputSize and OutputSHA256 describe the evidence that was kept.
	OutputSize   int64  `json:"output_size"`
	OutputSHA256 string `json:"output_sha256"`
	// Environment is what it ran in.
	Environment Environment `json:"environment"`

	stdout *os.File
}

// Stdout returns the redacted standard output alone, for a report parser. It
// reads from the beginning each time it is called and is valid until Close.
func (r *Run) Stdout() io.Reader {
	const maxFile = 1 << 62
	return io.NewSectionReader(r.stdout, 0, maxFile)
}

// Close frees what the run holds.
func (r *Run) Close() error {
	if r == nil || r.stdout == nil {
		return nil
	}
	return r.stdout.Close()
}

// Execute runs a command to its end and captures what it prints. Its standard
// input is empty. It runs in a process group of its own; when it ends, takes too
// long or the context ends, what is left of the group is stopped. (A process
// that starts a session of its own, as daemons do, is out of reach.)
//
// A command that fails or takes too long is a Run and no error. An error with a
// Run means that the context ended or the evidence could not be kept.
func Execute(ctx context.Context, spec Spec) (*Run, error) {
	p, err := start(spec, true)
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(p.spec.Timeout)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		p.run.TimedOut = true
	case <-ctx.Done():
		p.run.Cancelled = true
	case <-p.capture.failed:
	}
	p.stop()
	run, err := p.finish()
	if err == nil && run.Cancelled {
		err = fault.From(ctx.Err())
	}
	return run, err
}

// complete checks the spec and fills in the defaults.
func (s Spec) complete() (Spec, error) {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return s, fault.Usage(CodeNoCommand, "there is no command to run").
			WithHint("layercake proof capture --help")
	}
	if s.Timeout < 0 || s.Timeout > MaxTimeout {
		return s, fault.Usage(CodeBadTimeout, "a command may run for at most %s, not %s", MaxTimeout, s.Timeout).
			WithHint("layercake proof capture --help")
	}
	info, err := os.Stat(s.Dir)
	if err != nil || !info.IsDir() {
		return s, fault.NotFound(CodeBadDir, "there is no directory %q to run the command in", s.Dir).
			WithHint("ls -ld %q", s.Dir).Wrap(err)
	}
	if s.Env == nil {
		s.Env = os.Environ()
	}
	if s.Timeout == 0 {
		s.Timeout = DefaultTimeout
	}
	if s.Grace <= 0 {
		s.Grace = DefaultGrace
	}
	if s.MaxOutput <= 0 {
		s.MaxOutput = DefaultMaxOutput
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Redactor == nil {
		s.Redactor = redact.New(s.Env)
	}
	return s, nil
}
