package workflow

import (
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// ProjectTypes lists the project types.
func ProjectTypes() []ProjectType {
	return []ProjectType{TypeTraditional, TypeAIML, TypeHybrid, TypeEnhancement}
}

// Presets lists the presets, the largest first.
func Presets() []Preset { return []Preset{PresetFull, PresetStandard, PresetSimple} }

// Tiers lists the quality tiers, the least strict first.
func Tiers() []Tier { return []Tier{TierMVP, TierStandard, TierEnterprise} }

// DeploymentModes lists the deployment modes.
func DeploymentModes() []DeploymentMode {
	return []DeploymentMode{DeployLocalOnly, DeployOptional, DeployRequired, DeployUndetermined}
}

// ParseProjectType reads a project type. Its error has code
// "unknown_project_type" and names the nearest type.
func ParseProjectType(s string) (ProjectType, error) {
	return parseName("unknown_project_type", "project type", s, ProjectTypes())
}

// ParsePreset reads a preset. Its error has code "unknown_preset".
func ParsePreset(s string) (Preset, error) {
	return parseName("unknown_preset", "preset", s, Presets())
}

// ParseTier reads a quality tier. Its error has code "unknown_tier".
func ParseTier(s string) (Tier, error) {
	return parseName("unknown_tier", "quality tier", s, Tiers())
}

// ParseDeploymentMode reads a deployment mode. Its error has code
// "unknown_deployment_mode".
func ParseDeploymentMode(s string) (DeploymentMode, error) {
	return parseName("unknown_deployment_mode", "deployment mode", s, DeploymentModes())
}

// ParsePhase reads a phase. Its error has code "unknown_phase".
func ParsePhase(s string) (Phase, error) {
	return parseName("unknown_phase", "phase", s, Phases())
}

// parseName reads one of a closed set of names, forgiving case, surrounding
// space and hyphens for underscores, because people type these by hand.
func parseName[T ~string](code, what, s string, known []T) (T, error) {
	want := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "-", "_")
	for _, k := range known {
		if string(k) == want {
			return k, nil
		}
	}
	return "", fault.Usage(code, "unknown %s %q%s", what, s, suggestion(want, texts(known))).
		WithHint("choose one of %s", strings.Join(texts(known), ", "))
}

// suggestion says which of the known names was probably meant, or lists them
// all when none is near. It begins with a semicolon, to end a sentence.
func suggestion(word string, known []string) string {
	if near := fault.Nearest(word, known); near != "" {
		return `; did you mean "` + near + `"?`
	}
	if len(known) == 0 {
		return ""
	}
	return "; known are " + strings.Join(known, ", ")
}

// texts turns a list of named strings into plain ones.
func texts[T ~string](names []T) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return out
}
