package workflow

import (
	"slices"
	"strconv"
)

// The names of the facts that conditions may ask about: the JSON names of the
// fields of [Facts].
const (
	factType           = "type"
	factDeploymentMode = "deployment_mode"
	factTier           = "tier"
	factHasUI          = "has_ui"
)

// FactNames lists the facts that conditions may ask about.
func FactNames() []string {
	return []string{factType, factDeploymentMode, factTier, factHasUI}
}

// FactValues lists the values that a fact can have, or nil for an unknown
// fact.
func FactValues(name string) []string {
	switch name {
	case factType:
		return texts(ProjectTypes())
	case factDeploymentMode:
		return texts(DeploymentModes())
	case factTier:
		return texts(Tiers())
	case factHasUI:
		return []string{"true", "false"}
	default:
		return nil
	}
}

// value returns a fact as text, and whether it is known at all.
func (f Facts) value(name string) (string, bool) {
	var v string
	switch name {
	case factType:
		v = string(f.Type)
	case factDeploymentMode:
		v = string(f.DeploymentMode)
	case factTier:
		v = string(f.Tier)
	case factHasUI:
		v = strconv.FormatBool(f.HasUI)
	}
	return v, v != ""
}

// Hold reports whether all conditions hold. A fact that is unknown, whether by
// name or because nobody has stated it, counts as holding: a gate that cannot
// be judged applies.
func (c Conditions) Hold(f Facts) bool { return c.hold(f, true) }

// hold reports whether all conditions hold, with unknown facts counting as
// told.
func (c Conditions) hold(f Facts, unknown bool) bool {
	for name, values := range c {
		v, known := f.value(name)
		switch {
		case !known && !unknown:
			return false
		case known && !slices.Contains(values, v):
			return false
		}
	}
	return true
}

// normal returns a copy with the values sorted and duplicates removed, so that
// equal conditions have equal digests; nil when there is nothing to ask.
func (c Conditions) normal() Conditions {
	if len(c) == 0 {
		return nil
	}
	out := make(Conditions, len(c))
	for name, values := range c {
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		out[name] = slices.Compact(sorted)
	}
	return out
}
