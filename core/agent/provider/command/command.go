// Package command has any program do a run: it reads the prompt and prints the result.
// docs/agents-providers.md describes what it is given and what it may print.
package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/process"
	"github.com/layercake-dev/layercake/core/redact"
)

// Name is the provider's name.
const Name = "command"

// maxOutput is how much of the output is kept, in bytes.
const maxOutput = 4 << 20

const perDollar = 1e6

// Program runs a command.
type Program struct {
	// Argv is the command, run without a shell. Required.
	Argv []string
	// KeepEnv names variables that it gets although they look like secrets.
	KeepEnv []string
}

// Name returns "command".
func (*Program) Name() string { return Name }

// Run runs the command with the prompt on its standard input.
func (p *Program) Run(ctx context.Context, job agent.Job, on func(agent.Delta)) (*agent.Outcome, error) {
	if on == nil {
		on = func(agent.Delta) {}
	}
	r := redact.New(job.Env)
	var out output
	spec := process.Spec{
		Provider: Name, Argv: p.Argv, Dir: job.Dir, Env: process.Env(job, p.KeepEnv, extra(job)...), Stdin: input(job), Redactor: r,
		Install: "set agents.command to a program that is there; its path may be absolute or begin with ./",
		Line: func(line []byte, _ bool) error {
			out.add(line)
			on(agent.Delta{Kind: agent.DeltaText, Text: r.String(strings.ToValidUTF8(string(line), "\uFFFD")) + "\n"})
			return nil
		},
		ErrorLine: func(line string) { on(agent.Delta{Kind: agent.DeltaNotice, Text: line}) },
	}
	end, err := process.Run(ctx, spec)
	outcome, answer, shape := out.outcome(r)
	switch {
	case err != nil:
		return outcome, err
	case answer.Error != "":
		return outcome, &agent.Error{Kind: agent.KindProgram, Provider: Name, Message: r.String(answer.Error), Status: end.ExitCode}
	case end.ExitCode != 0:
		return outcome, end.Err(spec)
	case shape != nil:
		return outcome, &agent.Error{Kind: agent.KindProtocol, Provider: Name, Message: shape.Error()}
	}
	outcome.Stop = agent.StopEnd
	return outcome, nil
}

// input is what the program reads: who it is, an empty line, and what it is to do.
func input(job agent.Job) string {
	if job.System == "" {
		return job.Prompt + "\n"
	}
	return job.System + "\n\n" + job.Prompt + "\n"
}

// extra are the variables by which a program learns about its limits.
func extra(job agent.Job) []string {
	var env []string
	add := func(name, value string) {
		if value != "" && value != "0" {
			env = append(env, "LAYERCAKE_"+name+"="+value)
		}
	}
	add("MODEL", job.Model)
	add("EFFORT", job.Effort)
	add("MCP_CONFIG", job.MCPConfig)
	add("MAX_TURNS", strconv.Itoa(job.MaxTurns))
	add("MAX_COST", strconv.FormatFloat(float64(job.MaxCostMicros)/perDollar, 'f', -1, 64))
	add("RESUME", job.ResumeID)
	add("SCHEMA", string(job.Schema))
	return env
}

// output is what a program has printed, as far as it is kept: the beginning, and the
// last line, which may be the result.
type output struct {
	text    bytes.Buffer
	last    []byte
	dropped int64
}

func (o *output) add(line []byte) {
	if len(bytes.TrimSpace(line)) > 0 {
		o.last = append(o.last[:0], line...)
	}
	if o.text.Len()+len(line)+1 > maxOutput {
		o.dropped += int64(len(line)) + 1
		return
	}
	o.text.Write(line)
	o.text.WriteByte('\n')
}

// answer is the JSON that a program may print as all of its output or as its last line.
type answer struct {
	Result     *string          `json:"result"`
	Error      string           `json:"error"`
	Summary    string           `json:"summary"`
	SessionID  string           `json:"session_id"`
	Usage      *usage           `json:"usage"`
	Handoffs   []agent.Handoff  `json:"handoffs"`
	Files      []string         `json:"files"`
	Questions  []string         `json:"questions"`
	Decisions  []agent.Decision `json:"decisions"`
	Structured json.RawMessage  `json:"structured"`
}

