package analysis

import (
	"fmt"
	"strings"
)

// Mode is how much of a gate's work is still to be done.
type Mode string

// The modes, from nothing to everything.
const (
	// ModeSkip: there is nothing to decide.
	ModeSkip Mode = "skip"
	// ModeValidate: what exists seems whole; a person looks at it.
	ModeValidate Mode = "validate"
	// ModeDelta: something exists; the rest is to be done.
	ModeDelta Mode = "delta"
	// ModeFull: everything is to be done.
	ModeFull Mode = "full"
)

// Recommendation says what to do at one gate. It takes effect when a person
// confirms it.
type Recommendation struct {
	Gate   string `json:"gate"`
	Mode   Mode   `json:"mode"`
	Reason string `json:"reason"`
	// Evidence are the files that the reason rests on.
	Evidence []string `json:"evidence,omitempty"`
}

// The completeness from which on a gate's work counts as there in full, and in
// part.
const (
	enoughToValidate = 80
	enoughToBuildOn  = 30
)

// recommend says for every built-in gate how much work is left. A gate is only
// skipped when it has nothing to decide: that the work seems done is never a
// reason to ask nobody.
func recommend(a *Analysis) []Recommendation {
	empty := a.Area(AreaCode).Completeness == 0
	out := []Recommendation{
		judge(a, "G1", AreaDocumentation),
		judge(a, "G2", AreaRequirements),
		judge(a, "G3", AreaArchitecture, AreaSpecifications),
		judge(a, "G4", AreaDesign),
		judge(a, "G5", AreaCode),
		judge(a, "G6", AreaTests, AreaCI),
		judge(a, "G7", AreaSecurity),
		judge(a, "G8", AreaDeployment),
		judge(a, "G9", AreaDeployment),
	}
	if !a.HasUI && !empty {
		const design = 3
		out[design] = Recommendation{Gate: "G4", Mode: ModeSkip, Reason: "no user interface was found"}
	}
	for _, gate := range []string{"E1", "E2", "E3"} {
		r := Recommendation{Gate: gate, Mode: ModeFull, Reason: "there is code to work on, and the work is yet to be agreed", Evidence: sources(a)}
		if empty {
			r = Recommendation{Gate: gate, Mode: ModeSkip, Reason: "there is no code to enhance"}
		}
		out = append(out, r)
	}
	return out
}

// judge recommends by the mean of the areas that a gate decides on.
func judge(a *Analysis, gate string, areas ...string) Recommendation {
	r := Recommendation{Gate: gate, Mode: ModeFull}
	total := 0
	var parts, missing []string
	for _, name := range areas {
		area := a.Area(name)
		total += area.Completeness
		parts = append(parts, fmt.Sprintf("%s is %d %% complete", name, area.Completeness))
		missing = append(missing, area.Missing...)
		for _, f := range area.Found {
			r.Evidence = append(r.Evidence, f.Evidence...)
		}
	}
	switch mean := total / len(areas); {
	case mean >= enoughToValidate:
		r.Mode = ModeValidate
	case mean >= enoughToBuildOn:
		r.Mode = ModeDelta
	}
	r.Evidence = clipEvidence(r.Evidence)
	r.Reason = strings.Join(parts, ", ")
	if len(missing) > 0 {
		r.Reason += "; not found: " + strings.Join(missing, ", ")
	}
	return r
}

// sources lists some files that show that there is code.
func sources(a *Analysis) []string {
	for _, f := range a.Area(AreaCode).Found {
		return f.Evidence
	}
	return nil
}
