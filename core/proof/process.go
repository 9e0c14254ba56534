package proof

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/redact"
)

// groupPoll is how often the kernel is asked whether a group is empty; it has no
// way to tell by itself.
const groupPoll = 10 * time.Millisecond

// process is a command that was started.
type process struct {
	spec    Spec
	cmd     *exec.Cmd
	run     *Run
	capture *capture
	pipes   []*os.File      // read ends
	readers []chan struct{} // closed when a pipe was read to its end
	exited  chan struct{}   // closed when the command itself has ended
}

// start starts the command of a spec. spool says whether its standard output is
// the one for the parser.
func start(spec Spec, spool bool) (*process, error) {
	spec, err := spec.complete()
	if err != nil {
		return nil, err
	}
	capture, err := newCapture(spec.Output, spec.Live, spec.MaxOutput)
	if err != nil {
		return nil, fault.Failed(CodeStart, "cannot capture output").WithHint("df -h %s", os.TempDir()).Wrap(err)
	}
	p, err := startInto(spec, capture, spool)
	if err != nil {
		return nil, errors.Join(err, capture.spool.Close())
	}
	return p, nil
}

func newProcess(spec Spec, capture *capture) *process {
	argv := make([]string, len(spec.Argv))
	for i, arg := range spec.Argv {
		argv[i] = spec.Redactor.String(arg)
	}
	return &process{
		spec: spec, capture: capture, exited: make(chan struct{}), run: &Run{Argv: argv, stdout: capture.spool},
	}
}

// startInto starts the command of a complete spec and adds its output to a
// capture.
func startInto(spec Spec, capture *capture, spool bool) (*process, error) {
	env := childEnv(spec.Env)
	program, err := lookProgram(spec.Argv[0], spec.Dir, env)
	if err != nil {
		return nil, err
	}
	p := newProcess(spec, capture)
	p.run.Environment = describeEnv(env, program, spec.Redactor)
	p.cmd = &exec.Cmd{Path: program, Args: spec.Argv, Dir: spec.Dir, Env: env}
	ownGroup(p.cmd)
	stdout, err := p.pipe()
	if err != nil {
		return nil, p.notStarted(err)
	}
	stderr, err := p.pipe()
	if err != nil {
		return nil, p.notStarted(errors.Join(err, stdout.Close()))
	}
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	p.run.StartedAt = spec.Now()
	err = p.cmd.Start()
	closeErr := errors.Join(stdout.Close(), stderr.Close())
	if err != nil {
		return nil, p.notStarted(err)
	}
	p.read(0, spool)
	p.read(1, false)
	go func() {
		defer close(p.exited)
		// How it ended is read from ProcessState.
		_ = p.cmd.Wait()
	}()
	if closeErr != nil {
		p.stop()
		_, err := p.finish()
		return nil, errors.Join(closeErr, err)
	}
	return p, nil
}

// pipe makes a pipe of which p keeps the reading end.
func (p *process) pipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err == nil {
		p.pipes = append(p.pipes, r)
	}
	return w, err
}

func (p *process) notStarted(err error) error {
	for _, r := range p.pipes {
		err = errors.Join(err, r.Close())
	}
	return fault.Failed(CodeStart, "cannot start %q", p.spec.Argv[0]).
		WithHint("ls -l %s", p.cmd.Path).Wrap(err)
}

// read copies one of the command's streams to the capture until its end.
func (p *process) read(i int, isStdout bool) {
	done := make(chan struct{})
	p.readers = append(p.readers, done)
	go func() {
		defer close(done)
		w := p.capture.stream(p.spec.Redactor, isStdout)
		p.copyAll(w, p.pipes[i])
	}()
}

func (p *process) copyAll(w *redact.Writer, r io.Reader) {
	_, err := io.Copy(w, r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// Somebody outside of the group holds the pipe; see drainTime.
		err = nil
	}
	err = errors.Join(err, w.Close())
	p.capture.mu.Lock()
	defer p.capture.mu.Unlock()
	p.capture.fail(err)
}

// stop ends the command if it still runs, first kindly, and then whatever is
// left of its group.
func (p *process) stop() {
	pid := p.cmd.Process.Pid
	select {
	case <-p.exited:
	default:
		_ = askToStop(pid) // if it fails, the next step is the same but harder
		p.awaitGroup(pid)
	}
	// The group outlives its leader when children were left behind. Between
	// the leader's end and this the kernel would have to hand out every other
	// pid for this to reach a stranger.
	_ = forceStop(pid)
	<-p.exited
}

// awaitGroup gives the command and its children the time to end by themselves.
func (p *process) awaitGroup(pid int) {
	timer := time.NewTimer(p.spec.Grace)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		return
	case <-p.spec.Hurry:
		return
	}
	tick := time.NewTicker(groupPoll)
	defer tick.Stop()
	for groupAlive(pid) {
		select {
		case <-tick.C:
		case <-timer.C:
			return
		case <-p.spec.Hurry:
			return
		}
	}
}

// finish collects what a stopped command left and completes the Run.
func (p *process) finish() (*Run, error) {
	<-p.exited
	deadline := time.Now().Add(drainTime)
	var err error
	for i, done := range p.readers {
		if dlErr := p.pipes[i].SetReadDeadline(deadline); dlErr != nil {
			err = errors.Join(err, dlErr)
		}
		<-done
		err = errors.Join(err, p.pipes[i].Close())
	}
	p.run.ExitCode = p.cmd.ProcessState.ExitCode()
	p.run.Signal = exitSignal(p.cmd.ProcessState)
	return p.run, p.seal(err)
}

// seal completes the Run with what was captured.
func (p *process) seal(err error) error {
	run, c := p.run, p.capture
	c.mu.Lock()
	defer c.mu.Unlock()
	run.Duration = p.spec.Now().Sub(run.StartedAt)
	run.Truncated = c.truncated
	run.OutputSize, run.OutputSHA256 = c.size, c.digest()
	if err = errors.Join(err, c.err); err != nil {
		return fault.Failed(CodeEvidence, "the output of %q could not be kept", p.spec.Argv[0]).
			WithHint("df -h").Wrap(err)
	}
	return nil
}
