package cmd

import (
	"context"
	"os/exec"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// agentVariable is a variable by which a coding agent can be told. A name that
// ends in an underscore stands for all that begin with it.
type agentVariable struct{ name, client string }

func agentVariables() []agentVariable {
	return []agentVariable{
		{"CLAUDECODE", "claude-code"},
		{"CLAUDE_CODE_ENTRYPOINT", "claude-code"},
		{"CODEX_", "codex"},
		{"CURSOR_AGENT", "cursor"},
		{"CURSOR_TRACE_ID", "cursor"},
		{"GEMINI_CLI", "gemini-cli"},
		{"AIDER_", "aider"},
		{"OPENCODE", "opencode"},
		{"OPENCODE_", "opencode"},
		{"AMP_", "amp"},
		{"GOOSE_TERMINAL", "goose"},
		{"CRUSH", "crush"},
		{"AI_AGENT", "agent"},
	}
}

// configures reports whether a variable is one that people set in their shell's
// profile to configure an agent, which says nothing about who is at work.
func configures(name string) bool {
	for _, suffix := range []string{"_KEY", "_TOKEN", "_HOME", "_MODEL", "_CONFIG", "_PATH", "_DIR", "_URL"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// envAgent names the agent, for those that are not known otherwise.
const envAgent = "LAYERCAKE_AGENT"

// agentPrograms maps the names of agents' programs to their clients.
func agentPrograms() map[string]string {
	return map[string]string{
		"claude": "claude-code", "claude-code": "claude-code", "codex": "codex", "cursor-agent": "cursor", "gemini": "gemini-cli",
		"gemini-cli": "gemini-cli", "aider": "aider", "opencode": "opencode", "goose": "goose", "crush": "crush", "amp": "amp",
		"copilot": "copilot", "qwen": "qwen-code",
	}
}

// agentPackages maps parts of the paths of agents' programs to their clients, for
// those that run under a name which says nothing, such as cli.js.
func agentPackages() map[string]string {
	return map[string]string{
		"/@anthropic-ai/claude-code/": "claude-code", "/claude/versions/": "claude-code", "/@openai/codex/": "codex",
		"/@google/gemini-cli/": "gemini-cli", "/opencode-ai/": "opencode", "/@sourcegraph/amp/": "amp", "/@github/copilot/": "copilot",
		"/@qwen-code/qwen-code/": "qwen-code", "/@charmland/crush/": "crush",
	}
}

// agentSign is something seen of an agent.
type agentSign struct {
	client string
	// seen says where, for the log.
	seen string
}

// signsInEnvironment looks for agents among the variables.
func signsInEnvironment(env environment) []agentSign {
	var signs []agentSign
	if name := strings.TrimSpace(env.get(envAgent)); name != "" {
		signs = append(signs, agentSign{clientName(name), "environment:" + envAgent})
	}
	for _, v := range agentVariables() {
		for name, value := range env.values {
			whole := strings.HasSuffix(v.name, "_") && strings.HasPrefix(name, v.name) && !configures(name)
			if value != "" && (name == v.name || whole) {
				signs = append(signs, agentSign{v.client, "environment:" + name})
			}
		}
	}
	slices.SortStableFunc(signs, func(a, b agentSign) int { return strings.Compare(a.seen, b.seen) })
	return signs
}

// clientName makes a name that can stand in the log.
func clientName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '-'
	}, name)
}

// signsInAncestry looks for agents among the command lines of the processes
// that led to this one, nearest first.
func signsInAncestry(commandLines [][]string) []agentSign {
	programs := agentPrograms()
	var signs []agentSign
	for _, argv := range commandLines {
		if len(argv) == 0 {
			continue
		}
		program := argv[0]
		if len(argv) > 1 && isInterpreter(programName(program)) {
			program = argv[1]
		}
		name := programName(program)
		if client, ok := programs[name]; ok {
			signs = append(signs, agentSign{client, "parent:" + name})
			continue
		}
		for part, client := range agentPackages() {
			if strings.Contains(program, part) {
				signs = append(signs, agentSign{client, "parent:" + strings.Trim(part, "/")})
			}
		}
	}
	return signs
}

// programName returns the name of a program or script without folder and
// extension.
func programName(word string) string {
	name := strings.ToLower(word[strings.LastIndexByte(word, '/')+1:])
	for _, extension := range []string{".exe", ".js", ".mjs", ".py"} {
		name = strings.TrimSuffix(name, extension)
	}
	return name
}

// isInterpreter reports whether a program's first argument is the program that
// is meant, as in "node /usr/bin/claude".
func isInterpreter(name string) bool {
	return name == "node" || name == "bun" || name == "deno" || strings.HasPrefix(name, "python")
}

// agentSigns lists what is seen of agents around this process.
func (f *Factory) agentSigns(ctx context.Context) []agentSign {
	return append(signsInEnvironment(f.env), signsInAncestry(ancestors(ctx, f.process.ParentPID))...)
}

// caller says who gives the command: an agent on behalf of the person when one
// is seen, otherwise the person.
func (f *Factory) caller(ctx context.Context) core.Caller {
	signs := f.agentSigns(ctx)
	person := f.person(ctx)
	by := core.Caller{
		Actor:    project.Actor{Kind: project.ActorPerson, Name: person},
		Presence: project.Presence{Terminal: f.IO.InTTY && f.IO.OutTTY},
		Cleaned:  f.cleaned,
	}
	for _, s := range signs {
		by.Presence.AgentSigns = append(by.Presence.AgentSigns, s.seen)
	}
	if len(signs) > 0 {
		by.Actor = project.Actor{
			Kind: project.ActorAgent, Name: signs[0].client + "/cli",
			OnBehalfOf: project.Actor{Kind: project.ActorPerson, Name: person}.String(), Session: f.env.get(envSession),
		}
	}
	return by
}

// person names the person by git's configuration, or else by their account.
func (f *Factory) person(ctx context.Context) string {
	cmd := exec.CommandContext(ctx, "git", "config", "--get-regexp", `^user\.(name|email)$`)
	cmd.Dir, cmd.Env = f.process.Dir, f.env.list
	out, err := cmd.Output()
	if err != nil {
		out = nil // nothing is set, or there is no git
	}
	var name, email string
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key { // the last one wins, as for git
		case "user.name":
			name = value
		case "user.email":
			email = value
		}
	}
	switch {
	case name != "" && email != "":
		return name + " <" + email + ">"
	case name+email != "":
		return name + email
	}
	if account, err := user.LookupId(strconv.Itoa(f.process.UID)); err == nil && account.Username != "" {
		return account.Username
	}
	return "uid " + strconv.Itoa(f.process.UID)
}
