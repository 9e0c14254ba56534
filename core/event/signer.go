package event

// SignerAdded is the type of the events in which a key is enrolled, whose signatures count from then on.
const SignerAdded Type = "SignerAdded"

// SignerAddedPayload is the payload of [SignerAdded].
type SignerAddedPayload struct {
	// Name is who signs with the key.
	Name string `json:"name"`
	// Kind is "person", or "ci" for an identity of a machine.
	Kind string `json:"kind"`
	// Key is the public key as in an authorized_keys file, and Fingerprint its
	// SHA-256.
	Key         string `json:"key"`
	Fingerprint string `json:"fingerprint"`
	// Presence says that the key signs only when it is touched.
	Presence bool `json:"presence,omitempty"`
	// Gates are those that a machine may approve.
	Gates []string `json:"gates,omitempty"`
	Decided
}

// EventType returns [SignerAdded].
func (*SignerAddedPayload) EventType() Type { return SignerAdded }

// SignerRemoved is the type of the events in which a key ceases to count; what it signed before stays signed.
const SignerRemoved Type = "SignerRemoved"

// SignerRemovedPayload is the payload of [SignerRemoved].
type SignerRemovedPayload struct {
	Fingerprint string `json:"fingerprint"`
	Reason      string `json:"reason"`
	Decided
}

// EventType returns [SignerRemoved].
func (*SignerRemovedPayload) EventType() Type { return SignerRemoved }

// LevelChanged is the type of the events in which a person changes how decisions are made in a project.
const LevelChanged Type = "LevelChanged"

// LevelChangedPayload is the payload of [LevelChanged].
type LevelChangedPayload struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason,omitempty"`
	Decided
}

// EventType returns [LevelChanged].
func (*LevelChangedPayload) EventType() Type { return LevelChanged }

// ApprovalRequested is the type of the events in which somebody said yes where that does not approve: a person still has to.
const ApprovalRequested Type = "ApprovalRequested"

// ApprovalRequestedPayload is the payload of [ApprovalRequested].
type ApprovalRequestedPayload struct {
	Gate string `json:"gate"`
	// Word is what was answered, and Through the client that asked.
	Word    string `json:"word"`
	Through string `json:"through"`
	Note    string `json:"note,omitempty"`
}

// EventType returns [ApprovalRequested].
func (*ApprovalRequestedPayload) EventType() Type { return ApprovalRequested }
