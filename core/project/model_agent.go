package project

import "time"

// RunStatus is where a run of an agent stands.
type RunStatus string

// The states of a run.
const (
	RunPending   RunStatus = "pending"
	RunRunning   RunStatus = "running"
	RunCompleted RunStatus = "completed"
	RunFailed    RunStatus = "failed"
	RunCancelled RunStatus = "cancelled"
)

// RunStatuses returns the states of a run in the order of its life.
func RunStatuses() []RunStatus {
	return []RunStatus{RunPending, RunRunning, RunCompleted, RunFailed, RunCancelled}
}

// Open reports whether the run is still to end.
func (s RunStatus) Open() bool { return s == RunPending || s == RunRunning }

// Queue is one of the four queues in which runs wait. Each has workers of its
// own, so that what is urgent never waits behind what is not.
type Queue string

// The queues, most urgent first.
const (
	QueueCritical Queue = "critical"
	QueueHigh     Queue = "high"
	QueueMedium   Queue = "medium"
	QueueLow      Queue = "low"
)

// Queues returns the queues, most urgent first.
func Queues() []Queue { return []Queue{QueueCritical, QueueHigh, QueueMedium, QueueLow} }

// Up returns the queue one level more urgent.
func (q Queue) Up() Queue {
	all := Queues()
	for i := 1; i < len(all); i++ {
		if all[i] == q {
			return all[i-1]
		}
	}
	return q
}

// atLeast returns the more urgent of two queues.
func (q Queue) atLeast(other Queue) Queue {
	for _, one := range Queues() {
		if one == q || one == other {
			return one
		}
	}
	return q
}

// Run is the work of one agent on one thing, in as many attempts as it takes.
type Run struct {
	ID     string `json:"id"`
	Role   string `json:"role"`
	Task   string `json:"task"`
	Gate   string `json:"gate"`
	Prompt string `json:"prompt"`
	// Queue is where it waits, and Priority its place there, from 1, which comes
	// first, to 4. Reasons say why; Chosen says that a person chose it.
	Queue    Queue    `json:"queue"`
	Priority int      `json:"priority"`
	Reasons  []string `json:"reasons"`
	Chosen   bool     `json:"chosen"`
	// AskedProvider and AskedModel are what was asked for, Provider and Model what
	// does the work.
	AskedProvider string    `json:"asked_provider"`
	AskedModel    string    `json:"asked_model"`
	MaxCostMicros int64     `json:"max_cost_micros"`
	RetryOf       string    `json:"retry_of"`
	Status        RunStatus `json:"status"`
	// Attempt counts how often work on it has begun. It is the token of the worker:
	// what an earlier attempt reports is refused.
	Attempt       int      `json:"attempt"`
	Worker        string   `json:"worker"`
	Provider      string   `json:"provider"`
	Model         string   `json:"model"`
	RoleDigest    string   `json:"role_digest"`
	ContextDigest string   `json:"context_digest"`
	Summary       string   `json:"summary"`
	Files         []string `json:"files"`
	ToolCalls     int      `json:"tool_calls"`
	Branch        string   `json:"branch"`
	Commit        string   `json:"commit"`
	// Output is the SHA-256 of the artifact with what it answered.
	Output string `json:"output"`
	// Code and Reason say why it failed or was cancelled, or what the last attempt
	// failed of.
	Code             string     `json:"code"`
	Reason           string     `json:"reason"`
	InputTokens      int64      `json:"input_tokens"`
	OutputTokens     int64      `json:"output_tokens"`
	CachedTokens     int64      `json:"cached_tokens"`
	CacheWriteTokens int64      `json:"cache_write_tokens"`
	CostMicros       int64      `json:"cost_micros"`
	CostUnknown      bool       `json:"cost_unknown"`
	DurationMS       int64      `json:"duration_ms"`
	CreatedBy        string     `json:"created_by"`
	CreatedAt        time.Time  `json:"created_at"`
	StartedAt        *time.Time `json:"started_at"`
	FinishedAt       *time.Time `json:"finished_at"`
	Version          int64      `json:"version"`
}

// MaxAttempts is how often work on a run is begun before it has failed.
const MaxAttempts = 3

// Handoff is what one role hands over to another.
type Handoff struct {
	ID           string    `json:"id"`
	From         string    `json:"from"`
	To           string    `json:"to"`
	Phase        string    `json:"phase"`
	Task         string    `json:"task"`
	Run          string    `json:"run"`
	Deliverables []string  `json:"deliverables"`
	Status       string    `json:"status"`
	Notes        string    `json:"notes"`
	CreatedBy    string    `json:"created_by"`
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// HandoffStatuses returns how complete a handover can be.
func HandoffStatuses() []string { return []string{"complete", "partial", "blocked", "failed"} }

// Budget is a limit on what agents may spend.
type Budget struct {
	// Scope is what it counts over, and Subject which of them; see [BudgetScopes].
	Scope   string `json:"scope"`
	Subject string `json:"subject"`
	// LimitMicros is in millionths of a US dollar.
	LimitMicros int64 `json:"limit_micros"`
	// Action is "stop" or "warn".
	Action string    `json:"action"`
	Reason string    `json:"reason"`
	SetBy  string    `json:"set_by"`
	SetAt  time.Time `json:"set_at"`
	// ExceededAt is when agents came to the limit, and ExceededMicros what they had
	// spent; it begins anew when the limit is set again.
	ExceededAt     *time.Time `json:"exceeded_at"`
	ExceededMicros int64      `json:"exceeded_micros"`
}

// The scopes of budgets, and what happens at the limit.
const (
	ScopeProject = "project"
	ScopeDay     = "day"
	ScopeGate    = "gate"
	ScopeRole    = "role"
	ScopeTask    = "task"
	ScopeRun     = "run"

	ActionStop = "stop"
	ActionWarn = "warn"
)

// BudgetScopes returns what a budget can count over: the whole project, each of
// its days in UTC, one gate, role, task or run.
func BudgetScopes() []string {
	return []string{ScopeProject, ScopeDay, ScopeGate, ScopeRole, ScopeTask, ScopeRun}
}
