// Package process runs the programs that do whole runs: it hands them a prompt, reads
// what they print line by line in bounded memory, and stops them with all that they
// started when the run ends.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/redact"
)

const (
	// kindly is how long a program has to end after SIGTERM, and poll how often it is
	// looked for.
	kindly = 400 * time.Millisecond
	poll   = 10 * time.Millisecond
	// drain is how long output is waited for after the end, and longest how long it may
	// go on: only a process that left the group can still hold the pipe open.
	drain   = 200 * time.Millisecond
	longest = 5 * time.Second
	// MaxLine is how long a line of output may be. Longer ones are cut.
	MaxLine = 8 << 20
	// keepErrors is how much of the end of standard error is kept, and quoteLines how
	// many lines of it are quoted.
	keepErrors = 16 << 10
	quoteLines = 8
	quoteBytes = 2000
)

// Spec says what to run.
type Spec struct {
	// Provider is who is named in errors.
	Provider string
	// Argv is the command, run without a shell in Dir.
	Argv []string
	Dir  string
	// Env is the whole environment; see [Env].
	Env []string
	// Stdin is what it reads.
	Stdin string
	// Line is called for each line of standard output, without its end. cut says that
	// it was longer than [MaxLine]. An error stops the program and is returned.
	Line func(line []byte, cut bool) error
	// ErrorLine is called for each line of standard error, in turns with Line. Optional.
	ErrorLine func(line string)
	// Redactor takes secrets out of what is quoted of standard error. Required.
	Redactor *redact.Redactor
	// Install is how to get the program when it is missing, for the hint.
	Install string
}

// End is how a program ended.
type End struct {
	// ExitCode is -1 when a signal ended it, which Signal then names.
	ExitCode int
	Signal   string
	// Errors are the last lines of standard error, redacted.
	Errors string
}

// Run runs a program to its end. A program that fails is an End and no error. When ctx
// ends, the program and its group are stopped within a second.
func Run(ctx context.Context, s Spec) (*End, error) {
	path, err := look(s)
	if err != nil {
		return nil, err
	}
	stdout, stdoutEnd, err := os.Pipe()
	if err != nil {
		return nil, s.cannotStart(err)
	}
	stderr, stderrEnd, err := os.Pipe()
	if err != nil {
		return nil, s.cannotStart(errors.Join(err, stdout.Close(), stdoutEnd.Close()))
	}
	cmd := &exec.Cmd{Path: path, Args: s.Argv, Dir: s.Dir, Env: s.Env, Stdout: stdoutEnd, Stderr: stderrEnd}
	// Whoever does not read its input keeps nobody waiting: see WaitDelay.
	cmd.Stdin = strings.NewReader(s.Stdin)
	cmd.WaitDelay = drain
	ownGroup(cmd)
	defer noOrphan(cmd)()
	err = cmd.Start()
	err = errors.Join(err, stdoutEnd.Close(), stderrEnd.Close())
	if err != nil {
		return nil, s.cannotStart(errors.Join(err, stdout.Close(), stderr.Close()))
	}
	return s.attend(ctx, cmd, stdout, stderr)
}

// attend reads what a program prints until it has ended.
func (s Spec) attend(ctx context.Context, cmd *exec.Cmd, stdout, stderr *os.File) (*End, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is read from ProcessState
	}()
	var turn sync.Mutex // of Line and ErrorLine
	var failed error
	var errs ending
	var readers sync.WaitGroup
	var until atomic.Pointer[time.Time]
	readers.Go(func() {
		readLines(&draining{stdout, &until}, MaxLine, func(line []byte, cut bool) {
			turn.Lock()
			defer turn.Unlock()
			if failed == nil && s.Line != nil {
				failed = s.Line(line, cut)
				if failed != nil {
					stop(failed)
				}
			}
		})
	})
	readers.Go(func() {
		readLines(&draining{stderr, &until}, keepErrors, func(line []byte, _ bool) {
			text := s.Redactor.String(strings.ToValidUTF8(string(line), "\uFFFD"))
			turn.Lock()
			defer turn.Unlock()
			errs.add(text)
			if s.ErrorLine != nil {
				s.ErrorLine(text)
			}
		})
	})
	select {
	case <-exited:
	case <-ctx.Done():
		ask(cmd.Process.Pid)
		await(exited, kindly)
	}
	// Whatever it started and left behind ends with it.
	kill(cmd.Process.Pid)
	<-exited
	last := time.Now().Add(longest)
	if ctx.Err() != nil {
		last = time.Now().Add(drain)
	}
	until.Store(&last)
	_ = stdout.SetReadDeadline(time.Now().Add(drain)) // a pipe that has no deadline is read to its end
	_ = stderr.SetReadDeadline(time.Now().Add(drain))
	readers.Wait()
	_, _ = stdout.Close(), stderr.Close() // they were only read from
	end := &End{ExitCode: cmd.ProcessState.ExitCode(), Signal: signalOf(cmd.ProcessState), Errors: errs.quote()}
	switch {
	case failed != nil:
		return end, failed
	case ctx.Err() != nil:
		return end, agent.ContextError(ctx)
	}
	return end, nil
}

