package mcp

import (
	"fmt"
	"io"
	"strings"
)

// WriteReference writes the tool reference as markdown.
func WriteReference(w io.Writer) error {
	c, err := newCatalogue()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("# Tools of the MCP server\n\n<!-- Made by `go generate ./mcp`; changes are made in mcp/tools_*.go. -->\n\n")
	fmt.Fprintf(&b, "`layercake mcp` serves these %d tools to AI agents over standard input and output; `layercake call TOOL --input JSON` runs any of\n"+
		"them from a script. A tool reads or writes the same record as the commands. Toolsets %s are listed from the start unless\n"+
		"`--toolsets` says otherwise; the others after `enable_toolset`.\n", len(c.tools), strings.Join(defaultToolsets(), ", "))
	b.WriteString("\n| toolset | tools | what for |\n|---|---|---|\n")
	for _, set := range Toolsets() {
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %s |\n", set.Name, set.Name, len(c.of(set.Name)), set.Description)
	}
	for _, set := range Toolsets() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n", set.Name, strings.ToUpper(set.Description[:1])+set.Description[1:])
		for _, t := range c.of(set.Name) {
			t.reference(&b)
		}
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// of returns the tools of a toolset.
func (c *catalogue) of(toolset string) []*Tool {
	var tools []*Tool
	for i := range c.tools {
		if c.tools[i].Toolset == toolset {
			tools = append(tools, &c.tools[i])
		}
	}
	return tools
}

func (t *Tool) reference(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n\n%s (%s)\n\n%s\n", t.Name, t.Title, t.Hints, t.Description)
	if len(t.Input.Properties) > 0 {
		b.WriteString("\n| argument | type | |\n|---|---|---|\n")
		for _, p := range t.Input.Properties {
			var name strings.Builder
			name.WriteString("`" + p.Name + "`")
			for _, r := range t.Input.Required {
				if r == p.Name {
					name.WriteString(" (required)")
				}
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", name.String(), p.Schema.kind(), strings.ReplaceAll(p.Schema.Description, "|", "\\|"))
		}
	}
	names := make([]string, len(t.Output.Properties))
	for i, p := range t.Output.Properties {
		names[i] = "`" + p.Name + "`"
	}
	fmt.Fprintf(b, "\nAnswers %s.\n\n```sh\nlayercake call %s --input '%s'\n```\n", strings.Join(names, ", "), t.Name, t.Example)
}

// String says what a call may do.
func (h Hints) String() string {
	if h.ReadOnly {
		return "changes nothing"
	}
	words := []string{"changes the project"}
	if h.Destructive {
		words = append(words, "what it changes may be lost")
	}
	if h.Idempotent {
		words = append(words, "again changes nothing more")
	}
	if h.OpenWorld {
		words = append(words, "runs commands")
	}
	return strings.Join(words, "; ")
}

// kind writes the type of a value for people.
func (s *Schema) kind() string {
	of := s
	text := s.Type
	if s.Type == typeArray {
		of, text = s.Items, "list of "+s.Items.Type
	}
	if len(of.Enum) > 0 {
		text += ": " + strings.Join(of.Enum, ", ")
	}
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		text += fmt.Sprintf(", %v to %v", *s.Minimum, *s.Maximum)
	case s.Minimum != nil:
		text += fmt.Sprintf(", at least %v", *s.Minimum)
	case s.Maximum != nil:
		text += fmt.Sprintf(", at most %v", *s.Maximum)
	}
	return text
}
