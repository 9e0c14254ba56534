package project

import (
	"encoding/json"
	"time"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Requirement returns the gate and what the accepted workflow asks of a proof
// of the given type. The proof may be one the workflow does not ask for; then
// asked is false.
func Requirement(s *State, gate, proofType string) (g *Gate, want workflow.Proof, asked bool, err error) {
	g, err = s.Gate(gate)
	if err != nil {
		return nil, workflow.Proof{}, false, err
	}
	if !workflow.ValidProofType(proofType) {
		e := fault.Usage("invalid_proof_type", "%q is not a proof type", proofType).
			WithHint("run `layercake gate show %s` to see what the gate asks for", g.ID)
		if near := workflow.NearestProofType(proofType); near != "" {
			e = e.WithHint("did you mean %s? `layercake gate show %s` lists what the gate asks for", near, g.ID)
		}
		return nil, workflow.Proof{}, false, e
	}
	if def, ok := s.Workflow.Gate(g.ID); ok {
		if p, ok := def.Proof(proofType); ok {
			return g, p, true, nil
		}
	}
	return g, workflow.Proof{}, false, nil
}

// evidenceOpen refuses evidence for a gate that is decided.
func evidenceOpen(g *Gate) error {
	if g.Status.Passed() {
		return fault.Conflict("gate_passed", "gate %s is %s; it takes no more evidence", g.ID, human(string(g.Status))).
			WithHint("run `layercake gate show %s`", g.ID)
	}
	return nil
}

// CaptureProof records what LayerCake saw a command do.
type CaptureProof struct {
	ID, Gate, Type string
	Command        []string
	ExitCode       int
	Parser         string
	Paths          []string
	Result         string
	Summary        string
	Reasons        []string
	Report         json.RawMessage
	SHA256         string
	Size           int64
	Commit         string
	TreeBefore     string
	TreeAfter      string
	EnvDigest      string
	StartedAt      time.Time
	Duration       time.Duration
	Truncated      bool
	// WorkflowDigest is the workflow by which the result was judged.
	WorkflowDigest string
	// Pinned says that Command is the one that this workflow pins.
	Pinned bool
}

// CommandName returns "proof.capture".
func (*CaptureProof) CommandName() string { return "proof.capture" }

// Needs returns the workflow.
func (*CaptureProof) Needs() Needs { return Needs{Workflow: true} }

// Decide refuses evidence that was judged by a workflow that has changed since.
func (c *CaptureProof) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, _, _, err := Requirement(s, c.Gate, c.Type)
	if err != nil {
		return nil, err
	}
	if err := evidenceOpen(g); err != nil {
		return nil, err
	}
	if c.WorkflowDigest != s.Project.WorkflowDigest {
		return nil, fault.Conflict("workflow_changed", "the workflow changed while the command ran").
			WithHint("capture again: `layercake proof capture %s %s`", g.ID, c.Type)
	}
	return append(rework(g), &event.ProofCapturedPayload{
		Evidence: event.Evidence{
			ID: c.ID, Gate: g.ID, Kind: c.Type, Result: c.Result, Summary: c.Summary, SHA256: c.SHA256, Size: c.Size,
			WorkflowDigest: c.WorkflowDigest, Commit: c.Commit, Tree: c.TreeAfter, Paths: c.Paths,
		},
		Command: c.Command, ExitCode: c.ExitCode, Pinned: c.Pinned, Parser: c.Parser, TreeBefore: c.TreeBefore,
		EnvDigest: c.EnvDigest, StartedAt: event.Truncate(c.StartedAt).Format(time.RFC3339Nano),
		DurationMS: c.Duration.Milliseconds(), Truncated: c.Truncated, Reasons: c.Reasons, Report: c.Report,
	}), nil
}

// AttestProof records a person's word.
type AttestProof struct {
	ID, Gate, Type string
	Presence       Presence
	Statement      string
	Result         string
	SHA256         string
	Size           int64
	Commit         string
	Tree           string
}

// CommandName returns "proof.attest".
func (*AttestProof) CommandName() string { return "proof.attest" }

// Needs returns the workflow.
func (c *AttestProof) Needs() Needs { return c.Presence.needs(Needs{Workflow: true}) }

