package cmd

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exampleWorld is a project in which the examples of the help can be run: what
// they name is there, under its real id.
func exampleWorld(t *testing.T) (*world, *strings.Replacer) {
	t.Helper()
	w := newWorld(t, false)
	w.run("intake", "--answers", "answers.yaml")
	for name, text := range map[string]string{
		"docs/PRD.md": "All about cakes.", "docs/product.md": "All about pies.", "home.png": strings.Repeat("picture ", 20),
		"server": "#!/bin/sh\nexit 1\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(w.process.Dir, name), []byte(text), 0o755))
	}
	w.run("doc", "add", "docs/PRD.md", "--id", "prd")
	w.run("project", "create", "Web shop", "--level", "demo")
	w.commit()
	w.run("deliverable", "submit", "intake")
	ids := map[string]string{
		"t-7k3f": w.id("task", "add", "A"), "t-9m2p": w.id("task", "add", "B"), "d-7k3f": w.id("decision", "add", "D"),
		"m-7k3f": w.id("memory", "add", "M"), "q-7k3f": w.id("question", "ask", "Q?"), "k-7k3f": w.id("risk", "add", "R"),
		"r-7k3f": endedRun(w), "b-7k3f": w.id("blocker", "add", "B"), "n-7k3f": w.id("note", "add", "N"), "p-7k3f": w.id("proof", "submit", "G1", "screenshot", "--file", "home.png"),
	}
	var pairs []string
	for old, id := range ids {
		pairs = append(pairs, old, id)
	}
	return w, strings.NewReplacer(pairs...)
}

// endedRun makes a run that is over.
func endedRun(w *world) string {
	id := w.id("agent", "run", "architect", "Think")
	w.id("agent", "cancel", id)
	return id
}

// untilItSpeaks runs a command until it says something on the error stream, and
// returns how it then ends.
func (w *world) untilItSpeaks(args ...string) int {
	w.t.Helper()
	ctx, interrupt := context.WithCancel(w.t.Context())
	defer interrupt()
	p := w.process
	p.Args, p.Out, p.Err = args, io.Discard, answered{io.Discard, interrupt}
	return Run(ctx, p)
}

// TestExamplesCanBeRun runs every example of the help on a project. One may be
// refused for the state that the project is in, but never for what it says.
func TestExamplesCanBeRun(t *testing.T) {
	t.Parallel()
	// These ask at a terminal, or are about a private database.
	refused := []string{"layercake intake", "layercake trust", "layercake db start", "layercake db stop", "layercake db stop --dry-run"}
	// There is nothing on the standard input.
	refused = append(refused, "layercake search similar - --lang go")
	root := newCmdRoot(newFactory(setup(t).process))
	// One project for each noun: making one takes a moment.
	byNoun := map[string][]string{}
	for _, c := range commands(root) {
		if c.HasSubCommands() && c.HasParent() || c.Example == "" {
			continue
		}
		path := strings.Fields(c.CommandPath() + " alone")
		for line := range strings.Lines(c.Example) {
			byNoun[path[1]] = append(byNoun[path[1]], strings.TrimSpace(line))
		}
	}
	for noun, lines := range byNoun {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			w, ids := exampleWorld(t)
			for _, line := range lines {
				line, _, _ = strings.Cut(line, " <")
				args := splitWords(ids.Replace(line))[1:]
				if strings.HasPrefix(line, "layercake sync watch") {
					onceEdited()(w)
					_, stderr, code := w.untilItAnswers(args...)
					require.Equal(t, 130, code, "%s: %s", line, stderr)
					continue
				}
				if strings.HasPrefix(line, "layercake worker") && !strings.Contains(line, "--dir") {
					require.Equal(t, 130, w.untilItSpeaks(args...), line)
					continue
				}
				_, stderr, code := w.try(args...)
				require.NotContains(t, stderr, "panic")
				if slices.Contains(refused, line) {
					continue
				}
				// A gate that is not there in a simple project, a rule, a state: all
				// of that is no fault of the example.
				require.True(t, slices.Contains([]int{0, 1, 3, 4, 5}, code) || strings.Contains(stderr, "there is no terminal"),
					"%s: %d %s", line, code, stderr)
				if code == 3 {
					require.Regexp(t, `no key of yours|there is no (agent role|folder|collection|backup|anchor file|key file|gate|condition|feedback|deliverable|document|signer|conflict|checkpoint|file|LayerCake project)|does not wait for|says nothing of events`, stderr, line)
				}
			}
		})
	}
}
