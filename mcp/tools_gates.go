package mcp

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// gateTools show gates and put them before a person. No tool approves:
// approve_gate has the client ask its person, whose answer counts only where a
// person has said so.
func gateTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "get_gate", Title: "Get a gate", Toolset: setGates, Hints: readsOnly(),
			Description: "Everything about one gate: its question, the roles responsible, each proof asked for with its pinned command, the evidence " +
				"there is, deliverables, conditions, and the brief as presented.",
			SearchHint: "show details requirements brief artifacts",
		}, gateIn{Gate: "G5"}, getGate),
		onProject(Tool{
			Name: "present_gate", Title: "Present a gate to a person", Toolset: setGates, Hints: sets(),
			Description: "Put a gate before a person for their decision: fixes the commit that it is decided on and writes the brief. Commit your work " +
				"first. A person approves or rejects it; agents cannot.",
			SearchHint: "submit request approval review sign off ask decide",
		}, gateIn{Gate: "G5"}, presentGate),
		onProject(Tool{
			Name: "approve_gate", Title: "Ask the person to approve a gate", Toolset: setGates, Hints: Hints{},
			Description: "Has this client put the brief and the question to its person, in a form that you neither see nor fill in. Their answer approves " +
				"only in projects of level elicited; elsewhere it is kept as a request, and they confirm it in their own terminal.",
			SearchHint: "approval elicitation sign off decide accept confirm",
		}, gateIn{Gate: "G5"}, approveGate),
	}
}

// proofTools see to evidence besides captured runs.
func proofTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "list_proofs", Title: "List the evidence", Toolset: setProofs, Hints: readsOnly(),
			Description: "Proofs of a gate or type, newest first: result, grade (captured, attested, submitted), command, commit, and whether invalidated.",
			SearchHint:  "artifacts history results",
		}, listProofsIn{Gate: "G5"}, listProofs),
		onProject(Tool{
			Name: "submit_proof_artifact", Title: "Hand in evidence", Toolset: setProofs, Hints: adds(),
			Description: "Hand in a file of the project as evidence that LayerCake did not see being made, such as design options. Grade submitted: " +
				"it opens no gate that asks for captured or attested evidence.",
			SearchHint: "upload attach report file",
		}, submitProofIn{Gate: "G4", Type: "design_options", Path: "docs/design/options.md"}, submitProof),
		onProject(Tool{
			Name: "verify_proof_artifact", Title: "Verify evidence", Toolset: setProofs, Hints: Hints{Idempotent: true},
			Description: "Hash the content of a proof again and record whether it is still what was recorded; a bad one is invalidated.",
			SearchHint:  "check integrity tamper hash",
		}, idIn{ID: "p-7k3f"}, verifyProof),
		onProject(Tool{
			Name: "invalidate_proof", Title: "Invalidate evidence", Toolset: setProofs, Hints: Hints{Destructive: true},
			Description: "Declare a proof worthless, with the reason, such as a test that tested nothing. It can only shut a gate, never open one.",
			SearchHint:  "revoke retract withdraw",
		}, reasonIn{ID: "p-7k3f", Reason: "the suite skipped every test"}, invalidateProof),
	}
}

type requirementView struct {
	Type    string `json:"type"`
	Grade   string `json:"grade"`
	Command string `json:"command,omitempty"`
	// Latest is the newest evidence of the type.
	Latest *proofRow `json:"latest,omitempty"`
}

type proofRow struct {
	ID          string   `json:"id"`
	Gate        string   `json:"gate"`
	Type        string   `json:"type"`
	Result      string   `json:"result"`
	Grade       string   `json:"grade"`
	Summary     string   `json:"summary,omitempty"`
	Reasons     []string `json:"reasons,omitempty"`
	Command     string   `json:"command,omitempty"`
	Commit      string   `json:"commit,omitempty"`
	SHA256      string   `json:"sha256"`
	By          string   `json:"by"`
	At          string   `json:"at"`
	Invalidated string   `json:"invalidated,omitempty"`
}

func newProofRow(p *project.Proof) proofRow {
	const most = 5
	return proofRow{
		ID: core.KindProof.Prefix() + p.ID, Gate: p.Gate, Type: p.Type, Result: p.Result, Grade: string(p.Grade), Summary: line(p.Summary),
		Reasons: few(p.Reasons, most), Command: line(strings.Join(p.Command, " ")), Commit: p.Commit, SHA256: p.SHA256, By: p.ObservedBy,
		At: stamp(p.CreatedAt), Invalidated: line(p.Invalidated),
	}
}

type gateOut struct {
	gateRow

	Question     string            `json:"question"`
	Roles        []string          `json:"roles"`
	Required     []requirementView `json:"required_proofs"`
	Deliverables []deliverableRow  `json:"deliverables"`
	Conditions   []conditionRow    `json:"conditions"`
	Commit       string            `json:"commit,omitempty"`
	Brief        string            `json:"brief,omitempty"`
}

func getGate(ctx context.Context, w *work, in gateIn) (*gateOut, error) {
	name, err := w.gate(ctx, in.Gate)
	if err != nil {
		return nil, err
	}
	g, err := w.Gates.Get(ctx, w.now(), name)
	if err != nil {
		return nil, err
	}
	return newGateOut(g), nil
}

