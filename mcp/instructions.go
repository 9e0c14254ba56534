package mcp

import (
	_ "embed"
	"fmt"
	"strings"
)

// maxInstructions is where clients cut what a server says of itself, in
// characters.
const maxInstructions = 4096

// howToWork is the part that is the same for everybody.
//
//go:embed instructions.txt
var howToWork string

// instructions tells a model how to work here. It is the same whatever state
// the project is in, because it is sent before the database is asked.
func instructions(c *catalogue, listed, allowed map[string]bool) string {
	var b strings.Builder
	b.WriteString(howToWork)
	hidden := map[string]int{}
	for i := range c.tools {
		if t := &c.tools[i]; allowed[t.Name] && !listed[t.Name] {
			hidden[t.Toolset]++
		}
	}
	if len(hidden) > 0 && listed[toolEnableToolset] {
		b.WriteString("\nMore tools, shown after enable_toolset (search_tools finds them):\n")
		for _, set := range Toolsets() {
			if hidden[set.Name] > 0 {
				fmt.Fprintf(&b, "- %s: %s\n", set.Name, set.Description)
			}
		}
	}
	return clip(b.String(), maxInstructions-len("… [1000 more characters]"))
}
