// Package claudecode has Claude Code do a run: `claude -p` with its stream of JSON.
package claudecode

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/headless"
)

// Name is the provider's name.
const Name = "claude-code"

const (
	// maxInput is how much Claude Code reads from its standard input, in bytes.
	maxInput = 10 << 20
	// maxArg is how long an argument may safely be.
	maxArg = 64 << 10
)

// Program runs Claude Code.
type Program struct{ headless.Settings }

// Name returns "claude-code".
func (*Program) Name() string { return Name }

// Run runs Claude Code with the prompt on its standard input.
func (p *Program) Run(ctx context.Context, job agent.Job, on func(agent.Delta)) (*agent.Outcome, error) {
	s := session{run: headless.New(Name, p.Settings, job, on), tools: map[string]string{}, out: &agent.Outcome{SessionID: job.ResumeID}}
	servers, err := headless.Servers(Name, job)
	if err != nil {
		return s.out, err
	}
	r := s.run
	r.Usual, r.Keys = "claude", []string{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"}
	r.Install = "install Claude Code (https://code.claude.com/docs) or set agents.command to the path of claude"
	r.Stdin = job.Prompt
	r.Args = arguments(job, slices.Sorted(maps.Keys(servers)))
	if len(job.System) > maxArg {
		r.Stdin = headless.Prompt(job)
	}
	if len(r.Stdin) > maxInput {
		return s.out, &agent.Error{Kind: agent.KindTooLong, Provider: Name, Message: "the prompt is longer than the 10 MB that Claude Code reads"}
	}
	r.Event = s.event
	end, err := r.Do(ctx)
	s.out.Notices = append(s.out.Notices, r.Notices...)
	switch {
	case err != nil:
		return s.out, err
	case s.result == nil:
		if err := r.Failed(end, s.trouble); err != nil {
			return s.out, err
		}
		return s.out, r.NoResult()
	}
	return s.out, s.end(end.ExitCode)
}

// arguments are those of a job. What is not allowed is denied, because nobody is there
// to be asked.
func arguments(job agent.Job, servers []string) []string {
	args := []string{"-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "dontAsk", "--strict-mcp-config"}
	add := func(flag, value string) {
		if value != "" {
			args = append(args, flag, value)
		}
	}
	add("--mcp-config", job.MCPConfig)
	tools := job.Tools
	if tools == nil {
		tools = []string{"Read", "Glob", "Grep", "Edit", "Write"}
	}
	if job.ReadOnly {
		writing := []string{"Edit", "Write", "NotebookEdit", "Bash"}
		tools = slices.DeleteFunc(slices.Clone(tools), func(t string) bool {
			name, _, _ := strings.Cut(t, "(")
			return slices.Contains(writing, name)
		})
		add("--disallowedTools", strings.Join(writing, ","))
	}
	for _, name := range servers {
		tools = append(slices.Clip(tools), "mcp__"+name)
	}
	add("--allowedTools", strings.Join(tools, ","))
	add("--model", job.Model)
	add("--effort", job.Effort)
	if len(job.System) <= maxArg {
		add("--append-system-prompt", job.System)
	}
	if job.MaxTurns > 0 {
		add("--max-turns", strconv.Itoa(job.MaxTurns))
	}
	if job.MaxCostMicros > 0 {
		add("--max-budget-usd", strconv.FormatFloat(headless.Dollars(job.MaxCostMicros), 'f', -1, 64))
	}
	add("--json-schema", string(job.Schema))
	add("--resume", job.ResumeID)
	return args
}

// session is a run that is being read.
type session struct {
	run     *headless.Run
	out     *agent.Outcome
	tools   map[string]string // names of calls by id
	result  *line
	trouble string
}

// line is a line of the stream. Lines of other types are left alone.
type line struct {
	Type       string `json:"type"`
	Subtype    string `json:"subtype"`
	SessionID  string `json:"session_id"`
	Model      string `json:"model"`
	MCPServers []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	} `json:"mcp_servers"`
	Message struct {
		Model   string          `json:"model"`
		Content json.RawMessage `json:"content"`
	} `json:"message"`
	Error        json.RawMessage `json:"error"`
	RetryDelayMS float64         `json:"retry_delay_ms"`
	ErrorStatus  int             `json:"error_status"`

	IsError        bool             `json:"is_error"`
	NumTurns       int              `json:"num_turns"`
	Result         string           `json:"result"`
	Errors         []any            `json:"errors"`
	TotalCostUSD   *float64         `json:"total_cost_usd"`
	ModelUsage     map[string]usage `json:"modelUsage"`
	Denials        []denial         `json:"permission_denials"`
	Structured     json.RawMessage  `json:"structured_output"`
	APIErrorStatus int              `json:"api_error_status"`
	StopReason     string           `json:"stop_reason"`
}

type denial struct {
	ToolName string `json:"tool_name"`
}

type usage struct {
	Input      int64   `json:"inputTokens"`
	Output     int64   `json:"outputTokens"`
	CacheRead  int64   `json:"cacheReadInputTokens"`
	CacheWrite int64   `json:"cacheCreationInputTokens"`
	CostUSD    float64 `json:"costUSD"`
}

type block struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Thinking  string          `json:"thinking"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	IsError   bool            `json:"is_error"`
	Content   json.RawMessage `json:"content"`
}

// event takes a line. One of a shape that is not known says nothing.
func (s *session) event(data []byte) error {
	var l line
	if err := json.Unmarshal(data, &l); err != nil && l.Type != "result" {
		return nil // a newer Claude Code may say things that are new
	}
	if l.SessionID != "" {
		s.out.SessionID = l.SessionID
	}
	switch {
	case l.Type == "system" && l.Subtype == "init":
		s.out.Model = l.Model
		for _, server := range l.MCPServers {
			if server.Status == "failed" {
				s.out.Notices = append(s.out.Notices, fmt.Sprintf("The MCP server %s did not start.", server.Name))
			}
		}
	case l.Type == "system" && l.Subtype == "api_retry":
		s.run.Say(agent.Delta{
			Kind: agent.DeltaRetry, Text: fmt.Sprintf("status %d: %s", l.ErrorStatus, plain(l.Error)), Wait: time.Duration(l.RetryDelayMS) * time.Millisecond,
		})
	case l.Type == "assistant":
		if said := plain(l.Error); said != "" {
			s.trouble = said
		}
		s.blocks(l.Message.Content, true)
	case l.Type == "user":
		s.blocks(l.Message.Content, false)
	case l.Type == "result":
		s.result = &l
		s.finish(&l)
	}
	return nil
}

// plain is a JSON text, or the JSON itself.
func plain(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func (s *session) blocks(content json.RawMessage, assistant bool) {
	var blocks []block
	if json.Unmarshal(content, &blocks) != nil {
		return // a text, which is the prompt
	}
	for _, b := range blocks {
		switch b.Type {
		case "text":
			if assistant {
				s.out.Text = s.run.Clean(b.Text)
				s.run.Say(agent.Delta{Kind: agent.DeltaText, Text: b.Text + "\n"})
			}
		case "thinking":
			s.run.Say(agent.Delta{Kind: agent.DeltaThinking, Text: b.Thinking})
		case "tool_use":
			s.out.ToolCalls++
			s.tools[b.ID] = b.Name
			s.run.Say(agent.Delta{Kind: agent.DeltaToolUse, ID: b.ID, Tool: b.Name, Text: string(b.Input)})
		case "tool_result":
			s.run.Say(agent.Delta{Kind: agent.DeltaToolResult, ID: b.ToolUseID, Tool: s.tools[b.ToolUseID], IsError: b.IsError, Text: resultText(b.Content)})
		}
	}
}

func resultText(content json.RawMessage) string {
	var blocks []block
	if json.Unmarshal(content, &blocks) != nil {
		return plain(content)
	}
	var texts []string
	for _, b := range blocks {
		texts = append(texts, b.Text)
	}
	return strings.Join(texts, "\n")
}

// finish reads the result: modelUsage counts all models, helpers included.
func (s *session) finish(l *line) {
	o := s.out
	o.Turns = l.NumTurns
	if l.Result != "" {
		o.Text = s.run.Clean(l.Result)
	}
	if len(l.Structured) > 0 && string(l.Structured) != "null" {
		o.Structured = json.RawMessage(s.run.Clean(string(l.Structured)))
	}
	for _, d := range l.Denials {
		o.Denied = append(o.Denied, d.ToolName)
	}
	o.Usage, o.Models = agent.Usage{}, map[string]agent.Usage{}
	for _, model := range slices.Sorted(maps.Keys(l.ModelUsage)) {
		u := l.ModelUsage[model]
		used := agent.Usage{
			Input: u.Input, Output: u.Output, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, CostMicros: headless.Micros(u.CostUSD), CostKnown: true,
		}
		o.Models[model] = used
		o.Usage = o.Usage.Plus(used)
	}
	if l.TotalCostUSD != nil {
		o.Usage.CostMicros, o.Usage.CostKnown = headless.Micros(*l.TotalCostUSD), true
	}
	if before := s.run.Job.ResumeUsage; s.run.Job.ResumeID != "" {
		u := &o.Usage
		u.Input, u.Output = max(0, u.Input-before.Input), max(0, u.Output-before.Output)
		u.CacheRead, u.CacheWrite = max(0, u.CacheRead-before.CacheRead), max(0, u.CacheWrite-before.CacheWrite)
		u.CostMicros = max(0, u.CostMicros-before.CostMicros)
	}
}

// end says what the result means.
func (s *session) end(exit int) error {
	l := s.result
	said := s.run.Clean(l.Result)
	for _, e := range l.Errors {
		said = strings.TrimSpace(said + "\n" + s.run.Clean(fmt.Sprint(e)))
	}
	fail := func(kind agent.Kind, message string) error {
		return &agent.Error{Kind: kind, Provider: Name, Message: message, Status: exit}
	}
	switch {
	case l.Subtype == "error_max_turns":
		s.out.Stop = agent.StopTurns
		return nil
	case l.Subtype == "error_max_budget_usd":
		return fail(agent.KindBudget, "it has spent what it may")
	case l.StopReason == "refusal":
		return fail(agent.KindRefused, "the model will not answer: "+said)
	case l.IsError || l.Subtype != "success" || exit != 0:
		if said == "" {
			said = fmt.Sprintf("it ended with %s and exit code %d", l.Subtype, exit)
		}
		return fail(headless.KindOf(s.trouble+" "+said, l.APIErrorStatus), said)
	}
	s.out.Stop = agent.StopEnd
	return nil
}
