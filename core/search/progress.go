package search

import "time"

// Phase is what an indexing is at.
type Phase string

// The phases, in their order.
const (
	// PhaseWait waits for another process that indexes the same folder.
	PhaseWait Phase = "wait"
	// PhaseScan looks for files that changed.
	PhaseScan Phase = "scan"
	// PhaseRead reads and takes apart those that did.
	PhaseRead Phase = "read"
	// PhaseFit learns which words mean the same.
	PhaseFit Phase = "fit"
	// PhaseVectors keeps what the chunks mean by that, and makes it quick to search.
	PhaseVectors Phase = "vectors"
	// PhaseProvider has a provider's model say what the chunks mean. The index is
	// complete by then.
	PhaseProvider Phase = "provider"
	// PhaseCompact puts parts of the index together.
	PhaseCompact Phase = "compact"
	// PhaseDone is the end.
	PhaseDone Phase = "done"
)

// Progress says how far an indexing is.
type Progress struct {
	Phase Phase `json:"phase"`
	// FilesTotal and BytesTotal are what has to be read, FilesDone and BytesDone
	// what was.
	FilesDone  int64 `json:"files_done"`
	FilesTotal int64 `json:"files_total"`
	BytesDone  int64 `json:"bytes_done"`
	BytesTotal int64 `json:"bytes_total"`
	// BytesPerSecond is how fast it went of late, and Remaining how long the phase
	// takes if it goes on so; zero when nothing can be said yet.
	BytesPerSecond float64       `json:"bytes_per_second"`
	Remaining      time.Duration `json:"-"`
	// VectorsTotal is how many chunks a provider is asked about, VectorsDone how many
	// it was.
	VectorsDone  int64 `json:"vectors_done"`
	VectorsTotal int64 `json:"vectors_total"`
	// Waiting is whom one waits for, in [PhaseWait].
	Waiting *Run `json:"waiting,omitempty"`
}
