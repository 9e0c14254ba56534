package provider_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider"
	"github.com/layercake-dev/layercake/core/fault"
)

// The test binary is the program that is run, when STUB names what it is to print.
func TestMain(m *testing.M) {
	if script := os.Getenv("STUB"); script != "" {
		stub(script)
	}
	os.Exit(m.Run())
}

// seen is what a program was given.
type seen struct {
	Args     []string `json:"args"`
	Env      []string `json:"env"`
	Stdin    string   `json:"stdin"`
	Settings string   `json:"settings"` // of Gemini
	Schema   string   `json:"schema"`   // of Codex
}

func stub(script string) {
	data, _ := os.ReadFile(script)
	stdin, _ := io.ReadAll(os.Stdin)
	s := seen{Args: os.Args[1:], Env: os.Environ(), Stdin: string(stdin)}
	if settings, err := os.ReadFile(os.Getenv("GEMINI_CLI_SYSTEM_SETTINGS_PATH")); err == nil {
		s.Settings = string(settings)
	}
	if i := slices.Index(os.Args, "--output-schema"); i > 0 {
		schema, _ := os.ReadFile(os.Args[i+1])
		s.Schema = string(schema)
	}
	record, _ := json.Marshal(s)
	_ = os.WriteFile(script+".seen", record, 0o600)
	for len(data) > 0 { // in small pieces
		n := min(7, len(data))
		_, _ = os.Stdout.Write(data[:n])
		data = data[n:]
	}
	if os.Getenv("HANG") != "" {
		select {}
	}
	if os.Getenv("FAIL") != "" {
		_, _ = os.Stderr.WriteString("it broke\n")
		os.Exit(len(os.Getenv("FAIL")))
	}
	os.Exit(0)
}

const mcpFile = `{"mcpServers":{"layercake":{"command":"/bin/layercake","args":["mcp","--role","qa \"x\""],"env":{"A":"b"}}}}`

