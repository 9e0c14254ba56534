package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/proof"
	"github.com/layercake-dev/layercake/core/redact"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Proofs captures, attests and checks evidence.
type Proofs struct{ a *App }

// Capture says what to capture.
type Capture struct {
	Gate, Type string
	// Command is run instead of the pinned one; evidence from any other than
	// the pinned command opens no gate that asks for captured evidence.
	Command []string
	// Live is shown the output as it comes, redacted. Optional.
	Live io.Writer
	// Timeout overrides the requirement's; 0 keeps it.
	Timeout time.Duration
	// Hurry, once it is closed, gives a command that is being stopped no more
	// time. Optional.
	Hurry <-chan struct{}
	// Ready makes the command a server: it is started, must answer at this URL,
	// is asked for Gets and tried with Probe, and stopped.
	Ready string
	Gets  []string
	Probe []string
}

// captureRun is what a run left behind.
type captureRun struct {
	run    *proof.Run
	facts  proof.Facts
	report *proof.Report
	output string // the file with the evidence
}

// Capture runs a command in the project's folder, watches it, reads its report
// and records what came of it, whatever that was. An error means that nothing
// was recorded; a command that fails is a proof whose result is "fail".
func (s *Proofs) Capture(ctx context.Context, by Caller, at Place, in Capture) (*project.Proof, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	st, err := s.a.Gates.state(ctx, at.Project)
	if err != nil {
		return nil, err
	}
	g, want, asked, err := project.Requirement(st, in.Gate, in.Type)
	if err != nil {
		return nil, err
	}
	if g.Status.Passed() {
		return nil, fault.Conflict("gate_passed", "gate %s is %s; it takes no more evidence", g.ID, g.Status).
			WithHint("run `layercake gate show %s`", g.ID)
	}
	argv, pinned, err := chooseCommand(in, want, asked, g.ID)
	if err != nil {
		return nil, err
	}
	if !pinned {
		want.Command, want.Report = argv, ""
		if !asked {
			want.Type, want.Parser = in.Type, ""
		}
	}
	run, before, after, err := s.observe(ctx, at, st.Project, want, argv, in)
	if run != nil {
		defer func() { _ = os.Remove(run.output) }() // a copy; the artifact stays
	}
	if err != nil {
		return nil, err
	}
	return s.record(ctx, by, at, st, g.ID, want, run, before, after, pinned)
}

// chooseCommand returns the command to run and whether it is the pinned one.
func chooseCommand(in Capture, want workflow.Proof, asked bool, gate string) ([]string, bool, error) {
	switch {
	case len(in.Command) > 0:
		same := asked && len(want.Command) > 0 && slices.Equal(in.Command, want.Command)
		return in.Command, same, nil
	case asked && len(want.Command) > 0:
		return want.Command, true, nil
	case asked && want.Grade == workflow.GradeAttested:
		return nil, false, fault.Usage("proof_grade", "gate %s wants a person's word for %s", gate, in.Type).
			WithHint("run `layercake proof attest %s %s --help`", gate, in.Type)
	}
	return nil, false, fault.Usage("no_command", "no command is pinned for %s at gate %s", in.Type, gate).
		WithHint("pin one in .layercake/workflow.yaml and run `layercake trust`, or name one after --")
}

// observe runs the command between two looks at the files.
func (s *Proofs) observe(
	ctx context.Context, at Place, p *project.Project, want workflow.Proof, argv []string, in Capture,
) (run *captureRun, before, after proof.Tree, err error) {
	opts := treeOptions(p, want.Paths)
	if before, err = proof.WorkTree(ctx, at.Root, opts); err != nil {
		return nil, before, after, err
	}
	if run, err = s.execute(ctx, at.Root, want, argv, in); err != nil {
		return run, before, after, err
	}
	after, err = proof.WorkTree(ctx, at.Root, opts)
	if err != nil {
		return run, before, after, err
	}
	run.facts.TreeBefore, run.facts.TreeAfter = before.Digest, after.Digest
	if before.Digest != after.Digest {
		const most = 5
		run.facts.TreeChanges = proof.DescribeChanges(before.Listing.Diff(after.Listing), most)
	}
	return run, before, after, nil
}

