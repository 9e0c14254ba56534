package cmd

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
)

// briefingView is what an agent would be told, as scripts see it.
type briefingView struct {
	Role string `json:"role"`
	// Task is the id of the task; empty when none was named.
	Task string `json:"task"`
	// Tokens is an estimate of system and prompt, and Budget the most that there
	// may be.
	Tokens int                `json:"tokens"`
	Budget int                `json:"budget"`
	System string             `json:"system"`
	Prompt string             `json:"prompt"`
	Parts  []briefingPartView `json:"parts"`
	// Version is the event that it is about.
	Version int64 `json:"version"`
}

type briefingPartView struct {
	Name  string `json:"name"`
	Place string `json:"place"`
	// Tokens are those that are sent, Whole those of all there is.
	Tokens int `json:"tokens"`
	Whole  int `json:"whole"`
	// Entries are the records in it, LeftOut those for which there was no room.
	Entries   int  `json:"entries"`
	LeftOut   int  `json:"left_out"`
	Shortened bool `json:"shortened"`
}

func newBriefingView(b *core.Briefing) *briefingView {
	v := &briefingView{Role: b.Role.ID, Tokens: b.Tokens, Budget: b.Budget, System: b.System, Prompt: b.Prompt, Version: b.Version}
	if b.Task != nil {
		v.Task = b.Task.ShortID
	}
	for _, p := range b.Parts {
		v.Parts = append(v.Parts, briefingPartView(p))
	}
	return v
}

func newCmdAgentContext(f *Factory) *cobra.Command {
	var in core.BriefingParams
	var parts bool
	cmd := &cobra.Command{
		Use:   "context ROLE",
		Short: "Show what an agent would be told",
		Long: `Show what an agent would be told, word for word: the system text and the prompt. It has
the role, the rules, the task with what it builds on, the gate, constraints, the
sections of specifications that the task names, decisions, memories, questions, and code.
Nothing is sent.

Decisions and memories that have words in common with the task come first, the newest
before others. What does not fit into the budget is cut, and the text says so; --parts
shows how many tokens each part has, and would have. Tokens are estimated as a third of
the bytes, which is rather too many.`,
		Example: "  layercake agent context backend-developer --task t-7k3f\n" +
			"  layercake agent context qa-engineer --budget 8000 --parts\n" +
			"  layercake agent context architect --jq .data.prompt",
		Args:              exactly("ROLE"),
		ValidArgsFunction: f.completeRoles,
	}
	out := addOutput(cmd, f, briefingView{})
	flags := cmd.Flags()
	flags.Var(name{&in.Task}, "task", "the task, by its `ID`")
	flags.Var(name{&in.Instructions}, "instructions", "what you want to add for this run")
	addNumber(cmd, &in.Budget, "budget", core.DefaultBriefing, "the most tokens")
	flags.BoolVar(&parts, "parts", false, "only how many tokens each part has")
	_ = cmd.RegisterFlagCompletionFunc("task", firstArgument(f.completed(completeTasks(true)))) // the flag was defined above
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		in.Role = args[0]
		b, err := s.Briefing.Assemble(ctx, s.at, in)
		if err != nil {
			return err
		}
		view := newBriefingView(b)
		return out.show(view, func(p *printer) {
			if parts {
				printBriefingParts(p, view)
				return
			}
			p.line("%s", bold.of("===== system ====="))
			p.text("", strings.TrimSuffix(view.System, "\n"))
			p.line("%s", bold.of("===== prompt ====="))
			p.text("", strings.TrimSuffix(view.Prompt, "\n"))
		})
	})
	return cmd
}

func printBriefingParts(p *printer, v *briefingView) {
	t := newTable(col("PART"), col("IN"), col("TOKENS").toRight(), col("WHOLE").toRight(), col("ENTRIES").toRight(), col("LEFT OUT").toRight())
	for _, part := range v.Parts {
		t.add(bold.of(part.Name), part.Place, part.Tokens, part.Whole, part.Entries, part.LeftOut)
	}
	t.add(bold.of("in all"), "", v.Tokens, "", "", "of "+strconv.Itoa(v.Budget)+" tokens")
	p.table(t)
}
