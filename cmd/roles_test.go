package cmd

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent/role"
)

// TestRolesNameRealCommands holds the commands that roles speak of to those there
// are, with their flags.
func TestRolesNameRealCommands(t *testing.T) {
	t.Parallel()
	quoted := regexp.MustCompile("`(layercake [^`]+)`")
	process := setup(t).process
	found := 0
	for _, r := range role.Builtin() {
		for _, m := range quoted.FindAllStringSubmatch(strings.Join(strings.Fields(r.Text), " "), -1) {
			found++
			root := newCmdRoot(newFactory(process))
			words, _, _ := strings.Cut(m[1], " -- ")
			cmd, rest, err := root.Find(splitWords(words)[1:])
			require.NoError(t, err, "%s: %s", r.ID, m[1])
			require.NoError(t, cmd.ParseFlags(rest), "%s: %s", r.ID, m[1])
			if cmd.HasSubCommands() {
				assert.Empty(t, cmd.Flags().Args(), "%s: %s", r.ID, m[1])
			}
		}
	}
	require.Greater(t, found, 10)
}