// execute runs the command with its output going into a temporary file, and
// reads its report.
func (s *Proofs) execute(ctx context.Context, root string, want workflow.Proof, argv []string, in Capture) (*captureRun, error) {
	var reportFile *proof.ReportFile
	if want.Report != "" {
		f, err := prepareReport(root, want.Report)
		if err != nil {
			return nil, err
		}
		reportFile = f
	}
	out, err := os.CreateTemp("", "layercake-evidence-*")
	if err != nil {
		return nil, fmt.Errorf("make a file for the evidence: %w", err)
	}
	c := &captureRun{output: out.Name()}
	defer func() { _ = out.Close() }() // synced into the artifact store later
	redactor := s.a.cleaner.redactor
	spec := proof.Spec{
		Argv: argv, Dir: root, Env: s.a.environ, Timeout: in.Timeout, Hurry: in.Hurry, Live: in.Live, Output: out, Now: s.a.now, Redactor: redactor,
	}
	if spec.Timeout == 0 {
		spec.Timeout = time.Duration(want.Timeout) * time.Second
	}
	if in.Ready != "" {
		served, err := proof.Serve(ctx, proof.ServeSpec{Spec: spec, Ready: in.Ready, Gets: in.Gets, Probe: in.Probe})
		if err != nil {
			return c, err
		}
		defer func() { _ = served.Close() }()
		c.run, c.facts = served.Run, served.Facts()
	} else {
		run, err := proof.Execute(ctx, spec)
		if err != nil {
			return c, err
		}
		defer func() { _ = run.Close() }()
		c.run, c.facts = run, run.Facts()
	}
	c.readReport(want, reportFile, redactor)
	return c, nil
}

// prepareReport makes the folder of a report that lies with LayerCake's own
// files, and notes what is there before the run.
func prepareReport(root, report string) (*proof.ReportFile, error) {
	if strings.HasPrefix(filepath.ToSlash(report), StateDir+"/") && filepath.IsLocal(report) {
		const private = 0o750
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(report)), private); err != nil {
			return nil, fmt.Errorf("make the folder of the report: %w", err)
		}
	}
	return proof.NewReportFile(root, report)
}

func (c *captureRun) readReport(want workflow.Proof, file *proof.ReportFile, redactor *redact.Redactor) {
	if want.Parser == "" || want.Parser == workflow.ParserExit {
		return
	}
	from := c.run.Stdout()
	if file != nil {
		f, err := file.Open()
		if err != nil {
			c.facts.ReportError = err.Error()
			return
		}
		defer func() { _ = f.Close() }() // read only
		from = redactor.Reader(f)
	}
	report, err := proof.Parse(want.Parser, from, proof.Limits{})
	if err != nil {
		c.facts.ReportError = err.Error()
		return
	}
	c.report = report
}

// Bounds of what a proof's record keeps of a report; the whole of it is in the
// artifact.
const (
	keptFindings = 20
	keptFailures = 20
)

