package cmd

import (
	"github.com/spf13/cobra"
)

func newCmdAgent(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "agent",
		Aliases: []string{"agents"},
		Short:   "Have agents do work, and keep the roles that they play",
		Long: `Have agents do work, see what they do, and keep the roles that they play. A role says
what an agent reads first, how it works, what it leaves behind and where, which proofs
its work has to stand, which tools it may use, and when it asks a person.

Fourteen roles are built in. A project replaces one, or adds its own, by a file in
.layercake/agents; collections of roles are installed from git.`,
		Example: "  layercake agent run backend-developer --task t-7k3f --follow\n  layercake agent list\n  layercake agent show qa-engineer\n" +
			"  layercake agent new data-steward",
	}, newCmdAgentList(f), newCmdAgentShow(f), newCmdAgentNew(f), newCmdAgentContext(f), newCmdAgentInstall(f), newCmdAgentCollections(f),
		newCmdAgentRemove(f), newCmdAgentRun(f), newCmdAgentRuns(f), newCmdAgentStatus(f), newCmdAgentLogs(f), newCmdAgentCancel(f), newCmdAgentRetry(f))
}
