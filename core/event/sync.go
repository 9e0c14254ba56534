package event

// FileSynced is the type of the events in which a markdown file was read: what
// people wrote around the records in it is kept.
const FileSynced Type = "FileSynced"

// FileSyncedPayload is the payload of [FileSynced].
type FileSyncedPayload struct {
	// File is the file's name in the documents' folder, such as "TASKS.md".
	File string `json:"file"`
	// Texts are the texts that changed.
	Texts []FileText `json:"texts"`
}

// FileText is what people wrote behind one block of a file, byte for byte.
type FileText struct {
	// Anchor names the block, such as "section:development" or "t-7k3f9m2p".
	Anchor string `json:"anchor"`
	// Text is all that stands there; empty when nothing does any more.
	Text string `json:"text"`
}

// EventType returns [FileSynced].
func (*FileSyncedPayload) EventType() Type { return FileSynced }

// SyncConflictDetected is the type of the events in which a file and the
// database say different things of what both changed since they agreed.
const SyncConflictDetected Type = "SyncConflictDetected"

// SyncConflictDetectedPayload is the payload of [SyncConflictDetected].
type SyncConflictDetectedPayload struct {
	ID   string `json:"id"`
	File string `json:"file"`
	// Record is the id that people see, such as "t-7k3f9m2p", or the anchor of a
	// text.
	Record string `json:"record"`
	// Field is what of it, such as "title"; "text" is a text of people, "line"
	// the record as a whole.
	Field string `json:"field"`
	// Base is what both had, Ours what the database has, Theirs what the file
	// said.
	Base   string `json:"base"`
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	// Reason says why the file's word could not be taken, when it was not that
	// the database had changed.
	Reason string `json:"reason,omitempty"`
}

// EventType returns [SyncConflictDetected].
func (*SyncConflictDetectedPayload) EventType() Type { return SyncConflictDetected }

// SyncConflictResolved is the type of the events in which somebody settles a
// conflict between a file and the database.
const SyncConflictResolved Type = "SyncConflictResolved"

// SyncConflictResolvedPayload is the payload of [SyncConflictResolved].
type SyncConflictResolvedPayload struct {
	ID string `json:"id"`
	// Choice is "ours" for the database, "theirs" for the file, "edit" for
	// something else.
	Choice string `json:"choice"`
	// Value is what counts now.
	Value string `json:"value,omitempty"`
}

// EventType returns [SyncConflictResolved].
func (*SyncConflictResolvedPayload) EventType() Type { return SyncConflictResolved }

// Origin says where a record comes from that was read from the files of another
// database.
type Origin struct {
	// By is who recorded it there, On the day, as in 2026-03-01, as the file
	// says.
	By string `json:"by,omitempty"`
	On string `json:"on,omitempty"`
}
