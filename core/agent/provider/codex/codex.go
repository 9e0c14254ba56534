// Package codex has OpenAI's Codex do a run: `codex exec --json`.
package codex

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/price"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/headless"
	"github.com/layercake-dev/layercake/core/agent/provider/openai"
)

// Name is the provider's name.
const Name = "codex"

// Program runs Codex.
type Program struct{ headless.Settings }

// Name returns "codex".
func (*Program) Name() string { return Name }

// Run runs Codex with the prompt on its standard input.
func (p *Program) Run(ctx context.Context, job agent.Job, on func(agent.Delta)) (*agent.Outcome, error) {
	s := session{run: headless.New(Name, p.Settings, job, on), out: &agent.Outcome{SessionID: job.ResumeID, Model: job.Model}}
	servers, err := headless.Servers(Name, job)
	if err != nil {
		return s.out, err
	}
	r := s.run
	r.Usual, r.Keys = "codex", []string{"OPENAI_API_KEY", "CODEX_API_KEY"}
	r.Install = "install Codex (https://developers.openai.com/codex) or set agents.command to the path of codex"
	r.Stdin, r.Event, r.Args = headless.Prompt(job), s.event, arguments(job, servers)
	if len(job.Schema) > 0 {
		path, remove, err := headless.TempFile(Name, "schema-*.json", job.Schema)
		if err != nil {
			return s.out, err
		}
		defer remove()
		r.Args = append(r.Args, "--output-schema", path)
	}
	if job.ResumeID != "" {
		r.Args = append(r.Args, "resume", job.ResumeID)
	}
	r.Args = append(r.Args, "-")
	end, err := r.Do(ctx)
	s.out.Notices = append(s.out.Notices, r.Notices...)
	s.out.Usage.CostMicros, s.out.Usage.CostKnown = price.Cost(openai.Name, job.Model, s.out.Usage)
	switch {
	case err != nil:
		return s.out, err
	case s.failed != "":
		return s.out, r.Failed(end, s.failed)
	case end.ExitCode != 0:
		return s.out, r.Failed(end, s.trouble)
	case s.out.Turns == 0:
		return s.out, r.NoResult()
	}
	if len(job.Schema) > 0 && json.Valid([]byte(s.out.Text)) {
		s.out.Structured = json.RawMessage(s.out.Text)
	}
	s.out.Stop = agent.StopEnd
	return s.out, nil
}

// arguments are those of a job. Codex holds what it runs in a sandbox of its own.
func arguments(job agent.Job, servers map[string]headless.Server) []string {
	sandbox := "workspace-write"
	if job.ReadOnly {
		sandbox = "read-only"
	}
	args := []string{"exec", "--json", "--skip-git-repo-check", "-s", sandbox, "-C", job.Dir}
	if job.Model != "" {
		args = append(args, "-m", job.Model)
	}
	if job.Effort != "" {
		args = append(args, "-c", "model_reasoning_effort="+toml(job.Effort))
	}
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		server, key := servers[name], "mcp_servers."+name
		args = append(args, "-c", key+".command="+toml(server.Command), "-c", key+".args="+toml(append([]string{}, server.Args...)))
		var env []string
		for _, v := range slices.Sorted(maps.Keys(server.Env)) {
			env = append(env, toml(v)+"="+toml(server.Env[v]))
		}
		if len(env) > 0 {
			args = append(args, "-c", key+".env={"+strings.Join(env, ",")+"}")
		}
	}
	return args
}

// toml writes a text or a list of texts, which TOML writes as JSON does.
func toml(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return `""` // texts can always be written
	}
	return string(data)
}

type session struct {
	run             *headless.Run
	out             *agent.Outcome
	failed, trouble string
}

