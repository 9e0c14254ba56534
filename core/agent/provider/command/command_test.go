package command_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/provider/command"
	"github.com/layercake-dev/layercake/core/fault"
)

// The test binary is the program that is run, when ACT says what it is to do.
func TestMain(m *testing.M) {
	if act, ok := acts()[os.Getenv("ACT")]; ok {
		act()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func acts() map[string]func() {
	stdin := func() string {
		data, _ := io.ReadAll(os.Stdin)
		return string(data)
	}
	return map[string]func(){
		"print": func() { fmt.Print(os.Getenv("PRINT")) },
		"echo":  func() { fmt.Print(stdin()) },
		"env":   func() { fmt.Println(strings.Join(os.Environ(), "\n")) },
		"dir":   func() { dir, _ := os.Getwd(); fmt.Print(dir) },
		"fail": func() {
			for i := range 1000 {
				fmt.Fprintln(os.Stderr, "line", i)
			}
			fmt.Fprintln(os.Stderr, "token planted-secret-0451 is wrong")
			os.Exit(3)
		},
		"kill": func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
		"flood": func() {
			w := bufio.NewWriter(os.Stdout)
			line := strings.Repeat("x", 1<<16)
			for range 1 << 8 { // 16 MB
				fmt.Fprintln(w, line)
			}
			fmt.Fprintln(w, `{"result":"after the flood"}`)
			_ = w.Flush()
		},
		"one long line": func() {
			w := bufio.NewWriter(os.Stdout)
			for range 1 << 8 {
				fmt.Fprint(w, strings.Repeat("x", 1<<16))
			}
			_ = w.Flush()
		},
		"deaf": func() { // it and its child have to be killed
			signal.Ignore(syscall.SIGTERM)
			child := exec.CommandContext(context.Background(), os.Args[0])
			child.Env = append(os.Environ(), "ACT=child")
			child.Stdout = os.Stdout
			_ = child.Start()
			select {}
		},
		"child": func() {
			signal.Ignore(syscall.SIGTERM)
			_ = os.WriteFile(os.Getenv("PIDFILE"), []byte(strconv.Itoa(os.Getpid())), 0o600)
			fmt.Println("ready")
			select {}
		},
		"leave a child": func() {
			child := exec.CommandContext(context.Background(), os.Args[0])
			child.Env = append(os.Environ(), "ACT=child")
			out, _ := child.StdoutPipe()
			_ = child.Start()
			_, _ = bufio.NewReader(out).ReadString('\n')
			fmt.Print("left it")
		},
	}
}

func job(t *testing.T, act string, env ...string) agent.Job {
	t.Helper()
	return agent.Job{Dir: t.TempDir(), Env: append([]string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0", "ACT=" + act}, env...), Prompt: "Do it."}
}

func program(t *testing.T) *command.Program {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return &command.Program{Argv: []string{self}}
}

func run(t *testing.T, j agent.Job) (*agent.Outcome, error) {
	t.Helper()
	return program(t).Run(t.Context(), j, nil)
}

func TestTextIsTheResult(t *testing.T) {
	t.Parallel()
	for name, printed := range map[string]string{
		"text": "All is well.\nReally.\n", "JSON of another kind": `{"a":1}`, "broken JSON": `{"result":`, "a list": `[1,2]`, "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, job(t, "print", "PRINT="+printed))
			require.NoError(t, err)
			require.Equal(t, strings.TrimSpace(printed), out.Text)
			require.Equal(t, agent.StopEnd, out.Stop)
			require.False(t, out.Usage.CostKnown)
		})
	}
}

const whole = `{"result":"Done.","summary":"It is done.","session_id":"s1","files":["a.go"],"questions":["Why?"],
"handoffs":[{"to":"qa-engineer","summary":"test it","details":"all of it"}],"decisions":[{"title":"Use Go","reason":"fast"}],
"usage":{"model":"m","turns":3,"tool_calls":5,"input":10,"output":20,"cache_read":30,"cache_write":40,"cache_write_1h":50,"reasoning":5,"cost_usd":0.0123},
"structured":{"x":1},"something_new":true}`

func TestJSONIsTheResult(t *testing.T) {
	t.Parallel()
	want := &agent.Outcome{
		Text: "Done.", Summary: "It is done.", SessionID: "s1", Files: []string{"a.go"}, Questions: []string{"Why?"},
		Handoffs:  []agent.Handoff{{To: "qa-engineer", Summary: "test it", Details: "all of it"}},
		Decisions: []agent.Decision{{Title: "Use Go", Reason: "fast"}}, Structured: []byte(`{"x":1}`),
		Usage: agent.Usage{Input: 10, Output: 20, CacheRead: 30, CacheWrite: 40, CacheWrite1h: 50, Reasoning: 5, CostMicros: 12300, CostKnown: true},
		Turns: 3, ToolCalls: 5, Model: "m", Stop: agent.StopEnd,
	}
	oneLine := strings.ReplaceAll(whole, "\n", "")
	for name, printed := range map[string]string{"all of the output": whole, "the last line": "working …\n{\"result\":1\nstill working\n" + oneLine + "\n\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, job(t, "print", "PRINT="+printed))
			require.NoError(t, err)
			require.Equal(t, want, out)
		})
	}
	t.Run("of another shape is an error", func(t *testing.T) {
		t.Parallel()
		for _, printed := range []string{`{"result":7}`, `{"result":"x","usage":"many"}`, `{"result":"x","usage":{"input":-5}}`, `{"result":"x","usage":{"cost_usd":-1}}`} {
			_, err := run(t, job(t, "print", "PRINT="+printed))
			require.Equal(t, agent.KindProtocol, agent.KindOf(err), printed)
		}
	})
	t.Run("may say that it failed", func(t *testing.T) {
		t.Parallel()
		_, err := run(t, job(t, "print", `PRINT={"error":"there is no compiler"}`))
		require.Equal(t, agent.KindProgram, agent.KindOf(err))
		require.ErrorContains(t, err, "there is no compiler")
	})
}