// draining reads a pipe of a program. Once until is set, the program has ended, and only
// what comes soon is read; however long it takes to deal with what came.
type draining struct {
	pipe  *os.File
	until *atomic.Pointer[time.Time]
}

func (d *draining) Read(p []byte) (int, error) {
	if until := d.until.Load(); until != nil {
		deadline := time.Now().Add(drain)
		if until.Before(deadline) {
			deadline = *until
		}
		_ = d.pipe.SetReadDeadline(deadline) // as above
	}
	return d.pipe.Read(p)
}

func await(done <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}

// Err is the error of a program that did not end well, or nil.
func (e *End) Err(s Spec) error {
	if e.ExitCode == 0 {
		return nil
	}
	how := fmt.Sprintf("ended with exit code %d", e.ExitCode)
	if e.Signal != "" {
		how = "was ended by a signal: " + e.Signal
	}
	message := fmt.Sprintf("%q %s", s.Redactor.String(s.Argv[0]), how)
	if e.Errors != "" {
		message += ": " + e.Errors
	}
	return &agent.Error{Kind: agent.KindProgram, Provider: s.Provider, Message: message, Status: e.ExitCode}
}

// look finds the program, by the PATH of the environment that it will have.
func look(s Spec) (string, error) {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return "", &agent.Error{Kind: agent.KindMissing, Provider: s.Provider, Message: "no program is named"}
	}
	name := s.Argv[0]
	if strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.Dir, path)
		}
		if path, err := exec.LookPath(path); err == nil {
			return path, nil
		}
		return "", s.missing("there is no program %q", path)
	}
	for dir := range strings.SplitSeq(Lookup(s.Env, "PATH"), string(filepath.ListSeparator)) {
		if !filepath.IsAbs(dir) {
			continue // a program must not come from the folder that the agent writes to
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", s.missing("there is no program %q on the PATH", name)
}

func (s Spec) missing(format, name string) error {
	return &agent.Error{Kind: agent.KindMissing, Provider: s.Provider, Message: fmt.Sprintf(format, name), Hint: s.Install}
}

func (s Spec) cannotStart(err error) error {
	return &agent.Error{Kind: agent.KindMissing, Provider: s.Provider, Message: fmt.Sprintf("cannot start %q: %v", s.Argv[0], err), Err: err}
}

// readLines calls each for every line. Of a line that is longer than most, only the
// beginning is kept.
func readLines(r io.Reader, most int, each func(line []byte, cut bool)) {
	const piece = 32 << 10
	buf := make([]byte, piece)
	var line []byte
	cut, open := false, false
	take := func(part []byte) {
		open = true
		room := most - len(line)
		if len(part) > room {
			part, cut = part[:room], true
		}
		line = append(line, part...)
	}
	for {
		n, err := r.Read(buf)
		rest := buf[:n]
		for {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			take(rest[:i])
			each(bytes.TrimSuffix(line, []byte("\r")), cut)
			if cap(line) > piece {
				line = nil // one huge line does not stay in memory
			}
			line, rest, cut, open = line[:0], rest[i+1:], false, false
		}
		if len(rest) > 0 {
			take(rest)
		}
		if err != nil {
			if open {
				each(line, cut)
			}
			return
		}
	}
}

// ending keeps the end of a text.
type ending struct {
	lines []string
	size  int
}

func (e *ending) add(line string) {
	e.lines = append(e.lines, line)
	e.size += len(line)
	for len(e.lines) > 1 && (e.size > keepErrors || len(e.lines) > quoteLines) {
		e.size -= len(e.lines[0])
		e.lines = e.lines[1:]
	}
}

func (e *ending) quote() string {
	text := strings.TrimSpace(strings.Join(e.lines, "\n"))
	if len(text) > quoteBytes {
		text = "…" + strings.ToValidUTF8(text[len(text)-quoteBytes:], "")
	}
	return text
}
