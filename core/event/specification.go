package event

// SpecificationRegistered is the type of the events in which a specification is put under the project's care, or a new content of one.
const SpecificationRegistered Type = "SpecificationRegistered"

// SpecificationRegisteredPayload is the payload of [SpecificationRegistered].
type SpecificationRegisteredPayload struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Path  string `json:"path"`
	// Format is "openapi", "json_schema", "prisma", "graphql" or "protobuf".
	Format string `json:"format"`
	// Version counts the contents, from 1.
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size"`
}

// EventType returns [SpecificationRegistered].
func (*SpecificationRegisteredPayload) EventType() Type { return SpecificationRegistered }

// SpecificationValidated is the type of the events in which a specification is checked and found sound.
const SpecificationValidated Type = "SpecificationValidated"

// SpecificationValidatedPayload is the payload of [SpecificationValidated].
type SpecificationValidatedPayload struct {
	ID string `json:"id"`
	// Version and SHA256 are the content that was checked.
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
	// Checker is what looked at it.
	Checker  string   `json:"checker"`
	Warnings []string `json:"warnings,omitempty"`
}

// EventType returns [SpecificationValidated].
func (*SpecificationValidatedPayload) EventType() Type { return SpecificationValidated }

// SpecificationLocked is the type of the events in which a person fixes a specification, or lets it go again.
const SpecificationLocked Type = "SpecificationLocked"

// SpecificationLockedPayload is the payload of [SpecificationLocked].
type SpecificationLockedPayload struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
	// Locked is false when it is let go.
	Locked bool   `json:"locked"`
	Reason string `json:"reason,omitempty"`
	Decided
}

// EventType returns [SpecificationLocked].
func (*SpecificationLockedPayload) EventType() Type { return SpecificationLocked }

// SpecificationRejected is the type of the events in which a specification is checked and found wanting.
const SpecificationRejected Type = "SpecificationRejected"

// SpecificationRejectedPayload is the payload of [SpecificationRejected].
type SpecificationRejectedPayload struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
	Checker string `json:"checker"`
	// Problems says what is wrong, one sentence each.
	Problems []string `json:"problems"`
}

// EventType returns [SpecificationRejected].
func (*SpecificationRejectedPayload) EventType() Type { return SpecificationRejected }