func job(t *testing.T, lines string, env ...string) agent.Job {
	t.Helper()
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	require.NoError(t, os.WriteFile(script, []byte(lines), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mcp.json"), []byte(mcpFile), 0o600))
	base := []string{
		"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "STUB=" + script, "GORACE=atexit_sleep_ms=0", "API_TOKEN=planted-secret-0451",
		"ANTHROPIC_API_KEY=own-key-0451", "OPENAI_API_KEY=own-key-0451", "GEMINI_API_KEY=own-key-0451",
	}
	return agent.Job{Dir: dir, Env: append(base, env...), System: "You test.", Prompt: "Do it.", MCPConfig: "mcp.json", Facts: map[string]string{"LAYERCAKE_RUN": "r-1"}}
}

func worker(t *testing.T, name string) agent.Program {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	w, err := provider.New(provider.Config{Provider: name, Command: []string{self}})
	require.NoError(t, err)
	require.Equal(t, name, w.Name())
	return w.Program
}

func run(t *testing.T, name string, j agent.Job) (*agent.Outcome, []agent.Delta, error) {
	t.Helper()
	var deltas []agent.Delta
	out, err := worker(t, name).Run(t.Context(), j, func(d agent.Delta) { deltas = append(deltas, d) })
	require.NotNil(t, out)
	return out, deltas, err
}

func given(t *testing.T, j agent.Job) seen {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(j.Dir, "script.seen"))
	require.NoError(t, err)
	var s seen
	require.NoError(t, json.Unmarshal(data, &s))
	env := strings.Join(s.Env, "\n")
	require.NotContains(t, env, "planted-secret")
	require.Contains(t, env, "LAYERCAKE_RUN=r-1")
	require.Contains(t, env, "own-key-0451")
	return s
}

func kinds(deltas []agent.Delta) []string {
	var all []string
	for _, d := range deltas {
		all = append(all, d.Kind)
	}
	return all
}

const claudeLines = `{"type":"system","subtype":"init","session_id":"s-1","model":"claude-opus-5-5","cwd":"/w","tools":["Read"],"mcp_servers":[{"name":"layercake","status":"failed"}],"permissionMode":"dontAsk"}
{"type":"something_new","x":1}
not JSON at all
{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":500,"error_status":529,"error":"overloaded"}
{"type":"assistant","message":{"model":"claude-opus-5-5","content":[{"type":"thinking","thinking":"hm","signature":"x"},{"type":"text","text":"Let me read, planted-secret-0451."},{"type":"tool_use","id":"t1","name":"Read","input":{"file_path":"a"}}]},"session_id":"s-1"}
{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"content"}]}]},"session_id":"s-1"}
{"type":"stream_event","event":{"type":"content_block_delta"}}
`

func claudeResult(change ...string) string {
	const result = `{"type":"result","subtype":"success","is_error":false,"duration_ms":5,"num_turns":3,"result":"All done.","session_id":"s-1","total_cost_usd":0.0123456,` +
		`"usage":{"input_tokens":1},"modelUsage":{"claude-opus-5-5":{"inputTokens":10,"outputTokens":20,"cacheReadInputTokens":30,"cacheCreationInputTokens":40,"costUSD":0.012},` +
		`"claude-haiku-5-5":{"inputTokens":1,"outputTokens":2,"cacheReadInputTokens":0,"cacheCreationInputTokens":0,"costUSD":0.0003456}},"permission_denials":[{"tool_name":"Bash","tool_use_id":"t9","tool_input":{}}],` +
		`"structured_output":{"a":1},"stop_reason":"end_turn"}`
	return strings.NewReplacer(change...).Replace(result) + "\n"
}

func TestClaudeCode(t *testing.T) {
	t.Parallel()
	t.Run("a run", func(t *testing.T) {
		t.Parallel()
		j := job(t, claudeLines+claudeResult())
		j.Model, j.MaxTurns, j.MaxCostMicros, j.Effort, j.Schema = "opus", 7, 1_500_000, "high", json.RawMessage(`{"type":"object"}`)
		out, deltas, err := run(t, "claude-code", j)
		require.NoError(t, err)
		require.Equal(t, "All done.", out.Text)
		require.Equal(t, agent.StopEnd, out.Stop)
		require.Equal(t, "s-1", out.SessionID)
		require.Equal(t, 3, out.Turns)
		require.Equal(t, 1, out.ToolCalls)
		require.Equal(t, agent.Usage{Input: 11, Output: 22, CacheRead: 30, CacheWrite: 40, CostMicros: 12346, CostKnown: true}, out.Usage)
		require.Len(t, out.Models, 2)
		require.Equal(t, []string{"Bash"}, out.Denied)
		require.JSONEq(t, `{"a":1}`, string(out.Structured))
		require.Contains(t, out.Notices[0], "layercake did not start")
		require.Equal(t, []string{agent.DeltaNotice, agent.DeltaRetry, agent.DeltaThinking, agent.DeltaText, agent.DeltaToolUse, agent.DeltaToolResult}, kinds(deltas))
		require.NotContains(t, deltas[3].Text, "planted")
		require.Equal(t, "Read", deltas[5].Tool)
		s := given(t, j)
		require.Equal(t, "Do it.", s.Stdin)
		require.Equal(t, []string{
			"-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "dontAsk", "--strict-mcp-config", "--mcp-config", "mcp.json",
			"--allowedTools", "Read,Glob,Grep,Edit,Write,mcp__layercake", "--model", "opus", "--effort", "high", "--append-system-prompt", "You test.",
			"--max-turns", "7", "--max-budget-usd", "1.5", "--json-schema", `{"type":"object"}`,
		}, s.Args)
	})
	t.Run("that only reads, and goes on", func(t *testing.T) {
		t.Parallel()
		j := job(t, claudeResult())
		j.ReadOnly, j.ResumeID, j.Tools, j.MCPConfig = true, "s-1", []string{"Read", "Bash(git diff *)", "Edit"}, ""
		j.ResumeUsage = agent.Usage{Input: 10, Output: 20, CostMicros: 12_000}
		out, _, err := run(t, "claude-code", j)
		require.NoError(t, err)
		require.Equal(t, agent.Usage{Input: 1, Output: 2, CacheRead: 30, CacheWrite: 40, CostMicros: 346, CostKnown: true}, out.Usage)
		s := strings.Join(given(t, j).Args, " ")
		require.Contains(t, s, "--disallowedTools Edit,Write,NotebookEdit,Bash --allowedTools Read --append")
		require.Contains(t, s, "--resume s-1")
		require.NotContains(t, s, "--mcp-config ")
	})
	for name, c := range map[string]struct {
		lines, env string
		kind       agent.Kind
		stop       string
	}{
		"turns":             {claudeResult(`"subtype":"success"`, `"subtype":"error_max_turns"`, `"is_error":false`, `"is_error":true`), "FAIL=1", "", agent.StopTurns},
		"budget":            {claudeResult(`"subtype":"success"`, `"subtype":"error_max_budget_usd"`), "FAIL=1", agent.KindBudget, ""},
		"failure":           {claudeResult(`"subtype":"success"`, `"subtype":"error_during_execution"`, `"result":"All done."`, `"errors":["boom"]`), "FAIL=1", agent.KindProgram, ""},
		"error and success": {claudeResult(`"is_error":false`, `"is_error":true`, `All done.`, `API Error: 401 Invalid API key`), "", agent.KindAuth, ""},
		"overloaded":        {claudeResult(`"is_error":false`, `"is_error":true,"api_error_status":529`), "", agent.KindOverloaded, ""},
		"refusal":           {claudeResult(`"end_turn"`, `"refusal"`), "", agent.KindRefused, ""},
		"no result":         {claudeLines, "", agent.KindProtocol, ""},
		"a crash":           {claudeLines, "FAIL=12", agent.KindProgram, ""},
		"not signed in":     {`{"type":"assistant","error":"authentication_failed","message":{"content":[]}}` + "\n", "FAIL=1", agent.KindAuth, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _, err := run(t, "claude-code", job(t, c.lines, c.env))
			require.Equal(t, c.kind, agent.KindOf(err), "%v", err)
			require.Equal(t, c.stop, out.Stop)
		})
	}
}

