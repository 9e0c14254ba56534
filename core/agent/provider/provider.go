// Package provider makes the workers that core/agent runs, by their names.
package provider

import (
	"net/http"
	"strings"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/anthropic"
	"github.com/layercake-dev/layercake/core/agent/provider/claudecode"
	"github.com/layercake-dev/layercake/core/agent/provider/codex"
	"github.com/layercake-dev/layercake/core/agent/provider/command"
	"github.com/layercake-dev/layercake/core/agent/provider/gemini"
	"github.com/layercake-dev/layercake/core/agent/provider/internal/headless"
	"github.com/layercake-dev/layercake/core/agent/provider/openai"
	"github.com/layercake-dev/layercake/core/agent/provider/opencode"
	"github.com/layercake-dev/layercake/core/fault"
)

// Codes of the errors about settings, beside those of the providers.
const (
	CodeUnknown   = "agent_provider_unknown"
	CodeNoCommand = "agent_no_command"
)

// Info describes a provider.
type Info struct {
	Name string
	// Program says that it does whole runs by itself; the others are models that the loop
	// asks turn by turn.
	Program bool
	// Needs is what it needs, About what it is, each in one line.
	Needs, About string
	// KeyEnv is the variable that usually holds its key, or empty.
	KeyEnv string
}

// List describes all providers.
func List() []Info {
	return []Info{
		{anthropic.Name, false, "a key in ANTHROPIC_API_KEY", "Anthropic's models through their API", anthropic.KeyEnv},
		{
			openai.Name, false, "a key in OPENAI_API_KEY, or agents.base_url",
			"OpenAI's models, and servers that speak as OpenAI does: Ollama, vLLM, LM Studio, OpenRouter", openai.KeyEnv,
		},
		{claudecode.Name, true, "the program claude, signed in", "Claude Code does the run: claude -p", ""},
		{codex.Name, true, "the program codex, signed in", "OpenAI's Codex does the run: codex exec", ""},
		{gemini.Name, true, "the program gemini, signed in", "the Gemini CLI does the run: gemini -p", ""},
		{opencode.Name, true, "the program opencode, set up", "opencode does the run: opencode run", ""},
		{command.Name, true, "agents.command", "any program: it reads the prompt and prints the result", ""},
	}
}

// Names lists the names of all providers.
func Names() []string {
	var names []string
	for _, info := range List() {
		names = append(names, info.Name)
	}
	return names
}

// Config says which provider, and how.
type Config struct {
	// Provider is one of Names. Required.
	Provider string
	// BaseURL is the address of another server that speaks as the provider does. Of
	// anthropic and openai.
	BaseURL string
	// API is openai.APIResponses or openai.APIChat. Defaults to responses for OpenAI
	// itself and to chat for other servers.
	API string
	// KeyEnv names the environment variable that holds the key. Of anthropic and openai;
	// defaults to the provider's own variable for the provider's own address.
	KeyEnv string
	// Getenv looks up environment variables, for keys. Without it there are none.
	Getenv func(name string) string
	// Command is the program with its arguments. Required for command; for the other
	// programs it stands before their own arguments and replaces their name.
	Command []string
	// KeepEnv names variables that programs get although they look like secrets. The
	// variables of their own keys they always get.
	KeepEnv []string
	// Transport carries HTTP requests. Optional.
	Transport http.RoundTripper
}

// Worker is a model or a program; the other one is nil.
type Worker struct {
	Model   agent.Model
	Program agent.Program
}

// Name is the provider's name.
func (w Worker) Name() string {
	if w.Model != nil {
		return w.Model.Name()
	}
	return w.Program.Name()
}

// New returns the worker that is configured. It asks nobody and starts nothing. Errors
// are faults with a hint.
func New(c Config) (Worker, error) {
	settings := headless.Settings{KeepEnv: c.KeepEnv}
	if len(c.Command) > 0 {
		settings.Program, settings.Args = c.Command[0], c.Command[1:]
	}
	switch c.Provider {
	case anthropic.Name:
		m, err := anthropic.New(anthropic.Config{BaseURL: c.BaseURL, KeyEnv: c.KeyEnv, Getenv: c.Getenv, Transport: c.Transport})
		if err != nil {
			return Worker{}, err
		}
		return Worker{Model: m}, nil
	case openai.Name:
		m, err := openai.New(openai.Config{BaseURL: c.BaseURL, API: c.API, KeyEnv: c.KeyEnv, Getenv: c.Getenv, Transport: c.Transport})
		if err != nil {
			return Worker{}, err
		}
		return Worker{Model: m}, nil
	case claudecode.Name:
		return Worker{Program: &claudecode.Program{Settings: settings}}, nil
	case codex.Name:
		return Worker{Program: &codex.Program{Settings: settings}}, nil
	case gemini.Name:
		return Worker{Program: &gemini.Program{Settings: settings}}, nil
	case opencode.Name:
		return Worker{Program: &opencode.Program{Settings: settings}}, nil
	case command.Name:
		if len(c.Command) == 0 || c.Command[0] == "" {
			return Worker{}, fault.Usage(CodeNoCommand, "the provider command needs a program, and agents.command is not set").
				WithHint("run `layercake config set agents.command PROGRAM`")
		}
		return Worker{Program: &command.Program{Argv: c.Command, KeepEnv: c.KeepEnv}}, nil
	}
	return Worker{}, fault.Usage(CodeUnknown, "there is no provider %q of agents; there are: %s", c.Provider, strings.Join(Names(), ", ")).
		WithHint("run `layercake config list` to see where agents.provider is set")
}
