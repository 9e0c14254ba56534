package cmd

import (
	"github.com/spf13/cobra"
)

func newCmdAgent(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "agent",
		Aliases: []string{"agents"},
		Short:   "Keep the roles that agents play",
		Long: `Keep the roles that agents play. A role says what an agent reads first, how it works,
what it leaves behind and where, which proofs its work has to stand, which tools it may
use, and when it asks a person.

Fourteen roles are built in. A project replaces one, or adds its own, by a file in
.layercake/agents; collections of roles are installed from git.`,
		Example: "  layercake agent list\n  layercake agent show qa-engineer\n  layercake agent new data-steward",
	}, newCmdAgentList(f), newCmdAgentShow(f), newCmdAgentNew(f), newCmdAgentContext(f), newCmdAgentInstall(f), newCmdAgentCollections(f), newCmdAgentRemove(f))
}