// record keeps the evidence as an artifact and writes the event.
func (s *Proofs) record(
	ctx context.Context, by Caller, at Place, st *project.State, gate string, want workflow.Proof, run *captureRun, before, after proof.Tree, pinned bool,
) (*project.Proof, error) {
	result, reasons := proof.Judge(want, run.facts, run.report)
	evidence, err := os.Open(run.output)
	if err != nil {
		return nil, fmt.Errorf("open the evidence: %w", err)
	}
	defer func() { _ = evidence.Close() }() // read only
	ref, err := s.a.artifacts.Put(ctx, io.MultiReader(strings.NewReader(s.a.cleaner.redactor.String(run.heading())), evidence))
	if err != nil {
		return nil, err
	}
	head, err := proof.Head(ctx, at.Root)
	if err != nil {
		return nil, err
	}
	cmd := &project.CaptureProof{
		Gate: gate, Type: want.Type, Command: run.run.Argv, ExitCode: run.run.ExitCode, Parser: want.Parser, Paths: want.Paths,
		Result: string(result), Summary: summarize(run), SHA256: ref.SHA256, Size: ref.Size, Commit: head.Commit,
		TreeBefore: before.Digest, TreeAfter: after.Digest, EnvDigest: run.run.Environment.Digest, StartedAt: run.run.StartedAt,
		Duration: run.run.Duration, Truncated: run.run.Truncated, WorkflowDigest: st.Project.WorkflowDigest, Pinned: pinned,
	}
	for _, r := range reasons {
		cmd.Reasons = append(cmd.Reasons, r.Message)
	}
	if run.report != nil {
		short := *run.report
		short.Findings = short.Findings[:min(keptFindings, len(short.Findings))]
		short.Failures = short.Failures[:min(keptFailures, len(short.Failures))]
		if cmd.Report, err = json.Marshal(short); err != nil {
			return nil, fmt.Errorf("encode the report: %w", err)
		}
	}
	id, err := s.a.writeNew(ctx, by, at.Project, func(id string) project.Command { c := *cmd; c.ID = id; return &c })
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: at.Project}, id)
}

// heading begins the evidence with how it was made: a command that prints
// nothing still leaves something to look at, and an artifact says what it is
// without the database.
func (c *captureRun) heading() string {
	var b strings.Builder
	fmt.Fprintf(&b, "command:     %q\n", c.run.Argv)
	fmt.Fprintf(&b, "started at:  %s\n", c.run.StartedAt.UTC().Format(time.RFC3339Nano))
	fmt.Fprintf(&b, "duration:    %s\n", c.run.Duration)
	fmt.Fprintf(&b, "exit code:   %d\n", c.run.ExitCode)
	if c.run.Signal != "" {
		fmt.Fprintf(&b, "signal:      %s\n", c.run.Signal)
	}
	fmt.Fprintf(&b, "tree before: %s\n", c.facts.TreeBefore)
	fmt.Fprintf(&b, "tree after:  %s\n", c.facts.TreeAfter)
	fmt.Fprintf(&b, "environment: %s\n", c.run.Environment.Digest)
	fmt.Fprintf(&b, "output:      %d bytes, sha256 %s\n\n", c.run.OutputSize, c.run.OutputSHA256)
	return b.String()
}

// summarize says in one line what a run showed.
func summarize(c *captureRun) string {
	switch {
	case c.facts.TimedOut:
		return fmt.Sprintf("stopped after %s", c.run.Duration.Round(time.Second))
	case c.report != nil && c.report.Summary != "":
		return c.report.Summary
	case c.facts.ServerReady:
		return "the server answered"
	}
	return fmt.Sprintf("exit code %d after %s", c.run.ExitCode, c.run.Duration.Round(time.Millisecond))
}

// Attest records a person's word for something that no command shows. result is
// "pass" or "fail".
func (s *Proofs) Attest(ctx context.Context, by Caller, at Place, gate, proofType, statement, result string) (*project.Proof, error) {
	ref, err := s.a.artifacts.Put(ctx, strings.NewReader(s.a.cleaner.redactor.String(statement)+"\n"))
	if err != nil {
		return nil, err
	}
	commit, tree := s.identify(ctx, at)
	id, err := s.a.writeNew(ctx, by, at.Project, func(id string) project.Command {
		return &project.AttestProof{
			ID: id, Gate: gate, Type: proofType, Presence: by.Presence, Statement: statement, Result: result,
			SHA256: ref.SHA256, Size: ref.Size, Commit: commit, Tree: tree,
		}
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: at.Project}, id)
}

