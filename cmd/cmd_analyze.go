package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/analysis"
)

// analysisView is an analysis with the commands that were found.
type analysisView struct {
	*analysis.Analysis

	Commands []analysis.PinnedCommand `json:"commands"`
}

func newCmdAnalyze(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "analyze",
		Aliases: []string{"analyse"},
		Short:   "See what a codebase already has",
		Long: `See what the codebase in this folder already has: languages, tests, documents, how
far each area has come, what that means for every gate, and the commands that
prove something. It needs no database and changes nothing.`,
		Example: "  layercake analyze\n  layercake analyze --json=has_ui,gates",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, analysisView{})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		here, err := f.place()
		if err != nil {
			return err
		}
		root := here.dir
		if here.root != "" {
			root = here.root
		}
		a, err := analysis.Analyze(cmd.Context(), root)
		if err != nil {
			return err
		}
		commands, err := analysis.DetectCommands(cmd.Context(), root)
		if err != nil {
			return err
		}
		view := analysisView{a, commands}
		return out.show(view, func(p *printer) { printAnalysis(p, &view) })
	}
	return cmd
}

func printAnalysis(p *printer, a *analysisView) {
	var languages, stack []string
	for _, l := range a.Languages {
		languages = append(languages, fmt.Sprintf("%s (%d lines)", l.Name, l.Lines))
	}
	for _, c := range a.Stack {
		stack = append(stack, c.Name)
	}
	p.field("files", a.Files)
	p.field("languages", languages)
	p.field("stack", stack)
	p.field("user interface", yesNo(a.HasUI))
	p.field("uses AI", yesNo(a.UsesAI))
	p.blank()
	t := newTable(col("AREA"), col("DONE").toRight(), col("MISSING").flex())
	for i := range a.Areas {
		t.add(bold.of(a.Areas[i].Name), fmt.Sprintf("%d %%", a.Areas[i].Completeness), strings.Join(a.Areas[i].Missing, ", "))
	}
	p.table(t)
	p.blank()
	g := newTable(col("GATE"), col("WORK"), col("BECAUSE").flex())
	for i := range a.Gates {
		g.add(bold.of(a.Gates[i].Gate), a.Gates[i].Mode, a.Gates[i].Reason)
	}
	p.table(g)
	if len(a.Commands) > 0 {
		p.blank()
		c := newTable(col("PROOF"), col("COMMAND").flex(), col("FOUND IN").flex().ifRoom())
		for i := range a.Commands {
			c.add(bold.of(a.Commands[i].ProofType), strings.Join(a.Commands[i].Argv, " "), a.Commands[i].Why)
		}
		p.table(c)
	}
}
