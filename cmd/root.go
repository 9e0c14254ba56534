package cmd

import (
	"github.com/spf13/cobra"
)

// The groups of commands in the help.
const (
	groupStart  = "start"
	groupWork   = "work"
	groupDecide = "decide"
	groupMore   = "more"
)

// newCmdRoot builds the whole tree.
func newCmdRoot(f *Factory) *cobra.Command {
	root := &cobra.Command{
		Use:   "layercake",
		Short: "Keep the state of software that people and AI agents build together",
		Long: `LayerCake keeps the state of software that people and AI agents build together:
which phase a project is in, which gate stands before the next one, what evidence
exists, who decided what, and what is to be done next.`,
		Example:           "  layercake setup\n  layercake init\n  layercake next",
		Version:           f.Build.Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs,
	}
	flags := root.PersistentFlags()
	flags.VarP(name{&f.flags.project}, flagProject, "p", "the project, by its `NAME`, instead of the one in this folder")
	flags.BoolVarP(&f.flags.quiet, flagQuiet, "q", false, "print no messages, and after changes only the id")
	flags.BoolVar(&f.flags.noColor, flagNoColor, false, "print no colours")
	flags.BoolVar(&f.flags.noRender, flagNoRender, false, "do not write the markdown files after a change")
	_ = root.RegisterFlagCompletionFunc(flagProject, f.completeProjects) // the flag was defined above
	root.SetVersionTemplate("layercake {{.Version}}\n")
	root.SetFlagErrorFunc(flagFault)

	out := addOutput(root, f, summary{})
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return f.runRoot(cmd.Context(), out)
	}
	root.AddGroup(
		&cobra.Group{ID: groupStart, Title: "Begin:"},
		&cobra.Group{ID: groupWork, Title: "Work:"},
		&cobra.Group{ID: groupDecide, Title: "Decide:"},
		&cobra.Group{ID: groupMore, Title: "More:"},
	)
	add := func(id string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	add(groupStart, newCmdSetup(f), newCmdInit(f), newCmdIntake(f))
	add(groupWork, newCmdStatus(f), newCmdNext(f), newCmdTask(f), newCmdDecision(f), newCmdSearch(f))
	add(groupDecide, newCmdGate(f), newCmdProof(f), newCmdDoctor(f))
	root.AddCommand(
		newCmdAnalyze(f), newCmdProject(f), newCmdPhase(f), newCmdDeliverable(f), newCmdMemory(f), newCmdNote(f), newCmdDoc(f),
		newCmdAgent(f), newCmdAuto(f), newCmdWorker(f), newCmdQueue(f), newCmdCost(f), newCmdHandoff(f),
		newCmdQuestion(f), newCmdRisk(f), newCmdBlocker(f), newCmdLog(f), newCmdAudit(f), newCmdTrust(f), newCmdSigner(f), newCmdMCP(f),
		newCmdCall(f), newCmdRedact(f), newCmdUndo(f), newCmdDiff(f), newCmdReplay(f), newCmdSync(f),
		newCmdCheckpoint(f), newCmdRestore(f),
		newCmdDB(f), newCmdConfig(f), newCmdVersion(f), newCmdCompletion(f),
	)
	root.SetHelpCommand(newCmdHelp(f))
	root.SetHelpFunc(f.showHelp)
	return root
}
