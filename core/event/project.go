package event

import "encoding/json"

// GateSeat is a gate's place in a project: what the projections need to know of
// a workflow's gate.
type GateSeat struct {
	ID       string `json:"id"`
	Position int    `json:"position"`
	Phase    string `json:"phase"`
	Title    string `json:"title"`
	Applies  bool   `json:"applies"`
}

// DeliverableSeat is a deliverable's place in a project.
type DeliverableSeat struct {
	ID    string `json:"id"`
	Kind  string `json:"kind,omitempty"`
	Gate  string `json:"gate"`
	Title string `json:"title"`
	Path  string `json:"path,omitempty"`
	Role  string `json:"role,omitempty"`
}

// ProjectCreated is the type of the events in which a project begins.
const ProjectCreated Type = "ProjectCreated"

// ProjectCreatedPayload is the payload of [ProjectCreated].
type ProjectCreatedPayload struct {
	// Slug is the project's short name, unique in the database.
	Slug           string `json:"slug"`
	Name           string `json:"name"`
	Description    string `json:"description,omitempty"`
	ProjectType    string `json:"type"`
	Preset         string `json:"preset"`
	Tier           string `json:"tier"`
	DeploymentMode string `json:"deployment_mode"`
	HasUI          bool   `json:"has_ui"`
	// Level is the approval level: "terminal", "signed", "ci" or "demo".
	Level string `json:"level"`
	// DocsDir is the folder of the markdown files, relative to the root.
	DocsDir string `json:"docs_dir"`
	Phase   string `json:"phase"`
	// Workflow is the resolved workflow as accepted.
	Workflow       json.RawMessage   `json:"workflow"`
	WorkflowDigest string            `json:"workflow_digest"`
	Gates          []GateSeat        `json:"gates"`
	Deliverables   []DeliverableSeat `json:"deliverables"`
}

// EventType returns [ProjectCreated].
func (*ProjectCreatedPayload) EventType() Type { return ProjectCreated }

// ProjectUpdated is the type of the events in which facts about a project change; absent fields stay as they are.
const ProjectUpdated Type = "ProjectUpdated"

// ProjectUpdatedPayload is the payload of [ProjectUpdated].
type ProjectUpdatedPayload struct {
	Name           *string `json:"name,omitempty"`
	Description    *string `json:"description,omitempty"`
	DeploymentMode *string `json:"deployment_mode,omitempty"`
	HasUI          *bool   `json:"has_ui,omitempty"`
	// Intake holds the answers given at intake.
	Intake json.RawMessage `json:"intake,omitempty"`
	// Gates lists the gates whose applicability changed.
	Gates []GateSeat `json:"gates,omitempty"`
}

// EventType returns [ProjectUpdated].
func (*ProjectUpdatedPayload) EventType() Type { return ProjectUpdated }

// ProjectArchived is the type of the events in which a project is put away or taken out again.
const ProjectArchived Type = "ProjectArchived"

// ProjectArchivedPayload is the payload of [ProjectArchived].
type ProjectArchivedPayload struct {
	Archived bool   `json:"archived"`
	Reason   string `json:"reason,omitempty"`
}

// EventType returns [ProjectArchived].
func (*ProjectArchivedPayload) EventType() Type { return ProjectArchived }

// ProjectDeleted is the type of the events in which a project is removed from every list; its log stays.
const ProjectDeleted Type = "ProjectDeleted"

// ProjectDeletedPayload is the payload of [ProjectDeleted].
type ProjectDeletedPayload struct {
	Slug   string `json:"slug"`
	Reason string `json:"reason,omitempty"`
	Decided
}

// EventType returns [ProjectDeleted].
func (*ProjectDeletedPayload) EventType() Type { return ProjectDeleted }

// PhaseChanged is the type of the events in which a project moves to another phase.
const PhaseChanged Type = "PhaseChanged"

// PhaseChangedPayload is the payload of [PhaseChanged].
type PhaseChangedPayload struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Gate is the gate whose approval moved it, if one did.
	Gate   string `json:"gate,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// EventType returns [PhaseChanged].
func (*PhaseChangedPayload) EventType() Type { return PhaseChanged }

// PhaseReopened is the type of the events in which a person goes back to an earlier phase.
const PhaseReopened Type = "PhaseReopened"

// PhaseReopenedPayload is the payload of [PhaseReopened].
type PhaseReopenedPayload struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason"`
	// Gates lists the gates that go back to pending.
	Gates []string `json:"gates"`
	Decided
}

