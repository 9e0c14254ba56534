// Package project holds the rules: what a command needs to know, which events
// it leads to or why it is refused, and what each event changes. Everything
// here is pure: no input or output, no clock, no randomness.
package project

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/workflow"
)

// Level says how approvals are made in a project, and so how much they are
// worth; docs/security.md tells what each level does and does not stop.
type Level string

// The approval levels.
const (
	// LevelTerminal: a person types the approving word at a terminal. Recorded,
	// not authenticated.
	LevelTerminal Level = "terminal"
	// LevelSigned: a person signs each decision with an enrolled SSH key.
	LevelSigned Level = "signed"
	// LevelCI: a machine approved, with the key that a person enrolled for this
	// gate. Approvals have it, projects do not.
	LevelCI Level = "ci"
	// LevelElicited: a person answers a question that their MCP client shows,
	// or decides as at LevelTerminal. Worth what the client is worth.
	LevelElicited Level = "elicited"
	// LevelDemo: anybody; fixed at a project's creation and shown everywhere.
	LevelDemo Level = "demo"
)

// Project is a project as it stands.
type Project struct {
	ID             uuid.UUID               `json:"id"`
	Slug           string                  `json:"slug"`
	Name           string                  `json:"name"`
	Description    string                  `json:"description"`
	Type           workflow.ProjectType    `json:"type"`
	Preset         workflow.Preset         `json:"preset"`
	Tier           workflow.Tier           `json:"tier"`
	DeploymentMode workflow.DeploymentMode `json:"deployment_mode"`
	HasUI          bool                    `json:"has_ui"`
	Level          Level                   `json:"level"`
	TeachingLevel  string                  `json:"teaching_level"`
	DocsDir        string                  `json:"docs_dir"`
	Phase          workflow.Phase          `json:"phase"`
	BlockedFrom    workflow.Phase          `json:"blocked_from"`
	Archived       bool                    `json:"archived"`
	Intake         json.RawMessage         `json:"intake"`
	WorkflowDigest string                  `json:"workflow_digest"`
	// WorkflowSource is the SHA-256 of the accepted workflow file, or empty.
	WorkflowSource string    `json:"workflow_source"`
	CreatedBy      string    `json:"created_by"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
}

// Facts returns what the conditions of a workflow are evaluated against.
func (p *Project) Facts() workflow.Facts {
	return workflow.Facts{Type: p.Type, DeploymentMode: p.DeploymentMode, Tier: p.Tier, HasUI: p.HasUI}
}

// GateStatus is where a gate stands.
type GateStatus string

// The gate states.
const (
	GatePending       GateStatus = "pending"
	GateInReview      GateStatus = "in_review"
	GateApproved      GateStatus = "approved"
	GateRejected      GateStatus = "rejected"
	GateNotApplicable GateStatus = "not_applicable"
	GateSkipped       GateStatus = "skipped"
)

// Passed reports whether the gate no longer stands in the way.
func (s GateStatus) Passed() bool {
	return s == GateApproved || s == GateSkipped || s == GateNotApplicable
}

// Gate is a gate as it stands in a project.
type Gate struct {
	ID       string         `json:"id"`
	Position int            `json:"position"`
	Phase    workflow.Phase `json:"phase"`
	Title    string         `json:"title"`
	Applies  bool           `json:"applies"`
	Status   GateStatus     `json:"status"`
	// SinceVersion is the event before which evidence for this gate is stale.
	SinceVersion int64 `json:"since_version"`
	// Commit and Tree are the candidate fixed when the gate was presented.
	Commit      string     `json:"commit"`
	Tree        string     `json:"tree"`
	Brief       string     `json:"brief,omitempty"`
	PresentedBy string     `json:"presented_by"`
	PresentedAt *time.Time `json:"presented_at"`
	DecidedBy   string     `json:"decided_by"`
	DecidedAt   *time.Time `json:"decided_at"`
	Level       Level      `json:"level"`
	// Signer names who signed the decision, with the key; empty when nobody did.
	Signer string `json:"signer"`
	Note   string `json:"note"`
	// Forced says that a person approved it against its reasons.
	Forced      bool  `json:"forced"`
	Conditional bool  `json:"conditional"`
	Version     int64 `json:"version"`
	// RequestedThrough is the MCP client in which somebody said yes since the
	// gate was presented, where that does not approve; RequestedAt is when.
	RequestedThrough string     `json:"requested_through"`
	RequestedAt      *time.Time `json:"requested_at"`
}

// Condition is something an approval left to be done before a later gate.
type Condition struct {
	ID         string    `json:"id"`
	Gate       string    `json:"gate"`
	Text       string    `json:"text"`
	Blocks     string    `json:"blocks"`
	Status     string    `json:"status"`
	Resolution string    `json:"resolution"`
	CreatedAt  time.Time `json:"created_at"`
}

// Proof is one piece of evidence.
type Proof struct {
	ID             string          `json:"id"`
	Gate           string          `json:"gate"`
	Type           string          `json:"type"`
	Grade          workflow.Grade  `json:"grade"`
	Result         string          `json:"result"`
	Summary        string          `json:"summary"`
	SHA256         string          `json:"sha256"`
	Size           int64           `json:"size"`
	Command        []string        `json:"command"`
	ExitCode       int             `json:"exit_code"`
	Parser         string          `json:"parser"`
	TreeBefore     string          `json:"tree_before"`
	Tree           string          `json:"tree"`
	Paths          []string        `json:"paths"`
	Commit         string          `json:"commit"`
	EnvDigest      string          `json:"env_digest"`
	DurationMS     int64           `json:"duration_ms"`
	Reasons        []string        `json:"reasons"`
	Report         json.RawMessage `json:"report"`
	WorkflowDigest string          `json:"workflow_digest"`
	Statement      string          `json:"statement"`
	Level          Level           `json:"level"`
	ObservedBy     string          `json:"observed_by"`
	// Invalidated says why the proof is worthless, or is empty.
	Invalidated string    `json:"invalidated"`
	CreatedAt   time.Time `json:"created_at"`
	Version     int64     `json:"version"`
}

// DeliverableStatus is where a deliverable stands.
type DeliverableStatus string

// The deliverable states.
const (
	DeliverablePending   DeliverableStatus = "pending"
	DeliverableSubmitted DeliverableStatus = "submitted"
	DeliverableAccepted  DeliverableStatus = "accepted"
	DeliverableRejected  DeliverableStatus = "rejected"
)

// Deliverable is a document or file that a gate asks for.
type Deliverable struct {
	ID        string            `json:"id"`
	Gate      string            `json:"gate"`
	Kind      string            `json:"kind"`
	Title     string            `json:"title"`
	Path      string            `json:"path"`
	Role      string            `json:"role"`
	Status    DeliverableStatus `json:"status"`
	SHA256    string            `json:"sha256"`
	Note      string            `json:"note"`
	DecidedBy string            `json:"decided_by"`
	UpdatedAt time.Time         `json:"updated_at"`
}
