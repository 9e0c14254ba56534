package event

import "time"

// ArtifactStored is the type of the events in which a file is kept with the project.
const ArtifactStored Type = "ArtifactStored"

// ArtifactStoredPayload is the payload of [ArtifactStored].
type ArtifactStoredPayload struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// SHA256 and Size are its content.
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	// MediaType is such as "image/png".
	MediaType string `json:"media_type,omitempty"`
	// About is the id of the task, gate or run that it belongs to, or empty.
	About string `json:"about,omitempty"`
}

// EventType returns [ArtifactStored].
func (*ArtifactStoredPayload) EventType() Type { return ArtifactStored }

// UserAdded is the type of the events in which somebody gets an account.
const UserAdded Type = "UserAdded"

// UserAddedPayload is the payload of [UserAdded].
type UserAddedPayload struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Email is empty where none was given.
	Email string `json:"email,omitempty"`
}

// EventType returns [UserAdded].
func (*UserAddedPayload) EventType() Type { return UserAdded }

// RoleGranted is the type of the events in which somebody may do more.
const RoleGranted Type = "RoleGranted"

// RoleGrantedPayload is the payload of [RoleGranted].
type RoleGrantedPayload struct {
	// User is the id of the account.
	User string `json:"user"`
	// Role is "owner", "admin", "member" or "viewer".
	Role string `json:"role"`
	Decided
}

// EventType returns [RoleGranted].
func (*RoleGrantedPayload) EventType() Type { return RoleGranted }

// RoleRevoked is the type of the events in which somebody may no longer do what a role allows.
const RoleRevoked Type = "RoleRevoked"

// RoleRevokedPayload is the payload of [RoleRevoked].
type RoleRevokedPayload struct {
	User   string `json:"user"`
	Role   string `json:"role"`
	Reason string `json:"reason,omitempty"`
	Decided
}

// EventType returns [RoleRevoked].
func (*RoleRevokedPayload) EventType() Type { return RoleRevoked }

// SubscriptionChanged is the type of the events in which what is paid for changes.
const SubscriptionChanged Type = "SubscriptionChanged"

// SubscriptionChangedPayload is the payload of [SubscriptionChanged].
type SubscriptionChangedPayload struct {
	// Plan is what is paid for, and Status "active", "past_due" or "cancelled".
	Plan   string `json:"plan"`
	Status string `json:"status"`
	Seats  int    `json:"seats,omitempty"`
	// Reference is the id at the payment provider.
	Reference string `json:"reference,omitempty"`
	// Until is when what is paid for ends.
	Until *time.Time `json:"until,omitempty"`
}

// EventType returns [SubscriptionChanged].
func (*SubscriptionChangedPayload) EventType() Type { return SubscriptionChanged }
