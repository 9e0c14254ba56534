// Package headless is what the coding agents have in common that run without a
// terminal and print what they do as lines of JSON.
package headless

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/process"
	"github.com/layercake-dev/layercake/core/redact"
)

// Settings are those of all such programs.
type Settings struct {
	// Program is the program, as a name or a path. Empty means the usual name.
	Program string
	// Args are further arguments, before all others.
	Args []string
	// KeepEnv names variables that it gets although they look like secrets, beside those
	// that hold its own keys.
	KeepEnv []string
}

// Run is a run of such a program.
type Run struct {
	Provider string
	Settings Settings
	Job      agent.Job
	// Usual is the program's usual name, Keys are the variables of its own keys.
	Usual string
	Keys  []string
	// Args are its arguments, Env further variables, Stdin is what it reads.
	Args, Env []string
	Stdin     string
	// Install says how to get the program.
	Install string
	On      func(agent.Delta)
	// Event takes a line of JSON. An error stops the program and is returned.
	Event func(line []byte) error

	redactor *redact.Redactor
	spec     process.Spec
	Notices  []string
}

// New prepares a run.
func New(provider string, s Settings, job agent.Job, on func(agent.Delta)) *Run {
	if on == nil {
		on = func(agent.Delta) {}
	}
	return &Run{Provider: provider, Settings: s, Job: job, On: on, redactor: redact.New(job.Env)}
}

// Do runs the program. The End is nil when it could not be started.
func (r *Run) Do(ctx context.Context) (*process.End, error) {
	program := r.Settings.Program
	if program == "" {
		program = r.Usual
	}
	keep := append(append([]string(nil), r.Keys...), r.Settings.KeepEnv...)
	r.spec = process.Spec{
		Provider: r.Provider, Argv: append(append([]string{program}, r.Settings.Args...), r.Args...), Dir: r.Job.Dir,
		Env: process.Env(r.Job, keep, r.Env...), Stdin: r.Stdin, Redactor: r.redactor, Install: r.Install,
		Line:      r.line,
		ErrorLine: func(line string) { r.On(agent.Delta{Kind: agent.DeltaNotice, Text: line}) },
	}
	return process.Run(ctx, r.spec)
}

func (r *Run) line(line []byte, cut bool) error {
	line = bytes.TrimSpace(line)
	switch {
	case len(line) == 0:
	case cut:
		r.Notices = append(r.Notices, fmt.Sprintf("A line of the program's output was longer than %d bytes and could not be read.", process.MaxLine))
	case line[0] != '{' || !json.Valid(line):
		r.On(agent.Delta{Kind: agent.DeltaNotice, Text: r.Clean(string(line))})
	default:
		return r.Event(line)
	}
	return nil
}

// Failed is the error of a run that ended without a result, and nil for one that ended
// well; said is what the program said about it.
func (r *Run) Failed(end *process.End, said string) error {
	err := end.Err(r.spec)
	if said == "" {
		return err
	}
	return &agent.Error{Kind: KindOf(said, 0), Provider: r.Provider, Message: r.Clean(said), Status: end.ExitCode, Err: err}
}

// NoResult is the error of a program that ended well and said nothing.
func (r *Run) NoResult() error {
	return &agent.Error{Kind: agent.KindProtocol, Provider: r.Provider, Message: "the program ended without a result"}
}

// Clean takes secrets out of a text.
func (r *Run) Clean(text string) string {
	return r.redactor.String(strings.ToValidUTF8(text, "\uFFFD"))
}

// Say hands on a piece of what the program does.
func (r *Run) Say(d agent.Delta) {
	d.Text = r.Clean(d.Text)
	if d.Text != "" || d.Tool != "" {
		r.On(d)
	}
}

// KindOf guesses what went wrong from what a program says, and from an HTTP status.
func KindOf(said string, status int) agent.Kind {
	const (
		unauthorized, payment, forbidden, tooMany, overloaded, serverError = 401, 402, 403, 429, 529, 500
	)
	lower := strings.ToLower(said)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(lower, w) {
				return true
			}
		}
		return false
	}
	switch {
	case status == unauthorized, status == forbidden,
		has("authentication", "unauthorized", "invalid api key", "not logged in", "api key not valid", "please run /login"):
		return agent.KindAuth
	case status == payment, has("credit balance", "billing", "insufficient_quota"):
		return agent.KindQuota
	case status == tooMany, has("rate limit", "rate_limit", "usage limit", "too many requests"):
		return agent.KindRateLimit
	case status == overloaded, has("overloaded"):
		return agent.KindOverloaded
	case has("prompt is too long", "context window", "context_length_exceeded"):
		return agent.KindTooLong
	case status >= serverError:
		return agent.KindServer
	}
	return agent.KindProgram
}

// Prompt is who the agent is, an empty line, and what it is to do.
func Prompt(job agent.Job) string {
	if job.System == "" {
		return job.Prompt
	}
	return job.System + "\n\n" + job.Prompt
}

const perDollar = 1e6

// Micros turns dollars into millionths, rounded up.
func Micros(dollars float64) int64 {
	if !(dollars > 0) { // not a number, too
		return 0
	}
	return int64(math.Ceil(min(dollars, math.MaxInt32) * perDollar))
}

// Dollars turns millionths into dollars.
func Dollars(micros int64) float64 { return float64(micros) / perDollar }

// Server is an MCP server of Job.MCPConfig.
type Server struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"`
}

// Servers reads Job.MCPConfig. It returns none for an empty path.
func Servers(provider string, job agent.Job) (map[string]Server, error) {
	if job.MCPConfig == "" {
		return map[string]Server{}, nil
	}
	path := job.MCPConfig
	if !filepath.IsAbs(path) {
		path = filepath.Join(job.Dir, path)
	}
	var file struct {
		Servers map[string]Server `json:"mcpServers"`
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	if err != nil {
		return nil, &agent.Error{Kind: agent.KindInvalid, Provider: provider, Message: fmt.Sprintf("the list of MCP servers cannot be read: %v", err), Err: err}
	}
	for name := range file.Servers {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || name == "" {
			return nil, &agent.Error{Kind: agent.KindInvalid, Provider: provider, Message: fmt.Sprintf("%q is no name of an MCP server", name)}
		}
	}
	return file.Servers, nil
}

// TempFile writes a file that only this user can read, and returns what removes it.
func TempFile(provider, pattern string, data []byte) (path string, remove func(), err error) {
	f, err := os.CreateTemp("", "layercake-"+pattern)
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
		path = f.Name()
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}
	if err != nil {
		return "", nil, &agent.Error{Kind: agent.KindProgram, Provider: provider, Message: fmt.Sprintf("write a temporary file: %v", err), Err: err}
	}
	return path, func() { _ = os.Remove(path) }, nil
}
