package main

import (
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

// nasty are texts that break columns, lines and terminals.
func nasty() []string {
	return []string{
		"日本語のタイトルはとても長いので四十桁には入りきらないはずですがどうでしょうか",
		"👩‍👩‍👧‍👦 family, 🇩🇪 flag, 👍🏽 thumb, e\u0301 accent and many more words so that it has to be broken",
		"\x1b[2J\x1b]0;title\x07 \u009b31m \x7f bell\x07 and a \u202ereversed\u202c word",
		"anunbreakablewordanunbreakablewordanunbreakablewordanunbreakablewordanunbreakableword",
	}
}

// nastyShop is a shop full of them.
func nastyShop(t *testing.T) *shop {
	t.Helper()
	s := newShop(t)
	for _, text := range nasty() {
		id := strings.TrimSpace(s.do(t, "layercake", "task", "add", text, "--owner", text, "-q"))
		s.do(t, "layercake", "task", "block", id, "--reason", text)
		s.do(t, "layercake", "decision", "add", text, "--rationale", text+"\n\n| a | b |\n|---|---|\n"+text, "--alternative", text)
		s.do(t, "layercake", "memory", "add", text, "--tag", "x", "--content", text)
		s.do(t, "layercake", "note", "add", text+"\n\tsecond\tline\r\nthird")
		s.do(t, "layercake", "question", "ask", text)
		s.do(t, "layercake", "risk", "add", text)
		s.do(t, "layercake", "blocker", "add", text)
	}
	return s
}

// screens are what people look at.
func screens() [][]string {
	return [][]string{
		{}, {"status"}, {"next"}, {"task", "list"}, {"task", "graph"}, {"task", "ready"}, {"task", "graph", "--all"}, {"decision", "list"},
		{"decision", "show", "DECISION"}, {"task", "show", "TASK"}, {"memory", "list"}, {"memory", "show", "MEMORY"}, {"note", "list"},
		{"question", "list"}, {"risk", "list"}, {"blocker", "list"}, {"log"}, {"gate", "list"}, {"gate", "show", "G1"}, {"gate", "check", "G1"},
		{"deliverable", "list"}, {"deliverable", "show", "intake"}, {"proof", "list"}, {"phase", "show"}, {"project", "show"},
		{"project", "list"}, {"config", "list"}, {"config", "list", "--show-origin"}, {"config", "path"}, {"doctor"}, {"db", "status"},
		{"audit", "verify"}, {"db", "verify"}, {"mcp", "tools"}, {"mcp", "install", "--dry-run"}, {"version"}, {"analyze"},
		{"trust", "--dry-run"}, {"init", "--dry-run"}, {"setup", "--dry-run"}, {"project", "render", "--dry-run"}, {"help"}, {"help", "all"}, {"help", "formatting"}, {"help", "gates"},
		{"gate", "approve", "--help"}, {"task", "--help"}, {"task", "show", "nonsense-that-is-much-too-long-for-an-id-and-for-the-line"},
		{"task", "add", nasty()[2], "--type", nasty()[0]}, {nasty()[1]}, {"task", "list", "--limit", "x"}, {"gate", "show", nasty()[2]},
		{"task", "list", "--jq", ".data[].title"}, {"task", "list", "--template", "{{range .data}}{{.title}}{{\"\\n\"}}{{end}}"},
		{"-p", nasty()[2], "status"},
	}
}

// sgr is the one sequence that is ever written: a colour.
var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func TestNothingIsWiderThanTheTerminal(t *testing.T) {
	t.Parallel()
	s := nastyShop(t)
	ids := map[string]string{}
	for _, noun := range []string{"task", "decision", "memory"} {
		ids[strings.ToUpper(noun)] = strings.TrimSpace(s.do(t, "layercake", noun, "list", "--jq", ".data[-1].short_id"))
	}
	for _, args := range screens() {
		for i := range args {
			if id := ids[args[i]]; id != "" {
				args[i] = id
			}
		}
		raw := slices.Contains(args, "--jq") || slices.Contains(args, "--template")
		for _, width := range []int{40, 80, 200} {
			shown, _ := s.atTerminalOf(t, width, args)
			require.NotEmpty(t, shown, args)
			plain := sgr.ReplaceAllString(shown, "")
			for line := range strings.SplitSeq(strings.TrimSuffix(plain, "\r\n"), "\r\n") {
				if !raw { // what people choose to print is theirs to break
					require.LessOrEqual(t, ansi.StringWidth(line), width, "%q at %d columns: %q", args, width, line)
				}
				for _, r := range line {
					require.False(t, unicode.IsControl(r) || r == '\u202e', "%q at %d columns: %q", args, width, line)
				}
			}
		}
	}
}

// TestTerminalIsAskedNothing holds the cause of commands that wait for terminals
// which never answer: no command asks one, and no library that does is linked.
func TestTerminalIsAskedNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, args := range screens() {
		shown, _ := s.atTerminalOf(t, 80, args)
		require.NotContains(t, sgr.ReplaceAllString(shown, ""), "\x1b", args)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	deps := strings.Fields(string(out))
	require.Greater(t, len(deps), 100)
	for _, asks := range []string{
		"github.com/charmbracelet/bubbletea", "github.com/charmbracelet/lipgloss", "github.com/charmbracelet/bubbles",
		"github.com/charmbracelet/fang", "charm.land/fang/v2", "charm.land/lipgloss/v2/compat", "github.com/muesli/termenv",
	} {
		require.NotContains(t, deps, asks)
	}
}

func TestColoursOnlyWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.do(t, "layercake", "task", "add", "One")
	plain := s.env
	for _, c := range []struct {
		env     []string
		args    []string
		colours bool
	}{
		{nil, []string{"task", "list"}, true},
		{[]string{"NO_COLOR=1"}, []string{"task", "list"}, false},
		{[]string{"NO_COLOR=1", "CLICOLOR_FORCE=1"}, []string{"task", "list"}, false},
		{[]string{"NO_COLOR="}, []string{"task", "list"}, true},
		{[]string{"TERM=dumb"}, []string{"task", "list"}, false},
		{[]string{"CLICOLOR=0"}, []string{"task", "list"}, false},
		{nil, []string{"task", "list", "--no-color"}, false},
		{nil, []string{"--no-color", "--nonsense"}, false},
		{nil, []string{"--nonsense"}, true},
		{[]string{"TERM=dumb"}, []string{"task", "show", "t-zzzz"}, false},
	} {
		s.env = slices.Concat(plain, c.env)
		shown, _ := s.atTerminal(t, c.args)
		require.Equal(t, c.colours, strings.Contains(shown, "\x1b["), "%v %v: %q", c.env, c.args, shown)
	}
	s.env = slices.Concat(plain, []string{"CLICOLOR_FORCE=1"})
	require.Contains(t, s.do(t, "layercake", "task", "list"), "\x1b[")
	s.env = slices.Concat(plain, []string{"CLICOLOR_FORCE=0"})
	require.NotContains(t, s.do(t, "layercake", "task", "list"), "\x1b[")
}

// TestPipesCarryNothingThatBreaksColumns reads the tables as scripts do.
func TestPipesCarryNothingThatBreaksColumns(t *testing.T) {
	t.Parallel()
	s := nastyShop(t)
	for _, args := range [][]string{
		{"task", "list"}, {"decision", "list"}, {"memory", "list"}, {"note", "list"}, {"question", "list"}, {"risk", "list"},
		{"blocker", "list"}, {"log", "--limit", "500"},
	} {
		lines := strings.Split(strings.TrimSuffix(s.do(t, "layercake", args...), "\n"), "\n")
		want := s.do(t, "layercake", append(args, "--jq", ".data | length")...)
		require.Equal(t, strings.TrimSpace(want), strconv.Itoa(len(lines)), args)
		for _, line := range lines {
			require.Equal(t, strings.Count(lines[0], "\t"), strings.Count(line, "\t"), "%v: %q", args, line)
			for _, r := range line {
				require.False(t, unicode.IsControl(r) && r != '\t', "%v: %q", args, line)
			}
		}
	}
}
