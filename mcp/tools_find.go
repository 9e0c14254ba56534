package mcp

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/layercake-dev/layercake/core/fault"
)

// toolEnableToolset is the one tool that works on the session, not the project.
const toolEnableToolset = "enable_toolset"

// findTools find and show other tools. They need no database.
func findTools() []Tool {
	return []Tool{
		onCatalogue(Tool{
			Name: "search_tools", Title: "Search the tools", Toolset: setCore, Hints: readsOnly(),
			Description: "Find LayerCake tools by what they do, best first, with their toolset and whether it is enabled. " +
				"enable_toolset makes those of another toolset available.",
			SearchHint: "find discover list available functions capabilities help",
		}, searchToolsIn{Query: "record a risk"}, searchTools),
		onCatalogue(Tool{
			Name: toolEnableToolset, Title: "Enable a toolset", Toolset: setCore, Hints: sets(),
			Description: "Make the tools of a toolset available in this session. Answers their names.",
			SearchHint:  "activate load more tools group",
		}, enableToolsetIn{Toolset: setCore}, enableToolset),
	}
}

type searchToolsIn struct {
	Query string `doc:"What you want to do, in a few words." json:"query"           min:"1"`
	Limit int    `doc:"8 if left out."                       json:"limit,omitempty" max:"20" min:"1"`
}

type foundTool struct {
	Name        string   `json:"name"`
	Toolset     string   `json:"toolset"`
	Enabled     bool     `json:"enabled"`
	Description string   `json:"description"`
	Required    []string `json:"required,omitempty"`
	Optional    []string `json:"optional,omitempty"`
}

type searchToolsOut struct {
	Tools []foundTool `json:"tools"`
	Next  string      `json:"next,omitempty"`
}

func searchTools(_ context.Context, c *call, in searchToolsIn) (*searchToolsOut, error) {
	limit := in.Limit
	if limit == 0 {
		limit = 8
	}
	out := &searchToolsOut{Tools: []foundTool{}}
	for _, t := range c.catalogue.search(in.Query) {
		if len(out.Tools) == limit {
			break
		}
		if c.session != nil && !c.session.server.allowed[t.Name] {
			continue
		}
		f := foundTool{Name: t.Name, Toolset: t.Toolset, Description: clip(t.Description, maxExcerpt), Required: t.Input.Required}
		f.Enabled = c.session == nil || c.session.listed(t.Name)
		for _, p := range t.Input.Properties {
			if !slices.Contains(t.Input.Required, p.Name) {
				f.Optional = append(f.Optional, p.Name)
			}
		}
		if !f.Enabled && out.Next == "" {
			out.Next = `call enable_toolset {"toolset": "` + t.Toolset + `"} to use ` + t.Name
		}
		out.Tools = append(out.Tools, f)
	}
	if len(out.Tools) == 0 {
		out.Next = "no tool matches; try other words, such as task, gate, proof, decision, memory, risk, question, document, event"
	}
	return out, nil
}

// Weights of the places in which a word is found.
const (
	weightName        = 8
	weightTitle       = 4
	weightHint        = 3
	weightDescription = 2
	weightArgument    = 1
)

// search returns the tools that have words of the query, best first.
func (c *catalogue) search(query string) []*Tool {
	wanted := split(query)
	type scored struct {
		tool  *Tool
		score float64
	}
	var found []scored
	for i := range c.tools {
		t := &c.tools[i]
		score := 0.0
		for _, place := range []struct {
			text   string
			weight float64
		}{
			{t.Name, weightName}, {t.Title, weightTitle}, {t.SearchHint, weightHint}, {t.Description, weightDescription}, {t.arguments(), weightArgument},
		} {
			score += place.weight * share(wanted, split(place.text))
		}
		if score > 0 {
			found = append(found, scored{t, score})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	tools := make([]*Tool, len(found))
	for i := range found {
		tools[i] = found[i].tool
	}
	return tools
}

// arguments returns the words of the tool's arguments.
func (t *Tool) arguments() string {
	var b strings.Builder
	for _, p := range t.Input.Properties {
		b.WriteString(p.Name + " " + p.Schema.Description + " ")
	}
	return b.String()
}

// share returns which part of the words wanted is in a text.
func share(wanted, text []string) float64 {
	if len(wanted) == 0 {
		return 0
	}
	n := 0
	for _, w := range wanted {
		if slices.Contains(text, w) {
			n++
		}
	}
	return float64(n) / float64(len(wanted))
}

// split returns the words of a text in lower case, without endings and without
// words that say nothing.
func split(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	out := words[:0]
	for _, w := range words {
		switch w {
		case "a", "an", "the", "to", "of", "for", "in", "on", "and", "or", "is", "it", "i", "my", "with", "that":
			continue
		}
		out = append(out, stem(w))
	}
	return out
}

// stem cuts the endings that make two forms of one word differ.
func stem(w string) string {
	const shortest = 4
	for _, ending := range []string{"ing", "ies", "es", "s", "ed", "e", "y"} {
		if cut, ok := strings.CutSuffix(w, ending); ok && len(cut) >= shortest-1 {
			return cut
		}
	}
	return w
}

type enableToolsetIn struct {
	Toolset string `enum:"toolset" json:"toolset"`
}

type enableToolsetOut struct {
	Toolset string   `json:"toolset"`
	Tools   []string `json:"tools"`
	// Added are those that were not available before.
	Added []string `json:"added"`
}

func enableToolset(ctx context.Context, c *call, in enableToolsetIn) (*enableToolsetOut, error) {
	if c.session == nil {
		return nil, fault.Usage("no_session", "toolsets belong to an MCP session; here every tool can be called as it is").
			WithHint("run `layercake mcp tools` to see the tools")
	}
	out := &enableToolsetOut{Toolset: in.Toolset, Tools: []string{}, Added: c.session.enable(in.Toolset)}
	for i := range c.catalogue.tools {
		if t := &c.catalogue.tools[i]; t.Toolset == in.Toolset && c.session.listed(t.Name) {
			out.Tools = append(out.Tools, t.Name)
		}
	}
	if len(out.Tools) == 0 {
		return nil, fault.NotAllowed("toolset_excluded", "every tool of toolset %s is excluded by the options with which this server was started", in.Toolset).
			WithHint("tell the person you work for; the options are --toolsets, --tools, --exclude-tools and --read-only")
	}
	if len(out.Added) > 0 {
		c.session.changed(ctx)
	}
	return out, nil
}