func TestWhatAProgramIsGiven(t *testing.T) {
	t.Parallel()
	t.Run("input", func(t *testing.T) {
		t.Parallel()
		j := job(t, "echo")
		j.System = "You are a tester."
		out, err := run(t, j)
		require.NoError(t, err)
		require.Equal(t, "You are a tester.\n\nDo it.", out.Text)
	})
	t.Run("a prompt that it does not read", func(t *testing.T) {
		t.Parallel()
		j := job(t, "print", "PRINT=fine")
		j.Prompt = strings.Repeat("x", 1<<20)
		out, err := run(t, j)
		require.NoError(t, err)
		require.Equal(t, "fine", out.Text)
	})
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		j := job(t, "dir")
		out, err := run(t, j)
		require.NoError(t, err)
		want, err := filepath.EvalSymlinks(j.Dir)
		require.NoError(t, err)
		require.Equal(t, want, out.Text)
	})
	t.Run("environment", func(t *testing.T) {
		t.Parallel()
		j := job(t, "env", "API_TOKEN=planted-secret-0451", "KEPT_TOKEN=kept-secret-0451", "SHORT_KEY=abc", "PLAIN=yes", "LAYERCAKE_DATABASE_URL=postgres:///x",
			"SOME_URL=postgres://me:planted-password@host/db", "GIT_DIR=/elsewhere", "LAYERCAKE_RUN=old")
		j.Facts = map[string]string{"LAYERCAKE_RUN": "r-1"}
		j.Model, j.MaxTurns, j.MaxCostMicros, j.MCPConfig = "m", 7, 1_500_000, "/mcp.json"
		p := program(t)
		p.KeepEnv = []string{"KEPT_TOKEN"}
		out, err := p.Run(t.Context(), j, nil)
		require.NoError(t, err)
		lines := strings.Split(out.Text, "\n")
		for _, want := range []string{
			"PLAIN=yes", "LAYERCAKE_RUN=r-1", "LAYERCAKE_MODEL=m", "LAYERCAKE_MAX_TURNS=7", "LAYERCAKE_MAX_COST=1.5", "LAYERCAKE_MCP_CONFIG=/mcp.json",
		} {
			require.Contains(t, lines, want)
		}
		require.Contains(t, out.Text, "KEPT_TOKEN=[redacted", "it is there, and not in what is kept")
		for _, never := range []string{"planted", "API_TOKEN", "SHORT_KEY", "LAYERCAKE_DATABASE_URL", "SOME_URL", "GIT_DIR", "=old", "kept-secret"} {
			require.NotContains(t, out.Text, never)
		}
	})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	t.Run("an exit code", func(t *testing.T) {
		t.Parallel()
		out, err := run(t, job(t, "fail", "KEPT_TOKEN=planted-secret-0451"))
		var e *agent.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, agent.KindProgram, e.Kind)
		require.Equal(t, 3, e.Status)
		require.Contains(t, e.Message, "ended with exit code 3")
		require.Contains(t, e.Message, "line 999")
		require.NotContains(t, e.Message, "line 900")
		require.NotContains(t, e.Message, "planted-secret")
		require.NotNil(t, out)
	})
	t.Run("a signal", func(t *testing.T) {
		t.Parallel()
		_, err := run(t, job(t, "kill"))
		require.ErrorContains(t, err, "was ended by a signal: killed")
	})
	t.Run("a missing program", func(t *testing.T) {
		t.Parallel()
		for _, argv := range [][]string{{"no-such-program-here"}, {"./no-such-program"}, {"/no/such/program"}, {""}, nil} {
			p := &command.Program{Argv: argv}
			out, err := p.Run(t.Context(), job(t, "print"), nil)
			require.Equal(t, agent.KindMissing, agent.KindOf(err))
			require.Equal(t, fault.KindUsage, fault.KindOf(err))
			require.NotNil(t, out)
		}
		_, err := (&command.Program{Argv: []string{"no-such-program-here"}}).Run(t.Context(), job(t, "print"), nil)
		require.NotEmpty(t, fault.From(err).Hint)
	})
	t.Run("a program of the folder is not found by its name alone", func(t *testing.T) {
		t.Parallel()
		j := job(t, "print")
		require.NoError(t, os.WriteFile(filepath.Join(j.Dir, "tool"), []byte("#!/bin/sh\necho mine\n"), 0o700))
		j.Env = append(j.Env, "PATH=.:"+os.Getenv("PATH"))
		_, err := (&command.Program{Argv: []string{"tool"}}).Run(t.Context(), j, nil)
		require.Equal(t, agent.KindMissing, agent.KindOf(err))
		out, err := (&command.Program{Argv: []string{"./tool"}}).Run(t.Context(), j, nil)
		require.NoError(t, err)
		require.Equal(t, "mine", out.Text)
	})
}

