package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/project"
)

func TestSignsInEnvironment(t *testing.T) {
	t.Parallel()
	for variable, client := range map[string]string{
		"CLAUDECODE=1": "claude-code", "CLAUDE_CODE_ENTRYPOINT=cli": "claude-code", "CODEX_SANDBOX=seatbelt": "codex", "CURSOR_AGENT=1": "cursor",
		"CURSOR_TRACE_ID=x": "cursor", "GEMINI_CLI=1": "gemini-cli", "AIDER_RUN=1": "aider", "OPENCODE=1": "opencode", "AMP_THREAD=1": "amp",
		"LAYERCAKE_AGENT=my bot": "my-bot",
	} {
		signs := signsInEnvironment(newEnvironment([]string{"PATH=/bin", variable}))
		require.Len(t, signs, 1, variable)
		require.Equal(t, client, signs[0].client)
		require.Contains(t, signs[0].seen, "environment:")
	}
	// What people have in their profiles says nothing.
	require.Empty(t, signsInEnvironment(newEnvironment([]string{
		"CLAUDECODE=", "CODEX_API_KEY=x", "CODEX_HOME=/x", "AIDER_MODEL=x", "ANTHROPIC_API_KEY=x", "AMP_API_KEY=x", "OPENCODE_CONFIG=x",
		"LAYERCAKE_AGENT= ",
	})))
}

func TestSignsInAncestry(t *testing.T) {
	t.Parallel()
	for client, argv := range map[string][]string{
		"claude-code": {"/usr/local/bin/claude", "--resume"},
		"gemini-cli":  {"node", "/usr/lib/node_modules/.bin/gemini"},
		"codex":       {"codex"},
		"cursor":      {"/opt/cursor-agent"},
		"aider":       {"python3.12", "/usr/bin/aider"},
		"crush":       {"CRUSH.exe"},
		"goose":       {"bun", "goose.js"},
	} {
		signs := signsInAncestry([][]string{{"bash"}, argv})
		require.Len(t, signs, 1, argv)
		require.Equal(t, client, signs[0].client)
	}
	for client, argv := range map[string][]string{
		"claude-code": {"node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"},
		"codex":       {"/usr/lib/node_modules/@openai/codex/vendor/x86_64/codex-x86_64-unknown-linux-musl"},
		"gemini-cli":  {"node", "/x/node_modules/@google/gemini-cli/dist/index.js"},
	} {
		signs := signsInAncestry([][]string{argv})
		require.Len(t, signs, 1, argv)
		require.Equal(t, client, signs[0].client)
	}
	require.Len(t, signsInAncestry([][]string{{"/home/a/.local/share/claude/versions/2.1.330"}}), 1)
	require.Empty(t, signsInAncestry([][]string{{"vim", "/x/@openai/codex/README.md"}, {"vim", "claude"}, {"bash", "-c", "echo codex"}, {}, {"sshd"}, {"tmux"}}))
}

// TestAncestryOfARealProcess makes a program named like an agent the parent of
// a shell that asks.
func TestAncestryOfARealProcess(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sleep")
	require.NoError(t, err)
	agent := filepath.Join(t.TempDir(), "claude")
	binary, err := os.ReadFile(shell)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(agent, binary, 0o700))
	cmd := exec.CommandContext(t.Context(), agent, "60")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })

	require.Eventually(t, func() bool {
		signs := signsInAncestry(ancestors(t.Context(), cmd.Process.Pid))
		return len(signs) > 0 && signs[0].seen == "parent:claude"
	}, wait, tick)
	require.NotEmpty(t, ancestors(t.Context(), os.Getpid()))
	require.Empty(t, ancestors(t.Context(), 1))
}

func TestCaller(t *testing.T) {
	t.Parallel()
	b := setup(t, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=user.name", "GIT_CONFIG_VALUE_0=Ada Lovelace",
		"GIT_CONFIG_KEY_1=user.email", "GIT_CONFIG_VALUE_1=ada@example.org")
	by := newFactory(b.process).caller(t.Context())
	require.Equal(t, project.Actor{Kind: project.ActorPerson, Name: "Ada Lovelace <ada@example.org>"}, by.Actor)
	require.Equal(t, project.Presence{}, by.Presence)

	f := b.factory(80)
	require.True(t, f.caller(t.Context()).Presence.Terminal)

	b.process.Environ = append(b.process.Environ, "CLAUDECODE=1")
	by = newFactory(b.process).caller(t.Context())
	require.Equal(t, project.Actor{
		Kind: project.ActorAgent, Name: "claude-code/cli", OnBehalfOf: "person:Ada Lovelace <ada@example.org>",
	}, by.Actor)
	require.Equal(t, []string{"environment:CLAUDECODE"}, by.Presence.AgentSigns)

	b = setup(t, "GIT_CONFIG_GLOBAL=/dev/null")
	require.NotEmpty(t, newFactory(b.process).person(t.Context()))
}
