package cmd

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db/cluster"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// completions asks for completions as a shell does, and returns them by line.
func (b *bundle) completions(t *testing.T, args ...string) []string {
	t.Helper()
	require.Zero(t, b.run(t, append([]string{cobra.ShellCompRequestCmd}, args...)...))
	require.Empty(t, b.err.String(), "nothing is said in the middle of a line")
	lines := strings.Split(strings.TrimSuffix(b.out.String(), "\n"), "\n")
	last := lines[len(lines)-1]
	require.Regexp(t, `^:\d+$`, last)
	return lines[:len(lines)-1]
}

func TestCompletionKnowsWhatThereIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	task := w.id("task", "add", "Bake \x1b[31m\tthe cake")
	decision := w.id("decision", "add", "Use Postgres")
	memory := w.id("memory", "add", "Tests need UTC")
	question := w.id("question", "ask", "Which regions?")
	risk := w.id("risk", "add", "Fire")
	blocker := w.id("blocker", "add", "No access")
	document := w.id("doc", "add", "paper.md")
	proof := w.id("proof", "submit", "G1", "screenshot", "--file", "paper.md", "--summary", "home")
	w.run("project", "constraint", "set", "frozen", "billing")
	for _, c := range []struct {
		line []string
		want string
	}{
		{[]string{"task", "show", ""}, task + "\tBake ␛[31m the cake"},
		{[]string{"task", "start", ""}, task + "\tBake ␛[31m the cake"},
		{[]string{"task", "dep", "add", task, ""}, task + "\tBake ␛[31m the cake"},
		{[]string{"task", "add", "x", "--after", ""}, task + "\tBake ␛[31m the cake"},
		{[]string{"task", "edit", task, "--parent", ""}, task + "\tBake ␛[31m the cake"},
		{[]string{"note", "add", "x", "--subject", ""}, decision + "\tUse Postgres"},
		{[]string{"task", "list", "--status", ""}, "blocked"},
		{[]string{"task", "list", "--gate", ""}, "G1\tpending: Scope"},
		{[]string{"task", "list", "--json="}, "short_id"},
		{[]string{"task", "list", "--json=id,"}, "id,title"},
		{[]string{"task", "list", "--phase", ""}, "planning"},
		{[]string{"decision", "show", ""}, decision + "\tUse Postgres"},
		{[]string{"decision", "add", "x", "--supersedes", ""}, decision + "\tUse Postgres"},
		{[]string{"memory", "show", ""}, memory + "\tTests need UTC"},
		{[]string{"memory", "add", "x", "--kind", ""}, "gotcha"},
		{[]string{"question", "answer", ""}, question + "\tWhich regions?"},
		{[]string{"risk", "update", ""}, risk + "\tFire"},
		{[]string{"blocker", "resolve", ""}, blocker + "\tNo access"},
		{[]string{"doc", "show", ""}, document + "\t"},
		{[]string{"proof", "show", ""}, proof + "\tG1 screenshot info"},
		{[]string{"proof", "capture", "G1", ""}, "test_output"},
		{[]string{"proof", "list", "--type", ""}, "test_output"},
		{[]string{"gate", "approve", ""}, "G1\tpending: Scope"},
		{[]string{"gate", "approve", "G1", "--blocks", ""}, "G3\tpending: Architecture"},
		{[]string{"gate", "reject", "G1", "--role", ""}, "orchestrator"},
		{[]string{"deliverable", "show", ""}, "intake\tIntake"},
		{[]string{"phase", "move", ""}, "blocked"},
		{[]string{"project", "delete", ""}, "shop\tShop"},
		{[]string{"project", "constraint", "set", ""}, "frozen\tbilling"},
		{[]string{"-p", ""}, "shop\tShop"},
		{[]string{"config", "get", ""}, "render\twhether changes are written to the markdown files (on, off)"},
		{[]string{"config", "set", "render", ""}, "off"},
		{[]string{"log", "--type", ""}, "TaskCreated"},
		{[]string{"call", ""}, "get_status\t"},
		{[]string{"mcp", "--toolsets", ""}, "core"},
		{[]string{"help", ""}, "exit-codes"},
		{[]string{"help", "gate", ""}, "approve\tSay yes to a gate, as a person at a terminal"},
		{[]string{"init", "--type", ""}, "ai_ml"},
		{[]string{"ta"}, "task\tPlan work and keep track of it"},
	} {
		got := w.completions(t, c.line...)
		found := false
		for _, line := range got {
			found = found || line == c.want || (strings.HasSuffix(c.want, "\t") && strings.HasPrefix(line, strings.TrimSuffix(c.want, "\t")))
		}
		require.True(t, found, "%q gives %q", c.line, got)
	}
	w.afresh()
	w.run("gate", "present", "G1")
	w.run("gate", "reject", "G1", "--feedback", "shorter", "--yes")
	require.Contains(t, w.completions(t, "gate", "feedback", "resolve", "")[0], "\tshorter")
}

// TestNothingCompletesFiles makes sure that a shell offers files only where a
// file is asked for.
func TestNothingCompletesFiles(t *testing.T) {
	t.Parallel()
	f := newFactory(setup(t).process)
	root := newCmdRoot(f)
	f.completeQuietly(root)
	files := []string{"file", "answers", "path", "input", "command", "key", "docs-dir", "anchor", "signers", "output", "dataset", "repos"}
	for _, c := range commands(root) {
		if c.CommandPath() == "layercake doc add" {
			require.Nil(t, c.ValidArgsFunction)
			continue
		}
		require.NotNil(t, c.ValidArgsFunction, c.CommandPath())
		c.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			_, own := c.GetFlagCompletionFunc(flag.Name)
			require.True(t, own || slices.Contains(files, flag.Name), "%s --%s", c.CommandPath(), flag.Name)
		})
	}
}

// TestCompletionIsSilent asks where there is nothing to be had: a database that
// refuses, one that never answers, none at all, a file with mistakes. The shell
// gets an empty answer each time, and no database is started for it.
func TestCompletionIsSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.id("task", "add", "x")
	mute, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections, and says nothing
	require.NoError(t, err)
	t.Cleanup(func() { _ = mute.Close() })
	cfg := clustertest.Own(t)
	stopped := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(stopped, "layercake"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(stopped, "layercake", "config.yaml"), []byte("rendr: on\n"), 0o600))

	environ := w.process.Environ
	for name, set := range map[string][]string{
		"refuses": {"LAYERCAKE_DATABASE_URL=" + nowhere},
		"mute":    {"LAYERCAKE_DATABASE_URL=postgres://u@" + mute.Addr().String() + "/x"},
		"none":    {"LAYERCAKE_DATABASE_URL=", "LAYERCAKE_DATA_DIR=" + cfg.DataDir},
		"mistake": {"XDG_CONFIG_HOME=" + stopped},
		"no url":  {"LAYERCAKE_DATABASE_URL=nonsense"},
	} {
		w.process.Environ = slices.Concat(environ, set)
		for _, line := range [][]string{{"task", "show", ""}, {"-p", ""}, {"gate", "reject", "G1", "--role", ""}} {
			began := time.Now()
			require.Empty(t, w.completions(t, line...), name)
			// The bound is 0.3 s; a machine that is busy may take longer, but no
			// answer would be waited for without end.
			require.Less(t, time.Since(began), wait, name)
		}
	}
	status, err := cluster.GetStatus(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, cluster.StateNotInitialised, status.State)
}
