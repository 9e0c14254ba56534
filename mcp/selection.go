package mcp

import (
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Selection says which tools a server shows.
type Selection struct {
	// Toolsets are listed from the start: names of toolsets, "all" or
	// "default". Empty means default, or nothing if Tools is given. The others
	// can be enabled by enable_toolset.
	Toolsets []string
	// Tools are listed besides.
	Tools []string
	// Exclude are never shown and cannot be called.
	Exclude []string
	// Only are listed, and nothing else can be used. It cannot be combined with Toolsets,
	// Tools and Exclude. nil means no such bound.
	Only []string
	// ReadOnly leaves only tools that change nothing. It wins over all others.
	ReadOnly bool
}

// Names that stand for several toolsets.
const (
	selectAll     = "all"
	selectDefault = "default"
)

// defaultToolsets keep below 40 tools, which some clients do not go beyond.
func defaultToolsets() []string {
	return []string{setCore, setTasks, setGates, setDeliverables, setQuestions}
}

// resolve returns the tools that may be called, and those that are listed from
// the start.
func (sel Selection) resolve(c *catalogue) (allowed, initial map[string]bool, err error) {
	if sel.Only != nil {
		if len(sel.Toolsets)+len(sel.Tools)+len(sel.Exclude) > 0 {
			return nil, nil, fault.Usage("invalid_selection", "with --only-tools nothing else chooses tools").WithHint("run `layercake mcp --help`")
		}
		sel.Tools = sel.Only
	}
	sets, err := sel.toolsets()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Concat(sel.Tools, sel.Exclude) {
		if c.byName[strings.TrimSpace(name)] == nil {
			return nil, nil, unknownTool(c, name)
		}
	}
	named := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.TrimSpace(s) == name })
	}
	allowed, initial = map[string]bool{}, map[string]bool{}
	for i := range c.tools {
		t := &c.tools[i]
		if named(sel.Exclude, t.Name) || (sel.ReadOnly && !t.Hints.ReadOnly && t.Name != toolEnableToolset) {
			continue
		}
		if sel.Only != nil && !named(sel.Only, t.Name) {
			continue
		}
		allowed[t.Name] = true
		initial[t.Name] = sets[t.Toolset] || named(sel.Tools, t.Name)
	}
	return allowed, initial, nil
}

// toolsets returns the toolsets that are listed from the start.
func (sel Selection) toolsets() (map[string]bool, error) {
	chosen := sel.Toolsets
	if len(chosen) == 0 && len(sel.Tools) == 0 {
		chosen = []string{selectDefault}
	}
	known := toolsetNames()
	sets := map[string]bool{}
	for _, name := range chosen {
		var add []string
		switch name = strings.TrimSpace(name); name {
		case selectAll:
			add = known
		case selectDefault:
			add = defaultToolsets()
		default:
			if !slices.Contains(known, name) {
				e := fault.Usage("unknown_toolset", "there is no toolset %q; there are %s, %s and %s",
					name, strings.Join(known, ", "), selectAll, selectDefault).
					WithHint("run `layercake mcp tools` to see the toolsets")
				if near := fault.Nearest(name, known); near != "" {
					e = e.WithHint("did you mean %s?", near)
				}
				return nil, e
			}
			add = []string{name}
		}
		for _, a := range add {
			sets[a] = true
		}
	}
	return sets, nil
}
