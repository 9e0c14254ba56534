package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// report is what the supervisor tells the process that spawned it: where the
// server is, or why there is none. It travels through a pipe, so that a
// supervisor that dies is noticed at once.
type report struct {
	Instance *instance `json:"instance,omitempty"`
	Code     string    `json:"code,omitempty"`
	Message  string    `json:"message,omitempty"`
	Hint     string    `json:"hint,omitempty"`
}

// reportFD is the descriptor of the pipe in the supervisor, and starterFD that
// of the starter's lock.
const (
	reportFD  = 3
	starterFD = 4
)

// errSupervisorDied says that the supervisor ended without a report.
var errSupervisorDied = errors.New("the supervisor ended without a word")

// spawn starts a supervisor and waits until it reports. When ctx ends first,
// the supervisor goes on: somebody else may want what it has begun.
func (c Config) spawn(ctx context.Context, starter *os.File) (*instance, error) {
	argv, err := c.supervisorCommand()
	if err != nil {
		return nil, err
	}
	if argv[0], err = exec.LookPath(argv[0]); err != nil {
		return nil, because(err, CodeStartFailed, "", "cannot run the supervisor")
	}
	acc, err := c.serverAccount()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, because(err, CodeStartFailed, "", "cannot pass on the configuration")
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, because(err, CodeStartFailed, "", "cannot make a pipe")
	}
	defer func() { _ = reader.Close() }() // only read
	logFile, err := c.openLog(acc)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	// The shell ends at once, so the supervisor becomes init's child: it is no
	// zombie when it ends before this process does. Not CommandContext, for it
	// outlives this call.
	cmd := exec.Command("/bin/sh", append([]string{"-c", `"$@" &`, "sh"}, argv...)...) //nolint:noctx // see above
	cmd.Dir = "/"
	cmd.Env = append(serverEnv(os.Environ()), EnvSupervisor+"="+string(text))
	cmd.Stdout, cmd.Stderr = logFile, logFile // a panic belongs into the log
	// With the starter's lock: should this process give up waiting, nobody starts
	// or stops anything before the supervisor can be seen by its own lock.
	cmd.ExtraFiles = []*os.File{writer, starter}
	detach(cmd)
	err = cmd.Run()
	err = errors.Join(err, writer.Close(), logFile.Close())
	if err != nil {
		return nil, because(err, CodeStartFailed, "", "cannot run %s", argv[0])
	}
	return awaitReport(ctx, reader)
}

func awaitReport(ctx context.Context, reader io.ReadCloser) (*instance, error) {
	stop := context.AfterFunc(ctx, func() { _ = reader.Close() })
	defer stop()
	var got report
	err := json.NewDecoder(reader).Decode(&got)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errSupervisorDied
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errSupervisorDied, err)
	case got.Instance != nil:
		return got.Instance, nil
	default:
		return nil, &Error{Code: got.Code, Message: got.Message, Hint: got.Hint}
	}
}

// reporter is the supervisor's end of the pipe. It works once.
type reporter struct{ pipe *os.File }

// inheritedReporter takes the pipe over, if this process was spawned with one.
func inheritedReporter(c Config) *reporter {
	if !c.spawned {
		return &reporter{}
	}
	closeOnExec(reportFD)
	return &reporter{pipe: os.NewFile(reportFD, "report")}
}

func (r *reporter) send(in *instance, err error) {
	if r.pipe == nil {
		return
	}
	out := report{Instance: in}
	if err != nil {
		known := because(err, CodeStartFailed, "", "the supervisor failed")
		out = report{Code: known.Code, Message: known.Error(), Hint: known.Hint}
	}
	// The other side may have given up; then nobody wants to know.
	_ = json.NewEncoder(r.pipe).Encode(out)
	_ = r.pipe.Close()
	r.pipe = nil
}

// inheritedStarter is the starter's lock in a supervisor that was spawned.
func inheritedStarter(c Config) io.Closer {
	if !c.spawned {
		return io.NopCloser(nil)
	}
	closeOnExec(starterFD)
	return os.NewFile(starterFD, "start.lock")
}
