package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
)

// StatementText returns the text that a person signs to take a decision: made
// from the decision and from what is stored, at a place in the log.
func StatementText(s *State, d Signable, version int64, head event.Hash) ([]byte, error) {
	st := event.Statement{Format: event.StatementFormat, Decision: d.CommandName(), ChainVersion: version, ChainHead: head.String()}
	if s.Project != nil {
		st.Project, st.Slug = s.Project.ID.String(), s.Project.Slug
	}
	d.describe(s, &st)
	for key, value := range st.Details {
		if value == "" {
			delete(st.Details, key)
		}
	}
	text, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("encode the statement: %w", err)
	}
	return text, nil
}

// textSum stands for free text in a statement: the SHA-256 of the text without
// space around it. No text has no sum.
func textSum(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// gateID returns the id of a gate as it is stored.
func (s *State) gateID(typed string) string {
	if g, err := s.Gate(typed); err == nil {
		return g.ID
	}
	return typed
}

// candidate writes a gate with the files it is decided on into a statement.
func (s *State) candidate(gate string, st *event.Statement) *Gate {
	st.Subject = s.gateID(gate)
	g, err := s.Gate(gate)
	if err != nil {
		return nil
	}
	st.Commit, st.Tree = g.Commit, g.Tree
	return g
}

// Shown returns how the person showed that it is them.
func (c *ApproveGate) Shown() *Presence { return &c.Presence }

func (c *ApproveGate) describe(s *State, st *event.Statement) {
	g := s.candidate(c.Gate, st)
	st.WorkflowDigest = s.Project.WorkflowDigest
	st.Details = map[string]string{"note": textSum(c.Note), "next": string(c.Next)}
	if c.Force {
		st.Details["force"] = textSum(c.ForceReason)
	}
	for i, condition := range c.Conditions {
		st.Details[conditionKey(i)] = s.gateID(condition.Blocks) + " " + textSum(condition.Text)
	}
	if g == nil || s.Workflow == nil {
		return
	}
	st.Proofs = approvedProofs(s, g, c.Checks)
	for i := range s.Deliverables {
		if d := &s.Deliverables[i]; d.Gate == g.ID && d.SHA256 != "" {
			st.Deliverables = append(st.Deliverables, event.ProofRef{ID: d.ID, Type: d.Kind, SHA256: d.SHA256})
		}
	}
	slices.SortFunc(st.Deliverables, func(a, b event.ProofRef) int { return strings.Compare(a.ID, b.ID) })
}

// approvedProofs lists the newest proof of each type that a gate asks for.
func approvedProofs(s *State, g *Gate, c *Checks) []event.ProofRef {
	var refs []event.ProofRef
	def, _ := s.Workflow.Gate(g.ID)
	r := readiness{s: s, g: g, c: c}
	for i := range def.Proofs {
		if p, _ := r.latest(&def.Proofs[i]); p != nil {
			refs = append(refs, event.ProofRef{ID: p.ID, Type: p.Type, SHA256: p.SHA256})
		}
	}
	return refs
}

// Shown returns how the person showed that it is them.
func (c *RejectGate) Shown() *Presence { return &c.Presence }

func (c *RejectGate) describe(s *State, st *event.Statement) {
	s.candidate(c.Gate, st)
	st.Details = map[string]string{"reason": textSum(c.Feedback), "role": strings.TrimSpace(c.Role)}
}

// Shown returns how the person showed that it is them.
func (c *SkipGate) Shown() *Presence { return &c.Presence }

func (c *SkipGate) describe(s *State, st *event.Statement) {
	st.Subject = s.gateID(c.Gate)
	st.Details = map[string]string{"reason": textSum(c.Reason)}
}

// Shown returns how the person showed that it is them.
func (c *ReopenGate) Shown() *Presence { return &c.Presence }

func (c *ReopenGate) describe(s *State, st *event.Statement) {
	st.Subject = s.gateID(c.Gate)
	st.Details = map[string]string{"reason": textSum(c.Reason)}
}

// Shown returns how the person showed that it is them.
func (c *ResolveCondition) Shown() *Presence { return &c.Presence }

func (c *ResolveCondition) describe(_ *State, st *event.Statement) {
	st.Subject = c.ID
	st.Details = map[string]string{"resolution": textSum(c.Resolution)}
}

// Shown returns how the person showed that it is them.
func (c *AttestProof) Shown() *Presence { return &c.Presence }

func (c *AttestProof) describe(s *State, st *event.Statement) {
	st.Subject = s.gateID(c.Gate) + "/" + c.Type
	st.Commit, st.Tree = c.Commit, c.Tree
	st.Details = map[string]string{"statement": textSum(c.Statement), "result": c.Result, "sha256": c.SHA256}
}

// Shown returns how the person showed that it is them.
func (c *ChangeDeliverable) Shown() *Presence { return &c.Presence }

func (c *ChangeDeliverable) describe(_ *State, st *event.Statement) {
	st.Subject = c.ID
	st.Details = map[string]string{"status": string(c.Status), "sha256": c.SHA256, "note": textSum(c.Note)}
}

// Shown returns how the person showed that it is them.
func (c *ReopenPhase) Shown() *Presence { return &c.Presence }

func (c *ReopenPhase) describe(_ *State, st *event.Statement) {
	st.Subject = string(c.To)
	st.Details = map[string]string{"reason": textSum(c.Reason)}
}

// Shown returns how the person showed that it is them.
func (c *AcceptWorkflow) Shown() *Presence { return &c.Presence }

func (c *AcceptWorkflow) describe(_ *State, st *event.Statement) {
	st.Subject = c.Subject
	st.Details = map[string]string{"source": c.SourceDigest, "workflow": c.Workflow.Digest()}
}

// Shown returns how the person showed that it is them.
func (c *GrantTrust) Shown() *Presence { return &c.Presence }

func (c *GrantTrust) describe(_ *State, st *event.Statement) {
	st.Subject = c.Subject
	st.Details = map[string]string{"digest": c.Digest}
}

// Shown returns how the person showed that it is them.
func (c *DeleteProject) Shown() *Presence { return &c.Presence }

func (c *DeleteProject) describe(_ *State, st *event.Statement) {
	st.Subject = c.Slug
	st.Details = map[string]string{"reason": textSum(c.Reason)}
}

// Shown returns how the person showed that it is them.
func (c *AddSigner) Shown() *Presence { return &c.Presence }

func (c *AddSigner) describe(s *State, st *event.Statement) {
	st.Subject = c.Fingerprint
	st.Details = map[string]string{"name": strings.TrimSpace(c.Name), "kind": string(c.Kind), "gates": strings.Join(s.gateIDs(c.Gates), ",")}
}

// Shown returns how the person showed that it is them.
func (c *RemoveSigner) Shown() *Presence { return &c.Presence }

func (c *RemoveSigner) describe(_ *State, st *event.Statement) {
	st.Subject = c.Fingerprint
	st.Details = map[string]string{"reason": textSum(c.Reason)}
}

// Shown returns how the person showed that it is them.
func (c *ChangeLevel) Shown() *Presence { return &c.Presence }

func (c *ChangeLevel) describe(s *State, st *event.Statement) {
	st.Subject = string(c.To)
	st.Details = map[string]string{"from": string(s.Project.Level), "reason": textSum(c.Reason)}
}
