package project

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
)

// claim is what a signed statement has to say for an event to be its outcome.
type claim struct {
	// decisions are the commands that lead to such an event.
	decisions []string
	subject   string
	// texts is the free text that stands in the statement by its sum, and
	// details what stands there as it is.
	texts, details map[string]string
	// approval is the approval that the event records, if it does.
	approval *event.Approval
}

// fits compares what was signed with what the event says, and returns what is
// different, or nothing.
func (a *Auditor) fits(e *event.Envelope, p event.Signable, st *event.Statement, signer *Signer) string {
	switch {
	case st.Format != event.StatementFormat:
		return "a statement of another form"
	case st.Project != a.project:
		return "a decision in another project"
	case st.ChainVersion < 1 || st.ChainVersion >= e.Version || a.hashes[st.ChainVersion-1].String() != st.ChainHead:
		return "a decision on another log"
	case (signer.Kind == ActorCI) != (Level(p.How().Level) == LevelCI):
		return "a decision of another level"
	}
	c := claimOf(p, st)
	if c == nil {
		return fmt.Sprintf("nothing is known of signatures under %s", p.EventType())
	}
	if signer.Kind == ActorCI && (p.EventType() != event.GateApproved || !slices.Contains(signer.Gates, c.subject)) {
		return "a machine may not decide that"
	}
	return c.compare(st)
}

func (c *claim) compare(st *event.Statement) string {
	if !slices.Contains(c.decisions, st.Decision) || st.Subject != c.subject {
		return fmt.Sprintf("%s of %s", st.Decision, st.Subject)
	}
	if p := c.approval; p != nil {
		switch {
		case st.Commit != p.Commit || st.Tree != p.Tree:
			return "another candidate"
		case st.WorkflowDigest != p.WorkflowDigest:
			return "another workflow"
		case !slices.Equal(st.Proofs, p.Proofs):
			return "other evidence"
		}
	}
	for key, value := range c.details {
		if st.Details[key] != value {
			return "another " + key
		}
	}
	for key, text := range c.texts {
		if st.Details[key] != textSum(text) {
			return "another " + key
		}
	}
	return ""
}

// claimOf returns what has to be signed for a payload.
func claimOf(p event.Signable, st *event.Statement) *claim {
	if c := claimOfGate(p, st); c != nil {
		return c
	}
	switch p := p.(type) {
	case *event.ProofAttestedPayload:
		return &claim{
			decisions: names(&AttestProof{}), subject: p.Gate + "/" + p.Kind,
			texts: map[string]string{"statement": p.Statement}, details: map[string]string{"result": p.Result, "sha256": p.SHA256},
		}
	case *event.DeliverableUpdatedPayload:
		return &claim{
			decisions: names(&ChangeDeliverable{Status: DeliverableStatus(p.Status)}), subject: p.ID,
			texts: map[string]string{"note": p.Note}, details: map[string]string{"sha256": p.SHA256},
		}
	case *event.WorkflowChangedPayload:
		return &claim{decisions: names(&AcceptWorkflow{}), subject: st.Subject, details: map[string]string{"source": p.SourceDigest, "workflow": p.Digest}}
	case *event.TrustGrantedPayload:
		c := &claim{decisions: names(&AcceptWorkflow{}, &GrantTrust{}), subject: p.Subject, details: map[string]string{"digest": p.Digest}}
		if st.Decision == (&AcceptWorkflow{}).CommandName() {
			c.details = map[string]string{"source": p.Digest}
		}
		return c
	case *event.PayloadRedactedPayload:
		return &claim{decisions: names(&RedactPayloads{}), texts: map[string]string{"reason": p.Reason}}
	case *event.ProjectDeletedPayload:
		return &claim{decisions: names(&DeleteProject{}), subject: p.Slug, texts: map[string]string{"reason": p.Reason}}
	case *event.SignerAddedPayload:
		return &claim{
			decisions: names(&AddSigner{}), subject: p.Fingerprint,
			details: map[string]string{"name": p.Name, "kind": p.Kind, "gates": strings.Join(p.Gates, ",")},
		}
	case *event.SignerRemovedPayload:
		return &claim{decisions: names(&RemoveSigner{}), subject: p.Fingerprint, texts: map[string]string{"reason": p.Reason}}
	case *event.LevelChangedPayload:
		return &claim{
			decisions: names(&ChangeLevel{}), subject: p.To,
			texts: map[string]string{"reason": p.Reason}, details: map[string]string{"from": p.From},
		}
	}
	return nil
}

// claimOfGate is claimOf for the decisions on gates.
func claimOfGate(p event.Signable, st *event.Statement) *claim {
	switch p := p.(type) {
	case *event.GateApprovedPayload:
		return claimOfApproval(&p.Approval, nil)
	case *event.GateApprovedWithConditionsPayload:
		return claimOfApproval(&p.Approval, p.Conditions)
	case *event.GateForcedPayload:
		c := claimOfApproval(&p.Approval, nil)
		c.texts["force"] = p.Reason
		return c
	case *event.GateRejectedPayload:
		return &claim{decisions: names(&RejectGate{}), subject: p.Gate, texts: map[string]string{"reason": p.Reason}}
	case *event.GateSkippedPayload:
		return &claim{decisions: names(&SkipGate{}), subject: p.Gate, texts: map[string]string{"reason": p.Reason}}
	case *event.GateReopenedPayload:
		return &claim{decisions: names(&ReopenGate{}), subject: p.Gate, texts: map[string]string{"reason": p.Reason}}
	case *event.PhaseReopenedPayload:
		c := &claim{decisions: names(&ReopenPhase{}), subject: p.To, texts: map[string]string{"reason": p.Reason}}
		if st.Decision == (&ReopenGate{}).CommandName() && len(p.Gates) > 0 {
			// A gate that was passed reopens with its phase.
			c.decisions, c.subject = names(&ReopenGate{}), p.Gates[0]
		}
		return c
	case *event.ConditionResolvedPayload:
		return &claim{decisions: names(&ResolveCondition{}), subject: p.ID, texts: map[string]string{"resolution": p.Resolution}}
	}
	return nil
}

func claimOfApproval(p *event.Approval, conditions []event.Condition) *claim {
	return &claim{
		decisions: names(&ApproveGate{}), subject: p.Gate, approval: p,
		texts: map[string]string{"note": p.Note}, details: conditionDetails(conditions),
	}
}

// conditionDetails is how conditions stand in a statement. The one after the
// last is empty, so that none can have been left out.
func conditionDetails(conditions []event.Condition) map[string]string {
	details := map[string]string{}
	for i, c := range conditions {
		details[conditionKey(i)] = c.Blocks + " " + textSum(c.Text)
	}
	details[conditionKey(len(conditions))] = ""
	return details
}

func conditionKey(i int) string { return "condition." + strconv.Itoa(i+1) }

// names returns the names of commands.
func names(commands ...Signable) []string {
	list := make([]string, len(commands))
	for i, c := range commands {
		list[i] = c.CommandName()
	}
	return list
}
