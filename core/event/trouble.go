package event

// GateBlocked is the type of the events in which a gate cannot be worked on, and those in which it can again.
const GateBlocked Type = "GateBlocked"

// GateBlockedPayload is the payload of [GateBlocked].
type GateBlockedPayload struct {
	Gate   string `json:"gate"`
	Reason string `json:"reason"`
	// Blocked is false when the gate can be worked on again.
	Blocked bool `json:"blocked"`
}

// EventType returns [GateBlocked].
func (*GateBlockedPayload) EventType() Type { return GateBlocked }

// EscalationRaised is the type of the events in which a matter goes to somebody who may decide more.
const EscalationRaised Type = "EscalationRaised"

// EscalationRaisedPayload is the payload of [EscalationRaised].
type EscalationRaisedPayload struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Level is 1 for an agent, 2 for the orchestrator, 3 for a person.
	Level  int    `json:"level"`
	Reason string `json:"reason"`
	// About is the id of the task, run, question or blocker that it is about.
	About string `json:"about,omitempty"`
	// Tried lists what was tried before, one sentence each.
	Tried []string `json:"tried,omitempty"`
}

// EventType returns [EscalationRaised].
func (*EscalationRaisedPayload) EventType() Type { return EscalationRaised }

// EscalationResolved is the type of the events in which an escalated matter is decided.
const EscalationResolved Type = "EscalationResolved"

// EscalationResolvedPayload is the payload of [EscalationResolved].
type EscalationResolvedPayload struct {
	ID         string `json:"id"`
	Resolution string `json:"resolution"`
}

// EventType returns [EscalationResolved].
func (*EscalationResolvedPayload) EventType() Type { return EscalationResolved }

// ErrorOccurred is the type of the events in which something goes wrong that is worth knowing the next time.
const ErrorOccurred Type = "ErrorOccurred"

// ErrorOccurredPayload is the payload of [ErrorOccurred].
type ErrorOccurredPayload struct {
	ID string `json:"id"`
	// Kind is "build", "test", "lint", "runtime", "validation", "network",
	// "auth" or "unknown".
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
	// Task is the id of the task during which it happened, or empty.
	Task  string   `json:"task,omitempty"`
	Paths []string `json:"paths,omitempty"`
	// Digest is the same for errors that are alike.
	Digest string `json:"digest"`
}

// EventType returns [ErrorOccurred].
func (*ErrorOccurredPayload) EventType() Type { return ErrorOccurred }

// ErrorResolved is the type of the events in which it is said what an error came from and what helped.
const ErrorResolved Type = "ErrorResolved"

// ErrorResolvedPayload is the payload of [ErrorResolved].
type ErrorResolvedPayload struct {
	ID         string `json:"id"`
	Cause      string `json:"cause,omitempty"`
	Resolution string `json:"resolution"`
	Commit     string `json:"commit,omitempty"`
}

// EventType returns [ErrorResolved].
func (*ErrorResolvedPayload) EventType() Type { return ErrorResolved }
