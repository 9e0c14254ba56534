package cmd

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
)

// newCmdHelp shows the help of a command, of all commands, or a topic.
func newCmdHelp(f *Factory) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND | TOPIC | all]",
		Short:   "Explain a command or a topic",
		Long:    "Explain a command or a topic. Topics: " + strings.Join(topicNames(), ", ") + ".",
		Example: "  layercake help all\n  layercake help gate approve\n  layercake help exit-codes",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			at, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			names := []string{}
			if len(args) == 0 {
				names = append(topicNames(), "all")
			}
			for _, c := range at.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			if len(args) == 0 {
				return root.Help()
			}
			if args[0] == "all" {
				return f.emit(func(p *printer) { printAllCommands(p, root) })
			}
			if text, ok := topics()[args[0]]; ok {
				return f.emit(func(p *printer) { p.prose(text) })
			}
			at, rest, err := root.Find(args)
			if err != nil || at == root || len(rest) > 0 {
				word := args[0]
				if len(rest) > 0 {
					word = rest[0]
				}
				if at == nil || at == root {
					return unknownTopic(root, word)
				}
				return unknownCommand(at, word)
			}
			return at.Help()
		},
	}
}

func unknownTopic(root *cobra.Command, word string) error {
	names := append(topicNames(), "all")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	e := fault.Usage("unknown_topic", "there is no command and no topic %q; topics are %s", word, strings.Join(topicNames(), ", ")).
		WithHint("run `layercake help all`")
	if near := fault.Nearest(word, names); near != "" {
		return e.WithHint("did you mean `layercake help %s`?", near)
	}
	return e
}

// showHelp writes the help of a command.
func (f *Factory) showHelp(cmd *cobra.Command, _ []string) {
	err := f.emit(func(p *printer) {
		p.prose(cmp.Or(cmd.Long, cmd.Short))
		p.blank()
		p.line("%s", bold.of("Usage"))
		p.line("  %s", cmd.UseLine())
		if cmd.HasParent() {
			printChildren(p, cmd)
		} else {
			printGroups(p, cmd)
		}
		printFlags(p, "Flags", cmd.LocalNonPersistentFlags().FlagUsagesWrapped(p.width))
		if out := f.outputs[cmd]; out != nil && cmd.HasParent() && len(out.fields()) > 0 {
			p.blank()
			p.line("%s", bold.of("JSON fields"))
			p.wrap("  ", strings.Join(out.fields(), ", "))
		}
		if cmd.HasParent() {
			printFlags(p, "Global flags", cmd.InheritedFlags().FlagUsagesWrapped(p.width))
		} else {
			printFlags(p, "Global flags", cmd.PersistentFlags().FlagUsagesWrapped(p.width))
		}
		if cmd.Example != "" {
			p.blank()
			p.line("%s", bold.of("Examples"))
			p.text("", cmd.Example)
		}
		if !cmd.HasParent() {
			p.blank()
			p.line("All commands: `layercake help all`. Topics: %s.", strings.Join(topicNames(), ", "))
		}
	})
	_ = err // nobody is left to tell
}

func printFlags(p *printer, title, usages string) {
	if usages == "" {
		return
	}
	p.blank()
	p.line("%s", bold.of(title))
	p.text("", usages)
}

func printGroups(p *printer, root *cobra.Command) {
	for _, g := range root.Groups() {
		children := slices.DeleteFunc(slices.Clone(root.Commands()), func(c *cobra.Command) bool {
			return c.GroupID != g.ID || !c.IsAvailableCommand()
		})
		if len(children) == 0 {
			continue
		}
		p.blank()
		p.line("%s", bold.of(strings.TrimSuffix(g.Title, ":")))
		printCommands(p, children)
	}
}

func printChildren(p *printer, cmd *cobra.Command) {
	children := slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
	if len(children) == 0 {
		return
	}
	p.blank()
	p.line("%s", bold.of("Commands"))
	printCommands(p, children)
}

func printCommands(p *printer, commands []*cobra.Command) {
	const nameWidth = 14
	for _, c := range commands {
		p.line("  %-*s %s", nameWidth, c.Name(), c.Short)
	}
}

// printAllCommands lists every command that can be run.
func printAllCommands(p *printer, root *cobra.Command) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			if !c.IsAvailableCommand() {
				continue
			}
			const pathWidth = 30
			if c.HasSubCommands() {
				p.line("%s", bold.of(strings.TrimPrefix(c.CommandPath(), "layercake ")))
				walk(c)
				continue
			}
			p.line("  %-*s %s", pathWidth, strings.TrimPrefix(c.CommandPath(), "layercake "), c.Short)
		}
	}
	walk(root)
}
