package event

// DocumentCreated is the type of the events in which a document is registered.
const DocumentCreated Type = "DocumentCreated"

// DocumentCreatedPayload is the payload of [DocumentCreated].
type DocumentCreatedPayload struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Path   string `json:"path"`
	Kind   string `json:"kind,omitempty"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// EventType returns [DocumentCreated].
func (*DocumentCreatedPayload) EventType() Type { return DocumentCreated }

// DocumentUpdated is the type of the events in which a document has new content or a new state.
const DocumentUpdated Type = "DocumentUpdated"

// DocumentUpdatedPayload is the payload of [DocumentUpdated].
type DocumentUpdatedPayload struct {
	ID string `json:"id"`
	// Version counts the contents, from 1.
	Version int     `json:"version"`
	Title   *string `json:"title,omitempty"`
	Path    *string `json:"path,omitempty"`
	Locked  *bool   `json:"locked,omitempty"`
	SHA256  string  `json:"sha256"`
	Size    int64   `json:"size"`
}

// EventType returns [DocumentUpdated].
func (*DocumentUpdatedPayload) EventType() Type { return DocumentUpdated }

// DocumentDeleted is the type of the events in which a document is no longer kept.
const DocumentDeleted Type = "DocumentDeleted"

// DocumentDeletedPayload is the payload of [DocumentDeleted].
type DocumentDeletedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
}

// EventType returns [DocumentDeleted].
func (*DocumentDeletedPayload) EventType() Type { return DocumentDeleted }

// DeliverableUpdated is the type of the events in which a deliverable is handed in, accepted or sent back.
const DeliverableUpdated Type = "DeliverableUpdated"

// DeliverableUpdatedPayload is the payload of [DeliverableUpdated].
type DeliverableUpdatedPayload struct {
	ID string `json:"id"`
	// Status is "pending", "submitted", "accepted" or "rejected".
	Status string  `json:"status"`
	SHA256 string  `json:"sha256,omitempty"`
	Path   *string `json:"path,omitempty"`
	Note   string  `json:"note,omitempty"`
	Decided
}

// EventType returns [DeliverableUpdated].
func (*DeliverableUpdatedPayload) EventType() Type { return DeliverableUpdated }

// DecisionMade is the type of the events in which a decision is taken or proposed.
const DecisionMade Type = "DecisionMade"

// DecisionMadePayload is the payload of [DecisionMade].
type DecisionMadePayload struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Context      string   `json:"context,omitempty"`
	Decision     string   `json:"decision"`
	Rationale    string   `json:"rationale,omitempty"`
	Alternatives []string `json:"alternatives,omitempty"`
	Consequences string   `json:"consequences,omitempty"`
	// Status is "proposed" or "accepted".
	Status     string  `json:"status"`
	Supersedes string  `json:"supersedes,omitempty"`
	Gate       string  `json:"gate,omitempty"`
	Origin     *Origin `json:"origin,omitempty"`
}

// EventType returns [DecisionMade].
func (*DecisionMadePayload) EventType() Type { return DecisionMade }

// DecisionSuperseded is the type of the events in which a later decision replaces an earlier one.
const DecisionSuperseded Type = "DecisionSuperseded"

// DecisionSupersededPayload is the payload of [DecisionSuperseded].
type DecisionSupersededPayload struct {
	ID string `json:"id"`
	By string `json:"by"`
}

// EventType returns [DecisionSuperseded].
func (*DecisionSupersededPayload) EventType() Type { return DecisionSuperseded }

// DecisionReversed is the type of the events in which a decision no longer holds.
const DecisionReversed Type = "DecisionReversed"

// DecisionReversedPayload is the payload of [DecisionReversed].
type DecisionReversedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// EventType returns [DecisionReversed].
func (*DecisionReversedPayload) EventType() Type { return DecisionReversed }

// MemoryAdded is the type of the events in which something learnt is kept.
const MemoryAdded Type = "MemoryAdded"

// MemoryAddedPayload is the payload of [MemoryAdded].
type MemoryAddedPayload struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Scope   string `json:"scope"`
	Title   string `json:"title,omitempty"`
	Content string `json:"content"`
	// Confidence is between 0 and 1.
	Confidence float64  `json:"confidence"`
	Tags       []string `json:"tags,omitempty"`
	Links      []string `json:"links,omitempty"`
	Origin     *Origin  `json:"origin,omitempty"`
}

// EventType returns [MemoryAdded].
func (*MemoryAddedPayload) EventType() Type { return MemoryAdded }

// MemoryRetracted is the type of the events in which something learnt turned out to be wrong.
const MemoryRetracted Type = "MemoryRetracted"

// MemoryRetractedPayload is the payload of [MemoryRetracted].
type MemoryRetractedPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	// Unlisted is set when its line was taken out of MEMORY.md: it does not come
	// back there.
	Unlisted bool `json:"unlisted,omitempty"`
}

// EventType returns [MemoryRetracted].
func (*MemoryRetractedPayload) EventType() Type { return MemoryRetracted }

// NoteAdded is the type of the events in which something is written down.
const NoteAdded Type = "NoteAdded"

// NoteAddedPayload is the payload of [NoteAdded].
type NoteAddedPayload struct {
	ID string `json:"id"`
	// Kind is "note" or "progress".
	Kind string `json:"kind"`
	// Subject is the id of what the note is about.
	Subject string  `json:"subject,omitempty"`
	Text    string  `json:"text"`
	Origin  *Origin `json:"origin,omitempty"`
}

// EventType returns [NoteAdded].
func (*NoteAddedPayload) EventType() Type { return NoteAdded }

// RiskIdentified is the type of the events in which a risk is seen.
const RiskIdentified Type = "RiskIdentified"

// RiskIdentifiedPayload is the payload of [RiskIdentified].
type RiskIdentifiedPayload struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Probability string `json:"probability"`
	Impact      string `json:"impact"`
	Mitigation  string `json:"mitigation,omitempty"`
}

// EventType returns [RiskIdentified].
func (*RiskIdentifiedPayload) EventType() Type { return RiskIdentified }

// RiskUpdated is the type of the events in which a risk is judged anew.
const RiskUpdated Type = "RiskUpdated"

// RiskUpdatedPayload is the payload of [RiskUpdated].
type RiskUpdatedPayload struct {
	ID          string  `json:"id"`
	Status      *string `json:"status,omitempty"`
	Probability *string `json:"probability,omitempty"`
	Impact      *string `json:"impact,omitempty"`
	Mitigation  *string `json:"mitigation,omitempty"`
	Note        string  `json:"note,omitempty"`
}

// EventType returns [RiskUpdated].
func (*RiskUpdatedPayload) EventType() Type { return RiskUpdated }

// BlockerCreated is the type of the events in which something stands in the way.
const BlockerCreated Type = "BlockerCreated"

// BlockerCreatedPayload is the payload of [BlockerCreated].
type BlockerCreatedPayload struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Severity    string `json:"severity"`
	// Gate limits the blocker to one gate; empty blocks every gate.
	Gate string `json:"gate,omitempty"`
}

// EventType returns [BlockerCreated].
func (*BlockerCreatedPayload) EventType() Type { return BlockerCreated }

// BlockerEscalated is the type of the events in which a blocker goes one level up.
const BlockerEscalated Type = "BlockerEscalated"

// BlockerEscalatedPayload is the payload of [BlockerEscalated].
type BlockerEscalatedPayload struct {
	ID     string `json:"id"`
	Level  int    `json:"level"`
	Reason string `json:"reason"`
}

// EventType returns [BlockerEscalated].
func (*BlockerEscalatedPayload) EventType() Type { return BlockerEscalated }

// BlockerResolved is the type of the events in which a blocker is out of the way.
const BlockerResolved Type = "BlockerResolved"

// BlockerResolvedPayload is the payload of [BlockerResolved].
type BlockerResolvedPayload struct {
	ID         string `json:"id"`
	Resolution string `json:"resolution"`
}

// EventType returns [BlockerResolved].
func (*BlockerResolvedPayload) EventType() Type { return BlockerResolved }

// QueryAsked is the type of the events in which somebody needs an answer.
const QueryAsked Type = "QueryAsked"

// QueryAskedPayload is the payload of [QueryAsked].
type QueryAskedPayload struct {
	ID string `json:"id"`
	// Kind is "clarification", "validation", "consultation" or "estimation".
	Kind string `json:"kind"`
	// To is "person" or an agent role.
	To       string   `json:"to"`
	Question string   `json:"question"`
	Options  []string `json:"options,omitempty"`
	Blocking bool     `json:"blocking"`
}

// EventType returns [QueryAsked].
func (*QueryAskedPayload) EventType() Type { return QueryAsked }

// QueryAnswered is the type of the events in which somebody answers.
const QueryAnswered Type = "QueryAnswered"

// QueryAnsweredPayload is the payload of [QueryAnswered].
type QueryAnsweredPayload struct {
	ID     string `json:"id"`
	Answer string `json:"answer"`
}

// EventType returns [QueryAnswered].
func (*QueryAnsweredPayload) EventType() Type { return QueryAnswered }
