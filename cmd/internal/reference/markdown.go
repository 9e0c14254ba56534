package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/cmd"
)

const width = 100

// markdown makes the reference of all commands, in one file.
func markdown(root *cobra.Command) []byte {
	var b bytes.Buffer
	all := visible(root)
	fmt.Fprintf(&b, "# Command line\n\n<!-- Made by `go generate ./cmd`; changes are made in cmd/cmd_*.go. -->\n\n")
	fmt.Fprintf(&b, "%s\n\nAll commands take the [global flags](#global-flags). What scripts can rely on stands under\n", root.Long)
	fmt.Fprintf(&b, "[formatting](#formatting) and [exit codes](#exit-codes). The same is in `layercake help` and in the manual pages.\n\n")
	fmt.Fprintf(&b, "| command | what it does |\n|---|---|\n")
	for _, c := range all {
		if c.HasParent() && c.Runnable() && (!c.HasSubCommands() || c.Annotations[cmd.FieldsAnnotation] != "" || c.Name() == "mcp") {
			fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", c.CommandPath(), anchor(c.CommandPath()), cell(c.Short))
		}
	}
	fmt.Fprintf(&b, "\n## Global flags\n\n```\n%s```\n", root.PersistentFlags().FlagUsagesWrapped(width))
	for _, c := range all {
		command(&b, c)
	}
	topics := cmd.Topics()
	for _, name := range slices.Sorted(maps.Keys(topics)) {
		title, text, _ := strings.Cut(topics[name], "\n\n")
		fmt.Fprintf(&b, "\n## %s\n\n`layercake help %s`\n\n```\n%s\n```\n", title, name, strings.TrimRight(text, "\n"))
	}
	return b.Bytes()
}

// command writes the section of one command.
func command(b *bytes.Buffer, c *cobra.Command) {
	level := "##"
	if c.HasParent() && c.Parent().HasParent() {
		level = "###"
	}
	fmt.Fprintf(b, "\n%s %s\n\n```\n%s\n```\n\n", level, c.CommandPath(), c.UseLine())
	// Indented lines are commands, and four columns make a block of code.
	fmt.Fprintf(b, "%s\n", strings.ReplaceAll(c.Long, "\n  ", "\n    "))
	if len(c.Aliases) > 0 {
		fmt.Fprintf(b, "\nAlso: `%s`.\n", strings.Join(c.Aliases, "`, `"))
	}
	if flags := c.LocalNonPersistentFlags().FlagUsagesWrapped(width); flags != "" {
		fmt.Fprintf(b, "\n```\n%s```\n", flags)
	}
	if fields := c.Annotations[cmd.FieldsAnnotation]; fields != "" {
		fmt.Fprintf(b, "\nJSON fields: `%s`.\n", strings.ReplaceAll(fields, ",", "`, `"))
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
}

// anchor is how a heading is linked to.
func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