// Decide lets only a person attest, under the same conditions as an approval.
func (c *AttestProof) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "attest a proof")
	if err != nil {
		return nil, err
	}
	g, want, asked, err := Requirement(s, c.Gate, c.Type)
	if err != nil {
		return nil, err
	}
	if err := evidenceOpen(g); err != nil {
		return nil, err
	}
	if asked && want.Grade == workflow.GradeCaptured {
		return nil, fault.NotAllowed("proof_grade", "gate %s wants %s captured; a person's word does not replace the run", g.ID, c.Type).
			WithHint("run `layercake proof capture %s %s`", g.ID, c.Type)
	}
	if err := check(func(k *checker) { k.required("statement", &c.Statement) }); err != nil {
		return nil, err
	}
	if err := oneOf("result", c.Result, []string{"pass", "fail"}); err != nil {
		return nil, err
	}
	return append(rework(g), &event.ProofAttestedPayload{
		Evidence: event.Evidence{
			ID: c.ID, Gate: g.ID, Kind: c.Type, Result: c.Result, Summary: firstLine(c.Statement), SHA256: c.SHA256, Size: c.Size,
			WorkflowDigest: s.Project.WorkflowDigest, Commit: c.Commit, Tree: c.Tree,
		},
		Statement: c.Statement, Decided: how,
	}), nil
}

// SubmitProof records evidence that somebody hands in.
type SubmitProof struct {
	ID, Gate, Type string
	Name           string
	Result         string
	Summary        string
	SHA256         string
	Size           int64
	Commit         string
	Tree           string
}

// CommandName returns "proof.submit".
func (*SubmitProof) CommandName() string { return "proof.submit" }

// Needs returns the workflow.
func (*SubmitProof) Needs() Needs { return Needs{Workflow: true} }

// minSubmission is the least size of evidence that is handed in; less cannot
// show anything.
const minSubmission = 16

// Decide records what was handed in with the weakest grade.
func (c *SubmitProof) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	g, _, _, err := Requirement(s, c.Gate, c.Type)
	if err != nil {
		return nil, err
	}
	if err := evidenceOpen(g); err != nil {
		return nil, err
	}
	if c.Size < minSubmission {
		return nil, fault.Usage("proof_tiny", "the evidence has %d bytes; at least %d are needed to show anything", c.Size, minSubmission).
			WithHint("hand in the whole report or screenshot; see `layercake proof submit --help`")
	}
	if err := check(func(k *checker) { k.title("name", &c.Name); k.line("summary", &c.Summary) }); err != nil {
		return nil, err
	}
	if err := oneOf("result", c.Result, []string{"pass", "fail", "warning", "info"}); err != nil {
		return nil, err
	}
	return append(rework(g), &event.ProofSubmittedPayload{
		Evidence: event.Evidence{
			ID: c.ID, Gate: g.ID, Kind: c.Type, Result: c.Result, Summary: orElse(c.Summary, c.Name), SHA256: c.SHA256, Size: c.Size,
			WorkflowDigest: s.Project.WorkflowDigest, Commit: c.Commit, Tree: c.Tree,
		},
		Name: c.Name,
	}), nil
}

// VerifyProof records that an artifact was hashed again.
type VerifyProof struct {
	ID      string
	Problem string
}

// CommandName returns "proof.verify".
func (*VerifyProof) CommandName() string { return "proof.verify" }

// Needs returns the proofs.
func (*VerifyProof) Needs() Needs { return Needs{Evidence: true} }

// Decide records the finding; a bad one invalidates the proof.
func (c *VerifyProof) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if _, err := s.proof(c.ID); err != nil {
		return nil, err
	}
	return []event.Payload{&event.ProofVerifiedPayload{ID: c.ID, OK: c.Problem == "", Problem: c.Problem}}, nil
}

// InvalidateProof declares a proof worthless.
type InvalidateProof struct {
	ID, Reason string
}

// CommandName returns "proof.invalidate".
func (*InvalidateProof) CommandName() string { return "proof.invalidate" }

// Needs returns the proofs.
func (*InvalidateProof) Needs() Needs { return Needs{Evidence: true} }

// Decide invalidates a proof. Anybody may: it only ever shuts a gate.
func (c *InvalidateProof) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	p, err := s.proof(c.ID)
	if err != nil {
		return nil, err
	}
	if p.Invalidated != "" {
		return nil, fault.Conflict("proof_invalidated", "the proof was invalidated before: %s", p.Invalidated).
			WithHint("run `layercake proof show p-%s`", p.ID)
	}
	if err := check(func(k *checker) { k.required("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	return []event.Payload{&event.ProofInvalidatedPayload{ID: c.ID, Reason: c.Reason}}, nil
}

func (s *State) proof(id string) (*Proof, error) {
	for i := range s.Proofs {
		if s.Proofs[i].ID == id {
			return &s.Proofs[i], nil
		}
	}
	return nil, fault.NotFound("proof_not_found", "there is no proof p-%s", id).WithHint("run `layercake proof list`")
}

func firstLine(s string) string {
	const most = 200
	for i, r := range s {
		if r == '\n' || i >= most {
			return s[:i]
		}
	}
	return s
}
