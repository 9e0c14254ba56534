package event

// DecisionAmended is the type of the events in which the wording of a decision
// changes, or a proposed one is accepted; absent fields stay as they are.
const DecisionAmended Type = "DecisionAmended"

// DecisionAmendedPayload is the payload of [DecisionAmended].
type DecisionAmendedPayload struct {
	ID           string    `json:"id"`
	Title        *string   `json:"title,omitempty"`
	Context      *string   `json:"context,omitempty"`
	Decision     *string   `json:"decision,omitempty"`
	Rationale    *string   `json:"rationale,omitempty"`
	Alternatives *[]string `json:"alternatives,omitempty"`
	Consequences *string   `json:"consequences,omitempty"`
	Status       *string   `json:"status,omitempty"`
	Gate         *string   `json:"gate,omitempty"`
}

// EventType returns [DecisionAmended].
func (*DecisionAmendedPayload) EventType() Type { return DecisionAmended }

// MemoryAmended is the type of the events in which the wording of a memory
// changes; absent fields stay as they are.
const MemoryAmended Type = "MemoryAmended"

// MemoryAmendedPayload is the payload of [MemoryAmended].
type MemoryAmendedPayload struct {
	ID         string    `json:"id"`
	Kind       *string   `json:"kind,omitempty"`
	Scope      *string   `json:"scope,omitempty"`
	Title      *string   `json:"title,omitempty"`
	Content    *string   `json:"content,omitempty"`
	Confidence *float64  `json:"confidence,omitempty"`
	Tags       *[]string `json:"tags,omitempty"`
	Links      *[]string `json:"links,omitempty"`
}

// EventType returns [MemoryAmended].
func (*MemoryAmendedPayload) EventType() Type { return MemoryAmended }

// NoteAmended is the type of the events in which the wording of a note changes;
// absent fields stay as they are.
const NoteAmended Type = "NoteAmended"

// NoteAmendedPayload is the payload of [NoteAmended].
type NoteAmendedPayload struct {
	ID      string  `json:"id"`
	Text    *string `json:"text,omitempty"`
	Subject *string `json:"subject,omitempty"`
}

// EventType returns [NoteAmended].
func (*NoteAmendedPayload) EventType() Type { return NoteAmended }
