package cmd

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/layercake-dev/layercake/mcp"
)

// completing reports whether a shell asks for completions.
func completing(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completeQuietly prepares the answer to a shell: whatever would be said besides
// would stand in the middle of a line that a person types.
func (f *Factory) completeQuietly(root *cobra.Command) {
	f.IO.Err = io.Discard
	f.completeFlags(root)
}

// completeFlags gives every flag and argument that has no completion of its own
// one by its name, or none: shells would offer files.
func (f *Factory) completeFlags(cmd *cobra.Command) {
	byName := map[string]cobra.CompletionFunc{
		"gate": f.completed(completeGates), "blocks": f.completed(completeGates),
		"parent": f.completed(completeTasks(true)), "after": f.completed(completeTasks(true)),
		"role": f.completed(completeRoles), "to": f.completed(completeRoles), "owner": f.completed(completeRoles),
		"type": f.completed(completeProofTypes), "subject": f.completed(completeSubjects),
		"toolsets": completeToolsets, "tools": completeTools, "exclude-tools": completeTools,
		flagJSON: f.completeFields,
	}
	files := []string{"file", "answers", "path", "input", "command", "key", "docs-dir", "anchor", "signers", "output", "dataset", "repos"}
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		_, own := cmd.GetFlagCompletionFunc(flag.Name)
		if own || slices.Contains(files, flag.Name) {
			return
		}
		complete, ok := byName[flag.Name]
		if !ok {
			complete = cobra.NoFileCompletions
		}
		_ = cmd.RegisterFlagCompletionFunc(flag.Name, firstArgument(complete)) // it has none, as was asked above
	})
	if cmd.ValidArgsFunction == nil && cmd.CommandPath() != "layercake doc add" {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, child := range cmd.Commands() {
		f.completeFlags(child)
	}
}

// firstArgument completes a flag as if it were the first argument.
func firstArgument(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return complete(cmd, nil, word)
	}
}

// completeFields completes the fields after --json=, one after the other.
func (f *Factory) completeFields(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	out := f.outputs[cmd]
	if out == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	before := word[:strings.LastIndexByte(word, ',')+1]
	var list []string
	for _, field := range out.fields() {
		if !slices.Contains(strings.Split(before, ","), field) {
			list = append(list, before+field)
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func completeRoles(ctx context.Context, s *session) ([]string, error) {
	w, err := s.Workflows.Current(ctx, s.view())
	if err != nil {
		return nil, err
	}
	var list []string
	for i := range w.Gates {
		for _, role := range w.Gates[i].Roles {
			if !slices.Contains(list, role) {
				list = append(list, role)
			}
		}
	}
	return list, nil
}

// completeSubjects lists what most notes and events are about.
func completeSubjects(ctx context.Context, s *session) ([]string, error) {
	var list []string
	for _, complete := range []completer{completeTasks(false), completeGates, completeDecisions} {
		some, err := complete(ctx, s)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

func completeConditions(ctx context.Context, s *session) ([]string, error) {
	conditions, err := s.Gates.Conditions(ctx, s.view(), false)
	var list []string
	for i := range conditions {
		list = append(list, cobra.CompletionWithDesc(conditionID(conditions[i].ID), inert(conditions[i].Text)))
	}
	return list, err
}

func completeFeedback(ctx context.Context, s *session) ([]string, error) {
	feedback, err := s.Records.Feedback(ctx, s.view(), false)
	var list []string
	for i := range feedback {
		list = append(list, cobra.CompletionWithDesc(feedbackID(feedback[i].ID), inert(feedback[i].Text)))
	}
	return list, err
}

func completeConstraints(ctx context.Context, s *session) ([]string, error) {
	constraints, err := s.Projects.Constraints(ctx, s.view())
	var list []string
	for _, c := range constraints {
		list = append(list, cobra.CompletionWithDesc(c.Key, inert(c.Value)))
	}
	return list, err
}

func completeToolsets(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	tools, err := mcp.Catalogue()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list := []string{"all", "default"}
	for i := range tools {
		if !slices.Contains(list, tools[i].Toolset) {
			list = append(list, tools[i].Toolset)
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
