package event

// Decided says how a person took a decision, and how far that can be relied on;
// docs/security.md tells what each level is worth.
type Decided struct {
	// Level is "terminal", "signed", "ci", "elicited" or "demo".
	Level string `json:"level,omitempty"`
	// Signature is there at the levels "signed" and "ci".
	Signature *Signature `json:"signature,omitempty"`
}

// How returns the circumstances of the decision.
func (d *Decided) How() *Decided { return d }

// Signature is a person's signature under a decision.
type Signature struct {
	// Signer is the name under which the key was enrolled, and Key its
	// fingerprint.
	Signer string `json:"signer"`
	Key    string `json:"key"`
	// Statement is the text that was signed, to the byte.
	Statement string `json:"statement"`
	// Armored is the signature in OpenSSH's form (PROTOCOL.sshsig), in the
	// namespace "layercake-gate".
	Armored string `json:"armored"`
}

// Signable is a payload that records a decision of a person.
type Signable interface {
	Payload
	// How returns the circumstances of the decision.
	How() *Decided
}

// Statement is the text of a decision as a person signs it: which decision, on
// what exactly, and at which place in the log. Free text stands in it by its
// SHA-256, so that a secret in it can be redacted later.
type Statement struct {
	// Format is [StatementFormat].
	Format string `json:"format"`
	// Decision is what is decided, such as "gate.approve".
	Decision string `json:"decision"`
	// Project is the id of the project, and Slug its short name.
	Project string `json:"project"`
	Slug    string `json:"slug"`
	// Subject is what is decided on: a gate, a deliverable, a condition.
	Subject string `json:"subject"`
	// Commit and Tree are the candidate, and WorkflowDigest the workflow by
	// which it is judged.
	Commit         string `json:"commit,omitempty"`
	Tree           string `json:"tree,omitempty"`
	WorkflowDigest string `json:"workflow_digest,omitempty"`
	// Proofs and Deliverables are the evidence, by content.
	Proofs       []ProofRef `json:"proofs,omitempty"`
	Deliverables []ProofRef `json:"deliverables,omitempty"`
	// Details holds everything else that was decided.
	Details map[string]string `json:"details,omitempty"`
	// ChainVersion and ChainHead are a place in the log: what the person knew.
	ChainVersion int64  `json:"chain_version"`
	ChainHead    string `json:"chain_head"`
}

// StatementFormat names the form of [Statement].
const StatementFormat = "layercake/decision/v1"
