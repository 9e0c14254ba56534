package agent

import (
	"context"
	"encoding/json"
	"time"
)

// Program does a whole run by itself. It must be safe for concurrent use.
type Program interface {
	// Name is the provider's name, such as "claude-code".
	Name() string
	// Run does the job and hands out what happens piece by piece; on may be nil. The
	// Outcome is never nil: with an error it holds what is known of the run so far. When
	// ctx ends, the program and all that it started are stopped within a second. Errors
	// are [*Error]s.
	Run(ctx context.Context, job Job, on func(Delta)) (*Outcome, error)
}

// Job is what a program is to do.
type Job struct {
	// Dir is the folder that it works in. Required.
	Dir string
	// Env is the environment as NAME=value. Secrets are taken out of it, but for those
	// that the provider's settings name.
	Env []string
	// Facts are handed to the program as variables after secrets were taken out. Their
	// names begin with LAYERCAKE_, such as LAYERCAKE_RUN and LAYERCAKE_TASK.
	Facts map[string]string
	// System says who the agent is, Prompt what it is to do now.
	System, Prompt string
	// Model is the program's name of a model. Empty means its own default.
	Model string
	// Effort is how hard the model should think; see [Request.Effort].
	Effort string
	// MCPConfig is the path of a JSON file in the shape {"mcpServers":{"NAME":{"command":
	// "…","args":["…"],"env":{}}}} that names the servers which the program may use.
	// Empty means none.
	MCPConfig string
	// Tools are the program's own tools that it may use without asking, in the program's
	// spelling, such as "Read" or "Bash(git diff *)". Tools of the servers in MCPConfig
	// are always allowed. nil means the provider's usual.
	Tools []string
	// ReadOnly asks for a run that changes no files, where the program offers that.
	ReadOnly bool
	// MaxTurns, MaxCostMicros and Time are limits, zero for none. Whether a program
	// holds a limit of turns or cost is said in its documentation.
	MaxTurns      int
	MaxCostMicros int64
	Time          time.Duration
	// ResumeID is the Outcome.SessionID of an earlier run to go on with. Optional.
	ResumeID string
	// ResumeUsage is what that run used, for programs that count it again.
	ResumeUsage Usage
	// Schema is a JSON Schema that the final answer has to follow. Optional, and ignored
	// by programs that cannot.
	Schema json.RawMessage
}

// Outcome is what came of a run.
type Outcome struct {
	// Text is the final answer. Of a run that did not end well it is the last text.
	Text string `json:"text"`
	// Summary is one sentence, where the program gives one.
	Summary string `json:"summary,omitempty"`
	// Turns and ToolCalls are how often the model was asked and how often it called
	// tools, where that is known.
	Turns     int `json:"turns"`
	ToolCalls int `json:"tool_calls"`
	// Retries is how often a request was made again.
	Retries int `json:"retries,omitempty"`
	// Usage is what all turns used, those of an earlier attempt included.
	Usage Usage `json:"usage"`
	// Models is the usage per model, where a program uses several.
	Models map[string]Usage `json:"models,omitempty"`
	// Model is the model that answered last.
	Model string `json:"model,omitempty"`
	// Stop is one of the Stop constants.
	Stop string `json:"stop"`
	// SessionID is the program's name of the conversation.
	SessionID string `json:"session_id,omitempty"`
	// Structured is an answer that follows Job.Schema.
	Structured json.RawMessage `json:"structured,omitempty"`
	// Handoffs, Files, Questions, Decisions and Denied are what a program reports
	// about its work; none of it is proof of anything.
	Handoffs  []Handoff  `json:"handoffs,omitempty"`
	Files     []string   `json:"files,omitempty"`
	Questions []string   `json:"questions,omitempty"`
	Decisions []Decision `json:"decisions,omitempty"`
	// Denied are tools that the program wanted to use and was not allowed to.
	Denied []string `json:"denied,omitempty"`
	// Notices are what a person should know, such as output that was cut.
	Notices []string `json:"notices,omitempty"`
}

// Handoff is work that a run leaves to another role.
type Handoff struct {
	To      string `json:"to"`
	Summary string `json:"summary"`
	Details string `json:"details,omitempty"`
}

// Decision is a decision that a run proposes.
type Decision struct {
	Title  string `json:"title"`
	Reason string `json:"reason,omitempty"`
}