type line struct {
	Type     string `json:"type"`
	ThreadID string `json:"thread_id"`
	Message  string `json:"message"`
	Error    struct {
		Message string `json:"message"`
	} `json:"error"`
	Usage struct {
		Input     int64 `json:"input_tokens"`
		Cached    int64 `json:"cached_input_tokens"`
		Output    int64 `json:"output_tokens"`
		Reasoning int64 `json:"reasoning_output_tokens"`
	} `json:"usage"`
	Item item `json:"item"`
}

type item struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Text    string          `json:"text"`
	Message string          `json:"message"`
	Command string          `json:"command"`
	Output  string          `json:"aggregated_output"`
	Status  string          `json:"status"`
	Server  string          `json:"server"`
	Tool    string          `json:"tool"`
	Args    json.RawMessage `json:"arguments"`
	Result  json.RawMessage `json:"result"`
	Query   string          `json:"query"`
	Changes []struct {
		Path string `json:"path"`
		Kind string `json:"kind"`
	} `json:"changes"`
}

func (s *session) event(data []byte) error {
	var l line
	if known := json.Unmarshal(data, &l) == nil; !known {
		return nil // a newer Codex may say things that are new
	}
	switch l.Type {
	case "thread.started":
		s.out.SessionID = l.ThreadID
	case "item.started":
		s.started(l.Item)
	case "item.completed":
		s.completed(l.Item)
	case "turn.completed":
		s.out.Turns++
		u := l.Usage
		s.out.Usage = s.out.Usage.Plus(agent.Usage{Input: max(0, u.Input-u.Cached), CacheRead: u.Cached, Output: u.Output, Reasoning: u.Reasoning})
	case "turn.failed":
		s.failed = l.Error.Message
		if s.failed == "" {
			s.failed = "the turn failed"
		}
	case "error":
		// Codex tries again after some of them.
		s.trouble = l.Message
		s.run.Say(agent.Delta{Kind: agent.DeltaNotice, Text: l.Message})
	}
	return nil
}

func (s *session) started(i item) {
	switch i.Type {
	case "command_execution":
		s.run.Say(agent.Delta{Kind: agent.DeltaToolUse, ID: i.ID, Tool: i.Type, Text: i.Command})
	case "mcp_tool_call":
		s.run.Say(agent.Delta{Kind: agent.DeltaToolUse, ID: i.ID, Tool: i.Server + "." + i.Tool, Text: string(i.Args)})
	}
}

func (s *session) completed(i item) {
	failed := i.Status == "failed" || i.Status == "declined"
	switch i.Type {
	case "agent_message":
		s.out.Text = s.run.Clean(i.Text)
		s.run.Say(agent.Delta{Kind: agent.DeltaText, Text: i.Text + "\n"})
	case "reasoning":
		s.run.Say(agent.Delta{Kind: agent.DeltaThinking, Text: i.Text})
	case "command_execution":
		s.out.ToolCalls++
		s.run.Say(agent.Delta{Kind: agent.DeltaToolResult, ID: i.ID, Tool: i.Type, Text: i.Output, IsError: failed})
	case "mcp_tool_call":
		s.out.ToolCalls++
		s.run.Say(agent.Delta{Kind: agent.DeltaToolResult, ID: i.ID, Tool: i.Server + "." + i.Tool, Text: string(i.Result), IsError: failed})
	case "web_search":
		s.out.ToolCalls++
		s.run.Say(agent.Delta{Kind: agent.DeltaToolUse, ID: i.ID, Tool: i.Type, Text: i.Query})
	case "file_change":
		s.out.ToolCalls++
		for _, c := range i.Changes {
			if !failed && !slices.Contains(s.out.Files, c.Path) {
				s.out.Files = append(s.out.Files, c.Path)
			}
			s.run.Say(agent.Delta{Kind: agent.DeltaToolResult, ID: i.ID, Tool: i.Type, Text: c.Kind + " " + c.Path, IsError: failed})
		}
	case "error":
		s.run.Say(agent.Delta{Kind: agent.DeltaNotice, Text: i.Message})
	}
}
