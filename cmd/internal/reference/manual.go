package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/layercake-dev/layercake/cmd"
)

// heading is the first line of a page. The library puts the month of the build
// into it, by which the same tree would make other pages every month.
//
//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var heading = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^(\.TH "[^"]*" "1") "[^"]*"`)
})

// manual makes a page for every command.
func manual(root *cobra.Command, files map[string][]byte) error {
	topics := cmd.Topics()
	for _, c := range visible(root) {
		var long strings.Builder
		long.WriteString(escape(c.Long))
		if fields := c.Annotations[cmd.FieldsAnnotation]; fields != "" && c.HasParent() {
			long.WriteString("\n\nThe JSON fields are " + escape(strings.ReplaceAll(fields, ",", ", ")) + ".")
		}
		if !c.HasParent() {
			for _, name := range []string{"exit-codes", "environment"} {
				title, text, _ := strings.Cut(topics[name], "\n\n")
				long.WriteString("\n\n# " + title + "\n\n```\n" + text + "\n```")
			}
		}
		c.Long, c.DisableAutoGenTag = long.String(), true
	}
	for _, c := range visible(root) {
		var page bytes.Buffer
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Source: "LayerCake", Manual: "LayerCake"}
		if err := doc.GenMan(c, header, &page); err != nil {
			return fmt.Errorf("make the page of %s: %w", c.CommandPath(), err)
		}
		files[manualFolder+"/"+name+".1"] = heading().ReplaceAll(page.Bytes(), []byte(`$1 ""`))
	}
	return nil
}

// escape keeps the library from taking text for markdown. What is indented in it
// is a command.
func escape(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "  ") {
			b.WriteString("  " + line) // four columns make a block of code
			continue
		}
		b.WriteString(strings.NewReplacer("\\", `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "#", `\#`).Replace(line))
	}
	return b.String()
}

// visible lists every command that people see.
func visible(root *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{root}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			list = append(list, visible(c)...)
		}
	}
	return list
}