func newGateOut(g *core.GateView) *gateOut {
	const most = 20
	out := &gateOut{
		gateRow: newGateRow(&g.Gate), Question: g.Question, Roles: g.Roles, Commit: g.Commit, Brief: clip(g.Brief, maxText),
		Deliverables: rows(first(g.Deliverables, most), newDeliverableRow), Conditions: rows(first(g.Conditions, most), newConditionRow),
	}
	out.Required = rows(first(g.Required, most), func(want *workflow.Proof) requirementView {
		v := requirementView{Type: want.Type, Grade: string(want.Grade), Command: line(strings.Join(want.Command, " "))}
		for i := range g.Proofs { // oldest first
			if g.Proofs[i].Type == want.Type {
				row := newProofRow(&g.Proofs[i])
				v.Latest = &row
			}
		}
		return v
	})
	return out
}

type presentOut struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Commit string `json:"commit,omitempty"`
	// Missing is how much stands against approval; the brief lists it.
	Missing int    `json:"missing"`
	Next    string `json:"next"`
}

func presentGate(ctx context.Context, w *work, in gateIn) (*presentOut, error) {
	name, err := w.gate(ctx, in.Gate)
	if err != nil {
		return nil, err
	}
	g, err := w.Gates.Present(ctx, w.by, w.at, name)
	if err != nil {
		return nil, err
	}
	r, err := w.Gates.Check(ctx, w.at, g.ID)
	if err != nil {
		return nil, err
	}
	out := &presentOut{ID: g.ID, Status: string(g.Status), Commit: g.Commit, Missing: len(r.Reasons)}
	out.Next = "a person decides now: `layercake gate approve " + g.ID + "` or `layercake gate reject " + g.ID + "` in their own terminal"
	if out.Missing > 0 {
		out.Next = "it cannot be approved as it is: get_gate_readiness {\"gate\": \"" + g.ID + "\"} says what is missing"
	}
	return out, nil
}

type listProofsIn struct {
	Gate string `json:"gate,omitempty"`
	Type string `enum:"proof_type"     json:"type,omitempty"`
	paging
}

type listProofsOut struct {
	Proofs []proofRow `json:"proofs"`
	page
}

func listProofs(ctx context.Context, w *work, in listProofsIn) (*listProofsOut, error) {
	list, err := w.Proofs.List(ctx, w.now(), in.Gate, in.Type)
	if err != nil {
		return nil, err
	}
	out := &listProofsOut{}
	out.Proofs, out.page, err = paginate(newest(list, len(list)), in.paging, newProofRow)
	return out, err
}

type submitProofIn struct {
	Gate    string `json:"gate"                                       min:"1"`
	Type    string `enum:"proof_type"                                 json:"type"`
	Path    string `doc:"The file, relative to the project's folder." json:"path"              min:"1"`
	Summary string `doc:"What it shows, on one line."                 json:"summary,omitempty"`
}

func submitProof(ctx context.Context, w *work, in submitProofIn) (*recordChanged, error) {
	f, err := w.openFile(in.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	p, err := w.Proofs.Submit(ctx, w.by, w.at, core.Submission{
		Gate: in.Gate, Type: in.Type, Name: filepath.Base(in.Path), Content: f, Summary: in.Summary,
	})
	if err != nil {
		return nil, err
	}
	return &recordChanged{ID: core.KindProof.Prefix() + p.ID, Status: p.Result, Title: line(p.Summary), Next: "its grade is " + string(p.Grade)}, nil
}

// openFile opens one of the project's own files: a regular file inside of it,
// wherever links lead, and none of git's or LayerCake's.
func (w *work) openFile(path string) (io.ReadCloser, error) {
	if w.at.Root == "" {
		return nil, fault.Usage("no_work_tree", "this needs the project's folder, and it is not known here").
			WithHint("run it inside the project; `layercake project show` names its folder")
	}
	return core.OpenFile(w.at.Root, path)
}

type verifyOut struct {
	ID      string `json:"id"`
	Gate    string `json:"gate"`
	Type    string `json:"type"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
	SHA256  string `json:"sha256"`
}

func verifyProof(ctx context.Context, w *work, in idIn) (*verifyOut, error) {
	v, err := w.Proofs.Verify(ctx, w.by, w.at.Project, in.ID)
	if err != nil {
		return nil, err
	}
	return &verifyOut{ID: core.KindProof.Prefix() + v.ID, Gate: v.Gate, Type: v.Type, OK: v.OK, Problem: clip(v.Problem, maxExcerpt), SHA256: v.SHA256}, nil
}

func invalidateProof(ctx context.Context, w *work, in reasonIn) (*recordChanged, error) {
	p, err := w.Proofs.Invalidate(ctx, w.by, w.at.Project, in.ID, in.Reason)
	if err != nil {
		return nil, err
	}
	return &recordChanged{ID: core.KindProof.Prefix() + p.ID, Status: "invalidated", Title: line(p.Invalidated)}, nil
}
