package project

import "github.com/layercake-dev/layercake/core/event"

// gate applies the events about gates and about what people say of them.
func (a applier) gate(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.GatePresentedPayload:
		return a.setGate(p.Gate, Field{"status", string(GateInReview)}, Field{"commit_id", p.Commit}, Field{"tree", p.Tree},
			Field{"brief", p.Brief}, Field{"presented_by", a.e.Actor}, Field{"presented_at", a.at()}, Field{"requested_through", ""},
			Field{"requested_at", nil}), true
	case *event.ApprovalRequestedPayload:
		return a.setGate(p.Gate, Field{"requested_through", p.Through}, Field{"requested_at", a.at()}), true
	case *event.GateApprovedPayload:
		return a.approved(&p.Approval, p.Note), true
	case *event.GateApprovedWithConditionsPayload:
		changes := a.approved(&p.Approval, p.Note, Field{"conditional", true})
		for _, c := range p.Conditions {
			changes = append(changes, insert(TableConditions, Fields{
				{"condition_id", c.ID}, {"gate_id", p.Gate}, {"body", c.Text}, {"blocks", c.Blocks},
				{"status", statusOpen}, {"created_at", a.at()},
			}))
		}
		return changes, true
	case *event.GateForcedPayload:
		return a.approved(&p.Approval, p.Reason, Field{"forced", true}), true
	case *event.GateRejectedPayload:
		return a.setGate(p.Gate, Field{"status", string(GateRejected)}, Field{"since_version", a.e.Version},
			Field{"decided_by", a.e.Actor}, Field{"decided_at", a.at()}, Field{"level", p.Level}, Field{"note", p.Reason}, Field{"signer", signedBy(&p.Decided)}), true
	case *event.GateSkippedPayload:
		return a.setGate(p.Gate, Field{"status", string(GateSkipped)}, Field{"decided_by", a.e.Actor},
			Field{"decided_at", a.at()}, Field{"level", p.Level}, Field{"note", p.Reason}, Field{"signer", signedBy(&p.Decided)}), true
	case *event.GateReopenedPayload:
		return []Change{a.gateBackToPending(p.Gate)}, true
	case *event.ConditionResolvedPayload:
		return []Change{set(TableConditions, []any{p.ID}, Fields{{"status", statusResolved}, {"resolution", p.Resolution}})}, true
	case *event.FeedbackGivenPayload:
		return []Change{insert(TableFeedback, Fields{
			{"feedback_id", p.ID}, {"gate_id", p.Gate}, {"role", p.Role}, {"body", p.Text}, {"status", statusOpen},
			{"created_by", a.e.Actor}, {"created_at", a.at()},
		})}, true
	case *event.FeedbackResolvedPayload:
		return []Change{set(TableFeedback, []any{p.ID}, Fields{{"status", p.Status}, {"resolution", p.Resolution}})}, true
	}
	return nil, false
}

func (a applier) setGate(gate string, fields ...Field) []Change {
	return []Change{set(TableGates, []any{gate}, append(fields, Field{"version", a.e.Version}))}
}

func (a applier) approved(p *event.Approval, note string, extra ...Field) []Change {
	return a.setGate(p.Gate, append(extra, Field{"status", string(GateApproved)}, Field{"decided_by", a.e.Actor},
		Field{"decided_at", a.at()}, Field{"level", p.Level}, Field{"note", note}, Field{"signer", signedBy(&p.Decided)})...)
}

// signedBy names who signed a decision, with the key, or is empty.
func signedBy(how *event.Decided) string {
	if how.Signature == nil {
		return ""
	}
	return how.Signature.Signer + " " + how.Signature.Key
}

// proof applies the events about evidence.
func (a applier) proof(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.ProofCapturedPayload:
		grade := "captured"
		if !p.Pinned {
			// LayerCake saw it run, but nobody agreed that this command
			// proves anything.
			grade = "submitted"
		}
		report := string(p.Report)
		if report == "" {
			report = "{}"
		}
		return a.putProof(&p.Evidence, grade, Fields{
			{"command", list(p.Command)}, {"exit_code", int64(p.ExitCode)}, {"parser", p.Parser}, {"tree_before", p.TreeBefore},
			{"env_digest", p.EnvDigest}, {"duration_ms", p.DurationMS}, {"reasons", list(p.Reasons)}, {"report", report},
		}), true
	case *event.ProofAttestedPayload:
		return a.putProof(&p.Evidence, "attested", Fields{{"statement", p.Statement}, {"level", p.Level}}), true
	case *event.ProofSubmittedPayload:
		return a.putProof(&p.Evidence, "submitted", Fields{{"statement", p.Name}}), true
	case *event.ProofVerifiedPayload:
		if p.OK {
			return nil, true
		}
		return []Change{set(TableProofs, []any{p.ID}, Fields{{"invalidated", p.Problem}})}, true
	case *event.ProofInvalidatedPayload:
		return []Change{set(TableProofs, []any{p.ID}, Fields{{"invalidated", p.Reason}})}, true
	}
	return nil, false
}

func (a applier) putProof(p *event.Evidence, grade string, more Fields) []Change {
	return []Change{insert(TableProofs, append(more, Fields{
		{"proof_id", p.ID}, {"gate_id", p.Gate}, {"type", p.Kind}, {"grade", grade}, {"result", p.Result},
		{"summary", p.Summary}, {"sha256", p.SHA256}, {"size", p.Size}, {"tree_after", p.Tree}, {"paths", list(p.Paths)},
		{"commit_id", p.Commit}, {"workflow_digest", p.WorkflowDigest}, {"observed_by", a.e.Actor}, {"created_at", a.at()},
		{"version", a.e.Version},
	}...))}
}

// list returns s, or an empty list for nil: the columns are never null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
