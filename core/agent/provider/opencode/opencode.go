// Package opencode has opencode do a run: `opencode run --format json`.
package opencode

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/headless"
)

// Name is the provider's name.
const Name = "opencode"

// Program runs opencode.
type Program struct{ headless.Settings }

// Name returns "opencode".
func (*Program) Name() string { return Name }

// Run runs opencode with the prompt on its standard input.
func (p *Program) Run(ctx context.Context, job agent.Job, on func(agent.Delta)) (*agent.Outcome, error) {
	s := session{run: headless.New(Name, p.Settings, job, on), out: &agent.Outcome{SessionID: job.ResumeID, Model: job.Model}}
	servers, err := headless.Servers(Name, job)
	if err != nil {
		return s.out, err
	}
	r := s.run
	r.Usual = "opencode"
	r.Keys = []string{"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "OPENROUTER_API_KEY"}
	r.Install = "install opencode (https://opencode.ai/docs) or set agents.command to the path of opencode"
	config, err := config(job, servers)
	if err != nil {
		return s.out, err
	}
	r.Env = append(r.Env, "OPENCODE_CONFIG_CONTENT="+config)
	r.Args = []string{"run", "--format", "json", "--dir", job.Dir}
	add := func(flag, value string) {
		if value != "" {
			r.Args = append(r.Args, flag, value)
		}
	}
	add("-m", job.Model)
	add("--variant", job.Effort)
	add("--session", job.ResumeID)
	r.Stdin, r.Event = headless.Prompt(job), s.event
	end, err := r.Do(ctx)
	s.out.Notices = append(s.out.Notices, r.Notices...)
	switch {
	case err != nil:
		return s.out, err
	case end.ExitCode != 0 || s.trouble != "":
		return s.out, r.Failed(end, s.trouble)
	case s.out.Turns == 0:
		return s.out, r.NoResult()
	}
	s.out.Stop = agent.StopEnd
	return s.out, nil
}

// config is opencode's own, with the servers in it and what may be done without asking;
// what is not allowed is rejected, because nobody is there to be asked.
func config(job agent.Job, servers map[string]headless.Server) (string, error) {
	type local struct {
		Type        string            `json:"type"`
		Command     []string          `json:"command"`
		Environment map[string]string `json:"environment,omitempty"`
		Enabled     bool              `json:"enabled"`
	}
	mcp := map[string]local{}
	for name, s := range servers {
		mcp[name] = local{Type: "local", Command: append([]string{s.Command}, s.Args...), Environment: s.Env, Enabled: true}
	}
	edit := "allow"
	if job.ReadOnly {
		edit = "deny"
	}
	permission := map[string]string{"edit": edit, "bash": "deny", "webfetch": "deny"}
	for _, tool := range job.Tools {
		if _, known := permission[tool]; known && !job.ReadOnly {
			permission[tool] = "allow"
		}
	}
	data, err := json.Marshal(map[string]any{"mcp": mcp, "permission": permission})
	if err != nil {
		return "", &agent.Error{Kind: agent.KindInvalid, Provider: Name, Message: err.Error(), Err: err}
	}
	return string(data), nil
}

type session struct {
	run     *headless.Run
	out     *agent.Outcome
	trouble string
}

type line struct {
	Type      string `json:"type"`
	SessionID string `json:"sessionID"`
	Part      struct {
		Text   string `json:"text"`
		Tool   string `json:"tool"`
		CallID string `json:"callID"`
		State  struct {
			Status string          `json:"status"`
			Input  json.RawMessage `json:"input"`
			Output string          `json:"output"`
			Error  string          `json:"error"`
		} `json:"state"`
		Cost   float64 `json:"cost"`
		Tokens struct {
			Input     int64 `json:"input"`
			Output    int64 `json:"output"`
			Reasoning int64 `json:"reasoning"`
			Cache     struct {
				Read  int64 `json:"read"`
				Write int64 `json:"write"`
			} `json:"cache"`
		} `json:"tokens"`
	} `json:"part"`
	Error    json.RawMessage   `json:"error"`
	Rejected []json.RawMessage `json:"rejected"`
}

func (s *session) event(data []byte) error {
	var l line
	if known := json.Unmarshal(data, &l) == nil; !known {
		return nil // a newer opencode may say things that are new
	}
	if l.SessionID != "" {
		s.out.SessionID = l.SessionID
	}
	part := l.Part
	switch l.Type {
	case "text":
		s.out.Text = s.run.Clean(part.Text)
		s.run.Say(agent.Delta{Kind: agent.DeltaText, Text: part.Text + "\n"})
	case "reasoning":
		s.run.Say(agent.Delta{Kind: agent.DeltaThinking, Text: part.Text})
	case "tool_use":
		s.out.ToolCalls++
		text := part.State.Output
		if part.State.Status == "error" {
			text = part.State.Error
		}
		s.run.Say(agent.Delta{Kind: agent.DeltaToolUse, ID: part.CallID, Tool: part.Tool, Text: string(part.State.Input)})
		s.run.Say(agent.Delta{Kind: agent.DeltaToolResult, ID: part.CallID, Tool: part.Tool, Text: text, IsError: part.State.Status == "error"})
	case "step_finish":
		s.out.Turns++
		t := part.Tokens
		// A cost of nothing is that of models whose price opencode does not know, too.
		s.out.Usage = s.out.Usage.Plus(agent.Usage{
			Input: t.Input, Output: t.Output + t.Reasoning, Reasoning: t.Reasoning, CacheRead: t.Cache.Read, CacheWrite: t.Cache.Write,
			CostMicros: headless.Micros(part.Cost), CostKnown: part.Cost > 0,
		})
		return s.limits()
	case "error":
		s.trouble = message(l.Error)
	case "done":
		for _, r := range l.Rejected {
			s.out.Denied = append(s.out.Denied, s.run.Clean(string(r)))
		}
	}
	return nil
}

// limits stops opencode, which has no limits of its own, when a step went beyond them.
func (s *session) limits() error {
	job := s.run.Job
	switch {
	case job.MaxCostMicros > 0 && s.out.Usage.CostMicros >= job.MaxCostMicros:
		return &agent.Error{Kind: agent.KindBudget, Provider: Name, Message: fmt.Sprintf("it has spent $%g, and may spend $%g",
			headless.Dollars(s.out.Usage.CostMicros), headless.Dollars(job.MaxCostMicros))}
	case job.MaxTurns > 0 && s.out.Turns > job.MaxTurns:
		return &agent.Error{Kind: agent.KindBudget, Budget: "turns", Provider: Name, Message: fmt.Sprintf("it has taken the %d turns that it may", job.MaxTurns)}
	}
	return nil
}

// message is what an error says: {"name":…,"data":{"message":…}}, or itself.
func message(raw json.RawMessage) string {
	var e struct {
		Name    string `json:"name"`
		Message string `json:"message"`
		Data    struct {
			Message string `json:"message"`
		} `json:"data"`
	}
	if json.Unmarshal(raw, &e) == nil {
		for _, m := range []string{e.Data.Message, e.Message, e.Name} {
			if m != "" {
				return m
			}
		}
	}
	return string(raw)
}
