package mcp

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

func captureTool() Tool {
	return onProject(Tool{
		Name: "capture_command_output", Title: "Capture evidence for a gate", Toolset: setCore, Hints: Hints{OpenWorld: true},
		Description: "Run the command that is pinned for a proof (tests, build, lint, coverage, security scan) and keep its output as evidence " +
			"for the gate: what LayerCake saw, with exit code, hash and commit. Runs in the project's folder; may take minutes. " +
			"Answers the result and the end of the output.",
		SearchHint: "run test build lint execute shell proof evidence verify prove coverage scan",
	}, captureIn{Gate: "G5", Type: "test_output"}, captureCommandOutput)
}

type captureIn struct {
	Gate    string   `doc:"The gate that asks for it, such as G5."                                                       json:"gate"              min:"1"`
	Type    string   `doc:"The proof, as in the reasons of get_gate_readiness."                                          enum:"proof_type"        json:"type"`
	Command []string `doc:"One of the project's pinned commands, word by word. Left out: the one pinned for this proof." json:"command,omitempty"`
}

type captureOut struct {
	ID       string   `json:"id"`
	Gate     string   `json:"gate"`
	Type     string   `json:"type"`
	Result   string   `json:"result"`
	Grade    string   `json:"grade"`
	Summary  string   `json:"summary"`
	Reasons  []string `json:"reasons,omitempty"`
	ExitCode int      `json:"exit_code"`
	Command  string   `json:"command"`
	// OutputEnd is the end of what the command printed.
	OutputEnd string `json:"output_end"`
}

// outputShown is how much of a command's output the reply holds, in bytes: the
// end, where tools say what failed.
const outputShown = 1500

func captureCommandOutput(ctx context.Context, w *work, in captureIn) (*captureOut, error) {
	if len(in.Command) > 0 {
		if err := w.onlyPinned(ctx, in); err != nil {
			return nil, err
		}
	}
	live := &tail{most: outputShown}
	stop := w.reportProgress(live)
	p, err := w.Proofs.Capture(ctx, w.by, w.at, core.Capture{Gate: in.Gate, Type: in.Type, Command: in.Command, Live: live})
	stop()
	if err != nil {
		return nil, err
	}
	const most = 10
	return &captureOut{
		ID: core.KindProof.Prefix() + p.ID, Gate: p.Gate, Type: p.Type, Result: p.Result, Grade: string(p.Grade), Summary: clip(p.Summary, maxExcerpt),
		Reasons: few(p.Reasons, most), ExitCode: p.ExitCode, Command: clip(strings.Join(p.Command, " "), maxExcerpt), OutputEnd: live.String(),
	}, nil
}

// onlyPinned refuses commands that no person has accepted: an agent that could
// name any command here would have a shell, with the project's environment, and
// without the checks of its client.
func (w *work) onlyPinned(ctx context.Context, in captureIn) error {
	flow, err := w.Workflows.Current(ctx, w.now())
	if err != nil {
		return err
	}
	for i := range flow.Gates {
		if slices.ContainsFunc(flow.Gates[i].Proofs, func(p workflow.Proof) bool { return slices.Equal(p.Command, in.Command) }) {
			return nil
		}
	}
	if w.by.Actor.Kind == project.ActorPerson {
		return nil
	}
	return fault.NotAllowed("command_not_pinned", "the command `%s` is not one that a person has pinned and accepted in this project's workflow, "+
		"and evidence is made with those only", clip(strings.Join(in.Command, " "), maxTitle)).
		WithHint(`leave command out to run the one that is pinned for %s at gate %s. To change it, propose it in %s; a person accepts that with `+
			"`layercake trust`", in.Type, in.Gate, core.WorkflowFile)
}

// progressEvery is how often a client is told that a command still runs.
const progressEvery = 2 * time.Second

// reportProgress tells the client what the command prints, until the function
// returned is called; nothing is sent after that.
func (w *work) reportProgress(live *tail) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	begun := time.Now()
	go func() {
		defer close(ended)
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				w.call.progress(time.Since(begun), clip(live.lastLine(), maxTitle))
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	most int

	mu  sync.Mutex
	b   []byte
	cut bool
}

// Write keeps the end.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - t.most; over > 0 {
		t.b, t.cut = slices.Clone(t.b[over:]), true
	}
	return len(p), nil
}

// String returns what was kept, from the beginning of a line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.b
	if t.cut {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b = b[i+1:]
		}
		return "[earlier output is in the proof]\n" + strings.ToValidUTF8(string(b), "?")
	}
	return strings.ToValidUTF8(string(b), "?")
}

func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(t.b), []byte("\n"))
	return strings.ToValidUTF8(string(lines[len(lines)-1]), "?")
}
