package event

// BudgetSet is the type of the events in which a person limits what agents may spend.
const BudgetSet Type = "BudgetSet"

// BudgetSetPayload is the payload of [BudgetSet].
type BudgetSetPayload struct {
	// Scope is "project", "day", "gate", "role", "task" or "run", and Subject which
	// gate, role, task or run; "day" is each day of the project, in UTC.
	Scope   string `json:"scope"`
	Subject string `json:"subject,omitempty"`
	// LimitMicros is in millionths of a US dollar; 0 lifts the limit.
	LimitMicros int64 `json:"limit_micros"`
	// Action is what happens at the limit: "warn" or "stop".
	Action string `json:"action"`
	Reason string `json:"reason,omitempty"`
}

// EventType returns [BudgetSet].
func (*BudgetSetPayload) EventType() Type { return BudgetSet }

// BudgetExceeded is the type of the events in which agents come to their limit.
const BudgetExceeded Type = "BudgetExceeded"

// BudgetExceededPayload is the payload of [BudgetExceeded].
type BudgetExceededPayload struct {
	Scope       string `json:"scope"`
	Subject     string `json:"subject,omitempty"`
	LimitMicros int64  `json:"limit_micros"`
	SpentMicros int64  `json:"spent_micros"`
	// Run is the id of the run that went over it, or empty.
	Run    string `json:"run,omitempty"`
	Action string `json:"action"`
}

// EventType returns [BudgetExceeded].
func (*BudgetExceededPayload) EventType() Type { return BudgetExceeded }

// BuildStarted is the type of the events in which the project's build begins.
const BuildStarted Type = "BuildStarted"

// BuildStartedPayload is the payload of [BuildStarted].
type BuildStartedPayload struct {
	ID      string   `json:"id"`
	Command []string `json:"command"`
	Commit  string   `json:"commit,omitempty"`
	Tree    string   `json:"tree,omitempty"`
}

// EventType returns [BuildStarted].
func (*BuildStartedPayload) EventType() Type { return BuildStarted }

// BuildSucceeded is the type of the events in which a build comes to a good end.
const BuildSucceeded Type = "BuildSucceeded"

// BuildSucceededPayload is the payload of [BuildSucceeded].
type BuildSucceededPayload struct {
	ID         string `json:"id"`
	DurationMS int64  `json:"duration_ms"`
	// Artifacts are the SHA-256 of what was built and kept.
	Artifacts []string `json:"artifacts,omitempty"`
}

// EventType returns [BuildSucceeded].
func (*BuildSucceededPayload) EventType() Type { return BuildSucceeded }

// BuildFailed is the type of the events in which a build fails.
const BuildFailed Type = "BuildFailed"

// BuildFailedPayload is the payload of [BuildFailed].
type BuildFailedPayload struct {
	ID         string `json:"id"`
	DurationMS int64  `json:"duration_ms"`
	ExitCode   int    `json:"exit_code"`
	// Summary is the first thing that went wrong.
	Summary string `json:"summary"`
	// Output is the SHA-256 of the artifact that holds what was printed.
	Output string `json:"output,omitempty"`
}

// EventType returns [BuildFailed].
func (*BuildFailedPayload) EventType() Type { return BuildFailed }

// CodeGenerated is the type of the events in which an agent writes code into the project.
const CodeGenerated Type = "CodeGenerated"

// CodeGeneratedPayload is the payload of [CodeGenerated].
type CodeGeneratedPayload struct {
	// Run is the id of the agent's run, and Task the task that it worked on.
	Run  string `json:"run,omitempty"`
	Task string `json:"task,omitempty"`
	// Paths are the files that were written.
	Paths []string `json:"paths"`
	// Added and Removed count lines.
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	Commit  string `json:"commit,omitempty"`
}

// EventType returns [CodeGenerated].
func (*CodeGeneratedPayload) EventType() Type { return CodeGenerated }

// DeploymentStarted is the type of the events in which a version of the project is brought to where it runs.
const DeploymentStarted Type = "DeploymentStarted"

// DeploymentStartedPayload is the payload of [DeploymentStarted].
type DeploymentStartedPayload struct {
	ID string `json:"id"`
	// Environment is where, such as "staging" or "production".
	Environment string `json:"environment"`
	// Through is what deploys, such as "railway" or a command.
	Through string `json:"through"`
	Commit  string `json:"commit,omitempty"`
}

// EventType returns [DeploymentStarted].
func (*DeploymentStartedPayload) EventType() Type { return DeploymentStarted }

// DeploymentSucceeded is the type of the events in which a deployment runs.
const DeploymentSucceeded Type = "DeploymentSucceeded"

// DeploymentSucceededPayload is the payload of [DeploymentSucceeded].
type DeploymentSucceededPayload struct {
	ID string `json:"id"`
	// URL is where it answers, or empty.
	URL        string `json:"url,omitempty"`
	DurationMS int64  `json:"duration_ms"`
}

// EventType returns [DeploymentSucceeded].
func (*DeploymentSucceededPayload) EventType() Type { return DeploymentSucceeded }

// DeploymentFailed is the type of the events in which a deployment fails.
const DeploymentFailed Type = "DeploymentFailed"

// DeploymentFailedPayload is the payload of [DeploymentFailed].
type DeploymentFailedPayload struct {
	ID         string `json:"id"`
	Reason     string `json:"reason"`
	DurationMS int64  `json:"duration_ms"`
	// RolledBack says that what ran before runs again.
	RolledBack bool `json:"rolled_back,omitempty"`
}

// EventType returns [DeploymentFailed].
func (*DeploymentFailedPayload) EventType() Type { return DeploymentFailed }