func TestCodex(t *testing.T) {
	t.Parallel()
	const lines = `{"type":"thread.started","thread_id":"th-1"}
{"type":"turn.started"}
{"type":"item.completed","item":{"id":"i0","type":"reasoning","text":"hm"}}
{"type":"item.started","item":{"id":"i1","type":"command_execution","command":"go test","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"i1","type":"command_execution","command":"go test","aggregated_output":"ok","exit_code":0,"status":"completed"}}
{"type":"item.completed","item":{"id":"i2","type":"file_change","changes":[{"path":"a.go","kind":"update"}],"status":"completed"}}
{"type":"item.started","item":{"id":"i3","type":"mcp_tool_call","server":"layercake","tool":"task_show","arguments":{"id":1},"status":"in_progress"}}
{"type":"item.completed","item":{"id":"i3","type":"mcp_tool_call","server":"layercake","tool":"task_show","arguments":{"id":1},"result":{"content":[]},"error":null,"status":"completed"}}
{"type":"error","message":"Reconnecting... 1/5"}
{"type":"item.completed","item":{"id":"i4","type":"agent_message","text":"{\"a\":1}"}}
{"type":"turn.completed","usage":{"input_tokens":1000,"cached_input_tokens":600,"output_tokens":50,"reasoning_output_tokens":20}}
`
	j := job(t, lines)
	j.Model, j.Schema, j.ResumeID, j.Effort = "gpt-6.1-sol", json.RawMessage(`{"type":"object"}`), "th-0", "low"
	out, deltas, err := run(t, "codex", j)
	require.NoError(t, err)
	require.Equal(t, agent.StopEnd, out.Stop)
	require.Equal(t, `{"a":1}`, out.Text)
	require.JSONEq(t, `{"a":1}`, string(out.Structured))
	require.Equal(t, agent.Usage{Input: 400, CacheRead: 600, Output: 50, Reasoning: 20, CostMicros: 1360, CostKnown: true}, out.Usage)
	require.Equal(t, []string{"a.go"}, out.Files)
	require.Equal(t, 3, out.ToolCalls)
	require.Equal(t, "th-1", out.SessionID)
	require.Contains(t, kinds(deltas), agent.DeltaThinking)
	s := given(t, j)
	require.Equal(t, "You test.\n\nDo it.", s.Stdin)
	require.JSONEq(t, `{"type":"object"}`, s.Schema)
	require.Equal(t, []string{
		"exec", "--json", "--skip-git-repo-check", "-s", "workspace-write", "-C", j.Dir, "-m", "gpt-6.1-sol", "-c", `model_reasoning_effort="low"`,
		"-c", `mcp_servers.layercake.command="/bin/layercake"`, "-c", `mcp_servers.layercake.args=["mcp","--role","qa \"x\""]`, "-c", `mcp_servers.layercake.env={"A"="b"}`,
	}, s.Args[:17])
	require.Equal(t, []string{"resume", "th-0", "-"}, s.Args[len(s.Args)-3:])

	for name, c := range map[string]struct {
		lines, env string
		kind       agent.Kind
	}{
		"a failed turn": {`{"type":"turn.failed","error":{"message":"You've hit your usage limit."}}` + "\n", "FAIL=1", agent.KindRateLimit},
		"a crash":       {lines, "FAIL=1", agent.KindProgram},
		"no result":     {"", "", agent.KindProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := run(t, "codex", job(t, c.lines, c.env))
			require.Equal(t, c.kind, agent.KindOf(err), "%v", err)
		})
	}
}

