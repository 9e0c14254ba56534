package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/layercake-dev/layercake/core/fault"
)

// exactly accepts as many arguments as there are names.
func exactly(names ...string) cobra.PositionalArgs { return between(len(names), names...) }

// between accepts no fewer than least arguments, and no more than there are
// names.
func between(least int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fault.Usage("missing_argument", "%s needs %s", cmd.CommandPath(), strings.Join(names[len(args):least], " and ")).
				WithHint("%s", usageHint(cmd))
		case len(args) > len(names):
			e := fault.Usage("unexpected_argument", "%s does not take %q", cmd.CommandPath(), args[len(names)]).WithHint("%s", usageHint(cmd))
			if f := cmd.Flags().Lookup(flagJSON); f != nil && f.Value.String() == allFields {
				// As other programs have it.
				return e.WithHint("fields follow --json after a =, as in --json=%s; see `%s --help`", args[len(names)], cmd.CommandPath())
			}
			return e
		}
		return nil
	}
}

// usageHint shows how a command is called, in one line.
func usageHint(cmd *cobra.Command) string {
	return fmt.Sprintf("usage: %s; see `%s --help`", cmd.UseLine(), cmd.CommandPath())
}

// flagFault makes errors of the flag parser into usage errors that name the
// nearest flag.
func flagFault(cmd *cobra.Command, err error) error {
	text := err.Error()
	e := fault.Usage("invalid_flag", "%s: %s", cmd.CommandPath(), text).WithHint("%s", usageHint(cmd))
	if strings.HasPrefix(text, "unknown shorthand flag: ") {
		e.Code = "unknown_flag"
		return e.WithHint("an argument that begins with a hyphen goes behind --, as in `%s -- -x`; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
	}
	unknown, ok := strings.CutPrefix(text, "unknown flag: --")
	if !ok {
		return e
	}
	e.Code = "unknown_flag"
	var names []string
	collect := func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	}
	cmd.Flags().VisitAll(collect)
	cmd.InheritedFlags().VisitAll(collect)
	if near := fault.Nearest(unknown, names); near != "" {
		return e.WithHint("did you mean --%s? See `%s --help`", near, cmd.CommandPath())
	}
	return e
}

// group makes a command that only holds others: alone it shows its help, and
// with an unknown word it names the nearest command.
func group(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(children...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	return cmd
}

func unknownCommand(cmd *cobra.Command, word string) error {
	e := fault.Usage("unknown_command", "%s has no command %q", cmd.CommandPath(), word)
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	if slices.Contains(names, word) {
		return e.WithHint("commands stand before the --: `%s %s`", cmd.CommandPath(), word)
	}
	if near := fault.Nearest(word, names); near != "" {
		return e.WithHint("did you mean `%s %s`?", cmd.CommandPath(), near)
	}
	return e.WithHint("run `%s --help`", cmd.CommandPath())
}

// exclusive refuses the first flag together with any of the others.
func exclusive(cmd *cobra.Command, first string, others ...string) {
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, other := range others {
			if cmd.Flags().Changed(first) && cmd.Flags().Changed(other) {
				return fault.Usage("conflicting_flags", "specify only `--%s` or `--%s`", first, other).WithHint("%s", usageHint(cmd))
			}
		}
		if before == nil {
			return nil
		}
		return before(cmd, args)
	}
}