func TestOutputOfAnyLengthIsReadInBoundedMemory(t *testing.T) {
	t.Parallel()
	t.Run("lines", func(t *testing.T) {
		t.Parallel()
		out, err := run(t, job(t, "flood"))
		require.NoError(t, err)
		require.Equal(t, "after the flood", out.Text)
	})
	t.Run("one line", func(t *testing.T) {
		t.Parallel()
		out, err := run(t, job(t, "one long line"))
		require.NoError(t, err)
		require.LessOrEqual(t, len(out.Text), 4<<20)
		require.NotEmpty(t, out.Notices)
	})
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	require.Less(t, m.HeapAlloc, uint64(200<<20))
}

func TestCancellingStopsAllThatWasStarted(t *testing.T) {
	t.Parallel()
	pidfile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	var began time.Time
	_, err := program(t).Run(ctx, job(t, "deaf", "PIDFILE="+pidfile), func(d agent.Delta) {
		if d.Text == "ready\n" {
			began = time.Now()
			cancel()
		}
	})
	require.Less(t, time.Since(began), time.Second)
	require.Equal(t, agent.KindCancelled, agent.KindOf(err))
	gone(t, pidfile)
}

func TestWhatAProgramLeavesBehindIsStopped(t *testing.T) {
	t.Parallel()
	pidfile := filepath.Join(t.TempDir(), "pid")
	out, err := run(t, job(t, "leave a child", "PIDFILE="+pidfile))
	require.NoError(t, err)
	require.Equal(t, "left it", out.Text)
	gone(t, pidfile)
}

// gone waits until a process is no more, or only a zombie that nobody has reaped.
func gone(t *testing.T, pidfile string) {
	t.Helper()
	data, err := os.ReadFile(pidfile)
	require.NoError(t, err)
	pid, err := strconv.Atoi(string(data))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		return err == nil && strings.Contains(string(stat), ") Z ")
	}, 5*time.Second, 10*time.Millisecond)
}

func TestOutputIsFollowedAsItComes(t *testing.T) {
	t.Parallel()
	var kinds []string
	_, err := program(t).Run(t.Context(), job(t, "fail"), func(d agent.Delta) { kinds = append(kinds, d.Kind) })
	require.Error(t, err)
	require.Len(t, kinds, 1001)
	require.Equal(t, agent.DeltaNotice, kinds[0])
}

func TestABudgetIsHandedOn(t *testing.T) {
	t.Parallel()
	ledger := &ledger{grant: 250_000}
	j := job(t, "env")
	j.MaxCostMicros = 1_000_000
	out, err := agent.RunProgram(t.Context(), program(t), j, ledger, nil)
	require.NoError(t, err)
	require.Contains(t, out.Text, "LAYERCAKE_MAX_COST=0.25")
	require.Equal(t, int64(250_000), ledger.settled)

	t.Run("and its end stops a run before it begins", func(t *testing.T) {
		t.Parallel()
		out, err := agent.RunProgram(t.Context(), program(t), j, &ledger2{}, nil)
		require.Equal(t, agent.KindBudget, agent.KindOf(err))
		require.Equal(t, agent.StopBudget, out.Stop)
	})
	t.Run("and so does its time", func(t *testing.T) {
		t.Parallel()
		slow := job(t, "deaf", "PIDFILE="+filepath.Join(t.TempDir(), "pid"))
		slow.Time = 50 * time.Millisecond
		out, err := agent.RunProgram(t.Context(), program(t), slow, nil, nil)
		require.Equal(t, agent.KindTimeout, agent.KindOf(err))
		require.ErrorContains(t, err, "the run took longer than the 50ms")
		require.Equal(t, agent.StopTime, out.Stop)
	})
}

type ledger struct{ grant, settled int64 }

func (l *ledger) Reserve(context.Context, int64, int64) (int64, error) { return l.grant, nil }

func (l *ledger) Settle(_ context.Context, reserved int64, _ agent.Usage) error {
	l.settled = reserved
	return nil
}

type ledger2 struct{ ledger }

func (*ledger2) Reserve(context.Context, int64, int64) (int64, error) {
	return 0, &agent.Error{Kind: agent.KindBudget, Budget: "day", Message: "the budget of the day is used up"}
}