func TestGemini(t *testing.T) {
	t.Parallel()
	const lines = `{"type":"init","timestamp":"t","session_id":"g-1","model":"gemini-3-pro"}
{"type":"message","role":"user","content":"Do it."}
{"type":"message","role":"assistant","content":"Let me see.","delta":true}
{"type":"tool_use","tool_name":"read_file","tool_id":"t1","parameters":{"path":"a"}}
{"type":"tool_result","tool_id":"t1","status":"error","error":{"type":"X","message":"no such file"}}
{"type":"message","role":"assistant","content":"All ","delta":true}
{"type":"message","role":"assistant","content":"done.","delta":true}
`
	const result = `{"type":"result","status":"success","stats":{"total_tokens":150,"input_tokens":100,"output_tokens":50,"cached":40,"duration_ms":5,"tool_calls":1}}` + "\n"
	j := job(t, lines+result)
	j.Model = "gemini-3-pro"
	out, _, err := run(t, "gemini", j)
	require.NoError(t, err)
	require.Equal(t, "All done.", out.Text)
	require.Equal(t, agent.StopEnd, out.Stop)
	require.Equal(t, agent.Usage{Input: 60, CacheRead: 40, Output: 50}, out.Usage, "its price is not known")
	require.Equal(t, "g-1", out.SessionID)
	s := given(t, j)
	require.Equal(t, "You test.\n\nDo it.\n", s.Stdin)
	require.Equal(t, []string{
		"-p", "Do what the text above says.", "--output-format", "stream-json", "--approval-mode", "auto_edit", "-m", "gemini-3-pro", "--allowed-mcp-server-names", "layercake",
	}, s.Args)
	require.JSONEq(t, `{"mcpServers":{"layercake":{"command":"/bin/layercake","args":["mcp","--role","qa \"x\""],"env":{"A":"b"},"trust":true}}}`, s.Settings)
	for _, pair := range s.Env {
		if path, ok := strings.CutPrefix(pair, "GEMINI_CLI_SYSTEM_SETTINGS_PATH="); ok {
			require.NoFileExists(t, path)
		}
	}

	for name, c := range map[string]struct {
		lines, env string
		kind       agent.Kind
		stop       string
	}{
		"turns":     {lines, "FAIL=" + strings.Repeat("x", 53), "", agent.StopTurns},
		"input":     {"", "FAIL=" + strings.Repeat("x", 42), agent.KindProgram, ""},
		"an error":  {lines + `{"type":"result","status":"error","error":{"type":"ApiError","message":"API key not valid"},"stats":{}}` + "\n", "FAIL=1", agent.KindAuth, ""},
		"no result": {lines, "", agent.KindProtocol, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _, err := run(t, "gemini", job(t, c.lines, c.env))
			require.Equal(t, c.kind, agent.KindOf(err), "%v", err)
			require.Equal(t, c.stop, out.Stop)
		})
	}
}

