package mcp

import (
	"slices"
	"strings"
)

// UnknownTools returns the names that are neither a toolset nor a tool. Roles name
// what they may use so; a hyphen before a name takes it away.
func UnknownTools(names []string) []string {
	c, err := newCatalogue()
	if err != nil {
		return nil // a test makes sure that it is none
	}
	var unknown []string
	for _, name := range names {
		bare := strings.TrimPrefix(name, "-")
		if c.byName[bare] == nil && !slices.Contains(toolsetNames(), bare) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}
