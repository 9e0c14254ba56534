package cmd

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// commands lists every command that people see.
func commands(root *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{root}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.HasSubCommands() {
			list = append(list, commands(c)...)
		}
	}
	return list
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	for _, c := range commands(newCmdRoot(newFactory(setup(t).process))) {
		require.NotEmpty(t, c.Short, c.CommandPath())
		require.LessOrEqual(t, len(c.Short), 68, "%s: %s", c.CommandPath(), c.Short)
		require.False(t, strings.HasSuffix(c.Short, "."), "%s: %s", c.CommandPath(), c.Short)
		require.NotEmpty(t, c.Long, c.CommandPath())
		require.NotEmpty(t, c.Example, c.CommandPath())
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			require.LessOrEqual(t, len(line), 130, "%s: %s", c.CommandPath(), line)
		}
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			require.NotEmpty(t, f.Usage, "%s --%s", c.CommandPath(), f.Name)
		})
	}
}

// words splits a line as a shell does, as far as examples need it.
func splitWords(line string) []string {
	var out []string
	var word strings.Builder
	quote, inWord := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && r == ' ':
			if inWord {
				out = append(out, word.String())
				word.Reset()
				inWord = false
			}
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	return out
}

// TestExamplesAreRight parses each example by the command that it is of. What
// they do is run by the scripts.
func TestExamplesAreRight(t *testing.T) {
	t.Parallel()
	f := newFactory(setup(t).process)
	for _, c := range commands(newCmdRoot(f)) {
		for line := range strings.Lines(c.Example) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " <")
			args := splitWords(line)
			require.Equal(t, "layercake", args[0], line)
			root := newCmdRoot(newFactory(f.process)) // flags keep their values
			found, rest, err := root.Find(args[1:])
			require.NoError(t, err, line)
			require.True(t, strings.HasPrefix(found.CommandPath(), c.CommandPath()), "%s is an example of %s", line, c.CommandPath())
			require.NoError(t, found.ParseFlags(rest), line)
			require.NoError(t, found.ValidateArgs(found.Flags().Args()), line)
			if found.PreRunE != nil {
				require.NoError(t, found.PreRunE(found, found.Flags().Args()), line)
			}
		}
	}
}

// TestScriptsUseEverything makes sure that no command and no flag goes without
// having been run.
func TestScriptsUseEverything(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txtar")
	require.NoError(t, err)
	used := map[string]map[string]bool{}
	root := newCmdRoot(newFactory(setup(t).process))
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			_, call, ok := strings.Cut(strings.TrimSpace(line), "layercake ")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			args := splitWords(call)
			found, _, err := root.Find(args)
			if err != nil {
				continue
			}
			path := found.CommandPath()
			if used[path] == nil {
				used[path] = map[string]bool{}
			}
			for _, arg := range args {
				if name, _, _ := strings.Cut(arg, "="); strings.HasPrefix(name, "-") {
					used[path][strings.TrimLeft(name, "-")] = true
				}
			}
		}
	}
	for _, c := range commands(root) {
		if c.HasSubCommands() && !c.HasParent() {
			continue
		}
		if !c.HasSubCommands() {
			require.Contains(t, used, c.CommandPath(), "no script runs it")
		}
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			common := slices.Contains([]string{"help", flagJSON, flagJQ, flagTemplate, "at", "seq"}, f.Name)
			if !common && !used[c.CommandPath()][f.Name] && !used[c.CommandPath()][f.Shorthand] {
				t.Errorf("no script uses %s --%s", c.CommandPath(), f.Name)
			}
		})
	}
}

// TestWhatIsDearToUndoCanBeTried names the commands whose work is hard to take
// back, or which change many things at once.
func TestWhatIsDearToUndoCanBeTried(t *testing.T) {
	t.Parallel()
	dear := regexp.MustCompile(` (delete|archive|stop|migrate|trust|init|setup|install|render|reopen|import|restore|rebuild|prune|purge)$`)
	for _, c := range commands(newCmdRoot(newFactory(setup(t).process))) {
		if dear.MatchString(c.CommandPath()) && c.CommandPath() != "layercake task reopen" { // a step like others, which undo takes back
			require.NotNil(t, c.Flags().Lookup("dry-run"), c.CommandPath())
		}
	}
}

// TestWhatIsShownCanBeShownAsItWas names what has no past of its own.
func TestWhatIsShownCanBeShownAsItWas(t *testing.T) {
	t.Parallel()
	shows := regexp.MustCompile(` (list|show|ready|graph|status)$`)
	today := []string{
		"layercake config list", "layercake project list", "layercake db status", "layercake sync status", "layercake checkpoint list",
		"layercake checkpoint show", "layercake search status", "layercake agent list", "layercake agent show", "layercake cost show",
		"layercake cost budget list",
	}
	for _, c := range commands(newCmdRoot(newFactory(setup(t).process))) {
		if shows.MatchString(c.CommandPath()) && !slices.Contains(today, c.CommandPath()) {
			require.NotNil(t, c.Flags().Lookup("at"), c.CommandPath())
			require.NotNil(t, c.Flags().Lookup("seq"), c.CommandPath())
		}
	}
}

func TestHelpTopicsAndCommandsAreApart(t *testing.T) {
	t.Parallel()
	root := newCmdRoot(newFactory(setup(t).process))
	for _, name := range topicNames() {
		for _, c := range root.Commands() {
			require.NotEqual(t, name, c.Name())
		}
	}
	grouped := 0
	for _, c := range root.Commands() {
		if c.GroupID != "" {
			grouped++
		}
	}
	require.LessOrEqual(t, grouped, 12, "the first help is for newcomers")
}
