package event

// Usage is what a run of an agent took, in all its attempts.
type Usage struct {
	// Provider and Model are what answered.
	Provider string `json:"provider"`
	Model    string `json:"model"`
	// InputTokens are those that were read anew, CachedTokens those that the
	// provider had kept, and CacheWriteTokens those that it was told to keep; a
	// token is counted once.
	InputTokens      int64 `json:"input_tokens"`
	OutputTokens     int64 `json:"output_tokens"`
	CachedTokens     int64 `json:"cached_tokens,omitempty"`
	CacheWriteTokens int64 `json:"cache_write_tokens,omitempty"`
	// CostMicros is the price in millionths of a US dollar. CostUnknown says that
	// there is more, whose price is not known.
	CostMicros  int64 `json:"cost_micros"`
	CostUnknown bool  `json:"cost_unknown,omitempty"`
	DurationMS  int64 `json:"duration_ms"`
}

// AgentQueued is the type of the events in which a run of an agent is asked for.
const AgentQueued Type = "AgentQueued"

// AgentQueuedPayload is the payload of [AgentQueued].
type AgentQueuedPayload struct {
	// ID is the run.
	ID string `json:"id"`
	// Role is the agent's role, such as "qa-engineer".
	Role string `json:"role"`
	// Task is the id of the task that it works on, and Gate the gate that it
	// works for; both may be empty.
	Task string `json:"task,omitempty"`
	Gate string `json:"gate,omitempty"`
	// Prompt is what it is asked to do.
	Prompt string `json:"prompt"`
	// Queue is "critical", "high", "medium" or "low", and Priority the place in
	// it, from 1, which comes first, to 4. Reasons say why.
	Queue    string   `json:"queue"`
	Priority int      `json:"priority"`
	Reasons  []string `json:"reasons,omitempty"`
	// Chosen says that a person chose the queue.
	Chosen bool `json:"chosen,omitempty"`
	// Provider and Model were asked for; empty leaves them to the settings.
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	// MaxCostMicros is the most that it may cost; 0 is no limit of its own.
	MaxCostMicros int64 `json:"max_cost_micros,omitempty"`
	// RetryOf is the run that this one takes up again.
	RetryOf string `json:"retry_of,omitempty"`
}

// EventType returns [AgentQueued].
func (*AgentQueuedPayload) EventType() Type { return AgentQueued }

// AgentStarted is the type of the events in which a worker begins a run.
const AgentStarted Type = "AgentStarted"

// AgentStartedPayload is the payload of [AgentStarted].
type AgentStartedPayload struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
	// Worker is the id of the worker.
	Worker   string `json:"worker"`
	Provider string `json:"provider"`
	Model    string `json:"model"`
	// RoleDigest is the SHA-256 of the role's file.
	RoleDigest string `json:"role_digest,omitempty"`
	// ContextDigest is the SHA-256 of what it was given to read.
	ContextDigest string `json:"context_digest,omitempty"`
}

// EventType returns [AgentStarted].
func (*AgentStartedPayload) EventType() Type { return AgentStarted }

// AgentCompleted is the type of the events in which a run comes to its end.
const AgentCompleted Type = "AgentCompleted"

// AgentCompletedPayload is the payload of [AgentCompleted].
type AgentCompletedPayload struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
	// Summary says in a few lines what it did.
	Summary string `json:"summary,omitempty"`
	// Files are the paths that it changed, and ToolCalls how often it used a tool.
	Files     []string `json:"files,omitempty"`
	ToolCalls int      `json:"tool_calls,omitempty"`
	// Branch holds them, where it worked on one of its own, and Commit is its end.
	Branch string `json:"branch,omitempty"`
	Commit string `json:"commit,omitempty"`
	// Output is the SHA-256 of the artifact that holds what it answered.
	Output string `json:"output,omitempty"`
	Usage  Usage  `json:"usage"`
}

// EventType returns [AgentCompleted].
func (*AgentCompletedPayload) EventType() Type { return AgentCompleted }

// AgentFailed is the type of the events in which a run breaks off.
const AgentFailed Type = "AgentFailed"

// AgentFailedPayload is the payload of [AgentFailed].
type AgentFailedPayload struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
	// Code is what went wrong, such as "timeout" or "budget".
	Code   string `json:"code"`
	Reason string `json:"reason"`
	// Retry says that it is tried again.
	Retry bool  `json:"retry,omitempty"`
	Usage Usage `json:"usage"`
}

// EventType returns [AgentFailed].
func (*AgentFailedPayload) EventType() Type { return AgentFailed }

// AgentPrioritized is the type of the events in which a run that waits moves to
// another place.
const AgentPrioritized Type = "AgentPrioritized"

// AgentPrioritizedPayload is the payload of [AgentPrioritized].
type AgentPrioritizedPayload struct {
	ID       string   `json:"id"`
	Queue    string   `json:"queue"`
	Priority int      `json:"priority"`
	Reasons  []string `json:"reasons,omitempty"`
	// Chosen says that a person chose it.
	Chosen bool `json:"chosen,omitempty"`
}

// EventType returns [AgentPrioritized].
func (*AgentPrioritizedPayload) EventType() Type { return AgentPrioritized }

// AgentCancelled is the type of the events in which somebody stops a run.
const AgentCancelled Type = "AgentCancelled"

// AgentCancelledPayload is the payload of [AgentCancelled].
type AgentCancelledPayload struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	Usage  Usage  `json:"usage"`
}

// EventType returns [AgentCancelled].
func (*AgentCancelledPayload) EventType() Type { return AgentCancelled }

// HandoffRecorded is the type of the events in which one role hands its work to another.
const HandoffRecorded Type = "HandoffRecorded"

// HandoffRecordedPayload is the payload of [HandoffRecorded].
type HandoffRecordedPayload struct {
	ID string `json:"id"`
	// From and To are roles.
	From  string `json:"from"`
	To    string `json:"to"`
	Phase string `json:"phase"`
	// Task and Run are what is handed over, and by which run; both may be empty.
	Task string `json:"task,omitempty"`
	Run  string `json:"run,omitempty"`
	// Deliverables are the ids of what is handed over.
	Deliverables []string `json:"deliverables,omitempty"`
	// Status is "complete", "partial", "blocked" or "failed".
	Status string `json:"status"`
	Notes  string `json:"notes,omitempty"`
}

// EventType returns [HandoffRecorded].
func (*HandoffRecordedPayload) EventType() Type { return HandoffRecorded }

// WorkerRegistered is the type of the events in which a worker offers to run agents for the project.
const WorkerRegistered Type = "WorkerRegistered"

// WorkerRegisteredPayload is the payload of [WorkerRegistered].
type WorkerRegisteredPayload struct {
	ID string `json:"id"`
	// Host is the machine, and Program the version that it runs.
	Host    string `json:"host"`
	Program string `json:"program"`
	// Queues are those that it works, with how many runs at a time.
	Queues map[string]int `json:"queues"`
}

// EventType returns [WorkerRegistered].
func (*WorkerRegisteredPayload) EventType() Type { return WorkerRegistered }
