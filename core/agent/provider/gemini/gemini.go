// Package gemini has the Gemini CLI do a run: `gemini --output-format stream-json`.
package gemini

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/headless"
)

// Name is the provider's name.
const Name = "gemini"

// The exit codes that mean something.
const (
	exitInput = 42
	exitTurns = 53
)

// Program runs the Gemini CLI.
type Program struct{ headless.Settings }

// Name returns "gemini".
func (*Program) Name() string { return Name }

// Run runs Gemini with the prompt on its standard input.
func (p *Program) Run(ctx context.Context, job agent.Job, on func(agent.Delta)) (*agent.Outcome, error) {
	s := session{run: headless.New(Name, p.Settings, job, on), out: &agent.Outcome{}, tools: map[string]string{}}
	servers, err := headless.Servers(Name, job)
	if err != nil {
		return s.out, err
	}
	r := s.run
	r.Usual, r.Keys = "gemini", []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"}
	r.Install = "install the Gemini CLI (https://geminicli.com/docs) or set agents.command to the path of gemini"
	mode := "auto_edit"
	if job.ReadOnly {
		mode = "default"
	}
	// What -p says is read after standard input, and asks for a run without a terminal.
	r.Args = []string{"-p", "Do what the text above says.", "--output-format", "stream-json", "--approval-mode", mode}
	if job.Model != "" {
		r.Args = append(r.Args, "-m", job.Model)
	}
	if names := slices.Sorted(maps.Keys(servers)); len(names) > 0 {
		settings, err := settings(servers)
		if err != nil {
			return s.out, err
		}
		path, remove, err := headless.TempFile(Name, "gemini-*.json", settings)
		if err != nil {
			return s.out, err
		}
		defer remove()
		r.Env = append(r.Env, "GEMINI_CLI_SYSTEM_SETTINGS_PATH="+path)
		r.Args = append(r.Args, "--allowed-mcp-server-names", strings.Join(names, ","))
	}
	r.Stdin, r.Event = headless.Prompt(job)+"\n", s.event
	end, err := r.Do(ctx)
	s.out.Text = r.Clean(s.text.String())
	s.out.Notices = append(s.out.Notices, r.Notices...)
	switch {
	case err != nil:
		return s.out, err
	case end.ExitCode == exitTurns:
		s.out.Stop = agent.StopTurns
		return s.out, nil
	case end.ExitCode == exitInput && s.trouble == "":
		return s.out, r.Failed(end, "the prompt or the arguments were not accepted: "+end.Errors)
	case end.ExitCode != 0 || s.trouble != "":
		return s.out, r.Failed(end, s.trouble)
	case !s.done:
		return s.out, r.NoResult()
	}
	s.out.Stop = agent.StopEnd
	return s.out, nil
}

// settings are Gemini's own, with the servers in them; they may be used without asking.
func settings(servers map[string]headless.Server) ([]byte, error) {
	type server struct {
		headless.Server

		Trust bool `json:"trust"`
	}
	all := map[string]server{}
	for name, s := range servers {
		all[name] = server{s, true}
	}
	data, err := json.Marshal(map[string]any{"mcpServers": all})
	if err != nil {
		return nil, &agent.Error{Kind: agent.KindInvalid, Provider: Name, Message: err.Error(), Err: err}
	}
	return data, nil
}

type session struct {
	run     *headless.Run
	out     *agent.Outcome
	text    strings.Builder
	tools   map[string]string
	trouble string
	done    bool
}

type failure struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

type line struct {
	Type      string          `json:"type"`
	SessionID string          `json:"session_id"`
	Model     string          `json:"model"`
	Role      string          `json:"role"`
	Content   string          `json:"content"`
	Delta     bool            `json:"delta"`
	ToolName  string          `json:"tool_name"`
	ToolID    string          `json:"tool_id"`
	Params    json.RawMessage `json:"parameters"`
	Status    string          `json:"status"`
	Output    string          `json:"output"`
	Error     *failure        `json:"error"`
	Severity  string          `json:"severity"`
	Message   string          `json:"message"`
	Stats     struct {
		Input     int64 `json:"input_tokens"`
		Output    int64 `json:"output_tokens"`
		Cached    int64 `json:"cached"`
		ToolCalls int   `json:"tool_calls"`
	} `json:"stats"`
}

func (s *session) event(data []byte) error {
	var l line
	if known := json.Unmarshal(data, &l) == nil; !known {
		return nil // a newer Gemini may say things that are new
	}
	switch l.Type {
	case "init":
		s.out.SessionID, s.out.Model = l.SessionID, l.Model
	case "message":
		if l.Role == "user" {
			break
		}
		if !l.Delta {
			s.text.Reset()
		}
		s.text.WriteString(l.Content)
		s.run.Say(agent.Delta{Kind: agent.DeltaText, Text: l.Content})
	case "tool_use":
		// What follows is another message.
		s.text.Reset()
		s.tools[l.ToolID] = l.ToolName
		s.run.Say(agent.Delta{Kind: agent.DeltaToolUse, ID: l.ToolID, Tool: l.ToolName, Text: string(l.Params)})
	case "tool_result":
		text := l.Output
		if l.Error != nil {
			text = l.Error.Message
		}
		s.run.Say(agent.Delta{Kind: agent.DeltaToolResult, ID: l.ToolID, Tool: s.tools[l.ToolID], Text: text, IsError: l.Status == "error"})
	case "error":
		s.run.Say(agent.Delta{Kind: agent.DeltaNotice, Text: l.Message})
	case "result":
		s.done = true
		if l.Status == "error" {
			s.trouble = "the run failed"
			if l.Error != nil && l.Error.Message != "" {
				s.trouble = l.Error.Message
			}
		}
		u := l.Stats
		s.out.ToolCalls = u.ToolCalls
		s.out.Usage = agent.Usage{Input: max(0, u.Input-u.Cached), CacheRead: u.Cached, Output: u.Output}
	}
	return nil
}
