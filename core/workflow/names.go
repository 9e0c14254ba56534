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
	return "", fault.Usage(code, "unknown %s %q%s", what, s, suggestion(want, texts(known)))
}

// suggestion says which of the known names was probably meant, or lists them
// all when none is near. It begins with a semicolon, to end a sentence.
func suggestion(word string, known []string) string {
	if near := nearest(word, known); near != "" {
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

// maxSuggestWord bounds the words that are compared letter by letter: the cost
// grows with the square of the length, and nobody mistypes 64 letters.
const maxSuggestWord = 64

// nearest returns the known name with the fewest edits from word, or "" when
// even that one is too far away to have been meant.
func nearest(word string, known []string) string {
	if word == "" || len(word) > maxSuggestWord {
		return ""
	}
	const lettersPerEdit = 3
	best, bestDistance := "", len(word)/lettersPerEdit+2
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if bestDistance >= len(best) {
		return ""
	}
	return best
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func editDistance(a, b string) int {
	before := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur := make([]int, len(b)+1)
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev = prev, cur
	}
	return prev[len(b)]
}