type usage struct {
	Model        string   `json:"model"`
	Turns        int      `json:"turns"`
	ToolCalls    int      `json:"tool_calls"`
	Input        int64    `json:"input"`
	Output       int64    `json:"output"`
	CacheRead    int64    `json:"cache_read"`
	CacheWrite   int64    `json:"cache_write"`
	CacheWrite1h int64    `json:"cache_write_1h"`
	Reasoning    int64    `json:"reasoning"`
	CostUSD      *float64 `json:"cost_usd"`
}

// outcome reads what was printed. shape says what is wrong with a result that is JSON.
func (o *output) outcome(r *redact.Redactor) (outcome *agent.Outcome, a answer, shape error) {
	outcome = &agent.Outcome{}
	text := bytes.TrimSpace(o.text.Bytes())
	found, shape := parse(text, &a)
	if !found {
		a = answer{}
		found, shape = parse(bytes.TrimSpace(o.last), &a)
	}
	if !found || shape != nil {
		outcome.Text = clean(r, string(text))
		if o.dropped > 0 {
			outcome.Notices = append(outcome.Notices, fmt.Sprintf("The program printed more than is kept: %d bytes were left out at the end.", o.dropped))
		}
		return outcome, answer{}, shape
	}
	if a.Result != nil {
		outcome.Text = clean(r, *a.Result)
	}
	outcome.Summary, outcome.SessionID = clean(r, a.Summary), clean(r, a.SessionID)
	outcome.Files, outcome.Questions = cleanAll(r, a.Files), cleanAll(r, a.Questions)
	for _, h := range a.Handoffs {
		outcome.Handoffs = append(outcome.Handoffs, agent.Handoff{To: clean(r, h.To), Summary: clean(r, h.Summary), Details: clean(r, h.Details)})
	}
	for _, d := range a.Decisions {
		outcome.Decisions = append(outcome.Decisions, agent.Decision{Title: clean(r, d.Title), Reason: clean(r, d.Reason)})
	}
	if len(a.Structured) > 0 {
		outcome.Structured = json.RawMessage(r.String(string(a.Structured)))
	}
	a.Usage.into(outcome)
	return outcome, a, nil
}

// parse reports whether text is a result in JSON: an object with "result" or "error".
// Other JSON is text like any other.
func parse(text []byte, a *answer) (found bool, shape error) {
	if len(text) == 0 || text[0] != '{' {
		return false, nil
	}
	var fields map[string]json.RawMessage
	isObject := json.Unmarshal(text, &fields) == nil
	if !isObject || fields["result"] == nil && fields["error"] == nil {
		return false, nil
	}
	if err := json.Unmarshal(text, a); err != nil {
		return true, fmt.Errorf("the result that was printed has not the shape it should have: %w", err)
	}
	if u := a.Usage; u != nil {
		if slices.Min([]int64{u.Input, u.Output, u.CacheRead, u.CacheWrite, u.CacheWrite1h, u.Reasoning, int64(u.Turns), int64(u.ToolCalls)}) < 0 ||
			u.CostUSD != nil && (*u.CostUSD < 0 || *u.CostUSD > math.MaxInt32) {
			return true, errors.New("the usage that was printed has a number that cannot be")
		}
	}
	return true, nil
}

func (u *usage) into(o *agent.Outcome) {
	if u == nil {
		return
	}
	o.Model, o.Turns, o.ToolCalls = u.Model, u.Turns, u.ToolCalls
	o.Usage = agent.Usage{
		Input: u.Input, Output: u.Output, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, CacheWrite1h: u.CacheWrite1h, Reasoning: u.Reasoning,
	}
	if u.CostUSD != nil {
		o.Usage.CostMicros, o.Usage.CostKnown = int64(math.Ceil(*u.CostUSD*perDollar)), true
	}
}

func clean(r *redact.Redactor, text string) string {
	return r.String(strings.ToValidUTF8(text, "\uFFFD"))
}

func cleanAll(r *redact.Redactor, texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, clean(r, text))
	}
	return all
}
