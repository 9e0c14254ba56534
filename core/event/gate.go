package event

// ProofRef names a piece of evidence and its content.
type ProofRef struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	SHA256 string `json:"sha256"`
}

// Condition is something that still has to be done after an approval, before a
// later gate.
type Condition struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Blocks is the gate that cannot be approved while the condition is open.
	Blocks string `json:"blocks"`
}

// Approval is what a person approved, and how we know that it was a person.
type Approval struct {
	Gate string `json:"gate"`
	Decided
	// Word is the approving word as typed.
	Word string `json:"word,omitempty"`
	Note string `json:"note,omitempty"`
	// Commit and Tree are the candidate that was presented.
	Commit         string     `json:"commit,omitempty"`
	Tree           string     `json:"tree,omitempty"`
	WorkflowDigest string     `json:"workflow_digest"`
	Proofs         []ProofRef `json:"proofs,omitempty"`
	// ChainVersion and ChainHead are the head of the log that the person saw.
	ChainVersion int64  `json:"chain_version"`
	ChainHead    string `json:"chain_head"`
	// Observed lists what was seen of the circumstances, such as the terminal
	// or an agent's environment.
	Observed []string `json:"observed,omitempty"`
}

// GatePresented is the type of the events in which a gate is put before a person, with its candidate fixed.
const GatePresented Type = "GatePresented"

// GatePresentedPayload is the payload of [GatePresented].
type GatePresentedPayload struct {
	Gate string `json:"gate"`
	// Commit is the candidate.
	Commit string `json:"commit,omitempty"`
	// Tree is the digest of the candidate's files.
	Tree string `json:"tree,omitempty"`
	// Brief is the text that the person is shown.
	Brief string `json:"brief"`
}

// EventType returns [GatePresented].
func (*GatePresentedPayload) EventType() Type { return GatePresented }

// GateApproved is the type of the events in which a person approves a gate.
const GateApproved Type = "GateApproved"

// GateApprovedPayload is the payload of [GateApproved].
type GateApprovedPayload struct {
	Approval
}

// EventType returns [GateApproved].
func (*GateApprovedPayload) EventType() Type { return GateApproved }

// GateApprovedWithConditions is the type of the events in which a person approves a gate and leaves conditions.
const GateApprovedWithConditions Type = "GateApprovedWithConditions"

// GateApprovedWithConditionsPayload is the payload of [GateApprovedWithConditions].
type GateApprovedWithConditionsPayload struct {
	Approval
	Conditions []Condition `json:"conditions"`
}

// EventType returns [GateApprovedWithConditions].
func (*GateApprovedWithConditionsPayload) EventType() Type { return GateApprovedWithConditions }

// GateRejected is the type of the events in which a person rejects a gate.
const GateRejected Type = "GateRejected"

// GateRejectedPayload is the payload of [GateRejected].
type GateRejectedPayload struct {
	Gate   string `json:"gate"`
	Reason string `json:"reason"`
	Decided
}

// EventType returns [GateRejected].
func (*GateRejectedPayload) EventType() Type { return GateRejected }

// GateForced is the type of the events in which a person approves a gate against its reasons.
const GateForced Type = "GateForced"

// GateForcedPayload is the payload of [GateForced].
type GateForcedPayload struct {
	Approval
	// Reason is why; Overridden are the reasons that spoke against it.
	Reason     string   `json:"reason"`
	Overridden []string `json:"overridden"`
}

// EventType returns [GateForced].
func (*GateForcedPayload) EventType() Type { return GateForced }

// GateSkipped is the type of the events in which a person leaves a gate out.
const GateSkipped Type = "GateSkipped"

// GateSkippedPayload is the payload of [GateSkipped].
type GateSkippedPayload struct {
	Gate   string `json:"gate"`
	Reason string `json:"reason"`
	Decided
}

// EventType returns [GateSkipped].
func (*GateSkippedPayload) EventType() Type { return GateSkipped }

// GateReopened is the type of the events in which a passed or rejected gate goes back to pending.
const GateReopened Type = "GateReopened"

// GateReopenedPayload is the payload of [GateReopened].
type GateReopenedPayload struct {
	Gate   string `json:"gate"`
	Reason string `json:"reason"`
	Decided
}

// EventType returns [GateReopened].
func (*GateReopenedPayload) EventType() Type { return GateReopened }

// ConditionResolved is the type of the events in which a condition of an approval is met.
const ConditionResolved Type = "ConditionResolved"

// ConditionResolvedPayload is the payload of [ConditionResolved].
type ConditionResolvedPayload struct {
	ID         string `json:"id"`
	Resolution string `json:"resolution"`
	Decided
}

// EventType returns [ConditionResolved].
func (*ConditionResolvedPayload) EventType() Type { return ConditionResolved }

// FeedbackGiven is the type of the events in which a person asks for a change.
const FeedbackGiven Type = "FeedbackGiven"

// FeedbackGivenPayload is the payload of [FeedbackGiven].
type FeedbackGivenPayload struct {
	ID   string `json:"id"`
	Gate string `json:"gate,omitempty"`
	// Role is the role that the change returns to.
	Role string `json:"role,omitempty"`
	Text string `json:"text"`
}

// EventType returns [FeedbackGiven].
func (*FeedbackGivenPayload) EventType() Type { return FeedbackGiven }

// FeedbackResolved is the type of the events in which a change request is incorporated or declined.
const FeedbackResolved Type = "FeedbackResolved"

// FeedbackResolvedPayload is the payload of [FeedbackResolved].
type FeedbackResolvedPayload struct {
	ID string `json:"id"`
	// Status is "incorporated" or "declined".
	Status     string `json:"status"`
	Resolution string `json:"resolution,omitempty"`
}

// EventType returns [FeedbackResolved].
func (*FeedbackResolvedPayload) EventType() Type { return FeedbackResolved }
