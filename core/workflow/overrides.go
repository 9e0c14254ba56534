package workflow

// Overrides are a project's changes to the built-in workflow, as written in
// `.layercake/workflow.yaml`. See [ParseOverrides] for the format.
//
// In every part the zero value of a field means that the built-in value stays.
type Overrides struct {
	// Edits replaces the edit policy.
	Edits EditPolicy `json:"edits,omitempty"`
	// Proofs change a type of proof at every gate that asks for it.
	Proofs []ProofOverride `json:"proofs,omitempty"`
	// Gates change gates, or add them, in the order of the file.
	Gates []GateOverride `json:"gates,omitempty"`

	// file and at say where each part stands, for errors that are found only
	// when the workflow is resolved.
	file string
	at   map[string]position
}

// ProofOverride changes, adds or switches off one proof.
type ProofOverride struct {
	Type string `json:"type"`
	// Off removes the proof from its gate.
	Off   bool  `json:"off,omitempty"`
	Grade Grade `json:"grade,omitempty"`
	// Command replaces the pinned command, and with it Parser and Report.
	Command []string `json:"command,omitempty"`
	Parser  string   `json:"parser,omitempty"`
	Report  string   `json:"report,omitempty"`
	// Paths limits the tree that is covered; empty and not nil lifts a limit.
	Paths    []string `json:"paths,omitzero"`
	MinBytes *int64   `json:"min_bytes,omitempty"`
	// Timeout is in seconds.
	Timeout int `json:"timeout,omitempty"`
	// Thresholds are in the order of [ThresholdNames].
	Thresholds []ThresholdOverride `json:"thresholds,omitempty"`
	// Note is written as a comment by [Render], and is not read back.
	Note string `json:"-"`
}

// ThresholdOverride sets one threshold or switches it off.
type ThresholdOverride struct {
	Name  string  `json:"name"`
	Value float64 `json:"value,omitempty"`
	Off   bool    `json:"off,omitempty"`
}

// GateOverride changes a built-in gate, or adds one when After is set.
type GateOverride struct {
	ID string `json:"id"`
	// After is the gate that an added gate follows.
	After    string `json:"after,omitempty"`
	Title    string `json:"title,omitempty"`
	Question string `json:"question,omitempty"`
	// Phase is the phase that an added gate closes; the phase of the gate
	// before it unless stated.
	Phase Phase `json:"phase,omitempty"`
	// Next are the phases that an added gate leads to. Empty and not nil means
	// that approval leaves the phase as it is.
	Next  []Transition `json:"next,omitzero"`
	Roles []string     `json:"roles,omitzero"`
	// AppliesWhen replaces the conditions; empty and not nil means always.
	AppliesWhen  Conditions            `json:"applies_when,omitzero"`
	Proofs       []ProofOverride       `json:"proofs,omitempty"`
	Deliverables []DeliverableOverride `json:"deliverables,omitempty"`
}

// DeliverableOverride changes, adds or switches off one deliverable.
type DeliverableOverride struct {
	ID string `json:"id"`
	// Off removes the deliverable from its gate.
	Off   bool            `json:"off,omitempty"`
	Title string          `json:"title,omitempty"`
	Path  string          `json:"path,omitempty"`
	Role  string          `json:"role,omitempty"`
	Kind  DeliverableKind `json:"kind,omitempty"`
}

// Empty reports whether nothing is changed.
func (o *Overrides) Empty() bool {
	return o == nil || (o.Edits == "" && len(o.Proofs) == 0 && len(o.Gates) == 0)
}
