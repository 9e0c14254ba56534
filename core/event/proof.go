package event

import "encoding/json"

// Evidence is what the three kinds of proof have in common.
type Evidence struct {
	ID   string `json:"id"`
	Gate string `json:"gate"`
	// Kind is the proof type, such as "test_output".
	Kind string `json:"type"`
	// Result is "pass", "fail", "warning" or "info".
	Result string `json:"result"`
	// Summary says in one line what the evidence shows.
	Summary string `json:"summary"`
	// SHA256 and Size describe the artifact that holds the evidence.
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	// WorkflowDigest is the accepted workflow at the time.
	WorkflowDigest string `json:"workflow_digest"`
	// Commit is HEAD, or empty; Tree is the digest of the covered files.
	Commit string   `json:"commit,omitempty"`
	Tree   string   `json:"tree,omitempty"`
	Paths  []string `json:"paths,omitempty"`
}

// ProofCaptured is the type of the events in which LayerCake ran a command and kept what it printed.
const ProofCaptured Type = "ProofCaptured"

// ProofCapturedPayload is the payload of [ProofCaptured].
type ProofCapturedPayload struct {
	Evidence
	Command  []string `json:"command"`
	ExitCode int      `json:"exit_code"`
	// Pinned says whether Command was the one that the workflow pins.
	Pinned bool   `json:"pinned"`
	Parser string `json:"parser,omitempty"`
	// TreeBefore is the digest of the covered files before the command ran; Evidence.Tree is the one after.
	TreeBefore string `json:"tree_before"`
	EnvDigest  string `json:"env_digest"`
	StartedAt  string `json:"started_at"`
	DurationMS int64  `json:"duration_ms"`
	Truncated  bool   `json:"truncated,omitempty"`
	// Reasons says why the result is not a pass.
	Reasons []string `json:"reasons,omitempty"`
	// Report is what the parser read.
	Report json.RawMessage `json:"report,omitempty"`
}

// EventType returns [ProofCaptured].
func (*ProofCapturedPayload) EventType() Type { return ProofCaptured }

// ProofAttested is the type of the events in which a person vouches for something.
const ProofAttested Type = "ProofAttested"

// ProofAttestedPayload is the payload of [ProofAttested].
type ProofAttestedPayload struct {
	Evidence
	Statement string `json:"statement"`
	Decided
}

// EventType returns [ProofAttested].
func (*ProofAttestedPayload) EventType() Type { return ProofAttested }

// ProofSubmitted is the type of the events in which somebody hands in evidence that LayerCake did not see being made.
const ProofSubmitted Type = "ProofSubmitted"

// ProofSubmittedPayload is the payload of [ProofSubmitted].
type ProofSubmittedPayload struct {
	Evidence
	// Name is the file's name.
	Name string `json:"name"`
}

// EventType returns [ProofSubmitted].
func (*ProofSubmittedPayload) EventType() Type { return ProofSubmitted }

// ProofVerified is the type of the events in which the artifact of a proof is hashed again.
const ProofVerified Type = "ProofVerified"

// ProofVerifiedPayload is the payload of [ProofVerified].
type ProofVerifiedPayload struct {
	ID      string `json:"id"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
}

// EventType returns [ProofVerified].
func (*ProofVerifiedPayload) EventType() Type { return ProofVerified }

// ProofInvalidated is the type of the events in which a proof is declared worthless.
const ProofInvalidated Type = "ProofInvalidated"

// ProofInvalidatedPayload is the payload of [ProofInvalidated].
type ProofInvalidatedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// EventType returns [ProofInvalidated].
func (*ProofInvalidatedPayload) EventType() Type { return ProofInvalidated }