// identify returns the commit and the digest of the files, as far as there are
// any: evidence of people is about more than files.
func (s *Proofs) identify(ctx context.Context, at Place) (commit, tree string) {
	if at.Root == "" {
		return "", ""
	}
	if head, err := proof.Head(ctx, at.Root); err == nil {
		commit = head.Commit
	}
	p, err := s.a.Projects.Get(ctx, View{Project: at.Project})
	if err != nil {
		return commit, ""
	}
	if t, err := proof.WorkTree(ctx, at.Root, treeOptions(p, nil)); err == nil {
		tree = t.Digest
	}
	return commit, tree
}

// Submission is evidence that somebody hands in.
type Submission struct {
	Gate, Type string
	// Name is the file's name, and Content what is in it.
	Name    string
	Content io.Reader
	// Result is what the submitter says it shows; empty means "info".
	Result  string
	Summary string
}

// Submit records evidence that LayerCake did not see being made.
func (s *Proofs) Submit(ctx context.Context, by Caller, at Place, in Submission) (*project.Proof, error) {
	redactor := s.a.cleaner.redactor
	ref, err := s.a.artifacts.Put(ctx, redactor.Reader(&bounded{from: in.Content, left: maxFile, name: in.Name}))
	if err != nil {
		return nil, err
	}
	if in.Result == "" {
		in.Result = string(proof.ResultInfo)
	}
	commit, tree := s.identify(ctx, at)
	id, err := s.a.writeNew(ctx, by, at.Project, func(id string) project.Command {
		return &project.SubmitProof{
			ID: id, Gate: in.Gate, Type: in.Type, Name: in.Name, Result: in.Result, Summary: in.Summary,
			SHA256: ref.SHA256, Size: ref.Size, Commit: commit, Tree: tree,
		}
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: at.Project}, id)
}

// List returns the proofs of a gate and type; empty means any. Oldest first.
func (s *Proofs) List(ctx context.Context, v View, gate, proofType string) ([]project.Proof, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Proof, error) {
		return r.Proofs(ctx, strings.ToUpper(gate), proofType)
	})
}

// Get returns one proof.
func (s *Proofs) Get(ctx context.Context, v View, typed string) (*project.Proof, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*project.Proof, error) {
		id, err := resolve(ctx, r, KindProof, typed)
		if err != nil {
			return nil, err
		}
		return r.ProofByID(ctx, id)
	})
}

// Content opens the evidence of a proof. Reading it to its end checks that it is
// what was recorded.
func (s *Proofs) Content(ctx context.Context, p *project.Proof) (io.ReadCloser, error) {
	return s.a.artifacts.Open(ctx, p.SHA256)
}

// Verification is what came of hashing a proof's artifact again.
type Verification struct {
	ID      string `json:"id"`
	Gate    string `json:"gate"`
	Type    string `json:"type"`
	SHA256  string `json:"sha256"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem"`
}

// Verify hashes the artifact of one proof again and records the finding; a bad
// one invalidates the proof.
func (s *Proofs) Verify(ctx context.Context, by Caller, p uuid.UUID, typed string) (*Verification, error) {
	pr, err := s.Get(ctx, View{Project: p}, typed)
	if err != nil {
		return nil, err
	}
	v := &Verification{ID: pr.ID, Gate: pr.Gate, Type: pr.Type, SHA256: pr.SHA256, OK: true}
	if err := s.a.artifacts.Verify(ctx, pr.SHA256); err != nil {
		var coded *fault.Error
		if !errors.As(err, &coded) {
			return nil, fmt.Errorf("verify the evidence: %w", err)
		}
		v.OK, v.Problem = false, coded.Message
	}
	if _, err := s.a.write(ctx, by, p, &project.VerifyProof{ID: pr.ID, Problem: v.Problem}); err != nil {
		return nil, err
	}
	return v, nil
}

// Invalidate declares a proof worthless.
func (s *Proofs) Invalidate(ctx context.Context, by Caller, p uuid.UUID, typed, reason string) (*project.Proof, error) {
	id, err := s.a.find(ctx, p, KindProof, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.InvalidateProof{ID: id, Reason: reason}); err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: p}, id)
}
