package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// wait is how long a command may take on a busy machine.
const wait = 30 * time.Second

// shop is a project whose approvals are typed at a terminal.
type shop struct {
	dir string
	env []string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	home := t.TempDir()
	config := filepath.Join(home, ".gitconfig")
	require.NoError(t, os.WriteFile(config, []byte(gitConfig), 0o600))
	s := &shop{dir: t.TempDir(), env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_GLOBAL=" + config, "GIT_CONFIG_NOSYSTEM=1", "TERM=xterm-256color",
		"GORACE=" + raceOptions, "LAYERCAKE_DATA_DIR=" + filepath.Join(home, "data"),
		"LAYERCAKE_DATABASE_URL=" + clustertest.Clone(t, templateKey(t), migrated),
	}}
	s.do(t, "layercake", "init", "--yes", "--name", "Shop", "--preset", "simple")
	return s
}

func (s *shop) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// do runs a command without a terminal and returns what it prints.
func (s *shop) do(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := s.command(t, name, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// screen collects what a terminal shows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// atTerminal runs a command at a terminal that answers no question of programs. It
// types each line when the screen shows the text before it, and returns what was
// shown and the exit code.
func (s *shop) atTerminal(t *testing.T, args []string, dialog ...string) (string, int) {
	t.Helper()
	return s.atTerminalOf(t, 80, args, dialog...)
}

// atTerminalOf is atTerminal with so many columns.
func (s *shop) atTerminalOf(t *testing.T, columns int, args []string, dialog ...string) (string, int) {
	t.Helper()
	cmd := s.command(t, "layercake", args...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: uint16(columns)})
	require.NoError(t, err)
	defer func() { _ = terminal.Close() }()
	var shown screen
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&shown, terminal) // ends with an error when the process does
	}()
	for i := 0; i+1 < len(dialog); i += 2 {
		require.Eventually(t, func() bool { return strings.Contains(shown.String(), dialog[i]) }, wait, time.Millisecond, "%q in %q", dialog[i], &shown)
		_, err := terminal.WriteString(dialog[i+1])
		require.NoError(t, err)
	}
	_ = cmd.Wait() // the exit code says it
	<-read
	return shown.String(), cmd.ProcessState.ExitCode()
}

func TestOnlyTheTypedWordApproves(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.before(t)
	for _, word := range []string{"ok\n", "sure\n", "\n", "y\n"} {
		shown, code := s.atTerminal(t, []string{"gate", "approve", "G1"}, "Type \"approve\"", word)
		require.Equal(t, 4, code, shown)
		require.Contains(t, shown, "is not an approval")
	}
	shown, code := s.atTerminal(t, []string{"gate", "approve", "G1"}, "Type \"approve\"", "\x04")
	require.Equal(t, 130, code, shown)
	shown, code = s.atTerminal(t, []string{"gate", "approve", "G1"}, "Type \"approve\"", "\x03")
	require.Equal(t, 130, code, shown)
	require.NotContains(t, shown, "goroutine")
	shown, code = s.atTerminal(t, []string{"gate", "approve", "G1", "--yes"})
	require.Equal(t, 4, code, shown)
	require.Equal(t, "in_review\n", s.do(t, "layercake", "gate", "show", "G1", "--jq", ".data.status"))

	shown, code = s.atTerminal(t, []string{"gate", "approve", "G1"}, "Type \"approve\"", "approve\n")
	require.Zero(t, code, shown)
	require.Contains(t, shown, "Question: ", "the brief is shown before the question")
	require.Equal(t, "approved terminal\n", s.do(t, "layercake", "gate", "show", "G1", "--jq", `.data.status + " " + .data.level`))
}

func TestIntakeAsksAtATerminal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	shown, code := s.atTerminal(t, []string{"intake"},
		"What are you building", "\n", // needs an answer
		"this one needs an answer", "A shop\n",
		"What exists", "\n", "What is your background", "expert\n", "How will you know", "sold\n", "What must not change", "\n",
		"Where will it run", "required\n", "What may go wrong", "fire; flood\n")
	require.Zero(t, code, shown)
	require.Equal(t, "A shop expert required\n", s.do(t, "layercake", "project", "show", "--jq", `.data | .description + " " + .teaching_level + " " + .deployment_mode`))
	require.Equal(t, "2\n", s.do(t, "layercake", "risk", "list", "--jq", ".data | length"))
}

func TestClosedPipeIsQuiet(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var stderr bytes.Buffer
	cmd := s.command(t, "sh", "-c", "layercake help all | true; layercake log --json | head -c 1 >/dev/null")
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Run())
	require.Empty(t, stderr.String())

	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	cmd = s.command(t, "layercake", "help", "all")
	cmd.Stdout, cmd.Stderr = w, &stderr
	require.NoError(t, cmd.Run(), "exit code 0")
	require.NoError(t, w.Close())
	require.Empty(t, stderr.String())
}

// A person is asked whether LayerCake commits its files; Enter means that it does
// not.
func TestInitAsksAboutCommits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialog []string
		want   string
	}{
		{[]string{"> ", "state\n"}, "git.commit: state\n"},
		{[]string{"> ", "always\n", "none of the three", "gates\n"}, "git.commit: gates\n"},
		{[]string{"> ", "off\n"}, "git.commit: \"off\"\n"},
		{[]string{"> ", "\n"}, ""},
	} {
		s := newShop(t)
		s.dir = t.TempDir()
		s.do(t, "git", "init", "--quiet")
		shown, code := s.atTerminal(t, []string{"init", "--name", "Another"}, c.dialog...)
		require.Zero(t, code, shown)
		require.Contains(t, shown, "after each change")
		config, err := os.ReadFile(filepath.Join(s.dir, ".layercake", "config.yaml"))
		require.True(t, err == nil || c.want == "", err)
		require.Equal(t, c.want, string(config))
	}
	s := newShop(t)
	s.dir = t.TempDir()
	s.do(t, "git", "init", "--quiet")
	shown, code := s.atTerminal(t, []string{"init", "--name", "Another", "--git-commit", "off"})
	require.Zero(t, code, shown)
	require.NotContains(t, shown, "after each change")
}