// EventType returns [PhaseReopened].
func (*PhaseReopenedPayload) EventType() Type { return PhaseReopened }

// ConstraintSet is the type of the events in which a person binds the project: a locked component, a change authority, a rule.
const ConstraintSet Type = "ConstraintSet"

// ConstraintSetPayload is the payload of [ConstraintSet].
type ConstraintSetPayload struct {
	Key string `json:"key"`
	// Value is empty when the constraint is lifted.
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// EventType returns [ConstraintSet].
func (*ConstraintSetPayload) EventType() Type { return ConstraintSet }

// TeachingLevelSet is the type of the events in which it is said how much the output explains.
const TeachingLevelSet Type = "TeachingLevelSet"

// TeachingLevelSetPayload is the payload of [TeachingLevelSet].
type TeachingLevelSetPayload struct {
	Level string `json:"level"`
}

// EventType returns [TeachingLevelSet].
func (*TeachingLevelSetPayload) EventType() Type { return TeachingLevelSet }

// WorkflowChanged is the type of the events in which a person accepts a changed workflow.
const WorkflowChanged Type = "WorkflowChanged"

// WorkflowChangedPayload is the payload of [WorkflowChanged].
type WorkflowChangedPayload struct {
	// Digest is the SHA-256 of the workflow's canonical JSON.
	Digest string `json:"digest"`
	// SourceDigest is the SHA-256 of the file it was read from.
	SourceDigest string          `json:"source_digest"`
	Workflow     json.RawMessage `json:"workflow"`
	AddedGates   []GateSeat      `json:"added_gates,omitempty"`
	// MovedGates lists gates that stay but have another place or title.
	MovedGates          []GateSeat        `json:"moved_gates,omitempty"`
	RemovedGates        []string          `json:"removed_gates,omitempty"`
	AddedDeliverables   []DeliverableSeat `json:"added_deliverables,omitempty"`
	RemovedDeliverables []string          `json:"removed_deliverables,omitempty"`
	// Weakens lists in plain words what became easier.
	Weakens []string `json:"weakens,omitempty"`
	Decided
}

// EventType returns [WorkflowChanged].
func (*WorkflowChangedPayload) EventType() Type { return WorkflowChanged }

// TrustGranted is the type of the events in which a person accepts a file of the repository.
const TrustGranted Type = "TrustGranted"

// TrustGrantedPayload is the payload of [TrustGranted].
type TrustGrantedPayload struct {
	// Subject is the file's path, relative to the root.
	Subject string `json:"subject"`
	// Digest is the SHA-256 of the file.
	Digest string `json:"digest"`
	Decided
}

// EventType returns [TrustGranted].
func (*TrustGrantedPayload) EventType() Type { return TrustGranted }

// PayloadRedacted is the type of the events in which the payload of an earlier event is replaced, to remove a secret.
const PayloadRedacted Type = "PayloadRedacted"

// PayloadRedactedPayload is the payload of [PayloadRedacted].
type PayloadRedactedPayload struct {
	// Version is the event whose payload was replaced.
	Version int64 `json:"version"`
	// OldHash and NewHash are the SHA-256 of the payload as it was and as it
	// is, in hexadecimal.
	OldHash string `json:"old_hash"`
	NewHash string `json:"new_hash"`
	// Fields lists where in the payload a text was replaced, such as "title".
	Fields []string `json:"fields,omitempty"`
	Reason string   `json:"reason"`
	Decided
}

// EventType returns [PayloadRedacted].
func (*PayloadRedactedPayload) EventType() Type { return PayloadRedacted }

// AnchorRecorded is the type of the events in which it is noted that a person signed where the log ended.
const AnchorRecorded Type = "AnchorRecorded"

// AnchorRecordedPayload is the payload of [AnchorRecorded]. The anchor itself is
// kept elsewhere; see package core/anchor.
type AnchorRecordedPayload struct {
	// Version and Hash are the event up to which the log is anchored.
	Version int64  `json:"version"`
	Hash    string `json:"hash"`
	// TextHash is the SHA-256 of the text that was signed.
	TextHash string `json:"text_hash"`
	// Signer is who signed, and Fingerprint their key.
	Signer      string `json:"signer"`
	Fingerprint string `json:"fingerprint"`
}

// EventType returns [AnchorRecorded].
func (*AnchorRecordedPayload) EventType() Type { return AnchorRecorded }