func TestOpencode(t *testing.T) {
	t.Parallel()
	const step = `{"type":"step_finish","timestamp":1,"sessionID":"o-1","part":{"type":"step-finish","cost":0.01,"tokens":{"input":100,"output":20,"reasoning":5,"cache":{"read":30,"write":40}}}}` + "\n"
	const lines = `{"type":"step_start","timestamp":1,"sessionID":"o-1","part":{"type":"step-start"}}
{"type":"tool_use","timestamp":1,"sessionID":"o-1","part":{"type":"tool","tool":"read","callID":"c1","state":{"status":"error","input":{"path":"a"},"error":"no such file"}}}
` + step + `{"type":"text","timestamp":1,"sessionID":"o-1","part":{"type":"text","text":"All done."}}
` + step + `{"type":"done","reason":"idle","rejected":[{"permission":"bash"}]}
`
	j := job(t, lines)
	j.Model, j.ResumeID, j.Tools = "anthropic/claude-opus-5-5", "o-0", []string{"bash"}
	out, _, err := run(t, "opencode", j)
	require.NoError(t, err)
	require.Equal(t, "All done.", out.Text)
	require.Equal(t, agent.Usage{Input: 200, Output: 50, Reasoning: 10, CacheRead: 60, CacheWrite: 80, CostMicros: 20_000, CostKnown: true}, out.Usage)
	require.Equal(t, 2, out.Turns)
	require.Equal(t, []string{`{"permission":"bash"}`}, out.Denied)
	s := given(t, j)
	require.Equal(t, "You test.\n\nDo it.", s.Stdin)
	require.Equal(t, []string{"run", "--format", "json", "--dir", j.Dir, "-m", "anthropic/claude-opus-5-5", "--session", "o-0"}, s.Args)
	require.Contains(t, s.Env, `OPENCODE_CONFIG_CONTENT={"mcp":{"layercake":{"type":"local","command":["/bin/layercake","mcp","--role","qa \"x\""],"environment":{"A":"b"},"enabled":true}},`+
		`"permission":{"bash":"allow","edit":"allow","webfetch":"deny"}}`)

	t.Run("is stopped when it has spent what it may", func(t *testing.T) {
		t.Parallel()
		j := job(t, lines, "HANG=1")
		j.MaxCostMicros = 15_000
		out, err := agent.RunProgram(t.Context(), worker(t, "opencode"), j, nil, nil)
		require.Equal(t, agent.KindBudget, agent.KindOf(err))
		require.Equal(t, agent.StopBudget, out.Stop)
		require.Equal(t, int64(20_000), out.Usage.CostMicros)
	})
	for name, c := range map[string]struct {
		lines, env string
		kind       agent.Kind
	}{
		"an error":  {`{"type":"error","sessionID":"o-1","error":{"name":"ProviderAuthError","data":{"message":"Unauthorized"}}}` + "\n", "FAIL=1", agent.KindAuth},
		"no result": {"", "", agent.KindProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := run(t, "opencode", job(t, c.lines, c.env))
			require.Equal(t, c.kind, agent.KindOf(err), "%v", err)
		})
	}
}

func TestProgramsAreStopped(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"claude-code": claudeLines, "codex": `{"type":"item.completed","item":{"type":"agent_message","text":"x"}}` + "\n",
		"gemini": `{"type":"message","role":"assistant","content":"x"}` + "\n", "opencode": `{"type":"text","part":{"text":"x"}}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			_, err := worker(t, name).Run(ctx, job(t, line, "HANG=1"), func(d agent.Delta) {
				if d.Kind == agent.DeltaText {
					at = time.Now()
					cancel()
				}
			})
			require.Equal(t, agent.KindCancelled, agent.KindOf(err))
			require.Less(t, time.Since(at), time.Second)
		})
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"claude-code", "codex", "gemini", "opencode"} {
		w, err := provider.New(provider.Config{Provider: name})
		require.NoError(t, err)
		j := job(t, "")
		j.Env = append(j.Env, "PATH=/nowhere")
		_, err = w.Program.Run(t.Context(), j, nil)
		require.Equal(t, agent.KindMissing, agent.KindOf(err))
		require.Contains(t, fault.From(err).Hint, "install")

		j = job(t, "")
		j.MCPConfig = "nothing.json"
		_, err = w.Program.Run(t.Context(), j, nil)
		require.ErrorContains(t, err, "the list of MCP servers cannot be read")
	}
	for _, c := range []provider.Config{{Provider: "anthropic"}, {Provider: "openai"}, {Provider: "command"}, {Provider: "chatgpt"}, {}} {
		_, err := provider.New(c)
		require.Equal(t, fault.KindUsage, fault.KindOf(err))
		require.NotEmpty(t, fault.From(err).Hint)
	}
}

func TestEveryProviderIsListed(t *testing.T) {
	t.Parallel()
	require.Len(t, provider.Names(), 7)
	for _, info := range provider.List() {
		w, err := provider.New(provider.Config{Provider: info.Name, Command: []string{"x"}, Getenv: func(string) string { return "some-key" }})
		require.NoError(t, err)
		require.Equal(t, info.Name, w.Name())
		require.Equal(t, info.Program, w.Program != nil)
		require.Equal(t, info.Program, w.Model == nil)
		require.NotEmpty(t, info.Needs+info.About)
	}
}
